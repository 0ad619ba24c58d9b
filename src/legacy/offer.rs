//! The client's side of the opening handshake: the request, and the response that it expects.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::draft::{Draft, LOCATION, ORIGIN, PROTOCOL};
use super::keys::{Numbers, make_number, place};
use super::location::{Carrier, resource};
use crate::handshake::client::{Request, RequestParts, Response, ResponseError};
use crate::handshake::{HeaderError, Headers, Url};
use crate::wire::Keys;

/// The response that a client expects.
#[derive(Debug)]
pub(super) struct Expected {
    draft: Draft,
    origin: String,
    location: String,
    protocol: Option<String>,
    /// The answer to the keys of draft 76.
    answer: [u8; 16],
}

impl Expected {
    /// Appends the request to `out`. Returns the response that it expects.
    ///
    /// # Errors
    ///
    /// Returns [`HeaderError::BadProtocol`] if several subprotocols are offered: these drafts ask for one.
    pub(super) fn ask(
        draft: Draft,
        request: &Request<'_>,
        keys: &mut Keys,
        out: &mut Vec<u8>,
    ) -> Result<Self, HeaderError> {
        let RequestParts { url, lines, .. } = request.parts();
        let mut expected = Self::new(draft, &request.parts())?;
        let mut fields = expected.fields(&url);
        let mut key = Vec::new();
        if draft == Draft::Hixie76 {
            expected.answer = hide(keys, &mut fields, &mut key);
        }
        let resource = resource(url.path(), url.query());
        out.extend_from_slice(format!("GET {resource} HTTP/1.1\r\n").as_bytes());
        for field in fields {
            out.extend_from_slice(field.as_bytes());
            out.extend_from_slice(b"\r\n");
        }
        out.extend_from_slice(lines);
        out.extend_from_slice(b"\r\n");
        out.extend_from_slice(&key);
        Ok(expected)
    }

    fn new(draft: Draft, parts: &RequestParts<'_>) -> Result<Self, HeaderError> {
        let RequestParts { url, origin, protocols, .. } = parts;
        if protocols.contains(',') {
            return Err(HeaderError::BadProtocol);
        }
        let (carrier, authority) = (carrier(url), url.authority());
        Ok(Self {
            draft,
            // A client that is no browser asks on behalf of the server's own page.
            origin: origin.map_or_else(|| carrier.origin(&authority), ToOwned::to_owned),
            location: carrier.location(&authority, &resource(url.path(), url.query())),
            protocol: Some(protocols).filter(|it| !it.is_empty()).map(|it| (*it).to_owned()),
            answer: [0; 16],
        })
    }

    /// Returns the header lines of the request, in the order that draft 75 demands.
    fn fields(&self, url: &Url<'_>) -> Vec<String> {
        let mut fields = Vec::from([
            "Upgrade: WebSocket".to_owned(),
            "Connection: Upgrade".to_owned(),
            format!("Host: {}", carrier(url).host(&url.authority())),
            format!("Origin: {}", self.origin),
        ]);
        if let Some(protocol) = &self.protocol {
            fields.push(format!("{}: {protocol}", self.draft.name(PROTOCOL)));
        }
        fields
    }

    /// Validates the head of a response with status 101.
    pub(super) fn check(&self, response: &Response) -> Result<(), ResponseError> {
        let headers = response.headers();
        let only = |name| only(headers, self.draft.name(name));
        // Draft 75 has clients compare the bytes up to here. Draft 76 names the headers.
        let is_fixed = headers.head().starts_with(self.draft.first_lines());
        if self.draft == Draft::Hixie75 && !is_fixed {
            return Err(ResponseError::OtherFirstLines);
        }
        if only("Upgrade") != Some(b"WebSocket") {
            return Err(ResponseError::OtherFirstLines);
        }
        if !only("Connection").is_some_and(|it| it.eq_ignore_ascii_case(b"upgrade")) {
            return Err(ResponseError::BadConnection);
        }
        if only(ORIGIN) != Some(self.origin.as_bytes()) {
            return Err(ResponseError::ForeignOrigin);
        }
        if only(LOCATION) != Some(self.location.as_bytes()) {
            return Err(ResponseError::ForeignLocation);
        }
        match &self.protocol {
            Some(protocol) if only(PROTOCOL) != Some(protocol.as_bytes()) => {
                Err(ResponseError::MissingProtocol)
            }
            Some(_) | None => Ok(()),
        }
    }

    /// Returns the bytes that follow the head of the response, if the draft has any.
    pub(super) const fn answer(&self) -> Option<[u8; 16]> {
        match self.draft {
            Draft::Hixie75 => None,
            Draft::Hixie76 => Some(self.answer),
        }
    }
}

const fn carrier(url: &Url<'_>) -> Carrier {
    if url.is_secure() { Carrier::Tls } else { Carrier::Tcp }
}

/// Adds the keys of draft 76 to a request. Returns the answer to them.
fn hide(keys: &mut Keys, fields: &mut Vec<String>, key: &mut Vec<u8>) -> [u8; 16] {
    let [(one, hidden_one), (two, hidden_two)] = [make_number(keys), make_number(keys)];
    fields.push(format!("Sec-WebSocket-Key1: {hidden_one}"));
    fields.push(format!("Sec-WebSocket-Key2: {hidden_two}"));
    // The draft has the order of the lines be random, so that no server depends on it.
    for last in (1..fields.len()).rev() {
        fields.swap(last, place(keys, last + 1));
    }
    let bytes = keys.next_salt().to_le_bytes();
    key.extend_from_slice(&bytes);
    Numbers::from([one, two]).answer(bytes)
}

/// Returns the value of a header that stands once.
fn only<'h>(headers: &'h Headers, name: &'static str) -> Option<&'h [u8]> {
    let mut values = headers.values(name);
    values.next().filter(|_| values.next().is_none())
}
