//! Sends back every message, with two threads to a connection, of which one reads and one writes:
//! `cargo run --example two_threads -- 127.0.0.1:9001`.
//!
//! The [`Receiver`] belongs to the thread that reads. The [`Sender`] is behind a lock, and any thread may send.
//! No thread holds the lock while it reads or writes, as it would wait for a peer that waits for us. The thread
//! that writes wakes up for whatever is queued, so pongs and close frames never wait for the application.

use std::error::Error;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use sansocket::{Config, Connection, Event, Input, Receiver, Sender, Step, Timestamp};

fn main() -> Result<(), Box<dyn Error>> {
    let address = std::env::args().nth(1).unwrap_or("127.0.0.1:9001".to_owned());
    let listener = TcpListener::bind(address)?;
    println!("echo by two threads, listening on ws://{}", listener.local_addr()?);
    let config = Arc::<Config>::default();
    for stream in listener.incoming() {
        let (stream, config) = (stream?, Arc::clone(&config));
        thread::spawn(move || serve(&stream, config).inspect_err(|error| eprintln!("{error}")));
    }
    Ok(())
}

fn serve(mut stream: &TcpStream, config: Arc<Config>) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let start = Instant::now();
    let now = || Timestamp::new(start.elapsed());
    let mut input = Input::new(vec![0; 64 << 10]);
    let mut connection = Connection::server(config, now());
    // One thread does the opening. Messages that arrive with the request stay in the input until later.
    while !connection.is_open() {
        match connection.next_event(&mut input) {
            Some(Event::Request) => connection.accept(),
            Some(_) => connection.require_upgrade(),
            None => match connection.next_step() {
                Step::Io { write: true, .. } => _ = connection.write_to(&mut stream, now),
                Step::Io { .. } => {
                    stream.set_read_timeout(timeout(connection.poll_timeout(), now()))?;
                    let _ = connection.read_from(&mut stream, &mut input, now);
                    connection.handle_timeout(now());
                }
                Step::Shutdown => shut(stream, &mut connection),
                Step::Done(_) => return Ok(()),
            },
        }
    }
    let (receiver, sender) = connection.split();
    let outgoing = Outgoing { sender: Mutex::new(sender), changed: Condvar::new() };
    thread::scope(|scope| {
        scope.spawn(|| outgoing.write(stream, now));
        read(stream, receiver, input, &outgoing, now)
    })
}

/// The sender, which all threads share.
struct Outgoing {
    sender: Mutex<Sender>,
    changed: Condvar,
}

impl Outgoing {
    fn lock(&self) -> MutexGuard<'_, Sender> {
        self.sender.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the sender. Any thread may call this.
    fn change<T>(&self, action: impl FnOnce(&mut Sender) -> T) -> T {
        let result = action(&mut self.lock());
        self.changed.notify_all();
        result
    }

    /// Writes until the end of the connection.
    fn write(&self, mut stream: &TcpStream, now: impl Fn() -> Timestamp) {
        loop {
            let mut sender = self.lock();
            match sender.next_step() {
                Step::Io { write: false, .. } => drop(self.changed.wait(sender)),
                Step::Io { write: true, .. } => {
                    let Some(bytes) = sender.take_transmit() else { continue };
                    drop(sender);
                    let outcome = stream.write(&bytes);
                    self.change(|sender| match outcome {
                        Ok(count @ 1..) => sender.transmitted(count, now()),
                        Ok(0) | Err(_) => {
                            // The thread that reads may wait for a peer that is gone.
                            let _ = stream.shutdown(Shutdown::Both);
                            sender.handle_write_error(now());
                        }
                    });
                }
                Step::Shutdown => shut(stream, &mut sender),
                Step::Done(_) => return,
            }
        }
    }
}

/// Reads until the end of the connection, and sends back all messages.
fn read(
    mut stream: &TcpStream,
    mut receiver: Receiver,
    mut input: Input<Vec<u8>>,
    outgoing: &Outgoing,
    now: impl Fn() -> Timestamp,
) -> io::Result<()> {
    loop {
        // The lock is held while an event is looked for, not while it is handled.
        while let Some(event) = outgoing.change(|sender| receiver.next_event(&mut input, sender)) {
            match event {
                Event::Text(text) => _ = outgoing.change(|sender| sender.send(text)),
                Event::Binary(bytes) => _ = outgoing.change(|sender| sender.send(bytes)),
                _ => {}
            }
        }
        let mut sender = outgoing.lock();
        let timeout = timeout(sender.poll_timeout(), now());
        match sender.next_step() {
            Step::Io { read: true, .. } => {
                drop(sender);
                stream.set_read_timeout(timeout)?;
                let mut spare = receiver.spare(&mut input);
                match stream.read(spare.buffer()) {
                    Ok(count) => spare.filled(count, now()),
                    Err(error) if is_temporary(&error) => {}
                    Err(_) => receiver.handle_eof(),
                }
            }
            // The peer has to take our replies, or a deadline passes.
            Step::Io { .. } => {
                drop(outgoing.changed.wait_timeout(sender, timeout.unwrap_or(Duration::MAX)));
            }
            Step::Shutdown => shut(stream, &mut sender),
            Step::Done(_) => {
                // The thread that writes may wait for a peer that takes nothing.
                let _ = stream.shutdown(Shutdown::Both);
                return Ok(());
            }
        }
        outgoing.change(|sender| sender.handle_timeout(now()));
    }
}

fn shut(stream: &TcpStream, sender: &mut Sender) {
    let _ = stream.shutdown(Shutdown::Write);
    sender.handle_shutdown();
}

fn is_temporary(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted)
}

/// Returns how long to wait. Streams accept no shorter timeout than a millisecond.
fn timeout(due: Option<Timestamp>, now: Timestamp) -> Option<Duration> {
    due.map(|due| due.since(now).max(Duration::from_millis(1)))
}
