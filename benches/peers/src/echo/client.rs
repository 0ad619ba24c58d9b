use std::io;
use std::time::{Duration, Instant};

use futures::future::{try_join, try_join_all};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use workload::wire::{REQUEST, push_frame};

use super::servers::ANSWERED;
use super::{Answers, Load};

/// Connections to a server. What they send is made beforehand, and what comes is only counted.
pub(super) struct Client {
    streams: Vec<TcpStream>,
    load: Load,
    /// All messages that are in flight on one connection.
    sent: Vec<u8>,
    /// Their echoes.
    received: Vec<u8>,
}

/// What has been said.
pub(super) struct Talk {
    pub(super) messages: usize,
    pub(super) time: Duration,
}

impl Client {
    /// Opens the connections, and has each echo a few messages.
    pub(super) async fn open(port: u16, load: Load) -> io::Result<Self> {
        let mut payloads = load.payloads();
        if load.answers == Answers::Short {
            payloads.push(vec![7; ANSWERED]);
        }
        let first = if load.content.is_text() { 0x81 } else { 0x82 };
        let (mut sent, mut received) = (Vec::new(), Vec::new());
        for (payload, at) in payloads.iter().zip(1_u32..) {
            let key = at.wrapping_mul(0x9e37_79b9).to_ne_bytes();
            push_frame(first, Some(key), payload, &mut sent);
            if load.answers == Answers::All || payload.len() == ANSWERED {
                push_frame(first, None, payload, &mut received);
            }
        }
        let mut streams = Vec::new();
        for _ in 0..load.connections {
            let mut stream = open(port).await?;
            let mut echo = vec![0; received.len()];
            exchange(&mut stream, &sent, &mut echo).await?;
            assert!(echo == received, "the echo is what was sent");
            streams.push(stream);
        }
        Ok(Self { streams, load, sent, received })
    }

    /// Sends on all connections, as soon as echoes are there, for so long.
    pub(super) async fn converse(&mut self, time: Duration) -> io::Result<Talk> {
        let start = Instant::now();
        let len = self.received.len();
        let talks = self.streams.iter_mut().map(async |stream| {
            let (mut echo, mut rounds) = (vec![0; len], 0);
            while start.elapsed() < time {
                exchange(stream, &self.sent, &mut echo).await?;
                rounds += 1;
            }
            io::Result::Ok(rounds)
        });
        let rounds: usize = try_join_all(talks).await?.into_iter().sum();
        Ok(Talk { messages: rounds * self.load.in_flight, time: start.elapsed() })
    }
}

async fn open(port: u16) -> io::Result<TcpStream> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await?;
    stream.set_nodelay(true)?;
    stream.write_all(REQUEST).await?;
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await?);
    }
    assert!(head.starts_with(b"HTTP/1.1 101 "), "{}", String::from_utf8_lossy(&head));
    Ok(stream)
}

/// Sends and receives at once, since a server may not read on while its echoes are not taken.
async fn exchange(stream: &mut TcpStream, sent: &[u8], echo: &mut [u8]) -> io::Result<()> {
    let (mut reader, mut writer) = stream.split();
    try_join(writer.write_all(sent), reader.read_exact(echo)).await?;
    Ok(())
}
