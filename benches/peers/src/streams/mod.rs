//! Streams in memory, with the traits of all peers, which only copy what is read.

mod answering;
mod traits;

pub(crate) use answering::{Answering, answer};
use workload::source::{READ, Source};

/// A stream of what `T` gives, which throws away what is written to it, unless `T` wants to see it.
#[derive(Debug)]
pub(crate) struct Stream<T>(T);

/// The end of a stream in memory.
pub(crate) trait End: Unpin {
    /// The next bytes, at most so many: none if it must be waited for them.
    fn take(&mut self, most: usize) -> &[u8];

    /// Takes what is written.
    #[inline(always)]
    fn write(&mut self, bytes: &[u8]) {
        workload::sink::take(bytes);
    }
}

impl Stream<Source> {
    /// An endless stream of these bytes.
    pub(crate) const fn endless(wire: &'static [u8]) -> Self {
        Self(Source::new(wire))
    }

    /// A stream on which nothing comes.
    pub(crate) const fn empty() -> Self {
        Self(Source::new(&[]))
    }
}

impl Stream<Once> {
    /// A stream on which nothing comes after these bytes.
    pub(crate) const fn once(bytes: &'static [u8]) -> Self {
        Self(Once(bytes))
    }
}

impl Stream<Answering> {
    /// A stream to a server that opens connections.
    pub(crate) fn answering(fields: &'static [u8]) -> Self {
        Self(Answering::new(fields))
    }
}

impl<T: End> Stream<T> {
    /// Reads once: `put` takes the bytes, in one piece or several.
    #[inline]
    fn read_with(&mut self, most: usize, mut put: impl FnMut(&[u8])) -> usize {
        let most = most.min(READ);
        let mut done = 0;
        while done < most {
            let piece = self.0.take(most - done);
            if piece.is_empty() {
                break;
            }
            put(piece);
            done += piece.len();
        }
        if done > 0 {
            workload::calls::note_read();
        }
        done
    }
}

impl End for Source {
    #[inline]
    fn take(&mut self, most: usize) -> &[u8] {
        Self::take(self, most)
    }
}

/// Bytes that come once.
#[derive(Debug)]
pub(crate) struct Once(&'static [u8]);

impl End for Once {
    fn take(&mut self, most: usize) -> &[u8] {
        self.0.split_off(..most.min(self.0.len())).unwrap_or_default()
    }
}
