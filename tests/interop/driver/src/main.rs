//! One end of a connection under test: `interop_driver PEER client URL CASE..` or
//! `interop_driver PEER server [tls]`, where PEER is an adapter of sansocket, `tungstenite` or
//! `tokio-tungstenite`. README.md describes the output.

mod adapters;
mod case;
mod peers;
mod runtime;
mod tally;
mod tls;

use std::env;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use case::{Case, Failure, Seen};

/// Plays the client in one case.
type Client = fn(&str, &Case) -> Result<Seen, Failure>;
/// Plays the server in all cases.
type Server = fn() -> Result<(), Failure>;

fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let (peer, role, rest) = match words.as_slice() {
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
                within(TIMEOUT, client, format!("{url}/{name}"), name).print();
            }
            Ok(())
        }
        ("server", [] | ["tls"]) => serve(),
        _ => Err(format!("no such role: {role} {rest:?}").into()),
    }
}

/// Plays the client in one case, for at most `timeout`.
fn within(timeout: Duration, client: Client, url: String, name: &str) -> Seen {
    let (sender, receiver) = mpsc::channel();
    let case_name = name.to_owned();
    thread::spawn(move || {
        let outcome = Case::find(&case_name).and_then(|case| client(&url, &case));
        let _ = sender.send(outcome.map_err(|error| error.to_string()));
    });
    match receiver.recv_timeout(timeout) {
        Ok(Ok(seen)) => seen,
        Ok(Err(error)) => Seen::failed(name, &error),
        Err(_) => Seen::failed(name, "took too long"),
    }
}

const TIMEOUT: Duration = Duration::from_secs(20);
