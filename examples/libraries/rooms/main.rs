//! Rooms: chat and presence, by one process, or by several behind a load balancer.
//!
//! ```sh
//! cargo run --release --example rooms    # one process: open http://127.0.0.1:8080/ in two windows
//! examples/libraries/rooms/cluster       # three processes, joined by Redis, behind haproxy (Debian)
//! ```
//!
//! A message has a number within its room, which the engine gives it in the same step as it stores and publishes it. A
//! client that comes back, to whichever node, says which number it has seen last, and gets what it missed, without gap
//! or double. It sends again what was not confirmed, with the same id, which the engine takes only once. So a node that
//! is killed loses nothing, if the client sends again.
//!
//! | file | contains |
//! |---|---|
//! | `options` | the command line |
//! | `node` | this process: its rooms, and what it does from time to time |
//! | `room` | a room on this node: who joins gets what was missed, then what comes |
//! | `log` | the newest messages of a room |
//! | `people` | who is in a room, on which node |
//! | `session` | the connection of a client, and the messages on it |
//! | `engine` | what gives numbers: this process, or Redis |
//! | `redis` | scripts and subscriptions |
//! | `page.html` | the page, which needs nothing else |
//! | `client.rs` | the example `rooms_client`, for the terminal |

mod engine;
mod log;
mod node;
mod options;
mod people;
#[cfg(feature = "redis")]
mod redis;
mod room;
mod session;

use std::error::Error;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use sansocket::server::Response;
use sansocket::tokio::{HttpRequest, Incoming, WebSocket};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::time::sleep;

use node::Node;
use options::Options;
use session::Session;

type Failure = Box<dyn Error + Send + Sync>;

const PAGE: &str = include_str!("page.html");

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let options = Options::read(std::env::args().skip(1))?;
    let listener = listen(&options)?;
    let address = listener.local_addr()?;
    let node = Node::start(options).await?;
    println!("node {}: open http://{address}/ in two windows", node.options.name);
    tokio::select! {
        outcome = serve(listener, &node) => outcome,
        outcome = told_to_end() => {
            outcome?;
            node.end().await;
            Ok(())
        }
    }
}

/// Listens with small buffers in the kernel, so that the [`Backlog`](sansocket::Backlog) decides how far a client may lag
/// behind.
fn listen(options: &Options) -> Result<TcpListener, Failure> {
    let socket = match options.listen.is_ipv4() {
        true => TcpSocket::new_v4()?,
        false => TcpSocket::new_v6()?,
    };
    socket.set_reuseaddr(true)?;
    socket.set_send_buffer_size(64 << 10)?;
    socket.bind(options.listen)?;
    Ok(socket.listen(1024)?)
}

/// Waits for Ctrl-C, or for the signal by which services are ended.
async fn told_to_end() -> Result<(), Failure> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let mut end = signal(SignalKind::terminate())?;
        tokio::select! {
            outcome = tokio::signal::ctrl_c() => outcome?,
            _ = end.recv() => {}
        }
    }
    #[cfg(not(unix))]
    tokio::signal::ctrl_c().await?;
    Ok(())
}

async fn serve(listener: TcpListener, node: &Arc<Node>) -> Result<(), Failure> {
    loop {
        let stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            // Such as: too many files are open. Others may leave meanwhile.
            Err(error) => {
                eprintln!("{error}");
                sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        let node = Arc::clone(node);
        tokio::spawn(async move {
            if let Err(error) = welcome(stream, &node).await {
                eprintln!("{error}");
            }
        });
    }
}

/// Handles the first request on a connection.
async fn welcome(stream: TcpStream, node: &Arc<Node>) -> Result<(), Failure> {
    stream.set_nodelay(true)?;
    match WebSocket::receive_request(stream, Arc::clone(&node.config)).await? {
        Incoming::Http(request) => answer(request, node).await,
        Incoming::Opening(mut opening) => match room_name(opening.request().path()) {
            Some(room) => Session::run(node, &room, opening.accept().await?).await,
            None => Ok(opening.reject(Response::not_found("ask for /rooms/ROOM\n")).await?),
        },
    }
}

async fn answer(request: HttpRequest<TcpStream>, node: &Node) -> Result<(), Failure> {
    let target = request.head().target();
    let response = match target.split('?').next() {
        Some("/") => return show_page(request).await,
        Some("/health") if node.is_up() => Response::ok("up\n"),
        Some("/health") => Response::unavailable("down\n"),
        _ => Response::not_found("nothing here\n"),
    };
    Ok(request.respond(response).await?)
}

/// Sends the page, with a policy that keeps every other script out of it.
async fn show_page(request: HttpRequest<TcpStream>) -> Result<(), Failure> {
    let host = request.head().headers().text("Host").unwrap_or_default();
    let nonce = random();
    let policy = format!(
        "default-src 'none'; script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}'; img-src data:; \
         connect-src 'self' ws://{host} wss://{host}; base-uri 'none'; form-action 'none'; \
         frame-ancestors 'none'"
    );
    let headers = [
        ("Content-Type", "text/html; charset=utf-8"),
        ("Content-Security-Policy", policy.as_str()),
        ("Cache-Control", "no-store"),
        ("Referrer-Policy", "no-referrer"),
        ("X-Content-Type-Options", "nosniff"),
    ];
    let page = PAGE.replace("{nonce}", &nonce);
    Ok(request.respond(Response::new(200, &headers, page.as_bytes())?).await?)
}

/// Returns the room of a path such as `/rooms/lobby`.
fn room_name(path: &str) -> Option<String> {
    let name = path.strip_prefix("/rooms/")?;
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    ((1..=40).contains(&name.len()) && name.bytes().all(is_plain))
        .then(|| name.to_ascii_lowercase())
}

/// Returns 16 hexadecimal digits that nobody can guess: the standard library seeds its maps so.
fn random() -> String {
    format!("{:016x}", RandomState::new().build_hasher().finish())
}

/// Locks a mutex. A thread that panicked has left nothing half done.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
