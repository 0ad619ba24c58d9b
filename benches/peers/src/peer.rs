use std::any::Any;
use std::pin::Pin;

use workload::Run;
use workload::wire::{Incoming, Outgoing};

/// An implementation of WebSocket, or a way to use one.
///
/// Each method prepares one kind of work, or says that it cannot be done.
pub(crate) trait Peer {
    /// What its column is called.
    fn name(&self) -> &'static str;

    /// Receives the messages of `wire`, over and over, and [consumes](workload::consume) each.
    fn receive(&self, _incoming: &Incoming, _wire: &'static [u8]) -> Option<Run> {
        None
    }

    /// Sends the same message time and again.
    fn send(&self, _outgoing: &Outgoing, _payload: &'static [u8]) -> Option<Run> {
        None
    }

    /// How many headers a head may have, lest it fail.
    fn most_headers(&self) -> usize {
        usize::MAX
    }

    /// Accepts connections: from this request to a connection, which is dropped.
    fn accept(&self, _request: &'static [u8]) -> Option<Run> {
        None
    }

    /// Opens connections as a client: from an URL to a connection, which is dropped. The server's response has
    /// these fields beyond what it needs.
    fn open(&self, _fields: &'static [u8]) -> Option<Run> {
        None
    }

    /// Compresses and sends a text time and again as a server, at [`LEVEL`] and each by itself.
    fn compress(&self, _payload: &'static [u8]) -> Option<Run> {
        None
    }

    /// Receives the compressed texts of `wire`, over and over, as a client.
    fn inflate(&self, _wire: &'static [u8]) -> Option<Run> {
        None
    }

    /// Receives as [`receive`](Self::receive) does, by the trait `Stream`.
    fn stream(&self, _incoming: &Incoming, _wire: &'static [u8]) -> Option<Run> {
        None
    }

    /// Sends as [`send`](Self::send) does, by the trait `Sink`.
    fn sink(&self, _outgoing: &Outgoing, _payload: &'static [u8]) -> Option<Run> {
        None
    }

    /// Receives the messages of `wire` by one half of a connection, and sends each back by the other.
    fn split(&self, _incoming: &Incoming, _wire: &'static [u8]) -> Option<Run> {
        None
    }

    /// Makes servers' connections that have echoed one message over a stream, and wait.
    fn idle(&self) -> Option<Maker> {
        None
    }

    /// Makes tasks that have done so.
    fn idle_task(&self) -> Option<TaskMaker> {
        None
    }
}

/// Makes something to be weighed.
pub(crate) type Maker = Box<dyn FnMut() -> Box<dyn Any>>;

/// Makes a task to be weighed.
pub(crate) type TaskMaker = Box<dyn FnMut() -> Task>;

/// A task that waits.
pub(crate) type Task = Pin<Box<dyn Future<Output = ()>>>;

/// How hard to compress, where that can be chosen: what zlib does unless told otherwise.
pub(crate) const LEVEL: u32 = 6;
