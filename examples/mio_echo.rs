//! Sends back every message, by mio: `cargo run --release --example mio_echo -- 127.0.0.1:9001`.
//!
//! One thread serves as many connections as `ulimit -n` allows. All are read into one [`Input`]. Their timers
//! are in one ordered set, so no connection is polled.

use std::collections::{BTreeSet, HashMap};
use std::io::{self, ErrorKind};
use std::net::Shutdown;
use std::sync::Arc;
use std::time::{Duration, Instant};

use mio::net::{TcpListener, TcpStream};
use mio::{Events, Interest, Poll, Token};
use sansocket::{Config, Connection, Event, Input, Step, Timestamp};

fn main() -> io::Result<()> {
    let address = std::env::args().nth(1).unwrap_or("127.0.0.1:9001".to_owned());
    let mut listener = TcpListener::bind(address.parse().map_err(io::Error::other)?)?;
    println!("echo by mio, listening on ws://{}", listener.local_addr()?);
    let (mut poll, start) = (Poll::new()?, Instant::now());
    poll.registry().register(&mut listener, LISTENER, Interest::READABLE)?;
    let mut server = Server { input: Input::new(vec![0; 64 << 10]), ..Server::default() };
    let (mut events, mut ready) = (Events::with_capacity(1024), BTreeSet::new());
    loop {
        let now = Timestamp::new(start.elapsed());
        let next = server.timers.first().map(|(due, _)| due.since(now));
        let timeout = if ready.is_empty() { next } else { Some(Duration::ZERO) };
        match poll.poll(&mut events, timeout) {
            Err(error) if error.kind() != ErrorKind::Interrupted => return Err(error),
            _ => ready.extend(events.iter().map(|event| event.token())),
        }
        let now = Timestamp::new(start.elapsed());
        let later = server.timers.split_off(&(now, Token(usize::MAX)));
        ready.extend(
            std::mem::replace(&mut server.timers, later).into_iter().map(|(_, token)| token),
        );
        if ready.remove(&LISTENER)
            && let Err(error) = server.accept(&listener, &poll, now)
            && error.kind() != ErrorKind::WouldBlock
        {
            eprintln!("{error}"); // There may be no more descriptors for a while.
            server.timers.insert((now + Duration::from_secs(1), LISTENER));
        }
        // Each connection has one turn, and then the next, however much one of them receives.
        ready.retain(|token| server.turn(*token, now));
    }
}

#[derive(Default)]
struct Server {
    config: Arc<Config>,
    input: Input<Vec<u8>>,
    peers: HashMap<Token, Peer>,
    /// The newest token. None is reused, so an event that comes too late finds nobody.
    last: usize,
    timers: BTreeSet<(Timestamp, Token)>,
}

type Peer = (TcpStream, Connection);

impl Server {
    fn accept(&mut self, listener: &TcpListener, poll: &Poll, now: Timestamp) -> io::Result<()> {
        loop {
            let (mut stream, _) = listener.accept()?;
            stream.set_nodelay(true)?;
            self.last += 1;
            let (token, interest) = (Token(self.last), Interest::READABLE | Interest::WRITABLE);
            poll.registry().register(&mut stream, token, interest)?;
            self.peers.insert(token, (stream, Connection::server(Arc::clone(&self.config), now)));
            self.turn(token, now);
        }
    }

    /// Returns whether there may be more to do at once.
    fn turn(&mut self, token: Token, now: Timestamp) -> bool {
        let Some(peer) = self.peers.get_mut(&token) else { return false };
        self.timers.remove(&(peer.1.poll_timeout().unwrap_or_default(), token));
        let Some(has_read) = drive(peer, &mut self.input, now) else {
            self.peers.remove(&token);
            return false;
        };
        self.timers.extend(peer.1.poll_timeout().map(|due| (due, token)));
        has_read
    }
}

/// Writes, and reads at most once. Returns whether it has read, or `None` at the end. Events take no time here;
/// before one that does, write if the connection [is urgent](sansocket::Sender::is_urgent).
fn drive(peer: &mut Peer, input: &mut Input<Vec<u8>>, now: Timestamp) -> Option<bool> {
    let ((stream, connection), now, mut has_read) = (peer, || now, false);
    loop {
        while let Some(event) = connection.next_event(input) {
            match event {
                Event::Request => connection.accept(),
                Event::NotUpgrade => connection.require_upgrade(),
                Event::Text(text) => drop(connection.send(text)),
                Event::Binary(bytes) => drop(connection.send(bytes)),
                _ => {}
            }
        }
        // The connection notes errors of the stream.
        match connection.next_step() {
            Step::Io { write: true, .. } if connection.write_to(stream, now).unwrap_or(true) => {}
            Step::Io { read: true, .. }
                if !has_read && connection.read_from(stream, input, now).unwrap_or(true) =>
            {
                has_read = true;
            }
            Step::Io { .. } if connection.handle_timeout(now()) => {}
            Step::Io { .. } => return Some(has_read),
            Step::Shutdown => {
                let _ = stream.shutdown(Shutdown::Write);
                connection.handle_shutdown();
            }
            Step::Done(_) => return None,
        }
    }
}

const LISTENER: Token = Token(0);
