//! Servers and proxies that follow a script, for the tests of clients.

use std::io::{Read, Write};
use std::net::{IpAddr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use sansocket::blocking::{Split, Stream, WebSocket};
use sansocket::{Config, Connection, Event, Timestamp};

/// Runs a script with a listener of its own. Returns its port.
pub(crate) fn serve<T: Send + 'static>(
    script: impl FnOnce(TcpListener) -> T + Send + 'static,
) -> (u16, JoinHandle<T>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    (port, thread::spawn(move || script(listener)))
}

/// Accepts a connection. What does not come within 10 seconds is an error.
pub(crate) fn accept(listener: &TcpListener) -> TcpStream {
    let stream = listener.accept().unwrap().0;
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    stream
}

/// Reads the head of a request. It is empty if the client has left.
pub(crate) fn head(stream: &mut impl Read) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        if stream.read(&mut byte).unwrap_or(0) == 0 {
            return String::new();
        }
        head.extend(byte);
    }
    String::from_utf8(head).unwrap()
}

/// Returns the value of a header.
pub(crate) fn field<'h>(head: &'h str, name: &str) -> Option<&'h str> {
    let lines = head.lines().filter_map(|line| line.split_once(": "));
    lines.into_iter().find_map(|(other, value)| (other == name).then_some(value))
}

/// Writes a response without a body. The lines end with `\r\n`.
pub(crate) fn reply(stream: &mut impl Write, status: u16, lines: &str) {
    let head = format!("HTTP/1.1 {status} x\r\nContent-Length: 0\r\n{lines}\r\n");
    stream.write_all(head.as_bytes()).unwrap();
    stream.flush().unwrap();
}

/// Accepts a request that was read, and sends back every message.
pub(crate) fn echo(stream: impl Stream, head: &str) {
    let connection = Connection::server(Config::new().shared(), Timestamp::default());
    let connection = connection.with_read_ahead(head.as_bytes());
    let mut socket = WebSocket::from_parts(stream, connection);
    loop {
        let is_request = match socket.next_event() {
            Ok(Some((Event::Request, _))) => true,
            Ok(Some((Event::Text(text), sender))) => {
                sender.send(text).unwrap();
                false
            }
            Ok(Some(_)) => false,
            Ok(None) | Err(_) => return,
        };
        if is_request {
            socket.connection_mut().accept();
        }
    }
}

/// Reads a request, accepts it, and sends back every message. Returns the head of the request.
pub(crate) fn echo_next(mut stream: impl Stream) -> String {
    let head = head(&mut stream);
    echo(stream, &head);
    head
}

/// Passes bytes in both directions, until both have ended.
pub(crate) fn tunnel<S: Split<Half: Send>>(stream: S, port: u16) {
    let target = TcpStream::connect(("127.0.0.1", port)).unwrap();
    let (mut from_client, mut to_client) = stream.split().unwrap();
    let (mut from_target, mut to_target) = Split::split(target).unwrap();
    thread::scope(|scope| {
        scope.spawn(|| {
            let _ = std::io::copy(&mut from_client, &mut to_target);
            let _ = to_target.shutdown(Shutdown::Write);
        });
        let _ = pass(&mut from_target, &mut to_client);
        let _ = to_client.end();
    });
}

/// Copies, and flushes each piece.
fn pass(from: &mut impl Read, to: &mut impl Write) -> std::io::Result<()> {
    let mut buffer = [0; 4096];
    loop {
        match from.read(&mut buffer)? {
            0 => return Ok(()),
            count => to.write_all(&buffer[..count]).and_then(|()| to.flush())?,
        }
    }
}

/// Reads so many bytes.
pub(crate) fn take<const N: usize>(stream: &mut impl Read) -> [u8; N] {
    let mut bytes = [0; N];
    stream.read_exact(&mut bytes).unwrap();
    bytes
}

/// What a client told a SOCKS5 proxy.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Asked {
    pub(crate) login: Option<(String, String)>,
    pub(crate) target: Target,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Target {
    Name(String, u16),
    Address(SocketAddr),
}

/// Speaks SOCKS5 (RFC 1928), with a login (RFC 1929) if the client offers it.
pub(crate) fn socks(stream: &mut TcpStream) -> Asked {
    let [5, count] = take(stream) else { panic!("SOCKS5") };
    let methods: Vec<_> = (0..count).flat_map(|_| take::<1>(stream)).collect();
    let has_login = methods.contains(&2);
    stream.write_all(&[5, if has_login { 2 } else { 0 }]).unwrap();
    let login = has_login.then(|| {
        assert_eq!(take(stream), [1]);
        let login = (text(stream), text(stream));
        stream.write_all(&[1, 0]).unwrap();
        login
    });
    let [5, 1, 0, kind] = take(stream) else { panic!("CONNECT") };
    let target = match kind {
        1 => Target::Address((IpAddr::from(take::<4>(stream)), port(stream)).into()),
        4 => Target::Address((IpAddr::from(take::<16>(stream)), port(stream)).into()),
        3 => Target::Name(text(stream), port(stream)),
        _ => panic!("unknown kind of address"),
    };
    stream.write_all(&[5, 0, 0, 1, 0, 0, 0, 0, 0, 0]).unwrap();
    Asked { login, target }
}

fn text(stream: &mut TcpStream) -> String {
    let [len] = take(stream);
    let bytes = (0..len).flat_map(|_| take::<1>(stream)).collect();
    String::from_utf8(bytes).unwrap()
}

fn port(stream: &mut TcpStream) -> u16 {
    u16::from_be_bytes(take(stream))
}
