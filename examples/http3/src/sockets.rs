//! The WebSockets of a connection: each is a `sansocket::Connection` over a stream.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use quiche::h3::{self, Header, NameValue};
use sansocket::{Connection, Ended, Event, Fields, Input, Step, Timestamp};

/// The WebSockets of a connection, by stream.
pub struct Sockets {
    open: BTreeMap<u64, Connection>,
    /// One buffer serves all of them.
    input: Input<Vec<u8>>,
    start: Instant,
}

impl Default for Sockets {
    fn default() -> Self {
        let input = Input::new(vec![0; 64 << 10]);
        Self { open: BTreeMap::new(), input, start: Instant::now() }
    }
}

impl Sockets {
    /// Returns the time that the connections count from.
    pub fn now(&self) -> Timestamp {
        Timestamp::new(self.start.elapsed())
    }

    /// Adds a WebSocket whose opening handshake is done.
    pub fn insert(&mut self, stream: u64, connection: Connection) {
        self.open.insert(stream, connection);
    }

    /// Returns whether a stream carries an open WebSocket.
    pub fn contains(&self, stream: u64) -> bool {
        self.open.contains_key(&stream)
    }

    /// Returns how many are open.
    pub fn len(&self) -> usize {
        self.open.len()
    }

    /// Returns whether none is open.
    pub fn is_empty(&self) -> bool {
        self.open.is_empty()
    }

    /// Notes that the peer has ended its direction of a stream.
    pub fn handle_end(&mut self, stream: u64) {
        let now = self.now();
        if let Some(connection) = self.open.get_mut(&stream) {
            connection.handle_eof(now);
        }
    }

    /// Notes that the peer has reset a stream.
    pub fn handle_reset(&mut self, stream: u64) {
        let now = self.now();
        if let Some(connection) = self.open.get_mut(&stream) {
            connection.handle_reset(now);
        }
    }

    /// Returns how long to wait at most.
    pub fn timeout(&self) -> Option<Duration> {
        let due = self.open.values().filter_map(|connection| connection.poll_timeout()).min();
        due.map(|due| due.since(self.now()))
    }

    /// Moves bytes in both directions, as far as possible. Returns the streams that are done.
    pub fn drive(
        &mut self,
        http: &mut h3::Connection,
        quic: &mut quiche::Connection,
        mut handle: impl FnMut(u64, Event<'_>, &mut Connection),
    ) -> Vec<(u64, Ended)> {
        let now = self.now();
        let mut done = Vec::new();
        for (&stream, connection) in &mut self.open {
            connection.handle_timeout(now);
            let handle = |event: Event<'_>, connection: &mut Connection| {
                handle(stream, event, connection);
            };
            let mut wire = Wire { stream, http, quic, now };
            wire.read(connection, &mut self.input, handle);
            if let Some(ended) = wire.write(connection) {
                done.push((stream, ended));
            }
        }
        self.open.retain(|stream, _| done.iter().all(|(gone, _)| gone != stream));
        done
    }
}

/// A stream, for as long as bytes are moved.
struct Wire<'w> {
    stream: u64,
    http: &'w mut h3::Connection,
    quic: &'w mut quiche::Connection,
    now: Timestamp,
}

impl Wire<'_> {
    fn read(
        &mut self,
        connection: &mut Connection,
        input: &mut Input<Vec<u8>>,
        mut handle: impl FnMut(Event<'_>, &mut Connection),
    ) {
        loop {
            // An end or a reset counts once all events before it are taken.
            while let Some(event) = connection.next_event(input) {
                handle(event, connection);
            }
            if !matches!(connection.next_step(), Step::Io { read: true, .. }) {
                return;
            }
            let mut spare = connection.spare(input);
            // The end of the stream is an event of the library.
            let Ok(count) = self.http.recv_body(self.quic, self.stream, spare.buffer()) else {
                return;
            };
            spare.filled(count, self.now);
        }
    }

    fn write(&mut self, connection: &mut Connection) -> Option<Ended> {
        loop {
            match connection.next_step() {
                Step::Io { write: true, .. } => {
                    match self.http.send_body(self.quic, self.stream, connection.transmit(), false)
                    {
                        Ok(count) => connection.transmitted(count, self.now),
                        // The window of the peer is full.
                        Err(h3::Error::Done) => return None,
                        Err(_) => connection.handle_write_error(self.now),
                    }
                }
                Step::Io { .. } => return None,
                Step::Shutdown => {
                    // Other errors mean that nobody waits for the end.
                    if self.http.send_body(self.quic, self.stream, &[], true)
                        == Err(h3::Error::Done)
                    {
                        return None;
                    }
                    connection.handle_shutdown();
                }
                Step::Done(ended) => return Some(ended),
            }
        }
    }
}

/// Returns fields for the library.
pub fn headers(fields: &Fields) -> Vec<Header> {
    fields.iter().map(|(name, value)| Header::new(name.as_bytes(), value)).collect()
}

/// Returns fields of the library.
pub fn pairs(headers: &[Header]) -> impl Iterator<Item = (&[u8], &[u8])> {
    headers.iter().map(|header| (header.name(), header.value()))
}
