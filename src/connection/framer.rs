//! Turns messages into frames.
//!
//! Messages are appended to a buffer of the caller, or framed where they lie for a vectored write.
//! Control frames wait in `Pending`, apart, and go out before the next message. Whether anything may be
//! sent at all is for the caller to know: see `closing.rs`.

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;

use super::config::Config;
use super::control::Control;
use super::ended::CloseFrame;
use super::error::SendError;
use super::pending::{Pending, to_control};
use crate::deflate::{Deflation, Encoded, Flush, Frames};
use crate::wire::decoder::saved::load_kind;
use crate::wire::snapshot::{Loader, Saver, SnapshotError};
use crate::wire::{Close, CloseCode, Frame, Header, Keys, Kind, Limits, OpCode, Role, mask};

/// Turns messages into frames.
#[derive(Debug)]
pub(crate) struct Framer {
    /// Generates masking keys, which only a client needs.
    keys: Option<Box<Keys>>,
    /// Control frames that wait to be written. Allocated only while there are any.
    pending: Option<Box<Pending>>,
    /// Compresses messages, if both ends agreed to it.
    deflation: Option<Deflation>,
    /// A message whose last part has not been sent.
    progress: Option<InProgress>,
    /// The close frame that was taken to be written.
    sent: CloseFrame,
    /// Whether every part of a compressed message is flushed.
    is_flushing: bool,
}

/// A message that is sent in parts.
#[derive(Clone, Copy, Debug)]
struct InProgress {
    kind: Kind,
    is_compressed: bool,
    /// Whether a frame of it has been sent.
    has_begun: bool,
}

impl Framer {
    pub(crate) fn new(keys: Option<Keys>) -> Self {
        Self {
            keys: keys.map(Box::new),
            pending: None,
            deflation: None,
            progress: None,
            sent: CloseFrame::Absent,
            is_flushing: true,
        }
    }

    /// Whether a compressed message is sent in parts. The state of its compressor cannot be saved.
    pub(crate) fn is_within_compressed(&self) -> bool {
        self.progress.is_some_and(|progress| progress.is_compressed)
    }

    /// Whether a close frame waits or was taken to be written.
    pub(crate) fn has_close(&self) -> bool {
        let has_pending = self.pending.as_ref().is_some_and(|pending| pending.close.is_some());
        has_pending || self.sent.is_present()
    }

    /// Saves all but the generator of masking keys.
    pub(crate) fn save(&self, out: &mut Saver<'_>) {
        out.option(self.pending.as_ref(), |out, pending| pending.save(out));
        out.option(self.deflation.as_ref(), |out, deflation| deflation.save(out));
        out.option(self.progress, |out, progress| {
            out.flag(progress.kind == Kind::Text);
            out.flag(progress.has_begun);
        });
        out.option(self.sent.is_present().then_some(self.sent), |out, sent| {
            out.option(sent.code(), |out, code| out.raw(&code.get().to_le_bytes()));
        });
        out.flag(self.is_flushing);
    }

    pub(crate) fn load(
        from: &mut Loader<'_>,
        keys: Option<Keys>,
        config: &Config,
    ) -> Result<Self, SnapshotError> {
        Ok(Self {
            pending: from.option(|from| Pending::load(from, &config.limits))?,
            deflation: from.option(|from| load_deflation(from, config))?,
            progress: from.option(load_progress)?,
            sent: from.option(load_sent)?.unwrap_or_default(),
            is_flushing: from.flag()?,
            ..Self::new(keys)
        })
    }

    /// Sets the generator of masking keys, which makes this a client's.
    pub(crate) fn set_keys(&mut self, keys: Keys) {
        self.keys = Some(Box::new(keys));
    }

    /// Compresses messages, as negotiated.
    #[cfg(feature = "deflate")]
    pub(crate) fn set_deflation(&mut self, deflation: Deflation) {
        self.deflation = Some(deflation);
    }

    /// Appends a message to `out`, in one frame.
    ///
    /// # Errors
    ///
    /// Returns [`SendError::MessageInProgress`] within a message sent in parts. `out` is unchanged.
    pub(crate) fn append_message(
        &mut self,
        kind: Kind,
        payload: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<(), SendError> {
        self.check_idle()?;
        self.append_part(kind, payload, true, out)
    }

    /// Appends a message to `out`, in one frame, if messages [are plain](Self::is_plain).
    #[inline(always)]
    pub(crate) fn append_plain(&mut self, kind: Kind, payload: &[u8], out: &mut Vec<u8>) {
        self.append_frame(true, kind.into(), payload, out);
    }

    /// Appends a part of a message to `out`. `fin` says whether it is the last. Control frames that wait
    /// must have been [transmitted](Self::transmit) before.
    ///
    /// # Errors
    ///
    /// Returns [`SendError::MessageInProgress`] if the parts before were of the other kind. `out` is
    /// unchanged.
    pub(crate) fn append_part(
        &mut self,
        kind: Kind,
        payload: &[u8],
        fin: bool,
        out: &mut Vec<u8>,
    ) -> Result<(), SendError> {
        self.check_kind(kind)?;
        let mut progress =
            self.progress.unwrap_or_else(|| self.start(kind, fin.then_some(payload.len())));
        if progress.is_compressed {
            self.append_compressed(&mut progress, fin, payload, out);
        } else {
            self.append(fin, progress.opcode(), payload, out);
            progress.has_begun = true;
        }
        self.progress = (!fin).then_some(progress);
        Ok(())
    }

    /// Frames a message in place. A client masks `payload`.
    ///
    /// # Errors
    ///
    /// Returns [`SendError::MessageInProgress`] within a message sent in parts. `payload` is unchanged.
    pub(crate) fn frame<'p>(
        &mut self,
        kind: Kind,
        payload: &'p mut [u8],
    ) -> Result<Frame<'p>, SendError> {
        self.check_idle()?;
        let header = self.header(true, false, kind.into(), payload.len());
        Ok(Frame::masking(&header, payload))
    }

    /// Frames a message that a server shares: it masks nothing.
    ///
    /// # Errors
    ///
    /// Returns [`SendError::MessageInProgress`] within a message sent in parts.
    pub(crate) fn frame_unmasked<'p>(
        &mut self,
        kind: Kind,
        payload: &'p [u8],
    ) -> Result<Frame<'p>, SendError> {
        debug_assert_eq!(
            self.role(),
            Role::Server,
            "section 5.1: a client masks all that it sends"
        );
        self.check_idle()?;
        Ok(Frame::new(&self.header(true, false, kind.into(), payload.len()), payload))
    }

    /// Returns the frame to send of a message that other connections send, too. It must be sent then, since the
    /// compressor counts on it.
    pub(crate) fn select<'f>(&mut self, frames: &'f Arc<Frames>) -> &'f Encoded {
        let len = frames.payload().len();
        match &mut self.deflation {
            Some(deflation) if deflation.is_for(Some(len)) => deflation.share(frames),
            Some(_) | None => frames.plain(),
        }
    }

    /// Appends a frame that is encoded already. A client masks its copy.
    pub(crate) fn append_encoded(&mut self, frame: &Encoded, out: &mut Vec<u8>) {
        match &mut self.keys {
            None => out.extend_from_slice(frame.bytes()),
            Some(keys) => append_masked(frame.first(), frame.payload(), keys, out),
        }
    }

    /// Compresses messages of at least this many bytes.
    #[cfg(feature = "deflate")]
    pub(crate) fn compress_from(&mut self, bytes: usize) {
        if let Some(deflation) = &mut self.deflation {
            deflation.set_threshold(bytes);
        }
    }

    /// Sets whether every part of a compressed message is flushed.
    #[cfg(feature = "deflate")]
    pub(crate) const fn set_flushing(&mut self, flushing: bool) {
        self.is_flushing = flushing;
    }

    /// Queues a ping of the application.
    ///
    /// # Errors
    ///
    /// Returns [`SendError::ControlTooLong`] if `payload` has more than 125 bytes, and
    /// [`SendError::PingPending`] if another ping waits to be written.
    pub(crate) fn queue_ping(&mut self, payload: &[u8]) -> Result<(), SendError> {
        let ping = to_control(payload)?;
        let pending = self.pending.get_or_insert_default();
        if pending.ping.is_some() {
            return Err(SendError::PingPending);
        }
        pending.ping = Some(ping);
        Ok(())
    }

    /// Queues a keepalive ping, unless one waits already.
    pub(crate) fn queue_probe(&mut self, payload: [u8; 8]) {
        self.pending.get_or_insert_default().probe.get_or_insert(payload);
    }

    /// Queues a pong.
    ///
    /// # Errors
    ///
    /// Returns [`SendError::ControlTooLong`] if `payload` has more than 125 bytes.
    pub(crate) fn queue_pong(&mut self, payload: &[u8], limits: &Limits) -> Result<(), SendError> {
        // Section 5.5: control frames carry at most 125 bytes.
        if payload.len() > Control::MAX_LEN {
            return Err(SendError::ControlTooLong);
        }
        self.pending.get_or_insert_default().push_pong(payload, limits);
        Ok(())
    }

    /// Queues a close frame. Nothing may be sent after it.
    pub(crate) fn queue_close(&mut self, close: Close<'_>) {
        self.pending.get_or_insert_default().push_close(close);
        self.deflation = None;
    }

    /// Appends the control frames that wait to `out`. Returns whether a keepalive ping was among them.
    pub(crate) fn transmit(&mut self, out: &mut Vec<u8>) -> bool {
        let Some(pending) = self.pending.take() else { return false };
        for payload in pending.pongs() {
            self.append(true, OpCode::Pong, payload, out);
        }
        if let Some(ping) = &pending.ping {
            self.append(true, OpCode::Ping, ping.as_bytes(), out);
        }
        if let Some(payload) = &pending.probe {
            self.append(true, OpCode::Ping, payload, out);
        }
        if let Some((close, body)) = &pending.close {
            self.sent = *close;
            self.append(true, OpCode::Close, body.as_bytes(), out);
        }
        pending.probe.is_some()
    }

    /// Whether control frames wait to be written.
    pub(crate) const fn has_pending(&self) -> bool {
        self.pending.is_some()
    }

    /// Drops the control frames that wait.
    pub(crate) fn drop_pending(&mut self) {
        self.pending = None;
    }

    /// Frees what only an open connection needs.
    pub(crate) fn shut(&mut self) {
        self.deflation = None;
    }

    /// The role of this end.
    pub(crate) const fn role(&self) -> Role {
        match self.keys {
            None => Role::Server,
            Some(_) => Role::Client,
        }
    }

    /// The close frame that was taken to be written.
    pub(crate) const fn sent(&self) -> CloseFrame {
        self.sent
    }

    /// Notes that the close frame cannot be written.
    pub(crate) const fn lose_close(&mut self) {
        self.sent = CloseFrame::Absent;
    }

    /// Whether a message of this length would be compressed, and so copied.
    pub(crate) fn is_compressing(&self, len: usize) -> bool {
        self.deflation.as_ref().is_some_and(|deflation| deflation.is_for(Some(len)))
    }

    /// Whether a message is a frame and nothing else.
    #[inline]
    pub(crate) const fn is_plain(&self) -> bool {
        self.progress.is_none() && self.pending.is_none() && self.deflation.is_none()
    }

    /// Checks that a message may start. Section 5.4: messages do not mix.
    ///
    /// # Errors
    ///
    /// Returns [`SendError::MessageInProgress`] within a message sent in parts.
    pub(crate) const fn check_idle(&self) -> Result<(), SendError> {
        match self.progress {
            Some(_) => Err(SendError::MessageInProgress),
            None => Ok(()),
        }
    }

    /// Checks that a part of a message of this kind may be sent.
    ///
    /// # Errors
    ///
    /// Returns [`SendError::MessageInProgress`] if the parts before were of the other kind.
    pub(crate) fn check_kind(&self, kind: Kind) -> Result<(), SendError> {
        match self.progress {
            Some(progress) if progress.kind != kind => Err(SendError::MessageInProgress),
            Some(_) | None => Ok(()),
        }
    }

    /// Starts a message. Its length may be unknown.
    fn start(&self, kind: Kind, len: Option<usize>) -> InProgress {
        let is_compressed = self.deflation.as_ref().is_some_and(|deflation| deflation.is_for(len));
        InProgress { kind, is_compressed, has_begun: false }
    }

    /// Compresses `payload`, and appends the compressed bytes as a frame if there are any yet.
    fn append_compressed(
        &mut self,
        progress: &mut InProgress,
        fin: bool,
        payload: &[u8],
        out: &mut Vec<u8>,
    ) {
        let Some(deflation) = &mut self.deflation else {
            unreachable!("a message is compressed only if that was agreed to");
        };
        let start = out.len();
        // The header comes once the length is known.
        let at = start + Header::MAX_LEN;
        out.resize(at, 0);
        let flush = if fin || self.is_flushing { Flush::Block } else { Flush::None };
        deflation.deflate(payload, flush, out);
        if fin {
            deflation.finish(at, out);
        }
        let len = out.len() - at;
        // Bytes of earlier parts may wait in the compressor.
        let is_whole = fin && self.progress.is_none();
        if is_whole && len >= payload.len() && deflation.can_be_undone() {
            out.truncate(start);
            return self.append(fin, progress.opcode(), payload, out);
        }
        if len == 0 {
            return out.truncate(start);
        }
        // RFC 7692, section 6: the first frame marks the message as compressed.
        let header = self.header(fin, !progress.has_begun, progress.opcode(), len);
        progress.has_begun = true;
        insert_header(&header, start, out);
    }

    fn append(&mut self, fin: bool, opcode: OpCode, payload: &[u8], out: &mut Vec<u8>) {
        out.reserve(Header::MAX_LEN + payload.len());
        self.append_frame(fin, opcode, payload, out);
    }

    #[inline(always)]
    fn append_frame(&mut self, fin: bool, opcode: OpCode, payload: &[u8], out: &mut Vec<u8>) {
        let first = u8::from(fin) << 7 | opcode as u8;
        match &mut self.keys {
            None => {
                push_header(first, payload.len(), out);
                out.extend_from_slice(payload);
            }
            Some(keys) => append_masked(first, payload, keys, out),
        }
    }

    fn header(&mut self, fin: bool, rsv1: bool, opcode: OpCode, len: usize) -> Header {
        // Section 5.3: a client masks each frame with a new key.
        let mask = self.keys.as_mut().map(|keys| keys.next_key());
        Header { fin, rsv1, opcode, mask, len: len as u64 }
    }
}

impl InProgress {
    /// Section 5.4: the first frame of a message carries its kind.
    fn opcode(self) -> OpCode {
        if self.has_begun { OpCode::Continuation } else { self.kind.into() }
    }
}

#[cfg(feature = "deflate")]
fn load_deflation(from: &mut Loader<'_>, config: &Config) -> Result<Deflation, SnapshotError> {
    Deflation::load(from, config.pool.clone())
}

#[cfg(not(feature = "deflate"))]
const fn load_deflation(_: &mut Loader<'_>, _: &Config) -> Result<Deflation, SnapshotError> {
    Err(SnapshotError::Compressed)
}

fn load_progress(from: &mut Loader<'_>) -> Result<InProgress, SnapshotError> {
    Ok(InProgress { kind: load_kind(from)?, is_compressed: false, has_begun: from.flag()? })
}

fn load_sent(from: &mut Loader<'_>) -> Result<CloseFrame, SnapshotError> {
    let number = from.option(Loader::array)?.map(u16::from_le_bytes);
    let Some(number) = number else { return Ok(CloseFrame::Empty) };
    CloseCode::new(number).map(CloseFrame::Code).ok_or(SnapshotError::Malformed)
}

/// Appends a masked frame. Section 5.3: a client masks each frame with a new key.
#[inline(never)]
fn append_masked(first: u8, payload: &[u8], keys: &mut Keys, out: &mut Vec<u8>) {
    let key = keys.next_key();
    push_masked_header(first, payload.len(), key, out);
    mask::append(key, payload, out);
}

/// Appends a header without a masking key.
///
/// Section 5.2: the length takes as few bytes as possible. Appending a fixed number of bytes and dropping some
/// takes fewer instructions than appending 2 or 4.
#[inline(always)]
fn push_header(first: u8, len: usize, out: &mut Vec<u8>) {
    let (rest, head_len) = match len as u64 {
        len @ ..126 => (len, 2),
        len @ 126..=0xffff => (126 | len.swap_bytes() >> 48 << 8, 4),
        _ => return push_long_header(first, 0, len, out),
    };
    let end = out.len() + head_len;
    out.extend_from_slice(&(u64::from(first) | rest << 8).to_le_bytes());
    out.truncate(end);
}

/// Appends a header with a masking key.
#[inline(always)]
fn push_masked_header(first: u8, len: usize, key: [u8; 4], out: &mut Vec<u8>) {
    let [a, b, c, d] = key;
    match u16::try_from(len) {
        Ok(len @ ..126) => {
            let [_, len] = len.to_be_bytes();
            out.extend_from_slice(&[first, 0x80 | len, a, b, c, d]);
        }
        Ok(len) => {
            let [high, low] = len.to_be_bytes();
            out.extend_from_slice(&[first, 0x80 | 126, high, low, a, b, c, d]);
        }
        Err(_) => {
            push_long_header(first, 0x80, len, out);
            out.extend_from_slice(&key);
        }
    }
}

/// Appends a header whose length takes 64 bits, up to the masking key.
#[inline(never)]
fn push_long_header(first: u8, mask: u8, len: usize, out: &mut Vec<u8>) {
    out.extend_from_slice(&[first, mask | 127]);
    out.extend_from_slice(&(len as u64).to_be_bytes());
}

/// Writes a header at `start`, moves the payload up to it, and masks the payload. It starts behind room
/// for the longest header.
fn insert_header(header: &Header, start: usize, out: &mut Vec<u8>) {
    let mut head = [0; Header::MAX_LEN];
    let head_len = header.encode(&mut head);
    out[start..][..head_len].copy_from_slice(&head[..head_len]);
    let (from, to) = (start + Header::MAX_LEN, start + head_len);
    out.copy_within(from.., to);
    out.truncate(out.len() - (from - to));
    if let Some(key) = header.mask {
        mask::apply(key, 0, &mut out[to..]);
    }
}
