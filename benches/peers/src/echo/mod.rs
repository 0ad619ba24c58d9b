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

use crate::results::{Results, Unit};

/// Connections, and what goes over each.
#[derive(Clone, Copy, Debug)]
struct Load {
    connections: usize,
    /// How many messages are on the way, at the most, on each connection.
    in_flight: usize,
    size: usize,
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
    let loads: Vec<Load> = Load::all().filter(|load| wants_row(&load.name())).collect();
    let names: Vec<&str> = servers::names().filter(|name| wants_peer(name)).collect();
    // The clients have a core of their own, and a thread that stays on it.
    let run = || -> Result<(), String> {
        Core::Clients.pin();
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
    let mut pairs = Vec::new();
    for &name in names {
        let server = Server::start(name)?;
        let client = runtime.block_on(Client::open(server.port, load))?;
        pairs.push((name, server, client));
    }
    for _ in 0..effort.rounds {
        for (name, server, client) in &mut pairs {
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

impl Load {
    fn all() -> impl Iterator<Item = Self> {
        [64, 16 << 10].into_iter().flat_map(|size| {
            [(1, 1), (64, 1), (1, 16), (64, 16)].map(|(connections, in_flight)| Self {
                connections,
                in_flight,
                size,
            })
        })
    }

    /// Such as `echo.64x16.16K`: connections, messages in flight on each, bytes.
    fn name(&self) -> String {
        let size = workload::rows::size_name(self.size);
        format!("echo.{}x{}.{size}", self.connections, self.in_flight)
    }
}
