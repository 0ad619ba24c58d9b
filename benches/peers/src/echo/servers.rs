//! The same echo server with each peer, as its documentation writes it, on one thread of tokio.

mod batch;
mod compat;
mod floor;
mod peers;

use std::error::Error;
use std::io::{BufRead, BufReader, Read};
use std::pin::Pin;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::{env, io, process, thread};

use tokio::net::{TcpListener, TcpStream};
use tokio::task::{LocalSet, spawn_local};

use super::Answers;
use super::cpu::{self, Core};

/// Echoes what comes over a stream, to its end.
type Echo = fn(TcpStream) -> Pin<Box<dyn Future<Output = Outcome>>>;

type Outcome = Result<(), Box<dyn Error>>;

const SERVERS: [(&str, Echo); 13] = [
    ("sansocket-tokio", |stream| Box::pin(peers::sansocket(stream))),
    ("sansocket-tokio-owned", |stream| Box::pin(peers::sansocket_owned(stream))),
    ("sansocket-tokio-split", |stream| Box::pin(peers::sansocket_split(stream))),
    ("tokio-tungstenite", |stream| Box::pin(peers::tungstenite(stream))),
    ("tokio-tungstenite-fed", |stream| Box::pin(batch::tungstenite(stream))),
    ("fastwebsockets", |stream| Box::pin(peers::fastwebsockets(stream))),
    ("tokio-websockets", |stream| Box::pin(peers::tokio_websockets(stream))),
    ("yawc", |stream| Box::pin(peers::yawc(stream))),
    ("soketto", |stream| Box::pin(peers::soketto(stream))),
    ("sockudo-ws", |stream| Box::pin(peers::sockudo_ws(stream))),
    ("sockudo-ws-fed", |stream| Box::pin(batch::sockudo_ws(stream))),
    ("wtx", |stream| Box::pin(peers::wtx(stream))),
    ("floor", |stream| Box::pin(floor::echo(stream))),
];

/// What the servers are called.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    SERVERS.iter().map(|(name, _)| *name)
}

/// A server in a process of its own, which ends with this.
pub(super) struct Server {
    process: Child,
    pub(super) port: u16,
}

impl Server {
    pub(super) fn start(name: &str, answers: Answers) -> Result<Self, Box<dyn Error>> {
        let core = Core::Server.number().map_or_else(String::new, |number| number.to_string());
        let mut process = Command::new(env::current_exe()?)
            .args(["serve", name, answers.name(), &core])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut line = String::new();
        BufReader::new(process.stdout.take().ok_or("no output")?).read_line(&mut line)?;
        Ok(Self { process, port: line.trim().parse()? })
    }

    pub(super) fn id(&self) -> u32 {
        self.process.id()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Its input ends, and with it the process.
        self.process.stdin = None;
        let _ = self.process.wait();
    }
}

impl Answers {
    const fn name(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Short => "short",
        }
    }
}

/// Returns whether a server sends back a message of this length, in bytes.
fn answers(len: usize) -> bool {
    len == ANSWERED || !ANSWERS_SHORT.load(Ordering::Relaxed)
}

/// The bytes of a message that is always sent back.
pub(super) const ANSWERED: usize = 9;

static ANSWERS_SHORT: AtomicBool = AtomicBool::new(false);

/// Is the server of this name, which sends those messages back, until there is no more input.
///
/// It is kept on the core of this number, if there is one.
pub(crate) fn serve(name: &str, answers: &str, core: &str) -> Outcome {
    ANSWERS_SHORT.store(answers == Answers::Short.name(), Ordering::Relaxed);
    let found = SERVERS.iter().find(|(known, _)| *known == name);
    let echo = found.ok_or("no such server")?.1;
    thread::spawn(|| {
        let _ = io::stdin().read(&mut [0]);
        process::exit(0);
    });
    cpu::pin(core.parse().ok())?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    LocalSet::new().block_on(&runtime, async {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        println!("{}", listener.local_addr()?.port());
        loop {
            let (stream, _) = listener.accept().await?;
            stream.set_nodelay(true)?;
            spawn_local(async move {
                if let Err(error) = echo(stream).await {
                    eprintln!("{error}");
                }
            });
        }
    })
}
