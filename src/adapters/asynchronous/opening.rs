use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;
use core::future::poll_fn;

use super::io::{Async, Io, Polled, Step};
use crate::adapters::config::Config;
use crate::adapters::error::Error;
use crate::adapters::opening::{HttpRequest, Incoming, Opening};
use crate::adapters::socket::{WebSocket, Wire};
use crate::connection::{Input, TimedOut};
use crate::handshake::server::RequestError;
use crate::handshake::{HeadError, server};

impl<I: Io> WebSocket<Async<I>> {
    /// Accepts a connection from a stream, whatever is asked, from pages of the same host only.
    ///
    /// [`Incoming::receive`] lets look at the request, and sets the policy. The future owns the
    /// stream: dropped, it drops the connection.
    ///
    /// # Errors
    ///
    /// When the transport or the handshake fails. A request for no WebSocket is answered with status
    /// 426.
    pub async fn accept(stream: I::Stream) -> Result<Self, Error> {
        // A task takes as much memory as the largest of its futures: none of what only an opening
        // takes shall count for a connection that is open, here and below.
        Box::pin(Self::accept_any(stream)).await
    }

    async fn accept_any(stream: I::Stream) -> Result<Self, Error> {
        let policy = server::Policy::default();
        match Incoming::<Async<I>>::read(stream, &policy, Config::default()).await? {
            Incoming::Opening(opening) => opening.open().await,
            Incoming::Http(request) => {
                request.refuse().await?;
                Err(RequestError::MissingUpgrade.into())
            }
        }
    }
}

impl<I: Io> Incoming<Async<I>> {
    /// Reads what a client asks for, to be answered by the caller, who may first wait for whatever it
    /// takes to decide.
    ///
    /// The future owns the stream: dropped, it drops the connection.
    ///
    /// # Errors
    ///
    /// When the transport fails or the request is not good. It has been answered then.
    pub async fn receive(
        stream: I::Stream,
        policy: &server::Policy,
        config: Config,
    ) -> Result<Self, Error> {
        Box::pin(Self::read(stream, policy, config)).await
    }
}

impl<T: Polled> Incoming<T> {
    pub(in crate::adapters) async fn read(
        stream: <T::Io as Io>::Stream,
        policy: &server::Policy,
        config: Config,
    ) -> Result<Self, Error> {
        let mut wire = Wire::new(T::wrap(stream), &config);
        let mut input = new_input();
        let mut handshake = server::Handshake::new();
        loop {
            match poll_fn(|cx| wire.poll_read_opening(cx, &mut input)).await {
                Ok(0) => return Err(RequestError::Head(HeadError::Incomplete).into()),
                Ok(_) => {}
                Err(Error::TimedOut(TimedOut::Opening)) => {
                    return Err(wire.refuse(RequestError::TimedOut).await);
                }
                Err(error) => return Err(error),
            }
            handshake = match handshake.receive(&mut input, policy) {
                Ok(server::Progress::Incomplete(handshake)) => handshake,
                Ok(server::Progress::Request(mut request)) => {
                    config.agree(&mut request);
                    return Ok(Self::Opening(Opening {
                        request,
                        wire,
                        input,
                        limits: config.limits,
                    }));
                }
                Ok(server::Progress::NotUpgrade(head)) => {
                    return Ok(Self::Http(HttpRequest { head, wire, input }));
                }
                Err(error) => return Err(wire.refuse(error).await),
            };
        }
    }
}

impl<I: Io> Opening<Async<I>> {
    /// Accepts the request: writes the response.
    ///
    /// # Errors
    ///
    /// When the stream fails.
    pub async fn accept(self) -> Result<WebSocket<Async<I>>, Error> {
        Box::pin(self.open()).await
    }

    /// Refuses the request: writes the response, after which the stream ends.
    ///
    /// # Errors
    ///
    /// When the stream fails.
    pub async fn reject(self, response: server::Response<'_>) -> Result<(), Error> {
        let Self { request, mut wire, .. } = self;
        request.reject(response, &mut wire.driver.out);
        wire.answer().await
    }
}

impl<I: Io> HttpRequest<Async<I>> {
    /// Writes a response, after which the stream ends.
    ///
    /// # Errors
    ///
    /// When the stream fails.
    pub async fn respond(self, response: server::Response<'_>) -> Result<(), Error> {
        let Self { head, mut wire, .. } = self;
        head.reject(response, &mut wire.driver.out);
        wire.answer().await
    }

    /// Tells that there are only WebSockets here: status 426.
    ///
    /// # Errors
    ///
    /// When the stream fails.
    pub async fn refuse(self) -> Result<(), Error> {
        let Self { head, mut wire, .. } = self;
        head.require_upgrade(&mut wire.driver.out);
        wire.answer().await
    }

    /// The stream, and what was read of it: the request, untouched.
    pub fn into_parts(self) -> (I::Stream, Input<Vec<u8>>) {
        (self.wire.transport.io.into_stream(), self.input)
    }
}

impl<T: Polled> Opening<T> {
    pub(in crate::adapters) async fn open(self) -> Result<WebSocket<T>, Error> {
        let Self { request, mut wire, input, limits } = self;
        let connection = request.accept(limits, &mut wire.driver.out);
        poll_fn(|cx| wire.poll_write_opening(cx)).await?;
        Ok(WebSocket::open(wire, connection, input))
    }
}

impl<T: Polled> Wire<T> {
    /// Writes an answer that ends the stream.
    pub(in crate::adapters) async fn answer(&mut self) -> Result<(), Error> {
        poll_fn(|cx| self.poll_write_opening(cx)).await?;
        self.leave(Step::Write, None);
        poll_fn(|cx| self.poll_last_steps(cx)).await
    }

    /// Answers a request that is not good, if that can be done.
    async fn refuse(&mut self, error: RequestError) -> Error {
        error.reject(&mut self.driver.out);
        self.leave(Step::Write, None);
        let _ = poll_fn(|cx| self.poll_last_steps(cx)).await;
        error.into()
    }
}

pub(super) fn new_input() -> Input<Vec<u8>> {
    Input::new(vec![0; 16 << 10])
}
