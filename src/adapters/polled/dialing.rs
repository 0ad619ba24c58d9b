//! A client's way from a URL to a WebSocket, for any runtime.

use alloc::vec;
use alloc::vec::Vec;
use core::future::{Future, pending, poll_fn};
use core::net::{IpAddr, SocketAddr};
use core::pin::{Pin, pin};
use core::task::Poll;
use std::io::{self, ErrorKind, IoSlice};

use super::io::Io;
use super::race::race;
use super::websocket::WebSocket;
use crate::adapters::dialing::{Dialing, Head, Outcome};
use crate::adapters::error::Error;
use crate::adapters::trust::Securing;
use crate::connect::{Action, Attempts, Dial};
use crate::connection::Timestamp;
use crate::handshake::Fields;
use crate::handshake::client::Response;

/// How a runtime opens the streams of a client.
pub(in crate::adapters) trait Transport<S>: Io<S> {
    /// Returns the addresses of a host.
    async fn resolve(host: &str, port: u16) -> io::Result<Vec<SocketAddr>>;

    /// Connects by TCP.
    async fn open(address: SocketAddr) -> io::Result<S>;

    /// Starts TLS over a stream, which may have TLS already.
    async fn secure(stream: S, to: Securing<'_>) -> io::Result<S>;

    /// Returns whether ALPN has selected HTTP/2.
    fn selects_http2(_: &S) -> bool {
        false
    }

    /// Begins HTTP/2 over a stream, and sends a request. The server's first bytes may be unread. Returns the stream of
    /// the request, with the head of the response, or `None` if the server does not offer WebSockets over HTTP/2.
    async fn ask(_: S, _unread: Vec<u8>, _: &Fields) -> io::Result<Option<(S, Head)>> {
        Err(ErrorKind::Unsupported.into())
    }
}

/// How an opening went.
pub(in crate::adapters) struct Opened<S, I: Io<S>> {
    pub(super) result: Result<(WebSocket<S, I>, Response), Error>,
    /// The attempts that were made.
    pub(super) attempts: Attempts,
}

/// Opens a connection.
pub(in crate::adapters) async fn connect<S, I: Transport<S>>(
    dialing: Dialing,
) -> Result<(WebSocket<S, I>, Response), Error> {
    open::<S, I>(dialing).await.result
}

/// Opens a connection. Returns how many attempts it took.
pub(in crate::adapters) async fn open<S, I: Transport<S>>(mut dialing: Dialing) -> Opened<S, I> {
    let stream = dial::<S, I>(&mut dialing).await;
    let attempts = dialing.dial.attempts();
    let finish = |stream: Option<S>| {
        let opened = dialing.finish()?;
        let stream = stream.ok_or_else(Error::left_early)?;
        Ok((WebSocket::from_parts(stream, opened.connection), opened.response))
    };
    Opened { result: stream.and_then(finish), attempts }
}

/// Does what the dial says, until there is a result. Returns the stream of a connection.
async fn dial<S, I: Transport<S>>(dialing: &mut Dialing) -> Result<Option<S>, Error> {
    let mut stream = None;
    let mut buffer = vec![0; READ];
    loop {
        let (due, now) = (dialing.look(), dialing.now());
        let alarm = due.map(|due| I::sleep(due.since(now))).transpose()?;
        let Dialing { dial, trust, .. } = &mut *dialing;
        match dial.next_action() {
            Action::Resolve { host } => {
                let outcome = within(alarm, resolve::<S, I>(host)).await;
                dialing.note(outcome, |dial, address, now| dial.handle_resolved(*address, now));
            }
            Action::Connect { host, port } => {
                // An attempt before this one may have left it.
                drop(stream.take());
                let outcome = within(alarm, connect_tcp::<S, I>(host, port)).await;
                stream = dialing.note(outcome, |dial, _, now| dial.handle_connected(now));
            }
            Action::Tls { name: host, alpn, .. } => {
                let to = Securing { host, trust, alpn };
                let outcome = within(alarm, secure::<S, I>(stream.take(), to)).await;
                stream = dialing.note(outcome, handle_secured::<S, I>);
            }
            Action::Request(_) => stream = request::<S, I>(dialing, stream.take(), alarm).await,
            Action::Write => {
                let outcome = within(alarm, write::<S, I>(&mut stream, dial.transmit())).await;
                dialing.note(outcome, |dial, count, now| dial.transmitted(*count, now));
            }
            Action::Read => {
                let outcome = within(alarm, read::<S, I>(&mut stream, &mut buffer)).await;
                dialing.note(outcome, |dial, count, now| dial.receive(&buffer[..*count], now));
            }
            Action::Next(_) => dialing.proceed(),
            Action::Wait => {
                drop(stream.take());
                let outcome = within(alarm, pending::<io::Result<()>>()).await;
                dialing.note(outcome, |_, (), _| {});
            }
            Action::Done => return Ok(stream),
        }
    }
}

/// Waits for an action, but not longer than for the alarm.
async fn within<T>(
    mut alarm: Option<impl Future + Unpin>,
    action: impl Future<Output = io::Result<T>>,
) -> Outcome<T> {
    let mut action = pin!(action);
    poll_fn(|cx| {
        if let Poll::Ready(outcome) = action.as_mut().poll(cx) {
            return Poll::Ready(outcome.map_or_else(Outcome::Failed, Outcome::Done));
        }
        let Some(alarm) = &mut alarm else { return Poll::Pending };
        Pin::new(alarm).poll(cx).map(|_| Outcome::TimedOut)
    })
    .await
}

async fn resolve<S, I: Transport<S>>(host: &str) -> io::Result<IpAddr> {
    let addresses = I::resolve(host, 0).await?;
    Ok(addresses.first().ok_or(ErrorKind::NotFound)?.ip())
}

async fn connect_tcp<S, I: Transport<S>>(host: &str, port: u16) -> io::Result<S> {
    race::<S, I, _>(I::resolve(host, port).await?, I::open).await
}

async fn secure<S, I: Transport<S>>(stream: Option<S>, to: Securing<'_>) -> io::Result<S> {
    I::secure(stream.ok_or(ErrorKind::NotConnected)?, to).await
}

fn handle_secured<S, I: Transport<S>>(dial: &mut Dial, stream: &S, now: Timestamp) {
    match I::selects_http2(stream) {
        true => dial.handle_secured_http2(now),
        false => dial.handle_secured(now),
    }
}

/// Asks over HTTP/2. Returns the stream of the request.
async fn request<S, I: Transport<S>>(
    dialing: &mut Dialing,
    stream: Option<S>,
    alarm: Option<I::Sleep>,
) -> Option<S> {
    let unread = dialing.dial.take_unread();
    let Action::Request(fields) = dialing.dial.next_action() else { return None };
    let outcome = within(alarm, ask::<S, I>(stream, unread, fields)).await;
    let answer = dialing.note(outcome, handle_answer);
    answer.flatten().map(|(stream, _)| stream)
}

async fn ask<S, I: Transport<S>>(
    stream: Option<S>,
    unread: Vec<u8>,
    fields: &Fields,
) -> io::Result<Option<(S, Head)>> {
    I::ask(stream.ok_or(ErrorKind::NotConnected)?, unread, fields).await
}

fn handle_answer<S>(dial: &mut Dial, answer: &Option<(S, Head)>, now: Timestamp) {
    match answer {
        Some((_, head)) => dial.receive_fields(head.iter().map(|(name, value)| (name, value)), now),
        None => dial.handle_unsupported(now),
    }
}

/// Writes all bytes. Returns how many there were.
async fn write<S, I: Transport<S>>(stream: &mut Option<S>, bytes: &[u8]) -> io::Result<usize> {
    let stream = stream.as_mut().ok_or(ErrorKind::NotConnected)?;
    let mut written = 0;
    while written < bytes.len() {
        let slices = [IoSlice::new(&bytes[written..])];
        match poll_fn(|cx| I::poll_write(stream, cx, &slices)).await? {
            0 => return Err(ErrorKind::WriteZero.into()),
            count => written += count,
        }
    }
    poll_fn(|cx| I::poll_flush(stream, cx)).await?;
    Ok(written)
}

async fn read<S, I: Transport<S>>(stream: &mut Option<S>, buffer: &mut [u8]) -> io::Result<usize> {
    let stream = stream.as_mut().ok_or(ErrorKind::NotConnected)?;
    poll_fn(|cx| I::poll_read(stream, cx, buffer)).await
}

/// How much is read at once, in bytes: more than the head of most responses.
const READ: usize = 4 << 10;
