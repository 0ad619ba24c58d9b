//! [`Policy`]: the requests that a server rejects by itself.

use super::host::Authority;
use super::hosts::Hosts;
use super::limits::HandshakeLimits;
use super::origins::Origins;
use super::request_error::RequestError;

/// The rules by which a server rejects requests before the application sees them.
///
/// Clones share their lists.
///
/// ```
/// use sansocket::HandshakeLimits;
/// use sansocket::server::{Hosts, Origins, Policy};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let policy = Policy::new()
///     .hosts(Hosts::list(["example.com"])?)
///     .origins(Origins::list(["https://example.com", "https://app.example.com"])?)
///     .require_origin(true)
///     .limits(HandshakeLimits::new().bytes(64 << 10));
/// assert!(policy.require_origin && policy.hosts != Hosts::any());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Policy {
    /// The hosts that the server serves. Default: any.
    pub hosts: Hosts,
    /// Limits on the size of a request. Default: [`HandshakeLimits::new`].
    pub limits: HandshakeLimits,
    /// The origins that may connect. Default: the host of the request.
    pub origins: Origins,
    /// Whether a request without `Origin` is rejected. Browsers always send one. Default: `false`.
    pub require_origin: bool,
}

impl Policy {
    /// Creates the default policy.
    pub const fn new() -> Self {
        Self {
            hosts: Hosts::any(),
            limits: HandshakeLimits::new(),
            origins: Origins::same_host(),
            require_origin: false,
        }
    }

    /// Sets the [hosts that the server serves](Self::hosts).
    #[must_use]
    pub fn hosts(mut self, hosts: Hosts) -> Self {
        self.hosts = hosts;
        self
    }

    /// Sets the [limits on the size of a request](Self::limits).
    #[must_use]
    pub const fn limits(mut self, limits: HandshakeLimits) -> Self {
        self.limits = limits;
        self
    }

    /// Sets the [origins that may connect](Self::origins).
    #[must_use]
    pub fn origins(mut self, origins: Origins) -> Self {
        self.origins = origins;
        self
    }

    /// Sets whether a request [without `Origin`](Self::require_origin) is rejected.
    #[must_use]
    pub const fn require_origin(mut self, require: bool) -> Self {
        self.require_origin = require;
        self
    }

    /// Checks the host of a request. `None` stands for an HTTP/1.0 request without one.
    pub(crate) fn check_host(&self, authority: Option<&Authority<'_>>) -> Result<(), RequestError> {
        // RFC 9110, section 7.4: a request for a host of somebody else is misdirected.
        match authority {
            Some(authority) if self.hosts.allow(authority) => Ok(()),
            None if self.hosts == Hosts::any() => Ok(()),
            Some(_) | None => Err(RequestError::ForeignHost),
        }
    }

    /// Checks the origin of a handshake.
    pub(crate) fn check_origin(
        &self,
        origin: Option<&str>,
        authority: &Authority<'_>,
    ) -> Result<(), RequestError> {
        // Section 4.2.2, item 4: the answer to a forbidden origin is 403.
        match origin {
            Some(origin) if !self.origins.allow(origin, authority) => {
                Err(RequestError::ForbiddenOrigin)
            }
            None if self.require_origin => Err(RequestError::MissingOrigin),
            Some(_) | None => Ok(()),
        }
    }
}
