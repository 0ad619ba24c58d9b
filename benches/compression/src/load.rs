//! What is sent: a JSON text of 1 MiB, cut into messages, as frames of a client.

use bytes::Bytes;
use sansocket::deflate::{Agreement, Compression};
use sansocket::{Connection, Limits, Seed};
use workload::payload::Content;

/// How messages are compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Not at all.
    None,
    /// Each by itself.
    Reset,
    /// With the help of those before it.
    Kept,
}

/// Messages, and the frames of a client that sends them.
pub(crate) struct Load {
    pub(crate) messages: Vec<Text>,
    /// The frames of all of them.
    pub(crate) first: Vec<Vec<u8>>,
    /// The frames for any further round.
    pub(crate) again: Vec<Vec<u8>>,
}

/// A text, in both forms that libraries want.
pub(crate) struct Text {
    pub(crate) text: String,
    pub(crate) bytes: Bytes,
}

impl Mode {
    pub(crate) const ALL: [Self; 3] = [Self::None, Self::Reset, Self::Kept];

    pub(crate) fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mode| mode.name() == name)
    }

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Reset => "reset",
            Self::Kept => "kept",
        }
    }

    pub(crate) const fn label(self) -> &'static str {
        match self {
            Self::None => "uncompressed",
            Self::Reset => "no takeover",
            Self::Kept => "takeover",
        }
    }

    /// What the server answers.
    pub(crate) const fn extension(self) -> Option<&'static str> {
        match self {
            Self::None => None,
            Self::Reset => {
                Some("permessage-deflate; server_no_context_takeover; client_no_context_takeover")
            }
            Self::Kept => Some("permessage-deflate"),
        }
    }

    pub(crate) fn compression(self) -> Option<Compression> {
        match self {
            Self::None => None,
            Self::Reset => Some(Compression::shared()),
            Self::Kept => Some(Compression::dedicated()),
        }
    }

    /// Makes a connection compress in this way, without a handshake.
    pub(crate) fn prepare(self, mut connection: Connection, has_pool: bool) -> Connection {
        if let (Some(mut compression), Some(extension)) = (self.compression(), self.extension()) {
            if !has_pool {
                compression.pool = None;
            }
            let agreement = Agreement::parse(extension).expect("it is one");
            connection.compress(agreement, &compression);
        }
        connection
    }
}

impl Load {
    /// Messages of so many bytes.
    pub(crate) fn new(mode: Mode, size: usize) -> Self {
        let text = Content::Json.make(1 << 20);
        let text = String::from_utf8(text).expect("JSON is text");
        let messages: Vec<_> = (0..text.len() / size)
            .map(|at| text[at * size..][..size].to_owned())
            .map(|text| Text { bytes: Bytes::from(text.clone()), text })
            .collect();
        let mut client = client(mode);
        let mut round = || {
            let frame = |message: &Text| {
                let mut out = Vec::new();
                client.sender.send(message.text.as_str(), &mut out).expect("it is open");
                out
            };
            messages.iter().map(frame).collect::<Vec<_>>()
        };
        let (first, again) = (round(), round());
        Self { messages, first, again }
    }
}

/// A client, whose frames are those that any server understands.
pub(crate) fn client(mode: Mode) -> Connection {
    let seed = Seed::random().expect("there is entropy");
    mode.prepare(Connection::client(Limits::default(), seed), true)
}
