//! The connections that get the messages.

use std::error::Error;
use std::io::{self, Read, Write};

use sansocket::deflate::{Agreement, Compression, Context};
use sansocket::{Config, Connection, Negotiated, Prepared, SendError, Timestamp};
use tungstenite::protocol::{Role, WebSocket};
use tungstenite::{Bytes, Message, Utf8Bytes};

/// Servers' ends of connections, in memory.
pub(crate) trait Members {
    /// Queues a text in each of them, as an application does that has it as a string.
    fn broadcast(&mut self, text: &str) -> Result<(), Box<dyn Error>>;

    /// Takes what is queued away.
    fn write(&mut self);

    fn count(&self) -> usize;
}

/// Connections of sansocket that do not compress.
pub(crate) struct Plain {
    connections: Vec<Connection>,
    is_prepared: bool,
}

impl Plain {
    pub(crate) fn new(count: usize, is_prepared: bool) -> Self {
        let config = Config::new().shared();
        let open =
            |_| Connection::open_server(Negotiated::new(), config.clone(), Timestamp::default());
        Self { connections: (0..count).map(open).collect(), is_prepared }
    }
}

impl Members for Plain {
    fn broadcast(&mut self, text: &str) -> Result<(), Box<dyn Error>> {
        Ok(broadcast(&mut self.connections, text, self.is_prepared)?)
    }

    fn write(&mut self) {
        write(&mut self.connections);
    }

    fn count(&self) -> usize {
        self.connections.len()
    }
}

/// Connections of sansocket that compress and keep their contexts.
pub(crate) struct Contexts(Plain);

impl Contexts {
    pub(crate) fn new(count: usize, is_prepared: bool) -> Self {
        let agreement = Agreement { client: Context::FULL, server: Context::FULL };
        let config = Config::new().shared();
        let open = |_| {
            let negotiated =
                Negotiated::new().with_compression(agreement, Compression::dedicated());
            Connection::open_server(negotiated, config.clone(), Timestamp::default())
        };
        Self(Plain { connections: (0..count).map(open).collect(), is_prepared })
    }
}

impl Members for Contexts {
    fn broadcast(&mut self, text: &str) -> Result<(), Box<dyn Error>> {
        self.0.broadcast(text)
    }

    fn write(&mut self) {
        self.0.write();
    }

    fn count(&self) -> usize {
        self.0.count()
    }
}

fn broadcast(
    connections: &mut [Connection],
    text: &str,
    is_prepared: bool,
) -> Result<(), SendError> {
    if !is_prepared {
        return connections.iter_mut().try_for_each(|connection| connection.send(text));
    }
    let message = Prepared::new(text);
    connections.iter_mut().try_for_each(|connection| connection.send(&message))
}

fn write(connections: &mut [Connection]) {
    for connection in connections {
        let count = connection.transmit().len();
        connection.transmitted(count, Timestamp::default());
    }
}

/// Connections of tungstenite. The clones of a message share its payload.
pub(crate) struct Tungstenite(Vec<WebSocket<Void>>);

impl Tungstenite {
    pub(crate) fn new(count: usize) -> Self {
        let open = |_| WebSocket::from_raw_socket(Void, Role::Server, None);
        Self((0..count).map(open).collect())
    }
}

impl Members for Tungstenite {
    fn broadcast(&mut self, text: &str) -> Result<(), Box<dyn Error>> {
        let message = Utf8Bytes::try_from(Bytes::copy_from_slice(text.as_bytes()))?;
        for socket in &mut self.0 {
            socket.write(Message::Text(message.clone()))?;
        }
        Ok(())
    }

    fn write(&mut self) {
        for socket in &mut self.0 {
            // Nothing fails that goes nowhere.
            let _ = socket.flush();
        }
    }

    fn count(&self) -> usize {
        self.0.len()
    }
}

/// A stream that takes all bytes and has none.
pub(crate) struct Void;

impl Read for Void {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        Err(io::ErrorKind::WouldBlock.into())
    }
}

impl Write for Void {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
