//! Sends back every message, within compio: from `examples/completion`,
//! `cargo run --release --bin compio_echo -- 127.0.0.1:9001`.
//!
//! A stream of compio takes a buffer and gives it back when it has been read into. It becomes the storage of
//! the [`Input`], and what was the storage is next: nothing is copied. A read may not be dropped, as it may
//! have taken bytes already; so it waits on while the deadlines act, and a ping is written beside it. What
//! becomes of the bytes is told in `examples/session/mod.rs`.

#[path = "../../../session/mod.rs"]
mod session;

use std::error::Error;
use std::io::{self, ErrorKind};
use std::mem;
use std::pin::pin;
use std::time::{Duration, Instant as Clock};

use compio::BufResult;
use compio::buf::{IntoInner, IoBuf};
use compio::io::{AsyncRead, AsyncWrite};
use compio::net::{TcpListener, TcpStream};
use compio::runtime::{Runtime, spawn};
use compio::time::{sleep, timeout};
use sansocket::{Input, Instant};
use session::Session;

#[compio::main]
async fn main() -> io::Result<()> {
    let address = std::env::args().nth(1).unwrap_or("127.0.0.1:9001".to_owned());
    let listener = TcpListener::bind(address).await?;
    let driver = Runtime::current().driver_type();
    println!("echo by compio ({driver:?}), listening on ws://{}", listener.local_addr()?);
    loop {
        match listener.accept().await {
            Ok((stream, _)) => spawn(async {
                // There is nobody to tell.
                let _ = serve(stream).await;
            })
            .detach(),
            Err(error) => {
                eprintln!("{error}"); // Such as that there are no more descriptors.
                sleep(PAUSE).await;
            }
        }
    }
}

async fn serve(stream: TcpStream) -> Result<(), Box<dyn Error>> {
    stream.set_nodelay(true)?;
    let start = Clock::now();
    let now = || Instant::new(start.elapsed());
    let mut session = Session::new(now());
    let mut input = Input::default();
    let mut storage = Vec::new();
    loop {
        // All replies are written before more is read.
        session.handle_timeout(now())?;
        write(&stream, &mut session).await?;

        storage.clear();
        storage.reserve(READ);
        let mut reader = &stream;
        let mut read = pin!(reader.read(storage));
        let BufResult(outcome, filled) = loop {
            let Some(due) = session.deadlines.poll_timeout() else { break read.await };
            match timeout(due.since(now()), read.as_mut()).await {
                Ok(done) => break done,
                Err(_) => {
                    session.handle_timeout(now())?;
                    write(&stream, &mut session).await?;
                }
            }
        };
        if outcome? == 0 {
            return Ok(());
        }
        storage = input.replace(filled);
        session.receive(&mut input, now())?;
    }
}

/// Writes all that waits, and shuts the stream if nothing follows.
async fn write(mut stream: &TcpStream, session: &mut Session) -> io::Result<()> {
    let mut out = mem::take(&mut session.out);
    let mut written = 0;
    while written < out.len() {
        let write = timeout(PATIENCE, stream.write(out.slice(written..)));
        let BufResult(outcome, slice) = write.await.map_err(|_| ErrorKind::TimedOut)?;
        written += outcome?;
        out = slice.into_inner();
    }
    if session.is_over() { stream.shutdown().await } else { Ok(()) }
}

/// How long a peer may take nothing of what is written.
const PATIENCE: Duration = Duration::from_secs(20);

/// How long to wait for a descriptor.
const PAUSE: Duration = Duration::from_secs(1);

/// How many bytes to read at once, at least. Whoever waits for a peer owns so many.
const READ: usize = 4 << 10;
