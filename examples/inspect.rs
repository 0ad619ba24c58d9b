//! Describes a stream of bytes: raw bytes on standard input, one JSON object per line on standard output.
//!
//! ```sh
//! printf '\x81\x05Hello' | cargo run --example inspect -- --role client
//! ```
//!
//! | option | |
//! |---|---|
//! | `--role server\|client` | The end that receives the bytes. Default: `server`. |
//! | `--chunk N` | Passes N bytes at a time. Default: all at once. |
//! | `--streaming` | Delivers messages in parts. |
//! | `--max-message N` | Limits messages to N bytes. |
//! | `--opening` | The stream starts with the opening handshake. |
//! | `--key KEY` | The `Sec-WebSocket-Key` that the client has sent. Needed by a client with `--opening`. |
//! | `--deflate PARAMETERS` | Both ends have agreed to compress, such as with `server_no_context_takeover`. With `--opening`, the handshake has the parameters. Needs the feature `deflate`. |

use std::error::Error;
use std::io::{self, Read, Write};
use std::sync::Arc;
use std::time::Duration;

use sansocket::server::Origins;
use sansocket::{
    Cause, Config, Connection, Ended, Event, Input, Kind, Negotiated, Role, Seed, Step, Timestamp,
    Url, client, server,
};

fn main() -> Result<(), Box<dyn Error>> {
    let options = Options::from_arguments(std::env::args().skip(1))?;
    let mut bytes = Vec::new();
    io::stdin().read_to_end(&mut bytes)?;
    let mut lines = io::BufWriter::new(io::stdout().lock());
    for object in Inspection::new(&options)?.run(&bytes, options.chunk) {
        writeln!(lines, "{object}")?;
    }
    Ok(lines.flush()?)
}

struct Options {
    role: Role,
    chunk: usize,
    is_streaming: bool,
    config: Config,
    has_opening: bool,
    key: String,
    deflate: Option<String>,
}

impl Options {
    fn from_arguments(mut arguments: impl Iterator<Item = String>) -> Result<Self, Box<dyn Error>> {
        let mut options = Self {
            role: Role::Server,
            chunk: usize::MAX,
            is_streaming: false,
            config: Config::new(),
            has_opening: false,
            key: String::new(),
            deflate: None,
        };
        while let Some(name) = arguments.next() {
            let mut value = || arguments.next().ok_or_else(|| format!("{name} takes a value"));
            match name.as_str() {
                "--role" => {
                    options.role = match value()?.as_str() {
                        "client" => Role::Client,
                        "server" => Role::Server,
                        role => return Err(format!("no such role: {role}").into()),
                    }
                }
                "--chunk" => options.chunk = value()?.parse::<usize>()?.max(1),
                "--streaming" => options.is_streaming = true,
                "--max-message" => options.config.limits.message = value()?.parse()?,
                "--opening" => options.has_opening = true,
                "--key" => options.key = value()?,
                "--deflate" => options.deflate = Some(value()?),
                _ => return Err(USAGE.into()),
            }
        }
        Ok(options)
    }
}

/// A connection that receives the bytes, and the lines that describe what came of them.
struct Inspection {
    connection: Connection,
    input: Input<Vec<u8>>,
    /// All that the connection would have sent.
    transmit: Vec<u8>,
    objects: Vec<String>,
}

impl Inspection {
    fn new(options: &Options) -> Result<Self, Box<dyn Error>> {
        let mut connection = connect(options)?;
        connection.set_streaming(options.is_streaming);
        let input = Input::new(vec![0; 64 << 10]);
        Ok(Self { connection, input, transmit: Vec::new(), objects: Vec::new() })
    }

    fn run(mut self, stream: &[u8], chunk: usize) -> Vec<String> {
        for bytes in stream.chunks(chunk.min(64 << 10)) {
            if !matches!(self.connection.next_step(), Step::Io { read: true, .. }) {
                break;
            }
            self.feed(bytes);
        }
        self.connection.handle_eof(NOW);
        let ended = self.finish();
        self.report_end(&ended);
        self.objects
    }

    /// Passes bytes to the connection, and describes the events that follow.
    fn feed(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let mut spare = self.connection.spare(&mut self.input);
            let count = spare.buffer().len().min(bytes.len());
            spare.buffer()[..count].copy_from_slice(&bytes[..count]);
            spare.filled(count, NOW);
            bytes = &bytes[count..];
            self.take_events();
        }
    }

    fn take_events(&mut self) {
        while let Some(event) = self.connection.next_event(&mut self.input) {
            let objects = match event {
                Event::Request => describe_request(&mut self.connection),
                Event::NotUpgrade => {
                    self.connection.require_upgrade();
                    vec![refusal(Some(426), &server::RequestError::MissingUpgrade)]
                }
                Event::Open | Event::Rejected => describe_response(&self.connection),
                event => vec![describe(event)],
            };
            self.objects.extend(objects);
        }
        while !self.connection.transmit().is_empty() {
            let bytes = self.connection.transmit();
            self.transmit.extend_from_slice(bytes);
            let count = bytes.len();
            self.connection.transmitted(count, NOW);
        }
    }

    /// Goes on to the end of the connection, whose transport has ended.
    fn finish(&mut self) -> Ended {
        loop {
            self.take_events();
            match self.connection.next_step() {
                Step::Done(ended) => return ended,
                Step::Shutdown => self.connection.handle_shutdown(),
                Step::Io { .. } => {}
            }
        }
    }

    fn report_end(&mut self, ended: &Ended) {
        if let Cause::Handshake(error) = ended.cause {
            self.objects.push(refusal(error.status(), &error));
        }
        let [sent, received] = [ended.sent, ended.received].map(|frame| frame.code());
        let [sent, received] = [sent, received].map(|code| number(code.map(|code| code.get())));
        let (clean, code, transmit) = (ended.is_clean(), ended.code(), hex(&self.transmit));
        self.objects.push(format!(
            r#"{{"event":"end","clean":{clean},"code":{code},"sent":{sent},"received":{received},"transmit":"{transmit}"}}"#
        ));
    }
}

/// Creates the end that receives the bytes.
fn connect(options: &Options) -> Result<Connection, Box<dyn Error>> {
    let mut config = options.config.clone();
    // The origin of a recorded request proves nothing.
    config.policy.origins = Origins::any();
    let negotiated = negotiate(options, &mut config)?;
    let config = Arc::new(config);
    Ok(match (options.has_opening, options.role) {
        (false, Role::Server) => Connection::open_server(negotiated, config, NOW),
        (false, Role::Client) => Connection::open_client(negotiated, config, SEED, NOW),
        (true, Role::Server) => Connection::server(config, NOW),
        (true, Role::Client) => {
            let request = client::Request::new(Url::parse("ws://localhost")?);
            Connection::resume(request, &options.key, config, SEED, NOW)?
        }
    })
}

/// Returns what both ends have agreed on, and allows what they may agree on in the opening handshake.
#[cfg(feature = "deflate")]
fn negotiate(options: &Options, config: &mut Config) -> Result<Negotiated, Box<dyn Error>> {
    use sansocket::deflate::{Agreement, Compression};

    let Some(parameters) = &options.deflate else { return Ok(Negotiated::new()) };
    config.compression = Some(Compression::default());
    let agreement = Agreement::parse(parameters).ok_or("parameters of --deflate are invalid")?;
    Ok(Negotiated::new().with_compression(agreement, Compression::default()))
}

#[cfg(not(feature = "deflate"))]
fn negotiate(options: &Options, _: &mut Config) -> Result<Negotiated, Box<dyn Error>> {
    match options.deflate {
        None => Ok(Negotiated::new()),
        Some(_) => Err("--deflate needs the feature of that name".into()),
    }
}

/// Describes a request, and accepts it.
fn describe_request(connection: &mut Connection) -> Vec<String> {
    let object = connection.request().map(|request| {
        let target = quote(request.target());
        let headers = list(request.headers().iter().map(|(name, value)| header(name, value)));
        let protocols = list(request.protocols().map(quote));
        format!(
            r#"{{"event":"request","target":{target},"headers":{headers},"protocols":{protocols}}}"#
        )
    });
    connection.accept();
    object.into_iter().collect()
}

/// Describes a response, and the refusal that it is if its status is not 101.
fn describe_response(connection: &Connection) -> Vec<String> {
    let Some(response) = connection.response() else { return Vec::new() };
    let status = response.status();
    let headers = list(response.headers().iter().map(|(name, value)| header(name, value)));
    let protocol = response.protocol().map_or("null".to_owned(), quote);
    let mut objects = vec![format!(
        r#"{{"event":"response","status":{status},"headers":{headers},"protocol":{protocol}}}"#
    )];
    if status != 101 {
        objects.push(refusal(Some(status), &"server refused"));
    }
    objects
}

fn refusal(status: Option<u16>, error: &dyn ToString) -> String {
    let (status, error) = (number(status), quote(&error.to_string()));
    format!(r#"{{"event":"refused","status":{status},"error":{error}}}"#)
}

fn describe(event: Event<'_>) -> String {
    match event {
        Event::Text(text) => format!(r#"{{"event":"text","text":{}}}"#, quote(text)),
        Event::Binary(bytes) => format!(r#"{{"event":"binary","hex":"{}"}}"#, hex(bytes)),
        Event::Part { kind, bytes, last } => {
            let kind = if kind == Kind::Text { "text" } else { "binary" };
            let hex = hex(bytes);
            format!(r#"{{"event":"part","kind":"{kind}","hex":"{hex}","last":{last}}}"#)
        }
        Event::Ping(bytes) => format!(r#"{{"event":"ping","hex":"{}"}}"#, hex(bytes)),
        Event::Pong(bytes) => format!(r#"{{"event":"pong","hex":"{}"}}"#, hex(bytes)),
        Event::Close(close) => {
            let code = number(close.code.map(|code| code.get()));
            format!(r#"{{"event":"close","code":{code},"reason":{}}}"#, quote(close.reason))
        }
        Event::Violation(error) => {
            let (error, code) = (quote(&error.to_string()), error.close_code());
            format!(r#"{{"event":"error","error":{error},"close_code":{code}}}"#)
        }
        _ => r#"{"event":"unknown"}"#.to_owned(),
    }
}

fn header(name: &str, value: &[u8]) -> String {
    format!("[{},{}]", quote(name), quote(&String::from_utf8_lossy(value)))
}

fn list(items: impl Iterator<Item = String>) -> String {
    format!("[{}]", items.collect::<Vec<_>>().join(","))
}

fn number(number: Option<u16>) -> String {
    number.map_or("null".to_owned(), |number| number.to_string())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A JSON string.
fn quote(text: &str) -> String {
    let mut quoted = String::from('"');
    for character in text.chars() {
        match character {
            '"' | '\\' => quoted.extend(['\\', character]),
            '\0'..' ' | '\x7f' => quoted.push_str(&format!("\\u{:04x}", character as u32)),
            _ => quoted.push(character),
        }
    }
    quoted.push('"');
    quoted
}

const USAGE: &str = "usage: inspect [--role server|client] [--chunk BYTES] [--streaming] \
    [--max-message BYTES] [--opening] [--key KEY] [--deflate PARAMETERS] < BYTES";

/// The same stream is described in the same way each time.
const SEED: Seed = Seed::new([0; 32]);

/// No time passes.
const NOW: Timestamp = Timestamp::new(Duration::ZERO);
