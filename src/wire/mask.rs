#[cfg(feature = "alloc")]
use alloc::vec::Vec;

/// XORs `bytes` with `key`, the first of them with `key[phase % 4]` (section 5.3).
///
/// Masking and unmasking are the same operation. `phase` is how many bytes of the same frame went
/// before.
#[inline]
pub fn apply(key: [u8; 4], phase: usize, bytes: &mut [u8]) {
    let key = turn(u32::from_le_bytes(key), phase);
    match bytes.len() {
        ..4 => apply_to_few(key, bytes),
        4..8 => apply_to_blocks::<4>(key, bytes),
        8..32 => apply_to_blocks::<8>(key, bytes),
        32..WIDE => apply_to_blocks::<32>(key, bytes),
        WIDE.. => apply_wide(key, bytes),
    }
}

/// The key whose first byte is for the byte behind `count` others. Its first byte is its lowest.
#[inline(always)]
const fn turn(key: u32, count: usize) -> u32 {
    // The lowest two bits tell all.
    match count % 4 {
        0 => key,
        1 => key.rotate_right(8),
        2 => key.rotate_right(16),
        _ => key.rotate_right(24),
    }
}

#[inline(always)]
fn apply_to_few(key: u32, bytes: &mut [u8]) {
    for (byte, key) in bytes.iter_mut().zip(key.to_le_bytes()) {
        *byte ^= key;
    }
}

/// For at least `N` bytes, `N` being a multiple of 4: without a loop over the last few.
#[inline(always)]
fn apply_to_blocks<const N: usize>(key: u32, bytes: &mut [u8]) {
    let last = bytes.last_chunk::<N>().copied();
    let (blocks, tail) = bytes.as_chunks_mut::<N>();
    let tail = tail.len();
    for block in blocks {
        *block = xor(*block, key);
    }
    // The last block overlaps with the one before, which has been masked by now.
    let key = turn(key, tail);
    if let (Some(block), Some(last)) = (bytes.last_chunk_mut::<N>(), last) {
        *block = xor(last, key);
    }
}

#[inline(always)]
fn xor<const N: usize>(mut block: [u8; N], key: u32) -> [u8; N] {
    for word in block.as_chunks_mut::<4>().0 {
        *word = (u32::from_le_bytes(*word) ^ key).to_le_bytes();
    }
    block
}

/// Appends `bytes` to `out`, masked: if they are few, on the way, and else where they then lie, which is
/// faster.
#[cfg(feature = "alloc")]
#[inline]
pub(crate) fn append(key: [u8; 4], bytes: &[u8], out: &mut Vec<u8>) {
    let (blocks, tail) = if bytes.len() < FEW { bytes.as_chunks::<32>() } else { (&[][..], bytes) };
    for block in blocks {
        out.extend_from_slice(&xor(*block, u32::from_le_bytes(key)));
    }
    let at = out.len();
    out.extend_from_slice(tail);
    apply(key, 0, &mut out[at..]);
}

/// With the widest instructions that this machine has, which takes a while to start.
#[cfg(feature = "std")]
#[inline(never)]
fn apply_wide(key: u32, bytes: &mut [u8]) {
    use fearless_simd::{Level, Simd, dispatch};

    #[inline(always)]
    fn run<S: Simd>(simd: S, key: u32, bytes: &mut [u8]) {
        simd.vectorize(
            #[inline(always)]
            || apply_to_lines(key, bytes),
        );
    }
    dispatch!(Level::new(), simd => run(simd, key, bytes));
}

#[cfg(not(feature = "std"))]
fn apply_wide(key: u32, bytes: &mut [u8]) {
    apply_to_lines(key, bytes);
}

/// For at least [`LINE`] bytes: in blocks of which only the first and the last may lie across two lines of
/// the cache. That would take longer.
#[inline(always)]
fn apply_to_lines(key: u32, bytes: &mut [u8]) {
    // It may be told that there is none, which is a number, too.
    let before = bytes.as_ptr().align_offset(LINE) % LINE;
    let (before, lines) = bytes.split_at_mut(before);
    apply(key.to_le_bytes(), 0, before);
    apply_to_blocks::<32>(turn(key, before.len()), lines);
}

/// From how many bytes on to use wide instructions.
const WIDE: usize = 1024;

/// A line of the cache, in bytes, or a part of it.
const LINE: usize = 64;

/// How many bytes are copied and masked at once, at the most.
#[cfg(feature = "alloc")]
const FEW: usize = 512;
