use sansocket::{Cause, CloseCode, Ended, Initiator, Input, Kind, Limits, Role, SendError, Sender};

use crate::changed::changed;
use crate::choices::Choices;
use crate::drive::Drive;
use crate::oracle::{Judged, judge};
use crate::run::{End, Seen, Setup};

/// What one end of a connection sends, the other receives, and both close cleanly.
pub fn pair(data: &[u8]) {
    let mut choices = Choices::new(data);
    let flags = choices.byte();
    let client = Side::new(Role::Client, flags & 1 != 0);
    let server = Side::new(Role::Server, flags & 2 != 0);
    let mut pair = Pair { sides: [client, server] };
    while !choices.is_empty() {
        pair.act(&mut choices);
    }
    pair.finish();
}

/// Whatever a sender is asked to do, it sends what breaks no rule.
pub fn send(data: &[u8]) {
    let mut choices = Choices::new(data);
    let role = if choices.byte() & 1 == 0 { Role::Client } else { Role::Server };
    let mut side = Side::new(role, false);
    // Each check goes through all of it again.
    while !choices.is_empty() && side.sent_len() < 150_000 {
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
    close: Option<Seen>,
}

impl Side {
    pub(crate) fn new(role: Role, is_streaming: bool) -> Self {
        let limits = changed(|limits: &mut Limits| limits.message = u64::MAX);
        let setup = Setup { limits, is_streaming, ..Setup::new(role) };
        let end = End::new(&setup);
        Self { setup, end, delivered: 0, sent: Vec::new(), part: None, close: None }
    }

    /// How many bytes have been sent.
    pub(crate) const fn sent_len(&self) -> usize {
        self.end.out.len()
    }

    /// Does one thing that an application can do with a sender.
    pub(crate) fn act(&mut self, choices: &mut Choices<'_>) {
        let action = choices.below(32);
        let len = choices.len();
        let kind = if choices.byte() & 1 == 0 { Kind::Text } else { Kind::Binary };
        match action {
            0..=7 => self.send(kind, len),
            8..=11 => self.send_framed(kind, len),
            12..=19 => self.send_part(kind, len, false),
            20..=23 => self.send_part(kind, len, true),
            24..=26 => self.control(len, Sender::ping),
            27 => self.control(len, Sender::pong),
            28 => self.close(choices),
            _ => {
                self.end.connection.transmit_to(&mut self.end.out);
            }
        }
    }

    /// What must come of the wish to begin a message.
    fn expected(&self) -> Result<(), SendError> {
        match &self.part {
            _ if self.end.connection.sender.is_closing() => Err(SendError::Closing),
            Some(_) => Err(SendError::MessageInProgress),
            None => Ok(()),
        }
    }

    fn send(&mut self, kind: Kind, len: usize) {
        let expected = self.expected();
        let sender = &mut self.end.connection.sender;
        let text = text(len);
        let result = match kind {
            Kind::Text => sender.send(&text, &mut self.end.out),
            Kind::Binary => sender.send(text.as_bytes(), &mut self.end.out),
        };
        assert_eq!(result, expected);
        if result.is_ok() {
            self.sent.push(message(kind, text.into_bytes()));
        }
    }

    fn send_framed(&mut self, kind: Kind, len: usize) {
        let expected = self.expected();
        let sender = &mut self.end.connection.sender;
        let text = text(len);
        sender.poll_transmit(&mut self.end.out);
        let mut payload = text.clone().into_bytes();
        let result = match sender.frame(kind, &mut payload) {
            Ok(frame) => {
                assert_eq!(frame.slices().concat().len(), frame.len());
                self.end.out.extend(frame.slices().concat());
                Ok(())
            }
            Err(error) => Err(error),
        };
        assert_eq!(result, expected);
        match result {
            Ok(()) => self.sent.push(message(kind, text.into_bytes())),
            Err(_) => assert_eq!(payload, text.as_bytes(), "what is not sent is not changed"),
        }
    }

    fn send_part(&mut self, kind: Kind, len: usize, last: bool) {
        let expected = match &self.part {
            _ if self.end.connection.sender.is_closing() => Err(SendError::Closing),
            Some((started, _)) if *started != kind => Err(SendError::MessageInProgress),
            _ => Ok(()),
        };
        let sender = &mut self.end.connection.sender;
        let text = text(len);
        let result = match (kind, last) {
            (Kind::Text, false) => sender.send_part(&text, &mut self.end.out),
            (Kind::Text, true) => sender.send_last(&text, &mut self.end.out),
            (Kind::Binary, false) => sender.send_part(text.as_bytes(), &mut self.end.out),
            (Kind::Binary, true) => sender.send_last(text.as_bytes(), &mut self.end.out),
        };
        assert_eq!(result, expected);
        if result.is_ok() {
            let (_, mut bytes) = self.part.take().unwrap_or((kind, Vec::new()));
            bytes.extend_from_slice(text.as_bytes());
            match last {
                true => self.sent.push(message(kind, bytes)),
                false => self.part = Some((kind, bytes)),
            }
        }
    }

    fn control(&mut self, len: usize, send: fn(&mut Sender, &[u8]) -> Result<(), SendError>) {
        let sender = &mut self.end.connection.sender;
        let payload = text(len);
        let expected = match sender.is_closing() {
            _ if payload.len() > 125 => Err(SendError::ControlTooLong),
            true => Err(SendError::Closing),
            false => Ok(()),
        };
        assert_eq!(send(sender, payload.as_bytes()), expected);
    }

    fn close(&mut self, choices: &mut Choices<'_>) {
        let code = CloseCode::new([1000, 1001, 1011, 3000, 0][choices.below(5)]);
        let reason = text(choices.below(140));
        let reason = if code.is_some() { &reason[..] } else { "" };
        self.close_with(code, reason);
    }

    fn close_with(&mut self, code: Option<CloseCode>, reason: &str) {
        let sender = &mut self.end.connection.sender;
        let is_first = !sender.is_closing();
        let result = sender.close(code, reason);
        let fits = reason.len() <= 123;
        assert_eq!(result, if fits { Ok(()) } else { Err(SendError::ReasonTooLong) });
        if is_first && fits {
            self.close = Some(Seen::Close(code.map(CloseCode::get), reason.into()));
        }
    }

    /// What an end of the other role makes of all that was sent. The sender is held to it.
    pub(crate) fn check_sent(&self) -> Judged {
        let role = match self.setup.role {
            Role::Client => Role::Server,
            Role::Server => Role::Client,
        };
        let setup = Setup { limits: self.setup.limits, ..Setup::new(role) };
        let judged = judge(&setup, &self.end.out);
        assert_eq!(judged.failure, None, "what is sent breaks no rule");
        assert_eq!(
            judged.used,
            self.end.out.len(),
            "only whole frames are sent, none after a close"
        );
        let messages =
            judged.seen.iter().filter(|seen| matches!(seen, Seen::Text(_) | Seen::Binary(_)));
        assert!(messages.eq(&self.sent), "what is sent is what was to be sent");
        let part = self.part.as_ref().map_or(&[][..], |(_, bytes)| bytes);
        assert_eq!(judged.parts, part, "what is sent is what was to be sent");
        judged
    }

    /// Closes, takes what is owed, and holds the sender to it.
    pub(crate) fn check_closed(mut self) {
        self.close_with(Some(CloseCode::NORMAL), "");
        self.end.connection.transmit_to(&mut self.end.out);
        let judged = self.check_sent();
        assert_eq!(judged.seen.last(), self.close.as_ref());
    }
}

/// Two ends, and a wire between them.
pub(crate) struct Pair {
    pub(crate) sides: [Side; 2],
}

impl Pair {
    pub(crate) fn act(&mut self, choices: &mut Choices<'_>) {
        let from = choices.below(2);
        match choices.below(3) {
            0 => {
                let len = choices.len();
                self.deliver(from, len);
            }
            _ => self.sides[from].act(choices),
        }
    }

    /// Gives up to `len` bytes of what one side has sent to the other.
    fn deliver(&mut self, from: usize, len: usize) -> usize {
        let [Side { end, delivered, .. }, to] = match (from, &mut self.sides) {
            (0, [one, two]) => [one, two],
            (_, [one, two]) => [two, one],
        };
        let rest = &end.out[*delivered..];
        let len = len.min(rest.len());
        *delivered += len;
        to.end.receive(&mut Input::filled(rest[..len].to_vec()));
        assert_eq!(to.end.error, None, "no end breaks a rule");
        len
    }

    /// Closes both ends, delivers everything, and compares what each has seen with what the other said.
    pub(crate) fn finish(mut self) {
        for side in &mut self.sides {
            side.close_with(Some(CloseCode::NORMAL), "");
        }
        loop {
            for side in &mut self.sides {
                side.end.connection.transmit_to(&mut side.end.out);
            }
            if self.deliver(0, usize::MAX) + self.deliver(1, usize::MAX) == 0 {
                break;
            }
        }
        let judged = self.sides.each_ref().map(Side::check_sent);
        let ended = self.sides.each_mut().map(|side| {
            let Side { end, setup, .. } = side;
            let wants_close = end.connection.is_over();
            assert_eq!(wants_close, setup.role == Role::Server, "a server closes the transport");
            end.end()
        });
        check_accounts(&ended);
        let [one, two] = &self.sides;
        check_received(one, &ended[0], &judged[1]);
        check_received(two, &ended[1], &judged[0]);
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

/// An end that did not close before has seen all that was sent, in order; one that did, the beginning
/// of it and the close frame.
fn check_received(side: &Side, ended: &Ended, judged: &Judged) {
    let Some((close, events)) = judged.seen.split_last() else { panic!("a close frame was sent") };
    let Some((seen_close, seen)) = side.end.seen.split_last() else { panic!("a close frame came") };
    assert_eq!(seen_close, close);
    match ended.initiator {
        Some(Initiator::Us) => assert!(events.starts_with(seen), "what is seen was sent"),
        Some(Initiator::Peer) => assert_eq!(seen, events, "what is sent is seen"),
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
