use sansocket::Role;

use crate::choices::Choices;

/// Builds frames for an end of this role, which are mostly as they should be.
pub(crate) fn build(role: Role, choices: &mut Choices<'_>) -> Vec<u8> {
    let mut builder =
        Builder { role, choices, stream: Vec::new(), message: None, owed: Vec::new() };
    while !builder.choices.is_empty() && builder.stream.len() < MAX_STREAM {
        builder.step();
    }
    builder.stream
}

const MAX_STREAM: usize = 70_000;

struct Builder<'c, 'd> {
    role: Role,
    choices: &'c mut Choices<'d>,
    stream: Vec<u8>,
    /// The opcode of the message that is open.
    message: Option<u8>,
    /// The rest of a character that has been begun.
    owed: Vec<u8>,
}

impl Builder<'_, '_> {
    fn step(&mut self) {
        match self.choices.below(64) {
            0..=35 => self.data(),
            36..=43 => self.control(9),
            44..=49 => self.control(10),
            50 => self.close(),
            51 => self.message = None,
            52 => self.message = Some(2),
            53 => {
                let len = self.choices.below(8);
                let noise = self.choices.take(len);
                self.stream.extend_from_slice(noise);
            }
            54..=56 => {
                for _ in 0..self.choices.below(24) {
                    self.frame(0x09, &[]);
                }
            }
            57..=59 => {
                for _ in 0..self.choices.below(24) {
                    if self.message.is_some() {
                        self.frame(0x00, &[]);
                    }
                }
            }
            _ => self.data(),
        }
    }

    fn data(&mut self) {
        let opcode = match self.message {
            Some(_) => 0,
            None => 1 + self.choices.byte() % 2,
        };
        let kind = self.message.unwrap_or(opcode);
        let fin = self.choices.below(3) > 0;
        let len = self.choices.len();
        let payload = if kind == 1 { self.text(len, fin) } else { self.bytes(len) };
        self.message = (!fin).then_some(kind);
        self.frame(u8::from(fin) << 7 | opcode, &payload);
    }

    fn control(&mut self, opcode: u8) {
        let len = self.choices.len();
        let len = if self.choices.once_in(32) { len } else { len % 126 };
        let payload = self.bytes(len);
        self.frame(0x80 | opcode, &payload);
    }

    fn close(&mut self) {
        const CODES: [u16; 10] = [1000, 1001, 1005, 1011, 1015, 2999, 3000, 4999, 5000, 999];
        let mut payload = Vec::new();
        if self.choices.below(4) > 0 {
            payload.extend(CODES[self.choices.below(CODES.len())].to_be_bytes());
            let len = self.choices.len() % 124;
            payload.extend(self.text(len, true));
            payload.truncate(125);
        }
        self.frame(0x88, &payload);
    }

    fn bytes(&mut self, len: usize) -> Vec<u8> {
        let mut bytes = self.choices.take(len.min(64)).to_vec();
        bytes.resize(len, 0x5a);
        bytes
    }

    /// About `len` bytes of text, mostly right, cut off within a character if more follow.
    fn text(&mut self, len: usize, is_last: bool) -> Vec<u8> {
        const TEXTS: [&str; 6] = ["a", "é", "€", "😀", "\u{ffff}", "\u{10ffff}"];
        const FAULTS: [&[u8]; 6] =
            [b"\x80", b"\xc0", b"\xed\xa0", b"\xf4\x90", b"\xff", b"\xe2\x82"];
        let mut text = std::mem::take(&mut self.owed);
        let repeated = TEXTS[self.choices.below(TEXTS.len())];
        while text.len() < len {
            let next = if len > 64 { repeated } else { TEXTS[self.choices.below(TEXTS.len())] };
            text.extend_from_slice(next.as_bytes());
        }
        if self.choices.once_in(24) {
            text.extend_from_slice(FAULTS[self.choices.below(FAULTS.len())]);
        }
        if !is_last {
            let character = TEXTS[self.choices.below(TEXTS.len())].as_bytes();
            let (begun, owed) = character.split_at(self.choices.below(character.len()));
            text.extend_from_slice(begun);
            self.owed = owed.to_vec();
        }
        text
    }

    fn frame(&mut self, first: u8, payload: &[u8]) {
        let fault = self.choices.once_in(40);
        let mut first = first;
        let mut is_masked = self.role == Role::Server;
        let mut form = match payload.len() {
            ..126 => 0,
            126..65536 => 1,
            _ => 2,
        };
        match if fault { self.choices.below(8) } else { 8 } {
            0 => first ^= 0x40,
            1 => first ^= 0x20,
            2 => first ^= 0x80,
            3 => first ^= 0x04,
            4 => is_masked = !is_masked,
            5 if form < 2 => form += 1,
            _ => {}
        }
        let len = payload.len();
        let mask_bit = u8::from(is_masked) << 7;
        self.stream.push(first);
        let len_bytes = (len as u64).to_be_bytes();
        match form {
            0 => self.stream.push(mask_bit | len_bytes[7]),
            1 => {
                self.stream.push(mask_bit | 126);
                self.stream.extend_from_slice(&len_bytes[6..]);
            }
            _ => {
                self.stream.push(mask_bit | 127);
                self.stream.extend_from_slice(&len_bytes);
            }
        }
        let mut key = [0; 4];
        if is_masked {
            key = [self.choices.byte(), self.choices.byte(), 0xa5, 0x0f];
            self.stream.extend_from_slice(&key);
        }
        let masked = payload.iter().zip(key.iter().cycle()).map(|(byte, key)| byte ^ key);
        self.stream.extend(masked);
    }
}
