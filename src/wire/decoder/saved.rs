//! A decoder in a snapshot.

use super::{Content, Decoder, Frame, Message};
use crate::wire::snapshot::{Loader, Saver, SnapshotError, check};
use crate::wire::{Header, Kind, Limits, Role};

impl Decoder {
    /// Whether the message in progress is compressed.
    pub(crate) fn is_compressing(&self) -> bool {
        self.is_within_compressed() || self.message.is_some_and(|message| message.is_compressed)
    }

    /// Returns the kind of the message in progress.
    pub(crate) fn kind(&self) -> Option<Kind> {
        let of_frame = self.frame.and_then(|frame| match frame.content {
            Content::Data(kind) => Some(kind),
            Content::Close | Content::Ping | Content::Pong => None,
        });
        of_frame.or(self.message.map(|message| message.kind))
    }

    /// Returns the control frame whose payload is not complete, and whether none of it has come.
    pub(crate) fn control(&self) -> Option<(Content, bool)> {
        let frame = self.frame.filter(|frame| !matches!(frame.content, Content::Data(_)));
        frame.map(|frame| (frame.content, frame.is_first))
    }

    /// Returns whether `len` bytes can have come of the message in progress.
    pub(crate) fn can_have_received(&self, len: u64) -> bool {
        let data = self.frame.filter(|frame| matches!(frame.content, Content::Data(_)));
        let left = data.map_or(0, |frame| frame.left);
        match (self.message, data) {
            (_, Some(frame)) if frame.is_first => len == 0,
            (Some(message), _) => message.len.checked_sub(left) == Some(len),
            (None, Some(_)) => len.checked_add(left).is_some_and(|all| all <= self.max_message),
            (None, None) => len == 0,
        }
    }

    /// Saves all but the limits and the role. The message in progress must not be compressed.
    pub(crate) fn save(&self, out: &mut Saver<'_>) {
        out.flag(self.rejects_text);
        out.flag(self.rejects_binary);
        out.option(self.message, |out, message| {
            out.flag(message.kind == Kind::Text);
            out.word(message.fragments);
            out.long(message.len);
        });
        out.option(self.frame, |out, frame| {
            out.byte(match frame.content {
                Content::Data(Kind::Text) => 0,
                Content::Data(Kind::Binary) => 1,
                Content::Close => 2,
                Content::Ping => 3,
                Content::Pong => 4,
            });
            // The peer's key, which it has sent in the clear.
            out.raw(&frame.key);
            out.long(frame.left);
            out.flag(frame.is_first);
            out.flag(frame.is_last);
        });
        out.bytes([&self.head[..usize::from(self.head_len)]]);
    }

    /// Loads a decoder. Its state must be one that bytes from the peer lead to.
    pub(crate) fn load(
        from: &mut Loader<'_>,
        role: Role,
        limits: Limits,
        accepts_compressed: bool,
    ) -> Result<Self, SnapshotError> {
        let mut decoder = Self { accepts_compressed, ..Self::new(role, limits) };
        for kind in [Kind::Text, Kind::Binary] {
            if from.flag()? {
                decoder.reject_kind(kind);
            }
        }
        decoder.message = from.option(load_message)?;
        decoder.frame = from.option(load_frame)?;
        decoder.message.map_or(Ok(()), |message| decoder.check_message(&message))?;
        decoder.frame.map_or(Ok(()), |frame| decoder.check_frame(&frame))?;
        decoder.load_head(from)?;
        Ok(decoder)
    }

    fn check_message(&self, message: &Message) -> Result<(), SnapshotError> {
        check(message.fragments > 0)?;
        let is_within = message.fragments <= self.max_fragments && message.len <= self.max_message;
        is_within.then_some(()).ok_or(SnapshotError::TooBig)
    }

    fn check_frame(&self, frame: &Frame) -> Result<(), SnapshotError> {
        // Section 5.1: a server does not mask.
        check(frame.left > 0 && (self.role == Role::Server || frame.key == [0; 4]))?;
        let Content::Data(kind) = frame.content else {
            // Section 5.5: control frames are short, and are not fragmented.
            return check(frame.is_last && frame.left <= 125);
        };
        check(match self.message {
            None => frame.is_last,
            Some(message) => {
                let is_of_message = message.kind == kind && frame.left <= message.len;
                !frame.is_last && is_of_message && (!frame.is_first || message.fragments == 1)
            }
        })?;
        let is_within = frame.left <= self.max_frame && frame.left <= self.max_message;
        is_within.then_some(()).ok_or(SnapshotError::TooBig)
    }

    /// Loads the start of a header by decoding it again.
    fn load_head(&mut self, from: &mut Loader<'_>) -> Result<(), SnapshotError> {
        let bytes = from.bytes()?;
        let mut head = [0; Header::MAX_LEN];
        let head = head.get_mut(..bytes.len()).ok_or(SnapshotError::Malformed)?;
        head.copy_from_slice(bytes);
        check(head.is_empty() || self.frame.is_none())?;
        let outcome = self.decode(head).map_err(|_| SnapshotError::Malformed)?;
        check(outcome.1.is_none() && usize::from(self.head_len) == bytes.len())
    }
}

fn load_message(from: &mut Loader<'_>) -> Result<Message, SnapshotError> {
    let kind = load_kind(from)?;
    Ok(Message { kind, is_compressed: false, fragments: from.word()?, len: from.long()? })
}

/// Loads the kind of a message.
pub(crate) fn load_kind(from: &mut Loader<'_>) -> Result<Kind, SnapshotError> {
    Ok(if from.flag()? { Kind::Text } else { Kind::Binary })
}

fn load_frame(from: &mut Loader<'_>) -> Result<Frame, SnapshotError> {
    let content = match from.at_most(4)? {
        0 => Content::Data(Kind::Text),
        1 => Content::Data(Kind::Binary),
        2 => Content::Close,
        3 => Content::Ping,
        _ => Content::Pong,
    };
    let (key, left) = (from.array()?, from.long()?);
    let (is_first, is_last) = (from.flag()?, from.flag()?);
    Ok(Frame { content, is_compressed: false, key, left, is_first, is_last })
}
