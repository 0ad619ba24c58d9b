//! The peer under test: one source for all three adapters, which differ by `.await`.

use std::collections::BTreeMap;

use sansocket::{Message, client};

use crate::case::{Answer, Kind};

/// What an end does once its connection is open.
macro_rules! steps {
    ([$($async:ident)?], [$($wait:tt)*]) => {
        /// Takes all steps and waits for the end.
        $($async)? fn play(mut socket: WebSocket<Tallied<Stream>>, steps: &[Step], seen: &mut Seen) {
            seen.open = true;
            let outcome = take(&mut socket, steps, seen) $($wait)*;
            seen.wire = Some(socket.get_ref().wire.clone());
            if let Some((code, is_clean)) = socket.ended().map(|end| (end.code(), end.is_clean())) {
                let reason = seen.close.take().map(|(_, reason, _)| reason);
                seen.close = Some((code, reason.unwrap_or_default(), is_clean));
            }
            match outcome {
                // The close code reports it.
                Ok(()) | Err(Error::Io(_)) => {}
                Err(error) => seen.fail(error),
            }
        }

        $($async)? fn take(
            socket: &mut WebSocket<Tallied<Stream>>,
            steps: &[Step],
            seen: &mut Seen,
        ) -> Result<(), Error> {
            for step in steps {
                match step {
                    Step::Send(kind, data) => {
                        let bytes = data.bytes(*kind);
                        socket.send(super::message(*kind, &bytes)) $($wait)* ?;
                    }
                    Step::Pipeline(count) => {
                        for bytes in pipeline(*count) {
                            socket.send(Message::Binary(&bytes)) $($wait)* ?;
                        }
                    }
                    Step::Fragments(kind, parts, payload) => {
                        for (at, part) in parts.iter().enumerate() {
                            let bytes = part.bytes(*kind);
                            let part = super::message(*kind, &bytes);
                            if at + 1 == parts.len() {
                                socket.send_last(part) $($wait)* ?;
                            } else {
                                socket.send_part(part) $($wait)* ?;
                                ping(socket, payload, seen) $($wait)* ?;
                            }
                        }
                    }
                    Step::Receive(count) => {
                        let early = seen.take_early(*count);
                        let total = seen.messages.len() + count - early.len();
                        collect(socket, seen, Then::Drop, |seen| seen.messages.len() >= total)
                            $($wait)* ?;
                    }
                    Step::Echo(count) => {
                        let early = seen.take_early(*count);
                        for message in &early {
                            socket.send(message) $($wait)* ?;
                        }
                        let total = seen.messages.len() + count - early.len();
                        collect(socket, seen, Then::Echo, |seen| seen.messages.len() >= total)
                            $($wait)* ?;
                    }
                    Step::Ping(payload) => ping(socket, payload, seen) $($wait)* ?,
                    Step::Close(code, reason) => {
                        let code = CloseCode::new(*code);
                        socket.connection_mut().close(code, reason)?;
                    }
                    Step::Drop(()) => return socket.flush() $($wait)*,
                    Step::Get(()) => seen.fail("this is no HTTP client"),
                }
            }
            collect(socket, seen, Then::Drop, |_| false) $($wait)*
        }

        $($async)? fn ping(
            socket: &mut WebSocket<Tallied<Stream>>,
            payload: &str,
            seen: &mut Seen,
        ) -> Result<(), Error> {
            let pongs = seen.pongs.len();
            socket.connection_mut().ping(payload.as_bytes())?;
            collect(socket, seen, Then::Keep, |seen| seen.pongs.len() > pongs) $($wait)*
        }

        /// Reports events until `is_enough`, or until the end.
        $($async)? fn collect(
            socket: &mut WebSocket<Tallied<Stream>>,
            seen: &mut Seen,
            then: Then,
            is_enough: impl Fn(&Seen) -> bool,
        ) -> Result<(), Error> {
            while !is_enough(seen) {
                let Some((event, sender)) = socket.next_event() $($wait)* ? else { break };
                match event {
                    Event::Text(text) => {
                        seen.message(Kind::Text, text.as_bytes());
                        match then {
                            Then::Drop => {}
                            Then::Echo => sender.send(text)?,
                            Then::Keep => seen.early.push(OwnedMessage::Text(text.into())),
                        }
                    }
                    Event::Binary(bytes) => {
                        seen.message(Kind::Binary, bytes);
                        match then {
                            Then::Drop => {}
                            Then::Echo => sender.send(bytes)?,
                            Then::Keep => {
                                seen.early.push(OwnedMessage::Binary(bytes.to_vec().into()));
                            }
                        }
                    }
                    Event::Pong(payload) => seen.pong(payload),
                    // `play` adds the code. A connection may end without a close frame.
                    Event::Close(close) => {
                        seen.close = Some((0, close.reason.to_owned(), false));
                    }
                    _ => {}
                }
            }
            Ok(())
        }
    };
}

macro_rules! adapter {
    ($name:ident, $adapter:ident, $stream:ty, [$($async:ident)?], [$($wait:tt)*]) => {
        pub(crate) mod $name {
            use sansocket::$adapter::{Incoming, Opening, WebSocket};
            use sansocket::server::{Origins, Policy, Response};
            use sansocket::{CloseCode, Config, Error, Event, Message, OwnedMessage, Url, client};

            use super::Then;
            use crate::case::{Answer, Case, End, Failure, Kind, Seen, Step, pipeline};
            use crate::runtime::$name::{run, serve_with};
            use crate::tally::Tallied;

            type Stream = $stream;

            /// Plays the client in one case.
            pub(crate) fn client(url: &str, case: &Case) -> Result<Seen, Failure> {
                run(connect(url, case))
            }

            $($async)? fn connect(url: &str, case: &Case) -> Result<Seen, Failure> {
                let mut seen = Seen::new(case);
                let url = Url::parse(url)?;
                let stream = Stream::connect((url.host(), url.port())) $($wait)* ?;
                let mut request = client::Request::new(url);
                for protocol in &case.offer {
                    request.add_protocol(protocol)?;
                }
                let mut config = Config::new();
                config.compression = case.compression(End::Client);
                let stream = Tallied::new(stream);
                match WebSocket::connect_over(stream, request, config.shared()) $($wait)* {
                    Ok((socket, response)) => {
                        seen.protocol = response.protocol().map(str::to_owned);
                        let agreed = response.header("Sec-WebSocket-Extensions");
                        seen.agreed = super::text(agreed.unwrap_or_default());
                        play(socket, &case.client, &mut seen) $($wait)*;
                    }
                    Err(Error::Rejected(response)) => seen.answer = Some(super::whole(&response)),
                    Err(error) => return Err(error.into()),
                }
                Ok(seen)
            }

            /// Plays the server in each case that a client requests.
            pub(crate) fn serve() -> Result<(), Failure> {
                serve_with(answer)
            }

            $($async)? fn answer(stream: Stream) -> Result<(), Failure> {
                stream.set_nodelay(true)?;
                let config = Config::new().policy(Policy::new().origins(Origins::any()));
                let stream = Tallied::new(stream);
                match WebSocket::receive_request(stream, config.shared()) $($wait)* ? {
                    Incoming::Http(request) => {
                        let case = Case::asked_by(request.head().target())?;
                        match &case.answer {
                            Some(Answer { status: 426, .. }) | None => request.reject() $($wait)* ?,
                            Some(page) => {
                                let headers = super::pairs(page);
                                let body = page.body.as_bytes();
                                let response = Response::new(page.status, &headers, body)?;
                                request.respond(response) $($wait)* ?;
                            }
                        }
                        Seen::new(&case).print();
                    }
                    Incoming::Opening(mut opening) => {
                        let case = Case::asked_by(opening.request().path())?;
                        let mut seen = Seen::new(&case);
                        let offered = opening.request().extensions();
                        seen.offered = offered.map(|one| one.name()).collect::<Vec<_>>().join(", ");
                        match &case.answer {
                            Some(refusal) => {
                                let headers = super::pairs(refusal);
                                let body = refusal.body.as_bytes();
                                let response = Response::new(refusal.status, &headers, body)?;
                                opening.reject(response) $($wait)* ?;
                            }
                            None => accept(opening, &case, &mut seen) $($wait)* ?,
                        }
                        seen.print();
                    }
                }
                Ok(())
            }

            $($async)? fn accept(
                mut opening: Opening<Tallied<Stream>>,
                case: &Case,
                seen: &mut Seen,
            ) -> Result<(), Failure> {
                if let Some(protocol) = &case.select {
                    opening.request().select_protocol(protocol)?;
                }
                seen.protocol = opening.request().protocol().map(str::to_owned);
                if let Some(compression) = case.compression(End::Server) {
                    let agreement = opening.request().compress(&compression);
                    seen.agreed = agreement.map_or_else(String::new, |agreed| agreed.to_string());
                }
                let socket = opening.accept() $($wait)* ?;
                play(socket, &case.server, seen) $($wait)*;
                Ok(())
            }

            steps!([$($async)?], [$($wait)*]);
        }
    };
}

adapter!(on_thread, blocking, std::net::TcpStream, [], []);
adapter!(on_tokio, tokio, tokio::net::TcpStream, [async], [.await]);
adapter!(on_smol, smol, smol::net::TcpStream, [async], [.await]);

/// WebSockets over streams of HTTP/2, one on each connection.
pub(crate) mod on_h2 {
    use bytes::Bytes;
    use h2::RecvStream;
    use h2::server::SendResponse;
    use sansocket::h2::{Client, Incoming, Opening, Stream, receive_request, server_builder};
    use sansocket::server::{Origins, Policy, Response};
    use sansocket::tokio::WebSocket;
    use sansocket::{CloseCode, Config, Error, Event, Message, OwnedMessage, Url, client};
    use tokio::io::{AsyncRead, AsyncWrite};
    use tokio::net::TcpStream;

    use super::Then;
    use crate::case::{Case, End, Failure, Kind, Seen, Step, pipeline};
    use crate::runtime::on_tokio::{run, serve_with};
    use crate::tally::Tallied;
    use crate::tls;

    /// Plays the client in one case.
    pub(crate) fn client(url: &str, case: &Case) -> Result<Seen, Failure> {
        run(connect(url, case))
    }

    async fn connect(url: &str, case: &Case) -> Result<Seen, Failure> {
        let mut seen = Seen::new(case);
        let url = Url::parse(url)?;
        let stream = TcpStream::connect((url.host(), url.port())).await?;
        stream.set_nodelay(true)?;
        let mut config = Config::new();
        config.compression = case.compression(End::Client);
        let config = config.shared();
        let connection = if url.is_secure() {
            Client::connect(tls::connect(stream, url.host()).await?, config).await?
        } else {
            Client::connect(stream, config).await?
        };
        let mut request = client::Request::new(url);
        for protocol in &case.offer {
            request.add_protocol(protocol)?;
        }
        match connection.open(request).await {
            Ok((socket, response)) => {
                seen.protocol = response.protocol().map(str::to_owned);
                let agreed = response.header("Sec-WebSocket-Extensions");
                seen.agreed = super::text(agreed.unwrap_or_default());
                play(tally(socket), &case.client, &mut seen).await;
            }
            Err(Error::Rejected(response)) => seen.answer = Some(super::whole(&response)),
            Err(error) => return Err(error.into()),
        }
        Ok(seen)
    }

    /// Plays the server in each case that a client requests.
    pub(crate) fn serve() -> Result<(), Failure> {
        serve_with(answer_all)
    }

    async fn answer_all(stream: TcpStream) -> Result<(), Failure> {
        stream.set_nodelay(true)?;
        if tls::begins(&stream).await? {
            answer_each(tls::accept(stream).await?).await
        } else {
            answer_each(stream).await
        }
    }

    async fn answer_each<S>(stream: S) -> Result<(), Failure>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let mut connection = server_builder().handshake(stream).await?;
        while let Some(request) = connection.accept().await {
            let (request, respond) = request?;
            tokio::spawn(async {
                if let Err(error) = answer(request, respond).await {
                    eprintln!("{error}");
                }
            });
        }
        Ok(())
    }

    async fn answer(
        request: http::Request<RecvStream>,
        respond: SendResponse<Bytes>,
    ) -> Result<(), Failure> {
        let config = Config::new().policy(Policy::new().origins(Origins::any())).shared();
        let case = Case::asked_by(request.uri().path())?;
        let mut seen = Seen::new(&case);
        match receive_request(request, respond, &config)? {
            Incoming::Http(_, respond) => answer_page(&case, respond)?,
            Incoming::Opening(mut opening) => {
                let offered = opening.request().extensions();
                seen.offered = offered.map(|one| one.name()).collect::<Vec<_>>().join(", ");
                match &case.answer {
                    Some(refusal) => {
                        let headers = super::pairs(refusal);
                        let body = refusal.body.as_bytes();
                        opening.reject(Response::new(refusal.status, &headers, body)?)?;
                    }
                    None => accept(opening, &case, &mut seen).await?,
                }
            }
        }
        seen.print();
        Ok(())
    }

    /// Answers a request for no WebSocket.
    fn answer_page(case: &Case, mut respond: SendResponse<Bytes>) -> Result<(), Failure> {
        let page = case.answer.as_ref().ok_or("no page is asked for in this case")?;
        let mut response = http::Response::builder().status(page.status);
        for (name, value) in super::pairs(page) {
            response = response.header(name, value);
        }
        let mut body = respond.send_response(response.body(())?, false)?;
        body.send_data(Bytes::from(page.body.clone()), true)?;
        Ok(())
    }

    async fn accept(mut opening: Opening, case: &Case, seen: &mut Seen) -> Result<(), Failure> {
        if let Some(protocol) = &case.select {
            opening.request().select_protocol(protocol)?;
        }
        seen.protocol = opening.request().protocol().map(str::to_owned);
        if let Some(compression) = case.compression(End::Server) {
            let agreement = opening.request().compress(&compression);
            seen.agreed = agreement.map_or_else(String::new, |agreed| agreed.to_string());
        }
        play(tally(opening.accept()?), &case.server, seen).await;
        Ok(())
    }

    /// Counts what passes over the stream, on which nothing but frames passes.
    fn tally(socket: WebSocket<Stream>) -> WebSocket<Tallied<Stream>> {
        let (stream, connection) = socket.into_parts();
        WebSocket::from_parts(Tallied::open(stream), connection)
    }

    steps!([async], [.await]);
}

/// What to do with a message after it is reported.
#[derive(Clone, Copy)]
enum Then {
    Drop,
    Echo,
    /// Keep it for the next step: it came before the answer to a ping.
    Keep,
}

fn message(kind: Kind, bytes: &[u8]) -> Message<'_> {
    match kind {
        Kind::Binary => Message::Binary(bytes),
        Kind::Text => Message::Text(str::from_utf8(bytes).expect("our text is UTF-8")),
    }
}

fn pairs(answer: &Answer) -> Vec<(&str, &str)> {
    answer.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
}

fn whole(response: &client::Response) -> Answer {
    let headers = response.headers().iter();
    let headers = headers.map(|(name, value)| (name.to_lowercase(), text(value)));
    let headers = headers.collect::<BTreeMap<_, _>>();
    Answer { status: response.status(), headers, body: text(response.body()) }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
