//! The passes over a payload that cannot be left out, as fast as this processor can do them.

use std::slice;

/// Which instructions the processor has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Instructions {
    #[cfg(target_arch = "x86_64")]
    Avx512,
    #[cfg(target_arch = "x86_64")]
    Avx2,
    Any,
}

impl Instructions {
    pub(super) fn detect() -> Self {
        #[cfg(target_arch = "x86_64")]
        if is_x86_feature_detected!("avx512bw") && is_x86_feature_detected!("bmi2") {
            return Self::Avx512;
        } else if is_x86_feature_detected!("avx2") {
            return Self::Avx2;
        }
        Self::Any
    }

    /// Masks or unmasks `bytes`, and tells whether any of them is not ASCII then. `key` is as it lies in
    /// memory.
    #[inline]
    pub(super) fn xor(self, bytes: &mut [u8], key: u32) -> bool {
        let at = bytes.as_mut_ptr();
        // SAFETY: both places are `bytes`.
        unsafe { self.copy_xor(at, at, bytes.len(), key) }
    }

    /// Masks or unmasks from one place to another, as [`xor`](Self::xor).
    ///
    /// # Safety
    ///
    /// There are `len` bytes at `from` and at `to`, which are the same place, or do not overlap.
    #[inline]
    pub(super) unsafe fn copy_xor(
        self,
        from: *const u8,
        to: *mut u8,
        len: usize,
        key: u32,
    ) -> bool {
        // SAFETY: by the contract of this function, and as `self` says what the processor has.
        unsafe {
            match self {
                _ if (8..=16).contains(&len) => copy_xor_words(from, to, len, key),
                #[cfg(target_arch = "x86_64")]
                Self::Avx512 => wide::copy_xor_avx512(from, to, len, key),
                #[cfg(target_arch = "x86_64")]
                Self::Avx2 => wide::copy_xor_avx2(from, to, len, key),
                Self::Any => copy_xor_any(from, to, len, key),
            }
        }
    }
}

/// Two words, which overlap: both are read before one is written.
///
/// # Safety
///
/// As [`Instructions::copy_xor`], of 8 to 16 bytes.
#[inline]
unsafe fn copy_xor_words(from: *const u8, to: *mut u8, len: usize, key: u32) -> bool {
    let wide = u64::from(key) << 32 | u64::from(key);
    let last = len - 8;
    // SAFETY: `last + 8` is `len`.
    let (a, b) = unsafe {
        let a = from.cast::<u64>().read_unaligned() ^ wide;
        let turned = wide.rotate_right(8 * (last as u32 % 4));
        let b = from.add(last).cast::<u64>().read_unaligned() ^ turned;
        to.cast::<u64>().write_unaligned(a);
        to.add(last).cast::<u64>().write_unaligned(b);
        (a, b)
    };
    (a | b) & HIGH != 0
}

/// # Safety
///
/// As [`Instructions::copy_xor`].
#[inline]
unsafe fn copy_xor_any(from: *const u8, to: *mut u8, len: usize, key: u32) -> bool {
    let wide = u64::from(key) << 32 | u64::from(key);
    let (mut at, mut high) = (0, 0);
    // SAFETY: no more than `len` bytes are touched.
    unsafe {
        while at + 8 <= len {
            let word = from.add(at).cast::<u64>().read_unaligned() ^ wide;
            to.add(at).cast::<u64>().write_unaligned(word);
            high |= word & HIGH;
            at += 8;
        }
        while at < len {
            let byte = *from.add(at) ^ key.to_ne_bytes()[at % 4];
            *to.add(at) = byte;
            high |= u64::from(byte & 0x80);
            at += 1;
        }
    }
    high != 0
}

/// The highest bit of each byte.
const HIGH: u64 = 0x8080_8080_8080_8080;

/// Validates a text while it grows.
pub(super) struct Utf8 {
    #[cfg(target_arch = "x86_64")]
    state: Option<wide::Utf8>,
    /// How many bytes have been looked at.
    done: usize,
}

impl Utf8 {
    pub(super) fn new(instructions: Instructions) -> Self {
        Self {
            #[cfg(target_arch = "x86_64")]
            state: (instructions == Instructions::Avx512).then(wide::Utf8::default),
            done: 0,
        }
    }

    /// Looks at what has come of the text, of which some has been seen before.
    pub(super) fn advance(&mut self, text: &[u8]) {
        let whole = text.len() / 64 * 64;
        #[cfg(target_arch = "x86_64")]
        if let Some(state) = &mut self.state {
            // SAFETY: there is a state where there is AVX-512.
            unsafe { state.push(text[self.done..whole].as_chunks().0) };
        }
        self.done = whole;
    }

    /// Whether the text is valid, now that all of it has come.
    pub(super) fn finish(mut self, text: &[u8]) -> bool {
        self.advance(text);
        #[cfg(target_arch = "x86_64")]
        if let Some(mut state) = self.state {
            let mut last = [0; 64];
            last[..text.len() - self.done].copy_from_slice(&text[self.done..]);
            // SAFETY: there is a state where there is AVX-512.
            unsafe { state.push(slice::from_ref(&last)) };
            return state.is_valid();
        }
        simdutf8::basic::from_utf8(text).is_ok()
    }
}

#[cfg(target_arch = "x86_64")]
mod wide {
    use std::arch::x86_64::*;

    /// # Safety
    ///
    /// As [`copy_xor`](super::Instructions::copy_xor).
    #[target_feature(enable = "avx512f,avx512bw,bmi2")]
    pub(super) unsafe fn copy_xor_avx512(
        from: *const u8,
        to: *mut u8,
        len: usize,
        key: u32,
    ) -> bool {
        let wide = _mm512_set1_epi32(key.cast_signed());
        let mut high = _mm512_setzero_si512();
        let mut at = 0;
        // SAFETY: no more than `len` bytes are touched: the last mask leaves out those beyond.
        unsafe {
            while at + 64 <= len {
                let vector = _mm512_xor_si512(_mm512_loadu_si512(from.add(at).cast()), wide);
                _mm512_storeu_si512(to.add(at).cast(), vector);
                high = _mm512_or_si512(high, vector);
                at += 64;
            }
            if at < len {
                let rest = _bzhi_u64(u64::MAX, (len - at) as u32);
                let vector = _mm512_maskz_loadu_epi8(rest, from.add(at).cast());
                let vector = _mm512_maskz_mov_epi8(rest, _mm512_xor_si512(vector, wide));
                _mm512_mask_storeu_epi8(to.add(at).cast(), rest, vector);
                high = _mm512_or_si512(high, vector);
            }
        }
        _mm512_movepi8_mask(high) != 0
    }

    /// # Safety
    ///
    /// As [`copy_xor`](super::Instructions::copy_xor).
    #[target_feature(enable = "avx2")]
    pub(super) unsafe fn copy_xor_avx2(from: *const u8, to: *mut u8, len: usize, key: u32) -> bool {
        let wide = _mm256_set1_epi32(key.cast_signed());
        let mut high = _mm256_setzero_si256();
        let mut at = 0;
        // SAFETY: no more than `len` bytes are touched.
        let rest = unsafe {
            while at + 32 <= len {
                let vector = _mm256_xor_si256(_mm256_loadu_si256(from.add(at).cast()), wide);
                _mm256_storeu_si256(to.add(at).cast(), vector);
                high = _mm256_or_si256(high, vector);
                at += 32;
            }
            super::copy_xor_any(from.add(at), to.add(at), len - at, key)
        };
        _mm256_movemask_epi8(high) != 0 || rest
    }

    /// What is known of a text after each block: J. Keiser, D. Lemire, "Validating UTF-8 in less than one
    /// instruction per byte", of which this is the algorithm.
    pub(super) struct Utf8 {
        /// The block before.
        before: __m512i,
        /// Where the block before ends within a character.
        cut: __m512i,
        errors: __m512i,
    }

    impl Default for Utf8 {
        fn default() -> Self {
            // SAFETY: any bits are a vector.
            let zero: __m512i = unsafe { std::mem::transmute([0_u8; 64]) };
            Self { before: zero, cut: zero, errors: zero }
        }
    }

    impl Utf8 {
        pub(super) fn is_valid(&self) -> bool {
            // SAFETY: a vector is 64 bytes.
            let [errors, cut] = unsafe {
                std::mem::transmute::<[__m512i; 2], [[u8; 64]; 2]>([self.errors, self.cut])
            };
            errors == [0; 64] && cut == [0; 64]
        }

        #[target_feature(enable = "avx512f,avx512bw")]
        pub(super) fn push(&mut self, blocks: &[[u8; 64]]) {
            let tables = [&FIRST_HIGH, &FIRST_LOW, &SECOND_HIGH].map(|table| {
                // SAFETY: there are 16 bytes.
                _mm512_broadcast_i32x4(unsafe { _mm_loadu_si128(table.as_ptr().cast()) })
            });
            // SAFETY: there are 64 bytes.
            let most = unsafe { _mm512_loadu_si512(MOST.as_ptr().cast()) };
            for block in blocks {
                // SAFETY: there are 64 bytes.
                let block = unsafe { _mm512_loadu_si512(block.as_ptr().cast()) };
                if _mm512_movepi8_mask(block) == 0 {
                    self.errors = _mm512_or_si512(self.errors, self.cut);
                    self.cut = _mm512_setzero_si512();
                } else {
                    let errors = check(block, self.before, tables);
                    self.errors = _mm512_or_si512(self.errors, errors);
                    self.cut = _mm512_subs_epu8(block, most);
                }
                self.before = block;
            }
        }
    }

    #[inline]
    #[target_feature(enable = "avx512f,avx512bw")]
    fn check(block: __m512i, before: __m512i, tables: [__m512i; 3]) -> __m512i {
        let low = _mm512_set1_epi8(0x0f);
        let lanes = _mm512_alignr_epi64(block, before, 6);
        let one_back = _mm512_alignr_epi8(block, lanes, 15);
        let nibble = |vector| _mm512_and_si512(_mm512_srli_epi16(vector, 4), low);
        let special = _mm512_and_si512(
            _mm512_and_si512(
                _mm512_shuffle_epi8(tables[0], nibble(one_back)),
                _mm512_shuffle_epi8(tables[1], _mm512_and_si512(one_back, low)),
            ),
            _mm512_shuffle_epi8(tables[2], nibble(block)),
        );
        let third = _mm512_subs_epu8(_mm512_alignr_epi8(block, lanes, 14), _mm512_set1_epi8(0x60));
        let fourth = _mm512_subs_epu8(_mm512_alignr_epi8(block, lanes, 13), _mm512_set1_epi8(0x70));
        let high = _mm512_set1_epi8(0x80_u8.cast_signed());
        let expected = _mm512_and_si512(_mm512_or_si512(third, fourth), high);
        _mm512_xor_si512(expected, special)
    }

    const TOO_SHORT: u8 = 1;
    const TOO_LONG: u8 = 1 << 1;
    const OVERLONG_3: u8 = 1 << 2;
    const TOO_LARGE: u8 = 1 << 3;
    const SURROGATE: u8 = 1 << 4;
    const OVERLONG_2: u8 = 1 << 5;
    const TOO_LARGE_1000: u8 = 1 << 6;
    const OVERLONG_4: u8 = 1 << 6;
    const TWO_CONTINUATIONS: u8 = 1 << 7;
    const CARRY: u8 = TOO_SHORT | TOO_LONG | TWO_CONTINUATIONS;
    const BEYOND: u8 = CARRY | TOO_LARGE | TOO_LARGE_1000;

    const FIRST_HIGH: [u8; 16] = {
        let mut table = [TOO_LONG; 16];
        let mut at = 8;
        while at < 12 {
            table[at] = TWO_CONTINUATIONS;
            at += 1;
        }
        table[12] = TOO_SHORT | OVERLONG_2;
        table[13] = TOO_SHORT;
        table[14] = TOO_SHORT | OVERLONG_3 | SURROGATE;
        table[15] = TOO_SHORT | TOO_LARGE | TOO_LARGE_1000 | OVERLONG_4;
        table
    };

    const FIRST_LOW: [u8; 16] = {
        let mut table = [BEYOND; 16];
        table[0] = CARRY | OVERLONG_3 | OVERLONG_2 | OVERLONG_4;
        table[1] = CARRY | OVERLONG_2;
        table[2] = CARRY;
        table[3] = CARRY;
        table[4] = CARRY | TOO_LARGE;
        table[13] = BEYOND | SURROGATE;
        table
    };

    const SECOND_HIGH: [u8; 16] = {
        const ANY: u8 = TOO_LONG | OVERLONG_2 | TWO_CONTINUATIONS;
        let mut table = [TOO_SHORT; 16];
        table[8] = ANY | OVERLONG_3 | TOO_LARGE_1000 | OVERLONG_4;
        table[9] = ANY | OVERLONG_3 | TOO_LARGE;
        table[10] = ANY | SURROGATE | TOO_LARGE;
        table[11] = ANY | SURROGATE | TOO_LARGE;
        table
    };

    /// The highest bytes at the end of a block that do not begin a character which goes on behind it.
    const MOST: [u8; 64] = {
        let mut most = [0xff; 64];
        most[61] = 0xf0 - 1;
        most[62] = 0xe0 - 1;
        most[63] = 0xc0 - 1;
        most
    };
}

#[cfg(test)]
mod tests {
    use fastrand::Rng;
    use workload::payload::Content;

    use super::*;

    #[test]
    fn all_kernels_agree_with_plain_code() {
        let mut random = Rng::with_seed(1);
        for _ in 0..60_000 {
            let mut text = Content::Multibyte.make(random.usize(0..200));
            for _ in 0..random.usize(0..3) {
                if let Some(byte) = random.choice(&mut text) {
                    *byte = random.u8(..);
                }
            }
            let key = random.u32(..);
            let plain = |text: &[u8]| -> Vec<u8> {
                text.iter().zip(key.to_ne_bytes().iter().cycle()).map(|(a, b)| a ^ b).collect()
            };
            for instructions in [Instructions::detect(), Instructions::Any] {
                let mut masked = text.clone();
                let has_high = instructions.xor(&mut masked, key);
                assert_eq!(masked, plain(&text));
                assert_eq!(has_high, !masked.is_ascii());
                let is_valid = Utf8::new(instructions).finish(&text);
                assert_eq!(is_valid, str::from_utf8(&text).is_ok(), "{text:x?}");
            }
        }
    }
}
