//! The peers tungstenite and tokio-tungstenite: one source for both, which differ by `.await`.

use tungstenite::http::Response;
use tungstenite::protocol::frame::Frame;
use tungstenite::protocol::frame::coding::{Data, OpCode};
use tungstenite::{ClientRequestBuilder, Message, Utf8Bytes};

use crate::case::{Answer, Case, Failure, Kind};

macro_rules! peer {
    ($name:ident, $stream:ty, $socket:ty, [$($async:ident)?], [$($wait:tt)*]) => {
        pub(crate) mod $name {
            use tungstenite::handshake::server::{Request, Response};
            use tungstenite::protocol::CloseFrame;
            use tungstenite::protocol::frame::coding::CloseCode;
            use tungstenite::{Error, Message};

            use super::io::$name::{accept, connect, next, send};
            use crate::case::{Case, Failure, Kind, Seen, Step, pipeline};
            use crate::runtime::$name::{run, serve_with};

            type Socket = $socket;

            pub(crate) fn client(url: &str, case: &Case) -> Result<Seen, Failure> {
                run(open(url, case))
            }

            pub(crate) fn serve() -> Result<(), Failure> {
                serve_with(answer)
            }

            $($async)? fn open(url: &str, case: &Case) -> Result<Seen, Failure> {
                let mut seen = Seen::new(case);
                match connect(super::request(url, case)?) $($wait)* {
                    Ok((socket, response)) => {
                        seen.protocol = super::header(&response, "Sec-WebSocket-Protocol");
                        let agreed = super::header(&response, "Sec-WebSocket-Extensions");
                        seen.agreed = agreed.unwrap_or_default();
                        play(socket, &case.client, &mut seen) $($wait)*;
                    }
                    Err(Error::Http(response)) => seen.answer = Some(super::whole(&response)),
                    Err(error) => return Err(error.into()),
                }
                Ok(seen)
            }

            $($async)? fn answer(stream: $stream) -> Result<(), Failure> {
                let mut asked = None;
                let callback = |request: &Request, mut response: Response| {
                    let case = Case::asked_by(request.uri().path()).expect("a case is asked for");
                    let refusal = super::refusal(&case);
                    if let Some(protocol) = &case.select {
                        let protocol = protocol.parse().expect("a protocol is a header value");
                        response.headers_mut().insert("Sec-WebSocket-Protocol", protocol);
                    }
                    asked = Some(case);
                    refusal.map_or(Ok(response), Err)
                };
                let outcome = accept(stream, callback) $($wait)*;
                let case = asked.ok_or("no case was asked for")?;
                let mut seen = Seen::new(&case);
                seen.protocol = case.select.clone();
                if case.answer.is_none() {
                    play(outcome?, &case.server, &mut seen) $($wait)*;
                }
                seen.print();
                Ok(())
            }

            /// Takes all steps and waits for the end.
            $($async)? fn play(mut socket: Socket, steps: &[Step], seen: &mut Seen) {
                seen.open = true;
                match take(&mut socket, steps, seen) $($wait)* {
                    Ok(()) | Err(Error::ConnectionClosed) => {}
                    Err(Error::Io(_) | Error::Protocol(_)) => {
                        seen.close = Some((1006, String::new(), false));
                    }
                    Err(error) => seen.fail(error),
                }
            }

            $($async)? fn take(
                socket: &mut Socket,
                steps: &[Step],
                seen: &mut Seen,
            ) -> Result<(), Error> {
                for step in steps {
                    match step {
                        Step::Send(kind, data) => {
                            let bytes = data.bytes(*kind);
                            send(socket, super::message(*kind, bytes)) $($wait)* ?;
                        }
                        Step::Pipeline(count) => {
                            for bytes in pipeline(*count) {
                                send(socket, Message::binary(bytes)) $($wait)* ?;
                            }
                        }
                        Step::Fragments(kind, parts, payload) => {
                            for (at, part) in parts.iter().enumerate() {
                                let is_last = at + 1 == parts.len();
                                let frame = super::frame(*kind, part.bytes(*kind), at == 0, is_last);
                                send(socket, frame) $($wait)* ?;
                                if !is_last {
                                    ping(socket, payload, seen) $($wait)* ?;
                                }
                            }
                        }
                        Step::Receive(count) => {
                            for _ in 0..*count {
                                receive(socket, seen) $($wait)* ?;
                            }
                        }
                        Step::Echo(count) => {
                            for _ in 0..*count {
                                let message = receive(socket, seen) $($wait)* ?;
                                send(socket, message) $($wait)* ?;
                            }
                        }
                        Step::Ping(payload) => ping(socket, payload, seen) $($wait)* ?,
                        Step::Close(code, reason) => {
                            let code = CloseCode::from(*code);
                            let close = CloseFrame { code, reason: reason.as_str().into() };
                            socket.close(Some(close)) $($wait)* ?;
                        }
                        Step::Drop(()) => return Ok(()),
                        Step::Get(()) => seen.fail("this is no HTTP client"),
                    }
                }
                loop {
                    next_message(socket, seen) $($wait)* ?;
                }
            }

            $($async)? fn ping(
                socket: &mut Socket,
                payload: &str,
                seen: &mut Seen,
            ) -> Result<(), Error> {
                send(socket, Message::Ping(payload.to_owned().into())) $($wait)* ?;
                let pongs = seen.pongs.len();
                while seen.pongs.len() == pongs {
                    next_message(socket, seen) $($wait)* ?;
                }
                Ok(())
            }

            /// Waits for a message.
            $($async)? fn receive(socket: &mut Socket, seen: &mut Seen) -> Result<Message, Error> {
                loop {
                    let message = next_message(socket, seen) $($wait)* ?;
                    if message.is_text() || message.is_binary() {
                        return Ok(message);
                    }
                }
            }

            /// Receives and reports the next message.
            $($async)? fn next_message(socket: &mut Socket, seen: &mut Seen) -> Result<Message, Error> {
                let message = next(socket) $($wait)* ?;
                match &message {
                    Message::Text(text) => seen.message(Kind::Text, text.as_bytes()),
                    Message::Binary(bytes) => seen.message(Kind::Binary, bytes),
                    Message::Pong(payload) => seen.pong(payload),
                    Message::Close(Some(close)) => {
                        seen.close = Some((close.code.into(), close.reason.to_string(), true));
                    }
                    Message::Close(None) => seen.close = Some((1005, String::new(), true)),
                    Message::Ping(_) | Message::Frame(_) => {}
                }
                Ok(message)
            }
        }
    };
}

peer!(on_thread, std::net::TcpStream, tungstenite::WebSocket<std::net::TcpStream>, [], []);
peer!(
    on_tokio,
    tokio::net::TcpStream,
    tokio_tungstenite::WebSocketStream<tokio::net::TcpStream>,
    [async],
    [.await]
);

/// The functions that have different names in the two crates.
mod io {
    pub(super) mod on_thread {
        use std::net::TcpStream;

        use tungstenite::handshake::client::Response;
        use tungstenite::handshake::server::Callback;
        use tungstenite::{ClientRequestBuilder, Error, HandshakeError, Message, WebSocket};

        pub(crate) fn connect(
            (request, address): (ClientRequestBuilder, String),
        ) -> Result<(WebSocket<TcpStream>, Response), Error> {
            tungstenite::client(request, TcpStream::connect(address)?).map_err(
                |error| match error {
                    HandshakeError::Failure(error) => error,
                    HandshakeError::Interrupted(_) => unreachable!("a blocking stream waits"),
                },
            )
        }

        pub(crate) fn accept(
            stream: TcpStream,
            callback: impl Callback,
        ) -> Result<WebSocket<TcpStream>, Error> {
            tungstenite::accept_hdr(stream, callback).map_err(|error| match error {
                HandshakeError::Failure(error) => error,
                HandshakeError::Interrupted(_) => unreachable!("a blocking stream waits"),
            })
        }

        pub(crate) fn next(socket: &mut WebSocket<TcpStream>) -> Result<Message, Error> {
            socket.read()
        }

        pub(crate) fn send(
            socket: &mut WebSocket<TcpStream>,
            message: Message,
        ) -> Result<(), Error> {
            socket.send(message)
        }
    }

    pub(super) mod on_tokio {
        use futures_util::{SinkExt, StreamExt};
        use tokio::net::TcpStream;
        use tokio_tungstenite::WebSocketStream;
        use tungstenite::handshake::client::Response;
        use tungstenite::handshake::server::Callback;
        use tungstenite::{ClientRequestBuilder, Error, Message};

        pub(crate) async fn connect(
            (request, address): (ClientRequestBuilder, String),
        ) -> Result<(WebSocketStream<TcpStream>, Response), Error> {
            tokio_tungstenite::client_async(request, TcpStream::connect(address).await?).await
        }

        pub(crate) async fn accept(
            stream: TcpStream,
            callback: impl Callback + Unpin,
        ) -> Result<WebSocketStream<TcpStream>, Error> {
            tokio_tungstenite::accept_hdr_async(stream, callback).await
        }

        pub(crate) async fn next(
            socket: &mut WebSocketStream<TcpStream>,
        ) -> Result<Message, Error> {
            socket.next().await.unwrap_or(Err(Error::ConnectionClosed))
        }

        pub(crate) async fn send(
            socket: &mut WebSocketStream<TcpStream>,
            message: Message,
        ) -> Result<(), Error> {
            SinkExt::send(socket, message).await
        }
    }
}

/// Returns a request, and the address of its server.
fn request(url: &str, case: &Case) -> Result<(ClientRequestBuilder, String), Failure> {
    let uri: tungstenite::http::Uri = url.parse()?;
    let address = uri.authority().ok_or("a URL names a host")?.to_string();
    let request = ClientRequestBuilder::new(uri);
    let offer = case.offer.iter();
    Ok((offer.fold(request, |request, protocol| request.with_sub_protocol(protocol)), address))
}

fn message(kind: Kind, bytes: Vec<u8>) -> Message {
    match kind {
        Kind::Binary => Message::binary(bytes),
        Kind::Text => Message::Text(Utf8Bytes::try_from(bytes).expect("our text is UTF-8")),
    }
}

fn frame(kind: Kind, bytes: Vec<u8>, is_first: bool, is_last: bool) -> Message {
    let data = match kind {
        _ if !is_first => Data::Continue,
        Kind::Binary => Data::Binary,
        Kind::Text => Data::Text,
    };
    Message::Frame(Frame::message(bytes, OpCode::Data(data), is_last))
}

fn refusal(case: &Case) -> Option<Response<Option<String>>> {
    let refusal = case.answer.as_ref()?;
    let mut response = Response::builder().status(refusal.status);
    for (name, value) in &refusal.headers {
        response = response.header(name, value);
    }
    let response = response.header("Content-Length", refusal.body.len());
    Some(response.body(Some(refusal.body.clone())).expect("the answer is good"))
}

fn whole(response: &Response<Option<Vec<u8>>>) -> Answer {
    let headers = response.headers().keys().map(|name| name.as_str().to_owned());
    let headers = headers.filter_map(|name| Some((name.clone(), header(response, &name)?)));
    let body = response.body().as_deref().unwrap_or_default();
    let body = String::from_utf8_lossy(body).into_owned();
    Answer { status: response.status().as_u16(), headers: headers.collect(), body }
}

fn header<T>(response: &Response<T>, name: &str) -> Option<String> {
    let value = response.headers().get(name)?;
    Some(String::from_utf8_lossy(value.as_bytes()).into_owned())
}
