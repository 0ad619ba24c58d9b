//! The opening handshake of a connection of draft 75 or 76.
//!
//! ```text
//! server: Request ─▶ Decision ─▶ (76) Key ─▶ Done        or ─▶ Other: not a request of these drafts
//! client: Response ─▶ (76) Answer ─▶ Done
//! ```

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::mem;

use super::draft::Draft;
use super::keys::Numbers;
use super::offer::Expected;
use super::request::{Challenge, Request};
use super::sender::Sender;
use crate::connection::{Cause, Event, Input, Phase};
use crate::handshake::client::{self, ResponseError};
use crate::handshake::server::{Handshake, Head, RequestError, Response};
use crate::handshake::{HandshakeError, HeadError};

/// The opening handshake of a connection.
#[derive(Debug)]
pub(super) struct Opening {
    stage: Stage,
    pub(super) response: Option<client::Response>,
}

#[derive(Debug)]
enum Stage {
    /// A server waits for the request.
    Request(Handshake),
    /// The application has to decide on a request for a WebSocket,
    Decision(Box<Request>),
    /// or on another one.
    Other(Box<Head>),
    /// A server has sent its head, and waits for the eight bytes behind the request.
    Key(Numbers),
    /// A client waits for the head,
    Response(Box<(client::Handshake, Expected)>),
    /// and then for the 16 bytes behind it.
    Answer([u8; 16]),
    Done,
}

/// An event of the opening.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    Request,
    Other,
    Open,
    Rejected,
}

impl From<Outcome> for Event<'_> {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Request => Self::Request,
            Outcome::Other => Self::NotUpgrade,
            Outcome::Open => Self::Open,
            Outcome::Rejected => Self::Rejected,
        }
    }
}

impl Opening {
    pub(super) fn server() -> Self {
        Self { stage: Stage::Request(Handshake::new()), response: None }
    }

    pub(super) fn client(handshake: client::Handshake, expected: Expected) -> Self {
        Self { stage: Stage::Response(Box::new((handshake, expected))), response: None }
    }

    /// Returns the request that waits for a decision.
    pub(super) fn request(&mut self) -> Option<&mut Request> {
        if let Stage::Decision(request) = &mut self.stage { Some(request) } else { None }
    }

    /// Returns the head of another request that waits for a decision.
    pub(super) fn head(&self) -> Option<&Head> {
        if let Stage::Other(head) = &self.stage { Some(head) } else { None }
    }

    /// Goes on with the bytes that have come.
    pub(super) fn receive(
        &mut self,
        bytes: &mut Input<Vec<u8>>,
        sender: &mut Sender,
    ) -> Option<Outcome> {
        match mem::replace(&mut self.stage, Stage::Done) {
            Stage::Request(handshake) => self.receive_request(handshake, bytes, sender),
            Stage::Key(numbers) => self.receive_key(numbers, bytes, sender),
            Stage::Response(pending) => self.receive_response(pending, bytes, sender),
            Stage::Answer(answer) => self.receive_answer(answer, bytes, sender),
            stage @ (Stage::Decision(_) | Stage::Other(_) | Stage::Done) => {
                self.stage = stage;
                let most = sender.config.policy.limits.bytes as usize;
                if bytes.unread().len() > most {
                    self.fail(RequestError::HasBody, sender);
                }
                None
            }
        }
    }

    /// Takes the end of the transport. `is_cut` says whether we read no more, though the peer may go on.
    pub(super) fn receive_eof(&mut self, is_cut: bool, sender: &mut Sender) -> Option<Outcome> {
        match mem::replace(&mut self.stage, Stage::Done) {
            Stage::Response(pending) => match pending.0.receive_eof(is_cut) {
                Ok(response) => return Some(self.rejected(response, sender)),
                Err(error) => self.fail(error, sender),
            },
            Stage::Request(_) | Stage::Key(_) => {
                self.fail(RequestError::from(HeadError::Incomplete), sender);
            }
            Stage::Answer(..) => self.fail(ResponseError::from(HeadError::Incomplete), sender),
            // The peer may still read.
            stage @ (Stage::Decision(_) | Stage::Other(_) | Stage::Done) => self.stage = stage,
        }
        None
    }

    /// Accepts the request, if there is one. Returns the event if the connection is open now.
    pub(super) fn accept(&mut self, sender: &mut Sender) -> Option<Outcome> {
        let Stage::Decision(_) = &self.stage else { return None };
        let Stage::Decision(request) = mem::replace(&mut self.stage, Stage::Done) else {
            return None;
        };
        let draft = request.draft();
        match request.accept(sender.out()) {
            Challenge::None => {
                sender.open(draft);
                Some(Outcome::Open)
            }
            // A proxy may hold the eight bytes back until it has seen the head.
            Challenge::Numbers(numbers) => {
                sender.await_key(draft);
                self.stage = Stage::Key(numbers);
                None
            }
        }
    }

    /// Rejects the request, if there is one.
    pub(super) fn reject(&mut self, response: Response<'_>, sender: &mut Sender) {
        match mem::replace(&mut self.stage, Stage::Done) {
            Stage::Decision(request) => request.reject(response, sender.out()),
            Stage::Other(head) => head.reject(response, sender.out()),
            stage @ (Stage::Request(_)
            | Stage::Key(_)
            | Stage::Response(_)
            | Stage::Answer(..)
            | Stage::Done) => return self.stage = stage,
        }
        sender.end_unopened(Cause::Rejected);
        sender.deadlines.start_at_next();
    }

    fn receive_request(
        &mut self,
        mut handshake: Handshake,
        bytes: &mut Input<Vec<u8>>,
        sender: &mut Sender,
    ) -> Option<Outcome> {
        match handshake.receive_head(bytes.unread(), &sender.config.policy.limits) {
            Ok(None) => self.stage = Stage::Request(handshake),
            // The other protocol gets all bytes.
            Ok(Some((_, head))) if !Request::is_asked_by(&head) => {
                self.stage = Stage::Other(Box::new(head));
                sender.ask();
                return Some(Outcome::Other);
            }
            Ok(Some((len, head))) => match Request::validate(head, &sender.config.policy) {
                Ok(request) => {
                    bytes.consume(len);
                    self.stage = Stage::Decision(Box::new(request));
                    sender.ask();
                    return Some(Outcome::Request);
                }
                Err(error) => self.fail(error, sender),
            },
            Err(error) => self.fail(error, sender),
        }
        None
    }

    fn receive_key(
        &mut self,
        numbers: Numbers,
        bytes: &mut Input<Vec<u8>>,
        sender: &mut Sender,
    ) -> Option<Outcome> {
        let Some(key) = bytes.unread().first_chunk().copied() else {
            self.stage = Stage::Key(numbers);
            return None;
        };
        bytes.consume(key.len());
        sender.out().extend_from_slice(&numbers.answer(key));
        sender.open(Draft::Hixie76);
        Some(Outcome::Open)
    }

    fn receive_response(
        &mut self,
        mut pending: Box<(client::Handshake, Expected)>,
        bytes: &mut Input<Vec<u8>>,
        sender: &mut Sender,
    ) -> Option<Outcome> {
        let (handshake, expected) = &mut *pending;
        let received = match handshake.receive(bytes.unread()) {
            Ok((used, received)) => {
                bytes.consume(used);
                Ok(received)
            }
            Err(error) => Err(error),
        };
        match received {
            Ok(None) => {
                if handshake.is_rejected() {
                    sender.deadlines.follow(Phase::Body);
                }
                self.stage = Stage::Response(pending);
            }
            Ok(Some(client::Received::Rejected(response))) => {
                return Some(self.rejected(response, sender));
            }
            Ok(Some(client::Received::Open(_, response))) => match expected.check(&response) {
                Ok(()) => {
                    self.response = Some(response);
                    return self.await_answer(expected, bytes, sender);
                }
                Err(error) => self.fail(error, sender),
            },
            Err(error) => self.fail(error, sender),
        }
        None
    }

    /// Goes on behind the head of the response.
    fn await_answer(
        &mut self,
        expected: &Expected,
        bytes: &mut Input<Vec<u8>>,
        sender: &mut Sender,
    ) -> Option<Outcome> {
        match expected.answer() {
            Some(answer) => self.receive_answer(answer, bytes, sender),
            None => {
                sender.open(Draft::Hixie75);
                Some(Outcome::Open)
            }
        }
    }

    fn receive_answer(
        &mut self,
        answer: [u8; 16],
        bytes: &mut Input<Vec<u8>>,
        sender: &mut Sender,
    ) -> Option<Outcome> {
        match bytes.unread().first_chunk::<16>() {
            None => self.stage = Stage::Answer(answer),
            Some(received) if *received == answer => {
                bytes.consume(answer.len());
                sender.open(Draft::Hixie76);
                return Some(Outcome::Open);
            }
            Some(_) => self.fail(ResponseError::BadAnswer, sender),
        }
        None
    }

    fn rejected(&mut self, response: client::Response, sender: &mut Sender) -> Outcome {
        self.response = Some(response);
        sender.end_unopened(Cause::Rejected);
        Outcome::Rejected
    }

    fn fail(&mut self, error: impl Into<HandshakeError>, sender: &mut Sender) {
        self.stage = Stage::Done;
        if sender.closing.is_receiving() {
            sender.fail_opening(error.into());
        }
    }
}
