//! The loop of the server, and its replacement.

use std::collections::{BTreeSet, HashMap};
use std::io::{self, ErrorKind, Read};
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::{self, Command};
use std::sync::Arc;
use std::time::{Duration, Instant};

use mio::net::{TcpListener, TcpStream};
use mio::unix::SourceFd;
use mio::{Events, Interest, Poll, Token};
use sansocket::{CloseCode, Config, Input, Timestamp};
use signal_hook::consts::SIGHUP;
use signal_hook::low_level::pipe;

use crate::handover::{Arrival, Handover};
use crate::peer::Peer;

struct Server {
    poll: Poll,
    /// Where this program was when it started. By now, a newer one may be there.
    program: PathBuf,
    config: Arc<Config>,
    /// How long a connection may be busy when the new process takes over.
    patience: Duration,
    stage: Stage,
    /// Whether SIGHUP has come.
    is_outdated: bool,
    signals: UnixStream,
    /// `None` until the old process has handed it over.
    listener: Option<TcpListener>,
    peers: HashMap<Token, Peer>,
    /// The newest token. None is reused, so an event that comes too late finds nobody.
    last: usize,
    timers: BTreeSet<(Timestamp, Token)>,
    input: Input<Vec<u8>>,
    /// How many connections were handed over, in how many bytes.
    handed_over: (usize, usize),
}

enum Stage {
    /// The old process hands over.
    Arriving(Handover),
    Serving,
    /// The new process sets itself up.
    Starting(Handover),
    /// The new process takes over.
    Leaving(Handover),
}

pub(crate) fn run() -> io::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let address = arguments.next().unwrap_or("127.0.0.1:9001".to_owned());
    let patience = arguments.next().map_or(Ok(5), |seconds| seconds.parse());
    let patience = Duration::from_secs(patience.map_err(io::Error::other)?);
    let mut server = Server::new(patience)?;
    if std::env::var_os(TAKE_OVER).is_some() {
        let old = Handover::inherited()?;
        server.watch(&old)?;
        old.send_ready()?;
        server.stage = Stage::Arriving(old);
    } else {
        let listener = TcpListener::bind(address.parse().map_err(io::Error::other)?)?;
        println!("process {} listens on http://{}/", process::id(), listener.local_addr()?);
        server.listen(listener)?;
    }
    server.run()
}

impl Server {
    fn new(patience: Duration) -> io::Result<Self> {
        let poll = Poll::new()?;
        let (signals, pipe) = UnixStream::pair()?;
        signals.set_nonblocking(true)?;
        let fd = signals.as_raw_fd();
        poll.registry().register(&mut SourceFd(&fd), SIGNALS, Interest::READABLE)?;
        pipe::register(SIGHUP, pipe)?;
        Ok(Self {
            poll,
            program: std::env::current_exe()?,
            config: config(),
            patience,
            stage: Stage::Serving,
            is_outdated: false,
            signals,
            listener: None,
            peers: HashMap::new(),
            last: FIRST_PEER,
            timers: BTreeSet::from([(HEAD_START, TICK)]),
            input: Input::new(vec![0; ROOM]),
            handed_over: (0, 0),
        })
    }

    fn run(&mut self) -> io::Result<()> {
        let start = Instant::now();
        let (mut events, mut ready) = (Events::with_capacity(1024), BTreeSet::new());
        while !self.is_replaced() {
            let now = HEAD_START + start.elapsed();
            let next = self.timers.first().map(|(due, _)| due.since(now));
            let timeout = if ready.is_empty() { next } else { Some(Duration::ZERO) };
            match self.poll.poll(&mut events, timeout) {
                Err(error) if error.kind() != ErrorKind::Interrupted => return Err(error),
                _ => ready.extend(events.iter().map(|event| event.token())),
            }
            let now = HEAD_START + start.elapsed();
            let later = self.timers.split_off(&(now, Token(usize::MAX)));
            let due = std::mem::replace(&mut self.timers, later);
            ready.extend(due.into_iter().map(|(_, token)| token));
            let mut again = BTreeSet::new();
            for token in ready {
                again.extend(self.handle(token, now)?);
            }
            ready = again;
        }
        let (id, (count, bytes)) = (process::id(), self.handed_over);
        println!("process {id} ends: it handed over {count} connections in {bytes} bytes");
        Ok(())
    }

    /// Returns whether there is nothing left to do here.
    fn is_replaced(&self) -> bool {
        self.is_leaving() && self.peers.is_empty()
    }

    const fn is_leaving(&self) -> bool {
        matches!(self.stage, Stage::Leaving(_))
    }

    /// Handles one event. Returns the tokens that may have more to do at once.
    fn handle(&mut self, token: Token, now: Timestamp) -> io::Result<Vec<Token>> {
        match token {
            LISTENER if self.is_leaving() => {}
            LISTENER => self.accept(now),
            SIGNALS => {
                while self.signals.read(&mut [0; 64]).is_ok_and(|count| count > 0) {}
                self.is_outdated = true;
                self.start_successor()?;
            }
            HANDOVER => return self.handle_handover(now),
            TICK => {
                self.timers.insert((now + TICK_INTERVAL, TICK));
                self.peers.values_mut().for_each(Peer::tick);
                return Ok(self.peers.keys().copied().collect());
            }
            LAST_CALL => {
                // Those that were busy all the time are closed, or dropped if they never opened.
                self.peers.retain(|_, peer| peer.close(CloseCode::SERVICE_RESTART));
                return Ok(self.peers.keys().copied().collect());
            }
            peer => return Ok(self.turn(peer, now).then_some(peer).into_iter().collect()),
        }
        Ok(Vec::new())
    }

    /// Lets one connection read, write and wait. Returns whether it may have more to do at once.
    fn turn(&mut self, token: Token, now: Timestamp) -> bool {
        let Some(peer) = self.peers.remove(&token) else { return false };
        self.timers.remove(&(peer.poll_timeout().unwrap_or_default(), token));
        let Some(mut peer) = self.hand_over(peer, now) else { return false };
        let has_read = match self.stage {
            // It is busy. Read no further than the message needs, or the next one is busy, too.
            Stage::Leaving(_) => {
                let room = usize::try_from(peer.frame_remaining()).unwrap_or(ROOM).clamp(1, ROOM);
                peer.drive(&mut Input::new(vec![0; room]), now)
            }
            _ => peer.drive(&mut self.input, now),
        };
        let Some(has_read) = has_read else { return false };
        let Some(peer) = self.hand_over(peer, now) else { return false };
        self.timers.extend(peer.poll_timeout().map(|due| (due, token)));
        self.peers.insert(token, peer);
        has_read
    }

    /// Hands over a connection if there is someone to take it. Returns it if not, or if it is busy.
    fn hand_over(&mut self, peer: Peer, now: Timestamp) -> Option<Peer> {
        let Stage::Leaving(new) = &self.stage else { return Some(peer) };
        let (mut stream, bytes) = match peer.suspend(&mut self.input) {
            Ok(suspended) => suspended,
            Err(busy) => return Some(*busy),
        };
        if new.send(&stream, &bytes).is_ok() {
            // The new process has the same socket, which would wake us, too.
            let _ = self.poll.registry().deregister(&mut stream);
            self.handed_over.0 += 1;
            self.handed_over.1 += bytes.len();
            return None;
        }
        self.stay(now);
        Peer::restore(stream, &bytes, Arc::clone(&self.config), now).ok()
    }
}

/// The replacement.
impl Server {
    /// Starts the new process, unless the old one is still there.
    fn start_successor(&mut self) -> io::Result<()> {
        if !self.is_outdated || !matches!(self.stage, Stage::Serving) {
            return Ok(());
        }
        self.is_outdated = false;
        let (ours, theirs) = Handover::new()?;
        let mut command = Command::new(&self.program);
        command.args(std::env::args_os().skip(1)).env(TAKE_OVER, "1").stdin(theirs);
        match command.spawn() {
            // Nobody waits for its end: it outlives this process.
            Ok(_) => {
                self.watch(&ours)?;
                self.stage = Stage::Starting(ours);
            }
            Err(error) => println!("{}: {error}", self.program.display()),
        }
        Ok(())
    }

    /// Handles what the other process says. Returns the tokens that may have more to do at once.
    fn handle_handover(&mut self, now: Timestamp) -> io::Result<Vec<Token>> {
        match std::mem::replace(&mut self.stage, Stage::Serving) {
            Stage::Arriving(old) => return self.take_all(old, now),
            Stage::Starting(new) if new.receive_ready() => return self.leave(new, now),
            Stage::Leaving(new) if matches!(new.receive(), Ok(Arrival::Nothing)) => {
                self.stage = Stage::Leaving(new);
            }
            Stage::Starting(_) | Stage::Leaving(_) => self.stay(now),
            Stage::Serving => {}
        }
        Ok(Vec::new())
    }

    /// Starts to hand over. Returns all connections.
    fn leave(&mut self, new: Handover, now: Timestamp) -> io::Result<Vec<Token>> {
        let is_gone =
            self.listener.as_ref().is_none_or(|listener| new.send(listener, &[]).is_err());
        self.stage = Stage::Leaving(new);
        self.timers.insert((now + self.patience, LAST_CALL));
        if is_gone {
            self.stay(now);
        }
        Ok(self.peers.keys().copied().collect())
    }

    /// Goes on, as the new process is gone. What it was given is lost.
    fn stay(&mut self, now: Timestamp) {
        println!("the new process is gone, so process {} goes on", process::id());
        self.stage = Stage::Serving;
        self.timers.retain(|(_, token)| *token != LAST_CALL);
        self.timers.insert((now, LISTENER));
    }

    /// Takes over all that has come, before any of it is served: what has not come yet waits for that. Returns the
    /// connections.
    fn take_all(&mut self, old: Handover, now: Timestamp) -> io::Result<Vec<Token>> {
        let mut peers = Vec::new();
        loop {
            match old.receive()? {
                Arrival::Socket(socket, body) => peers.extend(self.take(socket, &body, now)?),
                Arrival::Nothing => {
                    self.stage = Stage::Arriving(old);
                    return Ok(peers);
                }
                Arrival::End if self.listener.is_none() => {
                    return Err(ErrorKind::UnexpectedEof.into());
                }
                Arrival::End => {
                    println!(
                        "process {} took over {} connections",
                        process::id(),
                        self.peers.len()
                    );
                    self.start_successor()?;
                    return Ok(peers);
                }
            }
        }
    }

    /// Takes over the listener, which has no body, or a connection, whose token it returns.
    fn take(&mut self, socket: OwnedFd, body: &[u8], now: Timestamp) -> io::Result<Option<Token>> {
        if body.is_empty() {
            self.listen(TcpListener::from_std(socket.into()))?;
            return Ok(None);
        }
        let stream = TcpStream::from_std(socket.into());
        match Peer::restore(stream, body, Arc::clone(&self.config), now) {
            Ok(peer) => self.add(peer).map(Some),
            Err(error) => {
                println!("a connection is lost: {error}");
                Ok(None)
            }
        }
    }

    fn watch(&self, handover: &Handover) -> io::Result<()> {
        let fd = handover.as_raw_fd();
        self.poll.registry().register(&mut SourceFd(&fd), HANDOVER, Interest::READABLE)
    }
}

/// New connections.
impl Server {
    fn listen(&mut self, mut listener: TcpListener) -> io::Result<()> {
        self.poll.registry().register(&mut listener, LISTENER, Interest::READABLE)?;
        self.listener = Some(listener);
        Ok(())
    }

    fn accept(&mut self, now: Timestamp) {
        loop {
            match self.accept_one(now) {
                Ok(()) => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => return,
                Err(error) => {
                    // There may be no more descriptors for a while.
                    println!("{error}");
                    self.timers.insert((now + Duration::from_secs(1), LISTENER));
                    return;
                }
            }
        }
    }

    fn accept_one(&mut self, now: Timestamp) -> io::Result<()> {
        let Some(listener) = &self.listener else { return Err(ErrorKind::WouldBlock.into()) };
        let (stream, _) = listener.accept()?;
        stream.set_nodelay(true)?;
        let token = self.add(Peer::new(stream, Arc::clone(&self.config), now))?;
        self.turn(token, now);
        Ok(())
    }

    fn add(&mut self, mut peer: Peer) -> io::Result<Token> {
        self.last += 1;
        let (token, interest) = (Token(self.last), Interest::READABLE | Interest::WRITABLE);
        self.poll.registry().register(&mut peer.stream, token, interest)?;
        self.timers.extend(peer.poll_timeout().map(|due| (due, token)));
        self.peers.insert(token, peer);
        Ok(token)
    }
}

fn config() -> Arc<Config> {
    let config = Config::new();
    #[cfg(feature = "deflate")]
    let config = config.compression(sansocket::deflate::Compression::dedicated());
    config.shared()
}

/// The variable in the environment of a process that replaces another one.
const TAKE_OVER: &str = "HOT_RESTART_TAKE_OVER";

const LISTENER: Token = Token(0);
const SIGNALS: Token = Token(1);
const HANDOVER: Token = Token(2);
const TICK: Token = Token(3);
const LAST_CALL: Token = Token(4);
const FIRST_PEER: usize = 5;

/// How many bytes are read at a time.
const ROOM: usize = 64 << 10;

const TICK_INTERVAL: Duration = Duration::from_secs(1);

/// The time at which the clock of a process starts. What connections remember is less than a day ago, and so not before
/// the first moment of this clock.
const HEAD_START: Timestamp = Timestamp::new(Duration::from_secs(86_400));
