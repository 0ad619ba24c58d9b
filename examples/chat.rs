//! A chat, and the page to use it from: `cargo run --example chat`, then open <http://127.0.0.1:8080/> in two
//! windows of a browser.
//!
//! One port serves both. Each member has a thread that reads. A thread with something to say writes to all
//! other members, by a clone of the writing half of each.
//!
//! Text messages are lines, the first of which is a verb. A browser sends `say TEXT`. The server sends
//! `said NAME TEXT`, `file NAME BYTES` before a binary message, `here NAME RTT …` with the members, and
//! `left NAME CODE REASON clean|unclean`.
//!
//! `--listen ADDRESS:PORT` sets where to listen. `--deflate shared|dedicated`, with the feature `deflate`,
//! agrees to compress: each message by itself, or with the help of those before it.

use std::collections::BTreeSet;
use std::error::Error;
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use sansocket::blocking::{HttpRequest, Incoming, Opening, Reader, WebSocket, Writer};
use sansocket::server::Response;
use sansocket::{Cause, Config, Ended, Event, Liveness, Message, Timeouts};

const PAGE: &str = include_str!("chat.html");
const PROTOCOL: &str = "chat";
const MAX_MESSAGE: u64 = 8 << 20;

fn main() -> Result<(), Box<dyn Error>> {
    let mut listen = "127.0.0.1:8080".to_owned();
    // A ping every few seconds, whatever else comes, measures the round-trip time of everyone. A member who
    // does not read must not hold up the others for long.
    let timeouts = Timeouts::new().idle(Duration::from_secs(2)).pong(Duration::from_secs(8));
    let mut config = Config::new().timeouts(timeouts.liveness(Liveness::Pong));
    config.limits.message = MAX_MESSAGE;
    let mut arguments = std::env::args().skip(1);
    while let Some(name) = arguments.next() {
        let value = arguments.next().ok_or_else(|| format!("{name} takes a value"))?;
        match name.as_str() {
            "--deflate" => compress(&value, &mut config)?,
            "--listen" => listen = value,
            _ => return Err(format!("no such option: {name}").into()),
        }
    }
    let listener = TcpListener::bind(listen)?;
    println!("open http://{}/ in two windows of a browser", listener.local_addr()?);
    let (config, room) = (config.shared(), Arc::new(Room::default()));
    for stream in listener.incoming() {
        let (stream, config, room) = (stream?, Arc::clone(&config), Arc::clone(&room));
        thread::spawn(move || {
            if let Err(error) = serve(stream, config, &room) {
                println!("{error}");
            }
        });
    }
    Ok(())
}

#[cfg(feature = "deflate")]
fn compress(value: &str, config: &mut Config) -> Result<(), Box<dyn Error>> {
    use sansocket::deflate::Compression;

    config.compression = match value {
        "shared" => Some(Compression::shared()),
        "dedicated" => Some(Compression::dedicated()),
        _ => return Err(format!("no such context: {value}").into()),
    };
    Ok(())
}

#[cfg(not(feature = "deflate"))]
fn compress(_: &str, _: &mut Config) -> Result<(), Box<dyn Error>> {
    Err("--deflate takes the feature of that name".into())
}

/// Answers the first request on a new connection.
fn serve(stream: TcpStream, config: Arc<Config>, room: &Room) -> Result<(), Box<dyn Error>> {
    stream.set_nodelay(true)?;
    match WebSocket::receive_request(stream, config)? {
        Incoming::Http(request) => serve_page(request),
        Incoming::Opening(opening) => serve_member(opening, room),
    }
}

fn serve_page(request: HttpRequest<TcpStream>) -> Result<(), Box<dyn Error>> {
    let is_page = request.head().method() == "GET" && request.head().target() == "/";
    let response = match is_page {
        true => {
            Response::new(200, &[("Content-Type", "text/html; charset=utf-8")], PAGE.as_bytes())
        }
        false => Response::new(404, &[], b"nothing here\n"),
    };
    Ok(request.respond(response?)?)
}

fn serve_member(mut opening: Opening<TcpStream>, room: &Room) -> Result<(), Box<dyn Error>> {
    let request = opening.request();
    let Some(name) = request.target().strip_prefix("/chat?name=").and_then(decode_name) else {
        return Ok(opening.reject(Response::new(404, &[], b"ask for /chat?name=NAME\n")?)?);
    };
    if request.protocols().any(|protocol| protocol == PROTOCOL) {
        request.select_protocol(PROTOCOL)?;
    }
    if !lock(&room.names).insert(name.clone()) {
        return Ok(opening.reject(Response::new(409, &[], b"this name is taken\n")?)?);
    }
    let outcome = join(opening, &name, room);
    lock(&room.names).remove(&name);
    room.report_leaving(&name, outcome?.as_ref());
    Ok(())
}

/// Lets a member in until they leave. Returns how the connection ended.
fn join(
    opening: Opening<TcpStream>,
    name: &str,
    room: &Room,
) -> Result<Option<Ended>, Box<dyn Error>> {
    let (mut reader, writer) = opening.accept()?.split()?;
    let member = Member { name: name.to_owned(), writer, round_trip: Mutex::new(None) };
    let member = Arc::new(member);
    lock(&room.members).push(Arc::clone(&member));
    room.report_members();
    let outcome = listen(&mut reader, &member, room);
    lock(&room.members).retain(|other| other.name != name);
    if let Err(error) = outcome {
        println!("{name}: {error}");
    }
    Ok(reader.ended())
}

/// Passes on what a member says, until they leave.
fn listen(
    reader: &mut Reader<TcpStream>,
    member: &Member,
    room: &Room,
) -> Result<(), sansocket::Error> {
    while let Some(event) = reader.next_event()? {
        match event {
            Event::Text(text) => pass_on_text(text, member, room),
            Event::Binary(bytes) => pass_on_file(bytes, member, room),
            Event::Pong(_) => {
                *lock(&member.round_trip) = reader.round_trip().map(|rtt| rtt.smoothed);
                room.report_members();
            }
            _ => {}
        }
    }
    Ok(())
}

/// The members.
#[derive(Default)]
struct Room {
    /// The names that are taken, also by those who are still at the door.
    names: Mutex<BTreeSet<String>>,
    members: Mutex<Vec<Arc<Member>>>,
}

struct Member {
    name: String,
    writer: Writer<TcpStream>,
    round_trip: Mutex<Option<Duration>>,
}

impl Room {
    /// Sends messages to all members for whom `is_for` holds.
    fn send(&self, messages: &[Message<'_>], is_for: impl Fn(&Member) -> bool) {
        let members = lock(&self.members).clone();
        for member in members.iter().filter(|member| is_for(member)) {
            // A member who cannot be written to is about to leave, as their own thread will find.
            let _ = member.writer.queue(|sender| {
                messages.iter().try_for_each(|message| sender.send(message.clone()))
            });
        }
    }

    fn report_members(&self) {
        let mut list = "here".to_owned();
        for member in lock(&self.members).iter() {
            let rtt = lock(&member.round_trip)
                .map_or("-".to_owned(), |rtt| format!("{:.1}", rtt.as_secs_f64() * 1e3));
            list.push_str(&format!("\n{}\t{rtt}", member.name));
        }
        self.send(&[Message::Text(&list)], |_| true);
    }

    fn report_leaving(&self, name: &str, ended: Option<&Ended>) {
        let code = match ended.map(|ended| ended.cause) {
            Some(Cause::Violation(error)) => error.close_code().get(),
            Some(_) | None => ended.map_or(1006, Ended::code),
        };
        let manner = if ended.is_some_and(Ended::is_clean) { "clean" } else { "unclean" };
        let reason =
            ended.map_or_else(String::new, |ended| ended.reason.replace(['\t', '\n'], " "));
        println!("{name} left: {code} {reason:?} ({manner})");
        self.send(&[Message::Text(&format!("left\n{name}\t{code}\t{reason}\t{manner}"))], |_| true);
        self.report_members();
    }
}

fn pass_on_text(text: &str, member: &Member, room: &Room) {
    if let Some(text) = text.strip_prefix("say\n") {
        let said = format!("said\n{}\n{text}", member.name);
        room.send(&[Message::Text(&said)], |_| true);
    }
}

fn pass_on_file(bytes: &[u8], member: &Member, room: &Room) {
    let head = format!("file\n{}\n{}", member.name, bytes.len());
    room.send(&[Message::Text(&head), Message::Binary(bytes)], |other| other.name != member.name);
}

/// Decodes a name from a URL: percent-encoded, and without what separates names from other things.
fn decode_name(encoded: &str) -> Option<String> {
    let mut bytes = Vec::new();
    let mut rest = encoded.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => {
                let digits = [rest.next()?, rest.next()?];
                u8::from_str_radix(str::from_utf8(&digits).ok()?, 16).ok()?
            }
            _ => byte,
        });
    }
    let name = String::from_utf8(bytes).ok()?;
    let is_good = !name.trim().is_empty() && name.len() <= 64 && !name.contains(char::is_control);
    is_good.then_some(name)
}

/// A member whose thread panicked leaves nothing half done.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
