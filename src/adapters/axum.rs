//! An extractor for [axum](https://docs.rs/axum), with compression, limits and origins.
//!
//! It is used like axum's own. One handler serves HTTP/1.1 and HTTP/2:
//!
//! ```
//! # use axum_core as axum;
//! use axum::response::Response;
//! use sansocket::Error;
//! use sansocket::axum::{WebSocket, WebSocketUpgrade};
//!
//! /// For `Router::new().route("/echo", any(handler)).layer(Extension(config))`.
//! async fn handler(upgrade: WebSocketUpgrade) -> Response {
//!     upgrade.on_upgrade(|socket| async move {
//!         if let Err(error) = echo(socket).await {
//!             eprintln!("{error}");
//!         }
//!     })
//! }
//!
//! async fn echo(mut socket: WebSocket) -> Result<(), Error> {
//!     while let Some(message) = socket.receive().await? {
//!         socket.send(message).await?;
//!     }
//!     Ok(())
//! }
//! ```
//!
//! The extractor takes its [`Config`] from an `Extension<Arc<Config>>`, which a layer sets for the routes below it. Without
//! one, it uses the [defaults](Config::new). Requests that the policy of the configuration rejects do not reach the
//! handler.
//!
//! Use the route with `any`, as HTTP/1.1 opens WebSockets by `GET`, and HTTP/2 by `CONNECT`. HTTP/2 needs axum's feature
//! `http2`. Resets are explained in [`hyper`].

use alloc::sync::Arc;
use core::future::Future;
use core::mem;

use axum_core::body::Body;
use axum_core::extract::{FromRequestParts, OptionalFromRequestParts};
use axum_core::response::{IntoResponse, Response};
use http::request::Parts;

use super::hyper::{self, Opening};
use crate::connection::Config;
use crate::handshake::server::{Request, RequestError};

pub use super::hyper::{Rejection, WebSocket};

/// An extractor that accepts requests for WebSockets.
///
/// See the [module](self) for an example. An `Option<WebSocketUpgrade>` is `None` for other requests, so that one route
/// serves a page as well:
///
/// ```
/// # use axum_core as axum;
/// use axum::response::{IntoResponse, Response};
/// use sansocket::axum::WebSocketUpgrade;
///
/// async fn handler(upgrade: Option<WebSocketUpgrade>) -> Response {
///     match upgrade {
///         Some(upgrade) => upgrade.on_upgrade(async |mut socket| drop(socket.send("hello").await)),
///         None => "this is the page".into_response(),
///     }
/// }
/// ```
#[derive(Debug)]
#[must_use]
pub struct WebSocketUpgrade(Opening);

impl WebSocketUpgrade {
    /// Selects a subprotocol: the first of `names` that the client offers. Default: none.
    ///
    /// ```
    /// # use axum_core as axum;
    /// use axum::response::Response;
    /// use sansocket::axum::WebSocketUpgrade;
    ///
    /// async fn handler(upgrade: WebSocketUpgrade) -> Response {
    ///     let upgrade = upgrade.protocols(["v2.chat", "v1.chat"]);
    ///     let greeting = format!("we speak {:?}", upgrade.selected_protocol());
    ///     upgrade.on_upgrade(async |mut socket| drop(socket.send(greeting).await))
    /// }
    /// ```
    pub fn protocols<N: AsRef<str>>(mut self, names: impl IntoIterator<Item = N>) -> Self {
        let request = self.0.request();
        let _is_any = names.into_iter().any(|name| request.select_protocol(name.as_ref()).is_ok());
        self
    }

    /// Returns the subprotocol that was selected.
    pub fn selected_protocol(&self) -> Option<&str> {
        self.0.selected_protocol()
    }

    /// Returns the request: to look at it, add headers to the response, or select a subprotocol.
    ///
    /// ```
    /// # use axum_core as axum;
    /// use axum::response::Response;
    /// use sansocket::axum::WebSocketUpgrade;
    ///
    /// async fn handler(mut upgrade: WebSocketUpgrade) -> Response {
    ///     println!("origin: {:?}", upgrade.request().origin());
    ///     upgrade.on_upgrade(async |mut socket| drop(socket.send("hello").await))
    /// }
    /// ```
    pub const fn request(&mut self) -> &mut Request {
        self.0.request()
    }

    /// Accepts the request, and calls `serve` with its WebSocket in a task of its own.
    ///
    /// Return the response: the WebSocket opens once it is sent. If the connection ends before, `serve` is not
    /// called: [`Opening::accept`] reports that.
    #[must_use = "the WebSocket opens once this response is sent"]
    pub fn on_upgrade<F>(self, serve: impl FnOnce(WebSocket) -> F + Send + 'static) -> Response
    where
        F: Future<Output = ()> + Send + 'static,
    {
        self.0.on_upgrade(serve).map(|()| Body::empty())
    }

    /// Returns the request for those who start the task of the WebSocket themselves.
    pub fn into_inner(self) -> Opening {
        self.0
    }
}

impl<S: Sync> FromRequestParts<S> for WebSocketUpgrade {
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Rejection> {
        extract(parts).map(Self)
    }
}

impl<S: Sync> OptionalFromRequestParts<S> for WebSocketUpgrade {
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, Rejection> {
        match extract(parts) {
            Ok(opening) => Ok(Some(Self(opening))),
            Err(rejection) if is_plain(rejection) => Ok(None),
            Err(rejection) => Err(rejection),
        }
    }
}

impl IntoResponse for Rejection {
    fn into_response(self) -> Response {
        self.to_http().map(Body::from)
    }
}

fn extract(parts: &mut Parts) -> Result<Opening, Rejection> {
    let config = parts.extensions.get::<Arc<Config>>().cloned().unwrap_or_default();
    let (empty, ()) = http::Request::new(()).into_parts();
    let mut request = http::Request::from_parts(mem::replace(parts, empty), ());
    let outcome = hyper::upgrade(&mut request, &config);
    (*parts, ()) = request.into_parts();
    outcome
}

/// Returns whether the request asks for no WebSocket.
fn is_plain(rejection: Rejection) -> bool {
    matches!(
        rejection.error(),
        Some(RequestError::MissingUpgrade | RequestError::NotExtendedConnect)
    )
}
