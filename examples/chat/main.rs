//! Sandbar, a chat for browsers: `cargo run --example chat`, then open <http://127.0.0.1:8080/> in two windows.
//!
//! One port serves the page and its WebSocket. Each member has a thread that reads and one that writes.
//!
//! | file | contents |
//! |---|---|
//! | `main.rs` | options, requests |
//! | `page.html` | the page, which needs nothing else |
//! | `session.rs` | the messages between pages and server |
//! | `room.rs` | members, and the messages to all of them |
//! | `member.rs` | the outbox of a member |
//! | `history.rs` | numbered events, for pages that come back |
//! | `upload.rs` | files that arrive |
//! | `tap.rs` | the frames that pass on the wire |
//!
//! Options:
//!
//! * `--lan` listens on all addresses of this machine. Invitations then have the address in the local network.
//! * `--listen ADDRESS:PORT` sets where to listen. Default: `127.0.0.1:8080`.
//! * `--keep FOLDER` keeps messages and files there, so that they outlive the server.
//! * `--deflate dedicated|shared|off` sets how messages are compressed, with the feature `deflate`: with the help of
//!   those before them (the default), by themselves, or not at all.

mod history;
mod member;
mod room;
mod session;
mod tap;
mod upload;

use std::error::Error;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::net::{IpAddr, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use sansocket::blocking::{HttpRequest, Incoming, Opening, WebSocket};
use sansocket::server::{self, Response};
use sansocket::{CloseCode, Config, Limits, Liveness, Timeouts};

use member::Member;
pub(crate) use room::Rooms;
use room::{Refused, Seen};
use session::{Session, is_hidden, is_token};
pub(crate) use tap::Tapped;

const PAGE: &str = include_str!("page.html");
const PROTOCOL: &str = "chat";
const MOST_BYTES: u64 = 1 << 20;
/// Shorter messages are sent as they are, in bytes.
#[cfg(feature = "deflate")]
const COMPRESSED_FROM: usize = 32;

/// The state that all threads share.
pub(crate) struct Server {
    pub(crate) config: Arc<Config>,
    pub(crate) rooms: Rooms,
    /// The address for invitations, if it is not the one that the page was loaded from.
    pub(crate) invitation: String,
}

pub(crate) struct Options {
    pub(crate) listen: SocketAddr,
    is_lan: bool,
    pub(crate) keep: Option<PathBuf>,
    pub(crate) config: Config,
}

fn main() -> Result<(), Box<dyn Error>> {
    let Options { listen, is_lan, keep, config } = read_options()?;
    let listener = TcpListener::bind(listen)?;
    let port = listener.local_addr()?.port();
    let invitation = match lan_address().filter(|_| is_lan) {
        Some(address) => format!("http://{}/", SocketAddr::new(address, port)),
        None => String::new(),
    };
    match invitation.as_str() {
        "" => println!("open http://{}/ in two windows", listener.local_addr()?),
        invitation => println!("open {invitation} here and on another device"),
    }
    let server = Server { config: config.shared(), rooms: Rooms::new(keep), invitation };
    let server = Arc::new(server);
    for stream in listener.incoming() {
        let (stream, server) = (stream?, Arc::clone(&server));
        thread::spawn(move || {
            if let Err(error) = server.serve(stream) {
                println!("{error}");
            }
        });
    }
    Ok(())
}

pub(crate) fn read_options() -> Result<Options, Box<dyn Error>> {
    let mut listen = None;
    let (mut is_lan, mut keep, mut config) = (false, None, default_config());
    let mut arguments = std::env::args().skip(1);
    while let Some(name) = arguments.next() {
        if name == "--lan" {
            is_lan = true;
            continue;
        }
        let value = arguments.next().ok_or_else(|| format!("{name} takes a value"))?;
        match name.as_str() {
            "--deflate" => set_compression(&value, &mut config)?,
            "--keep" => keep = Some(PathBuf::from(value)),
            "--listen" => listen = Some(value.parse()?),
            _ => return Err(format!("no such option: {name}").into()),
        }
    }
    let host = if is_lan { [0, 0, 0, 0] } else { [127, 0, 0, 1] };
    let listen = listen.unwrap_or(SocketAddr::from((host, 8080)));
    Ok(Options { listen, is_lan, keep, config })
}

fn default_config() -> Config {
    // A ping every two seconds, whatever else comes, measures the round-trip time. A member who gets a large file
    // over a slow line answers late.
    let timeouts = Timeouts::new()
        .idle(Duration::from_secs(2))
        .pong(Duration::from_secs(30))
        .liveness(Liveness::Pong);
    let config = Config::new().timeouts(timeouts).limits(Limits::new().message(MOST_BYTES));
    #[cfg(feature = "deflate")]
    let config = config.compression(sansocket::deflate::Compression::dedicated());
    config
}

#[cfg(feature = "deflate")]
fn set_compression(value: &str, config: &mut Config) -> Result<(), Box<dyn Error>> {
    use sansocket::deflate::Compression;

    config.compression = match value {
        "dedicated" => Some(Compression::dedicated()),
        "shared" => Some(Compression::shared()),
        "off" => None,
        _ => return Err(format!("no such compression: {value}").into()),
    };
    Ok(())
}

#[cfg(not(feature = "deflate"))]
fn set_compression(value: &str, _: &mut Config) -> Result<(), Box<dyn Error>> {
    match value {
        "off" => Ok(()),
        _ => Err("compression needs the feature `deflate`".into()),
    }
}

/// Returns the address of this machine in the local network. Nothing is sent to find it out.
fn lan_address() -> Option<IpAddr> {
    let socket = UdpSocket::bind("0.0.0.0:0").ok()?;
    // An address for documentation (RFC 5737): it is routed as those of other machines are.
    socket.connect("192.0.2.1:9").ok()?;
    Some(socket.local_addr().ok()?.ip())
}

impl Server {
    /// Handles the first request on a new connection.
    fn serve(&self, stream: TcpStream) -> Result<(), Box<dyn Error>> {
        stream.set_nodelay(true)?;
        match WebSocket::receive_request(Tapped::new(stream), Arc::clone(&self.config))? {
            Incoming::Http(request) => self.serve_page(request),
            Incoming::Opening(opening) => self.serve_member(opening),
        }
    }

    fn serve_page(&self, request: HttpRequest<Tapped>) -> Result<(), Box<dyn Error>> {
        let head = request.head();
        let host = head.headers().text("Host").unwrap_or_default().to_owned();
        let is_page = head.method() == "GET" && is_page(head.target());
        Ok(self.answer(is_page, &host, |response| request.respond(response))??)
    }

    /// Answers a request with the page, or with the status 404.
    pub(crate) fn answer<T>(
        &self,
        is_page: bool,
        host: &str,
        respond: impl FnOnce(Response<'_>) -> T,
    ) -> Result<T, Box<dyn Error>> {
        if !is_page {
            return Ok(respond(Response::not_found("nothing here\n")));
        }
        let nonce = random() + &random();
        let policy = content_policy(&nonce, host);
        let page = PAGE.replace("{nonce}", &nonce).replace("{invitation}", &self.invitation);
        let headers = [
            ("Content-Type", "text/html; charset=utf-8"),
            ("Content-Security-Policy", policy.as_str()),
            ("Cache-Control", "no-store"),
            ("Referrer-Policy", "no-referrer"),
            ("X-Content-Type-Options", "nosniff"),
        ];
        Ok(respond(Response::new(200, &headers, page.as_bytes())?))
    }

    fn serve_member(&self, mut opening: Opening<Tapped>) -> Result<(), Box<dyn Error>> {
        match Guest::ask(opening.request())? {
            Some(guest) => self.serve_guest(&guest, opening.accept()?),
            None => Ok(opening.reject(Guest::unknown())?),
        }
    }

    pub(crate) fn serve_guest(
        &self,
        guest: &Guest,
        mut socket: WebSocket<Tapped>,
    ) -> Result<(), Box<dyn Error>> {
        let tap = Arc::clone(socket.get_ref().tap());
        let member = Arc::new(Member::new(guest.name.clone(), guest.key.clone(), tap));
        let seen = Seen { epoch: &guest.epoch, last: guest.last };
        // The page is told why it cannot come in by a close frame: browsers hide the status of a rejection.
        let room = match self.rooms.enter(&guest.room, &member, &seen) {
            Ok(room) => room,
            Err(refused) => return Ok(refuse(&mut socket, refused)?),
        };
        let (mut reader, writer) = socket.split()?;
        let outcome = thread::scope(|scope| {
            scope.spawn(|| member.write(&writer));
            let outcome = Session::new(&room, &member).run(&mut reader);
            member.end();
            outcome
        });
        if let Err(error) = outcome {
            println!("{}: {error}", member.name);
        }
        room.leave(&member, reader.ended().as_ref());
        Ok(())
    }
}

/// Returns whether a target is that of the page.
pub(crate) fn is_page(target: &str) -> bool {
    target == "/" || target.starts_with("/?")
}

fn refuse(socket: &mut WebSocket<Tapped>, refused: Refused) -> Result<(), sansocket::Error> {
    let (code, reason) = refused.close();
    socket.close(CloseCode::new(code), reason)
}

/// Returns the policy that keeps every other script out of the page, whatever members send.
fn content_policy(nonce: &str, host: &str) -> String {
    format!(
        "default-src 'none'; script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}'; img-src blob: data:; \
         connect-src 'self' ws://{host} wss://{host}; base-uri 'none'; form-action 'none'; \
         frame-ancestors 'none'"
    )
}

/// Someone who asks to come in.
pub(crate) struct Guest {
    room: String,
    pub(crate) name: String,
    key: String,
    epoch: String,
    last: u32,
}

impl Guest {
    /// Takes a request for the chat. Returns `None` if it is one for something else.
    pub(crate) fn ask(request: &mut server::Request) -> Result<Option<Self>, Box<dyn Error>> {
        let Some(guest) = Self::parse(request.target()) else { return Ok(None) };
        if request.protocols().any(|protocol| protocol == PROTOCOL) {
            request.select_protocol(PROTOCOL)?;
        }
        Ok(Some(guest))
    }

    /// Returns the response for requests that ask for something else.
    pub(crate) fn unknown() -> Response<'static> {
        Response::not_found("ask for /chat?room=ROOM&name=NAME&key=KEY\n")
    }

    /// Parses the target of a request: `/chat?room=ROOM&name=NAME&key=KEY`, and from a page that comes back
    /// `&epoch=EPOCH&last=NUMBER`.
    fn parse(target: &str) -> Option<Self> {
        let query = target.strip_prefix("/chat?")?;
        let field = |name: &str| {
            let mut fields = query.split('&').filter_map(|field| field.split_once('='));
            fields.find(|field| field.0 == name).map(|field| field.1)
        };
        let token = |name| field(name).filter(|text| is_token(text)).map(str::to_owned);
        Some(Self {
            room: token("room")?.to_ascii_lowercase(),
            name: decode_name(field("name")?)?,
            key: token("key")?,
            epoch: token("epoch").unwrap_or_default(),
            last: field("last").and_then(|last| last.parse().ok()).unwrap_or(0),
        })
    }
}

/// Decodes a name from a URL: percent-encoded, and without characters that cannot be seen.
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
    let is_good = name.trim() == name && (1..=64).contains(&name.len());
    (is_good && !name.contains(is_hidden)).then_some(name)
}

/// Returns 16 hexadecimal digits that nobody can guess: the standard library seeds its maps so.
fn random() -> String {
    format!("{:016x}", RandomState::new().build_hasher().finish())
}

/// Locks a mutex. A thread that panicked has left nothing half done.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
