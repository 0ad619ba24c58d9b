//! How long work takes, how often it allocates, and what a connection holds that waits.

use std::time::{Duration, Instant};

use workload::payload::PAGE;
use workload::rows::{self, Row};
use workload::{Run, calls};

use crate::allocator;
use crate::job::Job;
use crate::peer::Peer;
use crate::results::{Results, Unit};

/// How much time to take.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Effort {
    /// How often to prepare everything anew, so that no memory lies well by chance.
    pub(crate) passes: usize,
    /// How many rounds in each pass: in each, every peer does a batch.
    pub(crate) rounds: u32,
    /// How long a batch takes.
    pub(crate) batch: Duration,
}

/// Measures how long each peer takes for a message, which is the least time of many rounds, and adds what its reads
/// and writes would cost.
///
/// In each pass, what is read or sent lies elsewhere in its page.
pub(crate) fn times(rows: &[Row], peers: &[Box<dyn Peer>], effort: Effort, results: &mut Results) {
    for pass in 0..effort.passes {
        for row in rows {
            eprint!("\rtimes, pass {} of {}: {:<40}", pass + 1, effort.passes, row.name);
            let job = Job::new(row.clone(), pass * PAGE / effort.passes);
            time(&job, peers, effort, results);
        }
    }
    for row in rows {
        eprint!("\rcalls: {:<55}", row.name);
        charge(&Job::new(row.clone(), 0), peers, results);
    }
    eprintln!();
}

/// Adds what the reads and writes for a message would cost.
fn charge(job: &Job, peers: &[Box<dyn Peer>], results: &mut Results) {
    let kernel = results.kernel;
    let line = results.line(&job.row.name, Unit::Nanoseconds);
    for peer in peers {
        if let Some(mut run) = job.prepare(&**peer) {
            let count = job.sample();
            // What is read ahead by the first messages is not counted.
            run(count);
            let calls = calls::count(|| run(count));
            line.charge(peer.name(), kernel.cost(calls) / count as f64);
        }
    }
}

fn time(job: &Job, peers: &[Box<dyn Peer>], effort: Effort, results: &mut Results) {
    let line = results.line(&job.row.name, Unit::Nanoseconds);
    let mut runs: Vec<(&str, Run, usize)> = Vec::new();
    for peer in peers {
        if let Some(mut run) = job.prepare(&**peer) {
            let count = calibrate(&mut run, job.batch(), effort.batch);
            runs.push((peer.name(), run, count));
        }
    }
    for _ in 0..effort.rounds {
        for (name, run, count) in &mut runs {
            line.add(name, seconds(run, *count) * 1e9 / *count as f64);
        }
    }
}

/// How many messages fill a batch. Those which it takes to find out warm everything up.
fn calibrate(run: &mut Run, multiple: usize, batch: Duration) -> usize {
    let mut count = multiple;
    loop {
        // The least of some, lest a pause make the batch short.
        let seconds = (0..3).map(|_| seconds(run, count)).fold(f64::MAX, f64::min).max(1e-9);
        if seconds * 4.0 > batch.as_secs_f64() {
            let count = (count as f64 * batch.as_secs_f64() / seconds) as usize;
            return count.max(1).next_multiple_of(multiple);
        }
        count *= 2;
    }
}

fn seconds(run: &mut Run, count: usize) -> f64 {
    let start = Instant::now();
    run(count);
    start.elapsed().as_secs_f64()
}

/// Counts how often each peer allocates for a message, once it has done some.
pub(crate) fn allocations(
    wants_row: impl Fn(&str) -> bool,
    peers: &[Box<dyn Peer>],
    results: &mut Results,
) {
    for row in rows::all().into_iter().filter(|row| ALLOCATING.contains(&&*row.name)) {
        let name = format!("allocations.{}", row.name);
        if !wants_row(&name) {
            continue;
        }
        let job = Job::new(row, 0);
        for peer in peers {
            if let Some(mut run) = job.prepare(&**peer) {
                run(SAMPLE);
                let ((), calls, _) = allocator::count(|| run(4 * SAMPLE));
                let per_message = calls as f64 / (4 * SAMPLE) as f64;
                results.line(&name, Unit::Allocations).add(peer.name(), per_message);
            }
        }
    }
}

/// The rows in which allocations are counted.
const ALLOCATING: [&str; 8] = [
    "receive.server.binary.128",
    "receive.server.binary.64K",
    "receive.server.fragments.16x4K",
    "receive.client.binary.128",
    "send.server.128",
    "send.client.128",
    "open.server",
    "open.client",
];

const SAMPLE: usize = 96;

/// Weighs connections which wait: as they are, and as a task with its future.
pub(crate) fn idle(
    wants_row: impl Fn(&str) -> bool,
    peers: &[Box<dyn Peer>],
    results: &mut Results,
) {
    for peer in peers {
        if wants_row("idle.connection")
            && let Some(make) = peer.idle()
        {
            results.line("idle.connection", Unit::Bytes).add(peer.name(), weigh(make));
        }
        if wants_row("idle.task")
            && let Some(make) = peer.idle_task()
        {
            results.line("idle.task", Unit::Bytes).add(peer.name(), weigh(make));
        }
    }
}

fn weigh<T>(mut make: impl FnMut() -> T) -> f64 {
    // What is allocated once is there before.
    drop(make());
    let mut made = Vec::with_capacity(CONNECTIONS);
    let ((), _, held) = allocator::count(|| (0..CONNECTIONS).for_each(|_| made.push(make())));
    (held as f64 / CONNECTIONS as f64).round()
}

const CONNECTIONS: usize = 1000;
