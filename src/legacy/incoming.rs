//! Frames become messages.

use crate::connection::{Assembly, Held};
use crate::wire::{Kind, Limits, ProtocolError};

use super::decoder::{Decoder, Piece};
use super::draft::Draft;

/// The messages of an open connection.
#[derive(Debug)]
pub(super) struct Incoming {
    decoder: Decoder,
    text: Assembly,
    limits: Limits,
}

/// A frame that the application or the protocol has to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Frame {
    Text,
    Close,
}

impl Incoming {
    pub(super) fn new(draft: Draft, limits: Limits) -> Self {
        let mut text = Assembly::default();
        text.start(Kind::Text, alloc::vec::Vec::new());
        Self { decoder: Decoder::new(draft, limits), text, limits }
    }

    /// Looks for a frame. Returns how many bytes were used, which is all of them if there is none.
    pub(super) fn find(&mut self, bytes: &[u8]) -> (usize, Result<Option<Frame>, ProtocolError>) {
        let mut used = 0;
        loop {
            let rest = bytes.get(used..).unwrap_or_default();
            let (count, piece) = match self.decoder.decode(rest) {
                Ok(decoded) => decoded,
                Err(error) => return (bytes.len(), Err(error)),
            };
            used += count;
            let frame = match piece {
                None => return (used, Ok(None)),
                Some(Piece::Text(range)) => {
                    let text = rest.get(range).unwrap_or_default();
                    self.text.push(text, self.limits.message).map(|()| None)
                }
                Some(Piece::End) if self.text.is_complete() => Ok(Some(Frame::Text)),
                Some(Piece::End) => Err(ProtocolError::InvalidUtf8),
                Some(Piece::Close) => Ok(Some(Frame::Close)),
            };
            match frame {
                Ok(None) => {}
                frame => return (used, frame),
            }
        }
    }

    /// Takes the text that was found.
    pub(super) fn take_text(&mut self) -> Held {
        let text = self.text.take();
        self.text.start(Kind::Text, alloc::vec::Vec::new());
        text
    }
}
