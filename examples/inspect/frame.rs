//! The parts of a frame, valid or not (section 5.2).

use sansocket::wire::{OpCode, apply_mask};

/// The header of a frame, as far as its bytes are there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RawHeader {
    first: u8,
    /// `None` if the second byte is missing.
    is_masked: Option<bool>,
    /// The length of the payload. `None` if bytes of it are missing.
    len: Option<u64>,
    key: Option<[u8; 4]>,
    /// The length of the header. `None` if bytes of it are missing.
    header_len: Option<usize>,
}

impl RawHeader {
    /// Decodes the header at the front of `bytes`, without validating it. Returns `None` if there are no bytes.
    pub(crate) fn decode(bytes: &[u8]) -> Option<Self> {
        let (&first, rest) = bytes.split_first()?;
        let mut header = Self { first, is_masked: None, len: None, key: None, header_len: None };
        let Some((&second, rest)) = rest.split_first() else { return Some(header) };
        header.is_masked = Some(second & 0x80 != 0);
        let (extended, len) = match second & 0x7f {
            126 => (2, rest.first_chunk().map(|len| u16::from_be_bytes(*len).into())),
            127 => (8, rest.first_chunk().map(|len| u64::from_be_bytes(*len))),
            len => (0, Some(len.into())),
        };
        header.len = len;
        header.key = match second & 0x80 {
            0 => None,
            _ => rest.get(extended..).and_then(|rest| rest.first_chunk()).copied(),
        };
        let is_whole = len.is_some() && (second & 0x80 == 0 || header.key.is_some());
        header.header_len =
            is_whole.then_some(2 + extended + if second & 0x80 == 0 { 0 } else { 4 });
        Some(header)
    }

    /// Returns the length of the header if it is complete.
    pub(crate) const fn header_len(&self) -> Option<usize> {
        self.header_len
    }

    /// Returns the length of the whole frame, at most [`usize::MAX`], if its header is complete.
    pub(crate) fn frame_len(&self) -> Option<usize> {
        let payload = usize::try_from(self.len?).unwrap_or(usize::MAX);
        Some(self.header_len?.saturating_add(payload))
    }

    /// Returns the opcode if it is not reserved.
    pub(crate) const fn opcode(&self) -> Option<OpCode> {
        OpCode::new(self.first)
    }

    /// Returns whether RSV1 is set, which marks the first frame of a compressed message.
    pub(crate) const fn is_compressed(&self) -> bool {
        self.first & 0x40 != 0
    }

    /// Returns the payload in a frame that may be cut off, unmasked.
    pub(crate) fn payload(&self, frame: &[u8]) -> Vec<u8> {
        let mut payload = frame[self.header_len.unwrap_or(frame.len())..].to_vec();
        if let Some(key) = self.key {
            apply_mask(key, 0, &mut payload);
        }
        payload
    }

    /// Returns the name of the opcode.
    pub(crate) fn name(&self) -> String {
        match self.opcode() {
            Some(OpCode::Continuation) => "continuation".to_owned(),
            Some(OpCode::Text) => "text".to_owned(),
            Some(OpCode::Binary) => "binary".to_owned(),
            Some(OpCode::Close) => "close".to_owned(),
            Some(OpCode::Ping) => "ping".to_owned(),
            Some(OpCode::Pong) => "pong".to_owned(),
            None => format!("opcode {:#x}", self.first & 0x0f),
        }
    }

    /// Returns the names of the bits that are set.
    pub(crate) fn flags(&self) -> String {
        let names = [(0x80, "FIN"), (0x40, "RSV1"), (0x20, "RSV2"), (0x10, "RSV3")];
        let set = names.iter().filter(|(bit, _)| self.first & bit != 0).map(|(_, name)| *name);
        let set: Vec<_> = set.collect();
        if set.is_empty() { "-".to_owned() } else { set.join(" ") }
    }

    /// Returns how the payload is masked.
    pub(crate) fn mask(&self) -> String {
        match (self.is_masked, self.key) {
            (None, _) => "mask ?".to_owned(),
            (Some(false), _) => "unmasked".to_owned(),
            (Some(true), None) => "masked".to_owned(),
            (Some(true), Some(key)) => format!("masked {:08x}", u32::from_be_bytes(key)),
        }
    }

    /// Returns the length of the payload, and how much of it is there if that is less.
    pub(crate) fn length(&self, available: usize) -> String {
        match self.len {
            None => "length ?".to_owned(),
            Some(1) if available == 1 => "1 byte".to_owned(),
            Some(len) if len == available as u64 => format!("{len} bytes"),
            Some(len) => format!("{available} of {len} bytes"),
        }
    }
}
