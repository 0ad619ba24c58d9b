//! Properties of the way from a URL to a connection: the body of a fuzz target, run by `cargo test` too.

use std::time::Duration;

use sansocket::auth::Credentials;
use sansocket::connect::{
    Action, ConnectError, Dial, Next, Opened, Peer, Plan, Proxy, Redirects, Retry, Versions,
};
use sansocket::{Config, HandshakeLimits, Seed, Timestamp};

use crate::choices::Choices;
use crate::setup::START;

/// Whatever a network sends, however it is cut: the same steps, an end, no way from `wss` to `ws`, and no secret of
/// one origin or proxy at another.
pub fn dial(data: &[u8]) {
    let mut choices = Choices::new(data);
    let plan = choose_plan(&mut choices);
    let size = usize::from(choices.byte()) + 1;
    let stream = choices.rest();
    let whole = play(&plan, stream, usize::MAX);
    for size in [1, 2, 3, 7, 61, size] {
        assert_eq!(play(&plan, stream, size), whole, "cut into {size}");
    }
}

/// What happened: the steps, and the result.
type Log = Vec<String>;

/// Secrets that we may send only to the first origin.
const OF_HOME: [&str; 2] = ["home-user", "home-secret"];

/// Secrets that we may send only to the proxy.
const OF_PROXY: [&str; 3] = ["proxy-user", "proxy-secret", "proxy-authorization"];

const PROXIES: [&str; 6] = [
    "",
    "http://proxy-user:proxy-secret@proxy",
    "https://proxy-user:proxy-secret@proxy",
    "socks5h://proxy-user:proxy-secret@proxy",
    "socks5://proxy",
    "http://proxy",
];

fn choose_plan(choices: &mut Choices<'_>) -> Plan {
    let url = if choices.once_in(2) { "wss://home/a/b?c" } else { "ws://home/a/b?c" };
    let mut plan = Plan::new(url).expect("it is valid");
    plan.add_header("X-Home", "home-secret").expect("it is valid");
    plan.add_header("Cookie", "home-secret").expect("it is valid");
    plan.add_portable_header("X-Portable", "portable").expect("it is valid");
    plan.add_protocol("home-secret").expect("it is valid");
    plan.set_limits(HandshakeLimits::new().bytes(1000).body(100));
    let credentials = Credentials::password("home-user", "home-secret").expect("they are valid");
    plan.set_credentials(credentials.allow_plaintext()).expect("it is allowed");
    let proxy = PROXIES[choices.below(PROXIES.len())];
    plan.set_proxy(Proxy::parse(proxy).ok());
    plan.set_redirects(match choices.below(3) {
        0 => Redirects::NONE,
        1 => Redirects::same_origin(3),
        _ => Redirects::anywhere(3),
    });
    let choice = choices.byte();
    plan.set_retry(Retry::times(u32::from(choice % 3)));
    plan.set_versions(match choice / 3 % 3 {
        0 => Versions::Http1,
        1 => Versions::Http2,
        _ => Versions::Auto,
    });
    plan
}

/// Returns the head of a response as a server of HTTP/2 would send it, and its length, if it is complete.
pub fn fields(bytes: &[u8]) -> Option<(Vec<(String, String)>, usize)> {
    let len = bytes.windows(4).position(|end| end == b"\r\n\r\n")? + 4;
    let head = String::from_utf8_lossy(bytes.get(..len)?).into_owned();
    let mut lines = head.lines();
    let status = lines.next()?.split(' ').nth(1)?;
    let mut fields = vec![(":status".to_owned(), status.to_owned())];
    for (name, value) in lines.filter_map(|line| line.split_once(": ")) {
        fields.push((name.to_ascii_lowercase(), value.to_owned()));
    }
    Some((fields, len))
}

/// Plays the stream: what each transport has to read. A byte of 255 ends it.
fn play<'s>(plan: &'s Plan, stream: &'s [u8], size: usize) -> Log {
    let config = Config::new().shared();
    let segments: Vec<_> = stream.split(|&byte| byte == 255).collect();
    let home = plan.url();
    let mut world = World {
        home: (home.host(), home.port(), home.is_secure()),
        dial: Dial::new(plan.clone(), config, Seed::new([7; 32]), START),
        stream,
        segments: segments.into_iter(),
        segment: &[],
        read: 0,
        size,
        now: START,
        log: Vec::new(),
    };
    let mut steps = 0;
    while world.step() {
        steps += 1;
        assert!(steps < 10_000 + 20 * stream.len(), "it comes to an end");
    }
    let connects = world.log.iter().filter(|line| line.starts_with("connect")).count();
    assert!(connects <= 3 * (1 + 3 + 8), "the attempts are limited: {connects}");
    let result = show(world.dial.finish(), world.segment.get(world.read..).unwrap_or_default());
    world.log.push(result);
    world.log
}

struct World<'s> {
    /// The origin that the secrets belong to.
    home: (&'s str, u16, bool),
    dial: Dial,
    /// All that the network says.
    stream: &'s [u8],
    segments: std::vec::IntoIter<&'s [u8]>,
    /// What the transport has to read.
    segment: &'s [u8],
    /// How much of it was read.
    read: usize,
    size: usize,
    now: Timestamp,
    log: Log,
}

impl World<'_> {
    fn step(&mut self) -> bool {
        let due = self.dial.poll_timeout();
        let is_secure = self.dial.url().is_secure();
        match self.dial.next_action() {
            Action::Resolve { host } => {
                self.log.push(format!("resolve {host}"));
                self.dial.handle_resolved([127, 0, 0, 1].into(), self.now);
            }
            Action::Connect { host, port } => {
                self.log.push(format!("connect {host} {port}"));
                (self.segment, self.read) = (self.segments.next().unwrap_or_default(), 0);
                self.dial.handle_connected(self.now);
            }
            Action::Tls { name, peer, alpn } => {
                self.log.push(format!("tls {name} {peer} {alpn:?}"));
                assert!(peer == Peer::Target || alpn == ["http/1.1"], "proxies speak HTTP/1.1");
                // TLS reads what was read too early.
                self.read -= self.dial.take_unread().len();
                match alpn.contains(&"h2") {
                    true => self.dial.handle_secured_http2(self.now),
                    false => self.dial.handle_secured(self.now),
                }
            }
            Action::Request(_) => self.ask(),
            Action::Write => self.write(),
            Action::Read => self.read(due),
            Action::Next(next) => {
                assert_allowed(&next, is_secure);
                self.log.push(name(&next));
                self.dial.proceed(self.now);
            }
            Action::Wait => {
                self.now = due.expect("a wait has an end");
                self.dial.handle_timeout(self.now);
            }
            Action::Done => return false,
        }
        true
    }

    /// Asks over HTTP/2.
    fn ask(&mut self) {
        self.read -= self.dial.take_unread().len();
        let is_home = self.is_home();
        let Action::Request(sent) = self.dial.next_action() else { panic!("it is still asked") };
        let sent = sent.iter().map(|(name, value)| format!("{name}: {}\n", value.escape_ascii()));
        let text: String = sent.collect();
        assert!(is_home || !self.tells(&text, &OF_HOME), "a secret of home elsewhere: {text}");
        assert!(!self.tells(&text, &OF_PROXY), "credentials of the proxy: {text}");
        assert!(text.contains("x-portable: portable"), "{text}");
        self.log.push(text);
        let rest = &self.segment[self.read..];
        match fields(rest) {
            Some((head, len)) => {
                self.read += len;
                self.dial.receive_fields(head, self.now);
            }
            None if rest.len().is_multiple_of(2) => self.dial.handle_unsupported(self.now),
            None => self.dial.handle_failure(self.now),
        }
    }

    /// Whether we tell one of these secrets which the network has not named itself, such as by a host like it.
    fn tells(&self, text: &str, secrets: &[&str]) -> bool {
        let is_in = |text: &str, secret: &str| text.to_ascii_lowercase().contains(secret);
        let said = String::from_utf8_lossy(self.stream);
        secrets.iter().any(|secret| is_in(text, secret) && !is_in(&said, secret))
    }

    fn is_home(&self) -> bool {
        let url = self.dial.url();
        (url.host(), url.port(), url.is_secure()) == self.home
    }

    fn write(&mut self) {
        let is_home = self.is_home();
        let is_tunnel = self.dial.proxy().is_some();
        let bytes = self.dial.transmit();
        let text = String::from_utf8_lossy(bytes).into_owned();
        let count = bytes.len();
        self.dial.transmitted(count, self.now);
        let is_of_target = text.starts_with("GET ");
        if is_of_target {
            assert!(is_home || !self.tells(&text, &OF_HOME), "a secret of home elsewhere: {text}");
            assert!(!self.tells(&text, &OF_PROXY), "credentials of the proxy: {text}");
            assert!(text.contains("X-Portable: portable"), "{text}");
        } else {
            assert!(
                is_tunnel && !self.tells(&text, &OF_HOME),
                "a secret of home at the proxy: {text}"
            );
        }
        let heads = text.split("\r\n\r\n").filter(|head| !head.is_empty()).count();
        assert_eq!(heads, 1, "one head: {text}");
        self.log.push(text);
    }

    fn read(&mut self, due: Option<Timestamp>) {
        let rest = &self.segment[self.read..];
        if let Some(bytes) = rest.chunks(self.size).next() {
            self.read += bytes.len();
            self.dial.receive(bytes, self.now);
        } else if self.segment.len().is_multiple_of(2) {
            self.dial.handle_eof(self.now);
        } else {
            self.now = due.expect("every exchange has a deadline").max(self.now);
            self.dial.handle_timeout(self.now);
        }
    }
}

fn assert_allowed(next: &Next<'_>, is_secure: bool) {
    match next {
        Next::Redirect { url, .. } => assert!(url.is_secure() || !is_secure, "no way to ws: {url}"),
        Next::Authenticate { response, .. } | Next::Challenged { response, .. } => {
            assert!([401, 407].contains(&response.status()));
        }
        Next::Retry { response, delay, .. } => {
            let asked = response.and_then(Retry::after).unwrap_or_default();
            assert!((asked..=Duration::from_secs(600)).contains(delay));
        }
        next => panic!("{next:?} is new"),
    }
}

fn name(next: &Next<'_>) -> String {
    match next {
        Next::Redirect { url, .. } => format!("redirect to {url}"),
        Next::Authenticate { peer, .. } => format!("authenticate at the {peer}"),
        Next::Challenged { peer, .. } => format!("challenged by the {peer}"),
        Next::Retry { failure, delay, .. } => format!("retry after {delay:?}: {failure}"),
        next => panic!("{next:?} is new"),
    }
}

/// The result, with all bytes that follow an open connection.
fn show(result: Result<Opened, ConnectError>, rest: &[u8]) -> String {
    match result {
        Ok(opened) => {
            let url = opened.response.url().expect("the URL is known").to_string();
            let unread = [&opened.connection.into_unread(), rest].concat();
            format!("open {url}: {}", unread.escape_ascii())
        }
        Err(error) => {
            let body = error.response.as_ref().map(|response| response.body().to_vec());
            assert!(body.as_ref().is_none_or(|body| body.len() <= 100), "the limit holds");
            format!("{error}: {body:?}")
        }
    }
}
