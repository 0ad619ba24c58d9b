/// XORs `bytes` with `key`, the first of them with `key[phase % 4]` (section 5.3).
///
/// Masking and unmasking are the same operation. `phase` is how many bytes of the same frame went
/// before.
pub fn apply(mut key: [u8; 4], phase: usize, bytes: &mut [u8]) {
    key.rotate_left(phase % 4);
    let [a, b, c, d] = key;
    let wide = u64::from_ne_bytes([a, b, c, d, a, b, c, d]);
    let (words, tail) = bytes.as_chunks_mut::<8>();
    for word in words {
        *word = (u64::from_ne_bytes(*word) ^ wide).to_ne_bytes();
    }
    for (byte, key) in tail.iter_mut().zip(key.iter().cycle()) {
        *byte ^= key;
    }
}
