use std::cell::{Cell, RefCell};
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use futures_core::Stream;
use futures_sink::Sink;
use sansocket::polled::{Incoming, Reader, WebSocket, Writer};
use sansocket::{
    CloseCode, Config, Connection, Ended, Error, Event, Initiator, Kind, Negotiated, OwnedMessage,
    Seed, SendError, Timestamp, Url, client,
};

use crate::choices::Choices;
use crate::world::{Manual, Memory, NAP, Passing, Sleep, World, attempt};

/// What one end's application is to do, and what came of it.
struct Side<'d> {
    world: Rc<World<'d>>,
    /// What each task sent, in order.
    sent: [RefCell<Vec<Sent>>; 2],
    seen: RefCell<Vec<OwnedMessage>>,
    /// The parts of a message of which more are to come.
    parts: RefCell<Vec<u8>>,
    /// Whether the next part is to be taken, since nothing else can be.
    wants_part: Cell<bool>,
    ended: RefCell<Option<Ended>>,
    /// The number of the next message.
    next: Cell<usize>,
    /// How many tasks still send.
    senders: Cell<usize>,
    /// How many times it may nap.
    naps: Cell<usize>,
    is_streaming: bool,
    /// Whether anybody pings. Where few bytes may wait, one pong would keep an end from reading.
    pings: bool,
    /// Whether it closes when it has sent all, rather than wait for the other.
    closes: bool,
    /// Whether it replies while it holds an event. It then reads no more until its replies are taken, so the
    /// other must not do so too, nor wait for it to read.
    replies: bool,
}

/// A message, and whether it was sent for sure: of a future that was dropped, it may have been.
struct Sent(OwnedMessage, bool);

type Socket<'d> = WebSocket<Memory<'d>, Manual>;
type Task<'t> = Pin<Box<dyn Future<Output = ()> + 't>>;

/// What one end sends the other gets, in order, exact and once, whenever futures are dropped and made
/// again; and whoever can go on is woken.
pub fn adapter(data: &[u8]) {
    let mut choices = Choices::new(data);
    let passing = if choices.once_in(2) { Passing::May } else { Passing::MayNot };
    let flags = choices.byte();
    let is_set = |bit: u8| flags & 1 << bit != 0;
    let max_queued = [1, 100, 1000, 64 << 10][choices.below(4)];
    let world = Rc::new(World::new(choices));
    let sides = [(0, true), (2, is_set(4))].map(|(bit, closes)| Side {
        world: Rc::clone(&world),
        sent: <[RefCell<Vec<Sent>>; 2]>::default(),
        seen: RefCell::default(),
        parts: RefCell::default(),
        wants_part: Cell::new(false),
        ended: RefCell::default(),
        next: Cell::new(0),
        senders: Cell::new(2),
        naps: Cell::new(if passing == Passing::May { 3 } else { 0 }),
        is_streaming: is_set(bit),
        pings: max_queued >= LEAST_WITH_PINGS,
        closes,
        replies: bit == 2,
    });
    let config = config(passing, max_queued);
    let mut ends = world.ends();
    if is_set(5) {
        ends.reverse();
    }
    let mut sockets =
        if is_set(6) { open(&world, ends, &config, passing) } else { join(ends, &config) };
    if is_set(5) {
        sockets.reverse();
    }
    world.weaken();
    let mut tasks = Vec::new();
    for ((side, socket), is_split) in sides.iter().zip(sockets).zip([is_set(1), is_set(3)]) {
        tasks.extend(if is_split { split(side, socket) } else { vec![whole(side, socket)] });
    }
    world.run(tasks, passing);
    check(&sides);
}

/// A client and a server, which shake hands.
fn open<'d>(
    world: &World<'d>,
    [asking, answering]: [Memory<'d>; 2],
    config: &Arc<Config>,
    passing: Passing,
) -> [Socket<'d>; 2] {
    let (mut client, mut server) = (None, None);
    let ask = async {
        let url = Url::parse("ws://example.com/").expect("it is one");
        let opened =
            Socket::connect_over(asking, client::Request::new(url), Arc::clone(config)).await;
        client = Some(opened.expect("the server accepts").0);
    };
    let answer = async {
        let incoming = Socket::receive_request(answering, Arc::clone(config)).await;
        let Ok(Incoming::Opening(opening)) = incoming else { panic!("it asks for a WebSocket") };
        server = Some(opening.accept().await.expect("the client listens"));
    };
    world.run(vec![Box::pin(ask), Box::pin(answer)], passing);
    [client, server].map(|socket| socket.expect("it is open"))
}

/// A client and a server, which have shaken hands.
fn join<'d>([client, server]: [Memory<'d>; 2], config: &Arc<Config>) -> [Socket<'d>; 2] {
    let (negotiated, seed, now) = (Negotiated::new, Seed::new([7; 32]), Timestamp::default());
    let asking = Connection::open_client(negotiated(), Arc::clone(config), seed, now);
    let answering = Connection::open_server(negotiated(), Arc::clone(config), now);
    [(client, asking), (server, answering)].map(|(stream, it)| Socket::from_parts(stream, it))
}

/// Without time, deadlines cannot make up for a wake-up that is lost. With it, there are many pings, but
/// nobody naps for long enough to be given up.
fn config(passing: Passing, max_queued: usize) -> Arc<Config> {
    let mut config = Config::default();
    config.max_queued = max_queued;
    let long = (passing == Passing::May).then_some(Duration::from_secs(1_000_000));
    let pings = max_queued >= LEAST_WITH_PINGS;
    config.timeouts.idle = long.filter(|_| pings).map(|_| Duration::from_secs(1));
    (config.timeouts.opening, config.timeouts.pong) = (long, long);
    (config.timeouts.close, config.timeouts.end) = (long, long);
    config.shared()
}

fn whole<'t>(side: &'t Side<'_>, mut socket: Socket<'t>) -> Task<'t> {
    Box::pin(async move {
        socket.connection_mut().set_streaming(side.is_streaming);
        for _ in 0..side.count() {
            side.act(&mut socket).await;
        }
        if side.closes {
            close(side, &mut socket).await;
        }
        while socket.ended().is_none() {
            side.receive(&mut socket).await;
        }
        // Why it ended is still to be told if that future was dropped.
        let last = socket.receive().await.unwrap_or_else(|error| {
            side.excuse(&error);
            None
        });
        assert_eq!(last, None, "after the end there is nothing");
        side.ended.replace(socket.ended());
    })
}

async fn close(side: &Side<'_>, socket: &mut Socket<'_>) {
    loop {
        let patience = side.patience();
        let outcome = match side.below(2) {
            0 => attempt_or_wait(patience, socket.close(CloseCode::NORMAL, "")).await,
            _ => {
                let close = poll_fn(|cx| Pin::new(&mut *socket).poll_close(cx));
                attempt_or_wait(patience, close).await
            }
        };
        match outcome {
            Some(Ok(())) => return,
            Some(Err(error)) => return side.excuse(&error),
            None => {}
        }
    }
}

fn split<'t>(side: &'t Side<'_>, mut socket: Socket<'t>) -> Vec<Task<'t>> {
    socket.connection_mut().set_streaming(side.is_streaming);
    let (reader, writer) = socket.split();
    let other = writer.clone();
    let [one, two] = [(writer, 0), (other, 1)].map(|(writer, task)| write(side, writer, task));
    vec![Box::pin(read(side, reader)), Box::pin(one), Box::pin(two)]
}

async fn read<'d>(side: &Side<'_>, mut reader: Reader<Memory<'d>, Manual>) {
    loop {
        let patience = side.patience();
        let message = match side.below(3) {
            choice if choice == 0 || side.wants_part.get() => {
                attempt_or_wait(patience, async {
                    let event = reader.next_event().await?;
                    let is_end = event.is_none();
                    Ok((event.and_then(|event| side.own(event)), is_end))
                })
                .await
            }
            1 => {
                attempt_or_wait(patience, async { next(&mut reader).await.map(whole_or_end) }).await
            }
            _ => {
                attempt_or_wait(patience, async { reader.receive().await.map(whole_or_end) }).await
            }
        };
        match message {
            Some(Ok((message, is_end))) => {
                side.seen.borrow_mut().extend(message);
                if is_end {
                    break;
                }
            }
            Some(Err(error)) => side.excuse(&error),
            None => side.nap().await,
        }
    }
    side.ended.replace(reader.ended());
}

async fn write<'d>(side: &Side<'_>, mut writer: Writer<Memory<'d>, Manual>, task: usize) {
    for _ in 0..side.count() {
        let patience = side.patience();
        let message = side.message(task);
        match side.below(8) {
            0 => drop(attempt_or_wait(patience, writer.flush()).await),
            1 if side.pings => drop(attempt_or_wait(patience, writer.ping()).await),
            2 => {
                let outcome = attempt_or_wait(patience, feed(&mut writer, &message)).await;
                side.note(outcome, task, &message);
            }
            3 => side.nap().await,
            4 => {
                let outcome = attempt_or_wait(patience, writer.feed(&message)).await;
                side.note(outcome, task, &message);
            }
            5 => {
                let outcome = writer.try_send(&message);
                if outcome != Err(SendError::QueueFull) {
                    side.note(Some(outcome.map_err(Error::Send)), task, &message);
                }
            }
            _ => {
                let outcome = attempt_or_wait(patience, writer.send(&message)).await;
                side.note(outcome, task, &message);
            }
        }
    }
    side.senders.set(side.senders.get() - 1);
    if side.closes && side.senders.get() == 0 {
        let outcome = match side.below(2) {
            0 => writer.close(CloseCode::NORMAL, "").await,
            _ => poll_fn(|cx| Pin::new(&mut writer).poll_close(cx)).await,
        };
        outcome.unwrap_or_else(|error| side.excuse(&error));
    }
}

/// Waits for the future if `patience` is none, else drops it after so many polls.
async fn attempt_or_wait<T>(patience: Option<usize>, future: impl Future<Output = T>) -> Option<T> {
    match patience {
        Some(count) => attempt(count, future).await,
        None => Some(future.await),
    }
}

async fn next<S>(stream: &mut S) -> Result<Option<OwnedMessage>, Error>
where
    S: Stream<Item = Result<OwnedMessage, Error>> + Unpin,
{
    poll_fn(|cx| Pin::new(&mut *stream).poll_next(cx)).await.transpose()
}

async fn ready<S>(sink: &mut S) -> Result<(), Error>
where
    S: Sink<OwnedMessage, Error = Error> + Unpin,
{
    poll_fn(|cx| Pin::new(&mut *sink).poll_ready(cx)).await
}

async fn feed<S>(sink: &mut S, message: &OwnedMessage) -> Result<(), Error>
where
    S: Sink<OwnedMessage, Error = Error> + Unpin,
{
    ready(sink).await?;
    Pin::new(sink).start_send(message.clone())
}

fn whole_or_end(message: Option<OwnedMessage>) -> (Option<OwnedMessage>, bool) {
    let is_end = message.is_none();
    (message, is_end)
}

impl Side<'_> {
    fn below(&self, count: usize) -> usize {
        self.world.choices.borrow_mut().below(count)
    }

    /// How many things to do.
    fn count(&self) -> usize {
        self.below(12)
    }

    /// After how many polls to drop a future, if at all.
    fn patience(&self) -> Option<usize> {
        self.world.count();
        [None, Some(0), Some(1), Some(5)][self.below(4)]
    }

    /// As [`patience`](Self::patience), but of an end that closes there is always some: were it to wait
    /// for the other to read or to say something, it would not read or close itself.
    fn short_patience(&self) -> Option<usize> {
        self.patience().or(self.closes.then_some(2))
    }

    /// The message that this event ends, if it does.
    fn own(&self, event: Event<'_>) -> Option<OwnedMessage> {
        match event {
            Event::Text(text) => Some(text.into()),
            Event::Binary(bytes) => Some((&*bytes).into()),
            Event::Part { kind, bytes, last } => {
                let mut parts = self.parts.borrow_mut();
                parts.extend_from_slice(bytes);
                self.wants_part.set(!last);
                let bytes = last.then(|| std::mem::take(&mut *parts))?;
                Some(match kind {
                    Kind::Binary => bytes.into(),
                    Kind::Text => String::from_utf8(bytes).expect("a text").into(),
                })
            }
            _ => None,
        }
    }

    /// A message that tells itself from all others, and by whom it was sent.
    fn message(&self, task: usize) -> OwnedMessage {
        let mut choices = self.world.choices.borrow_mut();
        let len = match choices.len() {
            len @ 0..=3000 => len,
            // From 16 KiB on, it may be written from where it lies.
            len => 16_300 + len % 200,
        };
        let is_text = choices.once_in(2);
        self.world.count();
        let number = self.next.replace(self.next.get() + 1);
        let text: String =
            format!("{task}:{number}:").chars().chain(('a'..='z').cycle().take(len)).collect();
        if is_text { text.into() } else { text.into_bytes().into() }
    }

    /// Notes what came of a message.
    fn note(&self, outcome: Option<Result<(), Error>>, task: usize, message: &OwnedMessage) {
        let is_sure = matches!(outcome, Some(Ok(())));
        match outcome {
            Some(Err(Error::Send(SendError::Closing))) => return,
            Some(Err(error)) => self.excuse(&error),
            Some(Ok(())) | None => {}
        }
        self.sent[task].borrow_mut().push(Sent(message.clone(), is_sure));
    }

    /// Only a stream that breaks is a reason to fail, maybe within a message.
    fn excuse(&self, error: &Error) {
        if matches!(error, Error::PartsPending) && self.is_streaming {
            return self.wants_part.set(true);
        }
        let is_due = matches!(error, Error::Io(_) | Error::Send(SendError::MessageInProgress));
        assert!(is_due && self.world.broken().is_some(), "failed: {error}");
    }

    fn account(&self) -> Ended {
        self.ended.borrow().clone().expect("every end is explained")
    }

    async fn nap(&self) {
        if self.naps.get() > 0 && self.below(4) == 1 {
            self.naps.set(self.naps.get() - 1);
            Sleep::new(NAP).await;
        }
    }

    async fn act(&self, socket: &mut Socket<'_>) {
        let patience = self.short_patience();
        match self.below(10) {
            0 => drop(attempt_or_wait(patience, socket.flush()).await),
            1 if self.pings => drop(attempt_or_wait(patience, socket.ping()).await),
            2 => self.nap().await,
            3 | 4 => self.receive_for(socket, patience).await,
            5 => self.send_in_parts(socket).await,
            6 => {
                let message = self.message(0);
                let outcome = attempt_or_wait(patience, feed(socket, &message)).await;
                self.note(outcome, 0, &message);
            }
            _ => {
                let message = self.message(0);
                let outcome = attempt_or_wait(patience, socket.send(&message)).await;
                self.note(outcome, 0, &message);
            }
        }
    }

    /// Sends a message in three parts, each of which is tried until it is sent.
    async fn send_in_parts(&self, socket: &mut Socket<'_>) {
        let message = self.message(0);
        let bytes = message.as_bytes();
        let (head, tail) = bytes.split_at(bytes.len() / 2);
        for part in [head, &[]] {
            loop {
                match attempt_or_wait(self.short_patience(), socket.send_part(part)).await {
                    Some(Ok(())) => break,
                    Some(Err(Error::Send(SendError::Closing))) => return,
                    Some(Err(error)) => {
                        self.excuse(&error);
                        break;
                    }
                    // So that the other end gets on.
                    None => self.receive_for(socket, Some(2)).await,
                }
            }
        }
        // Once there is room for it, the last part is queued even if its future is dropped.
        while attempt_or_wait(self.short_patience(), ready(socket)).await.is_none() {
            self.receive_for(socket, Some(2)).await;
        }
        match attempt_or_wait(self.short_patience(), socket.send_last(tail)).await {
            Some(Err(Error::Send(SendError::Closing))) => return,
            Some(Err(error)) => self.excuse(&error),
            Some(Ok(())) | None => {}
        }
        self.sent[0].borrow_mut().push(Sent(bytes.to_vec().into(), true));
    }

    async fn receive(&self, socket: &mut Socket<'_>) {
        let patience = self.patience();
        self.receive_for(socket, patience).await;
    }

    async fn receive_for(&self, socket: &mut Socket<'_>, patience: Option<usize>) {
        let is_echoing = self.below(4) == 1 && self.replies;
        let outcome = match self.below(3) {
            choice if choice == 0 || self.wants_part.get() => {
                attempt_or_wait(patience, self.echo(socket, is_echoing)).await
            }
            1 => attempt_or_wait(patience, next(socket)).await,
            _ => attempt_or_wait(patience, socket.receive()).await,
        };
        match outcome {
            Some(Ok(message)) => self.seen.borrow_mut().extend(message),
            Some(Err(error)) => self.excuse(&error),
            None => {}
        }
    }

    /// Takes an event, and queues a message while it is held.
    async fn echo(
        &self,
        socket: &mut Socket<'_>,
        is_echoing: bool,
    ) -> Result<Option<OwnedMessage>, Error> {
        let Some((event, sender)) = socket.next_event().await? else { return Ok(None) };
        let message = self.message(0);
        if is_echoing && sender.send(&message).is_ok() {
            self.sent[0].borrow_mut().push(Sent(message, true));
        }
        Ok(self.own(event))
    }
}

/// Of what was sent, an end that was closed by the other has seen all; one that closed, the beginning.
fn check(sides: &[Side<'_>; 2]) {
    let [first, second] = sides;
    if let Some(broken) = first.world.broken() {
        return check_broken(&sides[broken], &sides[1 - broken]);
    }
    let [one, two] = sides.each_ref().map(Side::account);
    assert_eq!((one.sent, one.received), (two.received, two.sent), "accounts mirror each other");
    assert!(one.is_clean() && two.is_clean(), "both closed, so the end is clean");
    for (side, other, ended) in [(first, second, one), (second, first, two)] {
        match ended.initiator {
            Some(Initiator::Peer) => side.check_seen(other, Seen::All),
            Some(Initiator::Us) => side.check_seen(other, Seen::Beginning),
            None => panic!("both ends have closed"),
        }
    }
}

/// An end that could write no more has seen all that the other sent, and its close frame, unless it closed.
fn check_broken(broken: &Side<'_>, other: &Side<'_>) {
    assert_eq!(broken.account().received, other.account().sent, "the close frame is seen");
    broken.check_seen(other, if broken.closes { Seen::Beginning } else { Seen::All });
    // What cannot be written is no longer known to have been sent.
    other.check_seen(broken, Seen::Beginning);
}

/// So many bytes may wait at least if there are pings.
const LEAST_WITH_PINGS: usize = 1000;

/// How much of what the other end sent has been seen.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Seen {
    All,
    Beginning,
}

impl Side<'_> {
    /// What each task of the other end sent has been seen in order, once, and nothing else.
    fn check_seen(&self, other: &Side<'_>, how_much: Seen) {
        let seen = self.seen.borrow();
        let mut count = 0;
        for (task, sent) in other.sent.iter().enumerate() {
            let prefix = format!("{task}:");
            let mut seen = seen.iter().filter(|it| it.as_bytes().starts_with(prefix.as_bytes()));
            let mut next = seen.next();
            for Sent(message, is_sure) in &*sent.borrow() {
                if next.is_some_and(|next| next.as_bytes() == message.as_bytes()) {
                    assert_eq!(next, Some(message), "of the same kind");
                    (next, count) = (seen.next(), count + 1);
                } else if next.is_some() || how_much == Seen::All {
                    assert!(!is_sure, "what is sent is seen");
                }
            }
            assert_eq!(next, None, "what is seen was sent");
        }
        assert_eq!(count, seen.len(), "all that is seen was sent by a task");
    }
}
