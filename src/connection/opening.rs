//! The opening handshake of a connection, and bytes that could not be used yet.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::mem;

use super::ended::Cause;
use super::event::Event;
use super::input::Input;
use super::sender::Sender;
use crate::handshake::{HandshakeError, HeadError, Negotiated, client, server};

/// The opening handshake of a connection, and bytes that came before those in the input.
///
/// An open connection does without it most of the time.
#[derive(Debug)]
pub(crate) struct Opening {
    stage: Stage,
    outcome: Option<Outcome>,
    /// The response to our request.
    response: Option<client::Response>,
    /// Bytes that came before those in the input.
    stash: Input<Vec<u8>>,
}

#[derive(Debug)]
enum Stage {
    /// A server waits for the request.
    Request(server::Handshake),
    /// The application has to decide on a request for a WebSocket,
    Decision(server::Request),
    /// or on another one.
    NotUpgrade(server::Head),
    /// A client waits for the response.
    Response(client::Handshake),
    /// Only the stash is left.
    Done,
}

/// An event of the opening that has not been taken.
#[derive(Clone, Copy, Debug)]
enum Outcome {
    Request,
    NotUpgrade,
    Open,
    Rejected,
}

impl From<Outcome> for Event<'_> {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Request => Self::Request,
            Outcome::NotUpgrade => Self::NotUpgrade,
            Outcome::Open => Self::Open,
            Outcome::Rejected => Self::Rejected,
        }
    }
}

impl Opening {
    /// Returns the opening of a server.
    pub(crate) fn server() -> Box<Self> {
        Self::new(Stage::Request(server::Handshake::new()))
    }

    /// Returns the opening of a client whose request is queued.
    pub(crate) fn client(handshake: client::Handshake) -> Box<Self> {
        Self::new(Stage::Response(handshake))
    }

    /// Returns an opening that is done: a place for bytes.
    pub(crate) fn done() -> Box<Self> {
        Self::new(Stage::Done)
    }

    fn new(stage: Stage) -> Box<Self> {
        Box::new(Self { stage, outcome: None, response: None, stash: Input::new(Vec::new()) })
    }

    /// Returns the request that waits for a decision.
    pub(crate) fn request(&mut self) -> Option<&mut server::Request> {
        if let Stage::Decision(request) = &mut self.stage { Some(request) } else { None }
    }

    /// Returns the head of a request for no WebSocket that waits for a decision.
    pub(crate) fn head(&self) -> Option<&server::Head> {
        if let Stage::NotUpgrade(head) = &self.stage { Some(head) } else { None }
    }

    pub(crate) const fn response(&self) -> &Option<client::Response> {
        &self.response
    }

    pub(crate) const fn take_response(&mut self) -> Option<client::Response> {
        self.response.take()
    }

    /// Whether the handshake is still going on.
    pub(crate) const fn is_going_on(&self) -> bool {
        !matches!(self.stage, Stage::Done)
    }

    /// Whether an event waits to be taken.
    pub(crate) const fn has_event(&self) -> bool {
        self.outcome.is_some()
    }

    /// Takes the event that waits.
    pub(crate) fn take_event<'i>(&mut self) -> Option<Event<'i>> {
        self.outcome.take().map(Event::from)
    }

    /// The bytes that came before those in the input.
    pub(crate) const fn stash(&mut self) -> &mut Input<Vec<u8>> {
        &mut self.stash
    }

    /// Takes all bytes that have come. The result of a client's handshake is returned.
    pub(crate) fn receive<B: AsMut<[u8]>>(
        &mut self,
        input: Option<&mut Input<B>>,
        sender: &mut Sender,
    ) -> Option<Negotiated> {
        match mem::replace(&mut self.stage, Stage::Done) {
            Stage::Request(handshake) => self.receive_request(handshake, input, sender),
            Stage::Response(handshake) => return self.receive_response(handshake, input, sender),
            // A client sends nothing before it has an answer. Bytes that come all the same wait.
            stage @ (Stage::Decision(_) | Stage::NotUpgrade(_) | Stage::Done)
                if self.has_room(sender) =>
            {
                self.stage = stage;
                self.keep(input);
            }
            Stage::Decision(_) | Stage::NotUpgrade(_) | Stage::Done => {
                input.into_iter().for_each(Input::clear);
                self.fail(server::RequestError::HasBody, sender);
            }
        }
        None
    }

    /// Takes the end of the transport. `is_cut` says whether we read no more, though the peer may go on.
    pub(crate) fn receive_eof(&mut self, is_cut: bool, sender: &mut Sender) {
        match mem::replace(&mut self.stage, Stage::Done) {
            Stage::Response(handshake) => match handshake.receive_eof(is_cut) {
                Ok(response) => self.rejected(response, sender),
                Err(error) => self.fail(error, sender),
            },
            Stage::Request(_) => {
                self.fail(server::RequestError::from(HeadError::Incomplete), sender);
            }
            // The peer may still read.
            stage @ (Stage::Decision(_) | Stage::NotUpgrade(_) | Stage::Done) => self.stage = stage,
        }
    }

    /// Accepts the request, if there is one.
    pub(crate) fn accept(&mut self, sender: &mut Sender) -> Option<Negotiated> {
        match mem::replace(&mut self.stage, Stage::Done) {
            Stage::Decision(request) => Some(request.accept(sender.out())),
            stage @ (Stage::Request(_)
            | Stage::NotUpgrade(_)
            | Stage::Response(_)
            | Stage::Done) => {
                self.stage = stage;
                None
            }
        }
    }

    /// Rejects the request, if there is one.
    pub(crate) fn reject(&mut self, response: server::Response<'_>, sender: &mut Sender) {
        match mem::replace(&mut self.stage, Stage::Done) {
            Stage::Decision(request) => request.reject(response, sender.out()),
            Stage::NotUpgrade(head) => head.reject(response, sender.out()),
            stage @ (Stage::Request(_) | Stage::Response(_) | Stage::Done) => {
                return self.stage = stage;
            }
        }
        self.end(sender);
    }

    /// Rejects a request for no WebSocket by a 426, if there is one.
    pub(crate) fn require_upgrade(&mut self, sender: &mut Sender) {
        match mem::replace(&mut self.stage, Stage::Done) {
            Stage::NotUpgrade(head) => head.require_upgrade(sender.out()),
            stage @ (Stage::Request(_) | Stage::Decision(_) | Stage::Response(_) | Stage::Done) => {
                return self.stage = stage;
            }
        }
        self.end(sender);
    }

    fn end(&mut self, sender: &mut Sender) {
        self.stash.clear();
        sender.end_unopened(Cause::Rejected);
        sender.deadlines.start_at_next();
    }

    /// Moves the unread bytes of the input to the stash, as other connections use the same input.
    pub(crate) fn keep<B: AsMut<[u8]>>(&mut self, input: Option<&mut Input<B>>) {
        let Some(input) = input else { return };
        if !input.unread().is_empty() {
            self.stash.append(input.unread());
        }
        input.clear();
    }

    fn has_room(&mut self, sender: &Sender) -> bool {
        self.stash.unread().len() <= sender.config.policy.limits.bytes as usize
    }

    /// Passes all bytes that have come to `parse`, which returns how many of them it used.
    ///
    /// Most heads arrive whole, and are read where they lie.
    fn parse<B: AsMut<[u8]>, R>(
        &mut self,
        input: Option<&mut Input<B>>,
        parse: impl FnOnce(&[u8]) -> (usize, R),
    ) -> R {
        match input {
            Some(input) if self.stash.is_empty() => {
                let (used, result) = parse(input.unread());
                input.consume(used);
                self.keep(Some(input));
                result
            }
            input => {
                self.keep(input);
                let (used, result) = parse(self.stash.unread());
                self.stash.consume(used);
                result
            }
        }
    }

    fn receive_request<B: AsMut<[u8]>>(
        &mut self,
        mut handshake: server::Handshake,
        input: Option<&mut Input<B>>,
        sender: &mut Sender,
    ) {
        let policy = &sender.config.policy;
        let received = self.parse(input, |bytes| match handshake.receive(bytes, policy) {
            Ok(Some((used, received))) => (used, Ok(Some(received))),
            Ok(None) => (0, Ok(None)),
            Err(error) => (0, Err(error)),
        });
        match received {
            Ok(None) => self.stage = Stage::Request(handshake),
            Ok(Some(server::Received::Request(request))) => self.ask(request, sender),
            Ok(Some(server::Received::NotUpgrade(head))) => {
                self.outcome = Some(Outcome::NotUpgrade);
                self.stage = Stage::NotUpgrade(head);
                sender.ask();
            }
            Err(error) => self.fail(error, sender),
        }
    }

    /// Has the application decide on a request.
    #[cfg_attr(not(feature = "deflate"), expect(unused_mut, reason = "nothing to negotiate"))]
    fn ask(&mut self, mut request: server::Request, sender: &mut Sender) {
        #[cfg(feature = "deflate")]
        if let Some(compression) = &sender.config.compression {
            request.compress(compression);
        }
        self.outcome = Some(Outcome::Request);
        self.stage = Stage::Decision(request);
        sender.ask();
    }

    fn receive_response<B: AsMut<[u8]>>(
        &mut self,
        mut handshake: client::Handshake,
        input: Option<&mut Input<B>>,
        sender: &mut Sender,
    ) -> Option<Negotiated> {
        let received = self.parse(input, |bytes| match handshake.receive(bytes) {
            Ok((used, received)) => (used, Ok(received)),
            Err(error) => (0, Err(error)),
        });
        match received {
            Ok(None) => {
                if handshake.is_rejected() {
                    sender.await_body();
                }
                self.stage = Stage::Response(handshake);
            }
            Ok(Some(client::Received::Open(negotiated, response))) => {
                (self.outcome, self.response) = (Some(Outcome::Open), Some(response));
                return Some(negotiated);
            }
            Ok(Some(client::Received::Rejected(response))) => self.rejected(response, sender),
            Err(error) => self.fail(error, sender),
        }
        None
    }

    fn rejected(&mut self, response: client::Response, sender: &mut Sender) {
        (self.outcome, self.response) = (Some(Outcome::Rejected), Some(response));
        sender.end_unopened(Cause::Rejected);
    }

    fn fail(&mut self, error: impl Into<HandshakeError>, sender: &mut Sender) {
        let error = error.into();
        if sender.is_receiving() {
            if let HandshakeError::Request(error) = error {
                sender.config.policy.reject(error, sender.output.tail());
            }
            sender.end_unopened(Cause::Handshake(error));
        }
        self.stash.clear();
    }
}
