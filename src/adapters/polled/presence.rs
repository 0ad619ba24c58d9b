//! Who is in a topic, when somebody joins or leaves it.

use alloc::sync::Weak;
use core::fmt;

use crate::connection::{Backlog, Prepared, Pushed};

/// Somebody who has joined or left a topic, as what they [joined as](super::Hub::join_as).
///
/// ```
/// use sansocket::polled::Change;
///
/// fn describe(change: Change<'_, String>) -> String {
///     match change {
///         Change::Joined(name) => format!("{name} joined"),
///         Change::Left(name) => format!("{name} left"),
///     }
/// }
/// ```
#[derive(Debug, PartialEq, Eq)]
pub enum Change<'p, P> {
    /// The newcomer is [present](Presence::present).
    Joined(&'p P),
    /// The membership was dropped, or the connection. Who left is not present any more.
    Left(&'p P),
}

/// A topic at the moment when somebody joins or leaves it, for the observer of a [`Hub`](super::Hub::observed).
///
/// A user with several connections joins several times. The first and the last of them can be told by those present:
///
/// ```
/// use sansocket::Prepared;
/// use sansocket::polled::{Change, Hub, Presence};
///
/// fn announce(presence: &Presence<'_, String>) {
///     let connections = |name: &String| presence.present().filter(|it| *it == name).count();
///     let text = match presence.change() {
///         Change::Joined(name) if connections(name) == 1 => format!("{name} is online"),
///         Change::Left(name) if connections(name) == 0 => format!("{name} is offline"),
///         Change::Joined(_) | Change::Left(_) => return,
///     };
///     presence.publish(&Prepared::new(text));
/// }
///
/// let hub = Hub::observed(announce);
/// # let _: Hub<String> = hub;
/// ```
pub struct Presence<'p, P> {
    pub(super) topic: &'p str,
    pub(super) change: Change<'p, P>,
    /// A newcomer is the last.
    pub(super) places: &'p [Place<P>],
}

/// A member of a topic, and what it joined as.
pub(super) struct Place<P> {
    pub(super) number: u64,
    /// Weak, so that a connection ends when its halves are dropped.
    pub(super) member: Weak<dyn Member>,
    pub(super) who: P,
}

/// A connection of whatever stream and runtime.
pub(super) trait Member: Send + Sync {
    /// Pushes a message into the backlog.
    fn push(&self, push: &dyn Fn(&mut Backlog) -> Pushed) -> Pushed;
}

impl<'p, P> Presence<'p, P> {
    /// Returns the name of the topic.
    pub const fn topic(&self) -> &'p str {
        self.topic
    }

    /// Returns who has joined or left.
    pub const fn change(&self) -> Change<'p, P> {
        self.change
    }

    /// Returns who is in the topic after the change, in the order of their coming.
    ///
    /// Somebody whose connection was dropped is among them until that change is announced, too.
    pub fn present(&self) -> impl Iterator<Item = &'p P> {
        self.places.iter().map(|place| &place.who)
    }

    /// Pushes a message into the backlog of each member but a newcomer. Returns how many took it.
    pub fn publish(&self, message: &Prepared) -> usize {
        let (others, _) = self.split();
        others.iter().filter(|place| is_taken(place.push(&|it| it.push(message)))).count()
    }

    /// Pushes a message into the backlog of the newcomer. Returns whether it took it: nobody does if somebody left.
    pub fn welcome(&self, message: &Prepared) -> bool {
        let (_, newcomer) = self.split();
        newcomer.is_some_and(|place| is_taken(place.push(&|it| it.push(message))))
    }

    /// Returns the places of the others, and that of the newcomer.
    fn split(&self) -> (&'p [Place<P>], Option<&'p Place<P>>) {
        match (self.change, self.places.split_last()) {
            (Change::Joined(_), Some((newcomer, others))) => (others, Some(newcomer)),
            _ => (self.places, None),
        }
    }
}

impl<P> Place<P> {
    /// Whether the connection was not dropped.
    pub(super) fn is_present(&self) -> bool {
        self.member.strong_count() > 0
    }

    /// Pushes a message, unless the connection was dropped.
    pub(super) fn push(&self, push: &dyn Fn(&mut Backlog) -> Pushed) -> Option<Pushed> {
        self.member.upgrade().map(|member| member.push(push))
    }
}

/// Whether a member took a message.
pub(super) const fn is_taken(pushed: Option<Pushed>) -> bool {
    matches!(pushed, Some(Pushed::Queued | Pushed::Replaced))
}

impl<P> Clone for Change<'_, P> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<P> Copy for Change<'_, P> {}

impl<P: fmt::Debug> fmt::Debug for Presence<'_, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { topic, change, .. } = self;
        f.debug_struct("Presence")
            .field("topic", topic)
            .field("change", change)
            .finish_non_exhaustive()
    }
}
