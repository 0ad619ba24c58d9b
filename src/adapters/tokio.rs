//! WebSockets over [`tokio`] streams.
//!
//! ```no_run
//! use sansocket::tokio::WebSocket;
//! use sansocket::{Config, Error};
//!
//! # async fn example() -> Result<(), Error> {
//! let mut socket = WebSocket::connect("ws://localhost:8080/chat", Config::new().shared()).await?;
//! socket.send("hello").await?;
//! while let Some(message) = socket.receive().await? {
//!     println!("{message}");
//! }
//! # Ok(())
//! # }
//! ```
//!
//! Deadlines need a runtime with `enable_time`. Without it, a connection that has a
//! [timeout](crate::Timeouts) fails with [`Error::Io`] as soon as it waits. With
//! `panic = "abort"`, tokio ends the process.

mod maybe_tls;
mod runtime;

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::net::SocketAddr;
use std::io;

use tokio::net::{TcpStream, lookup_host};
#[cfg(feature = "tokio-rustls")]
use tokio_rustls::TlsConnector;

pub use maybe_tls::MaybeTls;
pub use runtime::Tokio;

#[cfg(feature = "h2")]
use super::dialing::Head;
use super::error::Error;
#[cfg(feature = "h2")]
use super::h2::ask::ask;
use super::polled::{self, Io, Transport};
use super::trust::{self, Securing, Tls};
use crate::connect::Retry;
#[cfg(feature = "h2")]
use crate::connect::Versions;
use crate::connection::Config;
#[cfg(feature = "h2")]
use crate::handshake::Fields;
use crate::handshake::client::Response;

polled::runtime!("tokio", Tokio, "tokio::net::TcpStream");
#[cfg(feature = "h2")]
impl Connect {
    /// Sets the versions of HTTP that the client speaks. Default: [`Versions::Http1`].
    ///
    /// A WebSocket over HTTP/2 has a connection of its own. To open many over one, use
    /// [`h2::Client`](crate::h2::Client). The status of the response is 200 then, not 101.
    ///
    /// ```
    /// use sansocket::Error;
    /// use sansocket::connect::Versions;
    /// use sansocket::tokio::Connect;
    ///
    /// async fn ask(url: &str) -> Result<(), Error> {
    ///     let (mut socket, _) = Connect::new(url).versions(Versions::Auto).connect().await?;
    ///     println!("by HTTP/2: {}", socket.get_ref().has_http2());
    ///     socket.send("What time is it?").await
    /// }
    /// ```
    pub fn versions(self, versions: Versions) -> Self {
        self.change(|plan| plan.set_versions(versions))
    }
}

const TLS: Tls = match cfg!(feature = "tokio-rustls") {
    true => Tls::Available,
    false => Tls::Needs("tokio-rustls"),
};

impl Transport<MaybeTls> for Tokio {
    async fn resolve(host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
        Ok(lookup_host((host, port)).await?.collect())
    }

    async fn open(address: SocketAddr) -> io::Result<MaybeTls> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(MaybeTls::Plain(stream))
    }

    #[cfg(feature = "tokio-rustls")]
    async fn secure(stream: MaybeTls, to: Securing<'_>) -> io::Result<MaybeTls> {
        let name = trust::server_name(to.host)?;
        let stream = TlsConnector::from(to.trust.config(to.alpn)).connect(name, stream).await?;
        Ok(MaybeTls::Tls(Box::new(stream)))
    }

    #[cfg(not(feature = "tokio-rustls"))]
    async fn secure(_: MaybeTls, _: Securing<'_>) -> io::Result<MaybeTls> {
        Err(trust::missing("tokio-rustls"))
    }

    #[cfg(all(feature = "h2", feature = "tokio-rustls"))]
    fn selects_http2(stream: &MaybeTls) -> bool {
        stream.tls().is_some_and(|tls| tls.alpn_protocol() == Some(b"h2"))
    }

    #[cfg(feature = "h2")]
    async fn ask(
        stream: MaybeTls,
        unread: Vec<u8>,
        fields: &Fields,
    ) -> io::Result<Option<(MaybeTls, Head)>> {
        let has_tls = stream.has_tls();
        let Some((stream, head)) = ask(stream, unread, fields).await? else { return Ok(None) };
        Ok(Some((MaybeTls::Http2 { stream: Box::new(stream), has_tls }, head)))
    }
}
