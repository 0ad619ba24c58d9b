//! A member of a room, and the thread that writes to them.
//!
//! Other threads put messages into the member's outbox and go on, so a member who reads nothing holds up nobody. The
//! outbox is bounded. When it is full, the connection is closed, and the page comes back for what it missed.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use sansocket::blocking::Writer;
use sansocket::{CloseCode, Error, OwnedMessage, RoundTrip};

use super::lock;
use super::tap::{Tap, Tapped};
use super::upload::Upload;

/// Maximum size of the messages that wait for one member, in bytes. A whole history fits.
const MOST_BYTES: usize = 4 << 20;
/// Maximum number of files that wait for one member.
const MOST_DOWNLOADS: usize = 1024;
/// Size of the parts in which a file is sent, in bytes. A message waits for at most one of them.
const CHUNK: u64 = 64 << 10;
/// How often a member who looks under the hood gets a report.
const REPORT_INTERVAL: Duration = Duration::from_millis(500);

pub(crate) struct Member {
    pub(crate) name: String,
    /// A secret of the member's page, by which it is known when it comes back.
    pub(crate) key: String,
    pub(crate) tap: Arc<Tap>,
    /// The file that is arriving.
    pub(crate) upload: Mutex<Option<Upload>>,
    outbox: Mutex<Outbox>,
    wake: Condvar,
}

#[derive(Default)]
struct Outbox {
    messages: VecDeque<OwnedMessage>,
    /// The size of the messages.
    bytes: usize,
    downloads: VecDeque<Download>,
    hood: Hood,
    end: End,
}

/// A file on its way to a member.
pub(crate) struct Download {
    pub(crate) number: u32,
    pub(crate) file: Arc<Mutex<File>>,
    pub(crate) offset: u64,
    pub(crate) size: u64,
    /// Whether compression would make it shorter.
    pub(crate) is_compressible: bool,
}

/// Whether the member looks under the hood.
#[derive(Default)]
enum Hood {
    #[default]
    Shut,
    /// A report goes out at this time, if there is something to report.
    Open { due: Instant, round_trip: Option<RoundTrip> },
}

/// Whether the thread that writes goes on.
#[derive(Default)]
enum End {
    #[default]
    Open,
    /// A close frame goes out next.
    Closing(CloseCode, &'static str),
    Gone,
}

/// The next task of the thread that writes.
enum Job {
    Message(OwnedMessage),
    Chunk { number: u32, bytes: io::Result<Vec<u8>>, is_compressible: bool },
    Report(Option<RoundTrip>),
    Close(CloseCode, &'static str),
}

impl Member {
    pub(crate) fn new(name: String, key: String, tap: Arc<Tap>) -> Self {
        Self {
            name,
            key,
            tap,
            upload: Mutex::default(),
            outbox: Mutex::default(),
            wake: Condvar::new(),
        }
    }

    /// Puts a message into the outbox, or closes the connection if there is no room for it.
    pub(crate) fn send(&self, message: impl Into<OwnedMessage>) {
        let message = message.into();
        let mut outbox = lock(&self.outbox);
        outbox.bytes += message.len();
        outbox.messages.push_back(message);
        if outbox.bytes > MOST_BYTES {
            outbox.close(CloseCode::TRY_AGAIN_LATER, "too slow");
        }
        self.wake.notify_one();
    }

    /// Sends a file, beside the messages.
    pub(crate) fn send_file(&self, download: Download) {
        let mut outbox = lock(&self.outbox);
        if outbox.downloads.len() < MOST_DOWNLOADS {
            outbox.downloads.push_back(download);
        }
        self.wake.notify_one();
    }

    /// Stops sending a file.
    pub(crate) fn stop_file(&self, number: u32) {
        lock(&self.outbox).downloads.retain(|download| download.number != number);
    }

    /// Closes the connection. Messages that wait are dropped.
    pub(crate) fn close(&self, code: CloseCode, reason: &'static str) {
        lock(&self.outbox).close(code, reason);
        self.wake.notify_one();
    }

    /// Closes the connection with a code of our own.
    pub(crate) fn close_as(&self, code: u16, reason: &'static str) {
        self.close(CloseCode::new(code).unwrap_or(CloseCode::GOING_AWAY), reason);
    }

    /// Returns whether the others would take this name for the member's.
    pub(crate) fn is_called(&self, name: &str) -> bool {
        self.name.to_lowercase() == name.to_lowercase()
    }

    /// Ends the thread that writes.
    pub(crate) fn end(&self) {
        lock(&self.outbox).end = End::Gone;
        self.wake.notify_one();
    }

    /// Starts or stops to report what passes on the wire.
    pub(crate) fn open_hood(&self, is_open: bool) {
        lock(&self.outbox).hood = match is_open {
            true => Hood::Open { due: Instant::now(), round_trip: None },
            false => Hood::Shut,
        };
        self.wake.notify_one();
    }

    pub(crate) fn note_round_trip(&self, measured: Option<RoundTrip>) {
        if let Hood::Open { round_trip, .. } = &mut lock(&self.outbox).hood {
            *round_trip = measured;
        }
        self.wake.notify_one();
    }

    /// Writes the messages of the outbox, until the connection ends.
    pub(crate) fn write(&self, writer: &Writer<Tapped>) {
        while let Some(job) = self.next_job() {
            if self.write_one(writer, job).is_err() {
                // The thread that reads finds the reason.
                return;
            }
        }
    }

    fn write_one(&self, writer: &Writer<Tapped>, job: Job) -> Result<(), Error> {
        match job {
            Job::Message(message) => {
                self.tap.count_plain(false, message.len());
                send(writer, message, true)
            }
            Job::Chunk { bytes: Ok(bytes), is_compressible, .. } => {
                self.tap.count_plain(false, bytes.len());
                send(writer, bytes.into(), is_compressible)
            }
            Job::Chunk { number, bytes: Err(error), .. } => {
                println!("file {number}: {error}");
                writer.send(format!("lost\t{number}"))
            }
            Job::Report(round_trip) => {
                let report = self.report(round_trip);
                self.tap.skip_report();
                send(writer, report.into(), true)
            }
            Job::Close(code, reason) => writer.close(code, reason),
        }
    }

    /// Returns a report of the bytes on the wire: a line of totals, then a line for each frame.
    fn report(&self, round_trip: Option<RoundTrip>) -> String {
        let (totals, frames) = self.tap.take();
        let mut report = "wire".to_owned();
        for total in totals {
            report.push_str(&format!("\t{}\t{}\t{}", total.frames, total.wire, total.plain));
        }
        if let Some(RoundTrip { last, smoothed, .. }) = round_trip {
            report.push_str(&format!("\t{}\t{}", last.as_micros(), smoothed.as_micros()));
        }
        frames.iter().for_each(|frame| report.push_str(&format!("\n{frame}")));
        report
    }

    /// Waits for something to do. Messages go before files.
    fn next_job(&self) -> Option<Job> {
        let mut outbox = lock(&self.outbox);
        loop {
            match outbox.end {
                End::Open => {}
                End::Closing(code, reason) => {
                    outbox.end = End::Gone;
                    return Some(Job::Close(code, reason));
                }
                End::Gone => return None,
            }
            if let Some(job) = outbox.next_message().or_else(|| outbox.next_report(&self.tap)) {
                return Some(job);
            }
            if let Some(job) = outbox.next_chunk() {
                return Some(job);
            }
            let patience = outbox.hood.patience(&self.tap);
            let waited = self.wake.wait_timeout(outbox, patience);
            outbox = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

impl Outbox {
    fn close(&mut self, code: CloseCode, reason: &'static str) {
        if matches!(self.end, End::Open) {
            self.end = End::Closing(code, reason);
        }
        (self.bytes, self.messages) = (0, VecDeque::new());
        self.downloads.clear();
    }

    fn next_message(&mut self) -> Option<Job> {
        let message = self.messages.pop_front()?;
        self.bytes -= message.len();
        Some(Job::Message(message))
    }

    fn next_report(&mut self, tap: &Tap) -> Option<Job> {
        let Hood::Open { due, round_trip } = &mut self.hood else { return None };
        if *due > Instant::now() || !tap.has_news() {
            return None;
        }
        *due = Instant::now() + REPORT_INTERVAL;
        Some(Job::Report(*round_trip))
    }

    fn next_chunk(&mut self) -> Option<Job> {
        let download = self.downloads.front_mut()?;
        let (number, is_compressible) = (download.number, download.is_compressible);
        let bytes = download.read();
        if bytes.is_err() || download.offset == download.size {
            self.downloads.pop_front();
        }
        Some(Job::Chunk { number, bytes, is_compressible })
    }
}

impl Hood {
    /// Returns how long to wait before there may be something to report.
    fn patience(&self, tap: &Tap) -> Duration {
        match self {
            Self::Open { due, .. } if tap.has_news() => {
                due.saturating_duration_since(Instant::now())
            }
            Self::Open { .. } => REPORT_INTERVAL,
            Self::Shut => Duration::from_secs(60),
        }
    }
}

impl Download {
    /// Reads the next chunk: the number of the file, four bytes with the highest first, and bytes of it.
    fn read(&mut self) -> io::Result<Vec<u8>> {
        let len = CHUNK.min(self.size - self.offset);
        let mut bytes = self.number.to_be_bytes().to_vec();
        let mut file = lock(&self.file);
        file.seek(SeekFrom::Start(self.offset))?;
        (&mut *file).take(len).read_to_end(&mut bytes)?;
        if bytes.len() as u64 != len + 4 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.offset += len;
        Ok(bytes)
    }
}

/// Sends a message, compressed if that helps and was agreed on.
#[cfg(feature = "deflate")]
fn send(
    writer: &Writer<Tapped>,
    message: OwnedMessage,
    is_compressible: bool,
) -> Result<(), Error> {
    writer.queue(|sender| {
        sender.compress_from(if is_compressible { super::COMPRESSED_FROM } else { usize::MAX });
        sender.send(message)
    })
}

#[cfg(not(feature = "deflate"))]
fn send(writer: &Writer<Tapped>, message: OwnedMessage, _: bool) -> Result<(), Error> {
    writer.send(message)
}
