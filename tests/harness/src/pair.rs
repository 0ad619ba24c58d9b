use sansocket::{
    Cause, CloseCode, Ended, Initiator, Input, Kind, Limits, Prepared, Role, SendError, Sender,
};

use crate::changed::changed;
use crate::choices::Choices;
use crate::oracle::{Judged, judge};
use crate::run::{End, Outcome};
use crate::seen::Seen;
use crate::setup::Setup;

/// What one end of a connection sends, the other receives, and both close cleanly. To suspend and restore both ends
/// after each act and each read changes no event, no byte but masks, and no account.
pub fn pair(data: &[u8]) {
    let whole = converse(data, false);
    assert_eq!(converse(data, true), whole, "to suspend changes nothing");
}

/// Has both ends say what `data` has them say. Returns all that they showed.
fn converse(data: &[u8], is_suspending: bool) -> [Outcome; 2] {
    let mut choices = Choices::new(data);
    let flags = choices.byte();
    let discards = flags & 4 != 0;
    let client = Side::new(Role::Client, flags & 1 != 0, discards);
    let server = Side::new(Role::Server, flags & 2 != 0, discards);
    let mut pair = Pair { sides: [client, server], is_suspending };
    while !choices.is_empty() {
        pair.act(&mut choices);
        pair.suspend();
    }
    pair.finish()
}

/// Whatever a sender is asked to do, it sends what breaks no rule.
pub fn send(data: &[u8]) {
    let mut choices = Choices::new(data);
    let role = if choices.byte() & 1 == 0 { Role::Client } else { Role::Server };
    let mut side = Side::new(role, false, false);
    // Each check goes through all of it again.
    while !choices.is_empty() && side.end.out.len() < 150_000 {
        side.act(&mut choices);
        side.check_sent();
    }
    side.check_closed();
}

/// One of two ends, and what its application has said.
pub(crate) struct Side {
    setup: Setup,
    end: End,
    /// How much of `end.out` the peer has been given.
    delivered: usize,
    /// The messages that were sent.
    sent: Vec<Seen>,
    /// What has been sent of a message by parts.
    part: Option<(Kind, Vec<u8>)>,
    /// Whether a ping waits to be written.
    is_pinging: bool,
    close: Option<Seen>,
}

impl Side {
    fn new(role: Role, is_streaming: bool, discards: bool) -> Self {
        let limits = changed(|limits: &mut Limits| limits.message = u64::MAX);
        let setup = Setup { limits, is_streaming, discards, ..Setup::new(role) };
        let end = End::new(&setup);
        let (sent, part, is_pinging) = (Vec::new(), None, false);
        Self { setup, end, delivered: 0, sent, part, is_pinging, close: None }
    }

    /// Does one thing that an application can do with a sender.
    pub(crate) fn act(&mut self, choices: &mut Choices<'_>) {
        let action = choices.below(32);
        let len = choices.len();
        let bits = choices.byte();
        let kind = if bits & 1 == 0 { Kind::Text } else { Kind::Binary };
        match action {
            0..=6 => self.send(kind, len),
            7 => self.send_prepared(kind, len),
            8..=9 => self.send_owned(kind, len),
            10..=11 => self.send_lent(kind, len, bits & 2 != 0, choices),
            12..=19 => self.send_part(kind, len, false),
            20..=23 => self.send_part(kind, len, true),
            24..=25 => self.ping(len),
            26 => self.control(len, Sender::pong),
            27 => self.control(0, |sender, _| sender.probe()),
            28 => self.close(choices),
            29 => self.write_some(len),
            _ => self.write(),
        }
    }

    fn write(&mut self) {
        self.end.write();
        self.is_pinging = false;
    }

    /// Writes up to `len` bytes, whether they lie in one piece or not: once restored, they do.
    fn write_some(&mut self, mut len: usize) {
        loop {
            match self.end.write_some(len) {
                0 => break,
                count => len -= count,
            }
        }
        self.is_pinging = false;
    }

    /// Whether this end has closed, or the peer has.
    fn is_closing(&mut self) -> bool {
        !self.end.sender().is_open()
    }

    /// What must come of the wish to begin a message.
    fn expected(&mut self) -> Result<(), SendError> {
        let is_closing = self.is_closing();
        match &self.part {
            _ if is_closing => Err(SendError::Closing),
            Some(_) => Err(SendError::MessageInProgress),
            None => Ok(()),
        }
    }

    /// Notes the attempt to send a message. Control frames are queued before it.
    fn note(&mut self, kind: Kind, text: String, result: Result<(), SendError>) {
        if result.is_ok() {
            self.is_pinging = false;
            self.sent.push(message(kind, text.into_bytes()));
        }
    }

    fn send(&mut self, kind: Kind, len: usize) {
        let expected = self.expected();
        let text = text(len);
        let result = match kind {
            Kind::Text => self.end.sender().send(&text),
            Kind::Binary => self.end.sender().send(text.as_bytes()),
        };
        assert_eq!(result, expected);
        self.note(kind, text, result);
    }

    /// Sends a message that was made for many.
    fn send_prepared(&mut self, kind: Kind, len: usize) {
        let expected = self.expected();
        let text = text(len);
        let message = match kind {
            Kind::Text => Prepared::new(&text),
            Kind::Binary => Prepared::new(text.as_bytes()),
        };
        let result = self.end.sender().send(&message);
        assert_eq!(result, expected);
        self.note(kind, text, result);
    }

    /// Gives a message away.
    fn send_owned(&mut self, kind: Kind, len: usize) {
        let expected = self.expected();
        let text = text(len);
        let result = match kind {
            Kind::Text => self.end.sender().send(text.clone()),
            Kind::Binary => self.end.sender().send(text.clone().into_bytes()),
        };
        assert_eq!(result, expected);
        self.note(kind, text, result);
    }

    /// Has a message written from where it is, as far as the transport takes it. A client masks it there if it is its
    /// own.
    fn send_lent(&mut self, kind: Kind, len: usize, is_own: bool, choices: &mut Choices<'_>) {
        let expected = self.expected();
        let (text, mut room) = (text(len), choices.len());
        let mut written = Vec::new();
        let write = |slices: &[&[u8]; 3]| {
            let before = written.len();
            written.extend(slices.concat().into_iter().take(room));
            let count = written.len() - before;
            room -= count;
            count
        };
        let (sender, mut own) = (self.end.sender(), text.clone().into_bytes());
        let result = match (kind, is_own) {
            (Kind::Text, false) => sender.send_with(&text, write),
            (Kind::Text, true) => sender.send_with(text.clone(), write),
            (Kind::Binary, false) => sender.send_with(text.as_bytes(), write),
            (Kind::Binary, true) => sender.send_in_place(&mut own, write),
        };
        let is_unchanged = result.is_err() || sender.role() == Role::Server;
        assert!(!is_unchanged || own == text.as_bytes(), "only a client that sends it masks it");
        assert_eq!(result, expected);
        self.end.out.extend(written);
        if result.is_ok() {
            // Behind output of several pieces, the message is queued instead.
            self.write_some(room);
        }
        self.note(kind, text, result);
    }

    fn send_part(&mut self, kind: Kind, len: usize, last: bool) {
        let is_closing = self.is_closing();
        let expected = match &self.part {
            _ if is_closing => Err(SendError::Closing),
            Some((started, _)) if *started != kind => Err(SendError::MessageInProgress),
            _ => Ok(()),
        };
        let sender = self.end.sender();
        let text = text(len);
        let result = match (kind, last) {
            (Kind::Text, false) => sender.send_part(&text),
            (Kind::Text, true) => sender.send_last(&text),
            (Kind::Binary, false) => sender.send_part(text.as_bytes()),
            (Kind::Binary, true) => sender.send_last(text.as_bytes()),
        };
        assert_eq!(result, expected);
        if result.is_ok() {
            self.is_pinging = false;
            let (_, mut bytes) = self.part.take().unwrap_or((kind, Vec::new()));
            bytes.extend_from_slice(text.as_bytes());
            match last {
                true => self.sent.push(message(kind, bytes)),
                false => self.part = Some((kind, bytes)),
            }
        }
    }

    fn ping(&mut self, len: usize) {
        if self.is_pinging && len <= 125 && !self.is_closing() {
            let result = self.end.sender().ping(text(len).as_bytes());
            return assert_eq!(result, Err(SendError::PingPending));
        }
        self.control(len, Sender::ping);
        self.is_pinging |= len <= 125 && !self.is_closing();
    }

    fn control(&mut self, len: usize, send: fn(&mut Sender, &[u8]) -> Result<(), SendError>) {
        let expected = match self.is_closing() {
            true => Err(SendError::Closing),
            false if len > 125 => Err(SendError::ControlTooLong),
            false => Ok(()),
        };
        assert_eq!(send(self.end.sender(), text(len).as_bytes()), expected);
    }

    fn close(&mut self, choices: &mut Choices<'_>) {
        let code = CloseCode::new([1000, 1001, 1011, 3000, 0][choices.below(5)]);
        let reason = text(choices.below(140));
        let reason = if code.is_some() { &reason[..] } else { "" };
        self.close_with(code, reason);
    }

    fn close_with(&mut self, code: Option<CloseCode>, reason: &str) {
        let is_first = !self.is_closing();
        let result = self.end.sender().close(code, reason);
        let fits = reason.len() <= 123;
        assert_eq!(result, if fits { Ok(()) } else { Err(SendError::ReasonTooLong) });
        if is_first && fits {
            self.close = Some(Seen::Close(code.map(CloseCode::get), reason.into()));
        }
    }

    /// Checks all that was written: it breaks no rule, and is a beginning of what was sent.
    fn check_sent(&mut self) -> Judged {
        let role = match self.setup.role {
            Role::Client => Role::Server,
            Role::Server => Role::Client,
        };
        let setup = Setup { limits: self.setup.limits, ..Setup::new(role) };
        let judged = judge(&setup, &self.end.out);
        assert_eq!(judged.failure, None, "what is sent breaks no rule");
        let is_message = |seen: &&Seen| matches!(seen, Seen::Text(_) | Seen::Binary(_));
        let messages: Vec<_> = judged.seen.iter().filter(is_message).cloned().collect();
        assert!(self.sent.starts_with(&messages), "what is written is what was sent");
        if self.end.sender().queued() == 0 {
            assert_eq!(judged.used, self.end.out.len(), "only whole frames, none after a close");
            assert_eq!(messages, self.sent, "all that was sent is written");
            let part = self.part.as_ref().map_or(&[][..], |(_, bytes)| bytes);
            assert_eq!(judged.parts, part, "all that was sent is written");
        }
        judged
    }

    /// Closes, writes what waits, and checks it.
    fn check_closed(mut self) {
        self.close_with(Some(CloseCode::NORMAL), "");
        self.write();
        let judged = self.check_sent();
        assert_eq!(judged.seen.last(), self.close.as_ref());
    }
}

/// Two ends, and a wire between them.
struct Pair {
    sides: [Side; 2],
    is_suspending: bool,
}

impl Pair {
    fn act(&mut self, choices: &mut Choices<'_>) {
        let from = choices.below(2);
        match choices.below(3) {
            0 => {
                let len = choices.len();
                self.deliver(from, len);
            }
            _ => self.sides[from].act(choices),
        }
    }

    /// Suspends both ends and restores them.
    fn suspend(&mut self) {
        if self.is_suspending {
            for side in &mut self.sides {
                side.end.suspend(&mut Input::default());
            }
        }
    }

    /// Gives up to `len` bytes of what one side has written to the other. Ends that are suspended read them in pieces:
    /// if they are few, byte by byte.
    fn deliver(&mut self, from: usize, len: usize) -> usize {
        let most = if self.is_suspending { len.min(1 << 17) / 64 + 1 } else { len };
        let mut delivered = 0;
        while delivered < len {
            let count = self.deliver_once(from, most.min(len - delivered));
            if count == 0 {
                break;
            }
            delivered += count;
            self.suspend();
        }
        delivered
    }

    fn deliver_once(&mut self, from: usize, len: usize) -> usize {
        let [Side { end, delivered, .. }, to] = match (from, &mut self.sides) {
            (0, [one, two]) => [one, two],
            (_, [one, two]) => [two, one],
        };
        let rest = &end.out[*delivered..];
        let len = len.min(rest.len());
        *delivered += len;
        to.end.give(&mut Input::default(), &rest[..len]);
        assert_eq!(to.end.error, None, "no end breaks a rule");
        // Nothing is sent after the peer has closed.
        to.is_pinging &= !to.is_closing();
        len
    }

    /// Closes both ends, delivers everything, and compares what each has seen with what the other said.
    fn finish(mut self) -> [Outcome; 2] {
        for side in &mut self.sides {
            side.close_with(Some(CloseCode::NORMAL), "");
        }
        loop {
            for side in &mut self.sides {
                side.write();
            }
            if self.deliver(0, usize::MAX) + self.deliver(1, usize::MAX) == 0 {
                break;
            }
        }
        let judged = self.sides.each_mut().map(Side::check_sent);
        let ended = self.sides.each_mut().map(|side| {
            let is_server = side.setup.role == Role::Server;
            assert_eq!(side.end.is_over(), is_server, "a server ends the transport");
            side.end.end(&mut Input::default())
        });
        check_accounts(&ended);
        let [one, two] = &self.sides;
        check_received(one, &ended[0], &judged[1]);
        check_received(two, &ended[1], &judged[0]);
        let [first, second] = ended;
        let [one, two] = self.sides;
        [one.end.outcome(first).unmasked(), two.end.outcome(second).unmasked()]
    }
}

fn check_accounts([one, two]: &[Ended; 2]) {
    assert_eq!((one.sent, one.received), (two.received, two.sent), "accounts mirror each other");
    assert_eq!((one.cause, two.cause), (Cause::ClosingHandshake, Cause::ClosingHandshake));
    assert!(one.is_clean() && two.is_clean(), "both closed, so the end is clean");
    assert!(
        one.initiator == Some(Initiator::Us) || two.initiator == Some(Initiator::Us),
        "one of them was first"
    );
}

/// An end has seen all that was sent, in order. One that closed first and discards what comes then has seen
/// the beginning of it and the close frame.
fn check_received(side: &Side, ended: &Ended, judged: &Judged) {
    let Some((close, events)) = judged.seen.split_last() else { panic!("a close frame was sent") };
    let Some((seen_close, seen)) = side.end.seen.split_last() else { panic!("a close frame came") };
    assert_eq!(seen_close, close);
    match ended.initiator {
        Some(Initiator::Us) if side.setup.discards => {
            assert!(events.starts_with(seen), "what is seen was sent");
        }
        Some(_) => assert_eq!(seen, events, "what is sent is seen"),
        None => panic!("both ends have closed"),
    }
}

/// Text of this length, so that its parts differ.
fn text(len: usize) -> String {
    let mut text: String = (b'a'..=b'z').map(char::from).cycle().skip(len % 26).take(len).collect();
    if len >= 4 && len.is_multiple_of(3) {
        text.truncate(len - 4);
        text.push('😀');
    }
    text
}

fn message(kind: Kind, bytes: Vec<u8>) -> Seen {
    match (kind, bytes) {
        (Kind::Binary, bytes) => Seen::Binary(bytes),
        (Kind::Text, bytes) => Seen::Text(String::from_utf8_lossy(&bytes).into_owned()),
    }
}
