//! Masking (section 5.3), as fast as the widest instructions of the machine allow.
//!
//! The number of bytes decides on the width of a block: 4, 8 or 32 bytes, or whole cache lines. The last
//! block overlaps the one before, so that no loop over single bytes is needed.

#[cfg(feature = "alloc")]
use alloc::vec::Vec;

/// Masks or unmasks `bytes` (section 5.3).
///
/// Masking and unmasking are the same operation. `phase` is the number of bytes of this frame that precede
/// `bytes`; the first byte is XORed with `key[phase % 4]`.
///
/// ```
/// use sansocket::wire::apply_mask;
///
/// let mut bytes = *b"\x7f\x9f\x4d\x51\x58";
/// apply_mask([0x37, 0xfa, 0x21, 0x3d], 0, &mut bytes);
/// assert_eq!(&bytes, b"Hello");
/// ```
#[inline(always)]
pub fn apply(key: [u8; 4], phase: usize, bytes: &mut [u8]) {
    let key = turn(u32::from_le_bytes(key), phase);
    match bytes.len() {
        ..4 => apply_to_few(key, bytes),
        4..8 => apply_to_blocks::<4>(key, bytes),
        8..32 => apply_to_blocks::<8>(key, bytes),
        32.. => apply_to_many(key, bytes),
    }
}

#[inline(never)]
fn apply_to_many(key: u32, bytes: &mut [u8]) {
    match bytes.len() {
        ..WIDE => apply_to_blocks::<32>(key, bytes),
        WIDE.. => apply_wide(key, bytes),
    }
}

/// Rotates a key so that its first byte is for the byte after `count` others. The first byte is the lowest.
#[inline(always)]
const fn turn(key: u32, count: usize) -> u32 {
    #[expect(clippy::cast_possible_truncation, reason = "it is less than 4")]
    let bytes = (count % 4) as u32;
    key.rotate_right(bytes * 8)
}

#[inline(always)]
fn apply_to_few(key: u32, bytes: &mut [u8]) {
    for (byte, key) in bytes.iter_mut().zip(key.to_le_bytes()) {
        *byte ^= key;
    }
}

/// Masks at least `N` bytes in blocks of `N`, which is a multiple of 4.
#[inline(always)]
fn apply_to_blocks<const N: usize>(key: u32, bytes: &mut [u8]) {
    let last = bytes.last_chunk::<N>().copied();
    let (blocks, tail) = bytes.as_chunks_mut::<N>();
    let tail = tail.len();
    for block in blocks {
        *block = xor(*block, key);
    }
    // The last block overlaps the one before, which is masked by now. `last` holds its old bytes.
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

/// Appends `bytes` to `out`, masked while they are copied.
#[cfg(feature = "alloc")]
#[inline]
pub(crate) fn append(key: [u8; 4], bytes: &[u8], out: &mut Vec<u8>) {
    let word = u32::from_le_bytes(key);
    match bytes.len() {
        ..4 => out.extend(bytes.iter().zip(key).map(|(byte, key)| byte ^ key)),
        4..8 => append_blocks::<4>(word, bytes, out),
        8..32 => append_blocks::<8>(word, bytes, out),
        32..64 => append_blocks::<32>(word, bytes, out),
        64..FEW => append_blocks::<64>(word, bytes, out),
        FEW.. => append_wide(word, bytes, out),
    }
}

/// Appends at least `N` bytes in blocks of `N`, which is a multiple of 4.
#[cfg(feature = "alloc")]
#[inline(always)]
fn append_blocks<const N: usize>(key: u32, bytes: &[u8], out: &mut Vec<u8>) {
    let (blocks, tail) = bytes.as_chunks::<N>();
    for block in blocks {
        out.extend_from_slice(&xor(*block, key));
    }
    // The last block overlaps the one before.
    if let (1.., Some(last)) = (tail.len(), bytes.last_chunk::<N>()) {
        out.truncate(out.len() - (N - tail.len()));
        out.extend_from_slice(&xor(*last, turn(key, tail.len())));
    }
}

/// Appends with the widest instructions that this machine has. They take some time to start.
#[cfg(feature = "std")]
#[inline(never)]
fn append_wide(key: u32, bytes: &[u8], out: &mut Vec<u8>) {
    use fearless_simd::{Level, Simd, dispatch};

    #[inline(always)]
    fn run<S: Simd>(simd: S, key: u32, bytes: &[u8], out: &mut Vec<u8>) {
        simd.vectorize(
            #[inline(always)]
            || append_to_lines(key, bytes, out),
        );
    }
    dispatch!(Level::new(), simd => run(simd, key, bytes, out));
}

#[cfg(all(feature = "alloc", not(feature = "std")))]
fn append_wide(key: u32, bytes: &[u8], out: &mut Vec<u8>) {
    append_to_lines(key, bytes, out);
}

/// Appends at least [`FEW`] bytes in blocks that begin where cache lines do, apart from the first and the last.
///
/// Each block is appended with one check of the capacity, so blocks are long.
#[cfg(feature = "alloc")]
#[inline(always)]
fn append_to_lines(key: u32, bytes: &[u8], out: &mut Vec<u8>) {
    out.reserve(bytes.len());
    let before = out.spare_capacity_mut().as_ptr().align_offset(LINE) % LINE;
    let (first, rest) = (bytes.first_chunk::<LINE>(), bytes.get(before..).unwrap_or_default());
    if let Some(first) = first {
        // The second block overlaps this one.
        let end = out.len() + before;
        out.extend_from_slice(&xor(*first, key));
        out.truncate(end);
    }
    append_blocks::<256>(turn(key, before), rest, out);
}

/// Masks with the widest instructions that this machine has. They take some time to start.
#[cfg(feature = "std")]
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

/// Masks at least [`LINE`] bytes in blocks that do not cross cache lines, apart from the first and the last.
///
/// Access across two lines takes longer.
#[inline(always)]
fn apply_to_lines(key: u32, bytes: &mut [u8]) {
    // `align_offset` may return `usize::MAX` for "unknown". The remainder keeps any result in bounds.
    let before = bytes.as_ptr().align_offset(LINE) % LINE;
    let (before, lines) = bytes.split_at_mut(before);
    apply(key.to_le_bytes(), 0, before);
    apply_to_blocks::<32>(turn(key, before.len()), lines);
}

/// Minimum number of bytes for wide instructions.
const WIDE: usize = 1024;

/// The size of a cache line in bytes, or a divisor of it.
const LINE: usize = 64;

/// Minimum number of bytes that are appended by wide instructions. It exceeds a cache line and a block.
#[cfg(feature = "alloc")]
const FEW: usize = 512;
