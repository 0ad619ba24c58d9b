#[cfg(feature = "deflate")]
use sansocket::deflate::{Agreement, Compression};
use sansocket::{
    CloseCode, Connection, Ended, Event, Input, Kind, Limits, ProtocolError, Role, Seed, SendError,
};

use crate::drive::Drive;

/// An event, in a form that can be kept and compared. Messages are whole, however they came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seen {
    /// A text message.
    Text(String),
    /// A binary message.
    Binary(Vec<u8>),
    /// A ping.
    Ping(Vec<u8>),
    /// A pong.
    Pong(Vec<u8>),
    /// A close frame.
    Close(Option<u16>, String),
}

/// An end of a connection, and what its application does.
#[derive(Clone, Copy, Debug)]
pub struct Setup {
    /// Which end.
    pub role: Role,
    /// Under which limits.
    pub limits: Limits,
    /// Whether messages are taken part by part.
    pub is_streaming: bool,
    /// Whether each message is sent back.
    pub is_echoing: bool,
    /// Whether what is owed is taken after each event, rather than at the end of all input.
    pub is_prompt: bool,
    /// Whether each event is looked for before it is taken.
    pub is_advancing: bool,
    /// After how many events the application closes.
    pub closes_after: Option<usize>,
    /// Which messages are refused.
    pub refuses: Option<Kind>,
    /// What was agreed on how to compress, and how this end does so.
    #[cfg(feature = "deflate")]
    pub compression: Option<(Agreement, Compression)>,
}

impl Setup {
    /// This end under the usual limits, whose application only listens.
    pub fn new(role: Role) -> Self {
        Self {
            role,
            limits: Limits::default(),
            is_streaming: false,
            is_echoing: false,
            is_prompt: false,
            is_advancing: false,
            closes_after: None,
            refuses: None,
            #[cfg(feature = "deflate")]
            compression: None,
        }
    }

    /// A connection of this setup.
    pub fn connect(&self) -> Connection {
        let mut connection = match self.role {
            Role::Client => Connection::client(self.limits, Seed::new([7; 32])),
            Role::Server => Connection::server(self.limits),
        };
        connection.receiver.set_streaming(self.is_streaming);
        if let Some(kind) = self.refuses {
            connection.receiver.refuse(kind);
        }
        #[cfg(feature = "deflate")]
        if let Some((agreement, compression)) = &self.compression {
            connection.compress(*agreement, compression);
        }
        connection
    }
}

/// How a stream is cut into reads.
#[derive(Clone, Copy, Debug)]
pub enum Cut {
    /// Not at all.
    Whole,
    /// After each so many bytes.
    Every(usize),
    /// At random, from this seed.
    Random(u32),
    /// To where [`Receiver::spare`](sansocket::Receiver::spare) says, at most so many bytes at a time.
    Spare(usize),
}

impl Cut {
    /// How many bytes of storage to read a stream into.
    fn storage(self, len: usize) -> usize {
        if let Self::Spare(most) = self { most } else { len.max(1) }
    }

    fn next_len(&mut self, rest: usize) -> usize {
        let len = match self {
            Self::Whole => rest,
            Self::Every(len) | Self::Spare(len) => *len,
            Self::Random(state) => {
                *state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                match *state >> 24 {
                    byte @ 0..128 => byte as usize % 4,
                    byte => byte as usize,
                }
            }
        };
        len.clamp(1, rest)
    }
}

/// All that an end showed of itself. It does not depend on how the stream was cut.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The events.
    pub seen: Vec<Seen>,
    /// The parts of a message whose end did not come.
    pub parts: Vec<u8>,
    /// What failed.
    pub error: Option<ProtocolError>,
    /// What was sent.
    pub out: Vec<u8>,
    /// The account before the transport ended, if there was one.
    pub early: Option<Ended>,
    /// The account after the transport ended.
    pub ended: Ended,
}

/// Gives `stream` to an end, cut into reads, then ends the transport. Tells how much was given when
/// the connection failed, too.
pub fn run(setup: &Setup, stream: &[u8], mut cut: Cut) -> (Outcome, usize) {
    let mut end = End::new(setup);
    let mut input = Input::new(vec![0; cut.storage(stream.len())]);
    let mut given = 0;
    while given < stream.len() && end.error.is_none() {
        given += end.read(&mut input, &mut cut, &stream[given..]);
        end.receive(&mut input);
        assert!(input.is_empty(), "without an event, the input is used up");
    }
    (end.finish(), given)
}

/// One end while it runs.
pub(crate) struct End {
    setup: Setup,
    pub(crate) connection: Connection,
    pub(crate) seen: Vec<Seen>,
    pub(crate) parts: Vec<u8>,
    pub(crate) error: Option<ProtocolError>,
    pub(crate) out: Vec<u8>,
}

impl End {
    pub(crate) fn new(setup: &Setup) -> Self {
        let mut end = Self {
            setup: *setup,
            connection: setup.connect(),
            seen: Vec::new(),
            parts: Vec::new(),
            error: None,
            out: Vec::new(),
        };
        end.act();
        end
    }

    /// Reads from the front of `rest`, and tells how much.
    fn read(&mut self, input: &mut Input<Vec<u8>>, cut: &mut Cut, rest: &[u8]) -> usize {
        let len = cut.next_len(rest.len());
        if !matches!(cut, Cut::Spare(_)) {
            self.connection.feed(input, &rest[..len]);
            return len;
        }
        let len = self.connection.read(input, &rest[..len]);
        assert!(len > 0, "there is always something to read to");
        len
    }

    /// Takes all events that `input` holds.
    pub(crate) fn receive(&mut self, input: &mut Input<Vec<u8>>) {
        while self.receive_one(input) {}
    }

    fn receive_one(&mut self, input: &mut Input<Vec<u8>>) -> bool {
        let is_ready = !self.setup.is_advancing || self.connection.find(input) == Ok(true);
        match self.connection.next(input) {
            Ok(None) => {
                assert!(!self.setup.is_advancing || !is_ready, "what was ready can be taken");
                false
            }
            Ok(Some(event)) => {
                assert!(is_ready, "there is an event only if one was ready");
                let is_close = matches!(event, Event::Close(_));
                let seen = see(event, &mut self.parts);
                assert!(!is_close || input.is_empty(), "what follows a close frame is discarded");
                if let Some(seen) = seen {
                    self.reply(&seen);
                    self.seen.push(seen);
                    self.act();
                }
                true
            }
            Err(error) => {
                assert!(input.is_empty(), "after an error, the input is used up");
                self.error = Some(error);
                self.check_sticky(error);
                false
            }
        }
    }

    /// Does what the application has set out to do after an event.
    fn act(&mut self) {
        if self.setup.closes_after == Some(self.seen.len()) {
            assert_eq!(self.connection.sender.close(CloseCode::NORMAL, ""), Ok(()));
        }
        if self.setup.is_prompt {
            self.connection.transmit_to(&mut self.out);
        }
    }

    fn reply(&mut self, seen: &Seen) {
        let sender = &mut self.connection.sender;
        let before = self.out.len();
        let sent = match seen {
            _ if !self.setup.is_echoing => return,
            Seen::Text(text) => sender.send(text, &mut self.out),
            Seen::Binary(bytes) => sender.send(bytes, &mut self.out),
            Seen::Ping(_) | Seen::Pong(_) | Seen::Close(..) => return,
        };
        if sent.is_err() {
            assert_eq!(self.out.len(), before, "without success, nothing is sent");
        }
    }

    /// A failed connection says the same ever after, whatever comes, and sends nothing but its close
    /// frame.
    fn check_sticky(&mut self, error: ProtocolError) {
        let connection = &mut self.connection;
        for bytes in [&b""[..], b"\x81\x01a", b"GET / HTTP/1.1\r\n\r\n"] {
            let mut input = Input::filled(bytes.to_vec());
            assert_eq!(connection.find(&mut input), Err(error), "errors are sticky");
            assert_eq!(connection.next(&mut input), Err(error), "errors are sticky");
            assert!(input.is_empty(), "a failed connection ignores its input");
        }
        assert!(
            connection.receiver.is_closed() && connection.sender.is_closing(),
            "a failed connection is over"
        );
        self.check_silent();
    }

    /// Nothing can be sent any more.
    fn check_silent(&mut self) {
        let sender = &mut self.connection.sender;
        let mut out = Vec::new();
        assert_eq!(sender.send("text", &mut out), Err(SendError::Closing));
        assert_eq!(sender.send_last("text", &mut out), Err(SendError::Closing));
        assert_eq!(sender.frame(Kind::Binary, &mut [0]).map(drop), Err(SendError::Closing));
        assert_eq!(sender.ping(b""), Err(SendError::Closing));
        assert_eq!(sender.pong(b""), Err(SendError::Closing));
        assert!(out.is_empty(), "after the close frame, nothing is sent");
    }

    pub(crate) fn finish(mut self) -> Outcome {
        self.connection.transmit_to(&mut self.out);
        let early = self.connection.account();
        let ended = self.end();
        if let Some(early) = early {
            assert_eq!(early, ended, "the first account is the final one");
        }
        let Self { seen, parts, error, out, .. } = self;
        Outcome { seen, parts, error, out, early, ended }
    }

    /// Ends the transport.
    pub(crate) fn end(&mut self) -> Ended {
        let connection = &mut self.connection;
        connection.end();
        connection.transmit_to(&mut self.out);
        assert!(connection.receiver.is_closed() && connection.is_over(), "nothing more can come");
        let mut input = Input::filled(b"\x81\x01a".to_vec());
        let event = connection.next(&mut input);
        assert_eq!(event, self.error.map_or(Ok(None), Err), "an end is an end");
        assert!(input.is_empty(), "an end is an end");
        let Some(ended) = connection.account() else { panic!("every end is explained") };
        self.check_silent();
        ended
    }
}

/// What the event shows, unless it is a part which others follow: that is added to `parts`.
fn see(event: Event<'_>, parts: &mut Vec<u8>) -> Option<Seen> {
    Some(match event {
        Event::Text(text) => Seen::Text(text.into()),
        Event::Binary(bytes) => Seen::Binary(bytes.into()),
        Event::Ping(payload) => Seen::Ping(payload.into()),
        Event::Pong(payload) => Seen::Pong(payload.into()),
        Event::Close(close) => Seen::Close(close.code.map(CloseCode::get), close.reason.into()),
        Event::Part { kind, bytes, last } => {
            assert!(last || !bytes.is_empty(), "a part is empty only at the end");
            parts.extend_from_slice(bytes);
            if !last {
                return None;
            }
            let message = std::mem::take(parts);
            match kind {
                Kind::Binary => Seen::Binary(message),
                Kind::Text => match String::from_utf8(message) {
                    Ok(text) => Seen::Text(text),
                    Err(error) => panic!("text was delivered which is not UTF-8: {error}"),
                },
            }
        }
        event => panic!("an event that no test knows: {event:?}"),
    })
}
