//! What the blocking and the asynchronous adapter share: a connection, its read buffer, and how it ended.

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec;
use alloc::vec::Vec;
use std::io::{self, ErrorKind};

use super::connection::Connection;
use super::draft::Draft;
use super::sender::Sender;
use crate::adapters::{Error, Report};
use crate::connection::{Cause, Config, Ended, Event, Input, Timestamp};
use crate::handshake::client;
use crate::wire::Seed;

/// A connection that an adapter drives.
#[derive(Debug)]
pub(super) struct Driver {
    pub(super) connection: Connection,
    pub(super) input: Input<Vec<u8>>,
    report: Report,
}

impl Driver {
    pub(super) fn new(connection: Connection) -> Box<Self> {
        let input = Input::new(vec![0; STORAGE]);
        Box::new(Self { connection, input, report: Report::new() })
    }

    pub(super) fn server(config: Arc<Config>) -> Box<Self> {
        Self::new(Connection::server(config, Timestamp::default()))
    }

    pub(super) fn client(
        draft: Draft,
        request: &client::Request<'_>,
        config: Arc<Config>,
    ) -> Result<Box<Self>, Error> {
        let (seed, now) = (Seed::random()?, Timestamp::default());
        Ok(Self::new(Connection::client(draft, request, config, seed, now)?))
    }

    pub(super) fn has_event(&mut self) -> bool {
        self.connection.has_event(&mut self.input)
    }

    /// Takes the event that was found, with the sender that can answer it.
    pub(super) fn take_event(&mut self) -> Option<(Event<'_>, &mut Sender)> {
        let Self { connection, input, .. } = self;
        connection.next_event(input).map(|event| (event, &mut **connection))
    }

    /// Returns the response to our request, which has opened the connection or not.
    pub(super) fn take_response(&mut self) -> Result<client::Response, Error> {
        let response = self.connection.take_response().ok_or_else(Error::left_early)?;
        match self.connection.is_open() {
            true => Ok(response),
            false => Err(Error::Rejected(Box::new(response))),
        }
    }

    /// Keeps the first error of the stream, to report it at the end.
    pub(super) fn keep(&mut self, error: io::Error) {
        self.report.keep(error);
    }

    /// Reports how the connection ended, once.
    pub(super) fn end(&mut self, ended: &Ended) -> Result<(), Error> {
        match &self.report {
            // Draft 75 ends with the transport.
            Report::Due(None) if self.is_ending_with_the_transport(ended) => {
                self.report = Report::Given;
                Ok(())
            }
            Report::Due(_) | Report::Given => self.report.end(ended),
        }
    }

    /// Fails unless all that is sent can be written.
    pub(super) fn check_written(&self) -> io::Result<()> {
        match self.connection.is_broken() {
            true => Err(ErrorKind::NotConnected.into()),
            false => Ok(()),
        }
    }

    /// Fails if a message that waits no more was dropped instead of written.
    pub(super) fn check_sent(&mut self) -> Result<(), Error> {
        self.check_written()?;
        self.connection.ended().map_or(Ok(()), |ended| self.end(&ended))
    }

    fn is_ending_with_the_transport(&self, ended: &Ended) -> bool {
        self.connection.draft() == Some(Draft::Hixie75) && ended.cause == Cause::TransportEnded
    }
}

/// The application has to decide on a request before anything else happens.
pub(super) fn undecided() -> Error {
    io::Error::new(ErrorKind::WouldBlock, "a request waits for a decision").into()
}

/// The size of a read buffer, in bytes.
const STORAGE: usize = 4 << 10;
