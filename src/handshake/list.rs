use super::scan::count_while;
use super::token::{is_token, token};

/// A value that breaks the grammar of its header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Malformed;

/// The elements of a header that is a list, over all its lines (RFC 9110, section 5.6.1).
///
/// Empty elements are skipped, but only a few. Nothing follows an error.
#[derive(Clone, Debug)]
pub(crate) struct List<'h, V> {
    values: V,
    /// What is left of the current line.
    rest: Option<&'h [u8]>,
    blanks: usize,
}

impl<'h, V: Iterator<Item = &'h [u8]>> List<'h, V> {
    pub(crate) const fn new(values: V) -> Self {
        Self { values, rest: None, blanks: 0 }
    }

    /// The elements as tokens.
    pub(crate) fn tokens(self) -> impl Iterator<Item = Result<&'h str, Malformed>> {
        self.map(|element| token(element?).ok_or(Malformed))
    }

    /// Whether `name` is among the tokens, in whatever case.
    pub(crate) fn has_token(self, name: &str) -> Result<bool, Malformed> {
        let mut is_there = false;
        for element in self {
            let token = element.ok().filter(|element| is_token(element)).ok_or(Malformed)?;
            is_there |= token.eq_ignore_ascii_case(name.as_bytes());
        }
        Ok(is_there)
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

/// What stands before and after the first `separator`.
///
/// It may be within a quoted string (RFC 9110, section 5.6.4). But what these lists quote is a token
/// (section 9.1), of which no separator is part: both what is cut there and what is not are malformed.
pub(crate) fn split_first(text: &[u8], separator: u8) -> (&[u8], Option<&[u8]>) {
    let (before, after) = text.split_at(count_while(text, |byte| byte != separator));
    (before, after.get(1..))
}

const MAX_BLANKS: usize = 16;
