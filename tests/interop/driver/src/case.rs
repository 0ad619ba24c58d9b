//! Cases: the steps that an end takes, and the report of what it saw.

use std::collections::BTreeMap;
use std::error::Error;

use sansocket::OwnedMessage;
use sansocket::deflate::{Compression, Context};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use crate::tally::Wire;

pub(crate) type Failure = Box<dyn Error + Send + Sync>;

const CASES: &str = include_str!("../../cases.json");

#[derive(Clone, Deserialize)]
pub(crate) struct Case {
    #[serde(skip)]
    pub(crate) name: String,
    /// Subprotocols that the client offers.
    #[serde(default)]
    pub(crate) offer: Vec<String>,
    /// The one that the server selects.
    pub(crate) select: Option<String>,
    /// The server's response if it rejects the request.
    pub(crate) answer: Option<Answer>,
    /// The compression that both ends use, if any.
    deflate: Option<Deflate>,
    pub(crate) client: Vec<Step>,
    pub(crate) server: Vec<Step>,
}

/// The compression of a case.
#[derive(Clone, Copy, Deserialize)]
struct Deflate {
    /// The end that asks for these contexts. The other end accepts any.
    by: Option<End>,
    /// The base-2 logarithm of the window size, and whether the context is taken over.
    #[serde(default = "full")]
    client: (u8, bool),
    #[serde(default = "full")]
    server: (u8, bool),
    /// The minimum size at which our end compresses a message, in bytes.
    threshold: Option<usize>,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum End {
    Client,
    Server,
}

/// A step of an end. After its last step, an end waits for the end of the connection.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Step {
    /// Sends a close frame.
    Close(u16, String),
    /// Ends TCP without closing.
    Drop(()),
    /// Waits for this many messages, and sends each back.
    Echo(usize),
    /// Sends a message in parts. After each but the last, sends a ping and waits for the pong.
    Fragments(Kind, Vec<Data>, String),
    /// Requests a page by HTTP.
    Get(()),
    /// Sends a ping and waits for the pong.
    Ping(String),
    /// Sends this many small messages.
    Pipeline(u32),
    /// Waits for this many messages.
    Receive(usize),
    /// Sends a message.
    Send(Kind, Data),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Kind {
    Binary,
    Text,
}

#[derive(Clone, Deserialize)]
#[serde(untagged)]
pub(crate) enum Data {
    /// Text, or bytes in hexadecimal.
    Literal(String),
    /// This many incompressible bytes.
    Noise { noise: u32 },
    /// This many numbers: see [`number`].
    Numbers(u32),
    /// The same data, repeated.
    Repeated { repeat: Box<Data>, times: usize },
}

#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// The values by name. Names are in lower case.
    pub(crate) headers: BTreeMap<String, String>,
    #[serde(default)]
    pub(crate) body: String,
}

/// The report of an end: README.md describes the fields.
#[derive(Default, Serialize)]
pub(crate) struct Seen {
    case: String,
    pub(crate) open: bool,
    pub(crate) protocol: Option<String>,
    pub(crate) offered: String,
    pub(crate) agreed: String,
    pub(crate) messages: Vec<(Kind, usize, String)>,
    pub(crate) pongs: Vec<String>,
    pub(crate) close: Option<(u16, String, bool)>,
    pub(crate) answer: Option<Answer>,
    pub(crate) wire: Option<Wire>,
    /// Messages that arrived before the step that waits for them.
    #[serde(skip)]
    pub(crate) early: Vec<OwnedMessage>,
    error: Option<String>,
}

impl Case {
    pub(crate) fn find(name: &str) -> Result<Self, Failure> {
        let cases: BTreeMap<String, Map<String, Value>> = serde_json::from_str(CASES)?;
        let own = cases.get(name).ok_or_else(|| format!("no such case: {name}"))?;
        let like = own.get("like").and_then(|like| cases.get(like.as_str()?));
        let mut whole = like.cloned().unwrap_or_default();
        whole.extend(own.clone());
        let case: Self = serde_json::from_value(Value::Object(whole))?;
        Ok(Self { name: name.to_owned(), ..case })
    }

    /// Returns our settings of compression as this end.
    pub(crate) fn compression(&self, end: End) -> Option<Compression> {
        let deflate = self.deflate?;
        let mut compression = Compression::dedicated();
        compression.threshold = deflate.threshold.unwrap_or(compression.threshold);
        if deflate.by == Some(end) {
            let (ours, theirs) = match end {
                End::Client => (deflate.client, deflate.server),
                End::Server => (deflate.server, deflate.client),
            };
            let context = |(window_bits, is_taken_over)| Context { window_bits, is_taken_over };
            (compression.outgoing, compression.incoming) = (context(ours), context(theirs));
        }
        Some(compression)
    }

    /// Returns the case that a request names: the last segment of its path.
    pub(crate) fn asked_by(target: &str) -> Result<Self, Failure> {
        Self::find(target.rsplit('/').next().unwrap_or_default())
    }
}

impl Data {
    pub(crate) fn bytes(&self, kind: Kind) -> Vec<u8> {
        match (self, kind) {
            (Self::Literal(text), Kind::Text) => text.clone().into(),
            (Self::Literal(hex), Kind::Binary) => hex
                .as_bytes()
                .chunks(2)
                .map(|digits| {
                    u8::from_str_radix(str::from_utf8(digits).unwrap_or_default(), 16)
                        .expect("two hexadecimal digits")
                })
                .collect(),
            (Self::Noise { noise: count }, _) => noise(*count),
            (Self::Repeated { repeat, times }, _) => repeat.bytes(kind).repeat(*times),
            (Self::Numbers(count), _) => (0..*count).flat_map(|n| number(kind, n)).collect(),
        }
    }
}

/// Encodes a number, so that all positions of a message differ: four bytes in little endian, or six digits and a
/// letter of two bytes.
fn number(kind: Kind, number: u32) -> Vec<u8> {
    match kind {
        Kind::Binary => number.to_le_bytes().to_vec(),
        Kind::Text => format!("{number:06x}é").into_bytes(),
    }
}

/// Returns this many incompressible bytes. Different counts begin with different bytes.
fn noise(count: u32) -> Vec<u8> {
    let mut state = count.wrapping_add(0x9e37_79b9);
    let next = |_| {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state as u8
    };
    (0..count).map(next).collect()
}

const fn full() -> (u8, bool) {
    (15, true)
}

/// Returns the messages of a [pipeline](Step::Pipeline): 32 bytes each.
pub(crate) fn pipeline(count: u32) -> impl Iterator<Item = Vec<u8>> {
    (0..count).map(|first| (first..first + 8).flat_map(|n| number(Kind::Binary, n)).collect())
}

impl Seen {
    pub(crate) fn new(case: &Case) -> Self {
        Self { case: case.name.clone(), ..Self::default() }
    }

    pub(crate) fn failed(case: &str, error: &str) -> Self {
        Self { case: case.to_owned(), error: Some(error.to_owned()), ..Self::default() }
    }

    pub(crate) fn message(&mut self, kind: Kind, bytes: &[u8]) {
        let hash = Sha256::digest(bytes)[..8].iter().map(|byte| format!("{byte:02x}")).collect();
        self.messages.push((kind, bytes.len(), hash));
    }

    pub(crate) fn take_early(&mut self, most: usize) -> Vec<OwnedMessage> {
        self.early.drain(..most.min(self.early.len())).collect()
    }

    pub(crate) fn pong(&mut self, payload: &[u8]) {
        self.pongs.push(String::from_utf8_lossy(payload).into_owned());
    }

    pub(crate) fn fail(&mut self, error: impl ToString) {
        self.error = Some(error.to_string());
    }

    pub(crate) fn print(&self) {
        println!("{}", serde_json::to_string(self).expect("a report is valid JSON"));
    }
}
