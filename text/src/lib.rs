//! Text that is read straight into place and validated as it arrives.
//!
//! In safe code, bytes become a `&str` only by a validation of all of them. Whoever validates text while it arrives, so
//! that a bad byte fails at once, must then validate it again as a whole, or copy it into a `String`. A [`TextBuffer`]
//! needs neither. It remembers up to where its bytes are valid, and hands out no `&mut` to those.
//!
//! ```
//! use sansocket_text::TextBuffer;
//!
//! let mut text = TextBuffer::default();
//! text.reserve(100)?;
//!
//! // A read may end within a character.
//! text.spare(4).copy_from_slice(b"caf\xc3");
//! text.fill(4)?;
//! assert_eq!(text.as_str(), "caf");
//!
//! text.push(b"\xa9")?;
//! assert_eq!(text.as_str(), "café");
//! assert!(text.is_complete());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![no_std]
#![warn(
    clippy::alloc_instead_of_core,
    clippy::std_instead_of_alloc,
    clippy::std_instead_of_core,
    clippy::unwrap_used
)]

extern crate alloc;

use alloc::collections::TryReserveError;
use alloc::vec::Vec;
use core::{fmt, str};

use simdutf8::basic;

/// A buffer of UTF-8 text that is validated once, as it arrives.
///
/// ```text
/// memory: │ text, valid │ start of a character │ spare, was written to │ spare │
///         0 ......... valid ................. len ............ memory.len() .. capacity
/// ```
///
/// The first `valid` bytes are UTF-8. They are never written to again:
///
/// * Only [`fill`](Self::fill) raises `valid`, by as many bytes as it has found to be whole characters.
/// * [`spare`](Self::spare), the only way to write, begins behind them.
/// * The memory is a `Vec`, which grows and does not shrink. It is not any type with `AsMut<[u8]>`, since that could be
///   other bytes at each call.
#[derive(Default)]
pub struct TextBuffer {
    /// Up to its length it has been written to at some time.
    memory: Vec<u8>,
    /// How many bytes have arrived. At most three more than are valid.
    len: usize,
    /// How many bytes are whole characters.
    valid: usize,
}

/// The bytes are not UTF-8.
///
/// ```
/// use sansocket_text::{TextBuffer, Utf8Error};
///
/// let mut text = TextBuffer::new(vec![0; 16]);
/// assert_eq!(text.push(b"ab\xff"), Err(Utf8Error { at: 2 }));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Utf8Error {
    /// The position, in the bytes of that call, of the first byte that cannot continue any character.
    pub at: usize,
}

impl TextBuffer {
    /// Creates an empty text in `memory`, whatever that contains.
    ///
    /// ```
    /// use sansocket_text::TextBuffer;
    ///
    /// let mut text = TextBuffer::new(vec![0; 16]);
    /// assert_eq!(text.as_str(), "");
    /// assert_eq!(text.room(), 16);
    /// ```
    pub const fn new(memory: Vec<u8>) -> Self {
        Self { memory, len: 0, valid: 0 }
    }

    /// Returns the memory for another text. What was written to, up to its length, is not cleared again.
    pub fn into_memory(self) -> Vec<u8> {
        self.memory
    }

    /// Makes room for at least `count` more bytes, and for no more than these if there is too little.
    ///
    /// # Errors
    ///
    /// Returns an error if the memory cannot be allocated. The text is unchanged.
    pub fn reserve(&mut self, count: usize) -> Result<(), TryReserveError> {
        self.memory.try_reserve_exact(count.saturating_sub(self.memory.len() - self.len))
    }

    /// Returns for how many more bytes there is room.
    pub const fn room(&self) -> usize {
        self.memory.capacity() - self.len
    }

    /// Returns room to read the next `count` bytes into, or some of them. What was never written to is cleared.
    ///
    /// If there is too little [room](Self::room), this allocates more as a `Vec` does.
    pub fn spare(&mut self, count: usize) -> &mut [u8] {
        let end = self.len + count;
        if end > self.memory.len() {
            self.memory.resize(end, 0);
        }
        &mut self.memory[self.len..end]
    }

    /// Appends the first `count` bytes of [`spare`](Self::spare), which may end within a character.
    ///
    /// # Errors
    ///
    /// Returns [`Utf8Error`] if a byte cannot continue any character. The text is unchanged.
    ///
    /// # Panics
    ///
    /// Panics if `count` is more than was ever [`spare`](Self::spare).
    pub fn fill(&mut self, count: usize) -> Result<(), Utf8Error> {
        assert!(count <= self.memory.len() - self.len, "more bytes were filled than were spare");
        let len = self.len + count;
        let new = &self.memory[self.valid..len];
        let Some(valid) = count_whole(new) else {
            // Bytes that arrived before could all begin a character.
            return Err(Utf8Error { at: find_bad(new) - (self.len - self.valid) });
        };
        self.valid += valid;
        self.len = len;
        Ok(())
    }

    /// Appends a copy of `bytes`, which may end within a character.
    ///
    /// If there is too little [room](Self::room), this allocates more as a `Vec` does.
    ///
    /// # Errors
    ///
    /// Returns the error of [`fill`](Self::fill).
    pub fn push(&mut self, bytes: &[u8]) -> Result<(), Utf8Error> {
        let written = &mut self.memory[self.len..];
        let (over, new) = bytes.split_at(bytes.len().min(written.len()));
        written[..over.len()].copy_from_slice(over);
        self.memory.extend_from_slice(new);
        self.fill(bytes.len())
    }

    /// Returns the text, without an incomplete character at its end.
    pub fn as_str(&self) -> &str {
        let text = &self.memory[..self.valid];
        // SAFETY: `fill` has found these bytes to be UTF-8, and nothing has written to them since.
        #[expect(unsafe_code, reason = "safe code would validate the text again")]
        unsafe {
            str::from_utf8_unchecked(text)
        }
    }

    /// Returns all bytes that have arrived, with those of an incomplete character at the end.
    pub fn as_bytes(&self) -> &[u8] {
        &self.memory[..self.len]
    }

    /// Returns whether the text ends with a complete character.
    pub const fn is_complete(&self) -> bool {
        self.valid == self.len
    }
}

/// Texts may be secret, so this prints lengths only.
impl fmt::Debug for TextBuffer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TextBuffer").field("len", &self.len).finish_non_exhaustive()
    }
}

impl fmt::Display for Utf8Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "text is not UTF-8 at byte {}", self.at)
    }
}

impl core::error::Error for Utf8Error {}

/// Returns how many of `bytes` are whole characters: all, or all but the start of a character at their end. `None` if
/// they are not UTF-8.
fn count_whole(bytes: &[u8]) -> Option<usize> {
    // A character of several bytes begins with one of these.
    let Some(behind) = bytes.iter().rev().take(3).position(|&byte| byte >= 0xc0) else {
        return basic::from_utf8(bytes).ok().map(str::len);
    };
    let (body, end) = bytes.split_at(bytes.len() - behind - 1);
    let body = basic::from_utf8(body).ok()?;
    match str::from_utf8(end) {
        Ok(end) => Some(body.len() + end.len()),
        Err(error) if error.error_len().is_none() => Some(body.len() + error.valid_up_to()),
        Err(_) => None,
    }
}

/// Returns the position of the first of `bytes` that cannot continue any character.
#[cold]
fn find_bad(bytes: &[u8]) -> usize {
    let Err(error) = str::from_utf8(bytes) else { return bytes.len() };
    let start = error.valid_up_to();
    match (bytes[start], error.error_len()) {
        // No character begins with this byte.
        (..0xc2 | 0xf5.., _) => start,
        (_, Some(len)) => start + len,
        (_, None) => bytes.len(),
    }
}

/// The example of the page.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod page {}
