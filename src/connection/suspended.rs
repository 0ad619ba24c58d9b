//! An open connection as bytes, and an open connection again, in another process.
//!
//! ```text
//! magic, version, role │ Parser │ Framer, Output, Closing, Deadlines │ is_replying
//! ```
//!
//! A snapshot holds the whole state of a conversation but its configuration, its masking keys and the contexts of its
//! compressors. Each part is saved and loaded where its type stands.

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

use super::closing::Closing;
use super::config::Config;
use super::connection::Connection;
use super::deadlines::Deadlines;
use super::framer::Framer;
use super::input::Input;
use super::output::Output;
use super::parser::Parser;
use super::receiver::Receiver;
use super::sender::Sender;
use super::timestamp::Timestamp;
use crate::wire::snapshot::{Loader, Saver, SnapshotError, check};
use crate::wire::{Keys, Role, Seed};

/// Why a connection cannot be suspended now.
///
/// ```
/// use sansocket::{Busy, Connection, Input, Timestamp};
///
/// let opening = Connection::server(Default::default(), Timestamp::default());
/// let busy = opening.suspend(&mut Input::new([0; 64])).map_err(|it| it.busy);
/// assert_eq!(busy, Err(Busy::NotOpen));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Busy {
    /// The opening handshake is not done, or the connection is ending. Go on with it.
    NotOpen,
    /// An event waits. Take all events first.
    Event,
    /// So many replies wait that nothing more is read. Write some of them first.
    Replies,
    /// Bytes were [taken](Sender::take_transmit) and not reported as transmitted.
    Writing,
    /// A compressed message is arriving. Read on until it is complete.
    Receiving,
    /// A compressed message is sent in parts. Send its last part first.
    Sending,
}

impl fmt::Display for Busy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotOpen => "connection is opening or ending",
            Self::Event => "an event waits to be taken",
            Self::Replies => "too many replies wait to be written",
            Self::Writing => "bytes are being written",
            Self::Receiving => "a compressed message is arriving",
            Self::Sending => "a compressed message is sent in parts",
        })
    }
}

/// A connection that cannot be suspended now. It goes on as if nothing had happened.
///
/// ```
/// use sansocket::{Config, Connection, Input, Negotiated, NotSuspended, Timestamp};
///
/// # let (mut input, now) = (Input::new(vec![0; 64]), Timestamp::default());
/// let mut server = Connection::open_server(Negotiated::new(), Config::new().shared(), now);
/// server.receive(&mut input, b"\x81\x82\0\0\0\0Hi".to_vec(), now);
/// let error: Box<NotSuspended> = server.suspend(&mut input).unwrap_err();
/// assert_eq!(error.to_string(), "connection cannot be suspended: an event waits to be taken");
/// let mut server = error.connection;
/// assert!(server.next_event(&mut input).is_some());
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub struct NotSuspended {
    /// What to wait for.
    pub busy: Busy,
    /// The connection, unchanged.
    pub connection: Connection,
}

impl fmt::Display for NotSuspended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "connection cannot be suspended: {}", self.busy)
    }
}

impl core::error::Error for NotSuspended {}

impl Connection {
    /// Turns an open connection into bytes, from which another process [restores](Self::restore) it.
    ///
    /// The peer does not notice. Hand over the transport with the bytes: no byte may be read or written in between.
    /// The snapshot holds what is not yet delivered or written: the start of a message or frame, the bytes that wait,
    /// the history of a decompressor. It is as confidential as the conversation. It holds no masking keys and no seed,
    /// and no context of a compressor: the next message is compressed without references to earlier ones.
    ///
    /// ```
    /// use sansocket::{Config, Connection, Event, Input, Negotiated, Seed, Timestamp};
    ///
    /// # let (seed, now) = (Seed::new([7; 32]), Timestamp::default());
    /// let (mut input, config) = (Input::new(vec![0; 64]), Config::new().shared());
    /// let mut server = Connection::open_server(Negotiated::new(), config.clone(), now);
    /// server.receive(&mut input, b"\x81\x85\0\0\0\0Hel".to_vec(), now);
    /// assert_eq!(server.next_event(&mut input), None);
    /// let snapshot = server.suspend(&mut input)?;
    ///
    /// // In another process, with the same transport:
    /// let mut server = Connection::restore(&snapshot, config, seed, now)?;
    /// server.receive(&mut input, b"lo".to_vec(), now);
    /// assert_eq!(server.next_event(&mut input), Some(Event::Text("Hello")));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns the connection, and what to wait for. A connection that has no compressed message in progress can be
    /// suspended whenever all events have been taken.
    pub fn suspend<B: AsMut<[u8]>>(
        mut self,
        input: &mut Input<B>,
    ) -> Result<Vec<u8>, Box<NotSuspended>> {
        if let Some(busy) = self.busy(input) {
            return Err(Box::new(NotSuspended { busy, connection: self }));
        }
        let mut snapshot = Vec::new();
        let mut out = Saver::new(&mut snapshot);
        out.raw(&MAGIC);
        out.byte(VERSION);
        out.flag(self.role() == Role::Client);
        let (receiver, sender) = self.halves();
        receiver.parser.save(&mut out);
        sender.framer.save(&mut out);
        sender.output.save(&mut out);
        sender.closing.save(&mut out);
        sender.deadlines.save(&mut out);
        out.flag(sender.is_replying);
        Ok(snapshot)
    }

    /// Restores a connection from the bytes of [`suspend`](Self::suspend).
    ///
    /// The bytes are validated as strictly as those of a peer. Limits are those of `config`, which need not be what it
    /// was before. Of its deadlines, `now` is the time at which the connection was suspended. A client needs a new
    /// `seed`, as each connection does; a server makes no use of it.
    ///
    /// # Errors
    ///
    /// Returns a [`SnapshotError`]. The transport is then best dropped, or closed with 1012.
    pub fn restore(
        snapshot: &[u8],
        config: Arc<Config>,
        seed: Seed,
        now: Timestamp,
    ) -> Result<Self, SnapshotError> {
        let mut from = Loader::new(snapshot);
        check(from.array()? == MAGIC)?;
        if from.byte()? != VERSION {
            return Err(SnapshotError::UnknownVersion);
        }
        let role = if from.flag()? { Role::Client } else { Role::Server };
        let parser = Parser::load(&mut from, role, config.limits)?;
        let keys = (role == Role::Client).then(|| Keys::new(seed));
        let framer = Framer::load(&mut from, keys, &config)?;
        let output = Output::load(&mut from, config.max_queued)?;
        let closing = Closing::load(&mut from)?;
        let deadlines = Deadlines::load(&mut from, closing.is_closing(), now)?;
        let is_replying = from.flag()?;
        from.end()?;
        // Section 5.5.1: a close frame closes.
        check(closing.is_closing() == framer.has_close())?;
        let receiver = Receiver::restored(parser);
        let sender = Sender { framer, output, deadlines, closing, config, role, is_replying };
        Ok(Self::from_halves(receiver, sender))
    }

    /// Returns why the connection cannot be suspended.
    fn busy<B: AsMut<[u8]>>(&mut self, input: &mut Input<B>) -> Option<Busy> {
        if self.has_event(input) {
            return Some(Busy::Event);
        }
        let (receiver, sender) = self.halves();
        if !sender.closing.is_undisturbed() {
            return Some(Busy::NotOpen);
        }
        if !receiver.has_used_all() {
            return Some(Busy::Replies);
        }
        if sender.output.is_in_flight() {
            return Some(Busy::Writing);
        }
        if receiver.parser.is_decompressing() {
            return Some(Busy::Receiving);
        }
        sender.framer.is_within_compressed().then_some(Busy::Sending)
    }
}

const MAGIC: [u8; 8] = *b"sansockt";

/// The version of the format. A change of what is saved, or of its order, is another version.
const VERSION: u8 = 1;
