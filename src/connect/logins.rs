//! [`Logins`]: the credentials for each server and each proxy on the way.

use alloc::string::String;
use alloc::vec::Vec;

use super::origin::Origin;
use super::proxy::{Proxy, ProxyScheme};
use crate::auth::{Credentials, Login};

/// The one place to which credentials may be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Target(Origin),
    Proxy(ProxyScheme, String, u16),
}

impl Place {
    pub(crate) fn of_proxy(proxy: &Proxy) -> Self {
        Self::Proxy(proxy.scheme(), proxy.host().to_ascii_lowercase(), proxy.port())
    }
}

/// The credentials for each place, and how far they have got.
#[derive(Default)]
pub(crate) struct Logins(Vec<(Place, Login)>);

impl Logins {
    pub(crate) fn new(credentials: &[(Origin, Credentials)]) -> Self {
        let login = |(origin, credentials): &(Origin, Credentials)| {
            (Place::Target(origin.clone()), Login::new(Some(credentials.clone())))
        };
        Self(credentials.iter().map(login).collect())
    }

    /// Returns the login of a place. `credentials` are those of one that is new.
    pub(crate) fn at(&mut self, place: Place, credentials: Option<Credentials>) -> &mut Login {
        let index = self.0.iter().position(|(other, _)| *other == place).unwrap_or_else(|| {
            self.0.push((place, Login::new(credentials)));
            self.0.len() - 1
        });
        &mut self.0[index].1
    }

    /// Has all challenges answered anew.
    pub(crate) fn renew(&mut self) {
        for (_, login) in &mut self.0 {
            login.renew();
        }
    }
}
