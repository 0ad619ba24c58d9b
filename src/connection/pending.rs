//! Control frames that wait to be written.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;

use super::control::Control;
use super::ended::CloseFrame;
use super::error::SendError;
use crate::wire::snapshot::{Loader, Saver, SnapshotError, check};
use crate::wire::{Close, Limits};

/// Control frames that wait to be written.
#[derive(Default)]
pub(crate) struct Pending {
    /// Payloads, each behind a byte that holds its length.
    pongs: Vec<u8>,
    pong_count: u16,
    /// The start of the newest pong.
    newest: usize,
    /// A ping of the application.
    pub(crate) ping: Option<Control>,
    /// A keepalive ping.
    pub(crate) probe: Option<[u8; 8]>,
    pub(crate) close: Option<(CloseFrame, Control)>,
}

impl Pending {
    /// Queues a pong.
    ///
    /// Section 5.5.3: of several pings, only the newest need be answered. All are answered while few
    /// pongs wait. Beyond that, a new pong replaces the newest one.
    pub(crate) fn push_pong(&mut self, payload: &[u8], limits: &Limits) {
        let bytes = self.pongs.len() + payload.len() + usize::from(self.pong_count) + 2;
        if self.pong_count >= limits.pongs || bytes > limits.pong_bytes as usize {
            self.pongs.truncate(self.newest);
            self.pong_count = self.pong_count.saturating_sub(1);
        }
        self.append_pong(payload);
    }

    fn append_pong(&mut self, payload: &[u8]) {
        self.newest = self.pongs.len();
        self.pong_count += 1;
        self.pongs.extend(u8::try_from(payload.len()));
        self.pongs.extend_from_slice(payload);
    }

    /// Queues a close frame.
    pub(crate) fn push_close(&mut self, close: Close<'_>) {
        let mut body = Control::new();
        if let Some(code) = close.code {
            let fits = body.push(&code.get().to_be_bytes()).and(body.push(close.reason.as_bytes()));
            debug_assert!(fits.is_some(), "a reason that is too long was rejected");
        }
        self.close = Some((close.code.into(), body));
    }

    pub(crate) fn save(&self, out: &mut Saver<'_>) {
        out.word(self.pong_count.into());
        for pong in self.pongs() {
            out.bytes([pong]);
        }
        out.option(self.ping.as_ref(), |out, ping| out.bytes([ping.as_bytes()]));
        out.option(self.probe, |out, probe| out.raw(&probe));
        out.option(self.close.as_ref(), |out, (_, body)| out.bytes([body.as_bytes()]));
    }

    pub(crate) fn load(from: &mut Loader<'_>, limits: &Limits) -> Result<Box<Self>, SnapshotError> {
        let mut pending = Box::new(Self::default());
        let count = from.word()?;
        for number in 1..=count {
            let pong = from.bytes()?;
            check(pong.len() <= Control::MAX_LEN)?;
            // The limit of bytes is one without the newest, which may have replaced a shorter one.
            if number == count && pending.pong_count < limits.pongs {
                pending.append_pong(pong);
            } else {
                pending.push_pong(pong, limits);
            }
        }
        let to_ping = |bytes| to_control(bytes).map_err(|_| SnapshotError::Malformed);
        pending.ping = from.option(|from| from.bytes().and_then(to_ping))?;
        pending.probe = from.option(Loader::array)?;
        if let Some(body) = from.option(Loader::bytes)? {
            // Section 5.5: the whole body has at most 125 bytes.
            check(body.len() <= Control::MAX_LEN)?;
            pending.push_close(Close::decode(body).map_err(|_| SnapshotError::Malformed)?);
        }
        Ok(pending)
    }

    /// Returns the payloads of the pongs.
    pub(crate) fn pongs(&self) -> impl Iterator<Item = &[u8]> {
        let mut rest = &self.pongs[..];
        core::iter::from_fn(move || {
            let (&len, behind) = rest.split_first()?;
            let (payload, behind) = behind.split_at(usize::from(len));
            rest = behind;
            Some(payload)
        })
    }
}

/// Payloads may be secret, so this prints counts only.
impl fmt::Debug for Pending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pending").field("pongs", &self.pong_count).finish_non_exhaustive()
    }
}

/// Returns the payload of a ping or pong.
///
/// # Errors
///
/// Returns [`SendError::ControlTooLong`] if `payload` has more than 125 bytes (section 5.5).
pub(crate) fn to_control(payload: &[u8]) -> Result<Control, SendError> {
    let mut control = Control::new();
    control.push(payload).ok_or(SendError::ControlTooLong)?;
    Ok(control)
}
