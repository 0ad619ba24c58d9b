//! Sends back every message, by completions: from `examples/completion`,
//! `cargo run --release --bin completion_echo -- 127.0.0.1:9001`.
//!
//! The loop hands out buffers and gets them back when they have been read into, or written. It runs on
//! io_uring, and on threads where the kernel has none, or with `--threads`. A buffer that was read becomes the
//! storage of the [`Input`] all share, and what was the storage is next to be read into: nothing is copied.
//! What becomes of the bytes is told in `examples/session/mod.rs`.

#[path = "../../../../session/mod.rs"]
mod session;
mod threads;
#[cfg(target_os = "linux")]
mod uring;

use std::collections::{BTreeSet, HashMap};
use std::error::Error;
use std::io::{self, ErrorKind};
use std::mem;
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant as Clock};

use sansocket::{Input, Instant};
use session::Session;

/// What is done while the loop goes on. It owns all that it takes.
enum Operation {
    Accept(Arc<TcpListener>),
    /// Reads once, into the capacity of a buffer.
    Read(Arc<TcpStream>, Vec<u8>),
    /// Writes once, what begins at a place of a buffer.
    Write(Arc<TcpStream>, Vec<u8>, usize),
}

/// What an operation has come to.
enum Completion {
    Accepted(TcpStream),
    /// Nothing, if the stream has ended.
    Read(Vec<u8>),
    /// Up to this place.
    Written(Vec<u8>, usize),
}

/// Tells who asked for an operation.
type Token = u64;

trait Backend {
    fn submit(&mut self, token: Token, operation: Operation) -> io::Result<()>;

    /// Waits until an operation is done, but no longer than this.
    fn wait(
        &mut self,
        patience: Option<Duration>,
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
        start: Clock::now(),
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
    start: Clock,
    /// Empty between two turns.
    input: Input<Vec<u8>>,
    peers: HashMap<Token, Peer>,
    /// Tokens are not used again: what is done too late is done for nobody.
    last: Token,
    /// Whose turn it is when, if nothing happens before.
    timers: BTreeSet<(Instant, Token)>,
}

impl Server {
    fn run(mut self) -> io::Result<()> {
        self.accept()?;
        loop {
            let now = self.now();
            let patience = self.timers.first().map(|(due, _)| due.since(now));
            let completions = self.backend.wait(patience)?;
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

    fn now(&self) -> Instant {
        Instant::new(self.start.elapsed())
    }

    fn accept(&mut self) -> io::Result<()> {
        self.backend.submit(LISTENER, Operation::Accept(Arc::clone(&self.listener)))
    }

    fn welcome(&mut self, stream: TcpStream, now: Instant) -> io::Result<()> {
        stream.set_nodelay(true)?;
        self.last += 1;
        let peer = Peer {
            token: self.last,
            stream: Arc::new(stream),
            session: Session::new(now),
            buffer: Some(Vec::new()),
            is_writing: false,
            due: None,
        };
        self.peers.insert(self.last, peer);
        self.turn(self.last, None, now);
        self.accept()
    }

    fn turn(&mut self, token: Token, completion: Option<io::Result<Completion>>, now: Instant) {
        let Some(peer) = self.peers.get_mut(&token) else { return };
        if let Some(due) = peer.due.take() {
            self.timers.remove(&(due, token));
        }
        if peer.turn(completion, &mut self.input, &mut *self.backend, now).is_ok() {
            peer.due = peer.session.deadlines.poll_timeout();
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
    session: Session,
    /// What to read into, unless it is being read into.
    buffer: Option<Vec<u8>>,
    is_writing: bool,
    /// Where this peer stands among the timers.
    due: Option<Instant>,
}

impl Peer {
    /// Takes what was done, and asks for what is to be done next. Fails when the stream has ended, or
    /// should.
    fn turn(
        &mut self,
        completion: Option<io::Result<Completion>>,
        input: &mut Input<Vec<u8>>,
        backend: &mut dyn Backend,
        now: Instant,
    ) -> Result<(), Box<dyn Error>> {
        match completion.transpose()? {
            Some(Completion::Read(buffer)) if buffer.is_empty() => {
                return Err(io::Error::from(ErrorKind::UnexpectedEof).into());
            }
            Some(Completion::Read(buffer)) => {
                self.buffer = Some(input.replace(buffer));
                self.session.receive(input, now)?;
            }
            Some(Completion::Written(out, written)) if written < out.len() => {
                // A peer which takes a part of it is alive, though we do not hear it meanwhile.
                self.session.deadlines.handle_input(now);
                backend.submit(self.token, Operation::Write(self.stream(), out, written))?;
            }
            Some(Completion::Written(..)) => self.is_writing = false,
            Some(Completion::Accepted(_)) | None => {}
        }
        self.session.handle_timeout(now)?;
        if self.is_writing {
            return Ok(());
        }
        if !self.session.out.is_empty() {
            self.is_writing = true;
            let out = mem::take(&mut self.session.out);
            return Ok(backend.submit(self.token, Operation::Write(self.stream(), out, 0))?);
        }
        if self.session.is_over() {
            self.stream.shutdown(Shutdown::Write)?;
        }
        if let Some(mut buffer) = self.buffer.take() {
            buffer.clear();
            buffer.reserve(READ);
            backend.submit(self.token, Operation::Read(self.stream(), buffer))?;
        }
        Ok(())
    }

    fn stream(&self) -> Arc<TcpStream> {
        Arc::clone(&self.stream)
    }
}

const LISTENER: Token = 0;

/// How long to wait for a descriptor.
const PAUSE: Duration = Duration::from_secs(1);

/// How many bytes to read at once, at least. Whoever waits for a peer owns so many.
const READ: usize = 4 << 10;
