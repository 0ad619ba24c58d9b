//! [`Extension`]: an element of `Sec-WebSocket-Extensions`.

use alloc::borrow::Cow;

use super::list::{List, Malformed, split_first};
use super::token::{is_token_byte, token};

/// An extension that was offered or accepted: one element of `Sec-WebSocket-Extensions` (section 9.1).
///
/// The element is well-formed. Compare names ignoring case.
///
/// ```
/// use sansocket::server;
///
/// /// Returns whether a client offers permessage-deflate.
/// fn offers_compression(request: &server::Request) -> bool {
///     request.extensions().any(|it| it.name().eq_ignore_ascii_case("permessage-deflate"))
/// }
/// # use sansocket::{Config, Connection, Event, Input, Timestamp};
/// # const REQUEST: &[u8] = b"GET /chat?room=1 HTTP/1.1\r\nHost: example.com\r\nUpgrade: websocket\r\n\
/// #     Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
/// #     Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: v1, v2\r\nCookie: a=1; session=4711\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n";
/// # let (mut input, now) = (Input::new(vec![0; 1024]), Timestamp::default());
/// # let mut connection = Connection::server(Config::new().shared(), now).with_read_ahead(REQUEST);
/// # assert_eq!(connection.next_event(&mut input), Some(Event::Request));
/// # assert!(offers_compression(connection.request().unwrap()));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extension<'h> {
    name: &'h str,
    parameters: Option<&'h [u8]>,
}

impl<'h> Extension<'h> {
    /// Returns the name of the extension.
    pub const fn name(&self) -> &'h str {
        self.name
    }

    /// Returns the parameters in order, such as `("client_max_window_bits", Some("15"))`.
    ///
    /// A parameter may be repeated, unless the extension forbids it.
    pub fn parameters(&self) -> impl Iterator<Item = (&'h str, Option<Cow<'h, str>>)> + use<'h> {
        let parameters = ParameterList(self.parameters).flatten();
        parameters.map(|parameter| (parameter.name, parameter.unescaped()))
    }

    /// Parses one element.
    pub(crate) fn parse(element: &'h [u8]) -> Result<Self, Malformed> {
        let (name, parameters) = split_first(element, b';');
        for (count, parameter) in ParameterList(parameters).enumerate() {
            parameter?;
            if count >= MAX_PARAMETERS {
                return Err(Malformed);
            }
        }
        Ok(Self { name: token(name.trim_ascii()).ok_or(Malformed)?, parameters })
    }

    /// Parses the elements in all lines of the header. A header without elements counts as absent.
    ///
    /// Section 9.1 requires one element, but deployed peers send an empty header.
    pub(crate) fn parse_all<V>(values: V) -> impl Iterator<Item = Result<Self, Malformed>>
    where
        V: Iterator<Item = &'h [u8]> + Clone,
    {
        List::new(values).enumerate().map(|(count, element)| match element {
            Ok(element) if count < MAX_EXTENSIONS => Self::parse(element),
            Ok(_) | Err(Malformed) => Err(Malformed),
        })
    }
}

/// The remaining parameters.
struct ParameterList<'h>(Option<&'h [u8]>);

impl<'h> Iterator for ParameterList<'h> {
    type Item = Result<Parameter<'h>, Malformed>;

    fn next(&mut self) -> Option<Self::Item> {
        let (parameter, rest) = split_first(self.0?, b';');
        self.0 = rest;
        Some(Parameter::parse(parameter))
    }
}

struct Parameter<'h> {
    name: &'h str,
    /// The value without its quotes, still escaped.
    value: Option<&'h str>,
}

impl<'h> Parameter<'h> {
    /// Parses a name and an optional value, a token or a quoted token (section 9.1).
    ///
    /// The grammar of section 9.1 allows whitespace around `=`, and some peers send it.
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
        // A token contains no backslash, so each one is an escape.
        Some(if value.contains('\\') { value.replace('\\', "").into() } else { value.into() })
    }
}

/// Returns the text between two quotes if its unescaped form is a token (section 9.1).
fn quoted_token(quoted: &[u8]) -> Option<&str> {
    let mut bytes = quoted.iter();
    while let Some(&byte) = bytes.next() {
        let unescaped = if byte == b'\\' { *bytes.next()? } else { byte };
        if !is_token_byte(unescaped) {
            return None;
        }
    }
    if quoted.is_empty() { None } else { str::from_utf8(quoted).ok() }
}

/// Limits on extensions, and on parameters of one extension. Browsers send one or two.
const MAX_EXTENSIONS: usize = 16;
const MAX_PARAMETERS: usize = 16;
