//! What to do in a case, and what an end saw of it.

use std::collections::BTreeMap;
use std::error::Error;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

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
    pub(crate) client: Vec<Step>,
    pub(crate) server: Vec<Step>,
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
    /// So many numbers: see [`number`].
    Numbers(u32),
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
    error: Option<String>,
}

impl Case {
    pub(crate) fn find(name: &str) -> Result<Self, Failure> {
        let mut cases: BTreeMap<String, Self> = serde_json::from_str(CASES)?;
        let case = cases.remove(name).ok_or_else(|| format!("no such case: {name}"))?;
        Ok(Self { name: name.to_owned(), ..case })
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
