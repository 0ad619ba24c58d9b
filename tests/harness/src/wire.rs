use sansocket::wire::{Utf8, apply_mask};

use crate::oracle::bad_byte;

/// Text is judged as the standard library does it, wherever it is cut, and fails at the first byte that
/// can continue no character.
pub fn utf8(data: &[u8]) {
    let bad = bad_byte(data);
    for size in [1, 2, 3, 4, 5, 7, 16, 64, data.len().max(1)] {
        let mut utf8 = Utf8::new();
        let mut text = String::new();
        let mut verdict = None;
        for (count, bytes) in data.chunks(size).enumerate() {
            match utf8.push(bytes) {
                Ok(checked) => {
                    text.extend(checked.head);
                    text.push_str(checked.text);
                }
                Err(error) => {
                    verdict = Some(count * size + error.at);
                    break;
                }
            }
        }
        assert_eq!(verdict, bad, "cut into {size}");
        let is_text = std::str::from_utf8(data).is_ok();
        assert_eq!(verdict.is_none() && utf8.is_complete(), is_text, "cut into {size}");
        assert!(data.starts_with(text.as_bytes()), "text is what was given");
        assert!(!is_text || text.len() == data.len(), "text is all that was given");
    }
}

/// Masking is what section 5.3 says, byte by byte, wherever the bytes lie and are split.
pub fn mask(data: &[u8]) {
    let Some((key, bytes)) = data.split_first_chunk::<4>() else { return };
    for start in 0..bytes.len().min(9) {
        let plain = &bytes[start..];
        let masked: Vec<u8> = plain.iter().enumerate().map(|(i, byte)| byte ^ key[i % 4]).collect();
        for split in (0..plain.len().min(70)).chain([plain.len()]) {
            let mut bytes = bytes.to_vec();
            let (head, tail) = bytes[start..].split_at_mut(split);
            apply_mask(*key, 0, head);
            apply_mask(*key, split, tail);
            assert_eq!(&bytes[start..], masked, "from {start}, split at {split}");
        }
    }
}
