//! What to do in a case, and what an end saw of it.

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
    /// What the server answers instead of opening a connection.
    pub(crate) answer: Option<Answer>,
    /// How to compress, if both ends do.
    deflate: Option<Deflate>,
    pub(crate) client: Vec<Step>,
    pub(crate) server: Vec<Step>,
}

/// How to compress.
#[derive(Clone, Copy, Deserialize)]
struct Deflate {
    /// Who asks for these contexts. The other end agrees to any.
    by: Option<End>,
    /// The logarithm of the window's size, and whether the context is taken over.
    #[serde(default = "full")]
    client: (u8, bool),
    #[serde(default = "full")]
    server: (u8, bool),
    /// How many bytes a message of ours has at least if it is compressed.
    threshold: Option<usize>,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum End {
    Client,
    Server,
}

/// What an end does. At last it waits for the end of the connection.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Step {
    /// Begins to close.
    Close(u16, String),
    /// Ends TCP without closing.
    Drop(()),
    /// Waits for so many messages, and sends each back.
    Echo(usize),
    /// Sends a message in parts, with an answered ping between any two.
    Fragments(Kind, Vec<Data>, String),
    /// Asks for a page.
    Get(()),
    /// Sends a ping and waits for its answer.
    Ping(String),
    /// Sends so many small messages.
    Pipeline(u32),
    /// Waits for so many messages.
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
    /// So many bytes which nothing can compress.
    Noise { noise: u32 },
    /// So many numbers: see [`number`].
    Numbers(u32),
    /// The same, so many times.
    Repeated { repeat: Box<Data>, times: usize },
}

#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// By their names in lower case.
    pub(crate) headers: BTreeMap<String, String>,
    #[serde(default)]
    pub(crate) body: String,
}

/// What an end saw: README.md tells what each means.
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
    /// Messages that came before they were waited for.
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

    /// How we compress as this end.
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

    /// The case that a request asks for: the last segment of its path.
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

/// A number in a message, so that each place in it is unlike all others: four bytes, the lowest first,
/// or six digits and a letter of two bytes.
fn number(kind: Kind, number: u32) -> Vec<u8> {
    match kind {
        Kind::Binary => number.to_le_bytes().to_vec(),
        Kind::Text => format!("{number:06x}é").into_bytes(),
    }
}

/// So many bytes which nothing can compress, and which begin like no others.
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

/// The messages of a [pipeline](Step::Pipeline): 32 bytes each.
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
        println!("{}", serde_json::to_string(self).expect("what was seen can be written"));
    }
}
