use alloc::vec::Vec;
use std::time::Instant as Clock;

use super::config::Config;
use super::driver::Driver;
use super::message::Gathering;
use super::outbox::Outbox;
use super::storage;
use crate::connection::{Connection, Ended, Input, Receiver, RoundTrip, Sender};

/// A WebSocket over a transport: how to drive it depends on the kind of transport.
#[derive(Debug)]
pub struct WebSocket<T> {
    pub(super) wire: Wire<T>,
    pub(super) receiver: Receiver,
    pub(super) sender: Sender,
    pub(super) input: Input<Vec<u8>>,
    /// A message that comes in parts and is wanted whole.
    pub(super) gathering: Gathering,
}

/// A transport, and what is on the way to it.
#[derive(Debug)]
pub(super) struct Wire<T> {
    pub(super) transport: T,
    pub(super) driver: Driver,
}

/// The parts of a WebSocket, to drive it in another way.
#[derive(Debug)]
pub struct Parts<S> {
    /// The transport.
    pub stream: S,
    /// Both halves of the connection.
    pub connection: Connection,
    /// What was read and not yet consumed. If that is nothing, there is storage to read into.
    pub input: Input<Vec<u8>>,
    /// What was queued and not yet written.
    pub out: Vec<u8>,
}

/// What holds a stream of the caller's.
#[doc(hidden)]
pub trait Transport {
    /// The stream.
    type Stream;
    /// Lends the stream.
    fn get_ref(&self) -> &Self::Stream;
    /// Gives the stream back.
    fn into_stream(self) -> Self::Stream;
    /// The time.
    fn now() -> Clock {
        Clock::now()
    }
}

impl<T> WebSocket<T> {
    pub(super) fn open(mut wire: Wire<T>, connection: Connection, input: Input<Vec<u8>>) -> Self {
        let Connection { receiver, sender } = connection;
        wire.driver.open();
        // The storage of the opening is small. Each read takes what its thread has.
        let input = if input.is_empty() { Input::default() } else { input };
        Self { wire, receiver, sender, input, gathering: Gathering::default() }
    }

    /// Where to put messages while no event is held. They leave when the WebSocket is flushed, or is
    /// waited on for an event.
    pub const fn outbox(&mut self) -> Outbox<'_> {
        Outbox::new(&mut self.sender, &mut self.wire.driver)
    }

    /// How the connection ended, once it has.
    pub fn ended(&self) -> Option<Ended> {
        self.receiver.ended(&self.sender)
    }

    /// How long pings and pongs take, once one has been answered.
    pub const fn round_trip(&self) -> Option<RoundTrip> {
        self.wire.driver.deadlines.round_trip()
    }

    /// The half that receives, to set how it does so.
    pub const fn receiver_mut(&mut self) -> &mut Receiver {
        &mut self.receiver
    }

    /// Compresses messages of at least so many bytes, from the next one on: see
    /// [`Sender::compress_from`](crate::Sender::compress_from).
    #[cfg(feature = "deflate")]
    pub fn compress_from(&mut self, bytes: usize) {
        self.sender.compress_from(bytes);
    }

    /// Whether each part of a compressed message leaves at once: see
    /// [`Sender::set_flushing`](crate::Sender::set_flushing).
    #[cfg(feature = "deflate")]
    pub const fn set_flushing(&mut self, flushing: bool) {
        self.sender.set_flushing(flushing);
    }
}

impl<T: Transport> WebSocket<T> {
    /// The stream.
    pub fn get_ref(&self) -> &T::Stream {
        self.wire.transport.get_ref()
    }

    /// Takes the WebSocket apart, to drive it in another way.
    pub fn into_parts(self) -> Parts<T::Stream> {
        let Self { wire, receiver, sender, mut input, .. } = self;
        storage::lend(&mut input);
        let out = wire.driver.waiting().to_vec();
        let connection = Connection { receiver, sender };
        Parts { stream: wire.transport.into_stream(), connection, input, out }
    }
}

impl<T: Transport> Wire<T> {
    pub(super) fn new(transport: T, config: &Config) -> Self {
        Self { transport, driver: Driver::new(config, T::now) }
    }
}
