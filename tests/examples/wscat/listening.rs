//! The server of `--listen`.

use std::process::{Child, Stdio};

use sansocket::auth::Credentials;
use sansocket::blocking::Connect;
use sansocket::{CloseCode, OwnedMessage};

use super::{interrupt, notes, run, wait_for, wscat};

/// Starts a server. Returns it with its URL, and its notes.
fn listen(arguments: &[&str]) -> (Child, String, impl std::io::BufRead) {
    let arguments = [&["--listen", "127.0.0.1:0"], arguments].concat();
    let mut child = wscat(&arguments).stdin(Stdio::piped()).spawn().unwrap();
    let mut err = notes(&mut child);
    let line = wait_for("listening on ", &mut err);
    let (_, url) = line.trim().split_once("listening on ").unwrap();
    (child, format!("{url}/"), err)
}

#[test]
fn a_server_talks_with_all_clients_until_ctrl_c() {
    let (mut child, url, mut err) = listen(&[]);
    let mut clients: Vec<_> = (0..2).map(|_| Connect::new(&url).connect().unwrap().0).collect();
    for n in 1..=2 {
        wait_for(&format!("* {n} 127.0.0.1:"), &mut err);
    }
    clients[1].send("from one").unwrap();
    std::io::Write::write_all(child.stdin.as_mut().unwrap(), b"to all\n").unwrap();
    for client in &mut clients {
        assert_eq!(client.receive().unwrap(), Some("to all".into()));
    }
    interrupt(&child);
    for client in &mut clients {
        assert_eq!(client.receive().unwrap(), None);
        assert_eq!(client.ended().unwrap().code(), 1001);
    }
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    assert!(String::from_utf8(output.stdout).unwrap().ends_with(" 2 < text 8 B  from one\n"));
}

#[test]
fn an_echo_of_one_connection_agrees_to_what_was_offered() {
    let options = ["--echo", "--once", "--compress", "--subprotocol", "b", "--user", "user:pass"];
    let (child, url, mut err) = listen(&options);
    // It asks for a password first.
    assert!(Connect::new(&url).connect().is_err());
    wait_for("has no or a wrong password", &mut err);
    let credentials = Credentials::basic("user", "pass").unwrap().allow_plaintext();
    let door = Connect::new(&url).protocol("a").protocol("b").credentials(credentials);
    let config = sansocket::Config::new().compression(sansocket::deflate::Compression::shared());
    let (mut socket, response) = door.config(config.shared()).connect().unwrap();
    assert_eq!(response.protocol(), Some("b"));
    assert!(response.header("Sec-WebSocket-Extensions").is_some());
    let message = OwnedMessage::from("echo ".repeat(100));
    socket.send(&message).unwrap();
    assert_eq!(socket.receive().unwrap(), Some(message));
    socket.close(CloseCode::NORMAL, "").unwrap();
    assert!(child.wait_with_output().unwrap().status.success());
}

#[test]
fn one_end_talks_to_the_other() {
    let (child, url, _err) = listen(&["--once", "--echo", "-z"]);
    let ran = run(&["-z", "--send", "hello", "--count", "1", &url]);
    assert!(ran.status == 0 && ran.out.ends_with("< text 5 B  hello\n"), "{ran:?}");
    assert!(ran.err.starts_with("* connected, permessage-deflate"), "{ran:?}");
    assert!(child.wait_with_output().unwrap().status.success());
}
