//! WebSockets over streams with the traits of [`futures_io`]: those of smol, async-net, async-std and what
//! wraps them, under any executor.
//!
//! ```no_run
//! use sansocket::smol::WebSocket;
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

mod maybe_tls;

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::net::SocketAddr;
use core::pin::Pin;
use core::task::{Context, Poll};
use core::time::Duration;
use std::io::{self, IoSlice};

use async_io::Timer;
use async_net::{TcpStream, resolve};
use futures_io::{AsyncRead, AsyncWrite};
#[cfg(feature = "smol-rustls")]
use futures_rustls::TlsConnector;

pub use maybe_tls::MaybeTls;

use super::error::Error;
use super::polled::{self, Io, Transport};
use super::trust::{self, Securing, Tls};
use crate::connect::Retry;
use crate::connection::Config;
use crate::handshake::client::Response;

polled::runtime!("smol", Smol, "async_net::TcpStream");
const TLS: Tls = match cfg!(feature = "smol-rustls") {
    true => Tls::Available,
    false => Tls::Needs("smol-rustls"),
};

impl Transport<MaybeTls> for Smol {
    async fn resolve(host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
        resolve((host, port)).await
    }

    async fn open(address: SocketAddr) -> io::Result<MaybeTls> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(MaybeTls::Plain(stream))
    }

    #[cfg(feature = "smol-rustls")]
    async fn secure(stream: MaybeTls, to: Securing<'_>) -> io::Result<MaybeTls> {
        let name = trust::server_name(to.host)?;
        let stream = TlsConnector::from(to.trust.config(to.alpn)).connect(name, stream).await?;
        Ok(MaybeTls::Tls(Box::new(stream)))
    }

    #[cfg(not(feature = "smol-rustls"))]
    async fn secure(_: MaybeTls, _: Securing<'_>) -> io::Result<MaybeTls> {
        Err(trust::missing("smol-rustls"))
    }
}

/// The timers of smol, which go by themselves under any executor.
///
/// ```
/// use async_net::TcpStream;
/// use sansocket::polled::WebSocket;
/// use sansocket::smol::Smol;
///
/// fn same(socket: WebSocket<TcpStream, Smol>) -> sansocket::smol::WebSocket<TcpStream> {
///     socket
/// }
/// ```
#[derive(Debug)]
pub enum Smol {}

impl<S: AsyncRead + AsyncWrite + Unpin> Io<S> for Smol {
    type Sleep = Timer;

    fn sleep(duration: Duration) -> io::Result<Timer> {
        Ok(Timer::after(duration))
    }

    fn poll_read(
        stream: &mut S,
        cx: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(stream).poll_read(cx, buffer)
    }

    fn poll_write(
        stream: &mut S,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match slices {
            [slice] => Pin::new(stream).poll_write(cx, slice),
            slices => Pin::new(stream).poll_write_vectored(cx, slices),
        }
    }

    fn poll_flush(stream: &mut S, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(stream).poll_flush(cx)
    }

    fn poll_shutdown(stream: &mut S, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(stream).poll_close(cx)
    }
}
