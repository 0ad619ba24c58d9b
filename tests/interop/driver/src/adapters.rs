//! The peer under test: one text for all three adapters, which differ by `.await`.

use std::collections::BTreeMap;

use sansocket::{Message, client};

use crate::case::{Answer, Kind};

macro_rules! adapter {
    ($name:ident, $adapter:ident, $stream:ty, [$($async:ident)?], [$($wait:tt)*]) => {
        pub(crate) mod $name {
            use sansocket::$adapter::{Config, Error, Incoming, Opening, WebSocket};
            use sansocket::server::{Policy, Response};
            use sansocket::{CloseCode, Event, Message, Origins, Url, client};

            use crate::case::{Answer, Case, Failure, Kind, Seen, Step, pipeline};
            use crate::runtime::$name::{run, serve_with};

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
                let config = Config::default();
                match WebSocket::connect_over(stream, request, config) $($wait)* {
                    Ok((socket, response)) => {
                        seen.protocol = response.protocol().map(str::to_owned);
                        let agreed = response.header("Sec-WebSocket-Extensions");
                        seen.agreed = super::text(agreed.unwrap_or_default());
                        play(socket, &case.client, &mut seen) $($wait)*;
                    }
                    Err(Error::Refused(response)) => seen.answer = Some(super::whole(&response)),
                    Err(error) => return Err(error.into()),
                }
                Ok(seen)
            }

            /// Plays the server in each case that is asked for.
            pub(crate) fn serve() -> Result<(), Failure> {
                serve_with(answer)
            }

            $($async)? fn answer(stream: Stream) -> Result<(), Failure> {
                stream.set_nodelay(true)?;
                let mut policy = Policy::default();
                policy.origins = Origins::Any;
                match Incoming::receive(stream, &policy, Config::default()) $($wait)* ? {
                    Incoming::Http(request) => {
                        let case = Case::asked_by(request.head.target())?;
                        match &case.answer {
                            Some(Answer { status: 426, .. }) | None => request.refuse() $($wait)* ?,
                            Some(page) => {
                                let headers = super::pairs(page);
                                let body = page.body.as_bytes();
                                let response = Response::new(page.status, &headers, body)?;
                                request.respond(response) $($wait)* ?;
                            }
                        }
                        Seen::new(&case).print();
                    }
                    Incoming::Opening(opening) => {
                        let case = Case::asked_by(opening.request.path())?;
                        let mut seen = Seen::new(&case);
                        let offered = opening.request.extensions();
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
                mut opening: Opening<Stream>,
                case: &Case,
                seen: &mut Seen,
            ) -> Result<(), Failure> {
                if let Some(protocol) = &case.select {
                    opening.request.select_protocol(protocol)?;
                }
                seen.protocol = opening.request.protocol().map(str::to_owned);
                let socket = opening.accept() $($wait)* ?;
                play(socket, &case.server, seen) $($wait)*;
                Ok(())
            }

            /// Takes all steps and waits for the end.
            $($async)? fn play(mut socket: WebSocket<Stream>, steps: &[Step], seen: &mut Seen) {
                seen.open = true;
                let outcome = take(&mut socket, steps, seen) $($wait)*;
                if let Some((code, is_clean)) = socket.ended().map(|end| (end.code(), end.is_clean())) {
                    let reason = seen.close.take().map(|(_, reason, _)| reason);
                    seen.close = Some((code, reason.unwrap_or_default(), is_clean));
                }
                match outcome {
                    // It is in the code that a connection ends with.
                    Ok(()) | Err(Error::Io(_)) => {}
                    Err(error) => seen.fail(error),
                }
            }

            $($async)? fn take(
                socket: &mut WebSocket<Stream>,
                steps: &[Step],
                seen: &mut Seen,
            ) -> Result<(), Error> {
                for step in steps {
                    let messages = seen.messages.len();
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
                            watch(socket, seen, 0, |seen| seen.messages.len() >= messages + count)
                                $($wait)* ?;
                        }
                        Step::Echo(count) => {
                            watch(socket, seen, *count, |seen| {
                                seen.messages.len() >= messages + count
                            }) $($wait)* ?;
                        }
                        Step::Ping(payload) => ping(socket, payload, seen) $($wait)* ?,
                        Step::Close(code, reason) => {
                            let code = CloseCode::new(*code);
                            socket.outbox().close(code, reason)?;
                        }
                        Step::Drop(()) => return socket.flush() $($wait)*,
                        Step::Get(()) => seen.fail("this is no HTTP client"),
                    }
                }
                watch(socket, seen, 0, |_| false) $($wait)*
            }

            $($async)? fn ping(
                socket: &mut WebSocket<Stream>,
                payload: &str,
                seen: &mut Seen,
            ) -> Result<(), Error> {
                let pongs = seen.pongs.len();
                socket.outbox().ping(payload.as_bytes())?;
                watch(socket, seen, 0, |seen| seen.pongs.len() > pongs) $($wait)*
            }

            /// Notes what comes until it is enough, or there is no more, and sends back as many
            /// messages as it should.
            $($async)? fn watch(
                socket: &mut WebSocket<Stream>,
                seen: &mut Seen,
                mut echoes: usize,
                is_enough: impl Fn(&Seen) -> bool,
            ) -> Result<(), Error> {
                while !is_enough(seen) {
                    let Some((event, mut outbox)) = socket.next_event() $($wait)* ? else { break };
                    match event {
                        Event::Text(text) => {
                            seen.message(Kind::Text, text.as_bytes());
                            if echoes > 0 {
                                outbox.send(text)?;
                                echoes -= 1;
                            }
                        }
                        Event::Binary(bytes) => {
                            seen.message(Kind::Binary, bytes);
                            if echoes > 0 {
                                outbox.send(bytes)?;
                                echoes -= 1;
                            }
                        }
                        Event::Pong(payload) => seen.pong(payload),
                        // The code is told in the end, which a connection may also come to without.
                        Event::Close(close) => {
                            seen.close = Some((0, close.reason.to_owned(), false));
                        }
                        _ => {}
                    }
                }
                Ok(())
            }
        }
    };
}

adapter!(on_thread, blocking, std::net::TcpStream, [], []);
adapter!(on_tokio, tokio, tokio::net::TcpStream, [async], [.await]);
adapter!(on_smol, smol, smol::net::TcpStream, [async], [.await]);

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
