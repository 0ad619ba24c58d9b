//! [`Rejection`]: why a request opens no WebSocket.

use core::fmt;

use http::{Response, StatusCode, Version};

use crate::handshake::server::RequestError;

/// The reason why a request opens no WebSocket, and the response that says so.
///
/// ```
/// use sansocket::Config;
/// use sansocket::hyper::upgrade;
/// use sansocket::server::RequestError;
///
/// let mut request = http::Request::get("/chat").header("Host", "example.com").body(()).unwrap();
/// let rejection = upgrade(&mut request, &Config::new().shared()).unwrap_err();
/// assert_eq!(rejection.error(), Some(RequestError::MissingUpgrade));
/// assert_eq!(rejection.to_http().status(), 426);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rejection(Reason);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reason {
    NotUpgradable,
    Upgrade(RequestError),
    /// Of HTTP/2, where responses have other headers.
    ExtendedConnect(RequestError),
}

impl Rejection {
    pub(super) const NOT_UPGRADABLE: Self = Self(Reason::NotUpgradable);

    pub(super) fn new(error: RequestError, version: Version) -> Self {
        if version > Version::HTTP_11 {
            Self(Reason::ExtendedConnect(error))
        } else {
            Self(Reason::Upgrade(error))
        }
    }

    /// Returns what is wrong with the request.
    ///
    /// Returns `None` if the request is valid, but hyper cannot upgrade its connection. Either the server was
    /// started without upgrades, or another part of the program has taken the upgrade.
    pub const fn error(&self) -> Option<RequestError> {
        match self.0 {
            Reason::NotUpgradable => None,
            Reason::Upgrade(error) | Reason::ExtendedConnect(error) => Some(error),
        }
    }

    /// Returns the response: the one of the [error](Self::error), or 500 if there is none.
    pub fn to_http(self) -> Response<&'static str> {
        match self.0 {
            Reason::NotUpgradable => {
                let mut response = Response::new(NOT_UPGRADABLE);
                *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
                response
            }
            Reason::Upgrade(error) => error.to_http(),
            Reason::ExtendedConnect(error) => error.to_http_connect(),
        }
    }
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.error() {
            Some(error) => error.fmt(f),
            None => f.write_str(NOT_UPGRADABLE),
        }
    }
}

impl core::error::Error for Rejection {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match &self.0 {
            Reason::NotUpgradable => None,
            Reason::Upgrade(error) | Reason::ExtendedConnect(error) => Some(error),
        }
    }
}

const NOT_UPGRADABLE: &str = "server cannot upgrade this connection";
