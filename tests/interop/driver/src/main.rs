//! One end of a connection under test: `interop_driver PEER client URL CASE..`, `interop_driver PEER arrive ROW..` or
//! `interop_driver PEER server [tls]`, where PEER is an adapter of sansocket, `tungstenite` or
//! `tokio-tungstenite`. README.md describes the output. `interop_driver broadcast COUNT SEED` sends to everybody.

mod adapters;
mod arrive;
mod broadcast;
mod case;
mod peers;
mod runtime;
mod tally;
mod tls;

use std::env;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use arrive::{Arrived, Row};
use case::{Case, Failure, Seen};
use sansocket::OwnedMessage;

/// Plays the client in one case.
type Client = fn(&str, &Case) -> Result<Seen, Failure>;
/// Plays the server in all cases.
type Server = fn() -> Result<(), Failure>;

fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let (peer, role, rest) = match words.as_slice() {
        ["broadcast", count, seed] => return broadcast::serve(count.parse()?, seed.parse()?),
        [peer, role, rest @ ..] => (*peer, *role, rest),
        _ => return Err("usage: interop_driver PEER client URL CASE.. | PEER server [tls]".into()),
    };
    let (client, serve): (Client, Server) = match peer {
        "blocking" => (adapters::on_thread::client, adapters::on_thread::serve),
        "tokio" => (adapters::on_tokio::client, adapters::on_tokio::serve),
        "smol" => (adapters::on_smol::client, adapters::on_smol::serve),
        "h2" => (adapters::on_h2::client, adapters::on_h2::serve),
        "tungstenite" => (peers::on_thread::client, peers::on_thread::serve),
        "tokio-tungstenite" => (peers::on_tokio::client, peers::on_tokio::serve),
        _ => return Err(format!("no such peer: {peer}").into()),
    };
    match (role, rest) {
        ("client", [url, cases @ ..]) => {
            for name in cases {
                play(client, format!("{url}/{name}"), name).print();
            }
            Ok(())
        }
        ("arrive", rows) => {
            let arrive = match peer {
                "blocking" => arrive::on_thread::arrive,
                "tokio" => arrive::on_tokio::arrive,
                "smol" => arrive::on_smol::arrive,
                _ => return Err(format!("{peer} has no front door").into()),
            };
            for row in rows {
                travel(arrive, serde_json::from_str(row)?).print();
            }
            Ok(())
        }
        ("server", [] | ["tls"]) => serve(),
        _ => Err(format!("no such role: {role} {rest:?}").into()),
    }
}

/// Plays the client in one case.
fn play(client: Client, url: String, name: &str) -> Seen {
    let case_name = name.to_owned();
    within(move || Case::find(&case_name).and_then(|case| client(&url, &case)))
        .unwrap_or_else(|error| Seen::failed(name, &error))
}

/// Does what a row asks for.
fn travel(arrive: fn(&Row) -> Result<OwnedMessage, Failure>, row: Row) -> Arrived {
    let (start, asked) = (Instant::now(), row.clone());
    let told = within(move || arrive(&asked));
    Arrived::new(&row, start, told)
}

/// Does something, for at most `TIMEOUT`.
fn within<T: Send + 'static>(
    act: impl FnOnce() -> Result<T, Failure> + Send + 'static,
) -> Result<T, String> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let _ = sender.send(act().map_err(|error| error.to_string()));
    });
    receiver.recv_timeout(TIMEOUT).unwrap_or_else(|_| Err("took too long".to_owned()))
}

const TIMEOUT: Duration = Duration::from_secs(20);
