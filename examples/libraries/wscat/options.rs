//! The command line.

use std::ffi::OsString;
use std::time::Duration;

use lexopt::Arg::{Long, Short, Value};
use lexopt::{Parser, ValueExt};
use sansocket::auth::{Credentials, CredentialsError};
use sansocket::connect::Proxy;

/// The options of the command line.
pub(crate) struct Options {
    pub(crate) task: Task,
    pub(crate) sending: Sending,
    pub(crate) printing: Printing,
    pub(crate) connecting: Connecting,
    /// Subprotocols to offer or to select, the preferred one first.
    pub(crate) subprotocols: Vec<String>,
    pub(crate) login: Option<Login>,
    pub(crate) is_compressing: bool,
    pub(crate) max_message: Option<u64>,
    pub(crate) ping: Option<Duration>,
}

/// The task of the program.
pub(crate) enum Task {
    Help,
    Connect(String),
    Listen(String, Listening),
}

/// Options of a server.
#[derive(Clone, Copy, Default)]
pub(crate) struct Listening {
    pub(crate) is_echo: bool,
    pub(crate) is_once: bool,
}

/// The messages to send, and when to close the connection.
#[derive(Default)]
pub(crate) struct Sending {
    pub(crate) sources: Vec<Source>,
    /// The kind of all messages. `None` means text, but for files.
    pub(crate) kind: Option<Kind>,
    pub(crate) has_no_input: bool,
    /// How long nothing must have come after the last message, before the connection is closed.
    pub(crate) wait: Option<Duration>,
    /// The number of messages after which the connection is closed.
    pub(crate) count: Option<u64>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    Text(String),
    /// The path of a file, or `-` for all of standard input.
    File(OsString),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Text,
    Binary,
}

/// How messages are printed.
#[derive(Clone, Copy, Default)]
pub(crate) struct Printing {
    pub(crate) is_raw: bool,
    pub(crate) is_pretty: bool,
    pub(crate) is_verbose: bool,
}

/// Options of a client.
#[derive(Default)]
pub(crate) struct Connecting {
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) origin: Option<String>,
    /// `None` means what the environment says.
    pub(crate) proxy: Option<Route>,
    pub(crate) follows_redirects: bool,
    pub(crate) reconnects: bool,
    pub(crate) authorities: Option<OsString>,
    pub(crate) is_insecure: bool,
    pub(crate) timeout: Option<Duration>,
}

/// The way to the server that the command line names.
pub(crate) enum Route {
    Direct,
    Proxy(Proxy),
}

pub(crate) struct Login {
    pub(crate) user: String,
    pub(crate) password: String,
}

impl Options {
    /// Parses the arguments.
    ///
    /// # Errors
    ///
    /// Returns an error if an option is unknown, or its value is missing or wrong.
    pub(crate) fn from_arguments(
        arguments: impl IntoIterator<Item = OsString>,
    ) -> Result<Self, lexopt::Error> {
        let mut parser = Parser::from_args(arguments);
        let mut options = Self::default();
        let (mut url, mut address, mut listening) = (None, None, Listening::default());
        while let Some(argument) = parser.next()? {
            match argument {
                Short('h') | Long("help") => return Ok(options),
                Short('l') | Long("listen") => address = Some(parser.value()?.string()?),
                Long("echo") => listening.is_echo = true,
                Long("once") => listening.is_once = true,
                Value(value) if url.is_none() => url = Some(value.string()?),
                Short(letter) => match long(letter) {
                    Some(name) => options.set(name, &mut parser)?,
                    None => return Err(unknown(&format!("-{letter}"))),
                },
                Long(name) => {
                    let name = name.to_owned();
                    options.set(&name, &mut parser)?;
                }
                other => return Err(other.unexpected()),
            }
        }
        options.task = match (url, address) {
            (Some(url), None) => Task::Connect(url),
            (None, Some(address)) => Task::Listen(address, listening),
            (Some(_), Some(_)) => return Err("either a URL or --listen, not both".into()),
            (None, None) => return Err("which URL? --help lists the options".into()),
        };
        Ok(options)
    }

    fn set(&mut self, name: &str, parser: &mut Parser) -> Result<(), lexopt::Error> {
        let Self { sending, printing, connecting, .. } = self;
        match name {
            "send" => sending.sources.push(Source::Text(parser.value()?.string()?)),
            "file" => sending.sources.push(Source::File(parser.value()?)),
            "text" => sending.kind = Some(Kind::Text),
            "binary" => sending.kind = Some(Kind::Binary),
            "no-input" => sending.has_no_input = true,
            "wait" => sending.wait = Some(seconds(parser)?),
            "count" => sending.count = Some(parser.value()?.parse()?),
            "verbose" => printing.is_verbose = true,
            "raw" => printing.is_raw = true,
            "json" => printing.is_pretty = true,
            "ping" => self.ping = Some(seconds(parser)?),
            "subprotocol" => self.subprotocols.push(parser.value()?.string()?),
            "user" => self.login = Some(Login::parse(&parser.value()?.string()?)?),
            "compress" => self.is_compressing = true,
            "max-message" => self.max_message = Some(parser.value()?.parse()?),
            _ => connecting.set(name, parser)?,
        }
        Ok(())
    }
}

impl Connecting {
    fn set(&mut self, name: &str, parser: &mut Parser) -> Result<(), lexopt::Error> {
        match name {
            "header" => self.headers.push(parse_header(&parser.value()?.string()?)?),
            "origin" => self.origin = Some(parser.value()?.string()?),
            "proxy" => self.proxy = Some(Route::parse(&parser.value()?.string()?)?),
            "location" => self.follows_redirects = true,
            "reconnect" => self.reconnects = true,
            "cacert" => self.authorities = Some(parser.value()?),
            "insecure" => self.is_insecure = true,
            "timeout" => self.timeout = Some(seconds(parser)?),
            _ => return Err(unknown(&format!("--{name}"))),
        }
        Ok(())
    }
}

impl Route {
    fn parse(url: &str) -> Result<Self, lexopt::Error> {
        match url {
            "none" => Ok(Self::Direct),
            _ => Ok(Self::Proxy(Proxy::parse(url).map_err(|error| error.to_string())?)),
        }
    }
}

impl Login {
    fn parse(text: &str) -> Result<Self, lexopt::Error> {
        let (user, password) = text.split_once(':').ok_or("--user takes USER:PASSWORD")?;
        Ok(Self { user: user.to_owned(), password: password.to_owned() })
    }

    /// Returns the credentials of a client. They are sent over `ws`, too: the command line asks for it.
    pub(crate) fn credentials(&self) -> Result<Credentials, CredentialsError> {
        Ok(Credentials::password(&self.user, &self.password)?.allow_plaintext())
    }
}

impl Default for Options {
    fn default() -> Self {
        Self {
            task: Task::Help,
            sending: Sending::default(),
            printing: Printing::default(),
            connecting: Connecting::default(),
            subprotocols: Vec::new(),
            login: None,
            is_compressing: false,
            max_message: None,
            ping: None,
        }
    }
}

/// Returns the long name of a short option.
const fn long(letter: char) -> Option<&'static str> {
    Some(match letter {
        'H' => "header",
        'L' => "location",
        'b' => "binary",
        'f' => "file",
        'k' => "insecure",
        'n' => "no-input",
        'r' => "raw",
        's' => "send",
        'u' => "user",
        'v' => "verbose",
        'x' => "proxy",
        'z' => "compress",
        _ => return None,
    })
}

fn unknown(option: &str) -> lexopt::Error {
    format!("no such option: {option}; --help lists all").into()
}

fn seconds(parser: &mut Parser) -> Result<Duration, lexopt::Error> {
    let value = parser.value()?;
    value.parse_with(|text| {
        Duration::try_from_secs_f64(text.parse().map_err(|_| "not a number")?)
            .map_err(|_| "not a duration")
    })
}

fn parse_header(line: &str) -> Result<(String, String), lexopt::Error> {
    let (name, value) = line.split_once(':').ok_or("--header takes 'NAME: VALUE'")?;
    Ok((name.trim().to_owned(), value.trim().to_owned()))
}

/// The text of `--help`.
pub(crate) const HELP: &str = "\
usage: wscat [OPTIONS] URL
       wscat [OPTIONS] --listen ADDRESS

Connects to a WebSocket, prints the messages that come, and sends each line of standard input as a message.

sending
  -s, --send TEXT      sends TEXT; may be repeated
  -f, --file PATH      sends a file as one message, or with - all of standard input; may be repeated
      --text           sends files as text
  -b, --binary         sends lines and TEXT as binary messages
  -n, --no-input       sends nothing; nor are lines read with --send and --file
      --wait SECONDS   closes once all is sent and nothing has come for so long (default: 1)
      --count NUMBER   closes after so many messages have come

printing
  -v, --verbose        shows each step to the server, the handshakes, and what is sent
  -r, --raw            prints payloads alone: texts as lines, binary messages as they are
      --json           indents messages that are JSON
      --ping SECONDS   sends a ping every so many seconds, and prints the round-trip time

connecting
  -H, --header 'NAME: VALUE'
                       adds a header for this server; may be repeated
      --subprotocol NAME
                       offers a subprotocol; may be repeated
      --origin ORIGIN  names the page that asks, as a browser does
  -u, --user USER:PASSWORD
                       answers a challenge: Digest if the server offers it, and Basic otherwise
  -L, --location       follows up to 10 redirects
  -x, --proxy URL      goes through a proxy: http, https, socks5 or socks5h; none for no proxy
                       (default: what http_proxy, https_proxy, all_proxy and no_proxy say)
  -z, --compress       offers compression
      --cacert FILE    trusts the certificates in a PEM file alone
  -k, --insecure       trusts any certificate
      --reconnect      connects again when the connection breaks, or the server is away
      --timeout SECONDS
                       how long an attempt to connect may take (default: 10)
      --max-message BYTES
                       the longest message that is received (default: 16777216)

listening
  -l, --listen ADDRESS accepts connections, such as on 127.0.0.1:8080; lines are sent to all of them;
                       --subprotocol selects, --user demands Basic, --compress accepts compression
      --echo           sends each message back
      --once           ends after the first connection

Ctrl-C closes the connection. Messages go to standard output, all else to standard error.

exit status
  0  the connection was closed by both ends, with code 1000, 1001 or none
  1  there was no connection, or it ended in another way
  2  an argument is wrong
";
