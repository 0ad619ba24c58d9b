//! One incoming message as a blocking stream of bytes.

use std::io::{self, ErrorKind, Read};

use super::split::Reader;
use super::stream::Stream;
use super::web_socket::WebSocket;
use crate::adapters::error::Error;
use crate::adapters::part::Part;
use crate::wire::Kind;

/// Reads one message of any length, such as a file. Memory stays bounded, whatever
/// [`Limits::message`](crate::Limits::message) is.
///
/// If it is dropped before its end, the rest of the message follows in [parts](crate::Event::Part).
///
/// ```
/// use std::io::{self, Write};
/// use std::net::TcpStream;
/// use sansocket::Error;
/// use sansocket::blocking::WebSocket;
///
/// fn save(socket: &mut WebSocket<TcpStream>, mut file: impl Write) -> Result<(), Error> {
///     if let Some(mut message) = socket.message_reader()? {
///         io::copy(&mut message, &mut file)?;
///     }
///     Ok(())
/// }
/// ```
#[derive(Debug)]
pub struct MessageReader<'r, S> {
    from: From<'r, S>,
    part: Part,
}

#[derive(Debug)]
enum From<'r, S> {
    Whole(&'r mut WebSocket<S>),
    Half(&'r mut Reader<S>),
}

impl<S: Stream> WebSocket<S> {
    /// Waits for the next message, to be read as a stream of bytes, or returns `None` once the connection has ended.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`receive`](Self::receive).
    pub fn message_reader(&mut self) -> Result<Option<MessageReader<'_, S>>, Error> {
        let part = self.receive_part()?;
        Ok(part.map(|part| MessageReader { from: From::Whole(self), part }))
    }
}

impl<S: Stream> Reader<S> {
    /// Waits for the next message, to be read as a stream of bytes, or returns `None` once the connection has ended.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`receive`](Self::receive).
    pub fn message_reader(&mut self) -> Result<Option<MessageReader<'_, S>>, Error> {
        let part = self.receive_part()?;
        Ok(part.map(|part| MessageReader { from: From::Half(self), part }))
    }
}

impl<S: Stream> MessageReader<'_, S> {
    /// Returns the kind of the message.
    pub const fn kind(&self) -> Kind {
        self.part.kind
    }
}

/// Returns `UnexpectedEof` if the connection ends within the message, and the error of the connection if there is one.
impl<S: Stream> Read for MessageReader<'_, S> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.part.bytes.is_empty() && !self.part.is_last {
            let part = match &mut self.from {
                From::Whole(socket) => socket.receive_part(),
                From::Half(reader) => reader.receive_part(),
            };
            self.part = part.map_err(Error::into_io)?.ok_or(ErrorKind::UnexpectedEof)?;
        }
        let bytes = self.part.take(buffer.len());
        buffer[..bytes.len()].copy_from_slice(&bytes);
        Ok(bytes.len())
    }
}
