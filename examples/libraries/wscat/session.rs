//! An open connection: what comes is printed, the input is sent, pings are sent, and Ctrl-C closes.

use std::future::{pending, poll_fn};
use std::pin::pin;
use std::process;
use std::task::{Poll, ready};
use std::time::Duration;

use sansocket::tokio::WebSocket;
use sansocket::{CloseCode, Ended, Event, Sender};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::signal::ctrl_c;
use tokio::time::{Instant, Interval, interval, sleep_until};

use super::Failure;
use super::display::{Direction, Display, Payload};
use super::input::Input;
use super::options::{Options, Sending};

/// What a connection is used for.
#[derive(Clone, Copy)]
pub(crate) struct Session<'o> {
    display: Display,
    /// The name of the peer, and a space, if there may be several.
    who: &'o str,
    sending: &'o Sending,
    ping: Option<Duration>,
    /// The code that Ctrl-C sends.
    code: CloseCode,
    is_echo: bool,
}

/// What happened on a connection, once it is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Turn {
    Received,
    Pong,
    /// Another event.
    Other,
    /// The next message of the input is queued.
    Queued,
    /// Nothing more can be sent.
    Closing,
    /// The connection has ended.
    Over,
}

/// How far a connection is.
struct Progress {
    /// The number of messages that came.
    received: u64,
    /// Whether messages can be sent.
    is_open: bool,
    /// When to close the connection, if all of the input is sent, and nothing comes.
    deadline: Option<Instant>,
}

impl<'o> Session<'o> {
    pub(crate) const fn client(options: &'o Options, display: Display) -> Self {
        let Options { sending, ping, .. } = options;
        let code = CloseCode::NORMAL;
        Self { display, who: "", sending, ping: *ping, code, is_echo: false }
    }

    pub(crate) const fn server(options: &'o Options, display: Display, who: &'o str) -> Self {
        Self { who, code: CloseCode::GOING_AWAY, ..Self::client(options, display) }
    }

    /// Sends each message back.
    pub(crate) const fn echo(self) -> Self {
        Self { is_echo: true, ..self }
    }

    /// Talks until the connection ends. Prints how.
    ///
    /// # Errors
    ///
    /// Returns an error if standard output is closed.
    pub(crate) async fn talk<S>(
        self,
        socket: &mut WebSocket<S>,
        input: &mut Input,
    ) -> Result<Ended, Failure>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let mut progress = Progress { received: 0, is_open: true, deadline: None };
        let mut pings = self.ping.map(|period| interval(period.max(Duration::from_millis(1))));
        let mut interrupt = Box::pin(ctrl_c());
        loop {
            if input.is_over() && progress.is_open && progress.deadline.is_none() {
                progress.deadline = Some(self.deadline());
            }
            tokio::select! {
                turn = self.turn(socket, input, progress.is_open) => match turn? {
                    Turn::Over => break,
                    turn => self.act(turn, &mut progress, socket, input),
                },
                // Only an end of the connection is an error.
                () = tick(&mut pings) => drop(socket.ping().await),
                () = passed(progress.deadline) => progress.close(socket, CloseCode::NORMAL),
                _ = &mut interrupt => {
                    if !progress.is_open {
                        process::exit(130);
                    }
                    progress.close(socket, self.code);
                    interrupt = Box::pin(ctrl_c());
                }
            }
        }
        let ended = socket.ended().ok_or("connection has not ended")?;
        self.display.note(&format!("{}closed: {ended}", self.who));
        Ok(ended)
    }

    /// Waits until something comes, or the next message of the input can be queued. Reads while it waits for room, as
    /// the peer may do the same.
    async fn turn<S>(
        &self,
        socket: &mut WebSocket<S>,
        input: &mut Input,
        is_open: bool,
    ) -> Result<Turn, Failure>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        // All of these futures are cancel safe, so that they can be made anew for each poll.
        poll_fn(|cx| {
            if is_open
                && !input.is_known()
                && pin!(input.look()).poll(cx).is_ready()
                && input.is_over()
            {
                return Poll::Ready(Ok(Turn::Other));
            }
            if let Some(message) = input.next().filter(|_| is_open)
                && let Poll::Ready(queued) = pin!(socket.feed(message)).poll(cx)
            {
                return Poll::Ready(Ok(if queued.is_ok() { Turn::Queued } else { Turn::Closing }));
            }
            let turn = match ready!(pin!(socket.next_event()).poll(cx)) {
                Ok(Some((event, sender))) => self.show(&event, sender),
                Ok(None) => Ok(Turn::Over),
                // The account follows.
                Err(error) => {
                    self.display.detail(|| error.to_string());
                    Ok(Turn::Other)
                }
            };
            Poll::Ready(turn)
        })
        .await
    }

    fn show(&self, event: &Event<'_>, sender: &mut Sender) -> Result<Turn, Failure> {
        let payload = match event {
            Event::Text(text) => Payload::Text(text),
            Event::Binary(bytes) => Payload::Binary(bytes),
            Event::Ping(payload) => {
                self.display.detail(|| format!("{}ping, {} B", self.who, payload.len()));
                return Ok(Turn::Other);
            }
            Event::Pong(_) => return Ok(Turn::Pong),
            _ => return Ok(Turn::Other),
        };
        self.display.message(Direction::In, self.who, payload)?;
        if self.is_echo {
            // The connection may be closing.
            let _ = match payload {
                Payload::Text(text) => sender.send(text),
                Payload::Binary(bytes) => sender.send(bytes),
            };
        }
        Ok(Turn::Received)
    }

    fn act<S>(
        &self,
        turn: Turn,
        progress: &mut Progress,
        socket: &mut WebSocket<S>,
        input: &mut Input,
    ) where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        match turn {
            Turn::Received => {
                progress.received += 1;
                progress.deadline = progress.deadline.map(|_| self.deadline());
                if Some(progress.received) == self.sending.count {
                    progress.close(socket, CloseCode::NORMAL);
                }
            }
            Turn::Pong => self.show_round_trip(socket),
            Turn::Queued => self.show_sent(input),
            Turn::Closing => progress.is_open = false,
            Turn::Other | Turn::Over => {}
        }
    }

    fn show_round_trip<S>(&self, socket: &WebSocket<S>)
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let Some(times) = socket.round_trip() else { return };
        let note = || format!("{}pong after {:.3} ms", self.who, times.last.as_secs_f64() * 1e3);
        match self.ping {
            Some(_) => self.display.note(&note()),
            None => self.display.detail(note),
        }
    }

    fn show_sent(&self, input: &mut Input) {
        let message = input.take();
        if let Some(message) = message.filter(|_| self.display.is_verbose()) {
            // If standard output is closed, the next message that comes says so.
            let _ = self.display.message(Direction::Out, self.who, (&message).into());
        }
    }

    fn deadline(&self) -> Instant {
        Instant::now() + self.sending.wait.unwrap_or(WAIT)
    }
}

impl Progress {
    fn close<S>(&mut self, socket: &mut WebSocket<S>, code: CloseCode)
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        self.is_open = false;
        self.deadline = None;
        // The connection may be closing already.
        let _ = socket.connection_mut().close(code, "");
    }
}

/// Returns whether nothing went wrong: both ends closed, and no code says otherwise.
pub(crate) const fn is_success(ended: &Ended) -> bool {
    ended.is_clean() && matches!(ended.code(), 1000 | 1001 | 1005)
}

async fn tick(pings: &mut Option<Interval>) {
    match pings {
        Some(pings) => _ = pings.tick().await,
        None => pending().await,
    }
}

async fn passed(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => sleep_until(deadline).await,
        None => pending().await,
    }
}

/// How long nothing must have come after the last message.
const WAIT: Duration = Duration::from_secs(1);
