//! A guard for one read.

use core::fmt;

use super::connection::Connection;
use crate::connection::{Input, Timestamp};

/// The buffer of one read, and the connection that it is for.
///
/// Dropping it is harmless: nothing was read then.
///
/// ```
/// use sansocket::legacy::Connection;
/// use sansocket::{Config, Event, Input, Timestamp};
///
/// # let (mut input, now) = (Input::new(vec![0; 64]), Timestamp::default());
/// let mut server = Connection::server(Config::new().shared(), now);
/// let mut spare = server.spare(&mut input);
/// spare.buffer()[..4].copy_from_slice(b"GET "); // A read of four bytes.
/// spare.filled(4, now);
/// assert_eq!(server.next_event(&mut input), None);
/// ```
#[must_use]
pub struct Spare<'s, B> {
    connection: &'s mut Connection,
    input: &'s mut Input<B>,
}

impl Connection {
    /// Returns a guard for the next read.
    ///
    /// Bytes of another connection that are left in `input` are dropped.
    pub fn spare<'s, B: AsMut<[u8]>>(&'s mut self, input: &'s mut Input<B>) -> Spare<'s, B> {
        self.make_room(input);
        Spare { connection: self, input }
    }
}

impl<B: AsMut<[u8]>> Spare<'_, B> {
    /// Returns the buffer to read into. It is empty if the storage of the input is empty.
    pub fn buffer(&mut self) -> &mut [u8] {
        self.input.spare()
    }

    /// Notes that `count` bytes were read into the buffer. 0 is the end of the transport.
    ///
    /// # Panics
    ///
    /// Panics if `count` is more than the length of the buffer.
    pub fn filled(mut self, count: usize, now: Timestamp) {
        // Who has no room to read into, reads nothing.
        match (count, self.buffer().len()) {
            (0, 0) => {}
            (0, _) => self.connection.handle_eof(now),
            _ => {
                self.input.fill(count);
                self.connection.note_read(self.input, now);
            }
        }
    }
}

/// Payloads may be secret, so this prints lengths only.
impl<B> fmt::Debug for Spare<'_, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Spare").field("input", &self.input).finish_non_exhaustive()
    }
}
