//! Connections of sansocket, by its core.

use std::error::Error;

use sansocket::deflate::{Agreement, Compression, Context};
use sansocket::{Backlog, Config, Connection, Negotiated, Overflow, Prepared, Pushed, Timestamp};

use super::Members;
use crate::wire;

/// How the message is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Send {
    /// Each connection gets the text.
    Text,
    /// The message is prepared once.
    Prepared,
}

/// Connections without more.
pub(crate) struct Plain {
    connections: Vec<Connection>,
    send: Send,
}

/// Connections with a backlog each.
pub(crate) struct Backlogs {
    members: Vec<(Backlog, Connection)>,
}

impl Plain {
    /// Connections that do not compress.
    pub(crate) fn new(count: usize, send: Send) -> Self {
        Self::open(count, send, Negotiated::new)
    }

    /// Connections that compress, and keep their contexts from message to message.
    pub(crate) fn kept(count: usize, send: Send) -> Self {
        Self::compressing(count, send, Context::FULL)
    }

    /// Connections that compress each message by itself.
    pub(crate) fn not_kept(count: usize, send: Send) -> Self {
        Self::compressing(count, send, Context { is_taken_over: false, ..Context::FULL })
    }

    fn compressing(count: usize, send: Send, context: Context) -> Self {
        let agreement = Agreement { client: context, server: context };
        Self::open(count, send, || {
            Negotiated::new().with_compression(agreement, Compression::dedicated())
        })
    }

    fn open(count: usize, send: Send, negotiated: impl Fn() -> Negotiated) -> Self {
        let config = Config::new().shared();
        let open = |_| Connection::open_server(negotiated(), config.clone(), Timestamp::default());
        Self { connections: (0..count).map(open).collect(), send }
    }
}

impl Members for Plain {
    fn broadcast(&mut self, text: &str) -> Result<(), Box<dyn Error>> {
        let message = Prepared::new(text);
        Ok(match self.send {
            Send::Text => self.connections.iter_mut().try_for_each(|it| it.send(text)),
            Send::Prepared => self.connections.iter_mut().try_for_each(|it| it.send(&message)),
        }?)
    }

    fn write(&mut self) -> Result<(), Box<dyn Error>> {
        self.connections.iter_mut().for_each(transmit);
        Ok(())
    }

    fn count(&self) -> usize {
        self.connections.len()
    }
}

impl Backlogs {
    pub(crate) fn new(plain: Plain) -> Self {
        let pair = |connection| (Backlog::new(Overflow::DropOldest), connection);
        Self { members: plain.connections.into_iter().map(pair).collect() }
    }
}

impl Members for Backlogs {
    fn broadcast(&mut self, text: &str) -> Result<(), Box<dyn Error>> {
        let message = Prepared::new(text);
        let all = self.members.iter_mut();
        let count = all.map(|it| it.0.push(&message)).filter(|it| *it == Pushed::Queued).count();
        (count == self.members.len()).then_some(()).ok_or_else(|| "a backlog is full".into())
    }

    fn write(&mut self) -> Result<(), Box<dyn Error>> {
        for (backlog, connection) in &mut self.members {
            backlog.send_to(connection)?;
            transmit(connection);
        }
        Ok(())
    }

    fn count(&self) -> usize {
        self.members.len()
    }
}

/// Writes what is queued, by the loop of the documentation.
fn transmit(connection: &mut Connection) {
    loop {
        let bytes = connection.transmit();
        let count = bytes.len();
        if count == 0 {
            return;
        }
        wire::write(bytes);
        connection.transmitted(count, Timestamp::default());
    }
}
