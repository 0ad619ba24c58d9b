//! Tells what a stream of bytes means: raw bytes on standard input, one JSON object a line on
//! standard output.
//!
//! ```sh
//! printf '\x81\x05Hello' | cargo run --example inspect -- --role client
//! ```
//!
//! `--role server|client` whose ears it has · `--chunk N` how many bytes to feed at a time ·
//! `--streaming` messages part by part · `--max-message N` bytes · `--opening` the stream starts with
//! the opening handshake, for a client with `--key KEY` as the key that was sent · `--deflate PARAMETERS`,
//! with the feature of that name, both ends have agreed to compress, such as with
//! `server_no_context_takeover; client_max_window_bits=10`; `--deflate ""` to nothing in particular.

use std::error::Error;
use std::io::{self, Read, Write};

use sansocket::server::{Origins, Policy, RequestError};
use sansocket::{
    Connection, Event, HeadError, Input, Kind, Limits, Role, Seed, Url, client, server,
};

fn main() -> Result<(), Box<dyn Error>> {
    let options = Options::from_arguments(std::env::args().skip(1))?;
    let mut bytes = Vec::new();
    io::stdin().read_to_end(&mut bytes)?;
    let mut lines = io::BufWriter::new(io::stdout().lock());
    for object in Inspection::new(&options, bytes).run()? {
        writeln!(lines, "{object}")?;
    }
    Ok(lines.flush()?)
}

struct Options {
    role: Role,
    chunk: usize,
    is_streaming: bool,
    limits: Limits,
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
            limits: Limits::default(),
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
                "--max-message" => options.limits.message = value()?.parse()?,
                "--opening" => options.has_opening = true,
                "--key" => options.key = value()?,
                "--deflate" => options.deflate = Some(value()?),
                _ => return Err(USAGE.into()),
            }
        }
        Ok(options)
    }
}

/// A stream that is looked at, and what came of it.
struct Inspection<'o> {
    options: &'o Options,
    stream: Vec<u8>,
    fed: usize,
    input: Input<Vec<u8>>,
    /// All that we would have sent.
    transmit: Vec<u8>,
    objects: Vec<String>,
}

impl<'o> Inspection<'o> {
    fn new(options: &'o Options, stream: Vec<u8>) -> Self {
        let storage = vec![0; stream.len().min(options.chunk).max(64 << 10)];
        Self {
            options,
            stream,
            fed: 0,
            input: Input::new(storage),
            transmit: Vec::new(),
            objects: Vec::new(),
        }
    }

    fn run(mut self) -> Result<Vec<String>, Box<dyn Error>> {
        let connection = match (self.options.has_opening, self.options.role) {
            (true, Role::Server) => self.open_as_server(),
            (true, Role::Client) => self.open_as_client(),
            (false, Role::Server) => Some(Connection::server(self.options.limits)),
            (false, Role::Client) => Some(Connection::client(self.options.limits, SEED)),
        };
        match connection {
            Some(mut connection) => {
                if let Some(parameters) = &self.options.deflate {
                    compress(&mut connection, parameters)?;
                }
                self.receive(connection);
            }
            None => self.end(false, 1006, None, None),
        }
        Ok(self.objects)
    }

    /// Feeds the next bytes, and tells whether there were any.
    fn feed(&mut self) -> bool {
        let rest = &self.stream[self.fed..];
        let spare = self.input.spare();
        let count = rest.len().min(self.options.chunk).min(spare.len());
        spare[..count].copy_from_slice(&rest[..count]);
        self.input.fill(count);
        self.fed += count;
        count > 0
    }

    fn open_as_server(&mut self) -> Option<Connection> {
        let policy = Policy::new().origins(Origins::any());
        let mut handshake = server::Handshake::new();
        while self.feed() {
            handshake = match handshake.receive(&mut self.input, &policy) {
                Ok(server::Progress::Incomplete(handshake)) => handshake,
                Ok(server::Progress::Request(request)) => {
                    self.tell_request(&request);
                    return Some(request.accept(self.options.limits, &mut self.transmit));
                }
                Ok(server::Progress::NotUpgrade(_)) => {
                    return self.refuse(RequestError::MissingUpgrade);
                }
                Err(error) => return self.refuse(error),
            };
        }
        self.tell_refused(None, &HeadError::Incomplete);
        None
    }

    fn refuse(&mut self, error: RequestError) -> Option<Connection> {
        error.reject(&mut self.transmit);
        self.tell_refused(error.status(), &error);
        None
    }

    fn open_as_client(&mut self) -> Option<Connection> {
        let Ok(url) = Url::parse("ws://localhost") else { unreachable!("this is a URL") };
        let (key, limits) = (&self.options.key, self.options.limits);
        let resumed = client::Handshake::resume(client::Request::new(url), key, limits, SEED);
        let mut handshake = match resumed {
            Ok(handshake) => handshake,
            Err(error) => {
                self.tell_refused(None, &error);
                return None;
            }
        };
        let outcome = loop {
            if !self.feed() {
                break handshake.receive_eof();
            }
            handshake = match handshake.receive(&mut self.input) {
                Ok(client::Progress::Incomplete(handshake)) => handshake,
                Ok(client::Progress::Open(connection, response)) => {
                    self.tell_response(&response);
                    return Some(connection);
                }
                Ok(client::Progress::Rejected(response)) => break Ok(response),
                Err(error) => break Err(error),
            };
        };
        match outcome {
            Ok(response) => {
                self.tell_response(&response);
                self.tell_refused(Some(response.status()), &"server refused");
            }
            // A status is what a server answers with; a client has nobody to answer.
            Err(error) => self.tell_refused(None, &error),
        }
        None
    }

    fn receive(&mut self, connection: Connection) {
        let Connection { mut receiver, mut sender } = connection;
        receiver.set_streaming(self.options.is_streaming);
        loop {
            let outcome = loop {
                match receiver.next_event(&mut self.input, &mut sender) {
                    Ok(Some(event)) => self.objects.push(describe(event)),
                    Ok(None) => break Ok(()),
                    Err(error) => break Err(error),
                }
            };
            sender.poll_transmit(&mut self.transmit);
            if let Err(error) = outcome {
                let (what, code) = (quote(&error.to_string()), error.close_code());
                self.tell(format!(r#"{{"event":"error","error":{what},"close_code":{code}}}"#));
                break;
            }
            if !self.feed() {
                break;
            }
        }
        receiver.receive_eof(&mut sender);
        let Some(ended) = receiver.ended(&sender) else {
            unreachable!("a connection without transport has ended");
        };
        let [sent, received] = [ended.sent, ended.received].map(|frame| frame.code());
        let [sent, received] = [sent, received].map(|code| code.map(|code| code.get()));
        self.end(ended.is_clean(), ended.code(), sent, received);
    }

    fn tell(&mut self, object: String) {
        self.objects.push(object);
    }

    fn tell_request(&mut self, request: &server::Request) {
        let target = quote(request.target());
        let headers = list(request.headers().iter().map(|(name, value)| header(name, value)));
        let protocols = list(request.protocols().map(quote));
        self.tell(format!(
            r#"{{"event":"request","target":{target},"headers":{headers},"protocols":{protocols}}}"#
        ));
    }

    fn tell_response(&mut self, response: &client::Response) {
        let status = response.status();
        let headers = list(response.headers().iter().map(|(name, value)| header(name, value)));
        let protocol = response.protocol().map_or("null".to_owned(), quote);
        self.tell(format!(
            r#"{{"event":"response","status":{status},"headers":{headers},"protocol":{protocol}}}"#
        ));
    }

    fn tell_refused(&mut self, status: Option<u16>, error: &dyn ToString) {
        let (status, error) = (number(status), quote(&error.to_string()));
        self.tell(format!(r#"{{"event":"refused","status":{status},"error":{error}}}"#));
    }

    fn end(&mut self, clean: bool, code: u16, sent: Option<u16>, received: Option<u16>) {
        let (sent, received, transmit) = (number(sent), number(received), hex(&self.transmit));
        self.tell(format!(
            r#"{{"event":"end","clean":{clean},"code":{code},"sent":{sent},"received":{received},"transmit":"{transmit}"}}"#
        ));
    }
}

#[cfg(feature = "deflate")]
fn compress(connection: &mut Connection, parameters: &str) -> Result<(), Box<dyn Error>> {
    use sansocket::deflate::{Agreement, Compression};

    let agreement = Agreement::parse(parameters).ok_or("no such parameters")?;
    connection.compress(agreement, &Compression::default());
    Ok(())
}

#[cfg(not(feature = "deflate"))]
fn compress(_: &mut Connection, _: &str) -> Result<(), Box<dyn Error>> {
    Err("--deflate takes the feature of that name".into())
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

/// What is looked at twice is to give the same masks.
const SEED: Seed = Seed::new([0; 32]);
