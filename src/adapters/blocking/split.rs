//! A blocking WebSocket for several threads: one receives, others send.
//!
//! There are two locks. That of the sender is held for a moment only. That of the port is held while a chunk is
//! written, by whichever thread writes; who has queued something while it was held finds the queue empty after.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::ops::DerefMut;
use core::time::Duration;
use std::io::{self, IoSlice};
use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError};

use super::link::{self, Link, Outgoing};
use super::port::Port;
use super::stream::{Split, Stream};
use super::turn::Turn;
use super::web_socket::WebSocket;
use crate::adapters::error::Error;
use crate::adapters::part::Part;
use crate::connection::{
    Ended, Event, Input, Message, OwnedMessage, Receiver, RoundTrip, SendError, Sender, Timestamp,
};
use crate::wire::CloseCode;

/// The half of a WebSocket that receives.
///
/// It also writes the replies of the protocol and keeps the time, so wait on it even if nothing is expected.
///
/// ```
/// use std::net::TcpStream;
/// use std::thread;
/// use sansocket::Error;
/// use sansocket::blocking::WebSocket;
///
/// fn chat(socket: WebSocket<TcpStream>, lines: impl Iterator<Item = String>) -> Result<(), Error> {
///     let (mut reader, writer) = socket.split()?;
///     let printer = thread::spawn(move || {
///         while let Ok(Some(message)) = reader.receive() {
///             println!("{message}");
///         }
///     });
///     for line in lines {
///         writer.send(line)?;
///     }
///     writer.close(None, "")?;
///     drop(printer.join());
///     Ok(())
/// }
/// ```
#[derive(Debug)]
pub struct Reader<S> {
    receiver: Receiver,
    input: Input<Vec<u8>>,
    parted: Parted<S>,
}

/// The half of a WebSocket that sends. Clones send through the same connection. See [`Reader`].
///
/// ```
/// use std::net::TcpStream;
/// use sansocket::Error;
/// use sansocket::blocking::Writer;
///
/// fn greet(writer: &Writer<TcpStream>, names: &[&str]) -> Result<(), Error> {
///     for name in names {
///         writer.feed(format!("hello {name}"))?;
///     }
///     writer.flush()
/// }
/// ```
#[derive(Debug)]
pub struct Writer<S>(Arc<Shared<S>>);

#[derive(Debug)]
pub(super) struct Shared<S> {
    sender: Mutex<Sender>,
    /// Where to write.
    port: Mutex<Port<S>>,
}

/// Where to read, and what the writers have, too.
#[derive(Debug)]
struct Parted<S> {
    port: Port<S>,
    shared: Arc<Shared<S>>,
}

impl<S: Stream> WebSocket<S> {
    /// Splits the WebSocket, so that one thread can receive while others send.
    ///
    /// ```
    /// # use sansocket::{Error, blocking::WebSocket};
    /// # use std::net::TcpStream;
    /// # fn example(socket: WebSocket<TcpStream>) -> Result<(), Error> {
    /// let (mut reader, writer) = socket.split()?;
    /// writer.send("What time is it?")?;
    /// println!("{:?}", reader.receive()?);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Returns the error of the operating system if it has no second handle of the stream.
    pub fn split<H: Stream>(self) -> Result<(Reader<H>, Writer<H>), Error>
    where
        S: Split<Half = H>,
    {
        let (receiver, sender) = self.connection.split();
        let [port, writing] = self.port.split()?;
        let shared = Arc::new(Shared { sender: Mutex::new(sender), port: Mutex::new(writing) });
        let parted = Parted { port, shared: Arc::clone(&shared) };
        Ok((Reader { receiver, input: self.input, parted }, Writer(shared)))
    }
}

impl<S: Stream> Reader<S> {
    /// Waits for the next event: see [`WebSocket::next_event`](WebSocket::next_event). Reply with a
    /// [`Writer`].
    ///
    /// # Errors
    ///
    /// Returns the errors of that.
    pub fn next_event(&mut self) -> Result<Option<Event<'_>>, Error> {
        self.turn().next_event()
    }

    /// Waits for the next message: see [`WebSocket::receive`](WebSocket::receive).
    ///
    /// # Errors
    ///
    /// Returns the errors of that.
    pub fn receive(&mut self) -> Result<Option<OwnedMessage>, Error> {
        self.turn().receive(None)
    }

    /// Waits for the next message for at most `timeout`: see
    /// [`WebSocket::receive_timeout`](WebSocket::receive_timeout).
    ///
    /// # Errors
    ///
    /// Returns the errors of that.
    pub fn receive_timeout(&mut self, timeout: Duration) -> Result<Option<OwnedMessage>, Error> {
        let until = self.parted.port.now() + timeout;
        self.turn().receive(Some(until))
    }

    /// Returns how the connection ended, once it has.
    pub fn ended(&self) -> Option<Ended> {
        lock(&self.parted.shared.sender).ended()
    }

    /// Returns the round-trip time, once a ping has been answered.
    pub fn round_trip(&self) -> Option<RoundTrip> {
        lock(&self.parted.shared.sender).round_trip()
    }

    /// Calls `look` with the stream, which has the peer's address and, with TLS, its certificate.
    ///
    /// This is the handle that the reader reads from. It does not wait for a [`Writer`].
    ///
    /// ```
    /// use std::io;
    /// use std::net::{SocketAddr, TcpStream};
    /// use sansocket::blocking::Reader;
    ///
    /// fn peer(reader: &Reader<TcpStream>) -> io::Result<SocketAddr> {
    ///     reader.with_stream(TcpStream::peer_addr)
    /// }
    /// ```
    pub fn with_stream<R>(&self, look: impl FnOnce(&S) -> R) -> R {
        look(&self.parted.port.stream)
    }

    /// Returns the receiver, to set how it receives.
    pub const fn receiver_mut(&mut self) -> &mut Receiver {
        &mut self.receiver
    }

    /// Waits for the next part of a message.
    pub(super) fn receive_part(&mut self) -> Result<Option<Part>, Error> {
        self.turn().receive_part()
    }

    const fn turn(&mut self) -> Turn<'_, '_, Parted<S>> {
        let Self { receiver, input, parted: link } = self;
        Turn { receiver, input, link }
    }
}

impl<S: Stream> Writer<S> {
    /// Sends a message, and returns once the stream has taken all of it.
    ///
    /// A message that is borrowed is copied, so that the [`Reader`] need not wait while the stream takes it.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`WebSocket::send`](WebSocket::send).
    pub fn send<'p>(&self, message: impl Into<Message<'p>>) -> Result<(), Error> {
        self.queue(|sender| sender.send(message))
    }

    /// Queues a message, once fewer than [`Config::max_queued`](crate::Config::max_queued) bytes wait. It leaves
    /// with the next [`flush`](Self::flush), or when the [`Reader`] writes.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`send`](Self::send).
    pub fn feed<'p>(&self, message: impl Into<Message<'p>>) -> Result<(), Error> {
        self.shared().feed(message)
    }

    /// Queues a message, if fewer than [`Config::max_queued`](crate::Config::max_queued) bytes wait. It leaves
    /// with the next [`flush`](Self::flush), or when the [`Reader`] writes.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`Sender::try_send`].
    pub fn try_send<'p>(&self, message: impl Into<Message<'p>>) -> Result<(), SendError> {
        lock(&self.0.sender).unprompted(|sender| sender.try_send(message))
    }

    /// Sends a part of a message. The parts of all clones belong to one message.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`WebSocket::send`](WebSocket::send).
    pub fn send_part<'p>(&self, part: impl Into<Message<'p>>) -> Result<(), Error> {
        self.queue(|sender| sender.send_part(part))
    }

    /// Sends the last part of a message.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`WebSocket::send`](WebSocket::send).
    pub fn send_last<'p>(&self, part: impl Into<Message<'p>>) -> Result<(), Error> {
        self.queue(|sender| sender.send_last(part))
    }

    /// Sends a ping, whose answer updates the round-trip time.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`WebSocket::send`](WebSocket::send).
    pub fn ping(&self) -> Result<(), Error> {
        self.queue(Sender::probe)
    }

    /// Sends a close frame. The [`Reader`] waits for the reply and the end.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`Sender::close`] and [`WebSocket::send`](WebSocket::send).
    pub fn close(&self, code: impl Into<Option<CloseCode>>, reason: &str) -> Result<(), Error> {
        self.queue(|sender| sender.close(code, reason))
    }

    /// Acts on the sender, such as to queue several messages, and writes all that waits.
    ///
    /// The other threads wait for `act`.
    ///
    /// # Errors
    ///
    /// Returns the errors of `act` and [`WebSocket::send`](WebSocket::send).
    pub fn queue(
        &self,
        act: impl FnOnce(&mut Sender) -> Result<(), SendError>,
    ) -> Result<(), Error> {
        self.shared().queue(act)
    }

    /// Writes all that is queued.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`send`](Self::send).
    pub fn flush(&self) -> Result<(), Error> {
        self.shared().flush()
    }

    /// Calls `look` with the stream, which has the peer's address and, with TLS, its certificate.
    ///
    /// It waits until no thread writes. No thread can write until `look` returns, so it must not use the writer.
    ///
    /// ```
    /// use std::io;
    /// use std::net::{SocketAddr, TcpStream};
    /// use sansocket::blocking::Writer;
    ///
    /// fn peer(writer: &Writer<TcpStream>) -> io::Result<SocketAddr> {
    ///     writer.with_stream(TcpStream::peer_addr)
    /// }
    /// ```
    pub fn with_stream<R>(&self, look: impl FnOnce(&S) -> R) -> R {
        look(&lock(&self.0.port).stream)
    }

    /// Returns how many bytes wait to be written.
    pub fn queued(&self) -> usize {
        lock(&self.0.sender).queued()
    }

    pub(super) fn shared(&self) -> &Shared<S> {
        &self.0
    }
}

impl<S> Clone for Writer<S> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<S: Stream> Outgoing for Parted<S> {
    type Stream = S;

    fn sender(&mut self) -> impl DerefMut<Target = Sender> {
        lock(&self.shared.sender)
    }

    fn write(&mut self) -> io::Result<bool> {
        self.shared.write()
    }

    fn port(&mut self) -> impl DerefMut<Target = Port<S>> {
        &mut self.port
    }
}

impl<S: Stream> Link for Parted<S> {
    /// A read that blocks does not see that another thread closes the connection, so it is bounded by that.
    fn due(&mut self) -> Option<Timestamp> {
        let sender = lock(&self.shared.sender);
        let close = sender.config().timeouts.close.map(|close| self.port.now() + close);
        sender.poll_timeout().into_iter().chain(close).min()
    }

    fn try_write(&mut self) -> io::Result<bool> {
        self.shared.try_write()
    }

    fn shutdown(&mut self) -> io::Result<()> {
        let mut port = lock(&self.shared.port);
        lock(&self.shared.sender).handle_shutdown();
        port.stream.end()
    }
}

impl<S: Stream> Outgoing for &Shared<S> {
    type Stream = S;

    fn sender(&mut self) -> impl DerefMut<Target = Sender> {
        lock(&self.sender)
    }

    fn write(&mut self) -> io::Result<bool> {
        Shared::write(self)
    }

    fn port(&mut self) -> impl DerefMut<Target = Port<S>> {
        lock(&self.port)
    }
}

impl<S: Stream> Shared<S> {
    /// Writes all that waits.
    fn write(&self) -> io::Result<bool> {
        loop {
            let is_written = self.drain(&mut lock(&self.port))?;
            // What another thread has queued meanwhile, it could not write.
            if !is_written || lock(&self.sender).transmit().is_empty() {
                return Ok(is_written);
            }
        }
    }

    /// Writes all that waits, unless another thread is about to do so.
    fn try_write(&self) -> io::Result<bool> {
        let is_written = match self.port.try_lock() {
            Ok(mut port) => self.drain(&mut port)?,
            Err(TryLockError::Poisoned(error)) => self.drain(&mut error.into_inner())?,
            Err(TryLockError::WouldBlock) => return Ok(false),
        };
        match is_written {
            true => self.write(),
            false => Ok(false),
        }
    }

    fn drain(&self, port: &mut Port<S>) -> io::Result<bool> {
        loop {
            let (due, chunk) = {
                let mut sender = lock(&self.sender);
                sender.note_time(port.now());
                if sender.ended().is_some() {
                    return Ok(true);
                }
                (sender.poll_timeout(), sender.take_transmit())
            };
            let outcome = match &chunk {
                None => match port.flush(due) {
                    Ok(Some(())) => return Ok(true),
                    outcome => outcome.map(|_| None),
                },
                Some(chunk) => port.write(due, &[IoSlice::new(chunk)]),
            };
            if !link::take_written(&mut lock(&self.sender), outcome, port.now())? {
                return Ok(false);
            }
        }
    }
}

/// Locks a mutex. No holder panics in the middle of a change.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
