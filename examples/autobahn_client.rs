//! Runs all cases of a fuzzing server of the Autobahn test suite:
//! `cargo run --example autobahn_client -- --url ws://127.0.0.1:9001 --agent sansocket`.

use std::error::Error;

use sansocket::Event;
use sansocket::blocking::{Config, OwnedMessage, WebSocket};

fn main() -> Result<(), Box<dyn Error>> {
    let mut url = "ws://127.0.0.1:9001".to_owned();
    let mut agent = "sansocket".to_owned();
    let mut arguments = std::env::args().skip(1);
    while let Some(name) = arguments.next() {
        let value = arguments.next().ok_or_else(|| format!("{name} takes a value"))?;
        match name.as_str() {
            "--url" => url = value,
            "--agent" => agent = value,
            _ => return Err(format!("no such option: {name}").into()),
        }
    }
    let url = url.trim_end_matches('/');
    let Some(OwnedMessage::Text(count)) =
        WebSocket::connect(&format!("{url}/getCaseCount"))?.receive()?
    else {
        return Err("the server does not tell how many cases there are".into());
    };
    for case in 1..=count.parse::<u32>()? {
        // Many cases end in an error, as they should: the server is the judge.
        if let Err(error) = run(&format!("{url}/runCase?case={case}&agent={agent}")) {
            println!("case {case}: {error}");
        }
    }
    WebSocket::connect(&format!("{url}/updateReports?agent={agent}"))?.receive()?;
    Ok(())
}

/// Sends back every message, until the server has seen enough.
fn run(url: &str) -> Result<(), Box<dyn Error>> {
    let mut config = Config::default();
    // Some cases cut 4 MiB into frames of 64 bytes, and end with an empty one.
    config.limits.fragments = 1 << 17;
    let mut socket = WebSocket::connect_with(url, config)?;
    while let Some((event, mut outbox)) = socket.next_event()? {
        match event {
            Event::Text(text) => outbox.send(text)?,
            Event::Binary(bytes) => outbox.send(bytes)?,
            _ => {}
        }
    }
    Ok(())
}
