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

use alloc::sync::Arc;
use core::pin::Pin;
use core::task::{Context, Poll};
use core::time::Duration;
use std::io::{self, IoSlice};

use async_io::Timer;
use async_net::{TcpStream, resolve};
use futures_io::{AsyncRead, AsyncWrite};
#[cfg(feature = "smol-rustls")]
use futures_rustls::{TlsConnector, client::TlsStream, rustls::ClientConfig};

use super::error::Error;
use super::polled::{self, Io};
#[cfg(feature = "smol-rustls")]
use super::tls;
use crate::connection::Config;
use crate::handshake::Url;

polled::runtime!("smol", Smol, "async_net::TcpStream");
#[cfg(feature = "smol-rustls")]
polled::connect_tls!("smol");

async fn open_tcp(url: Url<'_>) -> io::Result<TcpStream> {
    let addresses = resolve((url.host(), url.port())).await?;
    let stream = polled::race::<_, Smol, _>(addresses, TcpStream::connect).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
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
