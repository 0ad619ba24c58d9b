//! Sends back every message, within compio: from `examples/completion`,
//! `cargo run --release --bin compio_echo -- 127.0.0.1:9001`.
//!
//! A stream of compio takes a buffer and returns it when it has been read into. The buffer becomes the storage
//! of the [`Input`], and the old storage is read into next: nothing is copied. A read must not be dropped, as it
//! may have taken bytes already. So it goes on while deadlines pass, and a ping is written beside it.

use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use compio::BufResult;
use compio::io::{AsyncRead, AsyncWrite};
use compio::net::{TcpListener, TcpStream};
use compio::runtime::{Runtime, spawn};
use compio::time::{sleep, timeout};
use sansocket::{Config, Connection, Event, Input, Step, Timestamp};

#[compio::main]
async fn main() -> io::Result<()> {
    let address = std::env::args().nth(1).unwrap_or("127.0.0.1:9001".to_owned());
    let listener = TcpListener::bind(address).await?;
    let driver = Runtime::current().driver_type();
    println!("echo by compio ({driver:?}), listening on ws://{}", listener.local_addr()?);
    let config = Arc::<Config>::default();
    loop {
        match listener.accept().await {
            Ok((stream, _)) => spawn(serve(stream, Arc::clone(&config))).detach(),
            Err(error) => {
                eprintln!("{error}"); // Such as that there are no more descriptors.
                sleep(PAUSE).await;
            }
        }
    }
}

async fn serve(stream: TcpStream, config: Arc<Config>) {
    let start = Instant::now();
    let now = || Timestamp::new(start.elapsed());
    let mut connection = Connection::server(config, now());
    let mut input = Input::default();
    let mut buffer = Vec::new();
    let _ = stream.set_nodelay(true);
    loop {
        while let Some(event) = connection.next_event(&mut input) {
            match event {
                Event::Request => connection.accept(),
                Event::NotUpgrade => connection.require_upgrade(),
                Event::Text(text) => drop(connection.send(text)),
                Event::Binary(bytes) => drop(connection.send(bytes)),
                _ => {}
            }
        }
        if is_over(&stream, &mut connection, now).await {
            return;
        }
        buffer.clear();
        buffer.reserve(READ);
        let mut reader = &stream;
        let mut read = pin!(reader.read(buffer));
        let BufResult(outcome, filled) = loop {
            match timeout(wait(&connection, now()), read.as_mut()).await {
                Ok(done) => break done,
                Err(_) => {
                    connection.handle_timeout(now());
                    if is_over(&stream, &mut connection, now).await {
                        return;
                    }
                }
            }
        };
        buffer = match outcome {
            Ok(_) => connection.receive(&mut input, filled, now()),
            Err(_) => {
                connection.handle_eof(now());
                filled
            }
        };
    }
}

/// Writes all that waits. Returns whether the connection is over.
async fn is_over(
    mut stream: &TcpStream,
    connection: &mut Connection,
    now: impl Fn() -> Timestamp,
) -> bool {
    loop {
        match connection.next_step() {
            Step::Io { write: true, .. } => write(stream, connection, &now).await,
            Step::Io { .. } => return false,
            Step::Shutdown => {
                let _ = stream.shutdown().await;
                connection.handle_shutdown();
            }
            Step::Done(_) => return true,
        }
    }
}

/// Writes once. Deadlines pass meanwhile.
async fn write(mut stream: &TcpStream, connection: &mut Connection, now: impl Fn() -> Timestamp) {
    let Some(bytes) = connection.take_transmit() else { return };
    let mut write = pin!(stream.write(bytes));
    loop {
        match timeout(wait(connection, now()), write.as_mut()).await {
            Ok(BufResult(Ok(count @ 1..), _)) => return connection.transmitted(count, now()),
            Ok(_) => return connection.handle_write_error(now()),
            Err(_) if connection.handle_timeout(now()) && is_done(connection) => return,
            Err(_) => {}
        }
    }
}

fn is_done(connection: &mut Connection) -> bool {
    matches!(connection.next_step(), Step::Done(_))
}

/// Returns how long to wait until a deadline passes.
fn wait(connection: &Connection, now: Timestamp) -> Duration {
    connection.poll_timeout().map_or(Duration::from_secs(3600), |due| due.since(now))
}

/// How long to wait for a descriptor.
const PAUSE: Duration = Duration::from_secs(1);

/// The least size of a read, in bytes. A connection that waits for its peer owns so many.
const READ: usize = 4 << 10;
