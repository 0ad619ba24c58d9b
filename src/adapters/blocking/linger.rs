use core::time::Duration;
use std::io::ErrorKind;
use std::net::Shutdown;
use std::time::Instant;

use super::stream::{LEAST, Stream};

/// Ends a stream to which all has been written, so that all of it arrives.
///
/// What the peer still sends is read and thrown away until it ends the stream too, for `patience` at
/// the most. Without that an operating system which has unread bytes resets the stream, and our last
/// words, such as why we closed, may never be read.
pub fn linger(stream: &mut impl Stream, patience: Duration) {
    let start = Instant::now();
    let mut is_open = stream.shutdown(Shutdown::Write).is_ok();
    let mut waste = [0; 4 << 10];
    while is_open && let Some(left) = patience.checked_sub(start.elapsed()) {
        let is_bounded = stream.set_timeout(Some(left.max(LEAST))).is_ok();
        is_open = is_bounded
            && match stream.read(&mut waste) {
                Ok(count) => count > 0,
                Err(error) => error.kind() == ErrorKind::Interrupted,
            };
    }
    let _ = stream.shutdown(Shutdown::Both);
}
