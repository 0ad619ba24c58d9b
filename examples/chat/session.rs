//! The conversation with a member's page.
//!
//! A text message is a line of fields, separated by tabs, and sometimes a body. The first field is a verb. A binary
//! message from the page is the next part of the file that it sends.
//!
//! | from the page | |
//! |---|---|
//! | `say ID`, TEXT | says something |
//! | `typing 1` or `0` | is writing, or has stopped |
//! | `upload KEY SIZE TYPE`, NAME | will send a file, or the rest of it |
//! | `cancel` | will not send the rest of it |
//! | `get NUMBER OFFSET`, `stop NUMBER` | wants the file of an event, or no more of it |
//! | `hood 1` or `0` | wants reports of what passes on the wire, or no more |
//!
//! | to the page | |
//! |---|---|
//! | `welcome EPOCH FIRST` | the history, and the number of the oldest event in it; events follow |
//! | `ready` | all events that the page missed have been sent |
//! | `said NUMBER TIME NAME ID`, TEXT | an event |
//! | `file NUMBER TIME NAME KEY SIZE TYPE`, NAME | an event: a file can be downloaded |
//! | `joined NUMBER TIME NAME AGAIN` | an event |
//! | `left NUMBER TIME NAME CODE MANNER ACCOUNT`, REASON | an event; the manner is `clean` or `unclean` |
//! | `here`, a line for each | who is there |
//! | `typing NAME 1` or `0` | a member is writing, or has stopped |
//! | `got KEY BYTES` | so much of the page's own file has arrived |
//! | `sending NAME KEY BYTES SIZE`, NAME | so much of another member's file has arrived |
//! | `refused KEY`, REASON | the server does not take the page's file |
//! | `dropped NAME KEY` | the rest of another member's file will not come |
//! | `lost NUMBER` | the server no longer has the file |
//! | `wire` and totals, a line for each frame | a report of the bytes on the wire: see `tap.rs` |
//! | a binary message | the number of a file, four bytes with the highest first, and the next bytes of it |

use std::time::{Duration, Instant};

use sansocket::blocking::Reader;
use sansocket::{CloseCode, Error, Event};

use super::lock;
use super::member::Member;
use super::room::Room;
use super::tap::Tapped;
use super::upload::{self, Upload};

/// How often the others are told how far a file has come.
const PROGRESS_INTERVAL: Duration = Duration::from_millis(100);

/// A member in a room, as long as they are connected.
pub(crate) struct Session<'s> {
    room: &'s Room,
    member: &'s Member,
    /// When the others last heard of the progress of a file.
    told: Instant,
}

/// A message that no page of ours sends, and what is wrong with it.
struct Offence(&'static str);

impl<'s> Session<'s> {
    pub(crate) fn new(room: &'s Room, member: &'s Member) -> Self {
        Self { room, member, told: Instant::now() }
    }

    /// Handles the messages of the page, until the connection ends.
    pub(crate) fn run(mut self, reader: &mut Reader<Tapped>) -> Result<(), Error> {
        while let Some(event) = reader.next_event()? {
            let outcome = match event {
                Event::Text(text) => self.handle_text(text),
                Event::Binary(bytes) => {
                    self.handle_part(bytes);
                    Ok(())
                }
                Event::Pong(_) => {
                    self.member.note_round_trip(reader.round_trip());
                    Ok(())
                }
                _ => Ok(()),
            };
            if let Err(Offence(reason)) = outcome {
                self.member.close(CloseCode::POLICY_VIOLATION, reason);
            }
        }
        Ok(())
    }

    fn handle_text(&mut self, text: &str) -> Result<(), Offence> {
        self.member.tap.count_plain(true, text.len());
        let (head, body) = text.split_once('\n').unwrap_or((text, ""));
        let fields: Vec<&str> = head.split('\t').collect();
        match fields[..] {
            ["say", id] if is_token(id) => self.room.say(self.member, id, body),
            ["typing", is_typing @ ("0" | "1")] => {
                let name = &self.member.name;
                self.room.tell_others(self.member, format!("typing\t{name}\t{is_typing}"));
            }
            ["upload", key, size, kind] if is_token(key) => {
                self.start_upload(key, number(size)?, kind, body);
            }
            ["cancel"] => self.cancel_upload(),
            ["get", file, offset] => {
                self.room.send_file(self.member, number(file)?, number(offset)?);
            }
            ["stop", file] => self.member.stop_file(number(file)?),
            ["hood", is_open @ ("0" | "1")] => self.member.open_hood(is_open == "1"),
            _ => return Err(Offence("not understood")),
        }
        Ok(())
    }

    fn start_upload(&mut self, key: &str, size: u64, kind: &str, name: &str) {
        // The page sends one file after the other.
        self.cancel_upload();
        if size > upload::MOST_BYTES {
            return self.member.send(format!("refused\t{key}\nFiles have at most 64 MiB here."));
        }
        let upload = self.room.start_upload(self.member, key, |parts| Upload {
            owner: self.member.name.clone(),
            key: key.to_owned(),
            name: clean_up(name, 200),
            kind: clean_up(kind, 80),
            size,
            have: 0,
            parts,
        });
        match upload {
            Ok(Some(upload)) => {
                *lock(&self.member.upload) = Some(upload);
                self.go_on(true);
            }
            Ok(None) => {}
            Err(error) => self.refuse(key, &error),
        }
    }

    fn handle_part(&mut self, bytes: &[u8]) {
        self.member.tap.count_plain(true, bytes.len());
        let outcome = match &mut *lock(&self.member.upload) {
            Some(upload) => upload.take(bytes),
            // After a refusal, parts still arrive.
            None => return,
        };
        match outcome {
            Ok(()) => self.go_on(false),
            Err(error) => {
                let upload = lock(&self.member.upload).take();
                upload.iter().for_each(|upload| self.refuse(&upload.key, &error));
            }
        }
    }

    /// Says how much of a file is here, or that all of it is.
    fn go_on(&mut self, is_new: bool) {
        // The room may be locked by a thread that waits for this lock, so that is released first.
        let (progress, whole) = {
            let mut slot = lock(&self.member.upload);
            let Some(upload) = slot.as_ref() else { return };
            self.member.send(format!("got\t{}\t{}", upload.key, upload.have));
            let is_whole = upload.is_whole();
            (upload.progress(), slot.take_if(|_| is_whole))
        };
        if let Some(upload) = whole {
            let key = upload.key.clone();
            if let Err(error) = self.room.finish_upload(upload) {
                self.refuse(&key, &error);
            }
        } else if is_new || self.told.elapsed() > PROGRESS_INTERVAL {
            self.told = Instant::now();
            self.room.tell_others(self.member, progress);
        }
    }

    fn cancel_upload(&mut self) {
        let upload = lock(&self.member.upload).take();
        upload.iter().for_each(|upload| self.drop_upload(&upload.key));
    }

    fn refuse(&self, key: &str, error: &std::io::Error) {
        println!("{}: a file: {error}", self.member.name);
        self.member.send(format!("refused\t{key}\nThe server could not store this file."));
        self.drop_upload(key);
    }

    fn drop_upload(&self, key: &str) {
        self.room.tell_others(self.member, format!("dropped\t{}\t{key}", self.member.name));
    }
}

fn number<T: std::str::FromStr>(text: &str) -> Result<T, Offence> {
    text.parse().map_err(|_| Offence("not a number"))
}

/// Returns whether a text can be an id or a key: short, without tabs or line breaks.
pub(crate) fn is_token(text: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    (1..=40).contains(&text.len()) && text.bytes().all(is_plain)
}

/// Shortens a name, and replaces invisible characters.
fn clean_up(name: &str, most: usize) -> String {
    let clean = name.chars().take(most).map(|char| if is_hidden(char) { '_' } else { char });
    clean.collect()
}

/// Returns whether a character is invisible or reorders its neighbours.
pub(crate) fn is_hidden(char: char) -> bool {
    char.is_control()
        || matches!(char, '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{feff}')
        || matches!(char, '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}')
}
