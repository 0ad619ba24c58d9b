//! Topics, and the connections that joined them.
//!
//! ```text
//! Hub ─▶ Mutex<topic name ─▶ Arc<Topic>> ─▶ Mutex<places> ─▶ Shared: Backlog, Sender
//!                                               └─▶ observer: Presence
//! ```
//!
//! The first lock is taken to find a topic, and before the second one if both are. Nothing here awaits.

use alloc::boxed::Box;
use alloc::sync::{Arc, Weak};
use alloc::vec::Vec;
use core::fmt;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::halves::Writer;
use super::io::Io;
use super::presence::{Change, Member, Place, Presence, is_taken};
use crate::connection::{Backlog, Prepared, Pushed};

/// Topics that connections join, and to which any task publishes.
///
/// Publishing pushes a message into the [`Backlog`] of each member, and waits for none of them. The members of one hub
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
///
/// # Presence
///
/// A member of a `Hub<P>` joins with a value of type `P`, such as the name of a user. [`present`](Self::present) returns
/// who is in a topic, and [`observed`](Self::observed) has each change announced.
pub struct Hub<P = ()>(Arc<Topics<P>>);

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
pub struct Membership<P = ()> {
    hub: Hub<P>,
    topic: Arc<Topic<P>>,
    number: u64,
}

struct Topics<P> {
    by_name: Mutex<HashMap<Box<str>, Arc<Topic<P>>>>,
    observer: Option<Observer<P>>,
}

type Observer<P> = Box<dyn Fn(&Presence<'_, P>) + Send + Sync>;

struct Topic<P> {
    name: Box<str>,
    places: Mutex<Places<P>>,
}

struct Places<P> {
    next: u64,
    list: Vec<Place<P>>,
}

impl Hub {
    /// Creates a hub without topics. Its members have no names: [`Hub::default`](Self::default) is for those that do.
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
        self.join_as(topic, member, ())
    }
}

impl<P> Hub<P> {
    /// Creates a hub that calls `observer` whenever somebody joins or leaves a topic.
    ///
    /// The changes of a topic are observed one after the other, in the order in which they happen, and nothing is
    /// published to the topic meanwhile. So a member that is [welcomed](Presence::welcome) with the list of those present
    /// and then gets each change always knows who is there. The topic is locked until `observer` returns, so it must not
    /// use the hub.
    ///
    /// ```
    /// use sansocket::Prepared;
    /// use sansocket::polled::{Change, Hub};
    ///
    /// let hub = Hub::<String>::observed(|presence| match presence.change() {
    ///     Change::Joined(name) => {
    ///         let names: Vec<&str> = presence.present().map(String::as_str).collect();
    ///         presence.welcome(&Prepared::new(format!("here: {}", names.join(", "))));
    ///         presence.publish(&Prepared::new(format!("{name} joined")));
    ///     }
    ///     Change::Left(name) => {
    ///         presence.publish(&Prepared::new(format!("{name} left")));
    ///     }
    /// });
    /// assert!(hub.present("lobby").is_empty());
    /// ```
    pub fn observed(observer: impl Fn(&Presence<'_, P>) + Send + Sync + 'static) -> Self {
        Self::with_observer(Some(Box::new(observer)))
    }

    /// Has a connection [join](Hub::join) a topic, under a name or what else the application knows of it.
    ///
    /// ```
    /// use sansocket::polled::{Hub, Io, Membership, Writer};
    ///
    /// fn enter<S, I>(hub: &Hub<String>, writer: &Writer<S, I>, name: &str) -> Membership<String>
    /// where
    ///     S: Send + 'static,
    ///     I: Io<S, Sleep: Send> + 'static,
    /// {
    ///     hub.join_as("lobby", writer, name.to_owned())
    /// }
    /// ```
    pub fn join_as<S, I>(&self, topic: &str, member: &Writer<S, I>, who: P) -> Membership<P>
    where
        S: Send + 'static,
        I: Io<S, Sleep: Send> + 'static,
    {
        let mut topics = lock(&self.0.by_name);
        let new = || Arc::new(Topic::new(topic));
        let topic = Arc::clone(topics.entry(topic.into()).or_insert_with(new));
        let mut places = lock(&topic.places);
        drop(topics);
        let left = self.sweep(&topic, &mut places);
        let number = places.add(member.as_member(), who);
        if let Some(place) = places.list.last() {
            self.observe(&topic, &places, Change::Joined(&place.who));
        }
        drop(places);
        drop(left);
        Membership { hub: self.clone(), topic, number }
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
        self.find(topic).map_or(0, |topic| lock(&topic.places).present().count())
    }

    /// Returns who is in a topic: what its members [joined as](Self::join_as), in the order of their coming.
    ///
    /// Somebody who joined with two connections is there twice.
    pub fn present(&self, topic: &str) -> Vec<P>
    where
        P: Clone,
    {
        let Some(topic) = self.find(topic) else { return Vec::new() };
        lock(&topic.places).present().map(|place| place.who.clone()).collect()
    }

    fn with_observer(observer: Option<Observer<P>>) -> Self {
        Self(Arc::new(Topics { by_name: Mutex::default(), observer }))
    }

    fn publish_by(&self, topic: &str, push: &dyn Fn(&mut Backlog) -> Pushed) -> usize {
        let Some(topic) = self.find(topic) else { return 0 };
        let mut places = lock(&topic.places);
        let taken = places.list.iter().filter(|place| is_taken(place.push(push))).count();
        let left = self.sweep(&topic, &mut places);
        drop(places);
        drop(left);
        taken
    }

    fn find(&self, topic: &str) -> Option<Arc<Topic<P>>> {
        lock(&self.0.by_name).get(topic).cloned()
    }

    /// Removes a member, and its topic if that is then empty.
    fn leave(&self, topic: &Arc<Topic<P>>, number: u64) {
        let mut places = lock(&topic.places);
        let at = places.list.iter().position(|place| place.number == number);
        let member = at.map(|at| self.remove(topic, &mut places, at));
        let others = self.sweep(topic, &mut places);
        drop(places);
        drop((member, others));
        self.remove_if_empty(topic);
    }

    fn remove_if_empty(&self, topic: &Arc<Topic<P>>) {
        let mut topics = lock(&self.0.by_name);
        let is_listed = topics.get(&topic.name).is_some_and(|listed| Arc::ptr_eq(listed, topic));
        if is_listed && lock(&topic.places).list.is_empty() {
            topics.remove(&topic.name);
        }
    }

    /// Removes the members whose connection was dropped. Returns them, to be dropped without a lock: the application may
    /// use the hub when what it knows of them is dropped.
    fn sweep(&self, topic: &Topic<P>, places: &mut Places<P>) -> Vec<Place<P>> {
        let mut left = Vec::new();
        while let Some(at) = places.list.iter().position(|place| !place.is_present()) {
            left.push(self.remove(topic, places, at));
        }
        left
    }

    fn remove(&self, topic: &Topic<P>, places: &mut Places<P>, at: usize) -> Place<P> {
        let place = places.list.remove(at);
        self.observe(topic, places, Change::Left(&place.who));
        place
    }

    fn observe(&self, topic: &Topic<P>, places: &Places<P>, change: Change<'_, P>) {
        if let Some(observer) = &self.0.observer {
            observer(&Presence { topic: &topic.name, change, places: &places.list });
        }
    }
}

impl<P> Topic<P> {
    fn new(name: &str) -> Self {
        Self { name: name.into(), places: Mutex::new(Places { next: 0, list: Vec::new() }) }
    }
}

impl<P> Places<P> {
    fn add(&mut self, member: Weak<dyn Member>, who: P) -> u64 {
        self.next += 1;
        self.list.push(Place { number: self.next, member, who });
        self.next
    }

    fn present(&self) -> impl Iterator<Item = &Place<P>> {
        self.list.iter().filter(|place| place.is_present())
    }
}

impl<P> Membership<P> {
    /// Returns the name of the topic.
    pub fn topic(&self) -> &str {
        &self.topic.name
    }
}

impl<P> Drop for Membership<P> {
    fn drop(&mut self) {
        self.hub.leave(&self.topic, self.number);
    }
}

impl<P> Clone for Hub<P> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<P> Default for Hub<P> {
    fn default() -> Self {
        Self::with_observer(None)
    }
}

impl<P> fmt::Debug for Hub<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hub").field("topics", &lock(&self.0.by_name).len()).finish_non_exhaustive()
    }
}

impl<P> fmt::Debug for Membership<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Membership").field("topic", &self.topic.name).finish_non_exhaustive()
    }
}

/// A thread that panicked cannot have left a list inconsistent.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
