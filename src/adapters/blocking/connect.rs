//! A client's way from a URL to a WebSocket.

use alloc::vec;
use core::net::IpAddr;
use core::time::Duration;
use std::io::{self, ErrorKind, Read, Write};
use std::net::ToSocketAddrs;
use std::thread;
use std::time::Instant;

use super::maybe_tls::MaybeTls;
use super::stream::Stream;
use super::tcp;
use super::web_socket::WebSocket;
use crate::adapters::connect;
use crate::adapters::dialing::{Dialing, Outcome};
use crate::adapters::error::Error;
use crate::adapters::trust::{self, Securing, Tls};
use crate::connect::Action;
use crate::handshake::client::Response;

/// The front door of a client: opens a connection to a URL. All settings: [`Connect`](crate::Connect).
///
/// ```no_run
/// use sansocket::Error;
/// use sansocket::blocking::Connect;
///
/// fn ask(url: &str) -> Result<(), Error> {
///     let door = Connect::new(url).protocol("chat").header("User-Agent", "example/1.0");
///     let (mut socket, response) = door.connect()?;
///     println!("{:?}", response.protocol());
///     socket.send("What time is it?")?;
///     println!("{:?}", socket.receive()?);
///     socket.close(None, "")
/// }
/// ```
pub type Connect = connect::Connect<Blocking>;

/// The streams of the standard library, which block.
///
/// ```
/// use sansocket::blocking::{self, Blocking};
///
/// fn same(door: sansocket::Connect<Blocking>) -> blocking::Connect {
///     door
/// }
/// ```
#[derive(Debug)]
pub enum Blocking {}

impl Connect {
    /// Opens the connection. Returns it with the response of the server.
    ///
    /// All addresses of the host are tried. A new one starts each 250 ms until one of them answers (RFC 8305). How
    /// long it takes to look up a name is up to the operating system.
    ///
    /// # Errors
    ///
    /// Before any I/O: [`Error::Url`], [`Error::Header`] and [`Error::Plan`] if a setting is invalid, and
    /// [`Error::Io`] if the URL needs TLS and the feature for it is off. After it: [`Error::Connect`] if there is no
    /// way to the server, [`Error::Rejected`] if its status is not 101, [`Error::Handshake`] if its response is
    /// invalid, and [`Error::TimedOut`].
    pub fn connect(self) -> Result<(WebSocket<MaybeTls>, Response), Error> {
        let mut dialing = self.door(TLS, Instant::now)?.dial()?;
        let stream = dial(&mut dialing);
        let opened = dialing.finish()?;
        let stream = stream.ok_or_else(Error::left_early)?;
        bound(&stream, None)?;
        Ok((WebSocket::from_parts(stream, opened.connection), opened.response))
    }
}

/// Does what the dial says, until there is a result. Returns the stream of a connection.
fn dial(dialing: &mut Dialing) -> Option<MaybeTls> {
    let mut stream = None;
    let mut buffer = vec![0; READ];
    loop {
        let (due, now) = (dialing.look(), dialing.now());
        let due = due.and_then(|due| Instant::now().checked_add(due.since(now)));
        let Dialing { dial, trust, .. } = &mut *dialing;
        match dial.next_action() {
            Action::Resolve { host } => {
                let outcome = outcome(due, resolve(host));
                dialing.note(outcome, |dial, address, now| dial.handle_resolved(*address, now));
            }
            Action::Connect { host, port } => {
                // An attempt before this one may have left it.
                drop(stream.take());
                let outcome = outcome(due, tcp::connect(host, port, due).map(MaybeTls::Plain));
                stream = dialing.note(outcome, |dial, _, now| dial.handle_connected(now));
            }
            Action::Tls { name: host, alpn, .. } => {
                let to = Securing { host, trust, alpn };
                let outcome = outcome(due, secure(stream.take(), to, due));
                stream = dialing.note(outcome, |dial, _, now| dial.handle_secured(now));
            }
            Action::Write => {
                let outcome = outcome(due, write(stream.as_mut(), due, dial.transmit()));
                dialing.note(outcome, |dial, count, now| dial.transmitted(*count, now));
            }
            Action::Read => {
                let outcome = outcome(due, read(stream.as_mut(), due, &mut buffer));
                dialing.note(outcome, |dial, count, now| dial.receive(&buffer[..*count], now));
            }
            // There is no HTTP/2 here, and no setting leads to it.
            Action::Request(_) => dial.handle_failure(now),
            Action::Next(_) => dialing.proceed(),
            Action::Wait => {
                drop(stream.take());
                thread::sleep(left(due).unwrap_or_default());
                dialing.note(Outcome::<()>::TimedOut, |_, (), _| {});
            }
            Action::Done => return stream,
        }
    }
}

/// Returns how an action went that could block until `due`.
fn outcome<T>(due: Option<Instant>, result: io::Result<T>) -> Outcome<T> {
    match result {
        Ok(result) => Outcome::Done(result),
        Err(error) if is_timeout(&error) && left(due).is_some_and(|left| left <= SLACK) => {
            Outcome::TimedOut
        }
        Err(error) => Outcome::Failed(error),
    }
}

fn is_timeout(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut)
}

/// Returns how much time is left.
fn left(due: Option<Instant>) -> Option<Duration> {
    due.map(|due| due.saturating_duration_since(Instant::now()))
}

/// Bounds the next read or write. Fails if no time is left, or a peer that always sends could go on.
fn bound(stream: &MaybeTls, due: Option<Instant>) -> io::Result<()> {
    let left = left(due);
    if left.is_some_and(|left| left.is_zero()) {
        return Err(ErrorKind::TimedOut.into());
    }
    // Sockets take no timeout of zero.
    let timeout = left.map(|left| left.max(Duration::from_millis(1)));
    let Some(socket) = stream.socket() else { return Ok(()) };
    socket.set_read_timeout(timeout)?;
    socket.set_write_timeout(timeout)
}

fn resolve(host: &str) -> io::Result<IpAddr> {
    let mut addresses = (host, 0).to_socket_addrs()?;
    Ok(addresses.next().ok_or(ErrorKind::NotFound)?.ip())
}

fn write(stream: Option<&mut MaybeTls>, due: Option<Instant>, bytes: &[u8]) -> io::Result<usize> {
    let stream = stream.ok_or(ErrorKind::NotConnected)?;
    bound(stream, due)?;
    let count = again(|| stream.write(bytes))?;
    if count == 0 {
        return Err(ErrorKind::WriteZero.into());
    }
    bound(stream, due)?;
    again(|| stream.flush())?;
    Ok(count)
}

fn read(
    stream: Option<&mut MaybeTls>,
    due: Option<Instant>,
    buffer: &mut [u8],
) -> io::Result<usize> {
    let stream = stream.ok_or(ErrorKind::NotConnected)?;
    bound(stream, due)?;
    again(|| stream.read(buffer))
}

/// Repeats a call that a signal interrupts.
fn again<T>(mut call: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    loop {
        match call() {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            outcome => return outcome,
        }
    }
}

/// Starts TLS over a stream, which may have TLS already.
#[cfg(feature = "rustls")]
fn secure(
    stream: Option<MaybeTls>,
    to: Securing<'_>,
    due: Option<Instant>,
) -> io::Result<MaybeTls> {
    let mut stream = stream.ok_or(ErrorKind::NotConnected)?;
    let name = trust::server_name(to.host)?;
    let connection = rustls::ClientConnection::new(to.trust.config(to.alpn), name);
    let mut connection = connection.map_err(io::Error::other)?;
    while connection.is_handshaking() || connection.wants_write() {
        bound(&stream, due)?;
        if connection.wants_write() {
            again(|| connection.write_tls(&mut stream))?;
            again(|| stream.flush())?;
        } else if again(|| connection.read_tls(&mut stream))? == 0 {
            return Err(ErrorKind::UnexpectedEof.into());
        } else if let Err(error) = connection.process_new_packets() {
            // The alert tells the server why.
            let _ = connection.write_tls(&mut stream).and_then(|_| stream.flush());
            return Err(io::Error::new(ErrorKind::InvalidData, error));
        }
    }
    Ok(MaybeTls::Tls(alloc::boxed::Box::new(rustls::StreamOwned::new(connection, stream))))
}

#[cfg(not(feature = "rustls"))]
fn secure(_: Option<MaybeTls>, _: Securing<'_>, _: Option<Instant>) -> io::Result<MaybeTls> {
    Err(trust::missing("rustls"))
}

const TLS: Tls = match cfg!(feature = "rustls") {
    true => Tls::Available,
    false => Tls::Needs("rustls"),
};

/// How much is read at once, in bytes: more than the head of most responses.
const READ: usize = 4 << 10;

/// How much earlier than asked for an operating system may return, at the most.
const SLACK: Duration = Duration::from_millis(20);
