use super::host::Authority;
use super::scan::split_before;

/// Which origins a server lets open connections (section 10.2).
///
/// A browser sends the cookies of a user along with a handshake that any page may begin. Unless the
/// origin is looked at, every site can act as the user (cross-site WebSocket hijacking).
///
/// What is no browser need not send an `Origin`, and can send any: to keep others out takes
/// credentials. See [`Policy::is_origin_required`](crate::server::Policy::is_origin_required).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Origins<'p> {
    /// Any origin: for what every site may use, as it does not depend on who the user is.
    Any,
    /// These, such as `https://example.com` or `http://localhost:8080`.
    ///
    /// Whole origins are compared: the case of scheme and host does not matter, nor does a default
    /// port that is written out. `null`, which stands for many things, is allowed only if it is
    /// listed.
    Listed(&'p [&'p str]),
    /// The host and port which the request is for, under `http` or `https`.
    ///
    /// Behind a proxy which rewrites `Host`, list the origins instead.
    #[default]
    SameHost,
}

impl Origins<'_> {
    pub(crate) fn allow(&self, origin: &str, authority: &Authority<'_>) -> bool {
        match self {
            Self::Any => true,
            Self::Listed(origins) => {
                let origin = Origin::parse(origin);
                origins.iter().any(|listed| origin.is_some() && Origin::parse(listed) == origin)
            }
            Self::SameHost => Origin::parse(origin).is_some_and(|origin| origin.is_of(authority)),
        }
    }
}

/// A serialised origin (RFC 6454, section 6.2).
#[derive(Clone, Copy, Debug)]
pub(crate) enum Origin<'o> {
    Null,
    Tuple { scheme: &'o str, authority: Authority<'o> },
}

impl<'o> Origin<'o> {
    pub(crate) fn parse(text: &'o str) -> Option<Self> {
        if text == "null" {
            return Some(Self::Null);
        }
        let (scheme, rest) = split_before(text, |byte| byte == b':');
        let authority = Authority::parse(rest.strip_prefix("://")?)?;
        is_scheme(scheme).then_some(Self::Tuple { scheme, authority })
    }

    /// Whether a page of this origin came from `authority`, over TLS or not.
    fn is_of(&self, authority: &Authority<'_>) -> bool {
        let Self::Tuple { scheme, authority: own } = self else {
            return false;
        };
        let Some(default) = default_port(scheme) else {
            return false;
        };
        let [own_port, port] = [own, authority].map(|it| it.port().unwrap_or(default));
        own.is_host_of(authority) && own_port == port
    }
}

impl PartialEq for Origin<'_> {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Null, Self::Null) => true,
            (
                Self::Tuple { scheme, authority },
                Self::Tuple { scheme: other_scheme, authority: other },
            ) => {
                let [port, other_port] =
                    [authority, other].map(|it| it.port().or(default_port(scheme)));
                scheme.eq_ignore_ascii_case(other_scheme)
                    && authority.host().eq_ignore_ascii_case(other.host())
                    && port == other_port
            }
            (Self::Null, Self::Tuple { .. }) | (Self::Tuple { .. }, Self::Null) => false,
        }
    }
}

/// RFC 3986, section 3.1.
fn is_scheme(scheme: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.');
    scheme.starts_with(|first: char| first.is_ascii_alphabetic()) && scheme.bytes().all(is_part)
}

fn default_port(scheme: &str) -> Option<u16> {
    [("http", 80), ("https", 443)]
        .into_iter()
        .find_map(|(name, port)| name.eq_ignore_ascii_case(scheme).then_some(port))
}
