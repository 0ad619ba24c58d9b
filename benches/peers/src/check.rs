//! Whether all peers deliver and send the right bytes.

use flate2::{Decompress, FlushDecompress};
use sansocket::Role;
use workload::mix;
use workload::payload::Content;
use workload::rows::{Row, Work};
use workload::wire::{ACCEPT, Incoming, Outgoing, Sent, parse};
use workload::{Run, consumed_by, sink};

use crate::job::Job;
use crate::peer::Peer;

/// Checks all that these peers do, and tells what was wrong.
pub(crate) fn check(rows: &[Row], peers: &[Box<dyn Peer>]) -> Result<usize, String> {
    if !is_drawn_right(mix::sizes()) {
        return Err(String::from("the sizes of the mix are not those of its distribution"));
    }
    let mut checked = 0;
    for row in rows {
        let job = Job::new(row.clone(), 0);
        for peer in peers {
            let Some(run) = job.prepare(&**peer) else { continue };
            if !is_right(&job.row.work, run) {
                return Err(format!("{} is wrong with {}", job.row.name, peer.name()));
            }
            checked += 1;
        }
    }
    Ok(checked)
}

/// Whether median and mean are near those of the distribution.
fn is_drawn_right(mut sizes: Vec<usize>) -> bool {
    sizes.sort_unstable();
    let (median, mean) = (sizes[sizes.len() / 2], sizes.iter().sum::<usize>() / sizes.len());
    (250..=350).contains(&median) && (750..=1100).contains(&mean)
}

fn is_right(work: &Work, mut run: Run) -> bool {
    match work {
        Work::Receive(incoming) | Work::Stream(incoming) => receives(incoming, run),
        Work::Send(outgoing) | Work::Sink(outgoing) => sends(outgoing, run),
        Work::Split(incoming) => sends_back(incoming, run),
        Work::Open(Role::Server, _) => {
            let head = sink::written_by(|| run(1));
            let head = String::from_utf8_lossy(&head);
            head.starts_with("HTTP/1.1 101 ") && head.contains(ACCEPT)
        }
        // It fails unless the server's answer suits it.
        Work::Open(Role::Client, _) => {
            run(1);
            true
        }
        Work::Compress(size) => compresses(*size, &sink::written_by(|| run(2))),
        Work::Inflate(size) => consumed_by(|| run(3)) == Content::Json.make(*size).repeat(3),
    }
}

fn receives(incoming: &Incoming, mut run: Run) -> bool {
    // So many that the wire repeats.
    let payloads = incoming.payloads();
    let count = 2 * payloads.len() + 1;
    let expected = payloads.iter().cycle().take(count).flatten();
    consumed_by(|| run(count)).iter().eq(expected)
}

fn sends_back(incoming: &Incoming, mut run: Run) -> bool {
    let payloads = incoming.payloads();
    let count = 2 * payloads.len() + 1;
    let frames = parse(&sink::written_by(|| run(count))).unwrap_or_default();
    let is_right = |(frame, payload): (&Sent, &Vec<u8>)| {
        frame.first == 0x82 && !frame.is_masked && frame.payload == *payload
    };
    frames.len() == count && frames.iter().zip(payloads.iter().cycle()).all(is_right)
}

fn sends(outgoing: &Outgoing, mut run: Run) -> bool {
    let count = 3 * outgoing.batch;
    let frames = parse(&sink::written_by(|| run(count))).unwrap_or_default();
    let payload = Content::Binary.make(outgoing.size);
    let is_right = |frame: &Sent| {
        let is_masked = outgoing.role == Role::Client;
        frame.first == 0x82 && frame.is_masked == is_masked && frame.payload == payload
    };
    frames.len() == count && frames.iter().all(is_right)
}

fn compresses(size: usize, wire: &[u8]) -> bool {
    let frames = parse(wire).unwrap_or_default();
    frames.len() == 2
        && frames.into_iter().all(|mut frame| {
            frame.payload.extend([0, 0, 0xff, 0xff]);
            let mut text = Vec::with_capacity(2 * size);
            let mut inflate = Decompress::new(false);
            let outcome = inflate.decompress_vec(&frame.payload, &mut text, FlushDecompress::Sync);
            frame.first == 0xc1 && outcome.is_ok() && text == Content::Json.make(size)
        })
}
