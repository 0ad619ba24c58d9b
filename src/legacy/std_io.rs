//! Reads and writes for the traits of `std`.

use std::io::{self, ErrorKind, Read, Write};

use super::connection::Connection;
use super::sender::Sender;
use crate::connection::{Input, Timestamp, retry};

impl Connection {
    /// Reads once from a stream, and takes the time after that. Returns `false` if the stream would block, or
    /// has blocked for as long as it may.
    ///
    /// # Errors
    ///
    /// Returns the error of the stream. Nothing more will come then; events that came before still do.
    pub fn read_from<B: AsMut<[u8]>>(
        &mut self,
        stream: &mut impl Read,
        input: &mut Input<B>,
        now: impl FnOnce() -> Timestamp,
    ) -> io::Result<bool> {
        let mut spare = self.spare(input);
        match retry(|| stream.read(spare.buffer())) {
            Ok(Some(count)) => spare.filled(count, now()),
            Ok(None) => return Ok(false),
            Err(error) => {
                self.handle_eof(now());
                return Err(error);
            }
        }
        Ok(true)
    }
}

impl Sender {
    /// Writes once to a stream what waits, and takes the time after that. Returns `false` if the stream would
    /// block, or has blocked for as long as it may.
    ///
    /// # Errors
    ///
    /// Returns the error of the stream. Nothing more can be written then; what the peer has sent can still be
    /// read.
    pub fn write_to(
        &mut self,
        stream: &mut impl Write,
        now: impl FnOnce() -> Timestamp,
    ) -> io::Result<bool> {
        let bytes = self.transmit();
        let is_empty = bytes.is_empty();
        match retry(|| stream.write(bytes)) {
            Ok(Some(0)) if !is_empty => {
                self.handle_write_error(now());
                Err(ErrorKind::WriteZero.into())
            }
            Ok(written) => {
                self.transmitted(written.unwrap_or(0), now());
                Ok(written.is_some())
            }
            Err(error) => {
                self.handle_write_error(now());
                Err(error)
            }
        }
    }
}
