//! Sends back every message, by completions: from `examples/completion`,
//! `cargo run --release --bin completion_echo -- 127.0.0.1:9001`.
//!
//! The loop hands out buffers and gets them back when they have been read into, or written. It runs on
//! io_uring, and on threads where the kernel has none, or with `--threads`. A buffer that was read becomes the
//! storage of the [`Input`] that all connections share, and the old storage is read into next: nothing is
//! copied.

mod threads;
#[cfg(target_os = "linux")]
mod uring;

use std::collections::{BTreeSet, HashMap};
use std::error::Error;
use std::io;
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use sansocket::{Config, Connection, Event, Input, Step, Timestamp};

/// An operation that is done while the loop goes on. It owns all that it needs.
enum Operation {
    Accept(Arc<TcpListener>),
    /// Reads once, into the capacity of a buffer.
    Read(Arc<TcpStream>, Vec<u8>),
    /// Writes once.
    Write(Arc<TcpStream>, Bytes),
}

/// The result of an operation.
enum Completion {
    Accepted(TcpStream),
    /// The buffer is empty at the end of the stream.
    Read(Vec<u8>),
    /// The number of bytes.
    Written(usize),
}

/// Identifies who asked for an operation.
type Token = u64;

trait Backend {
    fn submit(&mut self, token: Token, operation: Operation) -> io::Result<()>;

    /// Waits until an operation is done, but at most for `timeout`.
    fn wait(
        &mut self,
        timeout: Option<Duration>,
    ) -> io::Result<Vec<(Token, io::Result<Completion>)>>;
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let wants_threads = arguments.iter().any(|argument| argument == "--threads");
    let address = arguments.iter().find(|argument| !argument.starts_with("--"));
    let listener = TcpListener::bind(address.map_or("127.0.0.1:9001", String::as_str))?;
    let (name, backend) = choose(wants_threads);
    println!("echo by {name}, listening on ws://{}", listener.local_addr()?);
    let server = Server {
        backend,
        listener: Arc::new(listener),
        start: Instant::now(),
        config: Arc::default(),
        input: Input::default(),
        peers: HashMap::new(),
        last: LISTENER,
        timers: BTreeSet::new(),
    };
    Ok(server.run()?)
}

fn choose(wants_threads: bool) -> (&'static str, Box<dyn Backend>) {
    #[cfg(target_os = "linux")]
    if !wants_threads {
        match uring::Uring::new() {
            Ok(uring) => return ("io_uring", Box::new(uring)),
            Err(error) => eprintln!("no io_uring: {error}"),
        }
    }
    let _ = wants_threads;
    ("threads", Box::new(threads::Threads::new()))
}

struct Server {
    backend: Box<dyn Backend>,
    listener: Arc<TcpListener>,
    start: Instant,
    config: Arc<Config>,
    input: Input<Vec<u8>>,
    peers: HashMap<Token, Peer>,
    /// The newest token. None is reused, so what is done too late is done for nobody.
    last: Token,
    /// When each connection has a turn, if nothing happens before.
    timers: BTreeSet<(Timestamp, Token)>,
}

impl Server {
    fn run(mut self) -> io::Result<()> {
        self.accept()?;
        loop {
            let now = self.now();
            let timeout = self.timers.first().map(|(due, _)| due.since(now));
            let completions = self.backend.wait(timeout)?;
            let now = self.now();
            for (token, completion) in completions {
                match completion {
                    Ok(Completion::Accepted(stream)) => self.welcome(stream, now)?,
                    Err(error) if token == LISTENER => {
                        eprintln!("{error}"); // Such as that there are no more descriptors.
                        self.timers.insert((now + PAUSE, LISTENER));
                    }
                    completion => self.turn(token, Some(completion), now),
                }
            }
            while let Some((_, token)) = self.timers.first().filter(|(due, _)| *due <= now) {
                match *token {
                    LISTENER => {
                        self.timers.pop_first();
                        self.accept()?;
                    }
                    token => self.turn(token, None, now),
                }
            }
        }
    }

    fn now(&self) -> Timestamp {
        Timestamp::new(self.start.elapsed())
    }

    fn accept(&mut self) -> io::Result<()> {
        self.backend.submit(LISTENER, Operation::Accept(Arc::clone(&self.listener)))
    }

    fn welcome(&mut self, stream: TcpStream, now: Timestamp) -> io::Result<()> {
        stream.set_nodelay(true)?;
        self.last += 1;
        let peer = Peer {
            token: self.last,
            stream: Arc::new(stream),
            connection: Connection::server(Arc::clone(&self.config), now),
            buffer: Some(Vec::new()),
            due: None,
        };
        self.peers.insert(self.last, peer);
        self.turn(self.last, None, now);
        self.accept()
    }

    fn turn(&mut self, token: Token, completion: Option<io::Result<Completion>>, now: Timestamp) {
        let Some(peer) = self.peers.get_mut(&token) else { return };
        if let Some(due) = peer.due.take() {
            self.timers.remove(&(due, token));
        }
        peer.take(completion, &mut self.input, now);
        if let Ok(true) = peer.turn(&mut self.input, &mut *self.backend, now) {
            peer.due = peer.connection.poll_timeout();
            self.timers.extend(peer.due.map(|due| (due, token)));
        } else {
            // An operation may still hold on to the stream: this ends it.
            let _ = peer.stream.shutdown(Shutdown::Both);
            self.peers.remove(&token);
        }
    }
}

struct Peer {
    token: Token,
    stream: Arc<TcpStream>,
    connection: Connection,
    /// The buffer to read into, unless a read has it.
    buffer: Option<Vec<u8>>,
    /// Its place among the timers.
    due: Option<Timestamp>,
}

impl Peer {
    /// Takes the result of an operation.
    fn take(
        &mut self,
        completion: Option<io::Result<Completion>>,
        input: &mut Input<Vec<u8>>,
        now: Timestamp,
    ) {
        let connection = &mut self.connection;
        match completion {
            Some(Ok(Completion::Read(buffer))) => {
                self.buffer = Some(connection.receive(input, buffer, now));
            }
            Some(Ok(Completion::Written(count))) => connection.transmitted(count, now),
            // Whether a read or a write has failed, the other will, too.
            Some(Err(_)) => {
                connection.handle_write_error(now);
                connection.handle_eof(now);
            }
            Some(Ok(Completion::Accepted(_))) | None => {}
        }
    }

    /// Submits the next operations. Returns `false` at the end of the connection.
    fn turn(
        &mut self,
        input: &mut Input<Vec<u8>>,
        backend: &mut dyn Backend,
        now: Timestamp,
    ) -> io::Result<bool> {
        loop {
            while let Some(event) = self.connection.next_event(input) {
                echo(event, &mut self.connection);
            }
            match self.connection.next_step() {
                Step::Io { read, .. } => {
                    if let Some(bytes) = self.connection.take_transmit() {
                        let stream = Arc::clone(&self.stream);
                        backend.submit(self.token, Operation::Write(stream, bytes))?;
                    }
                    if read && let Some(mut buffer) = self.buffer.take() {
                        buffer.clear();
                        buffer.reserve(READ);
                        let stream = Arc::clone(&self.stream);
                        backend.submit(self.token, Operation::Read(stream, buffer))?;
                    }
                    if !self.connection.handle_timeout(now) {
                        return Ok(true);
                    }
                }
                Step::Shutdown => {
                    let _ = self.stream.shutdown(Shutdown::Write);
                    self.connection.handle_shutdown();
                }
                Step::Done(_) => return Ok(false),
            }
        }
    }
}

fn echo(event: Event<'_>, connection: &mut Connection) {
    match event {
        Event::Request => connection.accept(),
        Event::NotUpgrade => connection.require_upgrade(),
        Event::Text(text) => drop(connection.send(text)),
        Event::Binary(bytes) => drop(connection.send(bytes)),
        _ => {}
    }
}

const LISTENER: Token = 0;

/// How long to wait for a descriptor.
const PAUSE: Duration = Duration::from_secs(1);

/// The least size of a read, in bytes. A connection that waits for its peer owns so many.
const READ: usize = 4 << 10;
