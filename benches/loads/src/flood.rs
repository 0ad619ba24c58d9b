//! One client floods a server on one worker, while another one waits for echoes.

use std::io::{Read, Write};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use futures_util::{SinkExt, StreamExt};
use sansocket::tokio::WebSocket;
use sansocket::{Config, Event};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime;

use crate::{Outcome, bare};

/// How many echoes are timed, if they take no longer than this in all.
const ECHOES: usize = 300;
const MOST: Duration = Duration::from_secs(10);

pub(crate) fn run() -> Outcome {
    let fragments =
        [bare::frame(0x01, b""), bare::frame(0, b"").repeat(998), bare::frame(0x80, b"")];
    let floods = [
        ("none", Vec::new()),
        ("texts of 1 byte", bare::frame(0x81, b"a").repeat(9000)),
        ("pongs", bare::frame(0x8a, b"").repeat(9000)),
        ("empty fragments", fragments.concat().repeat(9)),
    ];
    println!("flood: an echo of another client on the same worker takes, in ms:");
    println!("{:<18} {:<20} {:>8} {:>8} {:>8}", "", "", "median", "99 %", "longest");
    let mut is_good = true;
    for (name, flood) in &floods {
        let ours = measure("sansocket", name, flood, sansocket)?;
        let theirs = measure("tokio-tungstenite", name, flood, tungstenite)?;
        is_good &= ours <= theirs + Duration::from_millis(1);
    }
    if is_good {
        Ok(())
    } else {
        Err("another client waits longer than with tokio-tungstenite".into())
    }
}

/// Times echoes beside a flood. Returns the median.
fn measure<F>(
    library: &str,
    name: &str,
    flood: &[u8],
    echo: fn(TcpStream) -> F,
) -> Outcome<Duration>
where
    F: Future<Output = Outcome> + Send + 'static,
{
    let runtime = runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0"))?;
    let address = listener.local_addr()?;
    runtime.spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(echo(stream));
        }
    });
    let is_over = AtomicBool::new(false);
    let mut times = thread::scope(|scope| {
        if !flood.is_empty() {
            scope.spawn(|| -> Outcome {
                let mut stream = bare::open(address)?;
                while !is_over.load(Ordering::Relaxed) {
                    stream.write_all(flood)?;
                }
                Ok(())
            });
        }
        let times = time_echoes(address);
        is_over.store(true, Ordering::Relaxed);
        times
    })?;
    times.sort();
    let at = |part: f64| times[((times.len() - 1) as f64 * part) as usize];
    let ms = |time: Duration| 1e3 * time.as_secs_f64();
    let (median, most, longest) = (ms(at(0.5)), ms(at(0.99)), ms(at(1.0)));
    println!("{name:<18} {library:<20} {median:>8.2} {most:>8.2} {longest:>8.2}");
    runtime.shutdown_background();
    Ok(at(0.5))
}

fn time_echoes(address: SocketAddr) -> Outcome<Vec<Duration>> {
    thread::sleep(Duration::from_millis(300));
    let mut stream = bare::open(address)?;
    let message = bare::frame(0x82, &[7; 100]);
    let mut times = Vec::new();
    let first = Instant::now();
    while times.len() < ECHOES && first.elapsed() < MOST {
        let start = Instant::now();
        stream.write_all(&message)?;
        stream.read_exact(&mut [0; 102])?;
        times.push(start.elapsed());
    }
    Ok(times)
}

/// Sends back what is binary.
async fn sansocket(stream: TcpStream) -> Outcome {
    stream.set_nodelay(true)?;
    let mut socket = WebSocket::accept(stream, Config::new().shared()).await?;
    while let Some((event, sender)) = socket.next_event().await? {
        if let Event::Binary(bytes) = event {
            sender.send(bytes)?;
        }
    }
    Ok(())
}

/// Sends back what is binary.
async fn tungstenite(stream: TcpStream) -> Outcome {
    stream.set_nodelay(true)?;
    let mut socket = tokio_tungstenite::accept_async(stream).await?;
    while let Some(message) = socket.next().await {
        let message = message?;
        if message.is_binary() {
            socket.send(message).await?;
        }
    }
    Ok(())
}
