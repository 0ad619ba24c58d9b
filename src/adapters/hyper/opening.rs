//! A request that hyper has read, and the decision on it.

use alloc::sync::Arc;
use core::future::Future;
use std::io;

use ::hyper::ext::Protocol;
use ::hyper::upgrade::OnUpgrade;

use super::WebSocket;
use super::rejection::Rejection;
use super::stream::Stream;
use crate::adapters::error::Error;
use crate::adapters::{begin, trace};
use crate::connection::Config;
use crate::handshake::{Negotiated, server};
use crate::wire::Role;

/// Validates a request for a WebSocket: an upgrade of HTTP/1.1, or an extended CONNECT of HTTP/2 (RFC 8441).
///
/// The policy of `config` applies. The body of the request is ignored.
///
/// # Errors
///
/// Returns a [`Rejection`] if the request is invalid, if the policy rejects it, or if hyper cannot upgrade the
/// connection. `request` is unchanged.
///
/// See the [module](super) for an example.
pub fn upgrade<B>(
    request: &mut http::Request<B>,
    config: &Arc<Config>,
) -> Result<Opening, Rejection> {
    let version = request.version();
    let protocol = request.extensions().get::<Protocol>().map(Protocol::as_str);
    let asked = begin::validate(request, protocol, config)
        .map_err(|error| Rejection::new(error, version))?;
    let upgrade = request.extensions_mut().remove::<OnUpgrade>();
    let upgrade = upgrade.ok_or(Rejection::NOT_UPGRADABLE)?;
    Ok(Opening { request: asked, upgrade, config: Arc::clone(config) })
}

/// A request for a WebSocket, which waits for a decision.
///
/// To reject it, drop this, and answer as you like.
///
/// ```
/// use sansocket::hyper::{Opening, Rejection, upgrade};
/// use sansocket::{Config, HeaderError};
///
/// /// Speaks the subprotocol `chat` with those who know it.
/// fn open(mut opening: Opening) -> Result<http::Response<()>, HeaderError> {
///     if opening.request().protocols().any(|name| name == "chat") {
///         opening.request().select_protocol("chat")?;
///     }
///     opening.request().add_header("Set-Cookie", "seen=1")?;
///     Ok(opening.on_upgrade(async |mut socket| drop(socket.send("welcome").await)))
/// }
/// ```
#[derive(Debug)]
#[must_use]
pub struct Opening {
    request: server::Request,
    upgrade: OnUpgrade,
    config: Arc<Config>,
}

impl Opening {
    /// Returns the request: to look at it, select a subprotocol, add headers.
    pub const fn request(&mut self) -> &mut server::Request {
        &mut self.request
    }

    /// Returns the subprotocol that was selected.
    #[cfg(feature = "axum")]
    pub(in crate::adapters) fn selected_protocol(&self) -> Option<&str> {
        self.request.protocol()
    }

    /// Accepts the request. Returns the response, and the future of its WebSocket.
    ///
    /// Return the response before you wait for the WebSocket: hyper gives the stream away once the response is
    /// sent. Its status is 101, or 200 over HTTP/2.
    ///
    /// The future returns [`Error::Io`] if the connection ends before.
    ///
    /// ```
    /// use sansocket::hyper::Opening;
    ///
    /// fn accept(opening: Opening) -> http::Response<()> {
    ///     let (response, socket) = opening.accept();
    ///     tokio::spawn(async move { socket.await?.send("welcome").await });
    ///     response
    /// }
    /// ```
    pub fn accept(
        self,
    ) -> (http::Response<()>, impl Future<Output = Result<WebSocket, Error>> + Send + 'static) {
        let (response, negotiated) = self.request.accept_http();
        (response, open(self.upgrade, negotiated, self.config))
    }

    /// Accepts the request, and calls `serve` with its WebSocket in a task of the current runtime.
    ///
    /// Returns the response, with status 101, or 200 over HTTP/2. If the connection ends before the response is
    /// sent, `serve` is not called: [`accept`](Self::accept) reports that.
    ///
    /// # Panics
    ///
    /// Panics outside of a tokio runtime.
    #[must_use = "the WebSocket opens once this response is sent"]
    pub fn on_upgrade<F>(
        self,
        serve: impl FnOnce(WebSocket) -> F + Send + 'static,
    ) -> http::Response<()>
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let (response, socket) = self.accept();
        drop(::tokio::spawn(async move {
            match socket.await {
                Ok(socket) => serve(socket).await,
                Err(error) => trace::not_upgraded(&error),
            }
        }));
        response
    }
}

/// Waits until hyper has sent the response.
async fn open(
    upgrade: OnUpgrade,
    negotiated: Negotiated,
    config: Arc<Config>,
) -> Result<WebSocket, Error> {
    let upgraded = upgrade.await.map_err(io::Error::other)?;
    trace::opened(Role::Server);
    Ok(WebSocket::from_http(Stream::new(upgraded), negotiated, config))
}
