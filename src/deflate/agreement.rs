//! The parameters of `permessage-deflate`, and what both ends have agreed on.

use alloc::borrow::Cow;
use core::fmt;

use super::compression::Context;
use crate::wire::Role;

/// How each end compresses, as negotiated by the opening handshake.
///
/// `Display` writes it as a server answers it in `Sec-WebSocket-Extensions`.
///
/// ```
/// use sansocket::deflate::{Agreement, Context};
///
/// let client = Context { window_bits: 15, is_taken_over: false };
/// let agreement = Agreement { client, server: Context::FULL };
/// assert_eq!(agreement.to_string(), "permessage-deflate; client_no_context_takeover");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Agreement {
    /// The context with which the client compresses.
    pub client: Context,
    /// The context with which the server compresses.
    pub server: Context,
}

impl Agreement {
    /// Returns the context with which this end compresses.
    pub const fn outgoing(&self, role: Role) -> Context {
        match role {
            Role::Client => self.client,
            Role::Server => self.server,
        }
    }

    /// Returns the context with which the peer of this end compresses.
    pub const fn incoming(&self, role: Role) -> Context {
        match role {
            Role::Client => self.server,
            Role::Server => self.client,
        }
    }
}

impl fmt::Display for Agreement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { client, server } = self;
        let window = |context: &Context| match context.bounded().window_bits {
            15 => None,
            bits => Some(Some(bits)),
        };
        let parameters = Parameters {
            server_no_context_takeover: !server.is_taken_over,
            client_no_context_takeover: !client.is_taken_over,
            server_max_window_bits: window(server).flatten(),
            client_max_window_bits: window(client),
        };
        parameters.fmt(f)
    }
}

/// The parameters of an offer or an answer (RFC 7692, section 7.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Parameters {
    pub(crate) server_no_context_takeover: bool,
    pub(crate) client_no_context_takeover: bool,
    pub(crate) server_max_window_bits: Option<u8>,
    /// An offer may omit the number.
    pub(crate) client_max_window_bits: Option<Option<u8>>,
}

impl Parameters {
    /// The name of the extension.
    pub(crate) const NAME: &str = "permessage-deflate";

    /// Parses the parameters. Returns `None` if one is unknown, repeated or has an invalid value.
    ///
    /// RFC 7692, section 7.1: a server declines such an offer, a client fails the handshake.
    pub(crate) fn parse<'h>(
        parameters: impl Iterator<Item = (&'h str, Option<Cow<'h, str>>)>,
    ) -> Option<Self> {
        let mut parsed = Self::default();
        for (name, value) in parameters {
            let bits = value.as_deref().map(parse_bits);
            let is_new = match Name::parse(name)? {
                Name::ServerNoContextTakeover if value.is_none() => {
                    !core::mem::replace(&mut parsed.server_no_context_takeover, true)
                }
                Name::ClientNoContextTakeover if value.is_none() => {
                    !core::mem::replace(&mut parsed.client_no_context_takeover, true)
                }
                Name::ServerMaxWindowBits => {
                    parsed.server_max_window_bits.replace(bits??).is_none()
                }
                Name::ClientMaxWindowBits => {
                    let bits = match bits {
                        Some(bits) => Some(bits?),
                        None => None,
                    };
                    parsed.client_max_window_bits.replace(bits).is_none()
                }
                Name::ServerNoContextTakeover | Name::ClientNoContextTakeover => false,
            };
            if !is_new {
                return None;
            }
        }
        Some(parsed)
    }

    /// Returns the agreement that these parameters make as an answer.
    pub(crate) const fn agreement(&self) -> Agreement {
        let client_bits = match self.client_max_window_bits {
            Some(Some(bits)) => bits,
            Some(None) | None => 15,
        };
        let server_bits = match self.server_max_window_bits {
            Some(bits) => bits,
            None => 15,
        };
        Agreement {
            client: Context {
                window_bits: client_bits,
                is_taken_over: !self.client_no_context_takeover,
            },
            server: Context {
                window_bits: server_bits,
                is_taken_over: !self.server_no_context_takeover,
            },
        }
    }
}

impl fmt::Display for Parameters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(Self::NAME)?;
        if self.server_no_context_takeover {
            write!(f, "; {SERVER_NO_CONTEXT_TAKEOVER}")?;
        }
        if self.client_no_context_takeover {
            write!(f, "; {CLIENT_NO_CONTEXT_TAKEOVER}")?;
        }
        if let Some(bits) = self.server_max_window_bits {
            write!(f, "; {SERVER_MAX_WINDOW_BITS}={bits}")?;
        }
        match self.client_max_window_bits {
            None => Ok(()),
            Some(None) => write!(f, "; {CLIENT_MAX_WINDOW_BITS}"),
            Some(Some(bits)) => write!(f, "; {CLIENT_MAX_WINDOW_BITS}={bits}"),
        }
    }
}

/// The name of a parameter.
#[derive(Clone, Copy)]
enum Name {
    ServerNoContextTakeover,
    ClientNoContextTakeover,
    ServerMaxWindowBits,
    ClientMaxWindowBits,
}

impl Name {
    fn parse(name: &str) -> Option<Self> {
        let names = [
            (SERVER_NO_CONTEXT_TAKEOVER, Self::ServerNoContextTakeover),
            (CLIENT_NO_CONTEXT_TAKEOVER, Self::ClientNoContextTakeover),
            (SERVER_MAX_WINDOW_BITS, Self::ServerMaxWindowBits),
            (CLIENT_MAX_WINDOW_BITS, Self::ClientMaxWindowBits),
        ];
        let found = names.into_iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, name)| name)
    }
}

/// Parses a number from 8 to 15 without leading zeros (RFC 7692, section 7.1.2).
fn parse_bits(value: &str) -> Option<u8> {
    match value.as_bytes() {
        [digit @ b'8'..=b'9'] => Some(digit - b'0'),
        [b'1', digit @ b'0'..=b'5'] => Some(10 + digit - b'0'),
        _ => None,
    }
}

const SERVER_NO_CONTEXT_TAKEOVER: &str = "server_no_context_takeover";
const CLIENT_NO_CONTEXT_TAKEOVER: &str = "client_no_context_takeover";
const SERVER_MAX_WINDOW_BITS: &str = "server_max_window_bits";
const CLIENT_MAX_WINDOW_BITS: &str = "client_max_window_bits";
