//! Sends back every message, with two threads to a connection, of which one reads and one writes:
//! `cargo run --example two_threads -- 127.0.0.1:9001`.
//!
//! The [`Receiver`] belongs to the thread that reads. The [`Sender`] stands behind a lock, together with what
//! it wants to have written; any thread may send. Nobody holds that lock while it reads or writes: whoever
//! did would wait for a peer that waits for us.

use std::error::Error;
use std::io::{self, ErrorKind, Read, Write};
use std::mem;
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant as Clock};

use sansocket::blocking::{Config, Incoming, Parts};
use sansocket::server::Policy;
use sansocket::{
    Connection, Deadlines, Event, Input, Instant, Message, Receiver, SendError, Sender, Timeouts,
};

fn main() -> Result<(), Box<dyn Error>> {
    let address = std::env::args().nth(1).unwrap_or("127.0.0.1:9001".to_owned());
    let listener = TcpListener::bind(address)?;
    println!("echo by two threads, listening on ws://{}", listener.local_addr()?);
    for stream in listener.incoming() {
        let stream = stream?;
        thread::spawn(move || serve(stream).inspect_err(|error| eprintln!("{error}")));
    }
    Ok(())
}

fn serve(stream: TcpStream) -> Result<(), Box<dyn Error + Send + Sync>> {
    stream.set_nodelay(true)?;
    let socket = match Incoming::receive(stream, &Policy::default(), Config::default())? {
        Incoming::Opening(opening) => opening.accept()?,
        Incoming::Http(request) => return Ok(request.refuse()?),
    };
    let Parts { stream, connection, input, out } = socket.into_parts();
    stream.set_write_timeout(Some(PATIENCE))?;
    let Connection { receiver, sender } = connection;
    let queue = Mutex::new(Queue { sender, out, is_over: false });
    let outgoing = Outgoing { queue, changed: Condvar::new() };
    thread::scope(|scope| {
        scope.spawn(|| outgoing.write(&stream));
        let outcome = read(&stream, receiver, input, &outgoing);
        outgoing.change(|queue| queue.is_over = true);
        if outcome.is_err() {
            stream.shutdown(Shutdown::Both)?;
        }
        outcome
    })
}

/// What all threads share that have something to say.
struct Outgoing {
    queue: Mutex<Queue>,
    changed: Condvar,
}

struct Queue {
    sender: Sender,
    /// What is to be written.
    out: Vec<u8>,
    /// Whether nothing follows it.
    is_over: bool,
}

impl Outgoing {
    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change<T>(&self, action: impl FnOnce(&mut Queue) -> T) -> T {
        let result = action(&mut self.lock());
        self.changed.notify_all();
        result
    }

    /// Waits until what is to be written is as it should be, or it is over.
    fn wait_until(&self, is_so: impl Fn(&[u8]) -> bool) -> MutexGuard<'_, Queue> {
        let waits = |queue: &mut Queue| !queue.is_over && !is_so(&queue.out);
        self.changed.wait_while(self.lock(), waits).unwrap_or_else(PoisonError::into_inner)
    }

    /// Any thread may call this.
    fn send<'p>(&self, message: impl Into<Message<'p>>) -> Result<(), SendError> {
        self.change(|Queue { sender, out, .. }| sender.send(message, out))
    }

    /// Writes until it is over: what one thread does.
    fn write(&self, mut stream: &TcpStream) -> io::Result<()> {
        loop {
            let mut queue = self.wait_until(|out| !out.is_empty());
            let out = mem::take(&mut queue.out);
            drop(queue);
            self.changed.notify_all();
            if out.is_empty() {
                return stream.shutdown(Shutdown::Write);
            }
            if let Err(error) = stream.write_all(&out) {
                self.change(|queue| queue.is_over = true);
                stream.shutdown(Shutdown::Both)?;
                return Err(error);
            }
        }
    }
}

/// Reads until the stream ends: what the other thread does.
fn read(
    mut stream: &TcpStream,
    mut receiver: Receiver,
    mut input: Input<Vec<u8>>,
    outgoing: &Outgoing,
) -> Result<(), Box<dyn Error + Send + Sync>> {
    let start = Clock::now();
    let now = || Instant::new(start.elapsed());
    let mut deadlines = Deadlines::new(Timeouts::default(), now());
    deadlines.handle_open(now());
    loop {
        reply(&mut receiver, &mut input, outgoing, &mut deadlines, now())?;
        if !outgoing.lock().out.is_empty() {
            // So no more waits than the replies to two reads, one of which is being written.
            drop(outgoing.wait_until(|out| out.is_empty()));
            // A peer which takes that is alive, though we have not heard it meanwhile.
            deadlines.handle_input(now());
        }
        let mut queue = outgoing.lock();
        let Queue { sender, out, is_over } = &mut *queue;
        deadlines.handle_timeout(now(), &receiver, sender)?;
        sender.poll_transmit(out);
        *is_over |= receiver.wants_close(sender);
        drop(queue);
        outgoing.changed.notify_all();

        let patience = deadlines.poll_timeout().map(|due| due.since(now()).max(LEAST));
        stream.set_read_timeout(patience)?;
        match stream.read(receiver.spare(&mut input)) {
            Ok(0) => return Ok(()),
            Ok(count) => {
                receiver.fill(&mut input, count);
                deadlines.handle_input(now());
            }
            Err(error) if [ErrorKind::WouldBlock, ErrorKind::TimedOut].contains(&error.kind()) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

/// Sends back all messages that have come.
fn reply(
    receiver: &mut Receiver,
    input: &mut Input<Vec<u8>>,
    outgoing: &Outgoing,
    deadlines: &mut Deadlines,
    now: Instant,
) -> Result<(), SendError> {
    loop {
        // The lock is held while an event is looked for, but not while the event is.
        let event = receiver.next_event(input, &mut outgoing.lock().sender);
        match event {
            Ok(Some(Event::Text(text))) => outgoing.send(text)?,
            Ok(Some(Event::Binary(bytes))) => outgoing.send(bytes)?,
            Ok(Some(Event::Pong(payload))) => _ = deadlines.handle_pong(payload, now),
            Ok(Some(_)) => {}
            // After a violation, as after a close frame, the answer is in the sender.
            Ok(None) | Err(_) => return Ok(()),
        }
    }
}

/// How long a peer may take nothing of what is written.
const PATIENCE: Duration = Duration::from_secs(20);

/// Streams take no shorter timeout.
const LEAST: Duration = Duration::from_millis(1);
