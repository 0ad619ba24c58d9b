use core::time::Duration;
use std::io;
use std::net::{Shutdown, TcpStream};

use crate::limits::Limits;
use crate::time::Timeouts;

/// What the caller grants, and how to do with a stream what `Read` and `Write` cannot.
#[derive(Debug)]
#[non_exhaustive]
pub struct Config<S> {
    /// How much memory the peer may make us use.
    pub limits: Limits,
    /// How long to wait for the peer. Without [`hooks`](Self::hooks), a peer that sends nothing at all
    /// is waited for for ever: deadlines are looked at when something comes.
    pub timeouts: Timeouts,
    /// How to bound the stream in time, and to end it.
    pub hooks: Option<Hooks<S>>,
}

/// How to bound a stream in time, and to end it.
#[derive(Debug)]
pub struct Hooks<S> {
    /// Bounds each read and each write to come, after which it fails with `WouldBlock` or `TimedOut`.
    pub set_timeout: fn(&S, Option<Duration>) -> io::Result<()>,
    /// Ends the stream in one direction or both.
    pub shutdown: fn(&S, Shutdown) -> io::Result<()>,
}

impl<S> Config<S> {
    /// For a stream of which nothing is known. The transport ends when the stream is dropped.
    pub fn new() -> Self {
        Self { limits: Limits::default(), timeouts: Timeouts::default(), hooks: None }
    }
}

impl Config<TcpStream> {
    /// For a TCP stream, on which all deadlines work.
    pub fn tcp() -> Self {
        Self { hooks: Some(Hooks::tcp()), ..Self::new() }
    }
}

impl Hooks<TcpStream> {
    /// For a TCP stream.
    pub const fn tcp() -> Self {
        let set_timeout = |stream: &TcpStream, timeout| {
            stream.set_read_timeout(timeout)?;
            stream.set_write_timeout(timeout)
        };
        Self { set_timeout, shutdown: TcpStream::shutdown }
    }
}

impl<S> Default for Config<S> {
    fn default() -> Self {
        Self::new()
    }
}
