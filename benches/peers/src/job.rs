use flate2::{Compress, Compression, FlushCompress};
use sansocket::Role;
use workload::Run;
use workload::payload::{Content, keep};
use workload::rows::{Row, Work};
use workload::wire::push_frame;

use crate::peer::{LEVEL, Peer};

/// A row, and the bytes that it takes: the same for all peers.
pub(crate) struct Job {
    pub(crate) row: Row,
    /// What comes, or what is to be sent.
    bytes: &'static [u8],
}

impl Job {
    pub(crate) fn new(row: Row) -> Self {
        let bytes = match row.work {
            Work::Receive(incoming) => incoming.wire(),
            Work::Send(outgoing) => Content::Binary.make(outgoing.size),
            Work::Open(_) => Vec::new(),
            Work::Compress(size) => Content::Json.make(size),
            Work::Inflate(size) => compressed_wire(&Content::Json.make(size)),
        };
        Self { row, bytes: keep(bytes) }
    }

    /// Has a peer prepare the work, if it can do it.
    pub(crate) fn prepare(&self, peer: &dyn Peer) -> Option<Run> {
        match &self.row.work {
            Work::Receive(incoming) => peer.receive(incoming, self.bytes),
            Work::Send(outgoing) => peer.send(outgoing, self.bytes),
            Work::Open(Role::Server) => peer.accept(),
            Work::Open(Role::Client) => peer.open(),
            Work::Compress(_) => peer.compress(self.bytes),
            Work::Inflate(_) => peer.inflate(self.bytes),
        }
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
