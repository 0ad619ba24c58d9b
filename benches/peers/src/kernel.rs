//! What a read and a write cost in the kernel of this machine, beside the copy.

use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::time::Instant;

use workload::calls::Calls;

/// The nanoseconds of a system call on a socket.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Kernel {
    pub(crate) read: f64,
    pub(crate) write: f64,
}

impl Kernel {
    /// Measures a pair of Unix sockets with one byte at a time: the least of many batches.
    pub(crate) fn measure() -> io::Result<Self> {
        let (mut near, mut far) = UnixStream::pair()?;
        let mut least = Self { read: f64::MAX, write: f64::MAX };
        for _ in 0..ROUNDS {
            let write = nanoseconds(|| near.write_all(&[7]))?;
            // Each read gets what one write brought.
            let read = nanoseconds(|| far.read_exact(&mut [0]))?;
            least = Self { read: least.read.min(read), write: least.write.min(write) };
        }
        Ok(least)
    }

    /// What these calls cost.
    pub(crate) fn cost(self, calls: Calls) -> f64 {
        self.read * calls.reads as f64 + self.write * calls.writes as f64
    }
}

/// The mean time of a batch of calls.
fn nanoseconds(mut call: impl FnMut() -> io::Result<()>) -> io::Result<f64> {
    let start = Instant::now();
    for _ in 0..BATCH {
        call()?;
    }
    Ok(start.elapsed().as_secs_f64() * 1e9 / BATCH as f64)
}

const ROUNDS: usize = 1000;

/// So few that the buffer of the kernel takes them.
const BATCH: usize = 64;
