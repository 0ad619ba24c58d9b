//! The streams that a blocking WebSocket goes over.

use core::time::Duration;
use std::io::{self, IoSlice, Read, Write};
use std::net::{Shutdown, TcpStream};

/// A blocking stream.
///
/// A stream over a socket has the deadlines of a connection act on time. The methods that are provided are those
/// of a stream that has none:
///
/// ```
/// use std::io::{self, Read, Write};
/// use sansocket::blocking::Stream;
///
/// struct Pipe(io::PipeReader, io::PipeWriter);
///
/// impl Read for Pipe {
///     fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
///         self.0.read(buffer)
///     }
/// }
///
/// impl Write for Pipe {
///     fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
///         self.1.write(bytes)
///     }
///
///     fn flush(&mut self) -> io::Result<()> {
///         self.1.flush()
///     }
/// }
///
/// impl Stream for Pipe {}
/// ```
pub trait Stream: Read + Write {
    /// Returns the socket below the stream. Its timeouts bound reads and writes.
    fn socket(&self) -> Option<&dyn Socket> {
        None
    }

    /// Ends the direction in which we write, so that our last bytes arrive.
    ///
    /// # Errors
    ///
    /// Returns an error if the stream can only be dropped.
    fn end(&mut self) -> io::Result<()> {
        self.socket().ok_or(io::ErrorKind::Unsupported)?.end()
    }
}

/// A socket whose calls can be bounded in time. A call that takes longer fails with `WouldBlock` or `TimedOut`.
///
/// ```
/// use std::net::TcpStream;
/// use std::time::Duration;
/// use sansocket::blocking::Socket;
///
/// fn bound(stream: &TcpStream) -> std::io::Result<()> {
///     let socket: &dyn Socket = stream;
///     socket.set_read_timeout(Some(Duration::from_secs(5)))
/// }
/// ```
#[expect(clippy::missing_errors_doc, reason = "those of the operating system")]
pub trait Socket {
    /// Returns how long a read may block. `None` is without end.
    fn read_timeout(&self) -> io::Result<Option<Duration>>;

    /// Sets how long a read may block.
    fn set_read_timeout(&self, timeout: Option<Duration>) -> io::Result<()>;

    /// Returns how long a write may block. `None` is without end.
    fn write_timeout(&self) -> io::Result<Option<Duration>>;

    /// Sets how long a write may block.
    fn set_write_timeout(&self, timeout: Option<Duration>) -> io::Result<()>;

    /// Ends the direction in which we write.
    fn end(&self) -> io::Result<()>;
}

/// A stream that one thread can read while another one writes it.
///
/// ```
/// use std::net::TcpStream;
/// use sansocket::blocking::Split;
///
/// fn split(stream: TcpStream) -> std::io::Result<(TcpStream, TcpStream)> {
///     Split::split(stream)
/// }
/// ```
pub trait Split: Stream {
    /// The stream of each thread.
    type Half: Stream;

    /// Returns the stream to read from, and the one to write to.
    ///
    /// # Errors
    ///
    /// Returns the error of the operating system if it has no second handle.
    fn split(self) -> io::Result<(Self::Half, Self::Half)>;
}

macro_rules! implement {
    ($stream:ty) => {
        impl Socket for $stream {
            fn read_timeout(&self) -> io::Result<Option<Duration>> {
                self.read_timeout()
            }

            fn set_read_timeout(&self, timeout: Option<Duration>) -> io::Result<()> {
                self.set_read_timeout(timeout)
            }

            fn write_timeout(&self) -> io::Result<Option<Duration>> {
                self.write_timeout()
            }

            fn set_write_timeout(&self, timeout: Option<Duration>) -> io::Result<()> {
                self.set_write_timeout(timeout)
            }

            fn end(&self) -> io::Result<()> {
                self.shutdown(Shutdown::Write)
            }
        }

        impl Stream for $stream {
            fn socket(&self) -> Option<&dyn Socket> {
                Some(self)
            }
        }

        impl Split for $stream {
            type Half = Self;

            fn split(self) -> io::Result<(Self, Self)> {
                Ok((self.try_clone()?, self))
            }
        }
    };
}

implement!(TcpStream);
#[cfg(unix)]
implement!(std::os::unix::net::UnixStream);

/// A stream of any type that reads and writes.
///
/// Deadlines act when something comes, and the transport ends when the stream is dropped.
///
/// ```
/// use std::io::Cursor;
/// use sansocket::blocking::Untimed;
///
/// let stream = Untimed(Cursor::new(vec![0; 16]));
/// # let _: &dyn sansocket::blocking::Stream = &stream;
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct Untimed<S>(pub S);

impl<S: Read> Read for Untimed<S> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer)
    }
}

impl<S: Write> Write for Untimed<S> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn write_vectored(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        self.0.write_vectored(slices)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

impl<S: Read + Write> Stream for Untimed<S> {}
