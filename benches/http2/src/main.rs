//! Measures WebSockets over HTTP/2: see `README.md`.

mod servers;

use std::env;
use std::error::Error;
use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use sansocket::h2::Client;
use sansocket::tokio::WebSocket;
use sansocket::{Config, Error as SocketError, Url, client};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;

use servers::{ALL, serve};

/// How many WebSockets are idle.
const IDLE: usize = 5000;

/// How many WebSockets send messages, over one connection.
const BUSY: usize = 16;

/// How many messages each has on its way at most, and how many bytes: less than a stream's window, as nothing is read
/// meanwhile.
const BATCH: usize = 16;
const BATCH_BYTES: usize = 32 << 10;

/// Sizes of messages in bytes, and how many are sent of each.
const LOADS: [(usize, usize); 3] = [(32, 200_000), (1024, 100_000), (16_384, 16_000)];

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

#[tokio::main]
async fn main() -> Outcome<()> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["server", library] => serve(library).await,
        [] => measure_all().await,
        _ => Err("usage: http2".into()),
    }
}

async fn measure_all() -> Outcome<()> {
    let head = LOADS.map(|(size, _)| format!("{size} B, ns")).map(|head| format!("{head:>14}"));
    println!("{:<18} {:>14} {}", "", "idle, bytes", head.concat());
    for library in ALL {
        let memory = measure_idle(library).await?;
        let mut row = format!("{library:<18} {memory:>14} ");
        for (size, count) in LOADS {
            row += &format!("{:>14}", measure_load(library, size, count).await?.as_nanos());
        }
        println!("{row}");
    }
    Ok(())
}

/// Returns the growth of a server's resident memory for each idle WebSocket, after one echo, in bytes.
async fn measure_idle(library: &str) -> Outcome<usize> {
    let server = Server::start(library)?;
    let _warm = server.open(100).await?;
    let before = server.resident()?;
    let sockets = server.open(IDLE).await?;
    tokio::time::sleep(Duration::from_millis(500)).await;
    let after = server.resident()?;
    drop(sockets);
    Ok(after.saturating_sub(before) / IDLE)
}

/// Returns the CPU time of a server for each echoed message.
async fn measure_load(library: &str, size: usize, count: usize) -> Outcome<Duration> {
    let server = Server::start(library)?;
    let sockets = server.open(BUSY).await?;
    let before = server.cpu_time()?;
    let each = count / BUSY;
    let tasks = sockets.into_iter().map(|socket| tokio::spawn(play(socket, size, each)));
    for task in tasks.collect::<Vec<_>>() {
        task.await??;
    }
    let spent = server.cpu_time()? - before;
    Ok(spent / u32::try_from(each * BUSY)?)
}

/// Sends messages, and waits for their echoes.
async fn play(mut socket: Socket, size: usize, count: usize) -> Result<(), SocketError> {
    let message = vec![b'x'; size];
    let batch = BATCH.min(BATCH_BYTES / size);
    for _ in 0..count / batch {
        for _ in 0..batch {
            socket.connection_mut().send(&message)?;
        }
        socket.flush().await?;
        for _ in 0..batch {
            let echo = socket.receive().await?;
            assert_eq!(echo.map(|echo| echo.len()), Some(size), "an echo is whole");
        }
    }
    Ok(())
}

/// A server in a separate process.
struct Server {
    process: Child,
    port: u16,
    is_tcp: bool,
}

/// A client's WebSocket over any version of HTTP.
type Socket = WebSocket<Box<dyn Transport>>;

trait Transport: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Transport for S {}

impl Server {
    fn start(library: &str) -> Outcome<Self> {
        let mut command = Command::new(env::current_exe()?);
        let mut process = command.args(["server", library]).stdout(Stdio::piped()).spawn()?;
        let printed = process.stdout.take().ok_or("nothing is printed")?;
        let mut line = String::new();
        BufReader::new(printed).read_line(&mut line)?;
        Ok(Self { process, port: line.trim().parse()?, is_tcp: library.ends_with("TCP") })
    }

    /// Opens WebSockets: over one connection, or over one each. Each echoes a message of 100 bytes.
    async fn open(&self, count: usize) -> Outcome<Vec<Socket>> {
        let url = format!("ws://127.0.0.1:{}/", self.port);
        let config = Config::new().shared();
        let stream = TcpStream::connect(("127.0.0.1", self.port)).await?;
        stream.set_nodelay(true)?;
        let shared = match self.is_tcp {
            true => None,
            false => Some(Client::connect(stream, Arc::clone(&config)).await?),
        };
        let mut sockets = Vec::new();
        for _ in 0..count {
            let mut socket = match &shared {
                Some(client) => {
                    erase(client.open(client::Request::new(Url::parse(&url)?)).await?.0)
                }
                None => {
                    let stream = TcpStream::connect(("127.0.0.1", self.port)).await?;
                    stream.set_nodelay(true)?;
                    let request = client::Request::new(Url::parse(&url)?);
                    erase(WebSocket::connect_over(stream, request, Arc::clone(&config)).await?.0)
                }
            };
            socket.send(&[b'x'; 100][..]).await?;
            socket.receive().await?.ok_or("no echo")?;
            sockets.push(socket);
        }
        Ok(sockets)
    }

    /// Returns the resident memory, in bytes.
    fn resident(&self) -> Outcome<usize> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.process.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kilobytes: usize =
            line.and_then(|line| line.split_whitespace().next()).ok_or("no VmRSS")?.parse()?;
        Ok(kilobytes << 10)
    }

    fn cpu_time(&self) -> Outcome<Duration> {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.process.id()))?;
        let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
        let ticks: u64 =
            fields.skip(11).take(2).filter_map(|ticks| ticks.parse::<u64>().ok()).sum();
        Ok(Duration::from_millis(10 * ticks))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // A server that has ended is no trouble.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn erase<S: Transport + 'static>(socket: WebSocket<S>) -> Socket {
    let (stream, connection) = socket.into_parts();
    Socket::from_parts(Box::new(stream), connection)
}
