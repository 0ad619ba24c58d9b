//! Rooms: their members, and the messages to all of them.

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use sansocket::{Cause, Ended, OwnedMessage};

use super::history::History;
use super::lock;
use super::member::{Download, Member};
use super::upload::{Parts, Upload};

const MOST_ROOMS: usize = 64;
const MOST_MEMBERS: usize = 64;
/// Files that wait for their owners to come back.
const MOST_PAUSED: usize = 8;

/// All rooms, by name.
pub(crate) struct Rooms {
    keep: Option<PathBuf>,
    rooms: Mutex<BTreeMap<String, Arc<Room>>>,
}

pub(crate) struct Room(Mutex<State>);

struct State {
    members: Vec<Arc<Member>>,
    history: History,
    paused: Vec<Upload>,
}

/// The events that a page has seen already.
pub(crate) struct Seen<'a> {
    pub(crate) epoch: &'a str,
    /// The number of the last event.
    pub(crate) last: u32,
}

/// The reasons not to let someone in. Codes from 4000 to 4999 are free for private use (section 7.4.2).
#[derive(Clone, Copy)]
pub(crate) enum Refused {
    NameTaken,
    Full,
    Disk,
}

/// The code for a page that has come back by another connection.
pub(crate) const REPLACED: u16 = 4002;

impl Refused {
    pub(crate) const fn close(self) -> (u16, &'static str) {
        match self {
            Self::NameTaken => (4009, "someone here has this name"),
            Self::Full => (4010, "there is no room for one more"),
            Self::Disk => (4011, "the history of this room cannot be read"),
        }
    }
}

impl Rooms {
    /// Creates the set of rooms. `keep` is the folder for their histories.
    pub(crate) fn new(keep: Option<PathBuf>) -> Self {
        Self { keep, rooms: Mutex::default() }
    }

    /// Lets a member into a room, and sends what they missed.
    pub(crate) fn enter(
        &self,
        name: &str,
        member: &Arc<Member>,
        seen: &Seen<'_>,
    ) -> Result<Arc<Room>, Refused> {
        let room = self.open(name)?;
        room.join(member, seen)?;
        Ok(room)
    }

    fn open(&self, name: &str) -> Result<Arc<Room>, Refused> {
        let mut rooms = lock(&self.rooms);
        if let Some(room) = rooms.get(name) {
            return Ok(Arc::clone(room));
        }
        if rooms.len() == MOST_ROOMS {
            // A room that nobody else holds is empty.
            let empty = rooms.iter().find(|(_, room)| Arc::strong_count(room) == 1);
            let empty = empty.map(|(name, _)| name.clone()).ok_or(Refused::Full)?;
            rooms.remove(&empty);
        }
        let room = Room::open(self.keep.as_ref().map(|keep| keep.join(name)));
        let room = Arc::new(room.map_err(|error| {
            println!("room {name}: {error}");
            Refused::Disk
        })?);
        rooms.insert(name.to_owned(), Arc::clone(&room));
        Ok(room)
    }
}

impl Room {
    fn open(folder: Option<PathBuf>) -> io::Result<Self> {
        let history = History::open(folder)?;
        Ok(Self(Mutex::new(State { members: Vec::new(), history, paused: Vec::new() })))
    }

    fn join(&self, member: &Arc<Member>, seen: &Seen<'_>) -> Result<(), Refused> {
        let mut state = lock(&self.0);
        let same = state.members.iter().position(|other| other.is_called(&member.name));
        match same {
            Some(at) if state.members[at].key == member.key => {
                let former = state.members.remove(at);
                former.close_as(REPLACED, "came back by another connection");
                state.pause_upload(&former);
            }
            Some(_) => return Err(Refused::NameTaken),
            None if state.members.len() == MOST_MEMBERS => return Err(Refused::Full),
            None => {}
        }
        let is_back = seen.epoch == state.history.epoch;
        state.catch_up(member, if is_back { seen.last } else { 0 });
        state.members.push(Arc::clone(member));
        // Who just changes the connection has not been away.
        if same.is_none() {
            state.tell_all("joined", &format!("{}\t{}", member.name, u8::from(is_back)));
        }
        state.tell_who_is_here();
        Ok(())
    }

    /// Takes a member out of the room, and tells the others how their connection ended.
    pub(crate) fn leave(&self, member: &Arc<Member>, ended: Option<&Ended>) {
        let mut state = lock(&self.0);
        state.pause_upload(member);
        let there = state.members.len();
        state.members.retain(|other| !Arc::ptr_eq(other, member));
        if state.members.len() == there {
            // Their page has come back already.
            return;
        }
        let code = match ended.map(|ended| ended.cause) {
            Some(Cause::Violation(error)) => error.close_code().get(),
            Some(_) | None => ended.map_or(1006, Ended::code),
        };
        let manner = if ended.is_some_and(Ended::is_clean) { "clean" } else { "unclean" };
        let account = ended.map(Ended::to_string).unwrap_or_default();
        let reason = ended.map(|ended| &*ended.reason).unwrap_or_default();
        println!("{} left: {account}", member.name);
        state.tell_all("left", &format!("{}\t{code}\t{manner}\t{account}\n{reason}", member.name));
        state.tell_who_is_here();
    }

    /// Tells all what a member says, once, even if their page says it again.
    pub(crate) fn say(&self, member: &Member, id: &str, text: &str) {
        let mut state = lock(&self.0);
        if !state.history.has(&member.name, id) {
            state.tell_all("said", &format!("{}\t{id}\n{text}", member.name));
        }
    }

    /// Sends the others a message without a number.
    pub(crate) fn tell_others(&self, member: &Member, message: String) {
        let message = OwnedMessage::from(message);
        let state = lock(&self.0);
        let others = state.members.iter().filter(|other| other.name != member.name);
        others.for_each(|other| other.send(message.clone()));
    }

    /// Starts a file, or goes on with one that a lost connection cut off. Returns `None` if it is here already.
    pub(crate) fn start_upload(
        &self,
        member: &Member,
        key: &str,
        create: impl FnOnce(Parts) -> Upload,
    ) -> io::Result<Option<Upload>> {
        let mut state = lock(&self.0);
        if state.history.has(&member.name, key) {
            return Ok(None);
        }
        let is_it = |upload: &Upload| upload.owner == member.name && upload.key == key;
        if let Some(at) = state.paused.iter().position(is_it) {
            return Ok(Some(state.paused.remove(at)));
        }
        let (file, path) = state.history.create_file()?;
        Ok(Some(create(Parts::new(file, path))))
    }

    /// Tells all that a file has arrived.
    pub(crate) fn finish_upload(&self, upload: Upload) -> io::Result<()> {
        let mut state = lock(&self.0);
        let event = state.history.add_file(upload)?;
        state.send_all(&event);
        Ok(())
    }

    /// Sends a file to a member, or says that it is not kept any more.
    pub(crate) fn send_file(&self, member: &Member, number: u32, offset: u64) {
        let state = lock(&self.0);
        match state.history.file(number) {
            Some(stored) if offset < stored.size => member.send_file(Download {
                number,
                file: Arc::clone(&stored.file),
                offset,
                size: stored.size,
                is_compressible: stored.is_compressible,
            }),
            Some(_) | None => member.send(format!("lost\t{number}")),
        }
    }
}

impl State {
    /// Sends a member the events after a number.
    fn catch_up(&self, member: &Member, last: u32) {
        let History { epoch, .. } = &self.history;
        member.send(format!("welcome\t{epoch}\t{}", self.history.first()));
        self.history.after(last).for_each(|event| member.send(event.clone()));
        member.send("ready");
    }

    /// Keeps a file that the end of a connection has cut off.
    fn pause_upload(&mut self, member: &Member) {
        let Some(upload) = lock(&member.upload).take() else { return };
        if self.paused.len() == MOST_PAUSED {
            self.paused.remove(0);
        }
        self.paused.push(upload);
    }

    fn tell_all(&mut self, verb: &str, rest: &str) {
        let event = self.history.add(verb, rest);
        self.send_all(&event);
    }

    fn tell_who_is_here(&self) {
        let names: Vec<&str> = self.members.iter().map(|member| member.name.as_str()).collect();
        self.send_all(&format!("here\n{}", names.join("\n")).into());
    }

    fn send_all(&self, message: &OwnedMessage) {
        self.members.iter().for_each(|member| member.send(message.clone()));
    }
}
