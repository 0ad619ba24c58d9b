//! A chat, and the page to use it from: `cargo run --example chat`, then open
//! <http://127.0.0.1:8080/> in two windows of a browser.
//!
//! One port serves both. Each member has a thread that reads; whoever has something to say writes to
//! all the others, so the sending half of each connection stands behind a lock. A message can be
//! passed on while it is still held: it borrows the receiving half only.
//!
//! Text messages are lines, the first of which is a verb. A browser sends `say TEXT`; the server sends
//! `said NAME TEXT`, `file NAME BYTES` ahead of a binary message, `here NAME RTT …` with who is there,
//! and `left NAME CODE REASON clean|unclean`.
//!
//! `--listen ADDRESS:PORT` sets where it is; `--deflate shared|dedicated`, with the feature `deflate`, agrees
//! to compress: each message by itself, or with the help of those before it.

use std::collections::BTreeSet;
use std::error::Error;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant as Clock};

use sansocket::blocking::{Config, HttpRequest, Incoming, Opening, Parts};
use sansocket::server::{Policy, Response};
use sansocket::{
    Cause, Connection, Deadlines, Ended, Event, Input, Instant, Liveness, Message, Receiver,
    SendError, Sender, Timeouts,
};

const PAGE: &str = include_str!("chat.html");
const PROTOCOL: &str = "chat";
const MAX_MESSAGE: u64 = 8 << 20;

fn main() -> Result<(), Box<dyn Error>> {
    let mut listen = "127.0.0.1:8080".to_owned();
    let mut config = Config::default();
    config.limits.message = MAX_MESSAGE;
    let mut arguments = std::env::args().skip(1);
    while let Some(name) = arguments.next() {
        let value = arguments.next().ok_or_else(|| format!("{name} takes a value"))?;
        match name.as_str() {
            "--deflate" => compress(&value, &mut config)?,
            "--listen" => listen = value,
            _ => return Err(format!("no such option: {name}").into()),
        }
    }
    let listener = TcpListener::bind(listen)?;
    println!("open http://{}/ in two windows of a browser", listener.local_addr()?);
    let room = Arc::new(Room::default());
    for stream in listener.incoming() {
        let (stream, room) = (stream?, Arc::clone(&room));
        thread::spawn(move || {
            if let Err(error) = serve(stream, config, &room) {
                println!("{error}");
            }
        });
    }
    Ok(())
}

#[cfg(feature = "deflate")]
fn compress(value: &str, config: &mut Config) -> Result<(), Box<dyn Error>> {
    use sansocket::deflate::Compression;

    config.compression = match value {
        "shared" => Some(Compression::shared()),
        "dedicated" => Some(Compression::dedicated()),
        _ => return Err(format!("no such context: {value}").into()),
    };
    Ok(())
}

#[cfg(not(feature = "deflate"))]
fn compress(_: &str, _: &mut Config) -> Result<(), Box<dyn Error>> {
    Err("--deflate takes the feature of that name".into())
}

/// Answers whatever is asked first on a new connection.
fn serve(stream: TcpStream, config: Config, room: &Room) -> Result<(), Box<dyn Error>> {
    stream.set_nodelay(true)?;
    match Incoming::receive(stream, &Policy::default(), config)? {
        Incoming::Http(request) => serve_page(request),
        Incoming::Opening(opening) => serve_member(opening, room),
    }
}

fn serve_page(request: HttpRequest<TcpStream>) -> Result<(), Box<dyn Error>> {
    let is_page = request.head.method() == "GET" && request.head.target() == "/";
    let response = match is_page {
        true => {
            Response::new(200, &[("Content-Type", "text/html; charset=utf-8")], PAGE.as_bytes())
        }
        false => Response::new(404, &[], b"nothing here\n"),
    };
    Ok(request.respond(response?)?)
}

fn serve_member(mut opening: Opening<TcpStream>, room: &Room) -> Result<(), Box<dyn Error>> {
    let request = &mut opening.request;
    let Some(name) = request.target().strip_prefix("/chat?name=").and_then(decode_name) else {
        return Ok(opening.reject(Response::new(404, &[], b"ask for /chat?name=NAME\n")?)?);
    };
    if request.protocols().any(|protocol| protocol == PROTOCOL) {
        request.select_protocol(PROTOCOL)?;
    }
    if !lock(&room.names).insert(name.clone()) {
        return Ok(opening.reject(Response::new(409, &[], b"this name is taken\n")?)?);
    }
    let outcome = join(opening, &name, room);
    lock(&room.names).remove(&name);
    let (ended, reason) = outcome?;
    room.tell_who_left(&name, ended, &reason);
    Ok(())
}

/// Lets a member in until they leave, and tells how and why they did.
fn join(
    opening: Opening<TcpStream>,
    name: &str,
    room: &Room,
) -> Result<(Option<Ended>, String), Box<dyn Error>> {
    let Parts { stream, connection, input, .. } = opening.accept()?.into_parts();
    let Connection { receiver, sender } = connection;
    let outgoing = Outgoing { sender, stream: stream.try_clone()?, out: Vec::new() };
    let member = Arc::new(Member {
        name: name.to_owned(),
        outgoing: Mutex::new(outgoing),
        rtt: Mutex::new(None),
    });
    lock(&room.members).push(Arc::clone(&member));
    room.tell_who_is_here();

    let mut reading = Reading::new(stream, receiver, input);
    let reason = reading.run(&member, room);
    let ended = reading.finish(&member);
    lock(&room.members).retain(|other| other.name != name);
    Ok((ended, reason))
}

/// Who is there.
#[derive(Default)]
struct Room {
    /// Names that are taken, also by those who are still at the door.
    names: Mutex<BTreeSet<String>>,
    members: Mutex<Vec<Arc<Member>>>,
}

/// Someone who is there.
struct Member {
    name: String,
    outgoing: Mutex<Outgoing>,
    rtt: Mutex<Option<Duration>>,
}

/// The sending half of a connection, and where it sends to.
struct Outgoing {
    sender: Sender,
    stream: TcpStream,
    out: Vec<u8>,
}

impl Room {
    /// Sends a message to all members of whom `is_for` holds.
    fn send(&self, messages: &[Message<'_>], is_for: impl Fn(&Member) -> bool) {
        let members = lock(&self.members).clone();
        for member in members.iter().filter(|member| is_for(member)) {
            // Someone who cannot be written to is about to leave, as their own thread will find.
            let _ = member.outgoing().send(messages);
        }
    }

    fn tell_who_is_here(&self) {
        let mut list = "here".to_owned();
        for member in lock(&self.members).iter() {
            let rtt = lock(&member.rtt)
                .map_or("-".to_owned(), |rtt| format!("{:.1}", rtt.as_secs_f64() * 1e3));
            list.push_str(&format!("\n{}\t{rtt}", member.name));
        }
        self.send(&[Message::Text(&list)], |_| true);
    }

    fn tell_who_left(&self, name: &str, ended: Option<Ended>, reason: &str) {
        let (code, manner) = match ended {
            Some(Ended { cause: Cause::Violation(error), .. }) => {
                (error.close_code().get(), "unclean")
            }
            Some(ended) if ended.is_clean() => (ended.code(), "clean"),
            Some(ended) => (ended.code(), "unclean"),
            None => (1006, "unclean"),
        };
        println!("{name} left: {code} {reason:?} ({manner})");
        let reason = reason.replace(['\t', '\n'], " ");
        let left = format!("left\n{name}\t{code}\t{reason}\t{manner}");
        self.send(&[Message::Text(&left)], |_| true);
        self.tell_who_is_here();
    }
}

impl Member {
    fn outgoing(&self) -> MutexGuard<'_, Outgoing> {
        lock(&self.outgoing)
    }
}

impl Outgoing {
    fn send(&mut self, messages: &[Message<'_>]) -> io::Result<()> {
        for message in messages {
            match self.sender.send(*message, &mut self.out) {
                Ok(()) | Err(SendError::Closing) => {}
                Err(error) => return Err(io::Error::other(error)),
            }
        }
        self.flush()
    }

    /// Writes all that waits. A member who does not read must not hold up the others for long.
    fn flush(&mut self) -> io::Result<()> {
        self.sender.poll_transmit(&mut self.out);
        let outcome = self.stream.write_all(&self.out);
        self.out.clear();
        if outcome.is_err() {
            self.stream.shutdown(Shutdown::Both)?;
        }
        outcome
    }
}

/// The receiving half of a connection, and where it receives from.
struct Reading {
    stream: TcpStream,
    receiver: Receiver,
    input: Input<Vec<u8>>,
    deadlines: Deadlines,
    start: Clock,
}

impl Reading {
    fn new(stream: TcpStream, receiver: Receiver, input: Input<Vec<u8>>) -> Self {
        // A ping every few seconds, whatever else comes, shows how far everyone is.
        let mut timeouts = Timeouts::default();
        timeouts.idle = Some(Duration::from_secs(2));
        timeouts.liveness = Liveness::Pong;
        let mut deadlines = Deadlines::new(timeouts, Instant::default());
        deadlines.handle_open(Instant::default());
        Self { stream, receiver, input, deadlines, start: Clock::now() }
    }

    fn now(&self) -> Instant {
        Instant::new(self.start.elapsed())
    }

    /// Passes on what a member says until they leave, and returns why they did.
    fn run(&mut self, member: &Member, room: &Room) -> String {
        let mut reason = String::new();
        loop {
            match self.turn(member, room, &mut reason) {
                Ok(()) if self.receiver.wants_close(&member.outgoing().sender) => return reason,
                Ok(()) => {}
                Err(error) if reason.is_empty() => return error.to_string(),
                Err(_) => return reason,
            }
        }
    }

    /// Handles all events that have come, writes what is due, and reads once.
    fn turn(
        &mut self,
        member: &Member,
        room: &Room,
        reason: &mut String,
    ) -> Result<(), Box<dyn Error>> {
        let mut has_measured = false;
        let now = self.now();
        loop {
            // The lock is held while an event is looked for, but not while the event is.
            let event = self.receiver.next_event(&mut self.input, &mut member.outgoing().sender)?;
            let Some(event) = event else { break };
            match event {
                Event::Text(text) => pass_on_text(text, member, room),
                Event::Binary(bytes) => {
                    let head = format!("file\n{}\n{}", member.name, bytes.len());
                    room.send(&[Message::Text(&head), Message::Binary(bytes)], |other| {
                        other.name != member.name
                    });
                }
                Event::Pong(payload) => {
                    has_measured |= self.deadlines.handle_pong(payload, now).is_some();
                }
                Event::Close(close) => *reason = close.reason.to_owned(),
                _ => {}
            }
        }
        if has_measured {
            *lock(&member.rtt) = self.deadlines.round_trip().map(|rtt| rtt.smoothed);
            room.tell_who_is_here();
        }
        self.keep_time(member)?;
        member.outgoing().flush()?;
        if self.receiver.wants_close(&member.outgoing().sender) {
            return Ok(());
        }
        match self.stream.read(self.receiver.spare(&mut self.input)) {
            Ok(0) => self.receiver.receive_eof(&mut member.outgoing().sender),
            Ok(count) => self.receiver.fill(&mut self.input, count),
            Err(error)
                if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => {}
            Err(error) => return Err(error.into()),
        }
        Ok(())
    }

    /// Lets the deadlines act, and bounds the next read by the next of them.
    fn keep_time(&mut self, member: &Member) -> Result<(), Box<dyn Error>> {
        let now = self.now();
        let sender = &mut member.outgoing().sender;
        if let Err(timed_out) = self.deadlines.handle_timeout(now, &self.receiver, sender) {
            self.receiver.give_up(timed_out, sender);
            return Err(timed_out.into());
        }
        let patience = self.deadlines.poll_timeout().map(|due| due.since(now));
        let patience = patience.map(|patience| patience.max(Duration::from_millis(1)));
        self.stream.set_read_timeout(patience)?;
        Ok(self.stream.set_write_timeout(Some(Duration::from_secs(10)))?)
    }

    /// Writes what is left to say, ends the stream, and tells how it ended.
    fn finish(&mut self, member: &Member) -> Option<Ended> {
        let mut outgoing = member.outgoing();
        if outgoing.flush().is_ok() {
            self.linger();
        }
        self.receiver.receive_eof(&mut outgoing.sender);
        self.receiver.ended(&outgoing.sender)
    }

    /// Reads what the member still sends and throws it away: an operating system that has unread bytes
    /// resets the stream, and with it our last words.
    fn linger(&mut self) {
        let until = self.start.elapsed() + Duration::from_secs(5);
        let mut is_open = self.stream.shutdown(Shutdown::Write).is_ok();
        while is_open && self.start.elapsed() < until {
            let _ = self.stream.set_read_timeout(Some(Duration::from_secs(1)));
            is_open = matches!(self.stream.read(&mut [0; 4096]), Ok(1..));
        }
    }
}

fn pass_on_text(text: &str, member: &Member, room: &Room) {
    if let Some(text) = text.strip_prefix("say\n") {
        let said = format!("said\n{}\n{text}", member.name);
        room.send(&[Message::Text(&said)], |_| true);
    }
}

/// A name from a URL: percent-encoded, and without what separates names from other things.
fn decode_name(encoded: &str) -> Option<String> {
    let mut bytes = Vec::new();
    let mut rest = encoded.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => {
                let digits = [rest.next()?, rest.next()?];
                u8::from_str_radix(str::from_utf8(&digits).ok()?, 16).ok()?
            }
            _ => byte,
        });
    }
    let name = String::from_utf8(bytes).ok()?;
    let is_good = !name.trim().is_empty() && name.len() <= 64 && !name.contains(char::is_control);
    is_good.then_some(name)
}

/// A member whose thread panicked leaves nothing half done.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
