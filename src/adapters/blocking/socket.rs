use core::future::poll_fn;
use core::task::Poll;
use std::io::{self, ErrorKind, IoSlice};
use std::net::TcpStream;

use super::stream::{Stream, block_on, passing_is_pending};
use super::tcp::open_tcp;
use super::{Blocking, WebSocket};
use crate::adapters::asynchronous::{Io, Polled, Step};
use crate::adapters::config::Config;
use crate::adapters::error::Error;
use crate::adapters::message::OwnedMessage;
use crate::adapters::outbox::Outbox;
use crate::adapters::socket::{Parts, Wire};
use crate::connection::{Event, Message, Receiver, Sender};
use crate::handshake::{Url, client};
use crate::wire::{CloseCode, Frame, Role};

impl WebSocket<TcpStream> {
    /// Opens a connection to a `ws://` URL over TCP.
    ///
    /// # Errors
    ///
    /// When the transport or the handshake fails, or the server [refuses](Error::Refused).
    pub fn connect(url: &str) -> Result<Self, Error> {
        Self::connect_with(url, Config::default())
    }

    /// Opens a connection to a `ws://` URL over TCP, with limits and timeouts of the caller's.
    ///
    /// # Errors
    ///
    /// As [`connect`](Self::connect).
    pub fn connect_with(url: &str, mut config: Config) -> Result<Self, Error> {
        let url = Url::parse(url)?;
        if url.is_secure() {
            return Err(Error::no_tls());
        }
        let stream = open_tcp(&url, &mut config)?;
        let (socket, _) = Self::connect_over(stream, client::Request::new(url), config)?;
        Ok(socket)
    }
}

impl<S: Stream> WebSocket<S> {
    /// Opens a connection as a client over any stream, and returns the server's answer with it.
    ///
    /// # Errors
    ///
    /// When the transport or the handshake fails, or the server [refuses](Error::Refused).
    pub fn connect_over(
        stream: S,
        request: client::Request<'_>,
        config: Config,
    ) -> Result<(Self, client::Response), Error> {
        block_on(Self::dial(stream, request, config))
    }

    /// A WebSocket whose opening handshake was done elsewhere. Bytes which were read beyond it are in
    /// `input`, and bytes yet to be written in `out`.
    pub fn from_parts(parts: Parts<S>, config: Config) -> Self {
        Self::join(parts, config)
    }

    /// Waits for the next event, or `None` once the connection has [`ended`](Self::ended).
    ///
    /// The event is lent until the next call. Replies can be queued while it is held; they leave
    /// together, before the stream is read again.
    ///
    /// Of a stream that takes nothing any more, what came before is given out all the same, and if that is
    /// a close frame, it is no error; replies are dropped. This takes no longer than
    /// [`Timeouts::end`](crate::Timeouts::end).
    ///
    /// # Errors
    ///
    /// When the peer breaks the protocol, lets a deadline pass, or goes without closing, and when
    /// the stream fails: once, and the connection has ended then.
    pub fn next_event(&mut self) -> Result<Option<(Event<'_>, Outbox<'_>)>, Error> {
        if !block_on(poll_fn(|cx| self.poll_wait(cx)))? {
            return Ok(None);
        }
        let Self { wire, receiver, sender, input, .. } = self;
        match receiver.next_event(input, sender) {
            Ok(event) => {
                wire.driver.watch(event.as_ref());
                Ok(event.map(|event| (event, Outbox::new(sender, &mut wire.driver))))
            }
            Err(error) => {
                wire.leave(Step::Write, Some(error.into()));
                block_on(poll_fn(|cx| wire.poll_leave(cx, sender)))?;
                Ok(None)
            }
        }
    }

    /// Waits for the next message and copies it, or `None` once the connection has ended.
    ///
    /// Pings, pongs and the close frame are passed over. A message [in
    /// parts](Receiver::set_streaming) is put together.
    ///
    /// # Errors
    ///
    /// As [`next_event`](Self::next_event).
    pub fn receive(&mut self) -> Result<Option<OwnedMessage>, Error> {
        block_on(poll_fn(|cx| self.poll_receive(cx))).transpose()
    }

    /// Writes a message, behind what is queued.
    ///
    /// A large one is not copied by a server, unless it is compressed.
    ///
    /// # Errors
    ///
    /// When the connection is closing, or when the stream fails.
    pub fn send<'p>(&mut self, message: impl Into<Message<'p>>) -> Result<(), Error> {
        let message = message.into();
        let len = message.split().1.len();
        let is_copied = self.sender.role() == Role::Client || self.sender.is_compressing(len);
        if len < LARGE || is_copied {
            self.sender.send(message, &mut self.wire.driver.out)?;
            return self.flush();
        }
        self.flush()?;
        let frame = self.sender.frame_unmasked(message)?;
        let Self { wire, receiver, sender, .. } = self;
        match wire.write_frame(&frame, receiver, sender) {
            Ok(()) => self.flush(),
            // Nothing can follow half a frame.
            Err(error @ Error::Io(_)) => {
                wire.driver.break_off();
                Err(error)
            }
            Err(error) => {
                wire.leave(Step::Done, None);
                Err(error)
            }
        }
    }

    /// Writes a part of a message, which more parts follow.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send), and as [`Sender::send_part`].
    pub fn send_part<'p>(&mut self, part: impl Into<Message<'p>>) -> Result<(), Error> {
        self.sender.send_part(part, &mut self.wire.driver.out)?;
        self.flush()
    }

    /// Writes the last part of a message.
    ///
    /// # Errors
    ///
    /// As [`send_part`](Self::send_part).
    pub fn send_last<'p>(&mut self, part: impl Into<Message<'p>>) -> Result<(), Error> {
        self.sender.send_last(part, &mut self.wire.driver.out)?;
        self.flush()
    }

    /// Writes what has been queued.
    ///
    /// # Errors
    ///
    /// When the stream fails or a deadline passes. What was not written never will be.
    pub fn flush(&mut self) -> Result<(), Error> {
        block_on(poll_fn(|cx| self.poll_flush_all(cx)))
    }

    /// Writes a ping, whose answer tells the [`round_trip`](Self::round_trip) time.
    ///
    /// # Errors
    ///
    /// When the connection is closing, or when the stream fails.
    pub fn ping(&mut self) -> Result<(), Error> {
        self.wire.driver.ping(&mut self.sender)?;
        self.flush()
    }

    /// Closes the connection and waits for the peer to do so, discarding what it still sends.
    ///
    /// # Errors
    ///
    /// As [`Sender::close`], and as [`next_event`](Self::next_event).
    pub fn close(&mut self, code: impl Into<Option<CloseCode>>, reason: &str) -> Result<(), Error> {
        self.sender.close(code, reason)?;
        block_on(poll_fn(|cx| self.poll_close_all(cx)))
    }
}

impl<S: Stream> Wire<Blocking<S>> {
    /// Writes a frame from where it lies. Nothing else may be half written.
    fn write_frame(
        &mut self,
        frame: &Frame<'_>,
        receiver: &mut Receiver,
        sender: &mut Sender,
    ) -> Result<(), Error> {
        let [mut head, mut payload] = frame.slices();
        while !(head.is_empty() && payload.is_empty()) {
            let io = self.transport.polled().io_mut();
            io.bound(|| self.driver.patience())?;
            let slices = [IoSlice::new(head), IoSlice::new(payload)];
            match passing_is_pending(io.stream.write_vectored(&slices))? {
                Poll::Ready(0) => return Err(io::Error::from(ErrorKind::WriteZero).into()),
                Poll::Ready(count) => {
                    self.driver.stall(false);
                    let of_head = count.min(head.len());
                    (head, payload) = (&head[of_head..], &payload[count - of_head..]);
                }
                Poll::Pending => {
                    self.driver.stall(true);
                    self.driver.keep_time(receiver, sender)?;
                }
            }
        }
        // The stream may hold back this too.
        self.driver.wrote(0);
        Ok(())
    }
}

/// Messages of at least so many bytes are written by a server from where they lie.
const LARGE: usize = 16 << 10;
