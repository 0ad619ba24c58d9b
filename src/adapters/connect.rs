//! [`Connect`]: the front door of a client, for all adapters.

use alloc::sync::Arc;
use core::fmt;
use core::marker::PhantomData;
use std::time::Instant;

#[cfg(feature = "rustls")]
use rustls::ClientConfig;

use super::dialing::{Door, Hook};
use super::error::Error;
use super::trust::{Tls, Trust};
use crate::auth::Credentials;
use crate::connect::{Dial, Plan, PlanError, Proxy, Redirects, Retry, Rules};
use crate::connection::Config;
use crate::handshake::HandshakeLimits;

/// Opens a connection as a client: from a URL, through proxies, TLS, redirects and authentication, to a WebSocket.
///
/// Name it by the adapter: [`tokio::Connect`](crate::tokio::Connect), [`smol::Connect`](crate::smol::Connect),
/// [`blocking::Connect`](crate::blocking::Connect).
///
/// By default there are no proxies, no redirects, no credentials and no retries: any response but a 101 is an error.
/// Each attempt has [`Timeouts::opening`](crate::Timeouts::opening) for all of its steps: the first one, and each one
/// after a redirect, a challenge or a delay.
///
/// A part that is invalid is the error of `connect`, before any I/O. If there are several, it is the first.
///
/// ```no_run
/// use sansocket::auth::Credentials;
/// use sansocket::blocking::Connect;
/// use sansocket::connect::{Redirects, Retry, Rules};
///
/// # fn example() -> Result<(), sansocket::Error> {
/// let (mut socket, response) = Connect::new("wss://example.com/chat")
///     .protocol("chat.v2")
///     .header("User-Agent", "example/1.0")
///     .credentials(Credentials::password("ada", "secret")?)
///     .proxies(Rules::from_env()?)
///     .redirects(Redirects::same_origin(5))
///     .retry(Retry::times(3))
///     .connect()?;
/// println!("{:?}", response.protocol());
/// socket.send("hello")?;
/// # Ok(())
/// # }
/// ```
///
/// # Secrets
///
/// Headers, subprotocols and credentials go to the origin of the URL alone: its scheme, host and port. A redirect to
/// another origin carries on only what was added as portable. `Authorization` and `Cookie` cannot be.
#[must_use = "`connect` opens the connection"]
pub struct Connect<R> {
    plan: Result<Plan, Error>,
    config: Arc<Config>,
    trust: Trust,
    hook: Option<Hook>,
    runtime: PhantomData<fn() -> R>,
}

impl<R> Connect<R> {
    /// Starts with a URL of the scheme `ws` or `wss`.
    ///
    /// A user and a password in it are an error: see [`with_userinfo`](Self::with_userinfo).
    pub fn new(url: &str) -> Self {
        Self::of(Plan::new(url).map_err(Error::from))
    }

    /// Starts with a URL, and takes a user and a password out of it, as [`Plan::with_userinfo`] does.
    pub fn with_userinfo(url: &str) -> Self {
        Self::of(Plan::with_userinfo(url).map_err(Error::from))
    }

    fn of(plan: Result<Plan, Error>) -> Self {
        let (config, trust) = (Arc::default(), Trust::default());
        Self { plan, config, trust, hook: None, runtime: PhantomData }
    }

    /// Adds a header line for the origin of the URL: see [`Plan::add_header`].
    pub fn header(self, name: &str, value: &str) -> Self {
        self.set(|plan| plan.add_header(name, value))
    }

    /// Adds a header line that also follows redirects to other origins: see [`Plan::add_portable_header`].
    pub fn portable_header(self, name: &str, value: &str) -> Self {
        self.set(|plan| plan.add_portable_header(name, value))
    }

    /// Offers a subprotocol to the origin of the URL. Offer the preferred one first.
    pub fn protocol(self, name: &str) -> Self {
        self.set(|plan| plan.add_protocol(name))
    }

    /// Offers a subprotocol to any server to which a redirect leads.
    pub fn portable_protocol(self, name: &str) -> Self {
        self.set(|plan| plan.add_portable_protocol(name))
    }

    /// Fails if subprotocols were offered and the server selects none.
    pub fn require_protocol(self) -> Self {
        self.change(Plan::require_protocol)
    }

    /// Sets the `Origin` header: the page on whose behalf the client asks. Default: no such header.
    pub fn origin(self, origin: &str) -> Self {
        self.set(|plan| plan.set_origin(origin))
    }

    /// Sets limits, timeouts and compression. Default: [`Config::new`].
    pub fn config(self, config: Arc<Config>) -> Self {
        Self { config, ..self }
    }

    /// Sets the limits on the size of responses, those of proxies included. Default: [`HandshakeLimits::new`].
    pub fn response_limits(self, limits: HandshakeLimits) -> Self {
        self.change(|plan| plan.set_limits(limits))
    }

    /// Sets whom to trust over TLS: the server, and an `https` proxy. Default:
    /// [`tls::default_config`](crate::tls::default_config).
    ///
    /// Create the configuration once: connections that share it resume each other's sessions. Its client certificate,
    /// if it has one, goes to each server and proxy on the way that asks for it, after redirects too.
    #[cfg(feature = "rustls")]
    pub fn tls(self, config: Arc<ClientConfig>) -> Self {
        Self { trust: Trust::new(config), ..self }
    }

    /// Goes through this proxy, or directly. Default: directly.
    pub fn proxy(self, proxy: impl Into<Option<Proxy>>) -> Self {
        self.change(|plan| plan.set_proxy(proxy))
    }

    /// Goes through the proxy that these rules name for each URL: see [`Rules::from_env`].
    pub fn proxies(self, rules: Rules) -> Self {
        self.change(|plan| plan.set_proxy_rules(rules))
    }

    /// Sets which redirects are followed. Default: none.
    pub fn redirects(self, redirects: Redirects) -> Self {
        self.change(|plan| plan.set_redirects(redirects))
    }

    /// Sets the credentials for the origin of the URL. Those of a proxy are [its own](Proxy::credentials).
    pub fn credentials(self, credentials: Credentials) -> Self {
        self.set(|plan| plan.set_credentials(credentials))
    }

    /// Adds credentials for another origin, to which a redirect may lead.
    pub fn credentials_for(self, url: &str, credentials: Credentials) -> Self {
        self.set(|plan| plan.add_credentials(url, credentials))
    }

    /// Sets which failures are worth another attempt. Default: none.
    pub fn retry(self, retry: Retry) -> Self {
        self.change(|plan| plan.set_retry(retry))
    }

    /// Calls `hook` before each step, to log it, to [refuse](Dial::refuse) it, or to [answer](Dial::answer) a challenge.
    ///
    /// [`Dial::next_action`] is the step. Before a [`Write`](crate::connect::Action::Write),
    /// [`Dial::transmit`] has the request, which may hold secrets. Over HTTP/2, it is in the
    /// [`Request`](crate::connect::Action::Request). Bytes that are written or read in several pieces
    /// are one step.
    ///
    /// ```
    /// use sansocket::blocking::Connect;
    /// use sansocket::connect::{Action, Next, Redirects};
    ///
    /// let door = Connect::new("wss://example.com/").redirects(Redirects::anywhere(5)).on_step(|dial| {
    ///     match dial.next_action() {
    ///         Action::Connect { host, port } => println!("connecting to {host}, port {port}"),
    ///         Action::Write => println!("{}", dial.transmit().escape_ascii()),
    ///         Action::Next(Next::Redirect { url, .. }) if !url.host().ends_with(".example.com") => {
    ///             dial.refuse();
    ///         }
    ///         _ => {}
    ///     }
    /// });
    /// ```
    pub fn on_step(self, hook: impl Fn(&mut Dial) + Send + Sync + 'static) -> Self {
        Self { hook: Some(Arc::new(hook)), ..self }
    }

    /// Changes what may be invalid. Only the first error is kept.
    fn set<E: Into<Error>>(mut self, change: impl FnOnce(&mut Plan) -> Result<(), E>) -> Self {
        if let Ok(plan) = &mut self.plan
            && let Err(error) = change(plan)
        {
            self.plan = Err(error.into());
        }
        self
    }

    pub(super) fn change(self, change: impl FnOnce(&mut Plan)) -> Self {
        self.set(|plan| {
            change(plan);
            Ok::<(), PlanError>(())
        })
    }

    /// Returns all that an adapter needs, or the first error of the settings.
    pub(super) fn door(self, tls: Tls, clock: fn() -> Instant) -> Result<Door, Error> {
        let Self { plan, config, trust, hook, runtime: _ } = self;
        Ok(Door { plan: plan?, config, trust, hook, tls, clock })
    }
}

/// Prints no secrets.
impl<R> fmt::Debug for Connect<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connect").field("plan", &self.plan).finish_non_exhaustive()
    }
}
