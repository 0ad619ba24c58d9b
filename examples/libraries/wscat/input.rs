//! The input: texts, files, and lines of standard input, each sent as a message.

use std::fs::File;
use std::io::{self, BufRead, Read};
use std::mem;
use std::path::Path;
use std::thread;

use sansocket::OwnedMessage;
use tokio::sync::mpsc;

use super::options::{Kind, Sending, Source};

/// The messages to send, in order.
///
/// A message stays until it is sent, so that the next connection sends it if this one breaks.
pub(crate) struct Input {
    receiver: Receiver,
    next: Next,
}

/// Gives out messages to send. An error is the reason why there are no more.
pub(crate) type Receiver = mpsc::Receiver<Result<OwnedMessage, String>>;

enum Next {
    /// Not known yet.
    Unknown,
    Message(OwnedMessage),
    /// There are no more, perhaps for a reason.
    Over(Option<String>),
}

/// A source that is open.
enum Opened {
    Text(String),
    Whole(String, Box<dyn Read + Send>),
    Lines,
}

impl Input {
    /// Opens all sources, and begins to read them.
    ///
    /// # Errors
    ///
    /// Returns an error if a file cannot be opened.
    pub(crate) fn new(sending: &Sending) -> Result<Self, String> {
        let mut sources = Vec::new();
        for source in &sending.sources {
            sources.push(Opened::new(source)?);
        }
        if sources.is_empty() && !sending.has_no_input {
            sources.push(Opened::Lines);
        }
        let (sender, receiver) = mpsc::channel(16);
        let (kind, is_endless) = (sending.kind, sending.has_no_input && sources.is_empty());
        thread::spawn(move || {
            let send = |message| sender.blocking_send(Ok(message)).is_ok();
            if let Err(error) = read_all(sources, kind, &send) {
                // The program may be at its end.
                let _ = sender.blocking_send(Err(error));
            }
            // Without input there is no end of it.
            if is_endless {
                loop {
                    thread::park();
                }
            }
        });
        Ok(receiver.into())
    }

    /// Waits until `next` is known.
    pub(crate) async fn look(&mut self) {
        if let Next::Unknown = self.next {
            self.next = match self.receiver.recv().await {
                Some(Ok(message)) => Next::Message(message),
                Some(Err(error)) => Next::Over(Some(error)),
                None => Next::Over(None),
            };
        }
    }

    pub(crate) const fn is_known(&self) -> bool {
        !matches!(self.next, Next::Unknown)
    }

    pub(crate) const fn is_over(&self) -> bool {
        matches!(self.next, Next::Over(_))
    }

    /// Returns the next message.
    pub(crate) const fn next(&self) -> Option<&OwnedMessage> {
        match &self.next {
            Next::Message(message) => Some(message),
            Next::Unknown | Next::Over(_) => None,
        }
    }

    /// Takes the message that was sent.
    pub(crate) fn take(&mut self) -> Option<OwnedMessage> {
        match mem::replace(&mut self.next, Next::Unknown) {
            Next::Message(message) => Some(message),
            next => {
                self.next = next;
                None
            }
        }
    }

    /// Returns why there is no more input, if that is not its end.
    pub(crate) const fn failure(&self) -> Option<&String> {
        match &self.next {
            Next::Over(failure) => failure.as_ref(),
            Next::Unknown | Next::Message(_) => None,
        }
    }
}

impl From<Receiver> for Input {
    fn from(receiver: Receiver) -> Self {
        Self { receiver, next: Next::Unknown }
    }
}

impl Opened {
    fn new(source: &Source) -> Result<Self, String> {
        match source {
            Source::Text(text) => Ok(Self::Text(text.clone())),
            Source::File(path) if path == "-" => {
                Ok(Self::Whole("standard input".to_owned(), Box::new(io::stdin())))
            }
            Source::File(path) => {
                let name = Path::new(path).display().to_string();
                let file = File::open(path).map_err(|error| format!("{name}: {error}"))?;
                Ok(Self::Whole(name, Box::new(file)))
            }
        }
    }
}

/// Passes on the messages of all sources, as long as `send` takes them.
fn read_all(
    sources: Vec<Opened>,
    kind: Option<Kind>,
    send: &impl Fn(OwnedMessage) -> bool,
) -> Result<(), String> {
    for source in sources {
        let goes_on = match source {
            Opened::Text(text) => send(message(text.into_bytes(), kind.unwrap_or(Kind::Text))?),
            Opened::Whole(name, mut reader) => {
                let mut bytes = Vec::new();
                reader.read_to_end(&mut bytes).map_err(|error| format!("{name}: {error}"))?;
                let message = message(bytes, kind.unwrap_or(Kind::Binary));
                send(message.map_err(|error| format!("{name}: {error}"))?)
            }
            Opened::Lines => read_lines(kind.unwrap_or(Kind::Text), send)?,
        };
        if !goes_on {
            break;
        }
    }
    Ok(())
}

/// Passes on the lines of standard input. Returns whether all were taken.
fn read_lines(kind: Kind, send: &impl Fn(OwnedMessage) -> bool) -> Result<bool, String> {
    for line in io::stdin().lock().split(b'\n') {
        let mut line = line.map_err(|error| format!("standard input: {error}"))?;
        if line.last() == Some(&b'\r') {
            line.pop();
        }
        let message = message(line, kind).map_err(|error| format!("standard input: {error}"))?;
        if !send(message) {
            return Ok(false);
        }
    }
    Ok(true)
}

fn message(bytes: Vec<u8>, kind: Kind) -> Result<OwnedMessage, String> {
    match kind {
        Kind::Binary => Ok(bytes.into()),
        Kind::Text => match String::from_utf8(bytes) {
            Ok(text) => Ok(text.into()),
            Err(_) => Err("not UTF-8; --binary sends it all the same".to_owned()),
        },
    }
}
