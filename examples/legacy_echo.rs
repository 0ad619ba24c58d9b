//! Sends back every message, whatever wire it came over: `cargo run --features legacy --example legacy_echo -- 127.0.0.1:9001`.
//!
//! One port serves drafts 75 and 76, versions 7, 8 and 13, and the `TCPConnection/1.0` of 2008. The first request says
//! which it is: who does not know it hands on all bytes that were read.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;

use sansocket::blocking::WebSocket;
use sansocket::legacy::blocking::{Incoming, Socket};
use sansocket::legacy::upgrade;
use sansocket::legacy::{Version, Versions};
use sansocket::server::Policy;
use sansocket::{Config, Connection, Error, Event, OwnedMessage, Timestamp};

fn main() -> io::Result<()> {
    let address = std::env::args().nth(1).unwrap_or("127.0.0.1:9001".to_owned());
    let listener = TcpListener::bind(address)?;
    println!("echo of all ages, listening on ws://{}", listener.local_addr()?);
    let versions = Versions::and([Version::Eight, Version::Seven]);
    let config = Config::new().policy(Policy::new().versions(versions)).shared();
    loop {
        let ((stream, peer), config) = (listener.accept()?, Arc::clone(&config));
        thread::spawn(move || {
            if let Err(error) = serve(stream, peer, config) {
                eprintln!("{peer}: {error}");
            }
        });
    }
}

fn serve(stream: TcpStream, peer: SocketAddr, config: Arc<Config>) -> Result<(), Error> {
    stream.set_nodelay(true)?;
    match Socket::receive_request(stream, Arc::clone(&config))? {
        Incoming::Request(socket) => echo_old(socket, peer),
        Incoming::Other(stream, read) => match receive_upgrade(&read, &config.policy) {
            Some((request, len)) => echo_bytes(stream, &request, &read[len..]),
            None => {
                let connection = Connection::server(config, Timestamp::default());
                let connection = connection.with_read_ahead(&read);
                echo_new(WebSocket::from_parts(stream, connection), peer)
            }
        },
    }
}

/// Drafts 75 and 76.
fn echo_old(mut socket: Socket<TcpStream>, peer: SocketAddr) -> Result<(), Error> {
    socket.connection_mut().accept();
    while let Some((event, sender)) = socket.next_event()? {
        log(peer, &event);
        if let Some(OwnedMessage::Text(text)) = reply(&event) {
            sender.send(&text)?;
        }
    }
    Ok(())
}

/// Versions 7, 8 and 13.
fn echo_new(mut socket: WebSocket<TcpStream>, peer: SocketAddr) -> Result<(), Error> {
    loop {
        let (has_request, has_head) = match socket.next_event()? {
            None => return Ok(()),
            Some((event, sender)) => {
                log(peer, &event);
                if let Some(message) = reply(&event) {
                    sender.send(message)?;
                }
                (event == Event::Request, event == Event::NotUpgrade)
            }
        };
        if has_request {
            socket.connection_mut().accept();
        } else if has_head {
            socket.connection_mut().require_upgrade();
        }
    }
}

/// Returns the reply to an event. All wires have the same events.
fn reply(event: &Event<'_>) -> Option<OwnedMessage> {
    match event {
        Event::Text(text) => Some((*text).into()),
        Event::Binary(bytes) => Some((&**bytes).into()),
        _ => None,
    }
}

/// Says what happens, without the messages.
fn log(peer: SocketAddr, event: &Event<'_>) {
    match event {
        Event::Text(_) | Event::Binary(_) => {}
        event => eprintln!("{peer}: {event:?}"),
    }
}

/// Returns a request for bytes without frames, and the length of its head.
fn receive_upgrade(read: &[u8], policy: &Policy) -> Option<(upgrade::Request, usize)> {
    let received = upgrade::Incoming::new(policy.clone()).receive(read);
    received.ok().flatten().filter(|(request, _)| request.offers(TCP_CONNECTION))
}

fn echo_bytes(
    mut stream: TcpStream,
    request: &upgrade::Request,
    read_ahead: &[u8],
) -> Result<(), Error> {
    let mut out = Vec::new();
    request.accept(TCP_CONNECTION, &[], &mut out)?;
    out.extend_from_slice(read_ahead);
    stream.write_all(&out)?;
    let mut buffer = [0; 4096];
    loop {
        match stream.read(&mut buffer)? {
            0 => return Ok(()),
            count => stream.write_all(&buffer[..count])?,
        }
    }
}

const TCP_CONNECTION: &str = "TCPConnection/1.0";
