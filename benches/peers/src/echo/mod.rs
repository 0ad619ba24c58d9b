//! Echo servers over loopback TCP, each in a process of its own, and the clients that keep them busy.

mod client;
mod cpu;
pub(crate) mod servers;

use std::error::Error;
use std::thread;
use std::time::Duration;

use client::Client;
use cpu::Core;
use servers::Server;
use tokio::time::timeout;
use workload::mix;
use workload::payload::Content;
use workload::rows::size_name;

use crate::results::{Results, Unit};

/// Connections, and what goes over each.
#[derive(Clone, Copy, Debug)]
struct Load {
    answers: Answers,
    connections: usize,
    /// How many messages are on the way, at the most, on each connection.
    in_flight: usize,
    content: Content,
    size: usize,
}

/// Which messages the server sends back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answers {
    All,
    /// Those of a few bytes, of which the clients send one after many others.
    Short,
}

/// How much time to take.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Effort {
    pub(crate) rounds: u32,
    pub(crate) round: Duration,
}

/// Measures what each server takes for a message, by the best of some rounds.
pub(crate) fn measure(
    wants_row: impl Fn(&str) -> bool + Sync,
    wants_peer: impl Fn(&str) -> bool + Sync,
    effort: Effort,
    results: &mut Results,
) -> Result<(), Box<dyn Error>> {
    let loads = LOADS.into_iter().filter(|load| wants_row(&load.name()));
    let names: Vec<&str> = servers::names().filter(|name| wants_peer(name)).collect();
    // The clients have a core of their own, and a thread that stays on it.
    let run = || -> Result<(), String> {
        cpu::pin(Core::Clients.number())?;
        for load in loads {
            eprint!("\recho: {:<40}", load.name());
            measure_load(load, &names, effort, results).map_err(|error| error.to_string())?;
        }
        eprintln!();
        Ok(())
    };
    thread::scope(|scope| scope.spawn(run).join()).map_err(|_| "the clients panicked")??;
    Ok(())
}

fn measure_load(
    load: Load,
    names: &[&str],
    effort: Effort,
    results: &mut Results,
) -> Result<(), Box<dyn Error>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    for _ in 0..effort.rounds {
        for name in names {
            // Where its memory lies, and which windows the kernel chooses, stays the same while a server runs.
            let server = Server::start(name, load.answers)?;
            let mut client = runtime.block_on(Client::open(server.port, load))?;
            runtime.block_on(client.converse(effort.round / 5))?;
            let before = cpu::used_by(server.id())?;
            let talk = runtime.block_on(client.converse(effort.round))?;
            let cpu = (cpu::used_by(server.id())? - before).as_secs_f64() / talk.messages as f64;
            let row = load.name();
            results.line(&format!("{row}.cpu"), Unit::Microseconds).add(name, cpu * 1e6);
            let rate = talk.messages as f64 / talk.time.as_secs_f64();
            results.line(&format!("{row}.rate"), Unit::Messages).add(name, rate);
        }
    }
    Ok(())
}

/// Runs each server with a client that compares the echoes. Returns how many servers are right.
pub(crate) fn check(
    wants_row: impl Fn(&str) -> bool,
    wants_peer: impl Fn(&str) -> bool,
) -> Result<usize, Box<dyn Error>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let mut checked = 0;
    for load in LOADS.iter().filter(|load| wants_row(&load.name())) {
        for name in servers::names().filter(|name| wants_peer(name)) {
            let server = Server::start(name, load.answers)?;
            let opening = Client::open(server.port, *load);
            let opened = runtime.block_on(async { timeout(PATIENCE, opening).await });
            opened.map_err(|_| format!("{} does not end with {name}", load.name()))??;
            checked += 1;
        }
    }
    Ok(checked)
}

/// How long a check may take.
const PATIENCE: Duration = Duration::from_secs(20);

impl Load {
    const fn new(
        answers: Answers,
        (connections, in_flight): (usize, usize),
        (content, size): (Content, usize),
    ) -> Self {
        Self { answers, connections, in_flight, content, size }
    }

    /// Such as `echo.64x16.16K`: connections, messages in flight on each, bytes.
    fn name(&self) -> String {
        let kind = match self.answers {
            Answers::All => "echo",
            Answers::Short => "oneway",
        };
        let content = match self.content {
            Content::Mix => String::from("mix"),
            Content::Binary => size_name(self.size),
            _ => format!("text.{}", size_name(self.size)),
        };
        format!("{kind}.{}x{}.{content}", self.connections, self.in_flight)
    }

    /// The messages of one connection.
    fn payloads(&self) -> Vec<Vec<u8>> {
        let payload = self.content.make(self.size);
        match self.content {
            Content::Mix => {
                let sizes = mix::sizes().into_iter().take(self.in_flight);
                sizes.map(|size| payload[..size].to_vec()).collect()
            }
            _ => vec![payload; self.in_flight],
        }
    }
}

const LOADS: [Load; 16] = [
    Load::new(Answers::All, (1, 1), SHORT),
    Load::new(Answers::All, (64, 1), SHORT),
    Load::new(Answers::All, (1, 16), SHORT),
    Load::new(Answers::All, (64, 16), SHORT),
    Load::new(Answers::All, (1, 1), LONG),
    Load::new(Answers::All, (64, 1), LONG),
    Load::new(Answers::All, (1, 16), LONG),
    Load::new(Answers::All, (64, 16), LONG),
    Load::new(Answers::All, (1, 1), TEXT),
    Load::new(Answers::All, (1, 1), LONGER),
    Load::new(Answers::All, (1, 1), LONGEST),
    Load::new(Answers::All, (64, 16), MIX),
    Load::new(Answers::Short, (1, 128), TEXT),
    Load::new(Answers::Short, (1, 32), LONGER),
    Load::new(Answers::Short, (1, 4), LONGEST),
    Load::new(Answers::Short, (1, 512), MIX),
];

const SHORT: (Content, usize) = (Content::Binary, 64);
const LONG: (Content, usize) = (Content::Binary, 16 << 10);
const TEXT: (Content, usize) = (Content::Json, 16 << 10);
const LONGER: (Content, usize) = (Content::Binary, 64 << 10);
const LONGEST: (Content, usize) = (Content::Binary, 1 << 20);
const MIX: (Content, usize) = (Content::Mix, mix::MOST);
