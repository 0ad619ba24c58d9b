//! Several reads as one.

use core::task::Poll;
use std::io;

use ::tokio::io::ReadBuf;

/// Reads until the buffer is full or nothing has arrived.
///
/// A stream of HTTP/2 gives out one DATA frame at a time, and a peer may send each message in a frame of its own. All
/// messages that a single read yields are answered in one write. Otherwise, as many small DATA frames would leave as
/// have come, and too many of them end a connection (RUSTSEC-2026-0258).
pub(super) fn poll_gathered(
    buffer: &mut ReadBuf<'_>,
    mut poll_read: impl FnMut(&mut ReadBuf<'_>) -> Poll<io::Result<()>>,
) -> Poll<io::Result<()>> {
    let before = buffer.filled().len();
    loop {
        let len = buffer.filled().len();
        let polled = poll_read(buffer);
        let has_more = buffer.filled().len() > len && buffer.remaining() > 0;
        if !has_more {
            // The end of the stream, or an error, comes again with the next read.
            let has_read = buffer.filled().len() > before;
            return if has_read { Poll::Ready(Ok(())) } else { polled };
        }
    }
}
