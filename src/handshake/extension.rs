use alloc::borrow::Cow;

use super::list::{List, Malformed, split_first};
use super::token::{is_token_byte, token};

/// One element of `Sec-WebSocket-Extensions`: an extension that is offered, or accepted (section
/// 9.1).
///
/// Its grammar is valid. Compare names without regard to case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extension<'h> {
    name: &'h str,
    parameters: Option<&'h [u8]>,
}

impl<'h> Extension<'h> {
    /// What the extension is called.
    pub const fn name(&self) -> &'h str {
        self.name
    }

    /// Its parameters in order, such as `("client_max_window_bits", Some("15"))`.
    ///
    /// Whether one may stand there twice is for the extension to say.
    pub fn parameters(&self) -> impl Iterator<Item = (&'h str, Option<Cow<'h, str>>)> + use<'h> {
        let parameters = Parameters(self.parameters).flatten();
        parameters.map(|parameter| (parameter.name, parameter.unescaped()))
    }

    pub(crate) fn parse(element: &'h [u8]) -> Result<Self, Malformed> {
        let (name, parameters) = split_first(element, b';');
        for (count, parameter) in Parameters(parameters).enumerate() {
            parameter?;
            if count >= MAX_PARAMETERS {
                return Err(Malformed);
            }
        }
        Ok(Self { name: token(name.trim_ascii()).ok_or(Malformed)?, parameters })
    }

    /// The elements of all the lines of the header, which has at least one if it is there.
    pub(crate) fn parse_all<V>(values: V) -> impl Iterator<Item = Result<Self, Malformed>>
    where
        V: Iterator<Item = &'h [u8]> + Clone,
    {
        let is_there = values.clone().next().is_some();
        let mut elements = List::new(values).enumerate().peekable();
        // Section 9.1: the list has one element or more.
        let is_bare = is_there && elements.peek().is_none();
        let bare = is_bare.then_some(Err(Malformed));
        bare.into_iter().chain(elements.map(|(count, element)| match element {
            Ok(element) if count < MAX_EXTENSIONS => Self::parse(element),
            Ok(_) | Err(Malformed) => Err(Malformed),
        }))
    }
}

/// The parameters that are left.
struct Parameters<'h>(Option<&'h [u8]>);

impl<'h> Iterator for Parameters<'h> {
    type Item = Result<Parameter<'h>, Malformed>;

    fn next(&mut self) -> Option<Self::Item> {
        let (parameter, rest) = split_first(self.0?, b';');
        self.0 = rest;
        Some(Parameter::parse(parameter))
    }
}

struct Parameter<'h> {
    name: &'h str,
    /// Without its quotes, but escaped as it came.
    value: Option<&'h str>,
}

impl<'h> Parameter<'h> {
    /// Section 9.1: a token, and maybe a value which is a token, or one in quotes. The whitespace
    /// that its grammar implies around `=` is gone from HTTP, but not from the wire.
    fn parse(parameter: &'h [u8]) -> Result<Self, Malformed> {
        let mut sides = parameter.splitn(2, |&byte| byte == b'=').map(<[u8]>::trim_ascii);
        let name = sides.next().and_then(token).ok_or(Malformed)?;
        let value = match sides.next() {
            Some([b'"', quoted @ .., b'"']) => Some(quoted_token(quoted).ok_or(Malformed)?),
            Some(value) => Some(token(value).ok_or(Malformed)?),
            None => None,
        };
        Ok(Self { name, value })
    }

    fn unescaped(&self) -> Option<Cow<'h, str>> {
        let value = self.value?;
        // A backslash is not part of a token, so that each one escapes what follows.
        Some(if value.contains('\\') { value.replace('\\', "").into() } else { value.into() })
    }
}

/// The text between two quotes, if what it stands for is a token (section 9.1).
fn quoted_token(quoted: &[u8]) -> Option<&str> {
    let mut bytes = quoted.iter();
    while let Some(&byte) = bytes.next() {
        let meant = if byte == b'\\' { *bytes.next()? } else { byte };
        if !is_token_byte(meant) {
            return None;
        }
    }
    if quoted.is_empty() { None } else { str::from_utf8(quoted).ok() }
}

/// The most extensions, and the most parameters of one, that are looked at. Browsers send one or
/// two.
const MAX_EXTENSIONS: usize = 16;
const MAX_PARAMETERS: usize = 16;
