//! Headers that hold comma-separated lists (RFC 9110, section 5.6.1).

use super::text::count_while;
use super::token::{is_token, token};

/// The error of a value that does not match the grammar of its header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Malformed;

/// The elements of a list, over all lines of a header.
///
/// The iterator skips up to 16 empty elements. It ends after an error.
#[derive(Clone, Debug)]
pub(crate) struct List<'h, V> {
    values: V,
    /// Rest of the current line.
    rest: Option<&'h [u8]>,
    blanks: usize,
}

impl<'h, V: Iterator<Item = &'h [u8]>> List<'h, V> {
    /// Creates the list of the elements in `values`, one value per header line.
    pub(crate) const fn new(values: V) -> Self {
        Self { values, rest: None, blanks: 0 }
    }

    /// Returns the elements as tokens.
    pub(crate) fn tokens(self) -> impl Iterator<Item = Result<&'h str, Malformed>> {
        self.map(|element| token(element?).ok_or(Malformed))
    }

    /// Returns whether the list contains the token `name`, ignoring case.
    pub(crate) fn has_token(self, name: &str) -> Result<bool, Malformed> {
        let mut is_listed = false;
        for element in self {
            let element = element?;
            let is_named = element.eq_ignore_ascii_case(name.as_bytes());
            if !is_named && !is_token(element) {
                return Err(Malformed);
            }
            is_listed |= is_named;
        }
        Ok(is_listed)
    }
}

impl<'h, V: Iterator<Item = &'h [u8]>> Iterator for List<'h, V> {
    type Item = Result<&'h [u8], Malformed>;

    fn next(&mut self) -> Option<Self::Item> {
        while self.blanks <= MAX_BLANKS {
            let line = match self.rest.take() {
                Some(rest) => rest,
                None => self.values.next()?,
            };
            let (element, rest) = split_first(line, b',');
            self.rest = rest;
            let element = element.trim_ascii();
            if !element.is_empty() {
                return Some(Ok(element));
            }
            self.blanks += 1;
            // RFC 9110, section 5.6.1.2: "a reasonable number of empty list elements".
            if self.blanks > MAX_BLANKS {
                return Some(Err(Malformed));
            }
        }
        None
    }
}

/// Splits a text at the first `separator`.
///
/// The separator may be inside a quoted string (RFC 9110, section 5.6.4). The lists here quote only tokens
/// (section 9.1), which contain no separators, so such a string is malformed whether it is cut or not.
pub(crate) fn split_first(text: &[u8], separator: u8) -> (&[u8], Option<&[u8]>) {
    let (before, after) = text.split_at(count_while(text, |byte| byte != separator));
    (before, after.get(1..))
}

const MAX_BLANKS: usize = 16;
