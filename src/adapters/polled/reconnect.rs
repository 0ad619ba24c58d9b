//! [`Reconnect`]: a client that connects again when its connection breaks.
//!
//! ```text
//! New ─▶ Opening ─▶ Open ─▶ Over
//!           ▲         │
//!           └─────────┘ after a delay, if the end is worth it
//! ```

use alloc::boxed::Box;
use core::fmt;
use core::future::{Future, poll_fn};
use core::mem;
use core::pin::Pin;
use core::task::{Context, Poll, ready};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use super::dialing::Opened;
use super::io::Io;
use super::websocket::WebSocket;
use crate::adapters::dialing::{Dialing, Door};
use crate::adapters::error::Error;
use crate::connect::{Attempts, Retry};
use crate::connection::Ended;
use crate::handshake::client::Response;

/// A client that connects again when its connection breaks: one connection after another.
///
/// [`next`](Self::next) lends a connection, and looks at how it ended when it is called again:
///
/// | end | next |
/// |---|---|
/// | the transport broke, a timeout, the close codes 1001, 1011, 1012, 1013, 1014 | another connection: [`Retry::is_worth`] |
/// | a normal end, a violation, any other code, a `close` of ours without a reply | `None` |
///
/// The delay before it is random, within 5 s the first time, and then grows up to 90 s: [`Backoff`]. It starts anew
/// after a connection that lasted as long as the longest delay. `Retry-After` of a response is respected. So a server
/// that accepts and closes at once is not asked more often than one that does not answer.
///
/// Nothing runs between the calls. To stop, drop it.
///
/// [`Backoff`]: crate::connect::Backoff
///
/// ```
/// use sansocket::connect::Retry;
/// use sansocket::polled::{Io, Reconnect};
/// use sansocket::Error;
///
/// async fn follow<S, I: Io<S>>(mut connections: Reconnect<S, I>) -> Result<(), Error> {
///     while let Some((socket, _)) = connections.next().await? {
///         // Each connection is a new one, so subscribe again.
///         if socket.send("subscribe").await.is_err() {
///             continue;
///         }
///         while let Ok(Some(message)) = socket.receive().await {
///             println!("{message}");
///         }
///     }
///     Ok(())
/// }
/// ```
pub struct Reconnect<S, I: Io<S>> {
    start: Start<S, I>,
    attempts: Attempts,
    state: State<S, I>,
    ended: Option<Ended>,
}

/// Starts to open a connection. It knows the types, so it can promise that its future is `Send`.
type Start<S, I> = fn(Dialing) -> Opening<S, I>;

type Opening<S, I> = Pin<Box<dyn Future<Output = Opened<S, I>> + Send>>;

enum State<S, I: Io<S>> {
    /// A setting is invalid.
    Invalid(Error),
    New(Door),
    /// The mutex is never locked. It lets other threads have a reference.
    Opening(Door, Mutex<Opening<S, I>>),
    /// Since then.
    Open(Door, Box<WebSocket<S, I>>, Instant),
    Over,
}

impl<S, I: Io<S>> Reconnect<S, I> {
    pub(in crate::adapters) fn new(
        door: Result<Door, Error>,
        retry: Retry,
        start: Start<S, I>,
    ) -> Self {
        let state = door.map_or_else(State::Invalid, State::New);
        Self { start, attempts: Attempts::new(retry), state, ended: None }
    }

    /// Waits for the next connection, or returns `None` if the last one has ended for good, or no retries are left.
    /// Returns the response of the server with it.
    ///
    /// The last connection is dropped. If it has not ended, it counts as broken.
    ///
    /// The future is cancel safe: the next call goes on with the same attempt, or with the same delay.
    ///
    /// # Errors
    ///
    /// Returns the errors of `connect` that are not worth another attempt, or if no retries are left. `None` follows.
    pub async fn next(&mut self) -> Result<Option<(&mut WebSocket<S, I>, Response)>, Error> {
        self.leave()?;
        let response = poll_fn(|cx| self.poll_open(cx)).await?;
        match (&mut self.state, response) {
            (State::Open(_, socket, _), Some(response)) => Ok(Some((socket, response))),
            _ => Ok(None),
        }
    }

    /// Returns how the last connection ended, once the next one is waited for.
    pub const fn ended(&self) -> Option<&Ended> {
        self.ended.as_ref()
    }

    /// Leaves the last connection, and starts to open the next one if that is worth it.
    fn leave(&mut self) -> Result<(), Error> {
        self.state = match mem::replace(&mut self.state, State::Over) {
            State::Invalid(error) => return Err(error),
            State::New(door) => self.open(Some(door.dial()?), door),
            State::Open(door, socket, since) => {
                let ended = self.ended.insert(socket.connection.account());
                if Retry::is_worth(ended) {
                    self.attempts.reset_after(I::now().saturating_duration_since(since));
                    self.open(door.dial()?.after(self.attempts), door)
                } else {
                    State::Over
                }
            }
            state @ (State::Opening(..) | State::Over) => state,
        };
        Ok(())
    }

    fn open(&self, dialing: Option<Dialing>, door: Door) -> State<S, I> {
        match dialing {
            Some(dialing) => State::Opening(door, Mutex::new((self.start)(dialing))),
            None => State::Over,
        }
    }

    fn poll_open(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<Response>, Error>> {
        let State::Opening(_, opening) = &mut self.state else { return Poll::Ready(Ok(None)) };
        let opening = opening.get_mut().unwrap_or_else(PoisonError::into_inner);
        let opened = ready!(opening.as_mut().poll(cx));
        self.attempts = opened.attempts;
        let state = mem::replace(&mut self.state, State::Over);
        let (socket, response) = opened.result?;
        if let State::Opening(door, _) = state {
            self.state = State::Open(door, Box::new(socket), I::now());
        }
        Poll::Ready(Ok(Some(response)))
    }
}

impl<S, I: Io<S>> fmt::Debug for Reconnect<S, I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = match &self.state {
            State::Invalid(_) => "Invalid",
            State::New(_) => "New",
            State::Opening(..) => "Opening",
            State::Open(..) => "Open",
            State::Over => "Over",
        };
        f.debug_struct("Reconnect")
            .field("state", &state)
            .field("attempts", &self.attempts)
            .field("ended", &self.ended)
            .finish_non_exhaustive()
    }
}
