//! A network that a script plays: for each flight of bytes that a client writes, one reply.

use std::collections::VecDeque;

use harness::{START, fields};
use sansocket::connect::{Action, ConnectError, Dial, Next, Opened, Plan};
use sansocket::{Config, Seed, Timestamp};

use crate::support::handshake::{Cuts, accepted, received};

/// What the other end does after the client has written all it had.
#[derive(Clone, Debug)]
pub(crate) enum Reply {
    /// It sends this. `Content-Length: 0` makes a response complete.
    Text(&'static str),
    Bytes(Vec<u8>),
    /// It accepts the request for a WebSocket, and sends this behind the 101.
    Open(&'static str),
    /// It sends this, then ends the transport.
    Eof(&'static str),
    /// It does nothing until the deadline has passed.
    Silence,
    /// Its settings do not offer WebSockets over HTTP/2.
    Unsupported,
}

/// What the caller decides, and what the transport does.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Caller {
    /// The answer to a challenge that the plan does not answer.
    pub(crate) answer: Option<&'static str>,
    /// Whether each next attempt is refused.
    pub(crate) refuses: bool,
    /// How many connects fail.
    pub(crate) refused_connects: u32,
    /// Whether the server speaks HTTP/2.
    pub(crate) has_http2: bool,
}

/// What happened, one line each.
pub(crate) type Log = Vec<String>;

/// Plays the script whole, byte by byte and cut at random. All give the same log.
pub(crate) fn play(plan: &Plan, replies: &[Reply]) -> Log {
    play_with(plan, replies, Caller::default())
}

pub(crate) fn play_with(plan: &Plan, replies: &[Reply], caller: Caller) -> Log {
    let whole = run(plan, replies, caller, Cuts::Whole);
    assert_eq!(run(plan, replies, caller, Cuts::Every(1)), whole, "byte by byte");
    for seed in 1..6 {
        assert_eq!(run(plan, replies, caller, Cuts::Random(seed)), whole, "cut by {seed}");
    }
    whole
}

/// The last line of the log, which is the result.
pub(crate) fn result(plan: &Plan, replies: &[Reply]) -> String {
    play(plan, replies).pop().expect("a result")
}

pub(crate) fn dial(plan: &Plan) -> Dial {
    Dial::new(plan.clone(), Config::new().shared(), Seed::new([7; 32]), START)
}

/// Writes all that waits. Returns it.
pub(crate) fn write(dial: &mut Dial) -> Vec<u8> {
    let bytes = dial.transmit().to_vec();
    dial.transmitted(bytes.len(), START);
    bytes
}

/// Has the other end send this once it has all of ours, and writes what is to be written then.
pub(crate) fn exchange(dial: &mut Dial, bytes: &[u8]) {
    write(dial);
    dial.receive(bytes, START);
    while !write(dial).is_empty() {}
}

fn run(plan: &Plan, replies: &[Reply], caller: Caller, cuts: Cuts) -> Log {
    let mut network = Network {
        dial: dial(plan),
        replies: replies.to_vec().into(),
        caller,
        cuts,
        flight: Vec::new(),
        asked: None,
        wire: Vec::new(),
        has_eof: false,
        now: START,
        log: Vec::new(),
    };
    while network.step() {
        assert!(network.log.len() < 1000, "it comes to an end");
    }
    let result = match network.dial.finish() {
        Ok(opened) => opened_line(opened, &network.wire),
        Err(error) => failed_line(&error),
    };
    network.log.push(result);
    network.log
}

struct Network {
    dial: Dial,
    replies: VecDeque<Reply>,
    caller: Caller,
    cuts: Cuts,
    /// What the client is writing.
    flight: Vec<u8>,
    /// What the client has written, and the other end has not answered.
    asked: Option<Vec<u8>>,
    /// What the other end has sent, and the client has not read.
    wire: Vec<u8>,
    has_eof: bool,
    now: Timestamp,
    log: Log,
}

impl Network {
    /// Does what the machine says. Returns whether it goes on.
    fn step(&mut self) -> bool {
        let due = self.dial.poll_timeout();
        if !matches!(self.dial.next_action(), Action::Write) && !self.flight.is_empty() {
            let flight = std::mem::take(&mut self.flight);
            self.log.extend(flight_lines(&flight));
            self.asked = Some(flight);
        }
        match self.dial.next_action() {
            Action::Resolve { host } => {
                self.log.push(format!("resolve {host}"));
                self.dial.handle_resolved([192, 0, 2, 7].into(), self.now);
            }
            Action::Connect { host, port } => {
                self.log.push(format!("connect {host} {port}"));
                (self.asked, self.wire, self.has_eof) = (None, Vec::new(), false);
                self.connect();
            }
            Action::Tls { name, peer, alpn } => {
                let line = format!("tls {name}, the {peer}");
                self.log.push(match alpn {
                    ["http/1.1"] => line,
                    alpn => format!("{line}: {}", alpn.join(", ")),
                });
                match self.caller.has_http2 && alpn.contains(&"h2") {
                    true => self.dial.handle_secured_http2(self.now),
                    false => self.dial.handle_secured(self.now),
                }
            }
            Action::Request(fields) => {
                let lines = fields.iter().map(|(name, value)| (name, value.escape_ascii()));
                self.log.extend(lines.map(|(name, value)| format!("> {name}: {value}")));
                self.answer(due);
            }
            Action::Write => {
                let bytes = self.dial.transmit();
                let count = self.cuts.next_size().min(bytes.len());
                self.flight.extend_from_slice(&bytes[..count]);
                self.dial.transmitted(count, self.now);
            }
            Action::Read => self.read(due),
            Action::Next(next) => {
                self.log.push(next_line(&next));
                self.decide();
            }
            Action::Wait => {
                let due = due.expect("a wait has an end");
                self.dial.handle_timeout(Timestamp::default());
                assert!(matches!(self.dial.next_action(), Action::Wait), "it is not over early");
                self.now = self.now.max(due);
                self.dial.handle_timeout(due);
            }
            Action::Done => return false,
        }
        true
    }

    fn connect(&mut self) {
        match self.caller.refused_connects.checked_sub(1) {
            Some(left) => {
                self.caller.refused_connects = left;
                self.dial.handle_failure(self.now);
            }
            None => self.dial.handle_connected(self.now),
        }
    }

    fn decide(&mut self) {
        if self.caller.refuses {
            return self.dial.refuse();
        }
        if let Some(answer) = self.caller.answer {
            assert_eq!(self.dial.answer(answer), Ok(()));
        }
        self.dial.proceed(self.now);
    }

    fn read(&mut self, due: Option<Timestamp>) {
        if let Some(flight) = self.asked.take() {
            self.reply(&flight, due);
        } else if !self.wire.is_empty() {
            let count = self.cuts.next_size().min(self.wire.len());
            let bytes: Vec<u8> = self.wire.drain(..count).collect();
            self.dial.receive(&bytes, self.now);
        } else if self.has_eof {
            self.dial.handle_eof(self.now);
        } else {
            self.pass(due);
        }
    }

    fn reply(&mut self, flight: &[u8], due: Option<Timestamp>) {
        match self.replies.pop_front().unwrap_or(Reply::Eof("")) {
            Reply::Text(text) => self.wire.extend_from_slice(text.as_bytes()),
            Reply::Bytes(bytes) => self.wire.extend_from_slice(&bytes),
            Reply::Eof(text) => {
                self.wire.extend_from_slice(text.as_bytes());
                self.has_eof = true;
            }
            Reply::Open(rest) => {
                let answer = accepted(&mut received(flight));
                self.wire.extend_from_slice(answer.as_bytes());
                self.wire.extend_from_slice(rest.as_bytes());
            }
            Reply::Silence => self.pass(due),
            Reply::Unsupported => panic!("HTTP/1.1 has no settings"),
        }
    }

    /// Answers a request over HTTP/2.
    fn answer(&mut self, due: Option<Timestamp>) {
        let mut wire = std::mem::take(&mut self.wire);
        match self.replies.pop_front().unwrap_or(Reply::Eof("")) {
            Reply::Text(text) => wire.extend_from_slice(text.as_bytes()),
            Reply::Bytes(bytes) => wire.extend_from_slice(&bytes),
            Reply::Eof(text) => {
                wire.extend_from_slice(text.as_bytes());
                self.has_eof = true;
            }
            Reply::Open(rest) => {
                wire.extend_from_slice(b"HTTP/2 200 \r\n\r\n");
                wire.extend_from_slice(rest.as_bytes());
            }
            Reply::Silence => return self.pass(due),
            Reply::Unsupported => return self.dial.handle_unsupported(self.now),
        }
        match fields(&wire) {
            Some((head, len)) => {
                self.wire = wire.split_off(len);
                self.dial.receive_fields(head, self.now);
            }
            None => self.dial.handle_eof(self.now),
        }
    }

    /// Lets the deadline pass.
    fn pass(&mut self, due: Option<Timestamp>) {
        let due = due.expect("every exchange has a deadline");
        self.now = self.now.max(due);
        self.dial.handle_timeout(due);
    }
}

/// The first line of a request, and the lines that the tests look at. SOCKS in hex.
fn flight_lines(flight: &[u8]) -> Vec<String> {
    if flight.first().is_some_and(|byte| *byte < b' ') {
        let hex: String = flight.iter().map(|byte| format!("{byte:02x}")).collect();
        return vec![format!("> {hex}")];
    }
    let text = str::from_utf8(flight).expect("a request is UTF-8");
    let ours = ["Upgrade:", "Connection:", "Sec-WebSocket-Key:", "Sec-WebSocket-Version:"];
    let lines = text.lines().filter(|line| !line.is_empty());
    let lines = lines.filter(|line| !ours.iter().any(|name| line.starts_with(name)));
    lines.map(|line| format!("> {line}")).collect()
}

fn next_line(next: &Next<'_>) -> String {
    match next {
        Next::Redirect { response, url } => format!("{} to {url}", response.status()),
        Next::Authenticate { response, peer } => {
            format!("{} of the {peer}, answered", response.status())
        }
        Next::Challenged { response, peer } => {
            format!("{} of the {peer}, unanswered", response.status())
        }
        Next::Retry { failure, .. } => format!("again, since {failure}"),
        next => panic!("{next:?} is new"),
    }
}

/// The URL, and all bytes that followed the 101.
fn opened_line(opened: Opened, wire: &[u8]) -> String {
    assert!(matches!(opened.response.status(), 101 | 200));
    let url = opened.response.url().expect("the URL is known").to_string();
    let unread = [opened.connection.into_unread(), wire.to_vec()].concat();
    let unread = String::from_utf8(unread).expect("the tests send text");
    match unread.as_str() {
        "" => format!("open {url}"),
        unread => format!("open {url}, then {unread:?}"),
    }
}

fn failed_line(error: &ConnectError) -> String {
    match &error.response {
        Some(response) => {
            let body = str::from_utf8(response.body()).expect("the tests send text");
            format!("{error}, {} {body:?}", response.status())
        }
        None => error.to_string(),
    }
}

/// A plan for a URL.
pub(crate) fn plan(url: &str) -> Plan {
    Plan::new(url).unwrap_or_else(|error| panic!("{url}: {error}"))
}

/// A complete response without a body.
pub(crate) fn response(status: u16, headers: &[&str]) -> Reply {
    let lines: String = headers.iter().map(|line| format!("{line}\r\n")).collect();
    let head = format!("HTTP/1.1 {status} x\r\n{lines}Content-Length: 0\r\n\r\n");
    Reply::Bytes(head.into_bytes())
}
