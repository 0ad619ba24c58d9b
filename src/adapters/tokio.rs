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

use alloc::boxed::Box;
use alloc::sync::Arc;
use core::pin::Pin;
use core::task::{Context, Poll, ready};
use core::time::Duration;
use std::io::{self, ErrorKind, IoSlice};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpStream, lookup_host};
use tokio::task::coop;
use tokio::time::{Instant, Sleep};
#[cfg(feature = "tokio-rustls")]
use tokio_rustls::{TlsConnector, client::TlsStream, rustls::ClientConfig};

use super::error::Error;
use super::polled::{self, Io};
#[cfg(feature = "tokio-rustls")]
use super::tls;
use crate::connection::Config;
use crate::handshake::Url;

polled::runtime!("tokio", Tokio, "tokio::net::TcpStream");
#[cfg(feature = "tokio-rustls")]
polled::connect_tls!("tokio");

async fn open_tcp(url: Url<'_>) -> io::Result<TcpStream> {
    let addresses = lookup_host((url.host(), url.port())).await?;
    let stream = polled::race::<_, Tokio, _>(addresses, TcpStream::connect).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// The runtime of tokio.
///
/// ```
/// use sansocket::polled::WebSocket;
/// use sansocket::tokio::Tokio;
/// use tokio::net::TcpStream;
///
/// fn same(socket: WebSocket<TcpStream, Tokio>) -> sansocket::tokio::WebSocket<TcpStream> {
///     socket
/// }
/// ```
#[derive(Debug)]
pub enum Tokio {}

impl<S: AsyncRead + AsyncWrite + Unpin> Io<S> for Tokio {
    type Sleep = Pin<Box<Sleep>>;

    fn sleep(duration: Duration) -> io::Result<Self::Sleep> {
        // This panics without timers, and there is no other way to know.
        std::panic::catch_unwind(|| Box::pin(tokio::time::sleep(duration)))
            .map_err(|_| io::Error::new(ErrorKind::Unsupported, NO_TIMERS))
    }

    fn now() -> std::time::Instant {
        Instant::now().into_std()
    }

    fn poll_proceed(cx: &mut Context<'_>) -> Poll<()> {
        ready!(coop::poll_proceed(cx)).made_progress();
        Poll::Ready(())
    }

    fn poll_read(
        stream: &mut S,
        cx: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        let mut buffer = ReadBuf::new(buffer);
        ready!(Pin::new(stream).poll_read(cx, &mut buffer))?;
        Poll::Ready(Ok(buffer.filled().len()))
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
        Pin::new(stream).poll_shutdown(cx)
    }
}

const NO_TIMERS: &str = "deadlines need a tokio runtime with enable_time";
