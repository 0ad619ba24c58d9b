//! Holds sansocket's verdicts against those of other implementations, on streams of whole frames, where
//! RFC 6455 leaves no choice: the same events in the same order, and a failure at the same frame.
//!
//! Where a peer is known to judge otherwise, [`EXCEPTIONS`] says so, and why.

use std::io::{self, Read, Write};
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use futures_core::Stream;
use harness::{Cut, Seen, Setup};
use sansocket::{Limits, Role};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use websocket_sans_io::{FrameInfo, Opcode, WebsocketFrameDecoder, WebsocketFrameEvent};

/// The first byte has flags: whose ears it has, and whether the rest are bytes or decisions of what frames
/// to build. The second says how much the peers are given at a time, zero for all.
pub fn differential(data: &[u8]) {
    let [flags, size, data @ ..] = data else { return };
    let role = if flags & 1 != 0 { Role::Client } else { Role::Server };
    let built = (flags & 2 != 0).then(|| harness::build_frames(role, data));
    compare(role, whole_frames(built.as_deref().unwrap_or(data)), usize::from(*size));
}

/// Holds the verdicts on a stream of whole frames against each other.
///
/// # Panics
///
/// If they differ, and no exception says that they may.
pub fn compare(role: Role, stream: &[u8], size: usize) {
    let case = Case::new(role, stream);
    for peer in [Peer::Tungstenite, Peer::TokioWebsockets, Peer::WebsocketSansIo] {
        let theirs = peer.judge(role, stream, if size == 0 { usize::MAX } else { size });
        let is_known = case.ours == theirs
            || EXCEPTIONS.iter().any(|known| known.peer == peer && (known.holds)(&case, &theirs));
        assert!(is_known, "{peer:?} says {theirs:?}\n of {case:02x?}");
    }
}

/// An implementation beside ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Peer {
    Tungstenite,
    TokioWebsockets,
    /// It knows frames; whoever uses it judges and assembles them.
    WebsocketSansIo,
}

/// What an end made of a stream.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    seen: Vec<Seen>,
    /// Whether it failed after these events. How it calls its error is its own affair.
    has_failed: bool,
}

/// A stream, and what we say of it.
#[derive(Debug)]
pub struct Case {
    ours: Verdict,
    /// The frame at which we failed.
    bad: Option<Frame>,
}

/// A difference that is known.
pub struct Exception {
    pub peer: Peer,
    pub reason: &'static str,
    /// Frames for a client that show it.
    pub example: &'static [u8],
    holds: fn(&Case, &Verdict) -> bool,
}

/// Where the verdicts may differ.
pub const EXCEPTIONS: &[Exception] = &[
    Exception {
        peer: Peer::Tungstenite,
        reason: "It takes lengths that are not the shortest, which section 5.2 rules out.",
        example: b"\x81\x7e\x00\x01a",
        holds: |case, theirs| case.fails_at(theirs, |bad| !bad.is_shortest),
    },
    Exception {
        peer: Peer::Tungstenite,
        reason: "A close frame with a code that must not be sent is shown to its user as one with 1002, \
                 which is what it answers; to us it is a failure, and we answer the same.",
        example: b"\x88\x02\x03\xed",
        holds: |case, theirs| {
            let ours = &case.ours;
            let rest = theirs.seen.strip_prefix(&ours.seen[..]);
            ours.has_failed && rest == Some(&[violation()])
        },
    },
    Exception {
        peer: Peer::Tungstenite,
        reason: "The code 1014 (bad gateway), which IANA has registered since, is one of those to it.",
        example: b"\x88\x02\x03\xf6",
        holds: |case, theirs| match (&case.ours.seen[..], &theirs.seen[..]) {
            ([ours @ .., Seen::Close(Some(1014), _)], [theirs @ .., last]) => {
                ours == theirs && *last == violation()
            }
            _ => false,
        },
    },
    Exception {
        peer: Peer::TokioWebsockets,
        reason: "It does not look at text when the last frame is empty, so that a character which lacks its \
                 end goes through (section 8.1).",
        example: b"\x01\x01\xe2\x80\x00",
        holds: |case, theirs| {
            case.fails_at(theirs, |bad| bad.first == 0x80 && bad.payload.is_empty())
        },
    },
    Exception {
        peer: Peer::WebsocketSansIo,
        reason: "It takes any header whose opcode and first bits are right: masks, lengths, close codes and \
                 the text of a message that has not ended are for its users to judge.",
        example: b"\x81\x81\0\0\0\0a",
        holds: |case, theirs| case.fails_at(theirs, |_| true),
    },
];

/// As tungstenite shows a close frame that it objects to.
fn violation() -> Seen {
    Seen::Close(Some(1002), "Protocol violation".into())
}

impl Case {
    fn new(role: Role, stream: &[u8]) -> Self {
        let mut limits = Limits::default();
        (limits.message, limits.fragments) = (u64::MAX, u64::MAX);
        let setup = Setup { limits, ..Setup::new(role) };
        let (outcome, _) = harness::run(&setup, stream, Cut::Whole);
        let has_failed = outcome.error.is_some();
        let used = harness::judge(&setup, stream).used;
        let bad = has_failed.then(|| Frame::parse(&stream[used..]).expect("frames are whole").0);
        Self { ours: Verdict { seen: outcome.seen, has_failed }, bad }
    }

    /// Whether we fail at such a frame where they may go on.
    fn fails_at(&self, theirs: &Verdict, is_such: impl Fn(&Frame) -> bool) -> bool {
        theirs.seen.starts_with(&self.ours.seen) && self.bad.as_ref().is_some_and(is_such)
    }
}

/// The frames of a stream which are whole, right or not.
///
/// Some judge a frame only when all of it has come, and the RFC does not mind.
pub fn whole_frames(stream: &[u8]) -> &[u8] {
    let mut rest = stream;
    while let Some((_, behind)) = Frame::parse(rest) {
        rest = behind;
    }
    &stream[..stream.len() - rest.len()]
}

#[derive(Debug)]
pub struct Frame {
    first: u8,
    is_shortest: bool,
    /// Without its mask.
    payload: Vec<u8>,
}

impl Frame {
    /// The first of these, and what is behind it, if it is whole.
    fn parse(bytes: &[u8]) -> Option<(Self, &[u8])> {
        let [first, second, rest @ ..] = bytes else { return None };
        let (len, rest) = match second & 0x7f {
            126 => rest
                .split_first_chunk()
                .map(|(len, rest)| (u16::from_be_bytes(*len).into(), rest))?,
            127 => rest.split_first_chunk().map(|(len, rest)| (u64::from_be_bytes(*len), rest))?,
            len => (len.into(), rest),
        };
        let is_shortest = match second & 0x7f {
            126 => len > 125,
            127 => len > 0xffff,
            _ => true,
        };
        let (key, rest) = match second & 0x80 {
            0 => (&[0; 4], rest),
            _ => rest.split_first_chunk()?,
        };
        let (payload, rest) = rest.split_at_checked(usize::try_from(len).ok()?)?;
        let payload =
            payload.iter().zip(key.iter().cycle()).map(|(byte, key)| byte ^ key).collect();
        Some((Self { first: *first, is_shortest, payload }, rest))
    }
}

impl Peer {
    fn judge(self, role: Role, stream: &[u8], size: usize) -> Verdict {
        match self {
            Self::Tungstenite => tungstenite(role, Memory { rest: stream, size }),
            Self::TokioWebsockets => tokio_websockets(role, Memory { rest: stream, size }),
            Self::WebsocketSansIo => websocket_sans_io(stream, size),
        }
    }
}

fn tungstenite(role: Role, stream: Memory<'_>) -> Verdict {
    use tungstenite::Message;
    use tungstenite::protocol::{self, WebSocket};

    let role = if role == Role::Client { protocol::Role::Client } else { protocol::Role::Server };
    let mut socket = WebSocket::from_raw_socket(stream, role, None);
    let mut verdict = Verdict::default();
    loop {
        let seen = match socket.read() {
            Ok(Message::Text(text)) => Seen::Text(text.as_str().into()),
            Ok(Message::Binary(bytes)) => Seen::Binary(bytes.into()),
            Ok(Message::Ping(payload)) => Seen::Ping(payload.into()),
            Ok(Message::Pong(payload)) => Seen::Pong(payload.into()),
            Ok(Message::Close(None)) => Seen::Close(None, String::new()),
            Ok(Message::Close(Some(close))) => {
                Seen::Close(Some(close.code.into()), close.reason.as_str().into())
            }
            Ok(Message::Frame(_)) => unreachable!("it is never read"),
            Err(tungstenite::Error::Protocol(
                tungstenite::error::ProtocolError::ResetWithoutClosingHandshake,
            )) => return verdict,
            Err(_) => {
                verdict.has_failed = true;
                return verdict;
            }
        };
        verdict.seen.push(seen);
        if matches!(verdict.seen.last(), Some(Seen::Close(..))) {
            return verdict;
        }
    }
}

fn tokio_websockets(role: Role, stream: Memory<'_>) -> Verdict {
    use tokio_websockets::{ClientBuilder, CloseCode, ServerBuilder};

    let mut socket = pin!(match role {
        Role::Client => ClientBuilder::new().take_over(stream),
        Role::Server => ServerBuilder::new().serve(stream),
    });
    let mut verdict = Verdict::default();
    loop {
        let message = match socket.as_mut().poll_next(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(Some(Ok(message))) => message,
            Poll::Ready(Some(Err(_))) => {
                verdict.has_failed = true;
                return verdict;
            }
            Poll::Ready(None) => return verdict,
            Poll::Pending => unreachable!("memory is always ready"),
        };
        let payload = message.as_payload().to_vec();
        verdict.seen.push(match () {
            // Not `as_text`, which takes its own word for it that this is UTF-8.
            () if message.is_text() => match String::from_utf8(payload) {
                Ok(text) => Seen::Text(text),
                Err(error) => Seen::Binary(error.into_bytes()),
            },
            () if message.is_binary() => Seen::Binary(payload),
            () if message.is_ping() => Seen::Ping(payload),
            () if message.is_pong() => Seen::Pong(payload),
            () => {
                let (code, reason) = message.as_close().expect("it is one of five");
                let code = (code != CloseCode::NO_STATUS_RECEIVED).then(|| code.into());
                verdict.seen.push(Seen::Close(code, reason.into()));
                return verdict;
            }
        });
    }
}

fn websocket_sans_io(stream: &[u8], size: usize) -> Verdict {
    let mut assembly = Assembly::default();
    let mut decoder = WebsocketFrameDecoder::new();
    // The sum of a length and a phase overflows a byte in it.
    for bytes in stream.chunks(size.min(252)) {
        let mut bytes = bytes.to_vec();
        let mut rest = &mut bytes[..];
        loop {
            let Ok(step) = decoder.add_data(rest);
            let (taken, behind) = rest.split_at_mut(step.consumed_bytes);
            rest = behind;
            match step.event {
                None if step.consumed_bytes == 0 => break,
                None => {}
                Some(WebsocketFrameEvent::Start { frame_info, .. }) => assembly.start(&frame_info),
                Some(WebsocketFrameEvent::PayloadChunk { .. }) => {
                    assembly.frame.extend_from_slice(taken)
                }
                Some(WebsocketFrameEvent::End { frame_info, .. }) => assembly.end(&frame_info),
            }
            if assembly.is_over() {
                return assembly.verdict;
            }
        }
    }
    assembly.verdict
}

/// What a user of websocket-sans-io does with frames, at the least.
#[derive(Default)]
struct Assembly {
    verdict: Verdict,
    frame: Vec<u8>,
    message: Option<(Opcode, Vec<u8>)>,
}

impl Assembly {
    fn start(&mut self, info: &FrameInfo) {
        let is_in_sequence = match info.opcode {
            Opcode::Continuation => self.message.is_some(),
            Opcode::Text | Opcode::Binary => self.message.is_none(),
            _ => true,
        };
        self.verdict.has_failed = !info.is_reasonable() || !is_in_sequence;
    }

    fn end(&mut self, info: &FrameInfo) {
        let payload = std::mem::take(&mut self.frame);
        let seen = match info.opcode {
            Opcode::Ping => Some(Seen::Ping(payload)),
            Opcode::Pong => Some(Seen::Pong(payload)),
            Opcode::ConnectionClose => close(&payload),
            opcode => {
                let (kind, mut bytes) = self.message.take().unwrap_or((opcode, Vec::new()));
                bytes.extend(payload);
                if !info.fin {
                    self.message = Some((kind, bytes));
                    return;
                }
                match kind {
                    Opcode::Text => String::from_utf8(bytes).ok().map(Seen::Text),
                    _ => Some(Seen::Binary(bytes)),
                }
            }
        };
        self.verdict.has_failed = seen.is_none();
        self.verdict.seen.extend(seen);
    }

    fn is_over(&self) -> bool {
        self.verdict.has_failed || matches!(self.verdict.seen.last(), Some(Seen::Close(..)))
    }
}

fn close(payload: &[u8]) -> Option<Seen> {
    match payload {
        [] => Some(Seen::Close(None, String::new())),
        [_] => None,
        [high, low, reason @ ..] => {
            let reason = String::from_utf8(reason.to_vec()).ok()?;
            Some(Seen::Close(Some(u16::from_be_bytes([*high, *low])), reason))
        }
    }
}

/// A transport that has all that comes, in reads of a size, and forgets what is written.
struct Memory<'s> {
    rest: &'s [u8],
    size: usize,
}

impl Read for Memory<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let len = buffer.len().min(self.size);
        self.rest.read(&mut buffer[..len])
    }
}

impl Write for Memory<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl AsyncRead for Memory<'_> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let len = self.rest.len().min(self.size).min(buffer.remaining());
        let (now, rest) = self.rest.split_at(len);
        buffer.put_slice(now);
        self.rest = rest;
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Memory<'_> {
    fn poll_write(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn the_corpus_is_treated_alike() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/corpus/differential");
        let mut count = 0;
        for file in fs::read_dir(folder).unwrap() {
            differential(&fs::read(file.unwrap().path()).unwrap());
            count += 1;
        }
        assert!(count > 2, "there is a corpus");
    }

    #[test]
    fn frames_made_at_random_are_treated_alike() {
        let mut state = 6455_u64;
        let mut next = || {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            state.to_be_bytes()[0]
        };
        for case in 0..3000 {
            let mut data: Vec<u8> = (0..2 + usize::from(next())).map(|_| next()).collect();
            // Most of the time, frames that are built, and given at once.
            data[0] = data[0] & 1 | if case % 8 == 0 { 0 } else { 2 };
            data[1] *= u8::from(case % 2 == 1);
            differential(&data);
        }
    }

    #[test]
    fn every_exception_is_met() {
        for known in EXCEPTIONS {
            let case = Case::new(Role::Client, known.example);
            let theirs = known.peer.judge(Role::Client, known.example, usize::MAX);
            assert_ne!(case.ours, theirs, "{}", known.reason);
            assert!((known.holds)(&case, &theirs), "{}", known.reason);
            let others = EXCEPTIONS.iter().filter(|other| other.peer == known.peer);
            let count = others.filter(|other| (other.holds)(&case, &theirs)).count();
            assert_eq!(count, 1, "one reason for it: {}", known.reason);
        }
    }

    #[test]
    fn a_difference_that_is_not_known_is_found() {
        let other = Verdict { seen: vec![Seen::Text("b".into())], has_failed: false };
        let case = Case::new(Role::Client, b"\x81\x01a");
        assert!(!EXCEPTIONS.iter().any(|known| (known.holds)(&case, &other)));
        assert!(!EXCEPTIONS.iter().any(|known| {
            (known.holds)(&case, &Verdict { seen: Vec::new(), has_failed: true })
        }));
    }
}
