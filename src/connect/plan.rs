//! [`Plan`]: where a client wants to get, and by which means.

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

use super::origin::Origin;
use super::proxy::{Proxy, split_userinfo};
use super::redirects::Redirects;
use super::retry::Retry;
use super::rules::Rules;
use super::versions::Versions;
use crate::auth::{Credentials, CredentialsError};
use crate::handshake::client::Request;
use crate::handshake::lines::{HeadKind, is_singleton};
use crate::handshake::token::token;
use crate::handshake::url_buf::UrlBuf;
use crate::handshake::{HandshakeLimits, HeaderError, Url, UrlError};

/// Where a client wants to get, and by which means. Each part is validated when it is added, before any I/O.
///
/// Headers, subprotocols and credentials belong to the origin of the URL: its scheme, host and port. A redirect to
/// another origin carries on only what was added as portable.
///
/// ```
/// use sansocket::auth::Credentials;
/// use sansocket::connect::{Plan, Proxy, Redirects, Retry};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let mut plan = Plan::new("wss://example.com/chat")?;
/// plan.add_portable_protocol("v2")?;
/// plan.add_header("X-Api-Key", "secret")?;
/// plan.set_credentials(Credentials::bearer("mF_9.B5f-4.1JqM")?)?;
/// plan.set_proxy(Proxy::parse("http://proxy.example:3128")?);
/// plan.set_redirects(Redirects::anywhere(5));
/// plan.set_retry(Retry::times(3));
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
#[must_use]
pub struct Plan {
    url: UrlBuf,
    origin: Option<String>,
    headers: Vec<Header>,
    protocols: Vec<Protocol>,
    is_protocol_required: bool,
    limits: HandshakeLimits,
    pub(super) credentials: Vec<(Origin, Credentials)>,
    route: Route,
    pub(super) redirects: Redirects,
    pub(super) retry: Retry,
    pub(super) versions: Versions,
}

#[derive(Clone)]
struct Header {
    name: String,
    value: String,
    reach: Reach,
}

#[derive(Clone)]
struct Protocol {
    name: String,
    reach: Reach,
}

/// Which servers get a header or a subprotocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reach {
    Home,
    Anywhere,
}

/// The way to the servers.
#[derive(Clone)]
enum Route {
    Direct,
    Proxy(Proxy),
    Rules(Rules),
}

impl Plan {
    /// Creates a plan to reach a URL of the scheme `ws` or `wss`, directly, without redirects and retries.
    ///
    /// # Errors
    ///
    /// Returns [`UrlError`] if the text is not such a URL. A user and a password are rejected: see
    /// [`with_userinfo`](Self::with_userinfo).
    pub fn new(url: &str) -> Result<Self, UrlError> {
        Ok(Self {
            url: Url::parse(url)?.into(),
            origin: None,
            headers: Vec::new(),
            protocols: Vec::new(),
            is_protocol_required: false,
            limits: HandshakeLimits::new(),
            credentials: Vec::new(),
            route: Route::Direct,
            redirects: Redirects::NONE,
            retry: Retry::NONE,
            versions: Versions::Http1,
        })
    }

    /// Creates a plan as [`new`](Self::new) does, but takes a user and a password out of the URL. They answer the
    /// challenges of the server, as [`Credentials::password`] says, over `ws` too.
    ///
    /// Programs and logs show URLs. Prefer to keep secrets elsewhere.
    ///
    /// ```
    /// use sansocket::connect::Plan;
    ///
    /// let plan = Plan::with_userinfo("wss://user:p%40ss@example.com")?;
    /// assert_eq!(plan.url().to_string(), "wss://example.com/");
    /// # Ok::<(), sansocket::connect::PlanError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns [`PlanError::Url`] if the rest is not a URL of a WebSocket, and [`PlanError::Credentials`] if the
    /// user or the password cannot be sent.
    pub fn with_userinfo(url: &str) -> Result<Self, PlanError> {
        let start = url.find("://").map_or(0, |colon| colon + 3);
        let (scheme, rest) = url.split_at(start);
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let Some(at) = rest.get(..end).and_then(|authority| authority.rfind('@')) else {
            return Self::new(url).map_err(PlanError::Url);
        };
        let (userinfo, rest) = rest.split_at(at);
        let bare = [scheme, rest.get(1..).unwrap_or_default()].concat();
        let mut plan = Self::new(&bare).map_err(PlanError::Url)?;
        let (user, password) =
            split_userinfo(userinfo).ok_or(PlanError::Credentials(CredentialsError::BadUser))?;
        let credentials =
            Credentials::password(&user, &password).map_err(PlanError::Credentials)?;
        plan.set_credentials(credentials.allow_plaintext())?;
        Ok(plan)
    }

    /// Adds a header line for the origin of the URL.
    ///
    /// # Errors
    ///
    /// Returns [`HeaderError`] if the line is malformed, repeated, or reserved for the handshake. The plan is
    /// unchanged.
    pub fn add_header(&mut self, name: &str, value: &str) -> Result<(), HeaderError> {
        self.push_header(name, value, Reach::Home)
    }

    /// Adds a header line that also follows redirects to other origins.
    ///
    /// # Errors
    ///
    /// Returns [`HeaderError::NotPortable`] for `Authorization` and `Cookie`, and the errors of
    /// [`add_header`](Self::add_header).
    pub fn add_portable_header(&mut self, name: &str, value: &str) -> Result<(), HeaderError> {
        if is_any(name, &["Authorization", "Cookie", "Proxy-Authorization"]) {
            return Err(HeaderError::NotPortable);
        }
        self.push_header(name, value, Reach::Anywhere)
    }

    fn push_header(&mut self, name: &str, value: &str, reach: Reach) -> Result<(), HeaderError> {
        HeadKind::Request.check(name, value)?;
        // It is for a proxy, and this line would reach the server.
        if is_any(name, &["Proxy-Authorization"]) {
            return Err(HeaderError::Reserved);
        }
        let is_repeated = self.headers.iter().any(|it| it.name.eq_ignore_ascii_case(name));
        let is_credentials = is_any(name, &["Authorization"]) && !self.credentials.is_empty();
        if is_singleton(name) && is_repeated || is_credentials {
            return Err(HeaderError::Repeated);
        }
        self.headers.push(Header { name: name.to_string(), value: value.to_string(), reach });
        Ok(())
    }

    /// Offers a subprotocol to the origin of the URL. Offer the preferred one first.
    ///
    /// # Errors
    ///
    /// Returns [`HeaderError::BadProtocol`] if the name is not a token, and [`HeaderError::Repeated`] if it was
    /// offered before.
    pub fn add_protocol(&mut self, name: &str) -> Result<(), HeaderError> {
        self.push_protocol(name, Reach::Home)
    }

    /// Offers a subprotocol to any server to which a redirect leads.
    ///
    /// # Errors
    ///
    /// Those of [`add_protocol`](Self::add_protocol).
    pub fn add_portable_protocol(&mut self, name: &str) -> Result<(), HeaderError> {
        self.push_protocol(name, Reach::Anywhere)
    }

    fn push_protocol(&mut self, name: &str, reach: Reach) -> Result<(), HeaderError> {
        token(name.as_bytes()).ok_or(HeaderError::BadProtocol)?;
        if self.protocols.iter().any(|protocol| protocol.name == name) {
            return Err(HeaderError::Repeated);
        }
        self.protocols.push(Protocol { name: name.to_string(), reach });
        Ok(())
    }

    /// Makes the handshake fail if subprotocols were offered and the server selects none.
    pub const fn require_protocol(&mut self) {
        self.is_protocol_required = true;
    }

    /// Sets the `Origin` header (section 4.1, item 8). It names the page on whose behalf the client asks, and follows
    /// redirects. Default: no such header.
    ///
    /// # Errors
    ///
    /// Returns [`HeaderError::BadOrigin`] if the text is not `null`, and not a scheme, a host and an optional port.
    pub fn set_origin(&mut self, origin: &str) -> Result<(), HeaderError> {
        Request::new(self.url()).set_origin(origin)?;
        self.origin = Some(origin.to_string());
        Ok(())
    }

    /// Sets the limits on the size of responses, those of proxies included. Default: [`HandshakeLimits::new`].
    pub const fn set_limits(&mut self, limits: HandshakeLimits) {
        self.limits = limits;
    }

    /// Sets the credentials for the origin of the URL.
    ///
    /// # Errors
    ///
    /// Returns [`PlanError::NeedsTls`] if they would send a secret over `ws`, unless they
    /// [allow](Credentials::allow_plaintext) it, and [`PlanError::Header`] with [`HeaderError::Repeated`] if there
    /// is a header `Authorization`.
    pub fn set_credentials(&mut self, credentials: Credentials) -> Result<(), PlanError> {
        self.insert_credentials(Origin::of(self.url()), self.url.clone(), credentials)
    }

    /// Adds credentials for another origin, to which a redirect may lead. Path and query of the URL do not count.
    ///
    /// # Errors
    ///
    /// Returns [`PlanError::Url`] if the text is not a URL of a WebSocket, and the errors of
    /// [`set_credentials`](Self::set_credentials).
    pub fn add_credentials(
        &mut self,
        url: &str,
        credentials: Credentials,
    ) -> Result<(), PlanError> {
        let url = Url::parse(url).map_err(PlanError::Url)?;
        self.insert_credentials(Origin::of(url), url.into(), credentials)
    }

    fn insert_credentials(
        &mut self,
        origin: Origin,
        url: UrlBuf,
        credentials: Credentials,
    ) -> Result<(), PlanError> {
        if credentials.needs_tls() && !url.as_url().is_secure() {
            return Err(PlanError::NeedsTls);
        }
        if self.headers.iter().any(|header| is_any(&header.name, &["Authorization"])) {
            return Err(PlanError::Header(HeaderError::Repeated));
        }
        self.credentials.retain(|(other, _)| *other != origin);
        self.credentials.push((origin, credentials));
        Ok(())
    }

    /// Goes through this proxy, or directly. Default: directly.
    pub fn set_proxy(&mut self, proxy: impl Into<Option<Proxy>>) {
        self.route = proxy.into().map_or(Route::Direct, Route::Proxy);
    }

    /// Goes through the proxy that these rules name for each URL.
    pub fn set_proxy_rules(&mut self, rules: Rules) {
        self.route = Route::Rules(rules);
    }

    /// Sets which redirects are followed. Default: none.
    pub const fn set_redirects(&mut self, redirects: Redirects) {
        self.redirects = redirects;
    }

    /// Sets which failures are worth another attempt. Default: none.
    pub const fn set_retry(&mut self, retry: Retry) {
        self.retry = retry;
    }

    /// Sets the versions of HTTP that the client speaks. Default: HTTP/1.1.
    ///
    /// Over HTTP/2 the request is an [`Action::Request`](super::Action::Request).
    pub const fn set_versions(&mut self, versions: Versions) {
        self.versions = versions;
    }

    /// Returns the URL.
    pub fn url(&self) -> Url<'_> {
        self.url.as_url()
    }

    pub(super) const fn url_buf(&self) -> &UrlBuf {
        &self.url
    }

    pub(super) const fn limits(&self) -> HandshakeLimits {
        self.limits
    }

    /// Returns the proxy through which a URL is reached.
    pub(super) fn proxy_for(&self, url: Url<'_>) -> Option<&Proxy> {
        match &self.route {
            Route::Direct => None,
            Route::Proxy(proxy) => Some(proxy),
            Route::Rules(rules) => rules.proxy_for(&url),
        }
    }

    /// Returns the request for a URL.
    pub(super) fn request<'r>(
        &'r self,
        url: Url<'r>,
        authorization: Option<&str>,
    ) -> Result<Request<'r>, HeaderError> {
        let is_home = Origin::of(url) == Origin::of(self.url());
        let reaches = |reach| is_home || reach == Reach::Anywhere;
        let mut request = Request::new(url);
        request.set_limits(self.limits);
        if let Some(origin) = &self.origin {
            request.set_origin(origin)?;
        }
        for protocol in self.protocols.iter().filter(|protocol| reaches(protocol.reach)) {
            request.push_protocol(&protocol.name);
        }
        if self.is_protocol_required {
            request.require_protocol();
        }
        for header in self.headers.iter().filter(|header| reaches(header.reach)) {
            request.push_header(&header.name, &header.value);
        }
        if let Some(authorization) = authorization {
            request.add_header("Authorization", authorization)?;
        }
        Ok(request)
    }
}

/// Prints no values, because they may be secret.
impl fmt::Debug for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.headers.iter().map(|header| &*header.name).collect::<Vec<_>>();
        f.debug_struct("Plan")
            .field("authority", &self.url().authority())
            .field("headers", &names)
            .field("redirects", &self.redirects)
            .field("retry", &self.retry)
            .finish_non_exhaustive()
    }
}

fn is_any(name: &str, names: &[&str]) -> bool {
    names.iter().any(|other| other.eq_ignore_ascii_case(name))
}

/// The error of a plan that cannot work, found before any I/O.
///
/// ```
/// use sansocket::auth::Credentials;
/// use sansocket::connect::{Plan, PlanError};
///
/// let mut plan = Plan::new("ws://example.com")?;
/// let credentials = Credentials::basic("user", "secret").unwrap();
/// assert_eq!(plan.set_credentials(credentials), Err(PlanError::NeedsTls));
/// # Ok::<(), sansocket::UrlError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PlanError {
    /// The user or the password cannot be sent.
    Credentials(CredentialsError),
    /// A header cannot be sent.
    Header(HeaderError),
    /// The credentials would send a secret over `ws`, where everybody on the way can read it. See
    /// [`Credentials::allow_plaintext`].
    NeedsTls,
    /// The URL is not one of a WebSocket.
    Url(UrlError),
}

impl fmt::Display for PlanError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Credentials(error) => error.fmt(f),
            Self::Header(error) => error.fmt(f),
            Self::NeedsTls => {
                f.write_str("credentials would be sent over ws, which is not encrypted")
            }
            Self::Url(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for PlanError {}

impl From<CredentialsError> for PlanError {
    fn from(error: CredentialsError) -> Self {
        Self::Credentials(error)
    }
}

impl From<HeaderError> for PlanError {
    fn from(error: HeaderError) -> Self {
        Self::Header(error)
    }
}

impl From<UrlError> for PlanError {
    fn from(error: UrlError) -> Self {
        Self::Url(error)
    }
}
