//! Sends back every message, by mio: `cargo run --release --example mio_echo -- 127.0.0.1:9001`.
//!
//! One thread serves as many connections as `ulimit -n` allows. Their deadlines stand in one ordered set, and
//! all are read into the same [`Input`]. What becomes of the bytes is told in `session/mod.rs`.

mod session;

use std::collections::{BTreeSet, HashMap};
use std::error::Error;
use std::io::{self, ErrorKind, Read, Write};
use std::net::Shutdown;
use std::time::{Duration, Instant as Clock};

use mio::net::{TcpListener, TcpStream};
use mio::{Events, Interest, Poll, Token};
use sansocket::{Input, Instant};
use session::Session;

fn main() -> Result<(), Box<dyn Error>> {
    let address = std::env::args().nth(1).unwrap_or("127.0.0.1:9001".to_owned());
    let mut listener = TcpListener::bind(address.parse()?)?;
    println!("echo by mio, listening on ws://{}", listener.local_addr()?);
    let poll = Poll::new()?;
    poll.registry().register(&mut listener, LISTENER, Interest::READABLE)?;
    let server = Server {
        poll,
        listener,
        start: Clock::now(),
        input: Input::new(vec![0; 64 << 10]),
        peers: HashMap::new(),
        last: LISTENER,
        timers: BTreeSet::new(),
    };
    Ok(server.run()?)
}

struct Server {
    poll: Poll,
    listener: TcpListener,
    start: Clock,
    /// Empty between two turns.
    input: Input<Vec<u8>>,
    peers: HashMap<Token, Peer>,
    /// Tokens are not used again: an event that comes too late finds nobody.
    last: Token,
    /// Whose turn it is when, if nothing happens before.
    timers: BTreeSet<(Instant, Token)>,
}

impl Server {
    fn run(mut self) -> io::Result<()> {
        let mut events = Events::with_capacity(1024);
        let mut ready = BTreeSet::new();
        loop {
            let patience = match self.timers.first() {
                _ if !ready.is_empty() => Some(Duration::ZERO),
                first => first.map(|(due, _)| due.since(self.now())),
            };
            match self.poll.poll(&mut events, patience) {
                Err(error) if error.kind() != ErrorKind::Interrupted => return Err(error),
                _ => ready.extend(events.iter().map(|event| event.token())),
            }
            let now = self.now();
            while let Some(&(due, token)) = self.timers.first().filter(|(due, _)| *due <= now) {
                self.timers.remove(&(due, token));
                ready.insert(token);
            }
            // Each has one turn, and then the next, however much one of them has to say.
            ready.retain(|token| self.turn(*token, now));
        }
    }

    fn now(&self) -> Instant {
        Instant::new(self.start.elapsed())
    }

    /// Tells whether there may be more to do at once.
    fn turn(&mut self, token: Token, now: Instant) -> bool {
        if token == LISTENER {
            self.accept(now);
            return false;
        }
        let Some(peer) = self.peers.get_mut(&token) else { return false };
        if let Some(due) = peer.due.take() {
            self.timers.remove(&(due, token));
        }
        let outcome = peer.turn(&mut self.input, now);
        if outcome.is_ok() {
            peer.due = peer.session.deadlines.poll_timeout();
            self.timers.extend(peer.due.map(|due| (due, token)));
        } else {
            self.peers.remove(&token);
        }
        outcome.unwrap_or(false)
    }

    fn accept(&mut self, now: Instant) {
        let error = loop {
            if let Err(error) = self.accept_one(now) {
                break error;
            }
        };
        if error.kind() != ErrorKind::WouldBlock {
            eprintln!("{error}"); // Such as that there are no more descriptors.
            self.timers.insert((now + PAUSE, LISTENER));
        }
    }

    fn accept_one(&mut self, now: Instant) -> io::Result<()> {
        let (mut stream, _) = self.listener.accept()?;
        stream.set_nodelay(true)?;
        self.last.0 += 1;
        let interest = Interest::READABLE | Interest::WRITABLE;
        self.poll.registry().register(&mut stream, self.last, interest)?;
        self.peers
            .insert(self.last, Peer { stream, session: Session::new(now), written: 0, due: None });
        Ok(())
    }
}

struct Peer {
    stream: TcpStream,
    session: Session,
    /// How much of [`Session::out`] has been written.
    written: usize,
    /// Where this peer stands among the timers.
    due: Option<Instant>,
}

impl Peer {
    /// Writes what waits, reads once if that is all gone, and writes the replies. Tells whether there may
    /// be more to read; fails when the stream has ended, or should.
    fn turn(&mut self, input: &mut Input<Vec<u8>>, now: Instant) -> Result<bool, Box<dyn Error>> {
        let can_read = self.write(now)?;
        let has_read = can_read && self.read(input, now)?;
        self.session.handle_timeout(now)?;
        Ok(self.write(now)? && has_read)
    }

    /// Tells whether there was anything.
    fn read(&mut self, input: &mut Input<Vec<u8>>, now: Instant) -> Result<bool, Box<dyn Error>> {
        match self.stream.read(input.spare()) {
            Ok(0) => return Err(io::Error::from(ErrorKind::UnexpectedEof).into()),
            Ok(count) => input.fill(count),
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(false),
            Err(error) => return Err(error.into()),
        }
        self.session.receive(input, now)?;
        Ok(true)
    }

    /// Tells whether all is written.
    fn write(&mut self, now: Instant) -> io::Result<bool> {
        let Session { out, deadlines, .. } = &mut self.session;
        while self.written < out.len() {
            match self.stream.write(&out[self.written..]) {
                Ok(count) => {
                    // A peer which takes more of it is alive, though we do not hear it meanwhile.
                    if self.written > 0 {
                        deadlines.handle_input(now);
                    }
                    self.written += count;
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(false),
                Err(error) => return Err(error),
            }
        }
        (*out, self.written) = (Vec::new(), 0);
        if self.session.is_over() {
            self.stream.shutdown(Shutdown::Write)?;
        }
        Ok(true)
    }
}

const LISTENER: Token = Token(0);

/// How long to wait for a descriptor.
const PAUSE: Duration = Duration::from_secs(1);
