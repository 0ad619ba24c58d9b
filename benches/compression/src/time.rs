//! How long it takes to compress and to inflate, over a stream in memory.

use std::time::{Duration, Instant};

use crate::library::Library;
use crate::load::{Load, Mode};
use crate::tape::Tape;

/// The time for a message, in nanoseconds: to send it, and to receive it.
///
/// Each stretch of the text is taken at its best, as others use the machine, too.
pub(crate) async fn measure(library: Library, mode: Mode, size: usize) -> [f64; 2] {
    let load = Load::new(mode, size);
    let mut sending = library.open(mode, Tape::default(), true);
    let tape = Tape::endless(load.first.concat(), load.again.concat());
    let mut receiving = library.open(mode, tape, true);
    let stretch = (STRETCH / size).max(1);
    let mut least = vec![[Duration::MAX; 2]; load.messages.len() / stretch];
    for _ in 0..ROUNDS {
        for (messages, least) in load.messages.chunks_exact(stretch).zip(&mut least) {
            let start = Instant::now();
            for message in messages {
                sending.send(message).await;
            }
            let middle = Instant::now();
            for _ in messages {
                receiving.receive().await;
            }
            let times = [middle - start, middle.elapsed()];
            for (least, time) in least.iter_mut().zip(times) {
                *least = time.min(*least);
            }
        }
    }
    [0, 1].map(|at| {
        let total: Duration = least.iter().map(|times| times[at]).sum();
        total.as_nanos() as f64 / load.messages.len() as f64
    })
}

/// How often all of the text is sent.
const ROUNDS: usize = 40;

/// How many bytes are timed together.
const STRETCH: usize = 32 << 10;
