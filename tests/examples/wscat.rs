//! The example `wscat`, as a program: what it prints, sends, and returns.

mod connecting;
mod listening;
mod printing;
mod reconnecting;

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Output, Stdio};
use std::sync::OnceLock;
use std::thread;

use sansocket::CloseCode;
use sansocket::blocking::WebSocket;

use crate::program;

/// Returns the program with these arguments. It uses no proxy of the environment.
fn wscat(arguments: &[&str]) -> Command {
    static BUILT: OnceLock<std::path::PathBuf> = OnceLock::new();
    let path = BUILT.get_or_init(|| program::build("wscat", &["--all-features"]));
    let mut command = Command::new(path);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    for name in ["http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"] {
        command.env_remove(name);
    }
    command
}

/// What a run of the program gave.
#[derive(Debug)]
struct Ran {
    status: i32,
    out: String,
    err: String,
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).unwrap();
        let status = output.status.code().unwrap();
        Self { status, out: text(output.stdout), err: text(output.stderr) }
    }
}

/// Runs the program until it ends.
fn run(arguments: &[&str]) -> Ran {
    wscat(arguments).output().unwrap().into()
}

/// Runs the program, with this standard input.
fn run_with_input(arguments: &[&str], input: &[u8]) -> Ran {
    let mut child = wscat(arguments).stdin(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    child.wait_with_output().unwrap().into()
}

/// Starts a server that treats each connection as `serve` says. Returns its URL.
fn start(serve: impl Fn(TcpStream) + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("ws://{}/", listener.local_addr().unwrap());
    thread::spawn(move || listener.incoming().for_each(|stream| serve(stream.unwrap())));
    url
}

/// Starts a server that sends each message back.
fn start_echo() -> String {
    start(|stream| {
        let mut socket = WebSocket::accept(stream, Default::default()).unwrap();
        while let Ok(Some(message)) = socket.receive() {
            socket.send(&message).unwrap();
        }
    })
}

/// Starts a server that sends these messages, and closes with this code.
fn start_sending(messages: &'static [&'static str], code: CloseCode) -> String {
    start(move |stream| {
        let mut socket = WebSocket::accept(stream, Default::default()).unwrap();
        for message in messages {
            socket.send(*message).unwrap();
        }
        let _ = socket.close(code, "that is all");
    })
}

/// Sends the program what Ctrl-C sends.
fn interrupt(child: &Child) {
    let done = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(done.success());
}

/// Reads standard error up to a line with this text, and returns that line.
fn wait_for(text: &str, err: &mut impl BufRead) -> String {
    let mut line = String::new();
    while !line.contains(text) {
        line.clear();
        assert_ne!(err.read_line(&mut line).unwrap(), 0, "the program ended before {text}");
    }
    line
}

/// Takes standard error of a program that runs.
fn notes(child: &mut Child) -> BufReader<std::process::ChildStderr> {
    BufReader::new(child.stderr.take().unwrap())
}
