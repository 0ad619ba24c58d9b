//! Measures the time to send and to receive a message, over a stream in memory.

use std::time::{Duration, Instant};

use crate::library::Library;
use crate::load::Load;
use crate::mode::Mode;
use crate::setup::Setup;
use crate::tape::Tape;

/// Returns the time to send a message and the time to receive it, in nanoseconds.
///
/// The least time of each batch counts, because other processes disturb the measurement.
pub(crate) async fn measure(library: Library, mode: Mode, size: usize) -> [f64; 2] {
    let load = Load::new(mode, size);
    let setup = Setup::new(mode, true);
    let mut sending = library.open(&setup, Tape::default());
    let tape = Tape::endless(load.first.concat(), load.again.concat());
    let mut receiving = library.open(&setup, tape);
    let batch = (BATCH / size).max(1);
    let mut least = vec![[Duration::MAX; 2]; load.messages.len() / batch];
    for _ in 0..ROUNDS {
        for (messages, least) in load.messages.chunks_exact(batch).zip(&mut least) {
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

/// How many times the whole text is sent.
const ROUNDS: usize = 40;

/// The bytes of the messages that are timed together.
const BATCH: usize = 32 << 10;
