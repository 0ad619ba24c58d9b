use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;

use super::closing::{Ending, State};
use super::control::Control;
use super::ended::{CloseFrame, Ended, Initiator, TimedOut};
use super::error::SendError;
use super::message::Message;
use crate::deflate::{Deflation, Flush};
use crate::wire::{
    Close, CloseCode, Frame, Header, Keys, Kind, Limits, OpCode, ProtocolError, Role, mask,
};

/// The half of a [`Connection`](crate::Connection) that turns messages into bytes for the peer.
///
/// What is to be sent is appended to a `Vec` of the caller's, `out`, or lent as a [`Frame`] for a
/// vectored write. What the protocol itself owes, and pings and the close frame, are queued and taken
/// with [`poll_transmit`](Self::poll_transmit); data that is sent after them takes them along.
///
/// After our close frame nothing is sent, not even a pong.
#[derive(Debug)]
pub struct Sender {
    /// Masking keys, which only a client needs.
    keys: Option<Box<Keys>>,
    /// Control frames that wait to be written: memory which exists only while some do.
    pending: Option<Box<Pending>>,
    max_pongs: u16,
    max_pong_bytes: u32,
    /// What compresses messages, if both ends have agreed to it.
    deflation: Option<Deflation>,
    /// A message whose last part has not been sent.
    part: Option<Part>,
    /// The close frame that was taken to be written.
    sent: CloseFrame,
    /// How far the connection is on the way to its end: both halves look at it.
    ending: Ending,
    is_closing: bool,
    /// Whether a part of a compressed message does not wait for the next one.
    is_flushing: bool,
}

/// A message that is sent by parts.
#[derive(Clone, Copy, Debug)]
struct Part {
    kind: Kind,
    is_compressed: bool,
    /// Whether a frame of it has been sent.
    has_begun: bool,
}

impl Sender {
    pub(crate) fn new(limits: &Limits, keys: Option<Keys>) -> Self {
        Self {
            keys: keys.map(Box::new),
            pending: None,
            deflation: None,
            max_pongs: limits.pongs,
            max_pong_bytes: limits.pong_bytes,
            part: None,
            sent: CloseFrame::Absent,
            ending: Ending::new(),
            is_closing: false,
            is_flushing: true,
        }
    }

    /// Appends a message to `out`, in one frame.
    ///
    /// # Errors
    ///
    /// When the connection is closing, or within a message sent by parts. `out` is unchanged then.
    #[inline]
    pub fn send<'p>(
        &mut self,
        message: impl Into<Message<'p>>,
        out: &mut Vec<u8>,
    ) -> Result<(), SendError> {
        let message = message.into();
        if self.is_plain() {
            let (kind, payload) = message.split();
            self.append(true, kind.into(), payload, out);
            return Ok(());
        }
        self.check_idle()?;
        self.send_data(message, true, out)
    }

    /// Appends a part of a message to `out`, which more parts follow (section 5.4).
    ///
    /// The length of the message need not be known. Pings and pongs may pass between its parts, but no
    /// other message.
    ///
    /// # Errors
    ///
    /// When the connection is closing, or when this part is of another kind than those before it.
    /// `out` is unchanged then.
    pub fn send_part<'p>(
        &mut self,
        part: impl Into<Message<'p>>,
        out: &mut Vec<u8>,
    ) -> Result<(), SendError> {
        self.send_data(part.into(), false, out)
    }

    /// Appends the last part of a message to `out`. It may be empty, and it may be the only one.
    ///
    /// # Errors
    ///
    /// As [`send_part`](Self::send_part).
    pub fn send_last<'p>(
        &mut self,
        part: impl Into<Message<'p>>,
        out: &mut Vec<u8>,
    ) -> Result<(), SendError> {
        self.send_data(part.into(), true, out)
    }

    /// Makes a message of `payload` where it lies, for a vectored write.
    ///
    /// Nothing is copied, nor compressed. A client masks `payload` in place, so it is not legible
    /// afterwards. Take what is pending with [`poll_transmit`](Self::poll_transmit), and write it, before
    /// this frame.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send), and when text is not UTF-8. `payload` is unchanged then.
    #[inline]
    pub fn frame<'p>(&mut self, kind: Kind, payload: &'p mut [u8]) -> Result<Frame<'p>, SendError> {
        self.check_idle()?;
        // Section 8.1: what is sent as text is UTF-8.
        if kind == Kind::Text && simdutf8::basic::from_utf8(payload).is_err() {
            return Err(SendError::InvalidUtf8);
        }
        let header = self.header(true, false, kind.into(), payload.len());
        Ok(Frame::masking(&header, payload))
    }

    /// Makes a message of a payload that is shared, for a vectored write by a server.
    ///
    /// As [`frame`](Self::frame), but the payload stays as it is, since a server masks nothing.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send), and always for a client.
    #[inline]
    pub fn frame_unmasked<'p>(
        &mut self,
        message: impl Into<Message<'p>>,
    ) -> Result<Frame<'p>, SendError> {
        self.check_idle()?;
        // Section 5.1: a client masks all that it sends.
        if self.role() == Role::Client {
            return Err(SendError::MustMask);
        }
        let (kind, payload) = message.into().split();
        Ok(Frame::new(&self.header(true, false, kind.into(), payload.len()), payload))
    }

    /// Compresses messages of at least so many bytes, from the next one on: 0 for all of them,
    /// [`usize::MAX`] for none. Messages of unknown length, sent by parts, are compressed unless none is.
    ///
    /// Do not compress what is compressed already, nor secrets together with what an attacker may choose
    /// (RFC 7692, section 8). Without effect unless compression was agreed to.
    #[cfg(feature = "deflate")]
    pub fn compress_from(&mut self, bytes: usize) {
        if let Some(deflation) = &mut self.deflation {
            deflation.set_threshold(bytes);
        }
    }

    /// Whether each part of a compressed message leaves at once, as it does unless this says otherwise.
    ///
    /// If not, parts wait in the compressor until there is enough for a frame: better for messages of
    /// many small parts which nobody waits for. The last part takes all of them along.
    #[cfg(feature = "deflate")]
    pub const fn set_flushing(&mut self, flushing: bool) {
        self.is_flushing = flushing;
    }

    /// Queues a ping, which replaces one that has not been taken to be written yet.
    ///
    /// The peer answers with a pong of the same payload: see [`Event::Pong`](crate::Event::Pong), and
    /// [`Deadlines`](crate::Deadlines) for pings that measure time.
    ///
    /// # Errors
    ///
    /// When the connection is closing or `payload` is longer than 125 bytes. Nothing is queued then.
    pub fn ping(&mut self, payload: &[u8]) -> Result<(), SendError> {
        self.pending_for(payload)?.1.ping = Some(to_control(payload)?);
        Ok(())
    }

    /// Queues a pong, asked for or not (section 5.5.3).
    ///
    /// Pings are answered without this, unless
    /// [`set_auto_pong`](crate::Receiver::set_auto_pong) says that they are not. Of more pongs than
    /// [`Limits`] let wait, only the newest is kept.
    ///
    /// # Errors
    ///
    /// As [`ping`](Self::ping).
    pub fn pong(&mut self, payload: &[u8]) -> Result<(), SendError> {
        let (limits, pending) = self.pending_for(payload)?;
        pending.push_pong(payload, limits);
        Ok(())
    }

    /// Queues a close frame. Nothing can be sent after it.
    ///
    /// A message sent by parts is left unfinished. What the peer has in flight is discarded; wait for
    /// its close frame, and see [`Timeouts::close`](crate::Timeouts::close). Does nothing if the
    /// connection is closing already. Without a `code` there is no `reason`.
    ///
    /// # Errors
    ///
    /// When `reason` has more than 123 bytes, or stands without a code, or when only the other role
    /// may send this code. Nothing is queued then.
    pub fn close(
        &mut self,
        code: impl Into<Option<CloseCode>>,
        reason: &str,
    ) -> Result<(), SendError> {
        let code = code.into();
        match (code, self.role()) {
            (None, _) if !reason.is_empty() => return Err(SendError::ReasonWithoutCode),
            // Section 7.4.1: only a client misses an extension, since a server could refuse.
            (Some(CloseCode::MANDATORY_EXTENSION), Role::Server) => {
                return Err(SendError::WrongRole);
            }
            // 1012 to 1014 tell of the state of a server.
            (Some(code), Role::Client) if (1012..=1014).contains(&code.get()) => {
                return Err(SendError::WrongRole);
            }
            _ => {}
        }
        // Section 5.5: the whole body has at most 125 bytes.
        if reason.len() > Close::MAX_REASON {
            return Err(SendError::ReasonTooLong);
        }
        self.owe_close(Close { code, reason });
        Ok(())
    }

    /// Appends the control frames that are due to `out`, and tells how many bytes they are.
    ///
    /// Call this after every call that takes `&mut Sender`, before waiting for the network. A close
    /// frame counts as sent from here on.
    pub fn poll_transmit(&mut self, out: &mut Vec<u8>) -> usize {
        let before = out.len();
        if let Some(pending) = self.pending.take() {
            self.transmit(&pending, out);
        }
        out.len() - before
    }

    /// Whether control frames wait to be taken with [`poll_transmit`](Self::poll_transmit).
    pub const fn has_pending(&self) -> bool {
        self.pending.is_some()
    }

    /// Whether a close frame has been queued or sent, or the transport has ended: nothing more can be
    /// sent.
    pub const fn is_closing(&self) -> bool {
        self.is_closing
    }

    /// Which end of the connection this is.
    pub const fn role(&self) -> Role {
        match self.keys {
            None => Role::Server,
            Some(_) => Role::Client,
        }
    }

    /// Compresses messages, as the opening handshake has agreed.
    #[cfg(feature = "deflate")]
    pub(crate) fn set_deflation(&mut self, deflation: Deflation) {
        self.deflation = Some(deflation);
    }

    /// Whether a message of this length would be compressed, and so copied.
    #[doc(hidden)]
    pub fn is_compressing(&self, len: usize) -> bool {
        self.deflation.as_ref().is_some_and(|deflation| deflation.is_for(Some(len)))
    }

    pub(crate) const fn state(&self) -> State {
        self.ending.state
    }

    /// Remembers an error, and tells the peer (section 7.1.7).
    #[cold]
    pub(crate) fn fail(&mut self, error: ProtocolError) -> ProtocolError {
        self.ending.state = State::Failed(error);
        self.owe_close(Close { code: Some(error.close_code()), reason: "" });
        error
    }

    /// Takes the peer's close frame, and answers it.
    pub(crate) fn receive_close(&mut self, code: CloseFrame) {
        let is_answer = self.has_close();
        self.ending.initiator = Some(if is_answer { Initiator::Us } else { Initiator::Peer });
        self.ending.received = code;
        if !matches!(self.ending.state, State::TimedOut(_)) {
            self.ending.state = State::Closed;
        }
        // Section 5.5.1: the answer carries the code of the question.
        self.owe_close(Close { code: code.code(), reason: "" });
    }

    /// Notes that the transport has ended: nothing more will come. What is queued stays so, as the peer
    /// may still read.
    #[doc(hidden)]
    pub fn receive_eof(&mut self) {
        self.ending.has_eof = true;
        if self.ending.state == State::Open {
            self.ending.state = State::Lost;
        }
        self.shut();
    }

    /// Gives up on a peer that let a deadline pass. What is queued is dropped.
    #[doc(hidden)]
    pub fn give_up(&mut self, timed_out: TimedOut) {
        if self.ending.state == State::Open {
            self.ending.state = State::TimedOut(timed_out);
        }
        self.receive_eof();
        self.drop_pending();
    }

    /// Whether nothing more is to be said, and what the peer still says does not matter.
    #[doc(hidden)]
    pub const fn is_over(&self) -> bool {
        self.ending.is_over(self.role())
    }

    /// Whether the peer has said its last: a close frame has come, or an error, or the end.
    #[doc(hidden)]
    pub const fn has_heard_all(&self) -> bool {
        !matches!(self.ending.state, State::Open)
    }

    /// How the connection ended, once it has.
    #[doc(hidden)]
    pub fn account(&self) -> Option<Ended> {
        self.ending.account(self.sent)
    }

    /// Whether a close frame has been queued or sent.
    fn has_close(&self) -> bool {
        let is_queued = self.pending.as_ref().is_some_and(|pending| pending.close.is_some());
        is_queued || self.sent.is_present()
    }

    /// Drops what is queued, as it will not be written.
    #[doc(hidden)]
    pub fn drop_pending(&mut self) {
        self.pending = None;
    }

    /// Sends nothing more, as nobody is there to read it. What is queued stays so.
    #[doc(hidden)]
    pub fn shut(&mut self) {
        self.is_closing = true;
        self.deflation = None;
    }

    /// Queues the answer to a ping, unless the connection is closing (section 5.5.2).
    pub(crate) fn owe_pong(&mut self, payload: &[u8]) {
        let _ = self.pong(payload);
    }

    /// Queues a close frame, unless the connection is closing (section 5.5.1).
    pub(crate) fn owe_close(&mut self, close: Close<'_>) {
        if !self.is_closing {
            self.shut();
            let mut body = Control::new();
            if let Some(code) = close.code {
                let fits =
                    body.push(&code.get().to_be_bytes()).and(body.push(close.reason.as_bytes()));
                debug_assert!(fits.is_some(), "a reason that is too long has been refused");
            }
            self.pending.get_or_insert_default().close = Some((close.code.into(), body));
        }
    }

    /// Whether a message is nothing but a frame.
    #[inline]
    const fn is_plain(&self) -> bool {
        self.part.is_none()
            && self.pending.is_none()
            && self.deflation.is_none()
            && !self.is_closing
    }

    /// Section 5.4: messages do not mix. Section 5.5.1: none is sent after a close frame.
    fn check_idle(&self) -> Result<(), SendError> {
        match self.part {
            _ if self.is_closing => Err(SendError::Closing),
            Some(_) => Err(SendError::MessageInProgress),
            None => Ok(()),
        }
    }

    fn pending_for(&mut self, payload: &[u8]) -> Result<((u16, u32), &mut Pending), SendError> {
        // Section 5.5: control frames carry at most 125 bytes.
        if payload.len() > Control::MAX_LEN {
            return Err(SendError::ControlTooLong);
        }
        // Section 5.5.1: and none follows a close frame.
        if self.is_closing {
            return Err(SendError::Closing);
        }
        let limits = (self.max_pongs, self.max_pong_bytes);
        Ok((limits, self.pending.get_or_insert_default()))
    }

    fn send_data(
        &mut self,
        message: Message<'_>,
        fin: bool,
        out: &mut Vec<u8>,
    ) -> Result<(), SendError> {
        if self.is_closing {
            return Err(SendError::Closing);
        }
        let (kind, payload) = message.split();
        let mut part = match self.part {
            None => self.start(kind, fin.then_some(payload.len())),
            Some(part) if part.kind == kind => part,
            // Section 5.4: messages do not mix.
            Some(_) => return Err(SendError::MessageInProgress),
        };
        self.poll_transmit(out);
        if part.is_compressed {
            self.append_compressed(&mut part, fin, payload, out);
        } else {
            self.append(fin, part.opcode(), payload, out);
            part.has_begun = true;
        }
        self.part = (!fin).then_some(part);
        Ok(())
    }

    /// Starts a message, of a length which may be unknown.
    fn start(&self, kind: Kind, len: Option<usize>) -> Part {
        let is_compressed = self.deflation.as_ref().is_some_and(|deflation| deflation.is_for(len));
        Part { kind, is_compressed, has_begun: false }
    }

    fn transmit(&mut self, pending: &Pending, out: &mut Vec<u8>) {
        for payload in pending.pongs() {
            self.append(true, OpCode::Pong, payload, out);
        }
        if let Some(ping) = &pending.ping {
            self.append(true, OpCode::Ping, ping.as_bytes(), out);
        }
        if let Some((close, body)) = &pending.close {
            self.sent = *close;
            self.append(true, OpCode::Close, body.as_bytes(), out);
        }
    }

    /// Appends a frame of what becomes of `payload`, unless nothing does yet.
    fn append_compressed(&mut self, part: &mut Part, fin: bool, payload: &[u8], out: &mut Vec<u8>) {
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
        // Of parts before, something may wait in the compressor.
        let is_whole = fin && self.part.is_none();
        if is_whole && len >= payload.len() && deflation.can_be_undone() {
            out.truncate(start);
            return self.append(fin, part.opcode(), payload, out);
        }
        if len == 0 {
            return out.truncate(start);
        }
        // RFC 7692, section 6: the first frame tells that the message is compressed.
        let header = self.header(fin, !part.has_begun, part.opcode(), len);
        part.has_begun = true;
        insert_header(&header, start, out);
    }

    #[inline]
    fn append(&mut self, fin: bool, opcode: OpCode, payload: &[u8], out: &mut Vec<u8>) {
        let first = u8::from(fin) << 7 | opcode as u8;
        out.reserve(Header::MAX_LEN + payload.len());
        match &mut self.keys {
            None => {
                push_head(first, 0, payload.len(), out);
                out.extend_from_slice(payload);
            }
            // Section 5.3: a client masks each frame with a new key.
            Some(keys) => {
                let key = keys.next_key();
                push_head(first, 0x80, payload.len(), out);
                out.extend_from_slice(&key);
                mask::append(key, payload, out);
            }
        }
    }

    fn header(&mut self, fin: bool, rsv1: bool, opcode: OpCode, len: usize) -> Header {
        // Section 5.3: a client masks each frame with a new key.
        let mask = self.keys.as_mut().map(|keys| keys.next_key());
        Header { fin, rsv1, opcode, mask, len: len as u64 }
    }
}

impl Part {
    /// Section 5.4: the first frame of a message tells what it holds.
    fn opcode(self) -> OpCode {
        if self.has_begun { OpCode::Continuation } else { self.kind.into() }
    }
}

/// Appends a header up to the masking key (section 5.2). Each of its forms is written at once.
#[inline]
fn push_head(first: u8, mask: u8, len: usize, out: &mut Vec<u8>) {
    // Section 5.2: the length takes as few bytes as possible.
    match u16::try_from(len) {
        Ok(len @ ..126) => {
            let [_, len] = len.to_be_bytes();
            out.extend_from_slice(&[first, mask | len]);
        }
        Ok(len) => {
            let [high, low] = len.to_be_bytes();
            out.extend_from_slice(&[first, mask | 126, high, low]);
        }
        Err(_) => {
            out.extend_from_slice(&[first, mask | 127]);
            out.extend_from_slice(&(len as u64).to_be_bytes());
        }
    }
}

/// Writes a header at `start`, moves the payload up to it from where there was room for the longest
/// header, and masks it.
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

/// Control frames that wait to be written.
#[derive(Default)]
pub(crate) struct Pending {
    /// Payloads, each behind a byte that tells its length.
    pongs: Vec<u8>,
    pong_count: u16,
    /// Where the newest begins.
    newest: usize,
    ping: Option<Control>,
    close: Option<(CloseFrame, Control)>,
}

/// What they carry is not for logs.
impl fmt::Debug for Pending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pending").field("pongs", &self.pong_count).finish_non_exhaustive()
    }
}

impl Pending {
    /// Section 5.5.3: of several pings, only the newest need be answered. We answer all while few of
    /// the answers are pending, and beyond that let the newest replace the one before it.
    fn push_pong(&mut self, payload: &[u8], (max_count, max_bytes): (u16, u32)) {
        let bytes = self.pongs.len() + payload.len() + usize::from(self.pong_count) + 2;
        if self.pong_count >= max_count || bytes > max_bytes as usize {
            self.pongs.truncate(self.newest);
            self.pong_count = self.pong_count.saturating_sub(1);
        }
        self.newest = self.pongs.len();
        self.pong_count += 1;
        self.pongs.extend(u8::try_from(payload.len()));
        self.pongs.extend_from_slice(payload);
    }

    fn pongs(&self) -> impl Iterator<Item = &[u8]> {
        let mut rest = &self.pongs[..];
        core::iter::from_fn(move || {
            let (&len, behind) = rest.split_first()?;
            let (payload, behind) = behind.split_at(usize::from(len));
            rest = behind;
            Some(payload)
        })
    }
}

fn to_control(payload: &[u8]) -> Result<Control, SendError> {
    let mut control = Control::new();
    control.push(payload).ok_or(SendError::ControlTooLong)?;
    Ok(control)
}
