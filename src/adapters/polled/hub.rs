//! Topics, and the connections that joined them.
//!
//! ```text
//! Hub ─▶ Mutex<topic name ─▶ Arc<Topic>> ─▶ Mutex<members> ─▶ Shared: Backlog, Sender
//! ```
//!
//! To publish takes the first lock only to find the topic. No lock is held across an await: nothing here awaits.

use alloc::boxed::Box;
use alloc::sync::{Arc, Weak};
use alloc::vec::Vec;
use core::fmt;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::halves::Writer;
use super::io::Io;
use crate::connection::{Backlog, Prepared, Pushed};

/// Topics that connections join, and to which any task publishes.
///
/// To publish pushes a message into the [`Backlog`] of each member, and waits for none of them. The members of one hub
/// may be connections over streams of different types and runtimes. All members of a topic get its messages in one
/// order. A clone is the same hub.
///
/// ```
/// use sansocket::polled::{Hub, Io, Reader, Writer};
/// use sansocket::{Error, Prepared};
///
/// async fn chat<S, I>(hub: Hub, mut reader: Reader<S, I>, writer: Writer<S, I>) -> Result<(), Error>
/// where
///     S: Send + 'static,
///     I: Io<S, Sleep: Send> + 'static,
/// {
///     let _membership = hub.join("lobby", &writer); // Leaves when it is dropped.
///     while let Some(message) = reader.receive().await? {
///         hub.publish("lobby", &Prepared::new(message));
///     }
///     Ok(())
/// }
/// ```
#[derive(Clone, Default)]
pub struct Hub(Arc<Topics>);

/// A connection's place in a topic. Dropping it leaves the topic.
///
/// ```
/// use sansocket::polled::{Hub, Membership};
///
/// struct Session {
///     rooms: Vec<Membership>,
/// }
///
/// let session = Session { rooms: Vec::new() };
/// drop(session); // Leaves all rooms.
/// # let _ = Hub::new();
/// ```
#[must_use = "dropping it leaves the topic"]
pub struct Membership {
    hub: Hub,
    topic: Box<str>,
    number: u64,
}

#[derive(Default)]
struct Topics(Mutex<HashMap<Box<str>, Arc<Topic>>>);

#[derive(Default)]
struct Topic(Mutex<Members>);

#[derive(Default)]
struct Members {
    next: u64,
    /// Weak, so that a connection ends when its halves are dropped.
    list: Vec<(u64, Weak<dyn Member>)>,
}

/// A connection of whatever stream and runtime.
pub(super) trait Member: Send + Sync {
    /// Pushes a message into the backlog.
    fn push(&self, push: &dyn Fn(&mut Backlog) -> Pushed) -> Pushed;
}

impl Hub {
    /// Creates a hub without topics.
    pub fn new() -> Self {
        Self::default()
    }

    /// Has a connection join a topic, which is created if nobody has joined it yet.
    ///
    /// What happens if the member reads too slowly is for its [`Backlog`] to say: see
    /// [`Writer::with_backlog`].
    pub fn join<S, I>(&self, topic: &str, member: &Writer<S, I>) -> Membership
    where
        S: Send + 'static,
        I: Io<S, Sleep: Send> + 'static,
    {
        let mut topics = lock(&self.0.0);
        let members = Arc::clone(topics.entry(topic.into()).or_default());
        let number = lock(&members.0).add(member.as_member());
        drop(topics);
        Membership { hub: self.clone(), topic: topic.into(), number }
    }

    /// Pushes a message into the backlog of each member of a topic. Returns how many took it.
    pub fn publish(&self, topic: &str, message: &Prepared) -> usize {
        self.publish_by(topic, &|backlog| backlog.push(message))
    }

    /// Pushes a message that replaces an older one with the same key, where that still waits. Returns how many members
    /// took it.
    pub fn publish_latest(&self, topic: &str, key: u64, message: &Prepared) -> usize {
        self.publish_by(topic, &|backlog| backlog.push_latest(key, message))
    }

    /// Returns how many connections have joined a topic.
    pub fn members(&self, topic: &str) -> usize {
        self.find(topic).map_or(0, |topic| lock(&topic.0).count())
    }

    fn publish_by(&self, topic: &str, push: &dyn Fn(&mut Backlog) -> Pushed) -> usize {
        let Some(topic) = self.find(topic) else { return 0 };
        let mut members = lock(&topic.0);
        let mut taken = 0;
        members.list.retain(|(_, member)| {
            let Some(member) = member.upgrade() else { return false };
            taken += usize::from(matches!(member.push(push), Pushed::Queued | Pushed::Replaced));
            true
        });
        taken
    }

    fn find(&self, topic: &str) -> Option<Arc<Topic>> {
        lock(&self.0.0).get(topic).cloned()
    }

    /// Removes a member, and its topic if that is then empty.
    fn leave(&self, topic: &str, number: u64) {
        let mut topics = lock(&self.0.0);
        let Some(found) = topics.get(topic) else { return };
        let mut members = lock(&found.0);
        members.list.retain(|(known, _)| *known != number);
        let is_empty = members.count() == 0;
        drop(members);
        if is_empty {
            topics.remove(topic);
        }
    }
}

impl Members {
    fn add(&mut self, member: Weak<dyn Member>) -> u64 {
        self.next += 1;
        self.list.push((self.next, member));
        self.next
    }

    /// Counts those whose connection was not dropped.
    fn count(&self) -> usize {
        self.list.iter().filter(|(_, member)| member.strong_count() > 0).count()
    }
}

impl Membership {
    /// Returns the name of the topic.
    pub fn topic(&self) -> &str {
        &self.topic
    }
}

impl Drop for Membership {
    fn drop(&mut self) {
        self.hub.leave(&self.topic, self.number);
    }
}

impl fmt::Debug for Hub {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hub").field("topics", &lock(&self.0.0).len()).finish_non_exhaustive()
    }
}

impl fmt::Debug for Membership {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Membership").field("topic", &self.topic).finish_non_exhaustive()
    }
}

/// A thread that panicked cannot have left a list inconsistent.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
