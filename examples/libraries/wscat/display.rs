//! The output: prints messages to standard output, and everything else to standard error.

use std::env;
use std::io::{self, IsTerminal, Write};

use sansocket::OwnedMessage;

use super::clock::time_of_day;
use super::options::Printing;
use super::pretty::indent;

/// How messages and notes are printed.
#[derive(Clone, Copy)]
pub(crate) struct Display {
    printing: Printing,
    /// Whether standard output and standard error have colours.
    colours: (bool, bool),
}

/// Which way a message went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    In,
    Out,
}

/// The payload of a message.
#[derive(Clone, Copy)]
pub(crate) enum Payload<'p> {
    Text(&'p str),
    Binary(&'p [u8]),
}

impl Display {
    pub(crate) fn new(printing: Printing) -> Self {
        let is_plain = env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
            || env::var_os("TERM").is_some_and(|value| value == "dumb");
        let colours = (io::stdout().is_terminal(), io::stderr().is_terminal());
        Self { printing, colours: (colours.0 && !is_plain, colours.1 && !is_plain) }
    }

    /// Prints a message. `who` is the peer, if there may be several.
    ///
    /// # Errors
    ///
    /// Returns an error if standard output is closed.
    pub(crate) fn message(
        &self,
        direction: Direction,
        who: &str,
        payload: Payload<'_>,
    ) -> io::Result<()> {
        let mut output = io::stdout().lock();
        match (self.printing.is_raw, direction) {
            (true, Direction::In) => write_raw(&mut output, payload)?,
            (true, Direction::Out) => {}
            (false, _) => self.write_line(&mut output, direction, who, payload)?,
        }
        output.flush()
    }

    fn write_line(
        &self,
        output: &mut dyn Write,
        direction: Direction,
        who: &str,
        payload: Payload<'_>,
    ) -> io::Result<()> {
        let (arrow, colour) = match direction {
            Direction::In => ('<', GREEN),
            Direction::Out => ('>', CYAN),
        };
        let (kind, size, shown) = match payload {
            Payload::Text(text) => ("text", text.len(), self.text(text)),
            Payload::Binary(bytes) => ("binary", bytes.len(), dump(bytes)),
        };
        let head = format!("{} {who}{arrow} {kind} {size} B", time_of_day());
        writeln!(output, "{}{}", paint(&head, colour, self.colours.0), behind(&shown))
    }

    /// Returns a text without control characters, which a terminal would obey.
    fn text(&self, text: &str) -> String {
        let pretty = if self.printing.is_pretty { indent(text) } else { None };
        printable(pretty.as_deref().unwrap_or(text))
    }

    /// Prints a note.
    pub(crate) fn note(&self, note: &str) {
        eprintln!("{}", paint(&format!("* {}", printable(note)), GREY, self.colours.1));
    }

    /// Prints a note, if the program is verbose.
    pub(crate) fn detail(&self, note: impl FnOnce() -> String) {
        if self.printing.is_verbose {
            self.note(&note());
        }
    }

    /// Prints the head of a request or a response, if the program is verbose.
    pub(crate) fn head(&self, direction: Direction, head: impl FnOnce() -> String) {
        if self.printing.is_verbose {
            let arrow = if direction == Direction::In { '<' } else { '>' };
            for line in head().trim_end().lines() {
                eprintln!(
                    "{}",
                    paint(&format!("{arrow} {}", printable(line)), GREY, self.colours.1)
                );
            }
        }
    }

    pub(crate) const fn is_verbose(&self) -> bool {
        self.printing.is_verbose
    }
}

fn write_raw(output: &mut dyn Write, payload: Payload<'_>) -> io::Result<()> {
    match payload {
        Payload::Text(text) => writeln!(output, "{text}"),
        Payload::Binary(bytes) => output.write_all(bytes),
    }
}

impl<'p> From<&'p OwnedMessage> for Payload<'p> {
    fn from(message: &'p OwnedMessage) -> Self {
        message.as_text().map_or(Self::Binary(message.as_bytes()), Self::Text)
    }
}

/// Returns a payload as it follows its head: on the same line, if it has one.
fn behind(payload: &str) -> String {
    match payload.contains('\n') {
        true => format!("\n{payload}"),
        false => format!("  {payload}"),
    }
}

/// Escapes all control characters but line feeds and tabs.
pub(crate) fn printable(text: &str) -> String {
    let is_safe = |it: char| !it.is_control() || matches!(it, '\n' | '\t');
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        match is_safe(character) {
            true => safe.push(character),
            false => safe.extend(character.escape_default()),
        }
    }
    safe
}

/// Returns bytes in hex: up to 16 in one line, and more in lines with offset, hex and ASCII.
fn dump(bytes: &[u8]) -> String {
    let hex =
        |row: &[u8]| row.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(" ");
    if bytes.len() <= ROW {
        return hex(bytes);
    }
    let graphic = |byte: &u8| if matches!(byte, b' '..=b'~') { char::from(*byte) } else { '.' };
    let rows = bytes.chunks(ROW).enumerate().map(|(n, row)| {
        let ascii = row.iter().map(graphic).collect::<String>();
        format!("{:08x}  {:47}  {ascii}", n * ROW, hex(row))
    });
    rows.collect::<Vec<_>>().join("\n")
}

fn paint(text: &str, colour: &str, is_coloured: bool) -> String {
    if is_coloured { format!("\x1b[{colour}m{text}\x1b[0m") } else { text.to_owned() }
}

/// The bytes of a line of a dump.
const ROW: usize = 16;
const CYAN: &str = "36";
const GREEN: &str = "32";
const GREY: &str = "90";
