//! The stream of a client: TCP, or TLS over TCP.

#[cfg(feature = "rustls")]
use alloc::boxed::Box;
use std::io::{self, IoSlice, Read, Write};
use std::net::TcpStream;

#[cfg(feature = "rustls")]
use rustls::{ClientConnection, StreamOwned};

use super::stream::{Socket, Split, Stream};
#[cfg(feature = "rustls")]
use super::tls::TlsHalf;

/// The stream of a client: TCP for `ws://` URLs, TLS over TCP for `wss://` URLs.
///
/// A program that connects to both has one type for them.
///
/// ```
/// use sansocket::Error;
/// use sansocket::blocking::{MaybeTls, WebSocket};
///
/// fn talk(socket: &mut WebSocket<MaybeTls>) -> Result<(), Error> {
///     let stream = socket.get_ref();
///     println!("{:?}, with TLS: {}", stream.get_ref().peer_addr()?, stream.has_tls());
///     socket.send("hello")
/// }
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum MaybeTls<S: Stream = TcpStream> {
    /// A stream without TLS.
    Plain(S),
    /// TLS over a stream. That has TLS of its own if it leads to an `https` proxy.
    #[cfg(feature = "rustls")]
    Tls(Box<StreamOwned<ClientConnection, Self>>),
}

/// One of two halves of [`MaybeTls`]: one reads, the other writes.
///
/// ```
/// use sansocket::blocking::{MaybeTls, MaybeTlsHalf, Split};
/// use std::net::TcpStream;
///
/// type Half = MaybeTlsHalf<TcpStream>;
///
/// fn split(stream: MaybeTls) -> std::io::Result<(Half, Half)> {
///     stream.split()
/// }
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum MaybeTlsHalf<S> {
    /// Half of a stream without TLS.
    Plain(S),
    /// Half of a TLS stream.
    #[cfg(feature = "rustls")]
    Tls(Box<TlsHalf<Self>>),
}

impl<S: Stream> MaybeTls<S> {
    /// Returns the stream below TLS.
    pub const fn get_ref(&self) -> &S {
        match self {
            Self::Plain(stream) => stream,
            #[cfg(feature = "rustls")]
            Self::Tls(stream) => stream.sock.get_ref(),
        }
    }

    /// Returns whether there is TLS with the server.
    pub const fn has_tls(&self) -> bool {
        !matches!(self, Self::Plain(_))
    }

    /// Returns the state of TLS with the server, such as its certificate.
    #[cfg(feature = "rustls")]
    pub const fn tls(&self) -> Option<&ClientConnection> {
        match self {
            Self::Plain(_) => None,
            Self::Tls(stream) => Some(&stream.conn),
        }
    }
}

impl<S: Split> Split for MaybeTls<S> {
    type Half = MaybeTlsHalf<S::Half>;

    fn split(self) -> io::Result<(Self::Half, Self::Half)> {
        Ok(match self {
            Self::Plain(stream) => {
                let (reading, writing) = stream.split()?;
                (MaybeTlsHalf::Plain(reading), MaybeTlsHalf::Plain(writing))
            }
            #[cfg(feature = "rustls")]
            Self::Tls(stream) => {
                let (reading, writing) = stream.split()?;
                (MaybeTlsHalf::Tls(Box::new(reading)), MaybeTlsHalf::Tls(Box::new(writing)))
            }
        })
    }
}

/// Calls a method of the stream.
macro_rules! over {
    ($self:ident, $stream:ident => $call:expr) => {
        match $self {
            Self::Plain($stream) => $call,
            #[cfg(feature = "rustls")]
            Self::Tls($stream) => $call,
        }
    };
}

macro_rules! implement {
    ($stream:ident) => {
        impl<S: Stream> Read for $stream<S> {
            fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
                over!(self, stream => stream.read(buffer))
            }
        }

        impl<S: Stream> Write for $stream<S> {
            fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
                over!(self, stream => stream.write(bytes))
            }

            fn write_vectored(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
                over!(self, stream => stream.write_vectored(slices))
            }

            fn flush(&mut self) -> io::Result<()> {
                over!(self, stream => stream.flush())
            }
        }

        impl<S: Stream> Stream for $stream<S> {
            fn socket(&self) -> Option<&dyn Socket> {
                over!(self, stream => stream.socket())
            }

            fn end(&mut self) -> io::Result<()> {
                over!(self, stream => stream.end())
            }
        }
    };
}

implement!(MaybeTls);
implement!(MaybeTlsHalf);
