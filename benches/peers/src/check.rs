//! Whether all peers deliver and send the right bytes.

use flate2::{Decompress, FlushDecompress};
use sansocket::Role;
use workload::payload::Content;
use workload::rows::Work;
use workload::wire::{ACCEPT, Incoming, Outgoing, Sent, parse};
use workload::{Run, consumed_by, sink};

use crate::job::Job;
use crate::peer::Peer;

/// Checks all that these peers do, and tells what was wrong.
pub(crate) fn check(jobs: &[Job], peers: &[Box<dyn Peer>]) -> Result<usize, String> {
    let mut checked = 0;
    for job in jobs {
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

fn is_right(work: &Work, mut run: Run) -> bool {
    match work {
        Work::Receive(incoming) => receives(incoming, run),
        Work::Send(outgoing) => sends(outgoing, run),
        Work::Open(Role::Server) => {
            let head = sink::written_by(|| run(1));
            let head = String::from_utf8_lossy(&head);
            head.starts_with("HTTP/1.1 101 ") && head.contains(ACCEPT)
        }
        // It fails unless the server's answer suits it.
        Work::Open(Role::Client) => {
            run(1);
            true
        }
        Work::Compress(size) => compresses(*size, &sink::written_by(|| run(2))),
        Work::Inflate(size) => consumed_by(|| run(3)) == Content::Json.make(*size).repeat(3),
    }
}

fn receives(incoming: &Incoming, mut run: Run) -> bool {
    // So many that the wire repeats.
    let count = ((600 << 10) / incoming.size).max(5);
    consumed_by(|| run(count)) == incoming.payload().repeat(count)
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
