//! The frames that one end has sent, a line for each.

use sansocket::wire::OpCode;
use sansocket::{Close, Connection, Event, Kind, ProtocolError};

use super::endpoint::Endpoint;
use super::frame::RawHeader;
use super::sections;
use super::text::{count, preview_bytes, preview_text};

/// The frames of one direction.
pub(crate) struct Frames {
    end: Endpoint,
    /// The frame that is not complete.
    frame: Vec<u8>,
    /// How many bytes of it the receiver has.
    fed: usize,
    message: Option<Message>,
    state: State,
    /// Whether masks are not those of the recording.
    is_rebuilt: bool,
}

/// A message that is not complete.
struct Message {
    kind: Kind,
    is_compressed: bool,
    frames: usize,
}

/// The receiver's state for the bytes that follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Open,
    /// It ignores them after a close frame.
    Closed(usize),
    /// It does not read them after a violation.
    Failed(usize),
}

/// The effect of a frame on its receiver.
#[derive(Default)]
struct Outcome {
    message: Option<(Kind, Vec<u8>)>,
    is_close: bool,
    violation: Option<ProtocolError>,
}

impl Frames {
    pub(crate) fn new(connection: Connection, is_rebuilt: bool) -> Self {
        let end = Endpoint::new(connection);
        Self { end, frame: Vec::new(), fed: 0, message: None, state: State::Open, is_rebuilt }
    }

    /// Adds bytes. Returns the lines of the frames that they complete, or whose header is not valid.
    pub(crate) fn push(&mut self, mut bytes: &[u8]) -> Vec<String> {
        let mut lines = Vec::new();
        while self.state == State::Open && !bytes.is_empty() {
            let used = self.fill(bytes);
            bytes = &bytes[used..];
            lines.extend(self.next_line());
        }
        match &mut self.state {
            State::Open => {}
            State::Closed(len) | State::Failed(len) => *len += bytes.len(),
        }
        lines
    }

    /// Ends the direction. Returns the line of a frame that is cut off, and what was not read.
    pub(crate) fn finish(&mut self) -> Vec<String> {
        let mut lines = Vec::new();
        if let Some(header) = RawHeader::decode(&self.frame) {
            let outcome = self.feed(self.frame.len());
            let cut = match outcome.violation {
                None => "  cut off: the transport ended (section 7.1.5)",
                Some(_) => "",
            };
            lines.push(self.describe(&header, &outcome) + cut);
            self.advance(&outcome);
        } else if self.state == State::Open && self.message.is_some() {
            lines.push("the transport ended within a message (section 7.1.5)".to_owned());
        }
        let rest = match self.state {
            State::Open | State::Closed(0) | State::Failed(0) => return lines,
            State::Closed(len) => (len, "the close frame, ignored (section 5.5.1)"),
            State::Failed(len) => (len, "the violation, not read (section 7.1.7)"),
        };
        lines.push(format!("{} after {}", count(rest.0), rest.1));
        lines
    }

    /// Returns what the receiver would send: pongs and a close frame.
    pub(crate) fn answers(&self) -> Vec<String> {
        let (mut rest, mut lines) = (&self.end.transmit[..], Vec::new());
        while let Some(header) = RawHeader::decode(rest) {
            let len = header.frame_len().unwrap_or(rest.len()).min(rest.len());
            lines.push(columns(&header, &rest[..len], false));
            rest = &rest[len..];
        }
        lines
    }

    /// Returns whether the receiver has failed the connection.
    pub(crate) const fn has_violation(&self) -> bool {
        matches!(self.state, State::Failed(_))
    }

    /// Moves bytes of the current frame into it: its header first, then its payload. Returns how many.
    fn fill(&mut self, bytes: &[u8]) -> usize {
        let header = RawHeader::decode(&self.frame);
        let wanted =
            match header.and_then(|header| Some((header.header_len()?, header.frame_len()?))) {
                // The header is checked before there is any payload.
                Some((len, _)) if self.frame.len() < len => len,
                Some((_, len)) => len,
                None => self.frame.len() + 1,
            };
        let count = (wanted - self.frame.len()).min(bytes.len());
        self.frame.extend_from_slice(&bytes[..count]);
        count
    }

    /// Takes the current frame if it is complete, or if its header is not valid.
    fn next_line(&mut self) -> Option<String> {
        let header = RawHeader::decode(&self.frame)?;
        let is_whole = header.frame_len()? == self.frame.len();
        if !is_whole && header.header_len()? != self.frame.len() {
            return None;
        }
        let outcome = self.feed(self.frame.len());
        if !is_whole && outcome.violation.is_none() {
            return None;
        }
        let line = self.describe(&header, &outcome);
        self.advance(&outcome);
        Some(line)
    }

    /// Passes the frame to the receiver, up to its byte `end`.
    fn feed(&mut self, end: usize) -> Outcome {
        let mut outcome = Outcome::default();
        self.end.feed(&self.frame[self.fed..end], |_, event| match event {
            Event::Text(text) => outcome.message = Some((Kind::Text, text.as_bytes().to_vec())),
            Event::Binary(bytes) => outcome.message = Some((Kind::Binary, bytes.to_vec())),
            Event::Close(_) => outcome.is_close = true,
            Event::Violation(error) => outcome.violation = Some(error),
            _ => {}
        });
        self.fed = end;
        outcome
    }

    /// Goes on behind the current frame.
    fn advance(&mut self, outcome: &Outcome) {
        self.frame.clear();
        self.fed = 0;
        match outcome {
            Outcome { violation: Some(_), .. } => self.state = State::Failed(0),
            Outcome { is_close: true, .. } => self.state = State::Closed(0),
            Outcome { .. } => {}
        }
    }

    /// Returns the line of the frame, with what the receiver makes of it.
    fn describe(&mut self, header: &RawHeader, outcome: &Outcome) -> String {
        let mut line = self.columns(header);
        self.count_frame(header);
        if let Some((kind, bytes)) = &outcome.message
            && let Some(message) = self.message.take()
            && (message.is_compressed || message.frames > 1)
        {
            line.push_str(&describe_message(&message, *kind, bytes));
        }
        if let Some(error) = outcome.violation {
            let (section, code) = (sections::of_violation(error), error.close_code());
            line.push_str(&format!("  ✗ {error} ({section}), close {code}"));
        }
        line
    }

    /// Counts the frames of a message.
    fn count_frame(&mut self, header: &RawHeader) {
        let kind = match header.opcode() {
            Some(OpCode::Text) => Kind::Text,
            Some(OpCode::Binary) => Kind::Binary,
            Some(OpCode::Continuation) => {
                if let Some(message) = &mut self.message {
                    message.frames += 1;
                }
                return;
            }
            Some(OpCode::Close | OpCode::Ping | OpCode::Pong) | None => return,
        };
        let is_compressed = header.is_compressed();
        self.message = Some(Message { kind, is_compressed, frames: 1 });
    }

    fn columns(&self, header: &RawHeader) -> String {
        let is_text = match (header.opcode(), &self.message) {
            (Some(OpCode::Continuation), Some(message)) => {
                message.kind == Kind::Text && !message.is_compressed
            }
            _ => header.opcode() == Some(OpCode::Text) && !header.is_compressed(),
        };
        let line = columns(header, &self.frame, is_text);
        match self.is_rebuilt {
            true => line.replacen("masked 00000000", "mask ?         ", 1),
            false => line,
        }
    }
}

/// Returns what a header says, and the start of the payload.
fn columns(header: &RawHeader, frame: &[u8], is_text: bool) -> String {
    let payload = header.payload(frame);
    let (name, flags, mask) = (header.name(), header.flags(), header.mask());
    let length = header.length(payload.len());
    let content = match header.opcode() {
        _ if payload.is_empty() => String::new(),
        Some(OpCode::Close) => describe_close(&payload),
        _ if is_text => preview_text(&payload),
        _ => preview_bytes(&payload),
    };
    let line = format!("{name:<12}  {flags:<8}  {mask:<15}  {length:>9}  {content}");
    line.trim_end().to_owned()
}

fn describe_close(payload: &[u8]) -> String {
    match Close::decode(payload) {
        Ok(Close { code: Some(code), reason: "" }) => code.to_string(),
        Ok(Close { code: Some(code), reason }) => format!("{code} {reason:?}"),
        Ok(Close { code: None, .. }) | Err(_) => match payload.split_first_chunk() {
            Some((code, [])) => u16::from_be_bytes(*code).to_string(),
            Some((code, reason)) => {
                format!("{} {}", u16::from_be_bytes(*code), preview_bytes(reason))
            }
            None => preview_bytes(payload),
        },
    }
}

fn describe_message(message: &Message, kind: Kind, bytes: &[u8]) -> String {
    let what = match (message.frames, message.is_compressed) {
        (1, _) => "inflated".to_owned(),
        (frames, true) => format!("message of {frames} frames, inflated"),
        (frames, false) => format!("message of {frames} frames"),
    };
    let content = match kind {
        Kind::Text => preview_text(bytes),
        Kind::Binary => preview_bytes(bytes),
    };
    format!("  = {what}: {} {content}", count(bytes.len())).trim_end().to_owned()
}
