//! A connection, and what the application knows of it.

use std::io;
use std::net::Shutdown;
use std::sync::Arc;

use mio::net::TcpStream;
use sansocket::server::Response;
use sansocket::{CloseCode, Config, Connection, Event, Input, Seed, Step, Timestamp};

pub(crate) struct Peer {
    pub(crate) stream: TcpStream,
    connection: Connection,
    /// How many ticks were sent. An application has more to take along, such as who the user is.
    ticks: u64,
}

impl Peer {
    pub(crate) fn new(stream: TcpStream, config: Arc<Config>, now: Timestamp) -> Self {
        Self { stream, connection: Connection::server(config, now), ticks: 0 }
    }

    /// Turns the connection into bytes. All its events have been taken. Returns it unchanged if it is busy.
    pub(crate) fn suspend(
        self,
        input: &mut Input<Vec<u8>>,
    ) -> Result<(TcpStream, Vec<u8>), Box<Self>> {
        let Self { stream, connection, ticks } = self;
        match connection.suspend(input) {
            Ok(snapshot) => Ok((stream, [&ticks.to_le_bytes()[..], &snapshot].concat())),
            Err(error) => Err(Box::new(Self { stream, connection: error.connection, ticks })),
        }
    }

    /// Turns the bytes into a connection again.
    pub(crate) fn restore(
        stream: TcpStream,
        bytes: &[u8],
        config: Arc<Config>,
        now: Timestamp,
    ) -> io::Result<Self> {
        let (ticks, snapshot) = bytes.split_first_chunk().ok_or(io::ErrorKind::InvalidData)?;
        let connection = Connection::restore(snapshot, config, Seed::random()?, now);
        let connection = connection.map_err(io::Error::other)?;
        Ok(Self { stream, connection, ticks: u64::from_le_bytes(*ticks) })
    }

    /// Sends a number, unless the peer has not taken earlier ones.
    pub(crate) fn tick(&mut self) {
        let tick = format!("tick {} from process {}", self.ticks + 1, std::process::id());
        if !self.connection.is_full() && self.connection.send(&tick).is_ok() {
            self.ticks += 1;
        }
    }

    /// Sends a close frame. Returns `false` if the connection is not even open.
    pub(crate) fn close(&mut self, code: CloseCode) -> bool {
        self.connection.close(code, "the server restarts").is_ok()
    }

    /// Returns how many bytes of the current frame are still to come. The next frame starts after them.
    pub(crate) fn frame_remaining(&self) -> u64 {
        self.connection.frame_remaining()
    }

    pub(crate) fn poll_timeout(&self) -> Option<Timestamp> {
        self.connection.poll_timeout()
    }

    /// Writes, and reads at most once. Returns whether it has read, or `None` at the end.
    pub(crate) fn drive(&mut self, input: &mut Input<Vec<u8>>, now: Timestamp) -> Option<bool> {
        let Self { stream, connection, .. } = self;
        let (now, mut has_read) = (|| now, false);
        loop {
            while let Some(event) = connection.next_event(input) {
                handle(&event, connection);
            }
            // The connection notes errors of the stream.
            match connection.next_step() {
                Step::Io { write: true, .. }
                    if connection.write_to(stream, now).unwrap_or(true) => {}
                Step::Io { read: true, .. }
                    if !has_read && connection.read_from(stream, input, now).unwrap_or(true) =>
                {
                    has_read = true;
                }
                Step::Io { .. } if connection.handle_timeout(now()) => {}
                Step::Io { .. } => return Some(has_read),
                Step::Shutdown => {
                    let _ = stream.shutdown(Shutdown::Write);
                    connection.handle_shutdown();
                }
                Step::Done(_) => return None,
            }
        }
    }
}

/// Sends back every message, and serves a page.
fn handle(event: &Event<'_>, connection: &mut Connection) {
    match event {
        Event::Request => connection.accept(),
        Event::NotUpgrade => match page() {
            Ok(page) => connection.reject(page),
            Err(_) => connection.require_upgrade(),
        },
        Event::Text(text) => drop(connection.send(*text)),
        Event::Binary(bytes) => drop(connection.send(&bytes[..])),
        _ => {}
    }
}

fn page() -> Result<Response<'static>, sansocket::HeaderError> {
    Response::new(200, &HEADERS, include_bytes!("page.html"))
}

const HEADERS: [(&str, &str); 2] =
    [("Content-Type", "text/html; charset=utf-8"), ("Cache-Control", "no-store")];
