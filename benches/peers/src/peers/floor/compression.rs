//! zlib-rs alone, each message by itself.

use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress};
use workload::{Run, consume, sink};

use super::send::write_header;
use crate::peer::LEVEL;

pub(super) fn compress(payload: &'static [u8]) -> Run {
    let mut compress = Compress::new(Compression::new(LEVEL), false);
    let mut packed = Vec::new();
    Box::new(move |count| {
        for _ in 0..count {
            packed.clear();
            packed.reserve(payload.len() + 64);
            compress.reset();
            compress.compress_vec(payload, &mut packed, FlushCompress::Sync).unwrap();
            let packed = &packed[..packed.len() - TAIL.len()];
            let mut head = [0; 16];
            // SAFETY: there are 16 bytes.
            let len = unsafe { write_header(head.as_mut_ptr(), TEXT, None, packed.len()) };
            sink::write_vectored([&head[..len], packed]);
        }
    })
}

pub(super) fn inflate(wire: &'static [u8]) -> Run {
    let packed = workload::wire::parse(wire).unwrap();
    let mut inflate = Decompress::new(false);
    let (mut at, mut tailed, mut message) = (0, Vec::new(), Vec::with_capacity(128 << 10));
    Box::new(move |count| {
        for _ in 0..count {
            tailed.clear();
            tailed.extend_from_slice(&packed[at].payload);
            tailed.extend_from_slice(&TAIL);
            message.clear();
            inflate.reset(false);
            inflate.decompress_vec(&tailed, &mut message, FlushDecompress::Sync).unwrap();
            assert!(simdutf8::basic::from_utf8(&message).is_ok(), "all text is UTF-8");
            consume(&message);
            at = (at + 1) % packed.len();
        }
    })
}

/// What RFC 7692, section 7.2.1, takes off a compressed message.
const TAIL: [u8; 4] = [0, 0, 0xff, 0xff];

/// The first byte of a compressed text in one frame.
const TEXT: u8 = 0xc1;
