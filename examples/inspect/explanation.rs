//! Lines for people: a head or a frame each, in both directions.

use std::error::Error;

use sansocket::Role;

use super::Verdict;
use super::endpoint;
use super::frames::Frames;
use super::heads::{self, Opening};
use super::options::Options;
use super::recording::{Recording, peer};
use super::text::{count, printable};

/// Explains all that both ends have sent.
///
/// # Errors
///
/// Returns an error if the options do not fit the recording.
pub(crate) fn explain(
    recording: &Recording,
    options: &Options,
) -> Result<(Vec<String>, Verdict), Box<dyn Error>> {
    let mut explanation = Explanation {
        recording,
        options,
        opening: Opening::new(options),
        client: Stage::new(recording, options, Role::Client),
        server: Stage::new(recording, options, Role::Server),
        start: recording.pieces.iter().find_map(|piece| piece.time),
        lines: recording.title.iter().map(|title| format!("# {title}")).collect(),
        has_violation: false,
    };
    explanation.run()?;
    let verdict = match explanation.has_violation {
        true => Verdict::Violation,
        false => Verdict::Valid,
    };
    Ok((explanation.lines, verdict))
}

struct Explanation<'r> {
    recording: &'r Recording,
    options: &'r Options,
    opening: Opening,
    client: Stage,
    server: Stage,
    /// The time of the first piece.
    start: Option<f64>,
    lines: Vec<String>,
    has_violation: bool,
}

/// How far the bytes of one end have come.
enum Stage {
    /// A head that is not complete, behind interim ones that end at a position.
    Head(Vec<u8>, usize),
    /// The handshake is done. The agreement of both ends is needed with the first frame.
    Ready,
    Frames(Box<Frames>),
    /// So many bytes are not read.
    Ended(usize),
}

impl Stage {
    fn new(recording: &Recording, options: &Options, sender: Role) -> Self {
        let stream = recording.stream(sender);
        let is_head = [&b"GET "[..], b"HTTP/"].iter().any(|start| stream.starts_with(start));
        match is_head || options.has_opening {
            true => Self::Head(Vec::new(), 0),
            false => Self::Ready,
        }
    }
}

impl Explanation<'_> {
    fn run(&mut self) -> Result<(), Box<dyn Error>> {
        for piece in &self.recording.pieces {
            let time = piece.time.zip(self.start).map(|(time, start)| time - start);
            for bytes in piece.bytes.chunks(self.options.chunk) {
                self.push(piece.sender, bytes, time)?;
            }
        }
        for sender in [Role::Client, Role::Server] {
            self.finish(sender)?;
        }
        let remarks = self.recording.remarks.iter().map(|remark| format!("# {remark}"));
        self.lines.extend(remarks);
        Ok(())
    }

    fn push(
        &mut self,
        sender: Role,
        bytes: &[u8],
        time: Option<f64>,
    ) -> Result<(), Box<dyn Error>> {
        if matches!(self.stage(sender), Stage::Ready) {
            let deflate = self.opening.deflate.as_deref();
            let connection = endpoint::open(peer(sender), self.options, deflate)?;
            let frames = Frames::new(connection, self.recording.is_rebuilt);
            *self.stage(sender) = Stage::Frames(Box::new(frames));
        }
        match self.stage(sender) {
            Stage::Head(head, _) => {
                // The end of a head may be cut by the pieces.
                let from = head.len().saturating_sub(END.len() - 1);
                head.extend_from_slice(bytes);
                self.read_heads(sender, time, from)?;
            }
            Stage::Frames(frames) => {
                let lines = frames.push(bytes);
                self.has_violation |= self.frames_failed(sender);
                self.add(sender, time, lines);
            }
            Stage::Ended(len) => *len += bytes.len(),
            Stage::Ready => {}
        }
        Ok(())
    }

    /// Explains the heads that are complete. None ends before the byte `from`.
    fn read_heads(
        &mut self,
        sender: Role,
        time: Option<f64>,
        from: usize,
    ) -> Result<(), Box<dyn Error>> {
        while let Stage::Head(bytes, start) = self.stage(sender) {
            let (start, from) = (*start, from.max(*start));
            let Some(end) = bytes[from..].windows(END.len()).position(|it| it == END) else {
                return Ok(());
            };
            let mut heads = std::mem::take(bytes);
            let rest = heads.split_off(from + end + END.len());
            if sender == Role::Server && is_interim(&heads[start..]) {
                self.add(sender, time, describe_head(&heads[start..], ""));
                let start = heads.len();
                heads.extend(rest);
                *self.stage(sender) = Stage::Head(heads, start);
                continue;
            }
            self.end_head(sender, &heads, start, time)?;
            if !rest.is_empty() {
                self.push(sender, &rest, time)?;
            }
        }
        Ok(())
    }

    /// Checks the last head of a direction.
    fn end_head(
        &mut self,
        sender: Role,
        heads: &[u8],
        start: usize,
        time: Option<f64>,
    ) -> Result<(), Box<dyn Error>> {
        let verdict = match sender {
            Role::Client => self.opening.check_request(heads, self.options),
            Role::Server => self.opening.check_response(heads, self.options)?,
        };
        self.has_violation |= matches!(verdict, heads::Verdict::Failed(_));
        self.add(sender, time, describe_head(&heads[start..], &verdict.describe()));
        *self.stage(sender) = match verdict {
            heads::Verdict::Open | heads::Verdict::Unchecked => Stage::Ready,
            heads::Verdict::Failed(_) if self.goes_on() => Stage::Ready,
            heads::Verdict::Rejected(_) | heads::Verdict::Failed(_) => Stage::Ended(0),
        };
        Ok(())
    }

    /// Returns whether both ends went on, as if nothing was wrong with their heads.
    fn goes_on(&self) -> bool {
        let response = self.recording.stream(Role::Server);
        self.recording.has(Role::Client) && response.starts_with(b"HTTP/1.1 101")
    }

    fn finish(&mut self, sender: Role) -> Result<(), Box<dyn Error>> {
        if let Stage::Head(bytes, start) = self.stage(sender)
            && (bytes.len() > *start || *start > 0)
        {
            let (heads, start) = (std::mem::take(bytes), *start);
            self.end_head(sender, &heads, start, None)?;
        }
        match self.stage(sender) {
            Stage::Frames(frames) => {
                let lines = frames.finish();
                let answers = frames.answers();
                self.has_violation |= self.frames_failed(sender);
                self.add(sender, None, lines);
                if !self.recording.has(peer(sender)) {
                    let answers = answers.into_iter().map(|line| format!("{line}  (the answer)"));
                    self.add(peer(sender), None, answers.collect());
                }
            }
            Stage::Ended(len @ 1..) => {
                let line = format!("{} after the head, not read", count(*len));
                self.add(sender, None, vec![line]);
            }
            Stage::Head(..) | Stage::Ready | Stage::Ended(0) => {}
        }
        Ok(())
    }

    fn frames_failed(&mut self, sender: Role) -> bool {
        matches!(self.stage(sender), Stage::Frames(frames) if frames.has_violation())
    }

    /// Adds lines of one direction.
    fn add(&mut self, sender: Role, time: Option<f64>, lines: Vec<String>) {
        let direction = match sender {
            Role::Client => "client → server",
            Role::Server => "server → client",
        };
        let time = time.map(|time| format!("{time:>+10.3} s  ")).unwrap_or_default();
        let prefix = format!("{time}{direction}  ");
        self.lines.extend(lines.into_iter().map(|line| prefix.clone() + &line));
    }

    const fn stage(&mut self, sender: Role) -> &mut Stage {
        match sender {
            Role::Client => &mut self.client,
            Role::Server => &mut self.server,
        }
    }
}

/// Returns the lines of a head: the first with what is wrong, then the headers.
fn describe_head(head: &[u8], verdict: &str) -> Vec<String> {
    let mut lines = head.split(|&byte| byte == b'\n').map(|line| line.trim_ascii_end());
    let first = lines.find(|line| !line.is_empty()).unwrap_or_default();
    let first = format!("{}  head of {}{verdict}", printable(first), count(head.len()));
    let headers =
        lines.filter(|line| !line.is_empty()).map(|line| format!("    {}", printable(line)));
    std::iter::once(first).chain(headers).collect()
}

/// Returns whether a response is followed by another.
fn is_interim(head: &[u8]) -> bool {
    let is_digit = |byte: &u8| byte.is_ascii_digit();
    head.get(9..12)
        .is_some_and(|status| status[0] == b'1' && status.iter().all(is_digit) && status != b"101")
}

/// The end of a head.
const END: &[u8] = b"\r\n\r\n";
