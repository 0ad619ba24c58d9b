//! [`Redirects`]: which redirects a client follows.

use core::fmt;

use super::location::resolve;
use super::origin::Origin;
use crate::handshake::client::Response;
use crate::handshake::url_buf::UrlBuf;
use crate::handshake::{Url, UrlError};

/// Which redirects a client follows (RFC 9110, section 15.4). Default: none.
///
/// No redirect leads from `wss` to `ws`, and none comes back to a URL that was asked before.
///
/// ```
/// use sansocket::connect::Redirects;
///
/// let redirects = Redirects::anywhere(5);
/// assert_ne!(redirects, Redirects::NONE);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Redirects {
    most: u8,
    is_anywhere: bool,
}

impl Redirects {
    /// Follows no redirects.
    pub const NONE: Self = Self { most: 0, is_anywhere: false };

    /// Follows at most this many redirects, to any server.
    ///
    /// Another server gets only the headers and subprotocols that were marked as portable.
    pub const fn anywhere(most: u8) -> Self {
        Self { most, is_anywhere: true }
    }

    /// Follows at most this many redirects, within the scheme, host and port of the first URL.
    pub const fn same_origin(most: u8) -> Self {
        Self { most, is_anywhere: false }
    }

    /// Returns where a response redirects to. `visited` are the URLs that were asked, the last of which gave
    /// the response.
    ///
    /// Returns `None` if the response is no redirect, or redirects are off.
    pub(crate) fn follow(
        self,
        response: &Response,
        visited: &[UrlBuf],
    ) -> Option<Result<UrlBuf, RedirectFault>> {
        let is_redirect = matches!(response.status(), 301..=303 | 307 | 308);
        let [first, ..] = visited else { return None };
        let last = visited.last()?.as_url();
        let location = location(response).filter(|_| is_redirect && self.most > 0)?;
        Some(self.check(location, first.as_url(), last, visited))
    }

    fn check(
        self,
        location: &[u8],
        first: Url<'_>,
        last: Url<'_>,
        visited: &[UrlBuf],
    ) -> Result<UrlBuf, RedirectFault> {
        let location = str::from_utf8(location)
            .map_err(|_| RedirectFault::BadLocation(UrlError::BadCharacter))?;
        let text = resolve(last, location).map_err(RedirectFault::BadLocation)?;
        let url = Url::parse(&text).map_err(RedirectFault::BadLocation)?;
        if last.is_secure() && !url.is_secure() {
            return Err(RedirectFault::Downgrade);
        }
        if !self.is_anywhere && Origin::of(url) != Origin::of(first) {
            return Err(RedirectFault::OtherOrigin);
        }
        if visited.iter().any(|other| is_same(other.as_url(), url)) {
            return Err(RedirectFault::Loop);
        }
        if visited.len() > usize::from(self.most) {
            return Err(RedirectFault::TooMany);
        }
        Ok(url.into())
    }
}

/// Returns the only `Location`. Several contradict each other.
fn location(response: &Response) -> Option<&[u8]> {
    let mut values = response.headers().values("Location");
    values.next().filter(|_| values.next().is_none())
}

fn is_same(one: Url<'_>, other: Url<'_>) -> bool {
    let is_resource = (one.path(), one.query()) == (other.path(), other.query());
    is_resource && Origin::of(one) == Origin::of(other)
}

/// Why a redirect was not followed.
///
/// ```
/// use sansocket::connect::RedirectFault;
///
/// assert_eq!(RedirectFault::Downgrade.to_string(), "redirect leads from wss to ws");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RedirectFault {
    /// `Location` is not the URL of a WebSocket.
    BadLocation(UrlError),
    /// The redirect leads from `wss` to `ws`.
    Downgrade,
    /// The redirect leads to a URL that was asked before.
    Loop,
    /// The redirect leads to another origin, and [`Redirects::same_origin`] does not allow that.
    OtherOrigin,
    /// There were more redirects than allowed.
    TooMany,
}

impl fmt::Display for RedirectFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::BadLocation(error) => return write!(f, "Location of the redirect: {error}"),
            Self::Downgrade => "redirect leads from wss to ws",
            Self::Loop => "redirects lead in a circle",
            Self::OtherOrigin => "redirect leads to another origin",
            Self::TooMany => "too many redirects",
        })
    }
}

impl core::error::Error for RedirectFault {}
