//! [`Dial`]: the machine that finds the way from a URL to an open connection.
//!
//! ```text
//! Resolve ─▶ Connect ─▶ ProxyTls ─▶ Tunnel or Socks ─▶ TargetTls ─▶ Handshake ─▶ Open
//!    ▲                                   │                              │
//!    │                                   ▼                              ▼
//!    └── proceed ◀── Decide (redirect, credentials, retry) ◀── any response or failure ──▶ Failed
//! ```
//!
//! Over HTTP/2, `Request` takes the place of `Handshake`, and `Body` reads the body of a rejection.

use alloc::boxed::Box;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt::{self, Write};
use core::mem;
use core::net::IpAddr;
use core::time::Duration;

use super::action::{Action, Next};
use super::attempts::Attempts;
use super::failure::{ConnectError, Failure};
use super::logins::{Logins, Place};
use super::origin::Origin;
use super::peer::Peer;
use super::plan::Plan;
use super::proxy::{Proxy, ProxyScheme, parse_address};
use super::proxy_fault::ProxyFault;
use super::retry::Retry;
use super::socks::{Host, Progress, Socks5};
use super::stage::{Asking, Decision, Exchange, Stage, Task};
use super::tunnel::{push_connect, target};
use super::versions::Versions;
use crate::auth::{Asked, Challenge, Login, Verdict};
use crate::connection::{Cause, Config, Connection, Event, Input, Step, Timestamp};
use crate::handshake::client::{self, Handshake, Received, Request, Response, ResponseError};
use crate::handshake::lines::HeadKind;
use crate::handshake::url_buf::UrlBuf;
use crate::handshake::{HandshakeError, HeadError, HeaderError, Url};
use crate::wire::{Keys, Seed};

/// The way from a URL to an open connection, without I/O.
///
/// The machine says what the transport does next, and takes what comes of it: see [the loop](super). It holds at
/// most one head of a response, or one body, within the limits of the plan, and takes linear time in the bytes that it
/// is given. The same calls give the same bytes.
///
/// ```
/// use sansocket::connect::{Action, Dial, Plan};
/// use sansocket::{Config, Seed, Timestamp};
///
/// let plan = Plan::new("wss://example.com/chat")?;
/// let mut dial = Dial::new(plan, Config::new().shared(), Seed::new([7; 32]), Timestamp::default());
/// let Action::Connect { host, port } = dial.next_action() else { panic!() };
/// assert_eq!((host, port), ("example.com", 443));
/// dial.handle_connected(Timestamp::default());
/// assert!(matches!(dial.next_action(), Action::Tls { name: "example.com", .. }));
/// # Ok::<(), sansocket::UrlError>(())
/// ```
pub struct Dial {
    plan: Plan,
    config: Arc<Config>,
    keys: Keys,
    logins: Logins,
    /// The URLs that were asked since the last retry. The last one is being asked.
    visited: Vec<UrlBuf>,
    stage: Stage,
    /// Bytes for a proxy.
    out: Vec<u8>,
    written: usize,
    /// Bytes that could not be used yet.
    input: Vec<u8>,
    /// The address of the target, if it was resolved.
    address: Option<IpAddr>,
    /// When the attempt began.
    started: Timestamp,
    now: Timestamp,
    attempts: Attempts,
    /// Number of challenges since the last retry.
    challenges: u32,
    /// Those of the plan, until HTTP/1.1 had to be fallen back to.
    versions: Versions,
}

/// A connection that is open, and how it was opened.
///
/// ```
/// use sansocket::connect::Opened;
///
/// /// Returns the subprotocol that the server has selected.
/// fn subprotocol(opened: &Opened) -> Option<&str> {
///     opened.response.protocol()
/// }
/// ```
#[derive(Debug)]
pub struct Opened {
    /// The connection. Bytes that followed the response are in it.
    pub connection: Connection,
    /// The response that has opened it: a 101, or a 2xx over HTTP/2.
    pub response: Response,
}

impl Dial {
    /// Begins the first attempt.
    ///
    /// All keys, nonces and delays derive from the seed.
    pub fn new(plan: Plan, config: Arc<Config>, seed: Seed, now: Timestamp) -> Self {
        let mut dial = Self {
            keys: Keys::new(seed),
            logins: Logins::new(&plan.credentials),
            visited: Vec::new(),
            stage: Stage::Task(Task::Connect),
            out: Vec::new(),
            written: 0,
            input: Vec::new(),
            address: None,
            started: now,
            now,
            attempts: Attempts::new(plan.retry),
            challenges: 0,
            versions: plan.versions,
            plan,
            config,
        };
        dial.restart();
        dial
    }

    /// Returns what to do next.
    pub fn next_action(&mut self) -> Action<'_> {
        let writes = !self.transmit().is_empty();
        let (url, proxy) = (self.url(), self.proxy());
        match &self.stage {
            Stage::Task(Task::Resolve) => Action::Resolve { host: url.host() },
            Stage::Task(Task::Connect) => {
                let direct = (url.host(), url.port());
                let (host, port) = proxy.map_or(direct, |proxy| (proxy.host(), proxy.port()));
                Action::Connect { host, port }
            }
            Stage::Task(Task::ProxyTls) => {
                let (name, alpn) = (proxy.map_or("", Proxy::host), Versions::Http1.alpn());
                Action::Tls { name, peer: Peer::Proxy, alpn }
            }
            Stage::Task(Task::TargetTls) => {
                Action::Tls { name: url.host(), peer: Peer::Target, alpn: self.versions.alpn() }
            }
            Stage::Exchange(Exchange::Request(asking)) => Action::Request(&asking.fields),
            Stage::Exchange(_) if writes => Action::Write,
            Stage::Exchange(_) => Action::Read,
            Stage::Decide(decision) => Action::Next(next(decision)),
            Stage::Wait(_) => Action::Wait,
            Stage::Open(..) | Stage::Failed(..) => Action::Done,
        }
    }

    /// Takes the address of the target.
    pub fn handle_resolved(&mut self, address: IpAddr, now: Timestamp) {
        self.tell(now);
        if self.is_at(Task::Resolve) {
            self.address = Some(address);
            self.stage = Stage::Task(Task::Connect);
        }
    }

    /// Notes that the transport is connected.
    pub fn handle_connected(&mut self, now: Timestamp) {
        self.tell(now);
        if !self.is_at(Task::Connect) {
            return;
        }
        match self.proxy().map(Proxy::scheme) {
            None => self.reach_target(),
            Some(ProxyScheme::Http) => self.start_tunnel(),
            Some(ProxyScheme::Https) => self.stage = Stage::Task(Task::ProxyTls),
            Some(ProxyScheme::Socks5 | ProxyScheme::Socks5h) => self.start_socks(),
        }
    }

    /// Notes that the transport has TLS, and that the certificate is the one of the name.
    pub fn handle_secured(&mut self, now: Timestamp) {
        self.tell(now);
        if self.is_at(Task::ProxyTls) {
            self.start_tunnel();
        } else if self.is_at(Task::TargetTls) {
            match self.versions {
                _ if !self.input.is_empty() => self.fail(UNREAD, None),
                Versions::Http1 | Versions::Auto => self.start_handshake(),
                Versions::Http2 => self.fail(Failure::NotHttp2, None),
            }
        }
    }

    /// Notes what [`handle_secured`](Self::handle_secured) does, and that ALPN has selected `h2`.
    ///
    /// If it was not offered, TLS has failed.
    pub fn handle_secured_http2(&mut self, now: Timestamp) {
        let is_offered = self.is_at(Task::TargetTls) && self.versions != Versions::Http1;
        match is_offered {
            false => self.handle_failure(now),
            true if !self.input.is_empty() => self.fail(UNREAD, None),
            true => {
                self.tell(now);
                self.start_request();
            }
        }
    }

    /// Takes the head of the response to a [`Request`](Action::Request) over HTTP/2: its fields, `:status` first.
    ///
    /// The body of a rejection is [read](Action::Read) from the stream then. An interim response may be passed or left
    /// out. It changes nothing: wait for the next one.
    ///
    /// ```
    /// use sansocket::connect::{Action, Dial, Plan, Versions};
    /// use sansocket::{Config, Seed, Timestamp};
    ///
    /// let mut plan = Plan::new("wss://example.com/chat")?;
    /// plan.set_versions(Versions::Http2);
    /// let (now, seed) = (Timestamp::default(), Seed::new([7; 32]));
    /// let mut dial = Dial::new(plan, Config::new().shared(), seed, now);
    /// dial.handle_connected(now);
    /// dial.handle_secured_http2(now);
    /// let Action::Request(fields) = dial.next_action() else { panic!() };
    /// assert!(fields.iter().any(|field| field == (":path", b"/chat")));
    /// dial.receive_fields([(":status", "200")], now);
    /// assert!(dial.finish().is_ok());
    /// # Ok::<(), sansocket::UrlError>(())
    /// ```
    pub fn receive_fields<N: AsRef<[u8]>, V: AsRef<[u8]>>(
        &mut self,
        fields: impl IntoIterator<Item = (N, V)>,
        now: Timestamp,
    ) {
        self.tell(now);
        let Some(Asking { fields: sent, pending }) = self.take_asking() else { return };
        match pending.receive_fields(fields) {
            Ok(client::Answer::Open(negotiated, response)) => {
                let (config, seed) = (Arc::clone(&self.config), self.keys.next_seed());
                let connection = Connection::open_client(negotiated, config, seed, self.now);
                self.stage = Stage::Open(Box::new(connection), Box::new(response));
            }
            Ok(client::Answer::Interim(pending)) => {
                let asking = Box::new(Asking { fields: sent, pending });
                self.stage = Stage::Exchange(Exchange::Request(asking));
            }
            Ok(client::Answer::Rejected(response)) => self.start_body(response),
            Err(error) => self.fail(Failure::Handshake(error), None),
        }
    }

    /// Notes that the server does not offer WebSockets over HTTP/2: its settings have no
    /// `SETTINGS_ENABLE_CONNECT_PROTOCOL` (RFC 8441, section 3), or it has demanded HTTP/1.1 (RFC 9113, section 7).
    pub fn handle_unsupported(&mut self, now: Timestamp) {
        self.tell(now);
        if self.take_asking().is_none() {
            return;
        }
        match self.versions {
            Versions::Auto => {
                // To this server, and to all after it: a second fallback would cost another connection.
                self.versions = Versions::Http1;
                self.begin();
            }
            Versions::Http1 | Versions::Http2 => self.fail(Failure::NoExtendedConnect, None),
        }
    }

    /// Takes bytes that were read. No bytes are the end of the transport, as for
    /// [`Connection::receive`](Connection::receive).
    pub fn receive(&mut self, bytes: &[u8], now: Timestamp) {
        self.tell(now);
        if bytes.is_empty() {
            self.handle_eof(now);
        } else if self.stage.takes_bytes() {
            self.input.extend_from_slice(bytes);
            self.advance();
        }
    }

    /// Notes that nothing more will come from the transport: it ended, or broke.
    ///
    /// While TLS is started, another attempt may succeed, unlike after a [failure](Self::handle_failure) of TLS.
    pub fn handle_eof(&mut self, now: Timestamp) {
        if self.is_at(Task::ProxyTls) || self.is_at(Task::TargetTls) {
            self.tell(now);
            self.fail(Failure::TransportEnded, None);
        } else {
            self.handle_failure(now);
        }
    }

    /// Notes that the action failed: the name was not resolved, there is no connection or no TLS, or the transport
    /// could not be read or written.
    pub fn handle_failure(&mut self, now: Timestamp) {
        self.tell(now);
        let peer = if self.proxy().is_some() { Peer::Proxy } else { Peer::Target };
        match &mut self.stage {
            Stage::Task(task) => {
                let failure = match task {
                    Task::Resolve => Failure::Resolve,
                    Task::Connect => Failure::Connect(peer),
                    Task::ProxyTls => Failure::Tls(Peer::Proxy),
                    Task::TargetTls => Failure::Tls(Peer::Target),
                };
                self.fail(failure, None);
            }
            Stage::Exchange(Exchange::Socks(_) | Exchange::Request(_)) => {
                self.fail(Failure::TransportEnded, None);
            }
            Stage::Exchange(Exchange::Tunnel(_) | Exchange::Body(..)) => {
                self.end_body(EndOfBody::Eof);
            }
            Stage::Exchange(Exchange::Handshake(connection)) => {
                connection.handle_eof(now);
                self.take_events();
            }
            Stage::Open(..) | Stage::Decide(_) | Stage::Wait(_) | Stage::Failed(..) => {}
        }
    }

    /// Returns the bytes to write. Report how many were written with [`transmitted`](Self::transmitted).
    pub fn transmit(&mut self) -> &[u8] {
        let Stage::Exchange(exchange) = &mut self.stage else { return &[] };
        match exchange {
            Exchange::Handshake(connection) => connection.transmit(),
            Exchange::Tunnel(_) | Exchange::Socks(_) => {
                self.out.get(self.written..).unwrap_or_default()
            }
            Exchange::Request(_) | Exchange::Body(..) => &[],
        }
    }

    /// Notes that `count` bytes have been written.
    ///
    /// # Panics
    ///
    /// May panic if fewer bytes were given out.
    pub fn transmitted(&mut self, count: usize, now: Timestamp) {
        self.tell(now);
        if let Stage::Exchange(Exchange::Handshake(connection)) = &mut self.stage {
            connection.transmitted(count, now);
        } else {
            self.written = self.out.len().min(self.written.saturating_add(count));
        }
        self.advance();
    }

    /// Takes the bytes that followed the reply of a proxy, before TLS or HTTP/2 with the target is started: they are the
    /// first that it has to read. A server of HTTP/2 may send its settings before its client has sent anything. A server
    /// of TLS says nothing before its client, so there are none, unless the proxy is hostile.
    ///
    /// If they are not taken before TLS, [`handle_secured`](Self::handle_secured) fails with
    /// [`ProxyFault::BeforeTls`].
    pub fn take_unread(&mut self) -> Vec<u8> {
        let is_asking = matches!(self.stage, Stage::Exchange(Exchange::Request(_)));
        match is_asking || self.is_at(Task::TargetTls) {
            true => mem::take(&mut self.input),
            false => Vec::new(),
        }
    }

    /// Returns when to call [`handle_timeout`](Self::handle_timeout), if nothing happens before.
    pub fn poll_timeout(&self) -> Option<Timestamp> {
        match &self.stage {
            Stage::Exchange(Exchange::Handshake(connection)) => connection.poll_timeout(),
            Stage::Exchange(Exchange::Body(.., due)) => *due,
            Stage::Task(_) | Stage::Exchange(_) => {
                self.config.timeouts.opening.map(|timeout| self.started + timeout)
            }
            Stage::Wait(until) => Some(*until),
            Stage::Decide(_) | Stage::Open(..) | Stage::Failed(..) => None,
        }
    }

    /// Notes the time, and acts if a deadline has passed: an attempt has taken too long, or the next one begins.
    pub fn handle_timeout(&mut self, now: Timestamp) {
        self.tell(now);
        if self.poll_timeout().is_none_or(|due| due > self.now) {
            return;
        }
        match &mut self.stage {
            Stage::Exchange(Exchange::Handshake(connection)) => {
                connection.handle_timeout(now);
                self.take_events();
            }
            Stage::Exchange(Exchange::Body(..)) => self.end_body(EndOfBody::Cut),
            Stage::Task(_) | Stage::Exchange(_) => self.fail(Failure::TimedOut, None),
            Stage::Wait(_) => self.restart(),
            Stage::Decide(_) | Stage::Open(..) | Stage::Failed(..) => {}
        }
    }

    /// Begins the next attempt that [`Action::Next`] describes, or waits for its time.
    pub fn proceed(&mut self, now: Timestamp) {
        self.tell(now);
        match self.take_decision() {
            None => {}
            Some(Decision::Redirect(_, url)) => {
                self.visited.push(url);
                self.begin();
            }
            Some(Decision::Authenticate(..)) => self.begin(),
            Some(Decision::Challenged(response, peer, None)) => {
                self.stage = Decision::Challenged(response, peer, None).into_failure();
            }
            Some(Decision::Challenged(_, peer, Some(value))) => {
                if let Some(login) = self.login(peer) {
                    login.set_value(&value);
                }
                self.begin();
            }
            Some(Decision::Retry(_, _, delay)) => {
                self.stage = Stage::Wait(self.now + delay);
            }
        }
    }

    /// Refuses the next step. Nothing follows it.
    ///
    /// If that is a [next attempt](Action::Next), the response or failure before it is the result. Otherwise the result
    /// is [`Failure::Abandoned`]. A result that there is already stays.
    pub fn refuse(&mut self) {
        if let Some(decision) = self.take_decision() {
            self.stage = decision.into_failure();
        } else if !matches!(self.stage, Stage::Open(..) | Stage::Failed(..)) {
            self.stage = Stage::Failed(Failure::Abandoned, None);
        }
    }

    /// Answers a [challenge](Next::Challenged) with a value for `Authorization` or `Proxy-Authorization`. It is sent to
    /// this server or proxy alone, once the caller [proceeds](Self::proceed).
    ///
    /// # Errors
    ///
    /// Returns [`HeaderError::BadValue`] if the value cannot be sent.
    pub fn answer(&mut self, value: &str) -> Result<(), HeaderError> {
        HeadKind::Request.check("Authorization", value)?;
        if let Stage::Decide(Decision::Challenged(.., answer)) = &mut self.stage {
            *answer = Some(value.into());
        }
        Ok(())
    }

    /// Returns the URL that is being asked.
    pub fn url(&self) -> Url<'_> {
        self.visited.last().unwrap_or(self.plan.url_buf()).as_url()
    }

    /// Returns the proxy that is used for the URL.
    pub fn proxy(&self) -> Option<&Proxy> {
        self.plan.proxy_for(self.url())
    }

    /// Returns the connection, or why there is none.
    ///
    /// # Errors
    ///
    /// Returns [`ConnectError`] with the last failure, or with [`Failure::Abandoned`] if the result was not clear yet.
    pub fn finish(self) -> Result<Opened, ConnectError> {
        let (url, text) = (self.url().into(), self.url().to_string().into());
        let (failure, response) = match self.stage {
            Stage::Open(connection, response) => {
                let connection = connection.with_read_ahead(&self.input);
                return Ok(Opened { connection, response: response.with_url(url) });
            }
            Stage::Failed(failure, response) => (failure, response),
            Stage::Task(_) | Stage::Exchange(_) | Stage::Decide(_) | Stage::Wait(_) => {
                (Failure::Abandoned, None)
            }
        };
        let response = response.map(|response| Box::new(response.with_url(url)));
        Err(ConnectError { failure, response, url: text, source: None })
    }

    /// Returns the attempts that were made, for the next connection.
    #[cfg(feature = "__asynchronous")]
    pub(crate) const fn attempts(&self) -> Attempts {
        self.attempts
    }

    /// Waits before the first attempt, as if `attempts` had been made. Returns `None` if they were the last.
    #[cfg(feature = "__asynchronous")]
    pub(crate) fn after(mut self, attempts: Attempts) -> Option<Self> {
        self.attempts = attempts;
        let random = u32::from_le_bytes(self.keys.next_key());
        let delay = self.attempts.next_delay(Duration::ZERO, random)?;
        self.stage = Stage::Wait(self.now + delay);
        Some(self)
    }

    fn is_at(&self, task: Task) -> bool {
        matches!(self.stage, Stage::Task(now) if now == task)
    }

    fn tell(&mut self, now: Timestamp) {
        self.now = self.now.max(now);
    }

    /// Begins again with the first URL.
    fn restart(&mut self) {
        self.visited.clear();
        self.visited.push(self.plan.url_buf().clone());
        self.logins.renew();
        self.challenges = 0;
        self.begin();
    }

    /// Begins an attempt to reach the current URL.
    fn begin(&mut self) {
        self.started = self.now;
        self.address = parse_address(self.url().host());
        self.out.clear();
        self.written = 0;
        self.input.clear();
        let is_local = self.proxy().is_some_and(|proxy| proxy.scheme() == ProxyScheme::Socks5);
        self.stage = match is_local && self.address.is_none() {
            true => Stage::Task(Task::Resolve),
            false => Stage::Task(Task::Connect),
        };
    }

    fn start_tunnel(&mut self) {
        let target = target(self.url());
        let asked = Asked { method: "CONNECT", target: &target, is_secure: true };
        let authorization = self.login(Peer::Proxy).and_then(|login| login.value(asked));
        push_connect(&target, authorization.as_deref(), &mut self.out);
        let handshake = Box::new(Handshake::tunnel(self.plan.limits()));
        self.stage = Stage::Exchange(Exchange::Tunnel(handshake));
    }

    fn start_socks(&mut self) {
        let url = self.visited.last().unwrap_or(self.plan.url_buf()).as_url();
        let host = self.address.map_or(Host::Name(url.host()), Host::Address);
        let login = self.plan.proxy_for(url).and_then(Proxy::login);
        match Socks5::start(host, url.port(), login, &mut self.out) {
            Ok(socks) => self.stage = Stage::Exchange(Exchange::Socks(socks)),
            Err(fault) => self.fail(Failure::Proxy(fault), None),
        }
    }

    /// Goes on once bytes reach the target.
    fn reach_target(&mut self) {
        match (self.url().is_secure(), self.versions) {
            (true, _) => self.stage = Stage::Task(Task::TargetTls),
            (false, Versions::Http1 | Versions::Auto) => self.start_handshake(),
            (false, Versions::Http2) => self.start_request(),
        }
    }

    fn start_handshake(&mut self) {
        let authorization = self.authorization("GET");
        let (config, seed) = (Arc::clone(&self.config), self.keys.next_seed());
        match self.request(authorization.as_deref()) {
            Ok(request) => {
                let connection = Connection::client(request, config, seed, self.started);
                self.stage = Stage::Exchange(Exchange::Handshake(Box::new(connection)));
            }
            Err(error) => self.fail(Failure::Header(error), None),
        }
    }

    /// Asks over HTTP/2.
    fn start_request(&mut self) {
        let authorization = self.authorization("CONNECT");
        match self.request(authorization.as_deref()) {
            Ok(request) => {
                #[cfg(feature = "deflate")]
                let request = request.offering(self.config.compression.as_ref());
                let (fields, pending) = request.into_fields();
                self.stage =
                    Stage::Exchange(Exchange::Request(Box::new(Asking { fields, pending })));
            }
            Err(error) => self.fail(Failure::Header(error), None),
        }
    }

    /// Returns the credentials for a request to the target.
    fn authorization(&mut self, method: &'static str) -> Option<String> {
        let (is_secure, resource) = (self.url().is_secure(), resource(self.url()));
        let asked = Asked { method, target: &resource, is_secure };
        self.login(Peer::Target).and_then(|login| login.value(asked))
    }

    /// Returns the request for the target.
    fn request<'r>(&'r self, authorization: Option<&str>) -> Result<Request<'r>, HeaderError> {
        self.plan.request(self.url(), authorization)
    }

    /// Reads the body of a rejection over HTTP/2.
    fn start_body(&mut self, response: Response) {
        let handshake = Box::new(Handshake::rejected(response, self.plan.limits()));
        self.stage = self.body(handshake, Peer::Target);
        // There may be none.
        self.receive_body();
    }

    fn body(&self, handshake: Box<Handshake>, peer: Peer) -> Stage {
        let due = self.config.timeouts.body.map(|timeout| self.now + timeout);
        Stage::Exchange(Exchange::Body(handshake, peer, due))
    }

    fn receive_body(&mut self) {
        let Stage::Exchange(Exchange::Body(handshake, peer, _)) = &mut self.stage else { return };
        let peer = *peer;
        match handshake.receive(&self.input) {
            Ok((_, Some(Received::Rejected(response)))) => self.respond(peer, response),
            // The head was received, so neither an error nor an opening can follow.
            Ok((used, _)) => drop(self.input.drain(..used)),
            Err(error) => self.fail(Failure::Handshake(error), None),
        }
    }

    /// Uses the bytes that came, once all of ours are written. So a reply that comes early has the same effect as one
    /// that comes in time.
    fn advance(&mut self) {
        if self.input.is_empty() || !self.transmit().is_empty() {
            return;
        }
        let Stage::Exchange(exchange) = &mut self.stage else { return };
        match exchange {
            Exchange::Tunnel(handshake) => {
                let received = handshake.receive(&self.input);
                self.take_tunnel(received);
            }
            Exchange::Socks(socks) => {
                let received = socks.receive(&self.input, &mut self.out);
                self.take_socks(received);
            }
            Exchange::Handshake(connection) => {
                let bytes = mem::take(&mut self.input);
                let mut input = Input::new(Vec::new());
                connection.receive(&mut input, bytes, self.now);
                self.take_events_from(&mut input);
            }
            Exchange::Body(..) => self.receive_body(),
            Exchange::Request(_) => {}
        }
    }

    fn take_tunnel(&mut self, received: Result<(usize, Option<Received>), ResponseError>) {
        match received {
            Ok((used, None)) => {
                self.input.drain(..used);
                self.leave_tunnel();
            }
            Ok((used, Some(Received::Open(..)))) => {
                self.input.drain(..used);
                self.reach_target();
            }
            Ok((_, Some(Received::Rejected(response)))) => self.respond(Peer::Proxy, response),
            Err(error) => self.fail(Failure::Proxy(ProxyFault::Response(error)), None),
        }
    }

    /// Goes on with the body, if the head of the proxy says that there is no tunnel.
    fn leave_tunnel(&mut self) {
        if !matches!(&self.stage, Stage::Exchange(Exchange::Tunnel(it)) if it.is_rejected()) {
            return;
        }
        let stage = mem::replace(&mut self.stage, Stage::Task(Task::Connect));
        if let Stage::Exchange(Exchange::Tunnel(handshake)) = stage {
            self.stage = self.body(handshake, Peer::Proxy);
        }
    }

    fn take_socks(&mut self, received: Result<(usize, Progress), ProxyFault>) {
        match received {
            Ok((used, progress)) => {
                self.input.drain(..used);
                if progress == Progress::Open {
                    self.reach_target();
                }
            }
            Err(fault) => self.fail(Failure::Proxy(fault), None),
        }
    }

    /// Ends the response of a proxy, or of a server over HTTP/2, whose body does not go on.
    fn end_body(&mut self, end: EndOfBody) {
        let stage = mem::replace(&mut self.stage, Stage::Task(Task::Connect));
        let Stage::Exchange(exchange) = stage else { return };
        let (peer, handshake) = match exchange {
            Exchange::Tunnel(handshake) => (Peer::Proxy, handshake),
            Exchange::Body(handshake, peer, _) => (peer, handshake),
            Exchange::Socks(_) | Exchange::Handshake(_) | Exchange::Request(_) => return,
        };
        match handshake.receive_eof(end == EndOfBody::Cut) {
            Ok(response) => self.respond(peer, response),
            Err(_) => self.fail(Failure::TransportEnded, None),
        }
    }

    fn take_events(&mut self) {
        self.take_events_from(&mut Input::new(Vec::new()));
    }

    /// Looks for the result of the opening handshake.
    fn take_events_from(&mut self, input: &mut Input<Vec<u8>>) {
        let Stage::Exchange(Exchange::Handshake(connection)) = &mut self.stage else { return };
        let is_open = match connection.next_event(input) {
            Some(Event::Open) => true,
            Some(_) => false,
            None => return self.take_end(),
        };
        let Some(response) = connection.take_response() else { return };
        if !is_open {
            return self.respond(Peer::Target, response);
        }
        let stage = mem::replace(&mut self.stage, Stage::Task(Task::Connect));
        if let Stage::Exchange(Exchange::Handshake(connection)) = stage {
            self.stage = Stage::Open(connection, Box::new(response));
        }
    }

    /// Looks whether the opening handshake has failed.
    fn take_end(&mut self) {
        let Stage::Exchange(Exchange::Handshake(connection)) = &mut self.stage else { return };
        if connection.next_step() == Step::Shutdown {
            connection.handle_shutdown();
            connection.handle_eof(self.now);
        }
        if let Step::Done(ended) = connection.next_step() {
            self.fail(explain(ended.cause), None);
        }
    }

    /// Acts on a final response other than the one that was asked for.
    fn respond(&mut self, peer: Peer, response: Response) {
        let status = response.status();
        if matches!((peer, status), (Peer::Proxy, 407) | (Peer::Target, 401)) {
            return self.challenge(peer, response);
        }
        let redirect = match peer {
            Peer::Target => self.plan.redirects.follow(&response, &self.visited),
            // A proxy has no say in where to go.
            Peer::Proxy => None,
        };
        match redirect {
            None => self.fail(Failure::Rejected { peer, status }, Some(response)),
            Some(Ok(url)) => {
                self.stage = Stage::Decide(Decision::Redirect(Box::new(response), url));
            }
            Some(Err(fault)) => self.fail(Failure::Redirect(fault), Some(response)),
        }
    }

    /// Looks for credentials that answer the challenges of a response.
    fn challenge(&mut self, peer: Peer, response: Response) {
        let is_secure = peer == Peer::Proxy || self.url().is_secure();
        let cnonce = hex(&self.keys.next_nonce());
        self.challenges += 1;
        let is_challenge = Challenge::of(&response).next().is_some();
        if !is_challenge || self.challenges > MAX_CHALLENGES {
            let failure = Failure::Rejected { peer, status: response.status() };
            return self.fail(failure, Some(response));
        }
        let challenges = Challenge::of(&response);
        let verdict = self.login(peer).map(|login| login.choose(challenges, is_secure, &cnonce));
        let response = Box::new(response);
        self.stage = Stage::Decide(match verdict {
            Some(Verdict::Answered) => Decision::Authenticate(response, peer),
            Some(Verdict::Unanswered) | None => Decision::Challenged(response, peer, None),
        });
    }

    /// Returns the login for the current target, or for its proxy.
    fn login(&mut self, peer: Peer) -> Option<&mut Login> {
        match peer {
            Peer::Target => {
                let place = Place::Target(Origin::of(self.url()));
                Some(self.logins.at(place, None))
            }
            Peer::Proxy => {
                let proxy = self.proxy()?;
                let (place, credentials) = (Place::of_proxy(proxy), proxy.http_credentials());
                Some(self.logins.at(place, credentials))
            }
        }
    }

    /// Ends the attempt. A failure that may pass is followed by another attempt, if the plan allows one.
    fn fail(&mut self, failure: Failure, response: Option<Response>) {
        let delay = self.delay(failure, response.as_ref());
        let response = response.map(Box::new);
        self.stage = match delay {
            Some(delay) => Stage::Decide(Decision::Retry(failure, response, delay)),
            None => Stage::Failed(failure, response),
        };
    }

    /// Returns how long to wait before another attempt, if there is one.
    fn delay(&mut self, failure: Failure, response: Option<&Response>) -> Option<Duration> {
        if !failure.is_temporary() {
            return None;
        }
        let asked = response.and_then(Retry::after).unwrap_or_default();
        let random = u32::from_le_bytes(self.keys.next_key());
        self.attempts.next_delay(asked, random)
    }

    fn take_asking(&mut self) -> Option<Asking> {
        if !matches!(self.stage, Stage::Exchange(Exchange::Request(_))) {
            return None;
        }
        let stage = mem::replace(&mut self.stage, Stage::Task(Task::Connect));
        if let Stage::Exchange(Exchange::Request(asking)) = stage { Some(*asking) } else { None }
    }

    fn take_decision(&mut self) -> Option<Decision> {
        if !matches!(self.stage, Stage::Decide(_)) {
            return None;
        }
        let stage = mem::replace(&mut self.stage, Stage::Task(Task::Connect));
        if let Stage::Decide(decision) = stage { Some(decision) } else { None }
    }
}

/// Prints no secrets.
impl fmt::Debug for Dial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Dial")
            .field("plan", &self.plan)
            .field("authority", &self.url().authority())
            .field("stage", &self.stage)
            .field("attempts", &self.attempts)
            .finish_non_exhaustive()
    }
}

/// How the body of a response ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum EndOfBody {
    /// With the transport.
    Eof,
    /// At a deadline.
    Cut,
}

fn next(decision: &Decision) -> Next<'_> {
    match decision {
        Decision::Redirect(response, url) => Next::Redirect { response, url: url.as_url() },
        Decision::Authenticate(response, peer) => Next::Authenticate { response, peer: *peer },
        Decision::Challenged(response, peer, _) => Next::Challenged { response, peer: *peer },
        Decision::Retry(failure, response, delay) => {
            Next::Retry { failure: *failure, response: response.as_deref(), delay: *delay }
        }
    }
}

/// Returns why an opening handshake has failed.
fn explain(cause: Cause) -> Failure {
    match cause {
        Cause::Handshake(HandshakeError::Response(ResponseError::Head(HeadError::Incomplete))) => {
            Failure::TransportEnded
        }
        Cause::Handshake(HandshakeError::Response(error)) => Failure::Handshake(error),
        Cause::TimedOut(_) => Failure::TimedOut,
        Cause::ClosingHandshake
        | Cause::Handshake(_)
        | Cause::Rejected
        | Cause::TransportEnded
        | Cause::TransportReset
        | Cause::Violation(_) => Failure::TransportEnded,
    }
}

/// Returns the target of the request line.
fn resource(url: Url<'_>) -> String {
    match url.query() {
        Some(query) => format!("{}?{query}", url.path()),
        None => url.path().into(),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // A `String` takes all that is written.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Bytes of a proxy came in clear, so they must not pass for bytes of the target.
const UNREAD: Failure = Failure::Proxy(ProxyFault::BeforeTls);

/// Maximum number of challenges between two retries: a few redirects, and a proxy before each.
const MAX_CHALLENGES: u32 = 8;
