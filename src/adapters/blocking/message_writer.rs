//! One outgoing message as a blocking stream of bytes.

use alloc::vec::Vec;
use std::io::{self, Write};

use super::link::Outgoing;
use super::split::Writer;
use super::stream::Stream;
use super::web_socket::WebSocket;
use crate::adapters::error::Error;
use crate::connection::{SendError, Sender};

/// Writes one binary message of any length, such as a file. Memory stays bounded by
/// [`Config::max_queued`](crate::Config::max_queued) and 64 KiB.
///
/// The first write starts the message. Later writes are merged into frames of up to 64 KiB; flushing sends what has
/// been written so far. [`finish`](Self::finish) ends the message.
///
/// If it is dropped before that, the message stays unfinished, and no other can be sent. What was not flushed is lost.
///
/// ```
/// use std::io::{self, Read};
/// use std::net::TcpStream;
/// use sansocket::blocking::WebSocket;
///
/// fn send_file(socket: &mut WebSocket<TcpStream>, mut file: impl Read) -> io::Result<()> {
///     let mut message = socket.message_writer();
///     io::copy(&mut file, &mut message)?;
///     message.finish()
/// }
/// ```
#[derive(Debug)]
pub struct MessageWriter<'w, S> {
    to: To<'w, S>,
    stage: Stage,
    /// Bytes that were written, but not queued.
    merged: Vec<u8>,
}

#[derive(Debug)]
enum To<'w, S> {
    Whole(&'w mut WebSocket<S>),
    Half(Writer<S>),
}

/// How far the message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    New,
    Begun,
    Ended,
}

impl<S: Stream> WebSocket<S> {
    /// Starts a binary message, to be written as a stream of bytes.
    pub const fn message_writer(&mut self) -> MessageWriter<'_, S> {
        MessageWriter::new(To::Whole(self))
    }
}

impl<S: Stream> Writer<S> {
    /// Starts a binary message, to be written as a stream of bytes.
    pub fn message_writer(&self) -> MessageWriter<'_, S> {
        MessageWriter::new(To::Half(self.clone()))
    }
}

impl<'w, S: Stream> MessageWriter<'w, S> {
    const fn new(to: To<'w, S>) -> Self {
        Self { to, stage: Stage::New, merged: Vec::new() }
    }

    /// Ends the message, and returns once the stream has taken all of it.
    ///
    /// Does nothing if the message has ended.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`WebSocket::send`], as errors of a stream. After `WouldBlock`, call it again.
    pub fn finish(&mut self) -> io::Result<()> {
        if self.stage != Stage::Ended {
            self.to.queue(|sender| sender.send_last(&self.merged))?;
            self.merged = Vec::new();
            self.stage = Stage::Ended;
        }
        self.to.flush()
    }

    /// Queues the merged bytes as a part.
    fn queue_merged(&mut self) -> io::Result<()> {
        if !self.merged.is_empty() {
            self.to.queue(|sender| sender.send_part(&self.merged))?;
            self.merged.clear();
        }
        Ok(())
    }
}

impl<S: Stream> To<'_, S> {
    /// Queues something, once there is room for it.
    fn queue(&mut self, act: impl FnOnce(&mut Sender) -> Result<(), SendError>) -> io::Result<()> {
        let outcome = match self {
            Self::Whole(socket) => socket.whole().queue_with_room(act),
            Self::Half(writer) => writer.shared().queue_with_room(act),
        };
        outcome.map_err(Error::into_io)
    }

    fn flush(&mut self) -> io::Result<()> {
        let outcome = match self {
            Self::Whole(socket) => socket.flush(),
            Self::Half(writer) => writer.flush(),
        };
        outcome.map_err(Error::into_io)
    }
}

/// An error means that no byte was taken.
impl<S: Stream> Write for MessageWriter<'_, S> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let is_long = self.merged.is_empty() && bytes.len() >= MOST;
        if !bytes.is_empty() && (is_long || self.stage != Stage::Begun) {
            let part = &bytes[..bytes.len().min(MOST)];
            self.to.queue(|sender| sender.send_part(part))?;
            self.stage = Stage::Begun;
            return Ok(part.len());
        }
        if self.merged.len() == MOST {
            self.queue_merged()?;
        }
        let count = bytes.len().min(MOST - self.merged.len());
        self.merged.extend_from_slice(&bytes[..count]);
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.queue_merged()?;
        self.to.flush()
    }
}

/// The most bytes in one frame.
const MOST: usize = 64 << 10;
