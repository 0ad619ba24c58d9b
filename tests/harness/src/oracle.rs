use std::str;

use sansocket::{Kind, Role};

use crate::seen::Seen;
use crate::setup::Setup;

/// What RFC 6455 says of a stream.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Judged {
    /// The events.
    pub seen: Vec<Seen>,
    /// What has been seen of a message whose end did not come.
    pub parts: Vec<u8>,
    /// With which close code the connection fails, and at which byte of the stream.
    pub failure: Option<(u16, usize)>,
    /// The payload of a close frame that breaks the protocol.
    pub bad_close: Option<Vec<u8>>,
    /// How many bytes the whole frames take, up to the close frame.
    pub used: usize,
}

/// Judges a stream without any cleverness: all of it at once, frame by frame, in the words of the RFC.
///
/// It shares no code with the decoder, which it is to be compared with.
pub fn judge(setup: &Setup, stream: &[u8]) -> Judged {
    let mut judge = Judge { setup, stream, judged: Judged::default(), message: None };
    if let Err(failure) = judge.run() {
        judge.judged.failure = Some(failure);
    }
    judge.judged
}

struct Judge<'s> {
    setup: &'s Setup,
    stream: &'s [u8],
    judged: Judged,
    message: Option<Message>,
}

struct Message {
    is_text: bool,
    fragments: u64,
    bytes: Vec<u8>,
}

struct Header {
    fin: bool,
    opcode: u8,
    key: [u8; 4],
    len: u64,
    /// Where the payload begins.
    end: usize,
}

type Failure = (u16, usize);

impl Judge<'_> {
    fn run(&mut self) -> Result<(), Failure> {
        while let Some(header) = self.header(self.judged.used)? {
            let rest = &self.stream[header.end..];
            let len = usize::try_from(header.len).map_or(rest.len(), |len| len.min(rest.len()));
            let payload: Vec<u8> = rest[..len]
                .iter()
                .zip(header.key.iter().cycle())
                .map(|(byte, key)| byte ^ key)
                .collect();
            let is_whole = len as u64 == header.len;
            if header.opcode < 8 {
                self.data(&header, &payload, is_whole)?;
            }
            if !is_whole {
                break;
            }
            let end = header.end + len;
            match header.opcode {
                8 => {
                    self.close(payload, end)?;
                    break;
                }
                9 if !self.is_discarding() => self.judged.seen.push(Seen::Ping(payload)),
                10 if !self.is_discarding() => self.judged.seen.push(Seen::Pong(payload)),
                _ => {}
            }
            self.judged.used = end;
        }
        Ok(())
    }

    /// Whether the application has closed, and wants nothing more than the close frame.
    fn is_discarding(&self) -> bool {
        let closes_after = self.setup.closes_after.filter(|_| self.setup.discards);
        closes_after.is_some_and(|count| self.judged.seen.len() >= count)
    }

    /// Takes a close frame, which ends at `end`.
    fn close(&mut self, payload: Vec<u8>, end: usize) -> Result<(), Failure> {
        match close(&payload) {
            Ok(seen) => self.judged.seen.push(seen),
            Err(code) => {
                self.judged.bad_close = Some(payload);
                return Err((code, end - 1));
            }
        }
        self.judged.used = end;
        Ok(())
    }

    /// The header at `at`, if it is whole.
    fn header(&self, at: usize) -> Result<Option<Header>, Failure> {
        let Some(&first) = self.stream.get(at) else { return Ok(None) };
        let (fin, opcode) = (first >= 0x80, first & 0x0f);
        self.judge_first(first).map_err(|code| (code, at))?;
        let Some(&second) = self.stream.get(at + 1) else { return Ok(None) };
        let (is_masked, short) = (second >= 0x80, second & 0x7f);
        self.judge_second(opcode, is_masked, short).map_err(|code| (code, at + 1))?;
        let Some((len, mut end)) = self.length(short, at + 2)? else { return Ok(None) };
        if opcode < 8 && self.is_too_big(len) {
            return Err((1009, end - 1));
        }
        let mut key = [0; 4];
        if is_masked {
            let Some(bytes) = self.stream.get(end..end + 4) else { return Ok(None) };
            key.copy_from_slice(bytes);
            end += 4;
        }
        Ok(Some(Header { fin, opcode, key, len, end }))
    }

    fn judge_first(&self, first: u8) -> Result<(), u16> {
        let (fin, reserved, opcode) = (first >= 0x80, first & 0x70, first & 0x0f);
        let sequence_is_right = match opcode {
            0 => self.message.is_some(),
            1 | 2 => self.message.is_none(),
            8..=10 => fin,
            _ => false,
        };
        if reserved != 0 || !sequence_is_right {
            return Err(1002);
        }
        let refuses = self.setup.refuses;
        if matches!((opcode, refuses), (1, Some(Kind::Text)) | (2, Some(Kind::Binary))) {
            return Err(1003);
        }
        let fragments = self.message.as_ref().map_or(0, |message| message.fragments);
        if opcode < 8 && fragments >= self.setup.limits.fragments {
            return Err(1008);
        }
        Ok(())
    }

    fn judge_second(&self, opcode: u8, is_masked: bool, short: u8) -> Result<(), u16> {
        let is_right = is_masked == (self.setup.role == Role::Server)
            && (opcode < 8 || short <= 125)
            && (opcode != 8 || short != 1);
        if is_right { Ok(()) } else { Err(1002) }
    }

    /// The length of the payload, and where what follows it begins.
    fn length(&self, short: u8, at: usize) -> Result<Option<(u64, usize)>, Failure> {
        let (bytes, least) = match short {
            126 => (2, 126),
            127 => (8, 65536),
            _ => return Ok(Some((short.into(), at))),
        };
        if bytes == 8 && self.stream.get(at).is_some_and(|&byte| byte >= 0x80) {
            return Err((1002, at));
        }
        let end = at + bytes;
        let Some(long) = self.stream.get(at..end) else { return Ok(None) };
        let long = long.iter().fold(0, |len, &byte| len << 8 | u64::from(byte));
        if long < least { Err((1002, end - 1)) } else { Ok(Some((long, end))) }
    }

    fn is_too_big(&self, len: u64) -> bool {
        let limits = &self.setup.limits;
        let before = self.message.as_ref().map_or(0, |message| message.bytes.len());
        len > limits.frame || u128::from(len) + before as u128 > u128::from(limits.message)
    }

    fn data(&mut self, header: &Header, payload: &[u8], is_whole: bool) -> Result<(), Failure> {
        let is_discarding = self.is_discarding();
        let is_text = header.opcode == 1;
        let message =
            self.message.get_or_insert(Message { is_text, fragments: 0, bytes: Vec::new() });
        let before = message.bytes.len();
        message.fragments += 1;
        message.bytes.extend_from_slice(payload);
        let is_last = header.fin && is_whole;
        let bad = match str::from_utf8(&message.bytes) {
            _ if !message.is_text => None,
            Ok(_) => None,
            Err(error) if error.error_len().is_some() => bad_byte(&message.bytes),
            Err(_) if is_last => Some((message.bytes.len() - 1).max(before)),
            Err(_) => None,
        };
        let good = bad.unwrap_or(message.bytes.len());
        if !is_discarding {
            self.judged.parts.extend_from_slice(&message.bytes[before..good]);
        }
        if let Some(bad) = bad {
            // Without payload, it is the last byte of the header that shows it.
            let at = header.end + bad - before;
            return Err((1007, if payload.is_empty() { header.end - 1 } else { at }));
        }
        if is_last
            && let Some(Message { is_text, bytes, .. }) = self.message.take()
            && !is_discarding
        {
            self.judged.parts.clear();
            self.judged.seen.push(match is_text {
                true => Seen::Text(String::from_utf8_lossy(&bytes).into_owned()),
                false => Seen::Binary(bytes),
            });
        }
        Ok(())
    }
}

/// The first byte that cannot continue any character.
pub(crate) fn bad_byte(bytes: &[u8]) -> Option<usize> {
    let start = str::from_utf8(bytes).err()?.valid_up_to();
    let is_bad = |end: &usize| {
        str::from_utf8(&bytes[start..*end]).is_err_and(|error| error.error_len().is_some())
    };
    (start..=bytes.len()).find(is_bad).map(|end| end - 1)
}

fn close(payload: &[u8]) -> Result<Seen, u16> {
    let [high, low, reason @ ..] = payload else { return Ok(Seen::Close(None, String::new())) };
    let code = u16::from_be_bytes([*high, *low]);
    if !matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999) {
        return Err(1002);
    }
    match str::from_utf8(reason) {
        Ok(reason) => Ok(Seen::Close(Some(code), reason.into())),
        Err(_) => Err(1007),
    }
}
