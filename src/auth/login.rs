//! [`Login`]: the credentials for one origin or one proxy, and how far they have got.

use alloc::string::String;

use super::challenge::Challenge;
use super::credentials::{Credentials, Secret};
#[cfg(feature = "digest")]
use super::digest::Digest;

/// The credentials for one origin or one proxy, and how far they have got.
///
/// Each challenge is answered once. A challenge that calls the nonce stale is answered once more.
pub(crate) struct Login {
    credentials: Option<Credentials>,
    answer: Answer,
    tries: u8,
}

/// The answer to a challenge, which is sent with each request from then on.
enum Answer {
    /// There was no challenge.
    None,
    Basic,
    #[cfg(feature = "digest")]
    Digest(Digest),
    /// The application gave it.
    Value(String),
}

/// Whether a challenge can be answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// The next request has an answer.
    Answered,
    /// The credentials fit none of the challenges, or were rejected.
    Unanswered,
}

/// The request that credentials are sent with.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked<'t> {
    #[cfg_attr(not(feature = "digest"), expect(dead_code, reason = "Digest proves it"))]
    pub(crate) method: &'static str,
    #[cfg_attr(not(feature = "digest"), expect(dead_code, reason = "Digest proves it"))]
    pub(crate) target: &'t str,
    pub(crate) is_secure: bool,
}

impl Login {
    pub(crate) const fn new(credentials: Option<Credentials>) -> Self {
        Self { credentials, answer: Answer::None, tries: 0 }
    }

    /// Forgets that challenges were answered, before the same request is made anew. A Digest session goes on.
    pub(crate) const fn renew(&mut self) {
        self.tries = 0;
    }

    /// Sets the answer of the application.
    pub(crate) fn set_value(&mut self, value: &str) {
        self.answer = Answer::Value(value.into());
    }

    /// Returns the value of `Authorization` or `Proxy-Authorization` for the next request.
    pub(crate) fn value(&mut self, asked: Asked<'_>) -> Option<String> {
        if let Answer::Value(value) = &self.answer {
            return Some(value.clone());
        }
        let credentials = self.credentials.as_ref()?;
        match (&credentials.secret, &mut self.answer) {
            #[cfg(feature = "digest")]
            (Secret::Password(it), Answer::Digest(digest)) => {
                Some(digest.answer(&it.user, &it.password, asked.method, asked.target))
            }
            _ if !credentials.allows(asked.is_secure) => None,
            (Secret::Value(value), _) => Some(value.clone()),
            (Secret::Password(it), Answer::Basic) => it.basic.clone(),
            (Secret::Password(_), _) => None,
        }
    }

    /// Chooses a challenge to answer. `cnonce` is a nonce for Digest.
    pub(crate) fn choose<'h>(
        &mut self,
        challenges: impl Iterator<Item = Challenge<'h>> + Clone,
        is_secure: bool,
        cnonce: &str,
    ) -> Verdict {
        self.tries = self.tries.saturating_add(1);
        let Some(credentials) = &self.credentials else { return Verdict::Unanswered };
        let Secret::Password(password) = &credentials.secret else { return Verdict::Unanswered };
        #[cfg(not(feature = "digest"))]
        let _ = cnonce;
        #[cfg(feature = "digest")]
        if let Some((digest, is_stale)) = strongest(challenges.clone(), cnonce) {
            let most = if is_stale { 2 } else { 1 };
            if self.tries > most {
                return Verdict::Unanswered;
            }
            self.answer = Answer::Digest(digest);
            return Verdict::Answered;
        }
        let is_allowed = password.basic.is_some() && credentials.allows(is_secure);
        if self.tries > 1 || !is_allowed || !challenges.into_iter().any(|it| it.is("Basic")) {
            return Verdict::Unanswered;
        }
        self.answer = Answer::Basic;
        Verdict::Answered
    }
}

/// Returns the Digest challenge with the strongest hash, and whether it calls the last nonce stale.
#[cfg(feature = "digest")]
fn strongest<'h>(
    challenges: impl Iterator<Item = Challenge<'h>>,
    cnonce: &str,
) -> Option<(Digest, bool)> {
    let read = |challenge: Challenge<'h>| {
        let stale = challenge.parameter("stale");
        let is_stale = stale.is_some_and(|stale| stale.eq_ignore_ascii_case("true"));
        Some((Digest::new(&challenge, cnonce)?, is_stale))
    };
    let stronger = |best: (Digest, bool), next: (Digest, bool)| {
        if next.0.is_stronger(&best.0) { next } else { best }
    };
    challenges.filter_map(read).reduce(stronger)
}
