use std::time::Duration;

use bytes::Bytes;
use sansocket::{
    CloseCode, Config, Connection, Ended, Event, Input, Kind, Message, Receiver, Role, Seed,
    SendError, Sender, Step, Timestamp, Url, client, server,
};

use crate::choices::Choices;
use crate::frames::build;
use crate::oracle::judge;
use crate::setup::Setup;

/// Whatever is called, in whichever order: nothing panics, and the laws of a connection hold.
pub fn calls(data: &[u8]) {
    let mut choices = Choices::new(data);
    let mut caller = Caller::new(&mut choices);
    while !choices.is_empty() {
        caller.call(&mut choices);
    }
    caller.finish();
}

/// A connection, whole or split.
#[derive(Debug)]
enum Ends {
    Whole(Connection),
    Split(Receiver, Sender),
}

impl Ends {
    fn halves(&mut self) -> (&mut Receiver, &mut Sender) {
        match self {
            Self::Whole(connection) => connection.halves(),
            Self::Split(receiver, sender) => (receiver, sender),
        }
    }
}

struct Caller {
    ends: Ends,
    setup: Setup,
    inputs: [Input<Vec<u8>>; 2],
    /// Whether an input with unread bytes was left for another one.
    is_astray: bool,
    /// Which input the last read went to.
    current: usize,
    now: Timestamp,
    out: Vec<u8>,
    /// Output that somebody else writes.
    in_flight: Option<Bytes>,
    /// Whether frames come first, so that all output is frames.
    is_framed: bool,
    /// Whether an event said that none follows.
    is_last: bool,
    ended: Option<Ended>,
}

impl Caller {
    fn new(choices: &mut Choices<'_>) -> Self {
        let flags = choices.byte();
        let is_set = |bit: u8| flags & 1 << bit != 0;
        let role = if is_set(0) { Role::Client } else { Role::Server };
        let setup = Setup {
            is_streaming: is_set(1),
            discards: is_set(2),
            max_queued: if is_set(3) { 50 } else { 64 << 10 },
            ..Setup::new(role)
        };
        let is_framed = is_set(4);
        let connection = if is_framed { setup.connect() } else { unopened(&setup) };
        Self {
            ends: Ends::Whole(connection),
            setup,
            inputs: [Input::new(vec![0; 100]), Input::new(vec![0; 40_000])],
            is_astray: false,
            current: 0,
            now: Timestamp::default(),
            out: Vec::new(),
            in_flight: None,
            is_framed,
            is_last: false,
            ended: None,
        }
    }

    fn call(&mut self, choices: &mut Choices<'_>) {
        match choices.below(28) {
            0..=3 => self.read(choices),
            4 => self.receive(choices),
            5..=9 => self.take_event(),
            10 => self.find_event(),
            11 => self.spare_nothing(choices),
            12 => self.send(choices),
            13 => self.send_parts(choices),
            14 => self.send_control(choices),
            15..=16 => self.write(choices),
            17 => self.write_owned(choices),
            18 => self.step(),
            19 => self.pass_time(choices),
            20 => self.decide(choices),
            21 => self.set(choices),
            22 => self.look(),
            23 => self.end(choices),
            24 => self.free(choices),
            25 => self.split(choices),
            26 => self.read_ahead(choices),
            _ => self.share(choices),
        }
    }

    fn read(&mut self, choices: &mut Choices<'_>) {
        let bytes = self.bytes(choices);
        let input = &mut self.inputs[self.current];
        let mut spare = match &mut self.ends {
            Ends::Whole(connection) => connection.spare(input),
            Ends::Split(receiver, _) => receiver.spare(input),
        };
        let buffer = spare.buffer();
        let count = buffer.len().min(bytes.len());
        buffer[..count].copy_from_slice(&bytes[..count]);
        if count > 0 {
            spare.filled(count, self.now);
        }
    }

    fn receive(&mut self, choices: &mut Choices<'_>) {
        let bytes = self.bytes(choices);
        let input = &mut self.inputs[self.current];
        if !bytes.is_empty() {
            match &mut self.ends {
                Ends::Whole(connection) => drop(connection.receive(input, bytes, self.now)),
                Ends::Split(receiver, _) => drop(receiver.receive(input, bytes, self.now)),
            }
        }
    }

    /// Bytes from the peer, most of which make sense.
    fn bytes(&self, choices: &mut Choices<'_>) -> Vec<u8> {
        match choices.below(8) {
            0 if self.setup.role == Role::Server => REQUEST.to_vec(),
            0 => b"HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno".to_vec(),
            1 => b"GET / HTTP/1.1\r\nHost: a\r\n\r\n".to_vec(),
            2 => {
                let count = choices.below(20);
                choices.take(count).to_vec()
            }
            _ => {
                let count = choices.below(40);
                build(self.setup.role, &mut Choices::new(choices.take(count)))
            }
        }
    }

    fn take_event(&mut self) {
        let (receiver, sender) = self.ends.halves();
        let input = &mut self.inputs[self.current];
        let Some(event) = receiver.next_event(input, sender) else {
            let is_used_up = input.is_empty() || self.is_astray;
            return assert!(is_used_up, "without an event, the input is used up");
        };
        assert!(!self.is_last, "no event follows: {event:?}");
        // While the event is held, everything can be sent.
        let _ = match &event {
            Event::Text(text) => sender.send(*text),
            Event::Binary(bytes) => sender.send(&**bytes),
            Event::Part { bytes, .. } => sender.send_part(&**bytes),
            Event::Ping(payload) | Event::Pong(payload) => sender.pong(payload),
            _ => Ok(()),
        };
        self.is_last = matches!(event, Event::Close(_) | Event::Violation(_) | Event::Rejected);
    }

    fn find_event(&mut self) {
        let (receiver, sender) = self.ends.halves();
        let input = &mut self.inputs[self.current];
        let is_there = receiver.has_event(input, sender);
        assert_eq!(receiver.has_event(input, sender), is_there, "to look changes nothing");
        if is_there {
            self.take_event();
        }
    }

    fn spare_nothing(&mut self, choices: &mut Choices<'_>) {
        let (receiver, _) = self.ends.halves();
        let mut spare = receiver.spare(&mut self.inputs[self.current]);
        if choices.below(2) == 0 {
            spare.buffer().fill(0xff);
        }
    }

    fn send(&mut self, choices: &mut Choices<'_>) {
        let (_, sender) = self.ends.halves();
        let (way, len) = (choices.below(6), choices.len());
        let (before, is_open) = (sender.queued(), sender.is_open());
        let text = "x".repeat(len);
        let mut written = Vec::new();
        let result = match way {
            0 => sender.send(&text),
            1 => sender.send(text.as_bytes()),
            2 => sender.send(text),
            3 => sender.try_send(text.into_bytes()),
            _ => {
                let mut room = choices.len();
                let write = |slices: &[&[u8]; 3]| {
                    let all = slices.concat();
                    let count = all.len().min(room);
                    room -= count;
                    written.extend_from_slice(&all[..count]);
                    count
                };
                match way {
                    4 => sender.send_with(text.as_bytes(), write),
                    _ => sender.send_in_place(&mut text.into_bytes(), write),
                }
            }
        };
        if result.is_ok() {
            assert!(is_open, "messages are sent while a connection is open");
        } else {
            assert_eq!(sender.queued(), before, "without success, nothing is sent");
        }
        self.out.extend(written);
    }

    fn send_parts(&mut self, choices: &mut Choices<'_>) {
        let (_, sender) = self.ends.halves();
        let text = "é".repeat(choices.len() / 2);
        let part = match choices.below(2) {
            0 => Message::Text(&text),
            _ => Message::Binary(text.as_bytes()),
        };
        let _ = match choices.below(3) {
            0 => sender.send_last(part),
            _ => sender.send_part(part),
        };
    }

    fn send_control(&mut self, choices: &mut Choices<'_>) {
        let (_, sender) = self.ends.halves();
        let payload = vec![b'p'; choices.below(130)];
        let result = match choices.below(5) {
            0 => sender.ping(&payload),
            1 => sender.pong(&payload),
            2 => sender.probe(),
            3 if choices.below(4) > 0 => return,
            3 => sender.close(CloseCode::GOING_AWAY, &"y".repeat(choices.below(130))),
            _ => {
                sender.seed_pings(&Seed::new([choices.byte(); 32]));
                return;
            }
        };
        let is_long = matches!(result, Err(SendError::ControlTooLong | SendError::ReasonTooLong));
        assert!(!is_long || payload.len() > 120 || !sender.is_open() || result.is_err());
    }

    fn write(&mut self, choices: &mut Choices<'_>) {
        let (_, sender) = self.ends.halves();
        if self.in_flight.is_some() {
            assert!(sender.transmit().is_empty(), "nothing else is given out meanwhile");
            return assert!(sender.take_transmit().is_none(), "nor taken");
        }
        let bytes: Vec<u8> = match choices.below(2) {
            0 => sender.transmit().to_vec(),
            _ => sender.transmit_vectored().flatten().copied().collect(),
        };
        let count = bytes.len().min(choices.len());
        if choices.below(4) == 0 {
            return sender.transmitted(0, self.now);
        }
        sender.transmitted(count, self.now);
        self.out.extend_from_slice(&bytes[..count]);
    }

    /// Has somebody else write output, or hears how much of it was written.
    fn write_owned(&mut self, choices: &mut Choices<'_>) {
        let (_, sender) = self.ends.halves();
        match self.in_flight.take() {
            None => self.in_flight = sender.take_transmit(),
            Some(bytes) => {
                let count = bytes.len().min(choices.len());
                sender.transmitted(count, self.now);
                self.out.extend_from_slice(&bytes[..count]);
            }
        }
    }

    fn step(&mut self) {
        let (_, sender) = self.ends.halves();
        match (sender.next_step(), &self.ended) {
            (Step::Done(ended), Some(before)) => assert_eq!(ended, *before, "an end is an end"),
            (Step::Done(ended), None) => {
                assert_eq!(sender.poll_timeout(), None, "nothing is waited for");
                assert!(!ended.to_string().is_empty());
                self.ended = Some(ended);
            }
            (step, Some(_)) => panic!("{step:?} after the end"),
            (Step::Io { .. } | Step::Shutdown, None) => {}
        }
    }

    fn pass_time(&mut self, choices: &mut Choices<'_>) {
        let (_, sender) = self.ends.halves();
        match choices.below(3) {
            // Time may go backwards.
            0 => self.now = Timestamp::new(Duration::from_millis(choices.number() as u64)),
            1 => self.now = self.now + Duration::from_secs(choices.byte().into()),
            _ => self.now = sender.poll_timeout().unwrap_or(self.now),
        }
        sender.handle_timeout(self.now);
    }

    fn decide(&mut self, choices: &mut Choices<'_>) {
        let Ends::Whole(connection) = &mut self.ends else { return };
        if let Some(request) = connection.request() {
            let _ = request.add_header("X-Some", "thing");
        }
        let _ = (connection.head().is_some(), connection.response().is_some());
        match choices.below(5) {
            0..=2 => connection.accept(),
            3 => connection.require_upgrade(),
            _ => {
                if let Ok(response) = server::Response::new(404, &[], b"no") {
                    connection.reject(response);
                }
            }
        }
        drop(connection.take_response());
    }

    fn set(&mut self, choices: &mut Choices<'_>) {
        let (receiver, sender) = self.ends.halves();
        match choices.below(5) {
            0 => receiver.set_streaming(choices.below(2) == 0),
            1 => receiver.set_auto_pong(choices.below(2) == 0),
            2 if choices.below(8) == 0 => receiver.reject_kind(Kind::Text),
            #[cfg(feature = "deflate")]
            3 => sender.compress_from(choices.len()),
            #[cfg(feature = "deflate")]
            4 => sender.set_flushing(choices.below(2) == 0),
            _ => drop(sender.config().clone()),
        }
    }

    fn look(&mut self) {
        let shown = format!("{:?} {:?}", self.ends, self.inputs);
        let (receiver, sender) = self.ends.halves();
        assert!(!shown.is_empty());
        assert_eq!(sender.role(), self.setup.role);
        let _ = (sender.is_full(), sender.is_urgent(), sender.round_trip(), sender.poll_timeout());
        let _ = receiver.frame_remaining();
    }

    fn end(&mut self, choices: &mut Choices<'_>) {
        let (receiver, sender) = self.ends.halves();
        match choices.below(12) {
            0 => receiver.handle_eof(),
            1 => sender.handle_write_error(self.now),
            2 => sender.handle_shutdown(),
            _ => {}
        }
    }

    fn free(&mut self, choices: &mut Choices<'_>) {
        let (_, sender) = self.ends.halves();
        sender.free_memory();
        self.inputs[choices.below(2)].free_memory();
    }

    fn split(&mut self, choices: &mut Choices<'_>) {
        if choices.below(4) > 0 {
            return;
        }
        let placeholder = Ends::Whole(self.setup.connect());
        self.ends = match std::mem::replace(&mut self.ends, placeholder) {
            Ends::Whole(connection) => {
                let (receiver, sender) = connection.split();
                Ends::Split(receiver, sender)
            }
            split => split,
        };
    }

    fn read_ahead(&mut self, choices: &mut Choices<'_>) {
        let bytes = self.bytes(choices);
        let placeholder = Ends::Whole(self.setup.connect());
        self.ends = match std::mem::replace(&mut self.ends, placeholder) {
            Ends::Whole(connection) => Ends::Whole(connection.with_read_ahead(&bytes)),
            split => split,
        };
    }

    /// Has another connection use the input, or goes on with another input.
    fn share(&mut self, choices: &mut Choices<'_>) {
        if choices.below(2) == 0 {
            // Its bytes are lost, and the connection ends.
            self.is_astray |= !self.inputs[self.current].is_empty();
            self.current = 1 - self.current;
            return;
        }
        let mut other = self.setup.connect();
        let input = &mut self.inputs[self.current];
        let bytes = build(self.setup.role, &mut Choices::new(choices.take(8)));
        let mut spare = other.spare(input);
        let buffer = spare.buffer();
        let count = buffer.len().min(bytes.len());
        buffer[..count].copy_from_slice(&bytes[..count]);
        spare.filled(count, self.now);
        while other.next_event(input).is_some() {}
    }

    /// Lets all deadlines pass. Every end is explained.
    fn finish(mut self) {
        let (_, sender) = self.ends.halves();
        let mut due = sender.poll_timeout();
        while let Some(at) = due {
            self.now = self.now.max(at);
            sender.handle_timeout(self.now);
            let _ = sender.next_step();
            due = sender.poll_timeout();
        }
        self.step();
        assert!(self.ended.is_some(), "nothing waits for ever");
        if self.is_framed {
            let role = if self.setup.role == Role::Client { Role::Server } else { Role::Client };
            let judged = judge(&Setup::new(role), &self.out);
            assert_eq!(judged.failure, None, "what is written breaks no rule");
        }
    }
}

/// A connection of which nothing has come.
fn unopened(setup: &Setup) -> Connection {
    let mut config = Config::clone(&setup.config());
    config.policy = server::Policy::new().origins(server::Origins::any());
    match setup.role {
        Role::Server => Connection::server(config.shared(), Timestamp::default()),
        Role::Client => {
            let request = client::Request::new(Url::parse("ws://a").expect("it is valid"));
            let seed = Seed::new([7; 32]);
            Connection::client(request, config.shared(), seed, Timestamp::default())
        }
    }
}

const REQUEST: &[u8] = b"GET / HTTP/1.1\r\n\
    Host: a\r\n\
    Upgrade: websocket\r\n\
    Connection: Upgrade\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
    Sec-WebSocket-Version: 13\r\n\
    \r\n";
