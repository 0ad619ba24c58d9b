use flate2::{Compress, Compression, FlushCompress};
use sansocket::Role;
use workload::Run;
use workload::payload::{Content, keep_at};
use workload::rows::{Row, Work};
use workload::sink;
use workload::wire::{Outgoing, Way, fields, push_frame, request};

use crate::peer::{LEVEL, Peer};

/// A row, and the bytes that it takes: the same for all peers.
pub(crate) struct Job {
    pub(crate) row: Row,
    /// What comes, or what is to be sent.
    bytes: &'static [u8],
}

impl Job {
    /// A row, whose bytes lie so many bytes behind the begin of a page.
    pub(crate) fn new(row: Row, offset: usize) -> Self {
        let bytes = match row.work {
            Work::Receive(incoming) | Work::Stream(incoming) | Work::Split(incoming) => {
                incoming.wire()
            }
            Work::Send(outgoing) | Work::Sink(outgoing) => Content::Binary.make(outgoing.size),
            Work::Open(Role::Server, headers) => request(headers),
            Work::Open(Role::Client, headers) => fields(headers - NEEDED).into_bytes(),
            Work::Compress(size) => Content::Json.make(size),
            Work::Inflate(size) => compressed_wire(&Content::Json.make(size)),
        };
        Self { row, bytes: keep_at(offset, &bytes) }
    }

    /// Has a peer prepare the work, if it can do it.
    pub(crate) fn prepare(&self, peer: &dyn Peer) -> Option<Run> {
        match &self.row.work {
            Work::Receive(incoming) => peer.receive(incoming, self.bytes),
            Work::Send(outgoing) => self.prepare_send(peer, outgoing),
            Work::Open(_, headers) if *headers > peer.most_headers() => None,
            Work::Open(Role::Server, _) => peer.accept(self.bytes),
            Work::Open(Role::Client, _) => peer.open(self.bytes),
            Work::Compress(_) => peer.compress(self.bytes),
            Work::Inflate(_) => peer.inflate(self.bytes),
            Work::Stream(incoming) => peer.stream(incoming, self.bytes),
            Work::Sink(outgoing) => peer.sink(outgoing, self.bytes),
            Work::Split(incoming) => peer.split(incoming, self.bytes),
        }
    }

    /// Has a peer prepare to send, if it does so in the way of this row: with a copy or without.
    fn prepare_send(&self, peer: &dyn Peer, outgoing: &Outgoing) -> Option<Run> {
        sink::lend(self.bytes);
        let mut run = peer.send(outgoing, self.bytes);
        let is_lent = run.as_mut().is_some_and(|run| sink::is_lent_by(|| run(outgoing.batch)));
        run.filter(|_| match outgoing.way {
            Way::Any => true,
            Way::Copied => !is_lent,
            Way::Borrowed => is_lent,
        })
    }

    /// How many messages it takes to count reads and writes: some reads of 64 KiB, or some batches.
    pub(crate) fn sample(&self) -> usize {
        let size = match &self.row.work {
            Work::Receive(incoming) | Work::Stream(incoming) | Work::Split(incoming) => {
                self.bytes.len() / incoming.payloads().len()
            }
            _ => return 4 * self.batch(),
        };
        ((1 << 20) / size).max(4)
    }

    /// Of what numbers of messages only multiples can be asked for.
    pub(crate) const fn batch(&self) -> usize {
        match &self.row.work {
            Work::Send(outgoing) => outgoing.batch,
            _ => 1,
        }
    }
}

/// Several frames of a text, each compressed by itself.
fn compressed_wire(text: &[u8]) -> Vec<u8> {
    let mut packed = Vec::with_capacity(text.len() + 64);
    let mut compress = Compress::new(Compression::new(LEVEL), false);
    compress.compress_vec(text, &mut packed, FlushCompress::Sync).expect("there is room");
    assert_eq!(compress.total_in(), text.len() as u64, "there is room");
    let packed = packed.strip_suffix(&[0, 0, 0xff, 0xff]).expect("it has been flushed");
    let mut wire = Vec::new();
    for _ in 0..8 {
        push_frame(0xc1, None, packed, &mut wire);
    }
    wire
}

/// How many headers a response needs.
const NEEDED: usize = 3;
