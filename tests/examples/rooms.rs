//! The example `rooms` as one process, and its client. `tests/rooms` plays several.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::OnceLock;

use sansocket::blocking::{MaybeTls, WebSocket};
use sansocket::{CloseFrame, OwnedMessage};

use crate::program;

/// A node that runs.
struct Node {
    child: Child,
    address: String,
}

impl Node {
    fn start(listen: &str) -> Self {
        static BUILT: OnceLock<PathBuf> = OnceLock::new();
        let path = BUILT.get_or_init(|| program::build("rooms", &["--all-features"]));
        let mut command = Command::new(path);
        command.args(["--name", "alone", "--keep", "20", "--listen", listen]);
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let line = first_line(child.stdout.take().unwrap());
        let (_, address) = line.split_once("node alone: open http://").expect("it listens");
        Self { child, address: address.split('/').next().unwrap().to_owned() }
    }

    fn enter(&self, room: &str, text: &str) -> Guest {
        let url = format!("ws://{}/rooms/{room}", self.address);
        let mut guest = Guest(WebSocket::connect(&url, Default::default()).unwrap());
        guest.0.send(text).unwrap();
        guest
    }

    /// Returns the response to a request.
    fn get(&self, target: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        write!(stream, "GET {target} HTTP/1.1\r\nHost: {}\r\n\r\n", self.address).unwrap();
        let mut response = String::new();
        stream.read_to_string(&mut response).unwrap();
        response
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn first_line(out: ChildStdout) -> String {
    let mut line = String::new();
    BufReader::new(out).read_line(&mut line).unwrap();
    line
}

/// A client in a room.
struct Guest(WebSocket<MaybeTls>);

impl Guest {
    /// Returns the fields of the next message with this verb.
    fn next(&mut self, verb: &str) -> Vec<String> {
        loop {
            let message = self.0.receive().unwrap().expect("the connection is open");
            let OwnedMessage::Text(text) = message else { panic!("a text is sent") };
            let fields: Vec<_> = text.split('\t').map(str::to_owned).collect();
            if fields[0] == verb {
                return fields;
            }
        }
    }

    /// Returns number, id, name and text of the next message that was said.
    fn hear(&mut self) -> [String; 4] {
        let fields = self.next("said");
        [&fields[1], &fields[3], &fields[4], &fields[5]].map(String::clone)
    }

    /// Returns the code and the reason of the close frame that comes.
    fn end(mut self) -> (Option<u16>, String) {
        while self.0.receive().unwrap().is_some() {}
        let ended = self.0.ended().unwrap();
        let code = match ended.received {
            CloseFrame::Code(code) => Some(code.get()),
            _ => None,
        };
        (code, ended.reason.to_string())
    }
}

#[test]
fn a_room_gives_everybody_the_same_messages() {
    let node = Node::start("127.0.0.1:0");
    let mut ada = node.enter("lobby", "enter\tAda\t\t0");
    let hello = ada.next("hello");
    assert_eq!((&*hello[1], &hello[3..]), ("alone", &["1".to_owned(), "0".to_owned()][..]));
    for n in 0..30 {
        ada.0.send(format!("say\tid-{n}\ttext {n}")).unwrap();
    }
    ada.0.send("say\tid-29\ttwice").unwrap();
    for n in 0..30 {
        let number = (n + 1).to_string();
        assert_eq!(ada.hear(), [number, format!("id-{n}"), "Ada".into(), format!("text {n}")]);
    }

    // Who comes later gets the newest 20, and knows it.
    let mut bob = node.enter("LOBBY", "enter\tBob\t\t0");
    assert_eq!(bob.next("hello")[3..], ["11", "30"]);
    assert_eq!(bob.hear()[0], "11");
    assert_eq!(bob.next("here")[1..], ["Ada", "alone", "Bob", "alone"]);
    bob.0.send("say\tb-1\tlast").unwrap();
    assert_eq!(ada.hear(), ["31", "b-1", "Bob", "last"]);

    // Who comes back gets the rest, unless it comes from another history.
    let mut back = node.enter("lobby", &format!("enter\tEve\t{}\t29", hello[2]));
    assert_eq!(back.next("hello")[3..], ["30", "31"]);
    assert_eq!((back.hear()[0].as_str(), back.hear()[0].as_str()), ("30", "31"));
    let mut other = node.enter("lobby", "enter\tEve\tother\t29");
    assert_eq!(other.next("hello")[3..], ["12", "31"]);

    // Another room has nothing of it.
    let mut elsewhere = node.enter("attic", "enter\tAda\t\t0");
    assert_eq!(elsewhere.next("hello")[3..], ["1", "0"]);
    drop((back, other, bob));
    while ada.next("here")[1..] != ["Ada", "alone"] {}
}

#[test]
fn a_client_that_does_something_wrong_is_told_so() {
    let node = Node::start("127.0.0.1:0");
    let long = format!("say\tid\t{}", "x".repeat(4001));
    let name = format!("enter\t{}\t\t0", "x".repeat(129));
    let enters =
        ["", "say\tid\ttext", "enter\t\t\t0", "enter\ta\nb\t\t0", "enter\tAda\t\tx", &name];
    for wrong in enters {
        let end = node.enter("lobby", wrong).end();
        assert_eq!(end, (Some(1008), "not understood".to_owned()), "{wrong:?}");
    }
    for wrong in
        ["", "say\tid", "say\tid\t", "say\t\ttext", "say\ta b\ttext", "shout\tid\ttext", &long]
    {
        let mut guest = node.enter("lobby", "enter\tAda\t\t0");
        guest.0.send(wrong).unwrap();
        assert_eq!(guest.end(), (Some(1008), "not understood".to_owned()), "{wrong:?}");
    }
}

#[test]
fn one_port_has_the_page_and_the_health_of_the_node() {
    let node = Node::start("127.0.0.1:0");
    for target in ["/", "/?room=attic"] {
        let page = node.get(target);
        assert!(page.starts_with("HTTP/1.1 200 ") && page.contains("<title>Rooms</title>"));
        let nonce = page.split("script-src 'nonce-").nth(1).unwrap().split('\'').next().unwrap();
        assert!(page.contains(&format!("<script nonce=\"{nonce}\">")) && !page.contains("{nonce}"));
    }
    assert!(node.get("/health").ends_with("\r\n\r\nup\n"));
    assert!(node.get("/nothing").starts_with("HTTP/1.1 404 "));
    let url = format!("ws://{}/rooms/no_room", node.address);
    assert!(WebSocket::connect(&url, Default::default()).is_err());
}

/// Reads what the client prints up to a line that starts so.
fn wait_for(start: &str, out: &mut impl BufRead) -> String {
    let mut line = String::new();
    while !line.starts_with(start) {
        line.clear();
        assert_ne!(out.read_line(&mut line).unwrap(), 0, "the client ended before {start}");
    }
    line
}

#[test]
fn the_client_stays_when_the_node_is_killed_and_says_what_was_not_confirmed() {
    let mut node = Node::start("127.0.0.1:0");
    let mut command = Command::new(program::build("rooms_client", &["--all-features"]));
    command.args([&format!("ws://{}/rooms/lobby", node.address), "Ada"]);
    let mut client = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut out = BufReader::new(client.stdout.take().unwrap());
    let mut input = client.stdin.take().unwrap();
    wait_for("* connected to alone", &mut out);
    writeln!(input, "one").unwrap();
    assert_eq!(wait_for("#", &mut out), "#1 Ada: one\n");
    let address = node.address.clone();
    drop(node);
    writeln!(input, "two\nthree").unwrap();
    // Another process has another history.
    node = Node::start(&address);
    let mut bob = node.enter("lobby", "enter\tBob\t\t0");
    assert_eq!(wait_for("#", &mut out), "#1 Ada: two\n");
    drop(input);
    assert_eq!(wait_for("#", &mut out), "#2 Ada: three\n");
    assert_eq!((&*bob.hear()[3], &*bob.hear()[3]), ("two", "three"));
    assert!(client.wait().unwrap().success());
}
