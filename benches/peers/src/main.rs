//! Measures sansocket beside other WebSocket implementations: see `README.md`.

mod allocator;
mod arguments;
mod check;
mod draw;
mod echo;
mod job;
mod kernel;
mod measure;
mod peer;
mod peers;
mod poll;
mod results;
mod streams;
mod table;

use std::error::Error;
use std::fs;
use std::time::{Duration, SystemTime};

use arguments::{Arguments, Command};
use job::Job;
use kernel::Kernel;
use peer::Peer;
use results::Results;
use workload::rows::{self, Row};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments = Arguments::parse()?;
    // Some peers start timers.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let _guard = runtime.enter();
    match &arguments.command {
        Command::Measure => measure_all(&arguments),
        Command::Check => {
            let checked = check::check(&rows(&arguments), &peers(&arguments))?;
            let wants_row = |row: &str| arguments.wants_row(row);
            let echoes = echo::check(wants_row, |peer| arguments.wants_peer(peer))?;
            println!("{} are right", checked + echoes);
            Ok(())
        }
        Command::Draw => {
            let results = Results::from_json(&fs::read_to_string(JSON)?);
            Ok(fs::write(SVG, draw::draw(&results.ok_or("these are no results")?))?)
        }
        Command::Once(row, peer, count) => once(row, peer, *count),
        Command::Serve(peer, answers, core) => echo::servers::serve(peer, answers, core),
    }
}

fn measure_all(arguments: &Arguments) -> Result<(), Box<dyn Error>> {
    let (rows, peers) = (rows(arguments), peers(arguments));
    let mut results = Results {
        machine: machine(),
        date: today(),
        kernel: Kernel::measure()?,
        ..Results::default()
    };
    let (times, echoes) = if arguments.is_quick { QUICK } else { FULL };
    measure::times(&rows, &peers, times, &mut results);
    let wants_row = |row: &str| arguments.wants_row(row);
    measure::allocations(wants_row, &peers, &mut results);
    measure::idle(wants_row, &peers, &mut results);
    echo::measure(wants_row, |peer| arguments.wants_peer(peer), echoes, &mut results)?;
    table::print(&results);
    if arguments.is_complete() {
        fs::write(JSON, results.to_json())?;
        fs::write(SVG, draw::draw(&results))?;
    }
    Ok(())
}

fn once(row: &str, peer: &str, count: usize) -> Result<(), Box<dyn Error>> {
    let row = rows::all().into_iter().find(|known| known.name == row).ok_or("no such row")?;
    let peer = peers::all().into_iter().find(|known| known.name() == peer).ok_or("no such peer")?;
    let mut run = Job::new(row, 0).prepare(&*peer).ok_or("this peer cannot do that")?;
    run(count);
    Ok(())
}

fn rows(arguments: &Arguments) -> Vec<Row> {
    let mut rows = rows::all();
    rows.retain(|row| arguments.wants_row(&row.name));
    rows
}

fn peers(arguments: &Arguments) -> Vec<Box<dyn Peer>> {
    let mut peers = peers::all();
    peers.retain(|peer| arguments.wants_peer(peer.name()));
    peers
}

/// What this runs on.
fn machine() -> String {
    let information = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let line = information.lines().find_map(|line| line.strip_prefix("model name"));
    line.map_or("unknown", |line| line.trim_start_matches([' ', '\t', ':'])).to_owned()
}

/// The date, as `26 Nov 2026`.
fn today() -> String {
    let date = httpdate::fmt_http_date(SystemTime::now());
    date.get(5..16).unwrap_or_default().to_owned()
}

const QUICK: (measure::Effort, echo::Effort) = (
    measure::Effort { passes: 1, rounds: 8, batch: Duration::from_millis(2) },
    echo::Effort { rounds: 1, round: Duration::from_millis(100) },
);

const FULL: (measure::Effort, echo::Effort) = (
    measure::Effort { passes: 6, rounds: 5, batch: Duration::from_millis(4) },
    echo::Effort { rounds: 5, round: Duration::from_millis(200) },
);

const JSON: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/results.json");
const SVG: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/results.svg");
