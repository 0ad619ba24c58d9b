//! The numbered events of a room. A page that was away gets the events that it missed. Their number and size are
//! bounded.
//!
//! With `--keep`, a folder holds them, and the next server goes on where the last one ended.

use std::collections::{BTreeMap, VecDeque};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::SystemTime;

use sansocket::OwnedMessage;

use super::random;
use super::upload::Upload;

const MOST_EVENTS: usize = 1000;
const MOST_BYTES: usize = 2 << 20;
/// Bytes of files, which are on disk.
const MOST_FILE_BYTES: u64 = 256 << 20;

/// The numbered events of a room.
///
/// Each is stored as the message that announces it: a verb, its number, milliseconds since 1970, and more, separated
/// by tabs. Clones of a message share its payload, so the members share the bytes.
pub(crate) struct History {
    /// Identifies this history, so that a page knows whether its numbers belong to it.
    pub(crate) epoch: String,
    events: VecDeque<OwnedMessage>,
    /// The number of the next event.
    next: u32,
    bytes: usize,
    files: BTreeMap<u32, Stored>,
    journal: Option<Journal>,
}

/// A file that can be downloaded.
pub(crate) struct Stored {
    pub(crate) file: Arc<Mutex<File>>,
    pub(crate) size: u64,
    pub(crate) is_compressible: bool,
}

/// The history in a folder. Each record is its length, four bytes with the lowest first, and a text: the epoch,
/// then the events.
struct Journal {
    folder: PathBuf,
    file: File,
    records: usize,
}

impl History {
    /// Opens a history in a folder, or creates one in memory.
    pub(crate) fn open(folder: Option<PathBuf>) -> io::Result<Self> {
        let mut history = Self {
            epoch: random(),
            events: VecDeque::new(),
            next: 1,
            bytes: 0,
            files: BTreeMap::new(),
            journal: None,
        };
        if let Some(folder) = folder {
            history.load(folder)?;
        }
        Ok(history)
    }

    fn load(&mut self, folder: PathBuf) -> io::Result<()> {
        fs::create_dir_all(&folder)?;
        let mut records = read_records(&folder.join("journal"))?.into_iter();
        if let Some(epoch) = records.next() {
            self.epoch = epoch;
        }
        for event in records {
            self.next = number(&event).map_or(self.next, |number| number + 1);
            if let Some((size, is_compressible)) = file_of(&event)
                && let Ok(file) = File::open(file_path(&folder, self.next - 1))
            {
                let file = Arc::new(Mutex::new(file));
                self.files.insert(self.next - 1, Stored { file, size, is_compressible });
            }
            self.push(event.into());
        }
        self.journal = Some(Journal::create(folder, &self.epoch, &self.events)?);
        Ok(())
    }

    /// Returns the number of the oldest event that is kept.
    pub(crate) fn first(&self) -> u32 {
        self.next - u32::try_from(self.events.len()).unwrap_or(0)
    }

    /// Returns the events after a number.
    pub(crate) fn after(&self, number: u32) -> impl Iterator<Item = &OwnedMessage> {
        let skipped = (number + 1).saturating_sub(self.first());
        self.events.iter().skip(usize::try_from(skipped).unwrap_or(usize::MAX))
    }

    /// Returns whether someone has said something, or sent a file, under this id.
    pub(crate) fn has(&self, name: &str, id: &str) -> bool {
        self.events.iter().filter_map(|event| event.as_text()).any(|event| {
            let head = event.split('\n').next().unwrap_or_default();
            let mut fields = head.split('\t').skip(3);
            (fields.next(), fields.next()) == (Some(name), Some(id))
        })
    }

    /// Adds an event, and returns the message that announces it.
    pub(crate) fn add(&mut self, verb: &str, rest: &str) -> OwnedMessage {
        let time = SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default().as_millis();
        let event = OwnedMessage::from(format!("{verb}\t{}\t{time}\t{rest}", self.next));
        self.next += 1;
        self.push(event.clone());
        if let Err(error) = self.note(&event) {
            println!("{error}, so nothing more is kept");
            self.journal = None;
        }
        event
    }

    /// Adds a file that has arrived.
    pub(crate) fn add_file(&mut self, upload: Upload) -> io::Result<OwnedMessage> {
        let event = upload.describe();
        let folder = self.journal.as_ref().map(|journal| journal.folder.as_path());
        let path = folder.map(|folder| file_path(folder, self.next));
        let (size, is_compressible) = (upload.size, upload.is_compressible());
        let file = Arc::new(Mutex::new(upload.finish(path.as_deref())?));
        self.files.insert(self.next, Stored { file, size, is_compressible });
        while self.files.values().map(|stored| stored.size).sum::<u64>() > MOST_FILE_BYTES {
            self.drop_file(self.files.keys().next().copied());
        }
        Ok(self.add("file", &event))
    }

    /// Returns the file of an event, if it is still kept.
    pub(crate) fn file(&self, number: u32) -> Option<&Stored> {
        self.files.get(&number)
    }

    /// Creates a file for an upload: in the folder, or without a name.
    pub(crate) fn create_file(&self) -> io::Result<(File, Option<PathBuf>)> {
        let folder = self.journal.as_ref().map(|journal| &journal.folder);
        let name = format!("sansocket-chat-{}", random());
        let path = folder.unwrap_or(&std::env::temp_dir()).join(name);
        let file = OpenOptions::new().read(true).write(true).create_new(true).open(&path)?;
        if folder.is_some() {
            return Ok((file, Some(path)));
        }
        // The file lives until it is closed, even if this process is killed.
        fs::remove_file(path)?;
        Ok((file, None))
    }

    fn push(&mut self, event: OwnedMessage) {
        self.bytes += event.len();
        self.events.push_back(event);
        while self.events.len() > MOST_EVENTS || self.bytes > MOST_BYTES {
            let Some(oldest) = self.events.pop_front() else { return };
            self.bytes -= oldest.len();
            self.drop_file(oldest.as_text().and_then(number));
        }
    }

    fn drop_file(&mut self, number: Option<u32>) {
        let Some(number) = number.filter(|number| self.files.remove(number).is_some()) else {
            return;
        };
        if let Some(journal) = &self.journal {
            let _ = fs::remove_file(file_path(&journal.folder, number));
        }
    }

    fn note(&mut self, event: &OwnedMessage) -> io::Result<()> {
        let Some(journal) = &mut self.journal else { return Ok(()) };
        if journal.records > 4 * MOST_EVENTS {
            *journal = Journal::create(journal.folder.clone(), &self.epoch, &self.events)?;
            return Ok(());
        }
        journal.records += 1;
        write_record(&mut journal.file, event.as_bytes())
    }
}

impl Journal {
    /// Writes a journal in place of the one that is there.
    fn create(folder: PathBuf, epoch: &str, events: &VecDeque<OwnedMessage>) -> io::Result<Self> {
        let (path, fresh) = (folder.join("journal"), folder.join("journal.new"));
        let mut file = File::create(&fresh)?;
        let mut records = Vec::new();
        write_record(&mut records, epoch.as_bytes())?;
        events.iter().try_for_each(|event| write_record(&mut records, event.as_bytes()))?;
        file.write_all(&records)?;
        fs::rename(fresh, path)?;
        Ok(Self { folder, file, records: events.len() })
    }
}

fn write_record(out: &mut impl Write, text: &[u8]) -> io::Result<()> {
    let len = u32::try_from(text.len()).map_err(io::Error::other)?;
    out.write_all(&[&len.to_le_bytes(), text].concat())
}

/// Reads all records that are whole. A server that was killed may have left half of one.
fn read_records(path: &Path) -> io::Result<Vec<String>> {
    let bytes = match fs::read(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        bytes => bytes?,
    };
    let mut rest = bytes.as_slice();
    let mut records = Vec::new();
    while let Some((len, after)) = rest.split_first_chunk() {
        let len = usize::try_from(u32::from_le_bytes(*len)).unwrap_or(usize::MAX);
        let Some((text, after)) = after.split_at_checked(len) else { break };
        records.push(String::from_utf8(text.to_vec()).map_err(io::Error::other)?);
        rest = after;
    }
    Ok(records)
}

fn file_path(folder: &Path, number: u32) -> PathBuf {
    folder.join(format!("file-{number}"))
}

/// Returns the number of an event.
fn number(event: &str) -> Option<u32> {
    event.split('\t').nth(1)?.parse().ok()
}

/// Returns the size of the file that an event announces, and whether it is compressible.
fn file_of(event: &str) -> Option<(u64, bool)> {
    let mut fields = event.lines().next()?.strip_prefix("file\t")?.split('\t').skip(4);
    Some((fields.next()?.parse().ok()?, Upload::is_kind_compressible(fields.next()?)))
}
