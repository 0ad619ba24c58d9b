//! The opening handshake: what both ends have agreed on, and what is wrong with it.

use std::error::Error;

use sansocket::{Cause, Config, Connection, Event, HandshakeError, server};

use super::endpoint::{self, Endpoint};
use super::options::Options;
use super::sections;

/// The state of the opening handshake.
#[derive(Debug, Default)]
pub(crate) struct Opening {
    /// The key of the client.
    key: String,
    /// The subprotocols that the client offers.
    protocols: Vec<String>,
    is_compression_offered: bool,
    /// The parameters of compression, if messages may be compressed.
    pub(crate) deflate: Option<String>,
}

/// The effect of a head on its receiver.
#[derive(Debug, PartialEq)]
pub(crate) enum Verdict {
    /// Frames follow.
    Open,
    /// A body follows: the server has answered with another status.
    Rejected(u16),
    /// Nothing that follows is read.
    Failed(HandshakeError),
    /// The key of the client is not known, so the response proves nothing.
    Unchecked,
}

impl Opening {
    pub(crate) fn new(options: &Options) -> Self {
        let (key, deflate) = (options.key.clone(), options.deflate.clone());
        Self { key, deflate, is_compression_offered: true, ..Self::default() }
    }

    /// Checks the head of a request, as a server does.
    pub(crate) fn check_request(&mut self, head: &[u8], options: &Options) -> Verdict {
        if let Some(key) = find_header(head, "Sec-WebSocket-Key") {
            self.key = key;
        }
        let mut config = options.config.clone();
        endpoint::compress(&mut config);
        let mut end = Endpoint::new(endpoint::expect_request(config));
        let mut verdict = None;
        end.feed(head, |connection, event| {
            verdict = Some(match event {
                Event::Request => {
                    self.note_request(connection);
                    Verdict::Open
                }
                _ => Verdict::Failed(server::RequestError::MissingUpgrade.into()),
            });
        });
        verdict.unwrap_or_else(|| fail(end))
    }

    fn note_request(&mut self, connection: &mut Connection) {
        let Some(request) = connection.request() else { return };
        self.protocols = request.protocols().map(str::to_owned).collect();
        self.is_compression_offered =
            request.extensions().any(|it| it.name().eq_ignore_ascii_case(DEFLATE));
        // Until there is a response, this is what a server of ours would answer.
        self.deflate = offered(request).or(self.deflate.take());
    }

    /// Checks the heads of interim responses and of the final one, as a client does.
    ///
    /// # Errors
    ///
    /// Returns an error if messages are compressed, and this program cannot inflate them.
    pub(crate) fn check_response(
        &mut self,
        heads: &[u8],
        options: &Options,
    ) -> Result<Verdict, Box<dyn Error>> {
        let mut config: Config = options.config.clone();
        if self.is_compression_offered {
            endpoint::compress(&mut config);
            let answer = find_header(heads, "Sec-WebSocket-Extensions");
            if !cfg!(feature = "deflate") && answer.as_ref().is_some_and(|it| it.contains(DEFLATE))
            {
                return Err(endpoint::NEEDS_DEFLATE.into());
            }
            self.deflate = answer.filter(|it| endpoint::negotiate(Some(it)).is_ok());
        }
        let response = endpoint::expect_response(config.shared(), &self.key, &self.protocols);
        let Ok(connection) = response else { return Ok(Verdict::Unchecked) };
        let (mut end, mut verdict) = (Endpoint::new(connection), None);
        let mut handle = |connection: &mut Connection, event: Event<'_>| {
            verdict = verdict.take().or_else(|| Self::note_response(connection, &event));
        };
        end.feed(heads, &mut handle);
        let ended = end.finish(&mut handle);
        Ok(match (verdict, ended.cause) {
            (Some(verdict), _) => verdict,
            (None, Cause::Handshake(error)) => Verdict::Failed(error),
            (None, _) => Verdict::Open,
        })
    }

    fn note_response(connection: &Connection, event: &Event<'_>) -> Option<Verdict> {
        let response = connection.response()?;
        if *event == Event::Rejected {
            return Some(Verdict::Rejected(response.status()));
        }
        Some(Verdict::Open)
    }
}

impl Verdict {
    /// Returns what is to be said, if anything is.
    pub(crate) fn describe(&self) -> String {
        match self {
            Self::Open => String::new(),
            Self::Unchecked => "  not checked: there is no key of a client (--key)".to_owned(),
            Self::Rejected(status) => {
                format!("  the server answers with status {status}: no WebSocket (section 4.1)")
            }
            Self::Failed(error) => {
                let status = error.status().map(|status| format!(", status {status}"));
                let (section, status) =
                    (sections::of_handshake(*error), status.unwrap_or_default());
                format!("  ✗ {error} ({section}){status}")
            }
        }
    }
}

/// Returns the error with which a connection ends that has no event.
fn fail(mut end: Endpoint) -> Verdict {
    match end.finish(|_, _| {}).cause {
        Cause::Handshake(error) => Verdict::Failed(error),
        _ => Verdict::Failed(server::RequestError::MissingUpgrade.into()),
    }
}

/// Returns the agreement on compression that a request gets.
#[cfg(feature = "deflate")]
fn offered(request: &server::Request) -> Option<String> {
    request.agreement().map(|agreement| agreement.to_string())
}

#[cfg(not(feature = "deflate"))]
fn offered(_: &server::Request) -> Option<String> {
    None
}

/// Returns the value of a header, in a head that may be malformed.
fn find_header(head: &[u8], name: &str) -> Option<String> {
    let lines = head.split(|&byte| byte == b'\n').filter_map(|line| str::from_utf8(line).ok());
    let mut fields = lines.filter_map(|line| line.split_once(':'));
    let (_, value) = fields.find(|(other, _)| other.eq_ignore_ascii_case(name))?;
    Some(value.trim().to_owned()).filter(|value| !value.is_empty())
}

const DEFLATE: &str = "permessage-deflate";
