//! A client of the example `rooms` for the terminal, which stays in the room whatever happens to the connection:
//!
//! ```sh
//! cargo run --example rooms_client -- ws://127.0.0.1:8080/rooms/lobby ada
//! ```
//!
//! It says each line of its input. The end of the input ends it, once all is confirmed. `rooms/session.rs` describes the
//! messages.

use std::collections::VecDeque;
use std::error::Error;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io::{self, BufRead};
use std::ops::ControlFlow;
use std::thread;
use std::time::Duration;

use sansocket::CloseCode;
use sansocket::connect::{Backoff, Retry};
use sansocket::tokio::Connect;
use tokio::sync::mpsc::{Receiver, channel};

/// What is known of a room, whichever connection told it.
struct Room {
    name: String,
    epoch: String,
    last: u64,
    /// The messages that are not confirmed: id and text.
    pending: VecDeque<(String, String)>,
    /// Makes ids that are unlike those of all others.
    key: u64,
    count: u64,
    /// Whether there is nothing more to say.
    is_ended: bool,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(url), Some(name)) = (arguments.next(), arguments.next()) else {
        return Err("usage: rooms_client ws://HOST/rooms/ROOM NAME".into());
    };
    let mut room = Room::new(name);
    let mut lines = read_lines();
    let backoff = Backoff::new().first(Duration::from_millis(500)).most(Duration::from_secs(10));
    let mut connections = Connect::new(&url).reconnect(Retry::times(u32::MAX).backoff(backoff));
    while let Some((socket, _)) = connections.next().await? {
        if socket.send(room.enter()).await.is_err() {
            continue;
        }
        for text in room.resend() {
            // If the connection breaks, the next one sends it again.
            let _ = socket.feed(text).await;
        }
        loop {
            // An event: something came, or something is to be said.
            let flow = tokio::select! {
                message = socket.receive() => match message {
                    Ok(Some(message)) => room.take(&message.to_string()),
                    Ok(None) | Err(_) => break,
                },
                line = lines.recv(), if room.has_time() => match line {
                    Some(line) => {
                        let _ = socket.send(room.say(line)).await;
                        ControlFlow::Continue(())
                    }
                    None => room.end(),
                },
            };
            if flow.is_break() {
                return Ok(socket.close(CloseCode::NORMAL, "").await?);
            }
        }
    }
    Err(connections.ended().map_or_else(String::new, ToString::to_string).into())
}

impl Room {
    fn new(name: String) -> Self {
        Self {
            name,
            epoch: String::new(),
            last: 0,
            pending: VecDeque::new(),
            key: RandomState::new().build_hasher().finish(),
            count: 0,
            is_ended: false,
        }
    }

    /// Returns the first message on a connection.
    fn enter(&self) -> String {
        format!("enter\t{}\t{}\t{}", self.name, self.epoch, self.last)
    }

    /// Returns the messages that are not confirmed. Those that were stored nevertheless are not stored again.
    fn resend(&self) -> Vec<String> {
        self.pending.iter().map(|(id, text)| format!("say\t{id}\t{text}")).collect()
    }

    fn say(&mut self, text: String) -> String {
        self.count += 1;
        let id = format!("{:016x}-{}", self.key, self.count);
        let message = format!("say\t{id}\t{text}");
        self.pending.push_back((id, text));
        message
    }

    /// Returns whether the next line can be said.
    fn has_time(&self) -> bool {
        !self.is_ended && self.pending.len() < MOST_PENDING
    }

    /// Nothing more is to be said.
    fn end(&mut self) -> ControlFlow<()> {
        self.is_ended = true;
        self.flow()
    }

    fn flow(&self) -> ControlFlow<()> {
        match self.is_ended && self.pending.is_empty() {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        }
    }

    /// Takes a message of the node.
    fn take(&mut self, message: &str) -> ControlFlow<()> {
        let mut fields = message.split('\t');
        match fields.next() {
            Some("hello") => self.take_hello(fields),
            Some("said") => self.take_said(message),
            Some("here") => {
                println!("* here: {}", fields.step_by(2).collect::<Vec<_>>().join(", "));
            }
            _ => {}
        }
        self.flow()
    }

    fn take_hello<'m>(&mut self, mut fields: impl Iterator<Item = &'m str>) {
        let mut next = || fields.next().unwrap_or_default();
        let (node, epoch) = (next(), next());
        let (first, last): (u64, u64) = (next().parse().unwrap_or(1), next().parse().unwrap_or(0));
        println!("* connected to {node}");
        if epoch != self.epoch || last < self.last {
            (self.epoch, self.last) = (epoch.to_owned(), 0);
        }
        if first > self.last + 1 {
            println!("* missed: {}", first - self.last - 1);
        }
    }

    fn take_said(&mut self, message: &str) {
        let mut fields = message.splitn(6, '\t').skip(1);
        let mut next = || fields.next().unwrap_or_default();
        let (number, _time, id, name, text) = (next(), next(), next(), next(), next());
        self.last = number.parse().unwrap_or(self.last);
        self.pending.retain(|(pending, _)| pending != id);
        println!("#{number} {name}: {text}");
    }
}

/// Reads the input in a thread of its own, as that blocks.
fn read_lines() -> Receiver<String> {
    let (sender, lines) = channel(MOST_PENDING);
    thread::spawn(move || {
        for line in io::stdin().lock().lines().map_while(Result::ok).filter(|line| !line.is_empty())
        {
            if sender.blocking_send(line).is_err() {
                return;
            }
        }
    });
    lines
}

const MOST_PENDING: usize = 64;
