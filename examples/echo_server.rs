//! Sends back every message: `cargo run --example echo_server -- --listen 127.0.0.1:9001`.
//!
//! `--max-message BYTES` sets how long a message may be.

use std::error::Error;
use std::net::{TcpListener, TcpStream};
use std::thread;

use sansocket::blocking::{Config, Incoming};
use sansocket::server::Policy;
use sansocket::{Event, Origins};

fn main() -> Result<(), Box<dyn Error>> {
    let mut listen = "127.0.0.1:9001".to_owned();
    let mut max_message = None;
    let mut arguments = std::env::args().skip(1);
    while let Some(name) = arguments.next() {
        let value = arguments.next().ok_or_else(|| format!("{name} takes a value"))?;
        match name.as_str() {
            "--listen" => listen = value,
            "--max-message" => max_message = Some(value.parse()?),
            _ => return Err(format!("no such option: {name}").into()),
        }
    }
    let listener = TcpListener::bind(&listen)?;
    println!("listening on ws://{}", listener.local_addr()?);
    for stream in listener.incoming() {
        let stream = stream?;
        thread::spawn(move || {
            if let Err(error) = echo(stream, max_message) {
                eprintln!("{error}");
            }
        });
    }
    Ok(())
}

fn echo(stream: TcpStream, max_message: Option<u64>) -> Result<(), Box<dyn Error>> {
    stream.set_nodelay(true)?;
    let mut config = Config::default();
    // The Autobahn suite cuts 4 MiB into frames of 64 bytes, and ends with an empty one.
    config.limits.fragments = 1 << 17;
    if let Some(max_message) = max_message {
        config.limits.message = max_message;
    }
    // Anyone may hear an echo. A server that knows its users by cookies must look at the origin.
    let mut policy = Policy::default();
    policy.origins = Origins::Any;
    let mut socket = match Incoming::receive(stream, &policy, config)? {
        Incoming::Opening(opening) => opening.accept()?,
        Incoming::Http(request) => return Ok(request.refuse()?),
    };
    while let Some((event, mut outbox)) = socket.next_event()? {
        match event {
            Event::Text(text) => outbox.send(text)?,
            Event::Binary(bytes) => outbox.send(bytes)?,
            _ => {}
        }
    }
    Ok(())
}
