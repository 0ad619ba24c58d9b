//! JSON objects, one for each event.

use std::error::Error;

use sansocket::{Cause, Connection, Ended, Event, Kind, Role, server};

use super::Verdict;
use super::endpoint::{self, Endpoint};
use super::options::Options;
use super::recording::{Recording, peer};
use super::text::{hex, quote};

/// Describes what the end of `--role` receives.
///
/// # Errors
///
/// Returns an error if the options do not fit each other.
pub(crate) fn describe(
    recording: &Recording,
    options: &Options,
) -> Result<(Vec<String>, Verdict), Box<dyn Error>> {
    let mut connection = connect(options)?;
    connection.set_streaming(options.is_streaming);
    let (mut end, mut objects) = (Endpoint::new(connection), Vec::new());
    for bytes in recording.stream(peer(options.role)).chunks(options.chunk.min(64 << 10)) {
        if !end.reads() {
            break;
        }
        end.feed(bytes, |connection, event| objects.extend(describe_event(connection, event)));
    }
    let ended = end.finish(|connection, event| objects.extend(describe_event(connection, event)));
    objects.extend(describe_end(&ended, &end.transmit));
    let verdict = match ended.cause {
        Cause::Handshake(_) | Cause::Violation(_) => Verdict::Violation,
        // The request was plain HTTP.
        Cause::Rejected if options.role == Role::Server => Verdict::Violation,
        _ => Verdict::Valid,
    };
    Ok((objects, verdict))
}

/// Creates the end that receives the bytes.
fn connect(options: &Options) -> Result<Connection, Box<dyn Error>> {
    let mut config = options.config.clone();
    endpoint::negotiate(options.deflate.as_deref())?;
    if options.deflate.is_some() {
        endpoint::compress(&mut config);
    }
    match (options.has_opening, options.role) {
        (false, role) => endpoint::open(role, options, options.deflate.as_deref()),
        (true, Role::Server) => Ok(endpoint::expect_request(config)),
        (true, Role::Client) => endpoint::expect_response(config.shared(), &options.key, &[]),
    }
}

fn describe_event(connection: &mut Connection, event: Event<'_>) -> Vec<String> {
    match event {
        Event::Request => describe_request(connection),
        Event::NotUpgrade => {
            connection.require_upgrade();
            vec![rejection(Some(426), &server::RequestError::MissingUpgrade)]
        }
        Event::Open | Event::Rejected => describe_response(connection),
        event => vec![describe_message(event)],
    }
}

fn describe_end(ended: &Ended, transmit: &[u8]) -> Vec<String> {
    let mut objects = Vec::new();
    if let Cause::Handshake(error) = ended.cause {
        objects.push(rejection(error.status(), &error));
    }
    let [sent, received] = [ended.sent, ended.received].map(|frame| frame.code());
    let [sent, received] = [sent, received].map(|code| number(code.map(|code| code.get())));
    let (clean, code, transmit) = (ended.is_clean(), ended.code(), hex(transmit));
    objects.push(format!(
        r#"{{"event":"end","clean":{clean},"code":{code},"sent":{sent},"received":{received},"transmit":"{transmit}"}}"#
    ));
    objects
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

/// Describes a response, and the rejection that it is if its status is not 101.
fn describe_response(connection: &Connection) -> Vec<String> {
    let Some(response) = connection.response() else { return Vec::new() };
    let status = response.status();
    let headers = list(response.headers().iter().map(|(name, value)| header(name, value)));
    let protocol = response.protocol().map_or("null".to_owned(), quote);
    let mut objects = vec![format!(
        r#"{{"event":"response","status":{status},"headers":{headers},"protocol":{protocol}}}"#
    )];
    if status != 101 {
        objects.push(rejection(Some(status), &"server rejected the connection"));
    }
    objects
}

fn rejection(status: Option<u16>, error: &dyn ToString) -> String {
    let (status, error) = (number(status), quote(&error.to_string()));
    format!(r#"{{"event":"rejected","status":{status},"error":{error}}}"#)
}

fn describe_message(event: Event<'_>) -> String {
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
