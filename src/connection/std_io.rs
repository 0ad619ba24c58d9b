//! Reads and writes for the traits of `std`.

use std::io::{self, ErrorKind, IoSlice, Read, Write};

use super::connection::Connection;
use super::input::Input;
use super::sender::Sender;
use super::timestamp::Timestamp;

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
            Ok(None) => {
                self.free_memory();
                return Ok(false);
            }
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
        let (written, len) = self.lend_slices(|slices| {
            let written = retry(|| match slices {
                // To write one slice is less work.
                [slice] => stream.write(slice),
                slices => stream.write_vectored(slices),
            });
            (written, slices.len())
        });
        match written {
            Ok(Some(0)) if len > 0 => {
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

    /// Lends what waits to be written: the first slices of it, or none.
    pub(crate) fn lend_slices<R>(&mut self, write: impl FnOnce(&[IoSlice<'_>]) -> R) -> R {
        let front = self.transmit();
        match front.is_empty() {
            true => write(&[]),
            false if self.output.is_simple() => write(&[IoSlice::new(self.output.front())]),
            false => self.lend_chunks(write),
        }
    }

    /// Lends the first chunks of a long output.
    fn lend_chunks<R>(&self, write: impl FnOnce(&[IoSlice<'_>]) -> R) -> R {
        lend_slices::<16, _>(self.output.chunks(), write)
    }
}

/// Lends the first `MOST` chunks for a vectored write.
pub(crate) fn lend_slices<'c, const MOST: usize, R>(
    chunks: impl Iterator<Item = &'c [u8]>,
    write: impl FnOnce(&[IoSlice<'_>]) -> R,
) -> R {
    let mut slices = [IoSlice::new(&[]); MOST];
    let mut count = 0;
    for (slice, chunk) in slices.iter_mut().zip(chunks) {
        *slice = IoSlice::new(chunk);
        count += 1;
    }
    write(&slices[..count])
}

/// Repeats a call that was interrupted. Returns `None` if it would block.
pub(crate) fn retry(mut call: impl FnMut() -> io::Result<usize>) -> io::Result<Option<usize>> {
    loop {
        match call() {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                return Ok(None);
            }
            outcome => return outcome.map(Some),
        }
    }
}
