//! What an adapter reports of a connection: the first error of its stream, a violation, and the end, once.

#[cfg(feature = "__asynchronous")]
use alloc::string::ToString;
use std::io;

use super::error::Error;
use super::trace;
use crate::connection::{Ended, Event, OwnedMessage};
use crate::wire::ProtocolError;

/// The report of how a connection ended.
#[derive(Debug)]
pub(crate) enum Report {
    /// It is still to be given, with the first error of the stream.
    Due(Option<io::Error>),
    /// It has been given.
    Given,
}

impl Report {
    pub(crate) const fn new() -> Self {
        Self::Due(None)
    }

    /// Keeps the first error of the stream, to report it at the end.
    pub(crate) fn keep(&mut self, error: io::Error) {
        if let Self::Due(first) = self {
            first.get_or_insert(error);
        }
    }

    /// Returns a copy of the error of the stream. The original is reported at the end.
    #[cfg(feature = "__asynchronous")]
    pub(super) fn copy_error(&self) -> Option<io::Error> {
        let Self::Due(Some(error)) = self else { return None };
        Some(io::Error::new(error.kind(), error.to_string()))
    }

    /// Reports a violation at once. The end is not reported then.
    pub(super) fn violation(&mut self, error: ProtocolError) -> Error {
        *self = Self::Given;
        trace::violated(error);
        error.into()
    }

    /// Reports how the connection ended, once.
    pub(crate) fn end(&mut self, ended: &Ended) -> Result<(), Error> {
        match core::mem::replace(self, Self::Given) {
            Self::Given => Ok(()),
            Self::Due(error) => {
                trace::ended(ended);
                Error::explain(ended, error)
            }
        }
    }
}

/// Copies the message of an event, if it has a whole one.
pub(super) fn copy_message(event: &Event<'_>) -> Option<OwnedMessage> {
    match event {
        Event::Text(text) => Some((*text).into()),
        Event::Binary(bytes) => Some((&**bytes).into()),
        Event::Part { .. } | Event::Ping(_) | Event::Pong(_) | Event::Close(_) => None,
        Event::Request | Event::NotUpgrade | Event::Open | Event::Rejected => None,
        Event::Violation(_) => None,
    }
}
