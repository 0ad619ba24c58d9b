//! Who is in a room, on this node and on the others.
//!
//! The hub knows who is here. Each node says from time to time who is there, and at once when that changes. It is forgotten if it does not.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

/// Who is in a room.
#[derive(Default)]
pub(crate) struct People {
    elsewhere: BTreeMap<String, Peer>,
    /// Whether the other nodes have not been told.
    is_news_elsewhere: bool,
    /// Whether the clients of this node have not been told.
    is_news_here: bool,
}

/// What another node said.
struct Peer {
    names: Vec<String>,
    /// When to forget it.
    until: Instant,
}

impl People {
    /// Somebody has joined or left on this node.
    pub(crate) fn change(&mut self) {
        (self.is_news_here, self.is_news_elsewhere) = (true, true);
    }

    /// Returns whether the other nodes have to be told. Then they are.
    pub(crate) fn take_news(&mut self) -> bool {
        std::mem::take(&mut self.is_news_elsewhere)
    }

    /// Has the other nodes told, because one of them asks.
    #[cfg(feature = "redis")]
    pub(crate) fn repeat(&mut self) {
        self.is_news_elsewhere = true;
    }

    /// Takes what another node said. No names: nobody is there any more.
    #[cfg(feature = "redis")]
    pub(crate) fn hear(&mut self, node: &str, names: Vec<String>, until: Instant) {
        let is_same = self.elsewhere.get(node).is_some_and(|peer| peer.names == names);
        self.is_news_here |= !is_same;
        if names.is_empty() {
            self.elsewhere.remove(node);
        } else {
            self.elsewhere.insert(node.to_owned(), Peer { names, until });
        }
    }

    /// Returns `here\tNAME\tNODE\tNAME\tNODE…` for the clients, if it is not what they were told last.
    pub(crate) fn news(
        &mut self,
        node: &str,
        here: impl FnOnce() -> Vec<String>,
        now: Instant,
    ) -> Option<String> {
        let before = self.elsewhere.len();
        self.elsewhere.retain(|_, peer| peer.until > now);
        self.is_news_here |= self.elsewhere.len() < before;
        if !self.is_news_here {
            return None;
        }
        self.is_news_here = false;
        let here = here();
        let here = here.iter().map(|name| (name.as_str(), node));
        let elsewhere = self
            .elsewhere
            .iter()
            .flat_map(|(node, peer)| peer.names.iter().map(|name| (name.as_str(), node.as_str())));
        let all: BTreeSet<_> = here.chain(elsewhere).collect();
        let fields = all.into_iter().map(|(name, node)| format!("\t{name}\t{node}"));
        Some(format!("here{}", fields.collect::<String>()))
    }
}
