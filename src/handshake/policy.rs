//! [`Policy`]: the requests that a server rejects by itself.

use alloc::vec::Vec;

use super::host::Authority;
use super::hosts::Hosts;
use super::limits::HandshakeLimits;
use super::origins::Origins;
use super::request_error::RequestError;
#[cfg(feature = "legacy")]
use super::versions::Versions;

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
    /// The versions of the protocol that the server speaks. Default: 13 only.
    ///
    /// The answer to another version lists them, unless an HTTP library sends it, whose answer lists 13 only.
    #[cfg(feature = "legacy")]
    pub versions: Versions,
}

impl Policy {
    /// Creates the default policy.
    pub const fn new() -> Self {
        Self {
            hosts: Hosts::any(),
            limits: HandshakeLimits::new(),
            origins: Origins::same_host(),
            require_origin: false,
            #[cfg(feature = "legacy")]
            versions: Versions::current(),
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

    /// Sets the [versions that the server speaks](Self::versions).
    #[cfg(feature = "legacy")]
    #[must_use]
    pub const fn versions(mut self, versions: Versions) -> Self {
        self.versions = versions;
        self
    }

    /// Returns whether the server speaks this version.
    pub(crate) const fn speaks(&self, version: u8) -> bool {
        #[cfg(feature = "legacy")]
        return self.versions.contains(version);
        #[cfg(not(feature = "legacy"))]
        return version == 13;
    }

    /// Appends the response with which the server rejects a request, if there is one.
    pub(crate) fn reject(&self, error: RequestError, out: &mut Vec<u8>) {
        #[cfg(feature = "legacy")]
        error.reject_listing(self.versions.as_str(), out);
        #[cfg(not(feature = "legacy"))]
        error.reject(out);
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
