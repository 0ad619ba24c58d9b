use sansocket::{Connection, Event, Input, Receiver, Sender, Spare};

use crate::setup::START;

/// A connection, whole or split. Both are driven by the same calls.
#[derive(Debug)]
pub(crate) enum Machine {
    Whole(Connection),
    Split(Receiver, Sender),
}

impl Machine {
    pub(crate) fn new(connection: Connection, is_split: bool) -> Self {
        if !is_split {
            return Self::Whole(connection);
        }
        let (receiver, sender) = connection.split();
        Self::Split(receiver, sender)
    }

    /// Returns a connection that was not split.
    pub(crate) fn into_connection(self) -> Connection {
        match self {
            Self::Whole(connection) => connection,
            Self::Split(..) => panic!("a connection that was split is not suspended"),
        }
    }

    pub(crate) fn sender(&mut self) -> &mut Sender {
        match self {
            Self::Whole(connection) => connection,
            Self::Split(_, sender) => sender,
        }
    }

    pub(crate) fn next_event<'i>(&mut self, input: &'i mut Input<Vec<u8>>) -> Option<Event<'i>> {
        match self {
            Self::Whole(connection) => connection.next_event(input),
            Self::Split(receiver, sender) => receiver.next_event(input, sender),
        }
    }

    pub(crate) fn has_event(&mut self, input: &mut Input<Vec<u8>>) -> bool {
        match self {
            Self::Whole(connection) => connection.has_event(input),
            Self::Split(receiver, sender) => receiver.has_event(input, sender),
        }
    }

    /// Gives away a buffer that was read into.
    pub(crate) fn receive(&mut self, input: &mut Input<Vec<u8>>, bytes: &[u8]) {
        let read = bytes.to_vec();
        match self {
            Self::Whole(connection) => drop(connection.receive(input, read, START)),
            Self::Split(receiver, _) => drop(receiver.receive(input, read, START)),
        }
    }

    /// Reads up to `len` bytes from the front of `rest` into the buffer of the connection, and returns how
    /// many.
    pub(crate) fn read(&mut self, input: &mut Input<Vec<u8>>, rest: &[u8], len: usize) -> usize {
        let mut spare = self.spare(input);
        let buffer = spare.buffer();
        assert!(!buffer.is_empty(), "there is always something to read to");
        let len = len.min(buffer.len());
        buffer[..len].copy_from_slice(&rest[..len]);
        spare.filled(len, START);
        len
    }

    pub(crate) fn spare<'s>(&'s mut self, input: &'s mut Input<Vec<u8>>) -> Spare<'s, Vec<u8>> {
        match self {
            Self::Whole(connection) => connection.spare(input),
            Self::Split(receiver, _) => receiver.spare(input),
        }
    }

    pub(crate) fn handle_eof(&mut self) {
        match self {
            Self::Whole(connection) => connection.handle_eof(START),
            Self::Split(receiver, _) => receiver.handle_eof(),
        }
    }
}
