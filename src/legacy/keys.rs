//! The keys of draft 76: two numbers in disguise, eight bytes, and the hash that answers them.

use alloc::string::{String, ToString};

use md5::{Digest, Md5};

use crate::wire::Keys;

/// The two numbers of a handshake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Numbers([u32; 2]);

impl Numbers {
    /// Reads the values of `Sec-WebSocket-Key1` and `Sec-WebSocket-Key2`.
    pub(super) fn read(keys: [&[u8]; 2]) -> Option<Self> {
        Some(Self([read_number(keys[0])?, read_number(keys[1])?]))
    }

    /// Returns the 16 bytes that prove that the server has read all three keys.
    pub(super) fn answer(self, key: [u8; 8]) -> [u8; 16] {
        let [one, two] = self.0.map(u32::to_be_bytes);
        Md5::new().chain_update(one).chain_update(two).chain_update(key).finalize().into()
    }
}

/// Reads a number: the digits of a key, divided by the number of its spaces.
///
/// A division by zero or with a remainder is no key of a client of this draft.
fn read_number(key: &[u8]) -> Option<u32> {
    let digits = key.iter().filter(|byte| byte.is_ascii_digit());
    let product = digits.clone().try_fold(0_u64, |number, digit| {
        number.checked_mul(10)?.checked_add(u64::from(digit - b'0'))
    })?;
    let spaces = u64::try_from(key.iter().filter(|byte| **byte == b' ').count()).ok()?;
    let is_key = spaces > 0 && digits.count() > 0 && product.is_multiple_of(spaces);
    if is_key { u32::try_from(product / spaces).ok() } else { None }
}

/// Makes a number, and the key that hides it.
pub(super) fn make_number(keys: &mut Keys) -> (u32, String) {
    let spaces = 1 + below(keys, 12);
    let number = below(keys, u32::MAX / spaces);
    let mut key = (u64::from(number) * u64::from(spaces)).to_string();
    for _ in 0..=below(keys, 12) {
        let at = place(keys, key.len() + 1);
        key.insert(at, noise(keys));
    }
    for _ in 0..spaces {
        // A space at either end would be lost with the whitespace around the value.
        let at = 1 + place(keys, key.len() - 1);
        key.insert(at, ' ');
    }
    (number, key)
}

impl From<[u32; 2]> for Numbers {
    fn from(numbers: [u32; 2]) -> Self {
        Self(numbers)
    }
}

/// Returns a character that is neither a digit nor a space: U+0021 to U+002F, or U+003A to U+007E.
fn noise(keys: &mut Keys) -> char {
    let at = u8::try_from(below(keys, 84)).unwrap_or_default();
    char::from(if at < 15 { b'!' + at } else { b':' + (at - 15) })
}

/// Returns a number less than `bound`. That small ones are slightly more likely harms nothing.
fn below(keys: &mut Keys, bound: u32) -> u32 {
    u32::from_le_bytes(keys.next_key()) % bound
}

/// Returns one of so many places.
pub(super) fn place(keys: &mut Keys, places: usize) -> usize {
    below(keys, u32::try_from(places).unwrap_or(u32::MAX)) as usize
}
