//! Echo servers over TCP. Each runs in a process of its own.

use std::convert::Infallible;
use std::error::Error;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::{env, fs, io};

use bytes::Bytes;
use futures::SinkExt;
use http_body_util::Empty;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use sansocket::tokio::WebSocket;
use sansocket::{Config, Event};
use tokio::net::{TcpListener, TcpStream};
use yawc::Options;

use crate::library::{Library, yawc_options};
use crate::mode::Mode;
use crate::setup::Setup;

type Outcome = Result<(), Box<dyn Error + Send + Sync>>;

/// Prints the port, then serves until the process is killed.
pub(crate) async fn serve(library: Library, mode: Mode) -> Outcome {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("{}", listener.local_addr()?.port());
    let setup = Setup::new(mode, true);
    let options = yawc_options(&setup, library == Library::YawcPool);
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let (config, options) = (Arc::clone(&setup.config), options.clone());
        tokio::spawn(async move {
            // Clients end the connection without a closing handshake, which is an error to a server.
            let _ = match library {
                Library::Sansocket => sansocket(stream, config).await,
                _ => yawc(stream, options).await,
            };
        });
    }
}

async fn sansocket(stream: TcpStream, config: Arc<Config>) -> Outcome {
    let mut socket = WebSocket::accept(stream, config).await?;
    while let Some((event, sender)) = socket.next_event().await? {
        match event {
            Event::Text(text) => sender.send(text)?,
            Event::Binary(bytes) => sender.send(bytes)?,
            _ => {}
        }
    }
    Ok(())
}

async fn yawc(stream: TcpStream, options: Options) -> Outcome {
    let service = service_fn(|mut request: hyper::Request<Incoming>| {
        let upgrade = yawc::WebSocket::upgrade_with_options(&mut request, options.clone());
        let (response, upgrade) = upgrade.expect("a request for a WebSocket");
        tokio::spawn(async move {
            let mut socket = upgrade.await.expect("an upgrade");
            while let Ok(frame) = socket.next_frame().await {
                if !frame.opcode().is_control() && socket.send(frame).await.is_err() {
                    break;
                }
            }
        });
        async move { Ok::<hyper::Response<Empty<Bytes>>, Infallible>(response) }
    });
    let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    Ok(connection.with_upgrades().await?)
}

/// A server process, which is killed on drop.
pub(crate) struct Process {
    child: Child,
    pub(crate) port: u16,
}

impl Process {
    /// Starts the server of a library, and waits until it listens.
    pub(crate) fn start(library: Library, mode: Mode) -> io::Result<Self> {
        let mut command = match library {
            Library::Ws => {
                let mut command = Command::new("node");
                let script = concat!(env!("CARGO_MANIFEST_DIR"), "/ws.mjs");
                command.args(["--expose-gc", script, mode.name()]);
                command
            }
            _ => {
                let mut command = Command::new(env::current_exe()?);
                command.args(["serve", library.name(), mode.name()]);
                command
            }
        };
        let mut child = command.stdout(Stdio::piped()).spawn()?;
        let mut line = String::new();
        let stdout = child.stdout.take().expect("it is piped");
        BufReader::new(stdout).read_line(&mut line)?;
        let port = line.trim().parse().map_err(io::Error::other)?;
        Ok(Self { child, port })
    }

    /// Returns the resident memory after a garbage collection, in bytes.
    pub(crate) fn resident(&self, library: Library) -> io::Result<usize> {
        if library == Library::Ws {
            for _ in 0..2 {
                let id = self.child.id().to_string();
                Command::new("kill").args(["-USR2", &id]).status()?;
                std::thread::sleep(std::time::Duration::from_secs(1));
            }
        }
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kilobytes = line.and_then(|line| line.split_whitespace().next());
        let kilobytes: usize =
            kilobytes.ok_or(io::ErrorKind::NotFound)?.parse().map_err(io::Error::other)?;
        Ok(kilobytes << 10)
    }

    /// Returns the CPU time of all threads, in nanoseconds.
    pub(crate) fn time(&self) -> io::Result<u64> {
        let mut total = 0;
        for task in fs::read_dir(format!("/proc/{}/task", self.child.id()))? {
            let text = fs::read_to_string(task?.path().join("schedstat"))?;
            let first = text.split_whitespace().next().and_then(|number| number.parse().ok());
            total += first.unwrap_or(0u64);
        }
        Ok(total)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
