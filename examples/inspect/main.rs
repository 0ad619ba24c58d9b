//! Explains a recorded connection: frames, messages, opening handshakes, and what is wrong with them.
//!
//! ```sh
//! printf '\x81\x05Hello' | cargo run --example inspect -- --role client --explain
//! cargo run --all-features --example inspect -- --explain capture.har
//! ```
//!
//! `--help` lists the options, the formats that are read, and the exit codes.
//!
//! | file | contains |
//! |---|---|
//! | `options` | the command line |
//! | `recording` | what both ends have sent; the formats `hex_dump`, `tcp`, `har` and `json` make one |
//! | `endpoint` | the end that receives the bytes: a [`Connection`](sansocket::Connection) |
//! | `explanation`, `frames`, `heads`, `frame`, `sections` | lines for people |
//! | `objects` | JSON |

mod endpoint;
mod explanation;
mod frame;
mod frames;
mod har;
mod heads;
mod hex_dump;
mod json;
mod objects;
mod options;
mod recording;
mod sections;
mod tcp;
mod text;

use std::error::Error;
use std::fs;
use std::io::{self, Read, Write};
use std::process::ExitCode;

use options::{HELP, Options, Output};

fn main() -> ExitCode {
    let mut output = io::BufWriter::new(io::stdout().lock());
    match run(std::env::args().skip(1), &mut io::stdin().lock(), &mut output) {
        Ok(Verdict::Valid) => ExitCode::SUCCESS,
        Ok(Verdict::Violation) => ExitCode::from(1),
        Err(error) => {
            eprintln!("inspect: {error}");
            ExitCode::from(2)
        }
    }
}

/// Whether a recording keeps to the protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Valid,
    Violation,
}

/// Runs the program.
///
/// # Errors
///
/// Returns an error if the arguments are wrong, or the input cannot be read.
pub(crate) fn run(
    arguments: impl Iterator<Item = String>,
    input: &mut dyn Read,
    output: &mut dyn Write,
) -> Result<Verdict, Box<dyn Error>> {
    let options = Options::from_arguments(arguments)?;
    if options.output == Output::Help {
        output.write_all(HELP.as_bytes())?;
        return Ok(Verdict::Valid);
    }
    let mut bytes = Vec::new();
    match &options.file {
        None => input.read_to_end(&mut bytes)?,
        Some(path) => {
            bytes = fs::read(path).map_err(|error| format!("{path}: {error}"))?;
            bytes.len()
        }
    };
    let mut verdict = Verdict::Valid;
    for recording in recording::read(&bytes, &options)? {
        let (lines, found) = match options.output {
            Output::Explanation => explanation::explain(&recording, &options)?,
            Output::Json | Output::Help => objects::describe(&recording, &options)?,
        };
        for line in lines {
            writeln!(output, "{line}")?;
        }
        if found == Verdict::Violation {
            verdict = found;
        }
    }
    output.flush()?;
    Ok(verdict)
}
