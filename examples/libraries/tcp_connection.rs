//! The TCPConnection of 2008, from which WebSocket came: an HTTP request opens a connection of bytes without frames.
//!
//! `cargo run --all-features --example tcp_connection -- http://HOST/ [PROXY USER:PASSWORD]` says hello. With `https://`,
//! it starts TLS in mid-stream (RFC 2817). Its server is `legacy_echo`, and [`serve`] with TLS.

use std::error::Error;
use std::io::{self, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sansocket::legacy::upgrade::{Answer, Incoming, Offer, Request};
use sansocket::server::{Policy, RequestError, Response};
use sansocket::tls::rustls::pki_types::ServerName;
use sansocket::tls::rustls::{
    ClientConfig, ClientConnection, ServerConfig, ServerConnection, StreamOwned,
};
use sansocket::{Url, UrlPolicy, tls};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    let (url, proxy) = match *arguments.as_slice() {
        [url] => (parse(url)?, None),
        [url, proxy, credentials] => (parse(url)?, Some((proxy, credentials))),
        _ => return Err("which URL?".into()),
    };
    let stream = match proxy {
        Some((proxy, credentials)) => tunnel(TcpStream::connect(proxy)?, url, credentials)?,
        None => Rewound::new(TcpStream::connect((url.host(), url.port()))?, Vec::new()),
    };
    if url.is_secure() {
        return greet(open(start_tls(stream, url, tls::default_config())?, url)?);
    }
    greet(open(stream, url)?)
}

/// Parses a URL of the schemes `http` and `https`.
pub(crate) fn parse(url: &str) -> Result<Url<'_>, sansocket::UrlError> {
    Url::parse_with(url, UrlPolicy::new().allow_http(true))
}

fn greet(mut stream: impl Read + Write) -> Result<(), Box<dyn Error>> {
    stream.write_all(b"hello")?;
    stream.flush()?;
    let mut answer = [0; 5];
    stream.read_exact(&mut answer)?;
    println!("{}", answer.escape_ascii());
    Ok(())
}

/// Asks a proxy for a tunnel to the host of a URL.
pub(crate) fn tunnel<S: Read + Write>(
    stream: S,
    url: Url<'_>,
    credentials: &str,
) -> Result<Rewound<S>, Box<dyn Error>> {
    let mut offer = Offer::tunnel(url);
    offer.add_header("Proxy-Authorization", &format!("Basic {}", STANDARD.encode(credentials)))?;
    Ok(ask(stream, offer)?)
}

/// Asks a server to start TLS (RFC 2817). It does so right behind its 101.
pub(crate) fn start_tls<S: Read + Write>(
    stream: S,
    url: Url<'_>,
    tls: Arc<ClientConfig>,
) -> Result<StreamOwned<ClientConnection, Rewound<S>>, Box<dyn Error>> {
    let stream = ask(stream, Offer::new("OPTIONS", url, TLS)?)?;
    let name = ServerName::try_from(url.host())?.to_owned();
    Ok(StreamOwned::new(ClientConnection::new(tls, name)?, stream))
}

/// Asks a server for a connection.
pub(crate) fn open<S: Read + Write>(stream: S, url: Url<'_>) -> Result<Rewound<S>, Box<dyn Error>> {
    Ok(ask(stream, Offer::new("OPTIONS", url, TCP_CONNECTION)?)?)
}

/// Sends a request, and waits for another protocol to begin.
fn ask<S: Read + Write>(mut stream: S, offer: Offer) -> io::Result<Rewound<S>> {
    let (mut out, mut received) = (Vec::new(), Vec::new());
    let mut pending = offer.start(&mut out);
    stream.write_all(&out)?;
    stream.flush()?;
    loop {
        read_more(&mut stream, &mut received)?;
        let (used, answer) = pending.receive(&received).map_err(io::Error::other)?;
        received.drain(..used);
        match answer {
            Some(Answer::Switched(_)) => return Ok(Rewound::new(stream, received)),
            Some(Answer::Rejected(response)) => {
                return Err(io::Error::other(format!("status {}", response.status())));
            }
            None => {}
        }
    }
}

/// Serves one connection: TLS if that is asked for, and then bytes, which are sent back.
#[allow(dead_code, reason = "the tests call it")]
pub(crate) fn serve(stream: TcpStream, tls: Arc<ServerConfig>) -> io::Result<()> {
    let (mut stream, request) = receive(stream)?;
    if !request.offers(TLS) {
        return echo(stream, &request);
    }
    accept(&mut stream, &request, "TLS/1.0, HTTP/1.1")?;
    let session = ServerConnection::new(tls).map_err(io::Error::other)?;
    let (stream, request) = receive(StreamOwned::new(session, stream))?;
    echo(stream, &request)
}

/// Waits for a request.
fn receive<S: Read + Write>(mut stream: S) -> io::Result<(Rewound<S>, Request)> {
    let (mut incoming, mut received) = (Incoming::new(Policy::new()), Vec::new());
    loop {
        read_more(&mut stream, &mut received)?;
        match incoming.receive(&received) {
            Ok(None) => {}
            Ok(Some((request, len))) => {
                received.drain(..len);
                return Ok((Rewound::new(stream, received), request));
            }
            Err(error) => return Err(refuse(stream, error)),
        }
    }
}

fn refuse(mut stream: impl Write, error: RequestError) -> io::Error {
    let mut out = Vec::new();
    error.reject(&mut out);
    stream.write_all(&out).and_then(|()| stream.flush()).err().unwrap_or(io::Error::other(error))
}

fn accept(stream: &mut impl Write, request: &Request, protocol: &str) -> io::Result<()> {
    let mut out = Vec::new();
    request.accept(protocol, &[], &mut out).map_err(io::Error::other)?;
    stream.write_all(&out)?;
    stream.flush()
}

fn echo<S: Read + Write>(mut stream: Rewound<S>, request: &Request) -> io::Result<()> {
    if !request.offers(TCP_CONNECTION) {
        let mut out = Vec::new();
        request.reject(Response::not_found("there is only TCPConnection/1.0\n"), &mut out);
        stream.write_all(&out)?;
        return stream.flush();
    }
    accept(&mut stream, request, TCP_CONNECTION)?;
    let mut buffer = [0; 4096];
    loop {
        let count = stream.read(&mut buffer)?;
        if count == 0 {
            return Ok(());
        }
        stream.write_all(&buffer[..count])?;
        stream.flush()?;
    }
}

fn read_more(stream: &mut impl Read, received: &mut Vec<u8>) -> io::Result<()> {
    let mut buffer = [0; 4096];
    match stream.read(&mut buffer)? {
        0 => Err(ErrorKind::UnexpectedEof.into()),
        count => {
            received.extend_from_slice(&buffer[..count]);
            Ok(())
        }
    }
}

/// A stream of which some bytes were read ahead.
#[derive(Debug)]
pub(crate) struct Rewound<S> {
    stream: S,
    read: io::Cursor<Vec<u8>>,
}

impl<S> Rewound<S> {
    pub(crate) fn new(stream: S, read: Vec<u8>) -> Self {
        Self { stream, read: io::Cursor::new(read) }
    }
}

impl<S: Read> Read for Rewound<S> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.read.read(buffer)? {
            0 => self.stream.read(buffer),
            count => Ok(count),
        }
    }
}

impl<S: Write> Write for Rewound<S> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.stream.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}

const TCP_CONNECTION: &str = "TCPConnection/1.0";
const TLS: &str = "TLS/1.0";
