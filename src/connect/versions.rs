//! [`Versions`]: the versions of HTTP that a client speaks.

/// The versions of HTTP that a client speaks to a server. Proxies are asked in HTTP/1.1 anyway.
///
/// ```
/// use sansocket::connect::{Action, Dial, Plan, Versions};
/// use sansocket::{Config, Seed, Timestamp};
///
/// let mut plan = Plan::new("wss://example.com/chat")?;
/// plan.set_versions(Versions::Auto);
/// let mut dial = Dial::new(plan, Config::new().shared(), Seed::new([7; 32]), Timestamp::default());
/// dial.handle_connected(Timestamp::default());
/// let Action::Tls { alpn, .. } = dial.next_action() else { panic!() };
/// assert_eq!(alpn, ["h2", "http/1.1"]);
/// # Ok::<(), sansocket::UrlError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Versions {
    /// HTTP/1.1.
    #[default]
    Http1,
    /// HTTP/2, or the attempt fails. The server of a `ws` URL must be known to speak it (RFC 9113, section 3.3).
    Http2,
    /// For a `wss` URL, the one that ALPN selects: HTTP/2 if the server has both. For a `ws` URL, HTTP/1.1.
    ///
    /// A server may speak HTTP/2, but not offer WebSockets over it (RFC 8441, section 3). The client then starts over
    /// with HTTP/1.1 on a new connection, and stays with it.
    Auto,
}

impl Versions {
    /// Returns the protocols to offer by ALPN (RFC 7301). The preferred one is first.
    pub const fn alpn(self) -> &'static [&'static str] {
        match self {
            Self::Http1 => &["http/1.1"],
            Self::Http2 => &["h2"],
            Self::Auto => &["h2", "http/1.1"],
        }
    }
}
