//! A guard for one read.

use core::fmt;

use super::input::Input;
use super::receiver::Receiver;
use super::sender::Sender;
use super::timestamp::Timestamp;

/// The buffer of one read, and the connection that it is for.
///
/// Dropping it is harmless: nothing was read then.
///
/// ```
/// use std::io::{self, Read};
/// use sansocket::{Connection, Input, Timestamp};
///
/// fn read(
///     connection: &mut Connection,
///     input: &mut Input<Vec<u8>>,
///     stream: &mut impl Read,
///     now: Timestamp,
/// ) -> io::Result<()> {
///     let mut spare = connection.spare(input);
///     let count = stream.read(spare.buffer())?;
///     spare.filled(count, now);
///     Ok(())
/// }
/// # use sansocket::{Config, Event, Negotiated};
/// # let (mut input, now) = (Input::new(vec![0; 64]), Timestamp::default());
/// # let mut server = Connection::open_server(Negotiated::new(), Config::new().shared(), now);
/// # read(&mut server, &mut input, &mut &b"\x81\x82\0\0\0\0Hi"[..], now)?;
/// # assert_eq!(server.next_event(&mut input), Some(Event::Text("Hi")));
/// # Ok::<(), io::Error>(())
/// ```
#[must_use]
pub struct Spare<'s, B> {
    receiver: &'s mut Receiver,
    sender: Option<&'s mut Sender>,
    input: &'s mut Input<B>,
}

impl<'s, B: AsMut<[u8]>> Spare<'s, B> {
    pub(super) fn new(
        receiver: &'s mut Receiver,
        sender: Option<&'s mut Sender>,
        input: &'s mut Input<B>,
    ) -> Self {
        receiver.claim(input);
        Self { receiver, sender, input }
    }

    /// Returns the buffer to read into. It is empty if the storage of the input is empty.
    ///
    /// The rest of a long frame is read straight into its message. The buffer may be up to 512 bytes longer than that rest, so
    /// that the header of the next frame is read along.
    pub fn buffer(&mut self) -> &mut [u8] {
        self.receiver.buffer(self.input)
    }

    /// Notes that `count` bytes were read into the buffer. 0 is the end of the transport.
    ///
    /// # Panics
    ///
    /// Panics if `count` is more than the length of the buffer.
    pub fn filled(mut self, count: usize, now: Timestamp) {
        // Who has no room to read into, reads nothing.
        if count == 0 && self.buffer().is_empty() {
            return;
        }
        let Self { receiver, sender, input } = self;
        if count == 0 {
            return receiver.handle_eof();
        }
        receiver.fill(input, count, now);
        if let Some(sender) = sender {
            receiver.tell(now, sender);
        }
    }
}

impl Receiver {
    /// Returns a guard for the next read.
    ///
    /// Bytes of another connection that are left in `input` are dropped.
    pub fn spare<'s, B: AsMut<[u8]>>(&'s mut self, input: &'s mut Input<B>) -> Spare<'s, B> {
        Spare::new(self, None, input)
    }
}

/// Payloads may be secret, so this prints lengths only.
impl<B> fmt::Debug for Spare<'_, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Spare").field("input", &self.input).finish_non_exhaustive()
    }
}
