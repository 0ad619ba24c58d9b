//! [`UrlBuf`]: a URL that owns its text.

use alloc::boxed::Box;
use core::fmt;

use super::url::Url;

/// A URL that owns its text. Hosts are compared as they are written: see [`Url`].
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct UrlBuf {
    is_secure: bool,
    host: Box<str>,
    port: u16,
    path: Box<str>,
    query: Option<Box<str>>,
}

impl UrlBuf {
    /// Borrows the URL.
    pub(crate) fn as_url(&self) -> Url<'_> {
        Url {
            is_secure: self.is_secure,
            host: &self.host,
            port: self.port,
            path: &self.path,
            query: self.query.as_deref(),
        }
    }
}

impl fmt::Debug for UrlBuf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_url().fmt(f)
    }
}

impl From<Url<'_>> for UrlBuf {
    fn from(url: Url<'_>) -> Self {
        Self {
            is_secure: url.is_secure,
            host: url.host.into(),
            port: url.port,
            path: url.path.into(),
            query: url.query.map(Into::into),
        }
    }
}
