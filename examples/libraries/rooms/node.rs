//! This process: its rooms, and what it does from time to time.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use sansocket::polled::Hub;
use sansocket::{Config, Limits, Timeouts};
use tokio::sync::{Notify, watch};
use tokio::time::{MissedTickBehavior, interval, sleep};

use super::engine::Engine;
use super::options::Options;
use super::room::{Room, Visit};
use super::{Failure, lock};

/// This process.
pub(crate) struct Node {
    pub(crate) options: Options,
    pub(crate) config: Arc<Config>,
    pub(crate) engine: Engine,
    hub: Hub<String>,
    rooms: Mutex<HashMap<String, Arc<Room>>>,
    /// A room wants to be opened.
    is_asked: Notify,
    is_up: AtomicBool,
    /// Whether the clients have to go to another node.
    pub(crate) ending: watch::Sender<bool>,
}

impl Node {
    /// Starts a node, without its port.
    pub(crate) async fn start(options: Options) -> Result<Arc<Self>, Failure> {
        let engine = Engine::new(&options)?;
        engine.ping().await?;
        let node = Arc::new(Self {
            options,
            config: config().shared(),
            engine,
            hub: Hub::default(),
            rooms: Mutex::default(),
            is_asked: Notify::new(),
            is_up: AtomicBool::new(true),
            ending: watch::Sender::new(false),
        });
        #[cfg(feature = "redis")]
        if let Engine::Redis(_) = &node.engine {
            tokio::spawn(super::redis::follow(Arc::clone(&node)));
        }
        tokio::spawn(Arc::clone(&node).keep_house());
        Ok(node)
    }

    /// Sends all clients to other nodes, and tells those that nobody is here any more.
    pub(crate) async fn end(&self) {
        self.is_up.store(false, Ordering::Relaxed);
        self.ending.send_replace(true);
        let start = Instant::now();
        while start.elapsed() < FAREWELL
            && self.rooms().iter().any(|room| !room.is_empty_for(Duration::ZERO))
        {
            sleep(TICK).await;
        }
        for room in self.rooms() {
            // The others find out by themselves, later.
            let _ = self.engine.announce(&room).await;
        }
    }

    /// Counts a client that wants to join a room. Returns `None` if there are too many.
    pub(crate) fn visit(&self, name: &str) -> Option<Visit> {
        let mut rooms = lock(&self.rooms);
        let is_full = rooms.len() >= MOST_ROOMS;
        let room = match rooms.entry(name.to_owned()) {
            Entry::Occupied(entry) => entry.into_mut(),
            Entry::Vacant(_) if is_full => return None,
            Entry::Vacant(entry) => {
                self.is_asked.notify_one();
                entry.insert(Arc::new(Room::new(name, &self.hub, self.options.keep)))
            }
        };
        // While the rooms are locked, so that it is not forgotten meanwhile.
        Some(room.visit())
    }

    /// Returns a room, if this node has it.
    #[cfg(feature = "redis")]
    pub(crate) fn room(&self, name: &str) -> Option<Arc<Room>> {
        lock(&self.rooms).get(name).cloned()
    }

    pub(crate) fn rooms(&self) -> Vec<Arc<Room>> {
        lock(&self.rooms).values().cloned().collect()
    }

    /// Returns whether clients are welcome.
    pub(crate) fn is_up(&self) -> bool {
        self.is_up.load(Ordering::Relaxed)
    }

    /// Has missing rooms opened.
    #[cfg(feature = "redis")]
    pub(crate) fn ask(&self) {
        self.is_asked.notify_one();
    }

    /// Opens and closes rooms, and tells who is in them. One task does this, so that one step follows the other.
    async fn keep_house(self: Arc<Self>) {
        let mut ticks = interval(TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut beat = Instant::now();
        loop {
            tokio::select! {
                _ = ticks.tick() => {}
                () = self.is_asked.notified() => {}
            }
            // Two beats may be lost.
            let is_beat = beat.elapsed() >= self.options.ttl / 3;
            if is_beat {
                beat = Instant::now();
            }
            let outcome = self.keep_rooms(is_beat).await;
            if let Err(error) = &outcome {
                eprintln!("{error}");
            }
            self.is_up.store(outcome.is_ok() && !*self.ending.borrow(), Ordering::Relaxed);
        }
    }

    async fn keep_rooms(&self, is_beat: bool) -> Result<(), Failure> {
        let rooms = self.rooms();
        for room in &rooms {
            room.tell_people(&self.options.name);
        }
        if is_beat {
            self.engine.ping().await?;
        }
        for room in &rooms {
            if !room.is_ready() {
                self.engine.open(room).await?;
            }
            if room.people(|people| people.take_news()) || is_beat {
                self.engine.announce(room).await?;
            }
            if self.forgets(room) {
                self.engine.close(room).await?;
            }
        }
        Ok(())
    }

    /// Forgets a room that nobody has been in for a while.
    fn forgets(&self, room: &Room) -> bool {
        let mut rooms = lock(&self.rooms);
        let is_only = self.engine.has_the_only_history() && rooms.len() < MOST_ROOMS / 2;
        let is_over = !is_only && room.is_empty_for(LINGER);
        if is_over {
            rooms.remove(&room.name);
        }
        is_over
    }
}

fn config() -> Config {
    let seconds = Duration::from_secs;
    // A client that is disconnected because it is slow has some time to find out why.
    let timeouts = Timeouts::new().idle(seconds(15)).pong(seconds(15)).end(seconds(10));
    let config = Config::new().timeouts(timeouts).limits(Limits::new().message(16 << 10));
    #[cfg(feature = "deflate")]
    let config = config.compression(sansocket::deflate::Compression::dedicated());
    config
}

/// How often a node looks after its rooms. So long it takes at most until clients are told who is here.
const TICK: Duration = Duration::from_millis(100);
/// How long a room is kept that nobody is in.
const LINGER: Duration = Duration::from_secs(10);
/// How long clients may take to leave.
const FAREWELL: Duration = Duration::from_secs(3);
const MOST_ROOMS: usize = 1000;
