//! Talks to a WebSocket from the command line, as `curl` and `nc` do elsewhere.
//!
//! ```sh
//! cargo run --example wscat --features tokio-rustls,deflate,digest -- wss://HOST/PATH
//! cargo run --example wscat --features tokio -- --listen 127.0.0.1:8080
//! ```
//!
//! `--help` lists the options and the exit codes.
//!
//! | file | contains |
//! |---|---|
//! | `options` | the command line |
//! | `client` | `wscat URL`: the front door, [`Connect`](sansocket::tokio::Connect) |
//! | `server` | `wscat --listen` |
//! | `session` | an open connection |
//! | `steps` | the way to it, for `--verbose` |
//! | `input`, `display`, `pretty`, `clock` | what is sent and printed |
//! | `trust` | certificates |

mod client;
mod clock;
mod display;
mod input;
#[path = "../../inspect/json.rs"]
#[expect(dead_code, reason = "only whether a text is JSON counts here")]
mod json;
mod options;
mod pretty;
mod server;
mod session;
mod steps;
#[cfg(feature = "tokio-rustls")]
mod trust;

use std::error::Error;
use std::ffi::OsString;
use std::io::{self, Write};
use std::process::ExitCode;
use std::{env, fmt, mem};

use sansocket::server::Origins;
use sansocket::{Config, Limits, Timeouts};

use display::Display;
use input::Input;
use options::{HELP, Listening, Options, Task};

type Failure = Box<dyn Error + Send + Sync>;

/// An argument that is wrong.
#[derive(Debug)]
struct WrongArgument(String);

impl Error for WrongArgument {}

impl fmt::Display for WrongArgument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn main() -> ExitCode {
    match run(env::args_os().skip(1)) {
        Ok(Outcome::Clean) => ExitCode::SUCCESS,
        Ok(Outcome::Unclean) => ExitCode::from(FAILED),
        Err(error) => {
            eprintln!("wscat: {}", display::printable(&error.to_string()));
            ExitCode::from(if is_of_arguments(&error) { WRONG } else { FAILED })
        }
    }
}

/// How the program ended.
enum Outcome {
    Clean,
    /// The account that was printed says why.
    Unclean,
}

fn run(arguments: impl Iterator<Item = OsString>) -> Result<Outcome, Failure> {
    let wrong = |error: &dyn ToString| WrongArgument(error.to_string());
    let mut options = Options::from_arguments(arguments).map_err(|error| wrong(&error))?;
    let task = mem::replace(&mut options.task, Task::Help);
    if let Task::Help = task {
        io::stdout().write_all(HELP.as_bytes())?;
        return Ok(Outcome::Clean);
    }
    check(&options).map_err(|error| wrong(&error))?;
    // An echo reads no input.
    options.sending.has_no_input |=
        matches!(task, Task::Listen(_, Listening { is_echo: true, .. }));
    let input = Input::new(&options.sending).map_err(|error| wrong(&error))?;
    do_task(task, options, input)
}

#[tokio::main]
async fn do_task(task: Task, options: Options, mut input: Input) -> Result<Outcome, Failure> {
    let display = Display::new(options.printing);
    let ended = match task {
        Task::Help => None,
        Task::Connect(url) => client::run(&url, &options, display, &mut input).await?,
        Task::Listen(address, listening) => {
            server::run(&address, listening, options, display, &mut input).await?
        }
    };
    match input.failure() {
        Some(error) => Err(error.as_str().into()),
        None if ended.is_none_or(|ended| session::is_success(&ended)) => Ok(Outcome::Clean),
        None => Ok(Outcome::Unclean),
    }
}

/// Returns whether an error was found before any I/O.
fn is_of_arguments(error: &Failure) -> bool {
    use sansocket::Error::{Header, Plan, Proxy, Url};
    error.is::<WrongArgument>()
        || matches!(error.downcast_ref(), Some(Header(_) | Plan(_) | Proxy(_) | Url(_)))
}

/// Checks that the program was built with what the options need.
fn check(options: &Options) -> Result<(), String> {
    let needs = |feature: &str| Err(format!("build wscat with --features {feature} for that"));
    let connecting = &options.connecting;
    match () {
        () if options.is_compressing && cfg!(not(feature = "deflate")) => needs("deflate"),
        () if cfg!(feature = "tokio-rustls") => Ok(()),
        () if connecting.is_insecure || connecting.authorities.is_some() => needs("tokio-rustls"),
        () => Ok(()),
    }
}

/// Returns limits, timeouts and compression.
fn config(options: &Options) -> Config {
    let mut config = Config::new();
    // Anyone may talk to a tool.
    config.policy.origins = Origins::any();
    if let Some(bytes) = options.max_message {
        config.limits = Limits::new().message(bytes);
    }
    if let Some(timeout) = options.connecting.timeout {
        config.timeouts = Timeouts::new().opening(timeout);
    }
    #[cfg(feature = "deflate")]
    if options.is_compressing {
        config.compression = Some(sansocket::deflate::Compression::dedicated());
    }
    config
}

/// The status after a connection that did not end well.
const FAILED: u8 = 1;
/// The status after a wrong argument.
const WRONG: u8 = 2;
