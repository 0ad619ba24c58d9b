//! [`Dialing`]: what adapters share when they drive a [`Dial`]: the clock, the hook of the application, the errors.
//!
//! ```text
//! look ─▶ next_action ─▶ the adapter acts ─▶ Outcome ─▶ note ─▶ Dial
//! ```

use alloc::sync::Arc;
#[cfg(any(feature = "smol", feature = "tokio"))]
use alloc::vec::Vec;
use std::io::{self, ErrorKind};
use std::time::Instant;

use super::error::Error;
use super::trace;
use super::trust::{Tls, Trust};
#[cfg(feature = "__asynchronous")]
use crate::connect::Attempts;
use crate::connect::{Action, Dial, Failure, Opened, Plan, Proxy, ProxyScheme};
use crate::connection::{Config, Timestamp};
use crate::wire::{Role, Seed};

/// A function that the application calls before each step.
pub(super) type Hook = Arc<dyn Fn(&mut Dial) + Send + Sync>;

/// All that an adapter needs to dial, once or again and again.
#[derive(Clone)]
pub(super) struct Door {
    pub(super) plan: Plan,
    pub(super) config: Arc<Config>,
    pub(super) trust: Trust,
    pub(super) hook: Option<Hook>,
    pub(super) tls: Tls,
    pub(super) clock: fn() -> Instant,
}

/// The names and values of a response over HTTP/2.
#[cfg(any(feature = "smol", feature = "tokio"))]
pub(super) type Head = Vec<(Vec<u8>, Vec<u8>)>;

/// How an action went.
#[derive(Debug)]
pub(super) enum Outcome<T> {
    Done(T),
    Failed(io::Error),
    /// It took until the deadline.
    TimedOut,
}

/// A dial that an adapter drives.
pub(super) struct Dialing {
    pub(super) dial: Dial,
    pub(super) trust: Trust,
    hook: Option<Hook>,
    last: Last,
    clock: fn() -> Instant,
    origin: Instant,
    /// The error of the transport or of TLS.
    source: Option<io::Error>,
}

impl Door {
    /// Begins to dial. Fails before any I/O if TLS is needed and cannot be started.
    pub(super) fn dial(&self) -> Result<Dialing, Error> {
        let (plan, config) = (self.plan.clone(), Arc::clone(&self.config));
        let dial = Dial::new(plan, config, Seed::random()?, Timestamp::default());
        check_names(&dial, self.tls)?;
        Ok(Dialing {
            dial,
            trust: self.trust.clone(),
            hook: self.hook.clone(),
            last: Last::Other,
            clock: self.clock,
            origin: (self.clock)(),
            source: None,
        })
    }
}

impl Dialing {
    /// Waits before the first attempt, as if `attempts` had been made. Returns `None` if they were the last.
    #[cfg(feature = "__asynchronous")]
    pub(super) fn after(self, attempts: Attempts) -> Option<Self> {
        Some(Self { dial: self.dial.after(attempts)?, ..self })
    }

    /// Shows the next action to the application. Returns until when it may take.
    pub(super) fn look(&mut self) -> Option<Timestamp> {
        let now = Last::of(&self.dial.next_action());
        // Bytes may be written and read in several pieces.
        let goes_on = now != Last::Other && now == self.last;
        self.last = now;
        if let Some(hook) = &self.hook
            && !goes_on
        {
            hook(&mut self.dial);
        }
        self.dial.poll_timeout()
    }

    pub(super) fn now(&self) -> Timestamp {
        Timestamp::new((self.clock)().saturating_duration_since(self.origin))
    }

    /// Tells the dial how an action went. Returns its result.
    pub(super) fn note<T>(
        &mut self,
        outcome: Outcome<T>,
        tell: impl FnOnce(&mut Dial, &T, Timestamp),
    ) -> Option<T> {
        let now = self.now();
        match outcome {
            Outcome::Done(result) => {
                tell(&mut self.dial, &result, now);
                return Some(result);
            }
            Outcome::Failed(error) => {
                match is_of_socket(&error) {
                    true => self.dial.handle_eof(now),
                    false => self.dial.handle_failure(now),
                }
                self.source = Some(error);
            }
            // Timers may be early.
            Outcome::TimedOut => {
                let due = self.dial.poll_timeout().unwrap_or_default();
                self.dial.handle_timeout(now.max(due));
            }
        }
        None
    }

    /// Begins the next attempt.
    pub(super) fn proceed(&mut self) {
        self.source = None;
        self.dial.proceed(self.now());
    }

    /// Returns the connection, or why there is none.
    pub(super) fn finish(self) -> Result<Opened, Error> {
        let Self { dial, source, .. } = self;
        let mut error = match dial.finish() {
            Ok(opened) => {
                trace::opened(Role::Client);
                return Ok(opened);
            }
            Err(error) => error,
        };
        if let Some(source) = source
            && is_of_transport(error.failure)
        {
            error.source = Some(Arc::new(source));
        }
        let error = Error::from(error);
        if let Error::Rejected(response) = &error {
            trace::rejected(response.status());
        }
        Err(error)
    }
}

/// The last action.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Last {
    Read,
    Write,
    Other,
}

impl Last {
    const fn of(action: &Action<'_>) -> Self {
        match action {
            Action::Read => Self::Read,
            Action::Write => Self::Write,
            Action::Resolve { .. } | Action::Connect { .. } | Action::Tls { .. } => Self::Other,
            Action::Request(_) | Action::Next(_) | Action::Wait | Action::Done => Self::Other,
        }
    }
}

/// Checks that TLS can be started with the first server, and with its proxy.
fn check_names(dial: &Dial, tls: Tls) -> Result<(), Error> {
    let is_https = |proxy: &&Proxy| proxy.scheme() == ProxyScheme::Https;
    if let Some(proxy) = dial.proxy().filter(is_https) {
        tls.check(proxy.host())?;
    }
    match dial.url().is_secure() {
        true => tls.check(dial.url().host()),
        false => Ok(()),
    }
}

/// Returns whether the transport has failed, rather than TLS over it: the operating system says so, or it ended.
fn is_of_socket(error: &io::Error) -> bool {
    error.raw_os_error().is_some() || error.kind() == ErrorKind::UnexpectedEof
}

/// Returns whether the error of the transport says more.
const fn is_of_transport(failure: Failure) -> bool {
    matches!(
        failure,
        Failure::Connect(_) | Failure::Resolve | Failure::Tls(_) | Failure::TransportEnded
    )
}
