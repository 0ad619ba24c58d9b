//! The grammar that challenges and credentials share (RFC 9110, sections 11.2 to 11.4).
//!
//! A value is a scheme, and then nothing, a token68, or parameters. Challenges stand in a list, and so do the
//! parameters of one challenge: a comma is followed by another parameter if a name and `=` come next, and by
//! another challenge otherwise.

use alloc::borrow::Cow;
use alloc::string::String;

use crate::handshake::list::Malformed;
use crate::handshake::text::{count_while, is_control, split_before};
use crate::handshake::token::{Charset, is_token_byte};

/// A scheme with its token68 or its parameters. Both borrow from the header.
#[derive(Clone, Copy)]
pub(crate) struct AuthValue<'h> {
    pub(crate) scheme: &'h str,
    payload: Payload<'h>,
}

#[derive(Clone, Copy)]
enum Payload<'h> {
    Token68(&'h str),
    /// A valid list of parameters, or nothing.
    Parameters(&'h str),
}

impl<'h> AuthValue<'h> {
    /// Parses the first value of a list. Returns it and the rest of the list, which may be blank.
    pub(crate) fn parse_first(list: &'h str) -> Result<(Self, &'h str), Malformed> {
        let (scheme, rest) = take_token(skip_blanks(list))?;
        let body = rest.trim_start_matches(is_space);
        if body.is_empty() || body.starts_with(',') {
            return Ok((Self { scheme, payload: Payload::Parameters("") }, body));
        }
        // RFC 9110, section 11.4: a space, not a tab.
        if !rest.starts_with(' ') {
            return Err(Malformed);
        }
        if let Some((token68, rest)) = take_token68(body) {
            return Ok((Self { scheme, payload: Payload::Token68(token68) }, rest));
        }
        let len = parameters_len(body)?;
        let (parameters, rest) = body.split_at(len);
        Ok((Self { scheme, payload: Payload::Parameters(parameters) }, rest))
    }

    /// Parses a value that stands alone.
    pub(crate) fn parse(text: &'h str) -> Result<Self, Malformed> {
        let (value, rest) = Self::parse_first(text)?;
        if is_blank(rest) { Ok(value) } else { Err(Malformed) }
    }

    /// Returns whether the scheme is this one, ignoring case.
    pub(crate) const fn is(&self, scheme: &str) -> bool {
        self.scheme.eq_ignore_ascii_case(scheme)
    }

    pub(crate) const fn token68(&self) -> Option<&'h str> {
        match self.payload {
            Payload::Token68(token68) => Some(token68),
            Payload::Parameters(_) => None,
        }
    }

    pub(crate) const fn parameters(&self) -> Parameters<'h> {
        match self.payload {
            Payload::Token68(_) => Parameters(""),
            Payload::Parameters(parameters) => Parameters(parameters),
        }
    }

    /// Returns the value of a parameter. Names are compared ignoring case.
    pub(crate) fn parameter(&self, name: &str) -> Option<Cow<'h, str>> {
        let mut parameters = self.parameters();
        parameters.find_map(|(other, value)| other.eq_ignore_ascii_case(name).then_some(value))
    }
}

/// The remaining parameters of a value, which are valid.
#[derive(Clone)]
pub(crate) struct Parameters<'h>(&'h str);

impl<'h> Iterator for Parameters<'h> {
    type Item = (&'h str, Cow<'h, str>);

    fn next(&mut self) -> Option<Self::Item> {
        let (name, value, rest) = take_parameter(skip_blanks(self.0)).ok()?;
        self.0 = rest;
        Some((name, value.unescaped()))
    }
}

/// The value of a parameter.
#[derive(Clone, Copy)]
enum Value<'h> {
    Token(&'h str),
    /// The text between the quotes, still escaped.
    Quoted(&'h str),
}

impl<'h> Value<'h> {
    fn unescaped(self) -> Cow<'h, str> {
        match self {
            Self::Quoted(text) if text.contains('\\') => unescape(text).into(),
            Self::Token(text) | Self::Quoted(text) => text.into(),
        }
    }
}

/// Returns the text of a header value, if it is UTF-8 without control characters.
pub(crate) fn text(value: &[u8]) -> Result<&str, Malformed> {
    let text = str::from_utf8(value).map_err(|_| Malformed)?;
    if text.bytes().any(is_control) { Err(Malformed) } else { Ok(text) }
}

/// Returns whether a text is a token68 (RFC 9110, section 11.2).
pub(crate) fn is_token68(text: &str) -> bool {
    matches!(take_token68(text), Some((_, "")))
}

/// Removes whitespace and empty elements from the front of a list.
pub(crate) fn skip_blanks(list: &str) -> &str {
    list.trim_start_matches(|c| is_space(c) || c == ',')
}

/// Returns whether nothing but empty elements is left of a list.
pub(crate) fn is_blank(list: &str) -> bool {
    skip_blanks(list).is_empty()
}

fn take_token(text: &str) -> Result<(&str, &str), Malformed> {
    match split_before(text, |byte| !is_token_byte(byte)) {
        ("", _) => Err(Malformed),
        parts => Ok(parts),
    }
}

/// Takes a token68 that ends where its element does.
fn take_token68(text: &str) -> Option<(&str, &str)> {
    let letters = count_while(text.as_bytes(), |byte| TOKEN68.contains(byte));
    let (_, rest) = text.split_at(letters);
    let (token68, rest) =
        text.split_at(letters + count_while(rest.as_bytes(), |byte| byte == b'='));
    let rest = rest.trim_start_matches(is_space);
    let is_whole = letters > 0 && (rest.is_empty() || rest.starts_with(','));
    is_whole.then_some((token68, rest))
}

/// Returns the length of the parameters at the front of a text, of which there is at least one.
fn parameters_len(text: &str) -> Result<usize, Malformed> {
    let mut names = [""; MAX_PARAMETERS];
    let mut rest = text;
    for at in 0..MAX_PARAMETERS {
        let (name, _, after) = take_parameter(skip_blanks(rest))?;
        // RFC 9110, section 11.2: each name occurs once.
        if names.iter().any(|other| other.eq_ignore_ascii_case(name)) {
            return Err(Malformed);
        }
        names[at] = name;
        rest = after.trim_start_matches(is_space);
        if !rest.is_empty() && !rest.starts_with(',') {
            return Err(Malformed);
        }
        if !starts_with_parameter(skip_blanks(rest)) {
            return Ok(text.len() - rest.len());
        }
    }
    Err(Malformed)
}

/// Returns whether a name and `=` come next, rather than another challenge.
fn starts_with_parameter(text: &str) -> bool {
    take_token(text).is_ok_and(|(_, rest)| rest.trim_start_matches(is_space).starts_with('='))
}

/// Takes a name, `=` and a value. RFC 9110, section 11.2, allows whitespace around the `=`.
fn take_parameter(text: &str) -> Result<(&str, Value<'_>, &str), Malformed> {
    let (name, rest) = take_token(text)?;
    let rest = rest.trim_start_matches(is_space).strip_prefix('=').ok_or(Malformed)?;
    let rest = rest.trim_start_matches(is_space);
    if let Some(rest) = rest.strip_prefix('"') {
        let (quoted, rest) = rest.split_at(quoted_len(rest).ok_or(Malformed)?);
        return Ok((name, Value::Quoted(quoted), rest.get(1..).unwrap_or_default()));
    }
    let (value, rest) = take_token(rest)?;
    Ok((name, Value::Token(value), rest))
}

/// Returns the length of a text up to the quote that closes it (RFC 9110, section 5.6.4).
fn quoted_len(text: &str) -> Option<usize> {
    let mut bytes = text.bytes().enumerate();
    while let Some((at, byte)) = bytes.next() {
        match byte {
            b'"' => return Some(at),
            b'\\' => _ = bytes.next(),
            _ => {}
        }
    }
    None
}

fn unescape(text: &str) -> String {
    let mut chars = text.chars();
    let next = || match chars.next()? {
        '\\' => chars.next(),
        c => Some(c),
    };
    core::iter::from_fn(next).collect()
}

/// Escapes a text that is put between quotes (RFC 9110, section 5.6.4).
pub(crate) fn escape(text: &str) -> Cow<'_, str> {
    match text.contains(['"', '\\']) {
        true => text.replace('\\', "\\\\").replace('"', "\\\"").into(),
        false => text.into(),
    }
}

const fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t')
}

const TOKEN68: Charset = Charset::alphanumeric_and(b"-._~+/");

/// Maximum number of parameters of a challenge. Digest has nine.
const MAX_PARAMETERS: usize = 32;
