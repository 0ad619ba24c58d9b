//! The example `hot_restart` replaces itself, and its clients do not notice. `tests/restart` does so with a thousand.

use std::io::{BufRead, BufReader, Lines, Write};
use std::net::TcpStream;
use std::process::{Child, ChildStdout, Command, Stdio};

use sansocket::blocking::WebSocket;
use sansocket::{Url, client};

use crate::program;

struct Server {
    first: Child,
    lines: Lines<BufReader<ChildStdout>>,
    /// The process that serves now.
    process: String,
    address: String,
}

impl Server {
    fn start() -> Self {
        let mut command = Command::new(program::build("hot_restart", &[]));
        let mut first = command.arg("127.0.0.1:0").stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(first.stdout.take().unwrap()).lines();
        let line = lines.next().unwrap().unwrap();
        let (process, address) = line.split_once(" listens on http://").unwrap();
        let process = process.trim_start_matches("process ").to_owned();
        Self { first, lines, process, address: address.trim_end_matches('/').to_owned() }
    }

    /// Replaces the process, and returns how many connections the new one took over.
    fn replace(&mut self) -> usize {
        self.signal("-HUP");
        let taken = self.lines.find_map(|line| {
            let line = line.unwrap();
            let (process, count) = line.split_once(" took over ")?;
            let count = count.trim_end_matches(" connections").parse().unwrap();
            Some((process.trim_start_matches("process ").to_owned(), count))
        });
        let (process, count) = taken.unwrap();
        assert_ne!(std::mem::replace(&mut self.process, process), self.process);
        count
    }

    fn signal(&self, signal: &str) {
        assert!(Command::new("kill").args([signal, &self.process]).status().unwrap().success());
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = Command::new("kill").arg(&self.process).status();
        let _ = self.first.wait();
    }
}

struct Client {
    socket: WebSocket<TcpStream>,
    ticks: u64,
}

impl Client {
    fn connect(address: &str) -> Self {
        let url = format!("ws://{address}/");
        let request = client::Request::new(Url::parse(&url).unwrap());
        let stream = TcpStream::connect(address).unwrap();
        let (socket, _) = WebSocket::connect_over(stream, request, Default::default()).unwrap();
        Self { socket, ticks: 0 }
    }

    /// Receives the next message that is no tick.
    fn receive(&mut self) -> String {
        loop {
            let message = self.socket.receive().unwrap().unwrap().to_string();
            if !message.starts_with("tick ") {
                return message;
            }
            self.ticks += 1;
            assert!(
                message.starts_with(&format!("tick {} from process ", self.ticks)),
                "{message}"
            );
        }
    }
}

#[test]
fn no_client_of_hot_restart_notices_that_it_is_replaced() {
    let mut server = Server::start();
    let mut resting = Client::connect(&server.address);
    let mut speaking = Client::connect(&server.address);
    speaking.socket.send_part("start, ").unwrap();
    // A frame whose second half comes to the next process.
    let mut cut = Client::connect(&server.address);
    let mut raw = cut.socket.get_ref();
    raw.write_all(b"\x81\x85\0\0\0\0Hel").unwrap();
    for round in 0..3 {
        assert_eq!(server.replace(), 3);
        resting.socket.send(format!("round {round}")).unwrap();
        assert_eq!(resting.receive(), format!("round {round}"));
        speaking.socket.send_part(format!("{round}, ")).unwrap();
    }
    speaking.socket.send_last("end").unwrap();
    assert_eq!(speaking.receive(), "start, 0, 1, 2, end");
    raw = cut.socket.get_ref();
    raw.write_all(b"lo").unwrap();
    assert_eq!(cut.receive(), "Hello");
    assert_eq!(Client::connect(&server.address).socket.close(None, "").ok(), Some(()));
}
