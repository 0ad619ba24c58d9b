//! What an idle connection of a tokio server takes in memory: sansocket beside others, in one run.
//!
//! `cargo run --release --manifest-path benches/idle/Cargo.toml [CONNECTIONS]` runs each server in a
//! process of its own. Every connection echoes one message over an in-memory stream and then waits. The
//! streams and their peers are made, and have grown, before the memory is read for the first time.

use std::env;
use std::error::Error;
use std::fs;
use std::process::Command;

use fastwebsockets::{FragmentCollector, OpCode, Role, WebSocket as FastWebSocket};
use futures_util::{SinkExt, StreamExt};
use sansocket::tokio::{Config, WebSocket};
use sansocket::{Connection, Event, Limits};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol;

const SERVERS: [&str; 3] = ["sansocket", "tokio-tungstenite", "fastwebsockets"];

/// Sixteen bytes of text, masked with a key of zeros, and the same as a server sends them.
const ASKED: &[u8] = b"\x81\x90\0\0\0\0sixteen bytes...";
const ANSWERED: &[u8] = b"\x81\x10sixteen bytes...";

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let count = arguments.next().map_or(Ok(10_000), |count| count.parse())?;
    if let Some(server) = arguments.next() {
        return tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?
            .block_on(measure(&server, count));
    }
    println!("{count} idle connections, resident bytes of each: task and WebSocket");
    for server in SERVERS {
        let own = env::current_exe()?;
        let status = Command::new(own).args([count.to_string().as_str(), server]).status()?;
        if !status.success() {
            return Err(format!("{server}: {status}").into());
        }
    }
    Ok(())
}

/// Prints how much memory `count` connections of a server take.
async fn measure(server: &str, count: usize) -> Result<(), Box<dyn Error>> {
    let mut streams = Vec::with_capacity(count);
    for _ in 0..count {
        let (mut ours, mut theirs) = tokio::io::duplex(256);
        // Both directions of the stream take their memory now.
        let mut waste = [0; 256];
        for _ in 0..2 {
            ours.write_all(&[0; 256]).await?;
            theirs.read_exact(&mut waste).await?;
            theirs.write_all(&[0; 256]).await?;
            ours.read_exact(&mut waste).await?;
        }
        streams.push((ours, theirs));
    }
    let before = resident()?;
    let mut peers = Vec::with_capacity(count);
    for (ours, theirs) in streams {
        match server {
            "sansocket" => drop(tokio::spawn(echo_sansocket(theirs))),
            "tokio-tungstenite" => drop(tokio::spawn(echo_tungstenite(theirs))),
            "fastwebsockets" => drop(tokio::spawn(echo_fastwebsockets(theirs))),
            _ => return Err(format!("no such server: {server}").into()),
        }
        peers.push(ours);
    }
    for peer in &mut peers {
        peer.write_all(ASKED).await?;
        let mut answer = [0; ANSWERED.len()];
        peer.read_exact(&mut answer).await?;
        assert_eq!(answer, ANSWERED);
    }
    let bytes = (resident()? - before) / count;
    println!("{server:20} {bytes:8}");
    Ok(())
}

/// The bytes of this process that are in memory.
fn resident() -> Result<usize, Box<dyn Error>> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).ok_or("no VmRSS")?;
    let kib: usize = line.split_whitespace().nth(1).ok_or("no number")?.parse()?;
    Ok(kib << 10)
}

async fn echo_sansocket(stream: DuplexStream) {
    let connection = Connection::server(Limits::default());
    let mut socket = WebSocket::from_upgraded(stream, [], connection, Config::default());
    while let Ok(Some((event, mut outbox))) = socket.next_event().await {
        let _ = match event {
            Event::Text(text) => outbox.send(text),
            Event::Binary(bytes) => outbox.send(bytes),
            _ => Ok(()),
        };
    }
}

async fn echo_tungstenite(stream: DuplexStream) {
    let role = protocol::Role::Server;
    let mut socket = WebSocketStream::from_raw_socket(stream, role, None).await;
    while let Some(Ok(message)) = socket.next().await {
        if message.is_text() || message.is_binary() {
            let _ = socket.send(message).await;
        }
    }
}

async fn echo_fastwebsockets(stream: DuplexStream) {
    let mut socket = FragmentCollector::new(FastWebSocket::after_handshake(stream, Role::Server));
    while let Ok(frame) = socket.read_frame().await {
        match frame.opcode {
            OpCode::Text | OpCode::Binary => drop(socket.write_frame(frame).await),
            OpCode::Close => return,
            _ => {}
        }
    }
}
