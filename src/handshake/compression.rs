//! The negotiation of permessage-deflate (RFC 7692, section 7.1).

use alloc::string::{String, ToString};

use super::extension::Extension;
use super::response_error::ResponseError;
use crate::deflate::{Agreement, Compression, Context, Parameters};

impl Compression {
    /// Returns the offers of a client, in order of preference, as they are sent.
    pub(crate) fn offer(&self) -> String {
        let mut list = String::new();
        for offer in self.offers() {
            if !list.is_empty() {
                list.push_str(", ");
            }
            list.push_str(&offer.to_string());
        }
        list
    }

    /// Returns the preferred offer, and one with fewer demands for servers that cannot meet them.
    fn offers(&self) -> impl Iterator<Item = Parameters> {
        let best = Parameters {
            server_no_context_takeover: !self.incoming.is_taken_over,
            client_no_context_takeover: !self.outgoing.is_taken_over,
            server_max_window_bits: self.incoming.smaller_window(),
            // RFC 7692, section 7.1.2.2: without this, the server could not ask for a smaller window.
            client_max_window_bits: Some(self.outgoing.smaller_window()),
        };
        let modest =
            Parameters { server_no_context_takeover: false, server_max_window_bits: None, ..best };
        let is_enough = self.is_incoming_required || modest == best;
        [Some(best), (!is_enough).then_some(modest)].into_iter().flatten()
    }

    /// Validates the answer of a server.
    pub(crate) fn check(&self, answer: &Extension<'_>) -> Result<Agreement, ResponseError> {
        let answer = Parameters::parse(answer.parameters());
        let answer = answer.filter(|answer| self.offers().any(|offer| offer.is_met(answer)));
        answer.map(|answer| answer.agreement()).ok_or(ResponseError::BadCompression)
    }

    /// Returns the agreement on the first acceptable offer of a client, and the answer that accepts it.
    ///
    /// RFC 7692, section 5.1: a server skips offers that it cannot accept.
    pub(crate) fn agree<'h>(
        &self,
        offers: impl Iterator<Item = Extension<'h>>,
    ) -> Option<(Agreement, Parameters)> {
        let ours = offers.filter(is_deflate);
        ours.filter_map(|offer| self.serve(&Parameters::parse(offer.parameters())?)).next()
    }

    fn serve(&self, offer: &Parameters) -> Option<(Agreement, Parameters)> {
        // RFC 7692, section 7.1.2.2: a server may limit the window of a client only if the client offers it.
        let window = self.incoming.bounded().window_bits;
        let client_window = match offer.client_max_window_bits {
            Some(hint) => window.min(hint.unwrap_or(15)),
            None if self.is_incoming_required && window < 15 => return None,
            None => 15,
        };
        let window = self.outgoing.bounded().window_bits;
        let server_window = window.min(offer.server_max_window_bits.unwrap_or(15));
        let is_asked = offer.server_max_window_bits.is_some();
        let answer = Parameters {
            server_no_context_takeover: offer.server_no_context_takeover
                || !self.outgoing.is_taken_over,
            client_no_context_takeover: offer.client_no_context_takeover
                || !self.incoming.is_taken_over,
            // RFC 7692, section 7.1.2.1: the answer must repeat this parameter, even with the largest window.
            server_max_window_bits: (is_asked || server_window < 15).then_some(server_window),
            client_max_window_bits: (client_window < 15).then_some(Some(client_window)),
        };
        Some((answer.agreement(), answer))
    }
}

impl Agreement {
    /// Parses the element with which a server accepts, or its parameters alone, such as
    /// `server_no_context_takeover; client_max_window_bits=10`.
    ///
    /// Use it where another library did the handshake: see
    /// [`Negotiated::with_compression`](crate::Negotiated::with_compression).
    ///
    /// ```
    /// use sansocket::Role;
    /// use sansocket::deflate::{Agreement, Context};
    ///
    /// let agreement = Agreement::parse("permessage-deflate; client_max_window_bits=10").unwrap();
    /// let window = Context { window_bits: 10, is_taken_over: true };
    /// assert_eq!(agreement.outgoing(Role::Client), window);
    /// assert_eq!(agreement.incoming(Role::Client), Context::FULL);
    /// assert_eq!(Agreement::parse("client_max_window_bits=7"), None);
    /// ```
    pub fn parse(element: &str) -> Option<Self> {
        let element = element.trim_ascii();
        let mut whole = String::new();
        let is_named = element.get(..Parameters::NAME.len()).is_some_and(is_name);
        if !is_named {
            whole.push_str(Parameters::NAME);
            whole.push_str(if element.is_empty() { "" } else { "; " });
        }
        whole.push_str(element);
        let extension = Extension::parse(whole.as_bytes()).ok().filter(is_deflate)?;
        let answer = Parameters::parse(extension.parameters())?;
        // RFC 7692, section 7.1.2.2: an answer must have the number.
        (answer.client_max_window_bits != Some(None)).then(|| answer.agreement())
    }
}

impl Parameters {
    /// Returns whether an answer meets this offer (RFC 7692, section 7.1).
    fn is_met(&self, answer: &Self) -> bool {
        let is_reset = answer.server_no_context_takeover || !self.server_no_context_takeover;
        let is_small = match (self.server_max_window_bits, answer.server_max_window_bits) {
            (None, _) => true,
            (Some(most), bits) => bits.is_some_and(|bits| bits <= most),
        };
        let is_offered = match answer.client_max_window_bits {
            None => true,
            Some(bits) => self.client_max_window_bits.is_some() && bits.is_some(),
        };
        is_reset && is_small && is_offered
    }
}

impl Context {
    /// Returns the size of the window, if it is not the largest.
    const fn smaller_window(self) -> Option<u8> {
        match self.bounded().window_bits {
            15 => None,
            bits => Some(bits),
        }
    }
}

/// Returns whether an extension is permessage-deflate.
pub(crate) fn is_deflate(extension: &Extension<'_>) -> bool {
    is_name(extension.name())
}

fn is_name(name: &str) -> bool {
    name.eq_ignore_ascii_case(Parameters::NAME)
}
