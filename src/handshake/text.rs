//! Helpers for texts of ASCII characters.

/// Returns the number of leading bytes that match.
pub(crate) fn count_while(bytes: &[u8], matches: impl Fn(u8) -> bool) -> usize {
    bytes.iter().position(|&byte| !matches(byte)).unwrap_or(bytes.len())
}

/// Returns whether a byte matches.
///
/// Without a branch per byte, the compiler compares many bytes at once.
pub(crate) fn has(bytes: &[u8], matches: impl Fn(u8) -> bool) -> bool {
    bytes.iter().fold(false, |has, &byte| has | matches(byte))
}

/// Splits a text before the first matching character. Only ASCII characters may match.
pub(crate) fn split_before(text: &str, matches: impl Fn(u8) -> bool) -> (&str, &str) {
    text.split_at(count_while(text.as_bytes(), |byte| !matches(byte)))
}

/// Returns the text of these bytes if they are ASCII.
pub(crate) fn ascii(bytes: &[u8]) -> Option<&str> {
    str::from_utf8(bytes).ok().filter(|text| text.is_ascii())
}

/// Returns whether a byte is a control character that HTTP forbids in values: all but the tab.
pub(crate) const fn is_control(byte: u8) -> bool {
    byte.is_ascii_control() && byte != b'\t'
}

/// Converts a limit to a length.
pub(crate) fn to_usize(count: u32) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX)
}
