//! Talks to an echo server over one of the wires: `legacy_client ADDRESS WIRE [stream]`.
//!
//! The wire is 75 or 76, for a draft, or a version: 7, 8 or 13. Prints `ok` if every message came back and both ends
//! have closed, or why not. With `stream`, the server is a tunnel of bytes: a message may come back as several.

use std::error::Error;
use std::net::TcpStream;
use std::time::Duration;

use sansocket::blocking::WebSocket;
use sansocket::client::Request;
use sansocket::legacy::blocking::Socket;
use sansocket::legacy::{Draft, Version};
use sansocket::{Cause, CloseCode, Config, Ended, OwnedMessage, Timeouts, Url};

fn main() {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let (address, wire, receive): (_, _, Receive) = match arguments.as_slice() {
        [address, wire] => (address, wire, receive),
        [address, wire, stream] if stream == "stream" => (address, wire, receive_stream),
        _ => panic!("which server, and which wire?"),
    };
    println!(
        "{}",
        talk(address, wire, receive).map_or_else(|error| error.to_string(), |()| "ok".into())
    );
}

/// Reads the echo of a text of so many bytes.
type Receive = fn(&mut WebSocket<TcpStream>, usize) -> Result<Option<String>, sansocket::Error>;

fn talk(address: &str, wire: &str, receive: Receive) -> Result<(), Box<dyn Error>> {
    let url = format!("ws://{address}/demo");
    let origin = format!("http://{address}");
    let mut request = Request::new(Url::parse(&url)?);
    request.set_origin(&origin)?;
    let stream = TcpStream::connect(address)?;
    let timeouts = Timeouts::new().opening(Duration::from_secs(5)).close(Duration::from_secs(5));
    let config = Config::new().timeouts(timeouts).shared();
    match wire {
        "75" => talk_old(Socket::connect_over(stream, Draft::Hixie75, &request, config)?.0),
        "76" => talk_old(Socket::connect_over(stream, Draft::Hixie76, &request, config)?.0),
        version => {
            match version {
                "7" => request.set_version(Version::Seven),
                "8" => request.set_version(Version::Eight),
                _ => {}
            }
            talk_new(WebSocket::connect_over(stream, request, config)?.0, receive)
        }
    }
}

fn talk_old(mut socket: Socket<TcpStream>) -> Result<(), Box<dyn Error>> {
    for text in messages() {
        socket.send(&text)?;
        check(socket.receive()?, &text)?;
    }
    socket.close().map_err(at_the_end)?;
    judge(socket.ended())
}

fn talk_new(mut socket: WebSocket<TcpStream>, receive: Receive) -> Result<(), Box<dyn Error>> {
    for text in messages() {
        socket.send(&text)?;
        check(receive(&mut socket, text.len())?, &text)?;
    }
    socket.close(CloseCode::NORMAL, "").map_err(at_the_end)?;
    judge(socket.ended())
}

/// One message.
fn receive(
    socket: &mut WebSocket<TcpStream>,
    _: usize,
) -> Result<Option<String>, sansocket::Error> {
    Ok(socket.receive()?.as_ref().and_then(OwnedMessage::as_text).map(str::to_owned))
}

/// As many messages as it takes.
fn receive_stream(
    socket: &mut WebSocket<TcpStream>,
    bytes: usize,
) -> Result<Option<String>, sansocket::Error> {
    let mut all = String::new();
    while all.len() < bytes {
        let Some(text) = receive(socket, bytes)? else { return Ok(None) };
        all += &text;
    }
    Ok(Some(all))
}

/// Texts of all lengths of a header, and of characters of all lengths.
fn messages() -> Vec<String> {
    vec!["Hello".into(), "grüße €😀".into(), "a".repeat(125), "b".repeat(1000), "c".repeat(60_000)]
}

fn check(received: Option<String>, sent: &str) -> Result<(), Box<dyn Error>> {
    match received {
        Some(received) if received == sent => Ok(()),
        Some(received) => Err(format!("{} bytes came back otherwise", received.len()).into()),
        None => Err("the server has closed".into()),
    }
}

/// All messages came back before that.
fn at_the_end(error: sansocket::Error) -> String {
    format!("at the end, {error}")
}

/// Draft 75 has no other end than that of the transport.
fn judge(ended: Option<Ended>) -> Result<(), Box<dyn Error>> {
    match ended {
        Some(Ended { cause: Cause::ClosingHandshake | Cause::TransportEnded, .. }) => Ok(()),
        other => Err(format!("the end: {other:?}").into()),
    }
}
