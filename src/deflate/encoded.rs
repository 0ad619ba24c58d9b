//! A frame that is encoded once and sent by many connections.

use bytes::Bytes;

use crate::wire::{Frame, Header, Kind};

/// A frame of a whole message, as a server sends it: without a mask.
#[derive(Clone)]
pub(crate) struct Encoded {
    bytes: Bytes,
    head_len: usize,
}

impl Encoded {
    pub(crate) fn new(kind: Kind, rsv1: bool, payload: &[u8]) -> Self {
        let len = payload.len() as u64;
        let header = Header { fin: true, rsv1, opcode: kind.into(), mask: None, len };
        let frame = Frame::new(&header, payload);
        let [head, payload] = frame.slices();
        Self { bytes: [head, payload].concat().into(), head_len: head.len() }
    }

    /// Returns the frame: header and payload.
    pub(crate) const fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// Returns the first byte of the header: the opcode and whether the message is compressed.
    pub(crate) fn first(&self) -> u8 {
        self.bytes[0]
    }

    pub(crate) fn payload(&self) -> &[u8] {
        &self.bytes[self.head_len..]
    }

    /// Returns the payload without a copy.
    pub(crate) fn to_payload(&self) -> Bytes {
        self.bytes.slice(self.head_len..)
    }
}
