//! A room on this node.
//!
//! ```text
//! engine ─▶ hear, restore ─▶ Log ─▶ Hub ─▶ Backlog of each client
//!                             └──── join: what was missed
//! ```
//!
//! One lock guards the log. Messages are published, and clients join, while it is held: so a client gets what it missed
//! and then what comes, without gap or double.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use sansocket::Prepared;
use sansocket::polled::{Hub, Membership};
use sansocket::tokio::Writer;
use tokio::net::TcpStream;
use tokio::sync::watch;

use super::log::{Log, Seen};
use super::node::Node;
use super::people::People;
use super::{lock, random};

/// A room on this node.
pub(crate) struct Room {
    pub(crate) name: String,
    hub: Hub<String>,
    state: Mutex<State>,
    is_ready: watch::Sender<bool>,
}

struct State {
    log: Log,
    people: People,
    /// How many clients use this room, or want to.
    guests: usize,
    /// Since when the number of guests is what it is.
    since: Instant,
}

/// A client's stay in a room. It ends when this is dropped.
pub(crate) struct Visit {
    pub(crate) room: Arc<Room>,
    joined: Option<Membership<String>>,
}

/// What a numbered message is to this node.
#[cfg(feature = "redis")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub(crate) enum Heard {
    /// It was published, now or before.
    Published,
    /// It does not follow on the log: read what is between.
    Gap,
}

impl Room {
    pub(crate) fn new(name: &str, hub: &Hub<String>, keep: usize) -> Self {
        let state = State {
            log: Log::new(random(), keep),
            people: People::default(),
            guests: 0,
            since: Instant::now(),
        };
        let (name, hub, is_ready) = (name.to_owned(), hub.clone(), watch::Sender::new(false));
        Self { name, hub, state: Mutex::new(state), is_ready }
    }

    /// Counts a client that wants to join.
    pub(crate) fn visit(self: &Arc<Self>) -> Visit {
        lock(&self.state).count(|guests| guests + 1);
        Visit { room: Arc::clone(self), joined: None }
    }

    /// Gives a message its number, and publishes it. For a room that only this process has.
    pub(crate) fn say(&self, id: &str, name: &str, text: &str) {
        let mut state = lock(&self.state);
        if !state.log.has(id) {
            let number = state.log.last + 1;
            let message = state.log.append(number, &entry(id, name, text));
            self.hub.publish(&self.name, &message);
        }
    }

    /// Publishes a message that the engine has numbered.
    #[cfg(feature = "redis")]
    pub(crate) fn hear(&self, epoch: &str, number: u64, entry: &str) -> Heard {
        let mut state = lock(&self.state);
        if epoch != state.log.epoch || number > state.log.last + 1 {
            return Heard::Gap;
        }
        if number > state.log.last {
            self.hub.publish(&self.name, &state.log.append(number, entry));
        }
        Heard::Published
    }

    /// Publishes what the engine has and this node has not. `entries` end with the number `last`.
    #[cfg(feature = "redis")]
    pub(crate) fn restore(&self, node: &str, epoch: &str, last: u64, entries: &[String]) {
        let mut state = lock(&self.state);
        let first = (last + 1).saturating_sub(entries.len() as u64);
        let is_other = epoch != state.log.epoch;
        if is_other {
            state.log = state.log.successor(epoch);
        }
        if is_other || first > state.log.last + 1 {
            self.hub.publish(&self.name, &hello(node, epoch, first, last));
        }
        for (number, entry) in (first..).zip(entries) {
            if number > state.log.last {
                self.hub.publish(&self.name, &state.log.append(number, entry));
            }
        }
    }

    /// Returns what this node has of the room.
    #[cfg(feature = "redis")]
    pub(crate) fn seen(&self) -> Seen {
        let state = lock(&self.state);
        Seen { epoch: state.log.epoch.clone(), last: state.log.last }
    }

    /// Tells the clients who is here, if that has changed. Of several such messages that a slow client has not taken,
    /// it gets the newest.
    pub(crate) fn tell_people(&self, node: &str) {
        let mut state = lock(&self.state);
        if let Some(news) = state.people.news(node, || self.names(), Instant::now()) {
            self.hub.publish_latest(&self.name, HERE, &Prepared::new(news));
        }
    }

    /// Returns who is in the room on this node.
    pub(crate) fn names(&self) -> Vec<String> {
        self.hub.present(&self.name)
    }

    /// Changes what is known of who is here.
    pub(crate) fn people<R>(&self, change: impl FnOnce(&mut People) -> R) -> R {
        change(&mut lock(&self.state).people)
    }

    /// Returns whether no client has been here for this long.
    pub(crate) fn is_empty_for(&self, time: Duration) -> bool {
        let state = lock(&self.state);
        state.guests == 0 && state.since.elapsed() >= time
    }

    pub(crate) fn is_ready(&self) -> bool {
        *self.is_ready.borrow()
    }

    /// Sets whether this node hears what is said in the room.
    pub(crate) fn set_ready(&self, is_ready: bool) {
        self.is_ready.send_replace(is_ready);
    }
}

impl State {
    fn count(&mut self, change: impl FnOnce(usize) -> usize) {
        self.guests = change(self.guests);
        self.since = Instant::now();
    }
}

impl Visit {
    /// Waits until this node hears what is said in the room.
    pub(crate) async fn ready(&self) {
        // The sender is part of the room, so there is one.
        let _ = self.room.is_ready.subscribe().wait_for(|is_ready| *is_ready).await;
    }

    /// Sends what the client has missed, and has it get what comes.
    pub(crate) fn join(
        &mut self,
        node: &Node,
        name: &str,
        seen: &Seen,
        writer: &Writer<TcpStream>,
    ) {
        let room = &self.room;
        let mut state = lock(&room.state);
        // Half of the backlog is for what comes meanwhile.
        let missed = state.log.missed(seen, node.options.backlog / 2);
        let first = state.log.last + 1 - missed.len() as u64;
        let hello = hello(&node.options.name, &state.log.epoch, first, state.log.last);
        writer.with_backlog(|backlog| {
            for message in [hello].iter().chain(&missed) {
                // If it does not fit, the connection ends.
                let _ = backlog.push(message);
            }
        });
        self.joined = Some(room.hub.join_as(&room.name, writer, name.to_owned()));
        state.people.change();
    }
}

impl Drop for Visit {
    fn drop(&mut self) {
        let mut state = lock(&self.room.state);
        state.count(|guests| guests - 1);
        if self.joined.take().is_some() {
            state.people.change();
        }
    }
}

/// The first message to a client: the node, the epoch, and the numbers of the first message that follows, and of the last
/// one that there is.
fn hello(node: &str, epoch: &str, first: u64, last: u64) -> Prepared {
    Prepared::new(format!("hello\t{node}\t{epoch}\t{first}\t{last}"))
}

/// A message as it is stored, with the milliseconds since 1970.
pub(crate) fn entry(id: &str, name: &str, text: &str) -> String {
    let time = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_millis());
    format!("{time}\t{id}\t{name}\t{text}")
}

/// The key of the messages that tell who is here.
const HERE: u64 = 0;
