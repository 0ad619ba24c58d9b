//! The way to the server: redirects, passwords, TLS, headers.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;

use sansocket::blocking::{Incoming, WebSocket};
use sansocket::server::Response;
use sansocket::tls::rustls::{ServerConnection, StreamOwned};

use super::{run, start};
use crate::certificate::{SelfSigned, self_signed};

/// Redirects `/` to `/chat`, asks for a password there, and says what it was asked for.
fn guard(stream: TcpStream) {
    let Ok(Incoming::Opening(mut opening)) = WebSocket::receive_request(stream, Default::default())
    else {
        return;
    };
    let request = opening.request();
    if request.path() == "/" {
        let _ = opening.reject(Response::redirect(307, "/chat").unwrap());
        return;
    }
    let Some(authorization) = request.header("Authorization") else {
        let _ = opening.reject(Response::unauthorized("Basic realm=\"test\"").unwrap());
        return;
    };
    let told = [authorization, request.header("X-Test").unwrap_or_default()];
    let told = told.map(|value| String::from_utf8_lossy(value).into_owned());
    let mut socket = opening.accept().unwrap();
    socket.send(told.join(", ")).unwrap();
    let _ = socket.close(sansocket::CloseCode::NORMAL, "");
}

#[test]
fn redirects_and_challenges_are_answered_if_that_is_asked_for() {
    let url = start(guard);
    let cookies = "Cookie: first=chocolate; second=chocolate";
    let login = ["--user", "user:secret", "-H", cookies, "-H", "X-Test: yes"];
    let ran = run(&[&["-n", "-L", "-v", &url], &login[..]].concat());
    assert!(ran.status == 0 && ran.out.ends_with(" B  Basic dXNlcjpzZWNyZXQ=, yes\n"), "{ran:?}");
    let steps = [
        "> GET / HTTP/1.1",
        "< HTTP/1.1 307",
        "* redirected to ws://",
        "> GET /chat HTTP/1.1",
        "< HTTP/1.1 401",
        "< HTTP/1.1 101",
    ];
    let places: Vec<_> = steps.iter().map(|step| ran.err.find(step)).collect();
    assert!(places.is_sorted() && places[0].is_some(), "{places:?}: {ran:?}");
    assert!(ran.err.contains("> Authorization: Basic …\n"), "{ran:?}");
    assert!(ran.err.contains("> Cookie: …\n"), "{ran:?}");
    assert!(!ran.err.contains("dXNlcjpzZWNyZXQ=") && !ran.err.contains("chocolate"), "{ran:?}");
}

#[test]
fn a_password_in_the_url_is_used_and_not_shown() {
    let url = start(guard).replace("ws://", "ws://user:secret@");
    let ran = run(&["-nvL", &url]);
    assert!(ran.status == 0 && !ran.err.contains("secret"), "{ran:?}");
}

#[test]
fn without_the_options_the_status_is_the_error() {
    let url = start(guard);
    for (arguments, error) in [(&["-n"][..], "status 307"), (&["-n", "-L"], "status 401")] {
        let ran = run(&[arguments, &[&url]].concat());
        assert_eq!((ran.status, &*ran.out), (1, ""));
        let lines: Vec<_> = ran.err.lines().collect();
        assert!(
            matches!(lines[..], [line] if line.starts_with("wscat: ") && line.contains(error)),
            "{ran:?}"
        );
    }
}

#[test]
fn a_subprotocol_is_offered_and_shown() {
    let url = start(|stream| {
        let Ok(Incoming::Opening(mut opening)) =
            WebSocket::receive_request(stream, Default::default())
        else {
            return;
        };
        opening.request().select_protocol("b").unwrap();
        let _ = opening.accept().unwrap().close(None, "");
    });
    let ran = run(&["-n", "--subprotocol", "a", "--subprotocol", "b", &url]);
    assert!(ran.err.starts_with("* connected, subprotocol b\n"), "{ran:?}");
    assert_eq!(ran.status, 0);
}

#[test]
fn certificates_are_checked_unless_told_otherwise() {
    let SelfSigned { server, pem, .. } = self_signed();
    let path = std::env::temp_dir().join(format!("wscat-{}.pem", std::process::id()));
    std::fs::write(&path, pem).unwrap();
    let url = start(move |stream| {
        let connection = ServerConnection::new(Arc::clone(&server)).unwrap();
        let Ok(mut socket) =
            WebSocket::accept(StreamOwned::new(connection, stream), Default::default())
        else {
            return;
        };
        let _ = socket.close(None, "");
    });
    let url = url.replace("ws://127.0.0.1", "wss://localhost");
    assert_eq!(run(&["-n", "--cacert", path.to_str().unwrap(), &url]).status, 0);
    assert_eq!(run(&["-n", "--insecure", &url]).status, 0);
    let ran = run(&["-n", &url]);
    assert!(
        ran.status == 1 && ran.err.starts_with("wscat: ") && ran.err.contains("certificate"),
        "{ran:?}"
    );
    std::fs::remove_file(path).unwrap();
}

#[test]
fn a_proxy_is_used_as_the_option_or_the_environment_says() {
    let url = start(|stream| {
        drop(WebSocket::accept(stream, Default::default()).unwrap().close(None, ""));
    });
    let proxy = start(forward).replace("ws://", "http://user:secret@");
    let ran = run(&["-nv", "--proxy", &proxy, &url]);
    assert!(ran.status == 0 && ran.err.contains("> CONNECT 127.0.0.1:"), "{ran:?}");
    assert!(ran.err.contains("> Proxy-Authorization: Basic …\n"), "{ran:?}");
    let by_environment = |arguments: &[&str]| {
        let mut command = super::wscat(&[arguments, &["-nv", &url]].concat());
        super::Ran::from(command.env("http_proxy", &proxy).output().unwrap())
    };
    assert!(by_environment(&[]).err.contains("> CONNECT 127.0.0.1:"));
    let direct = by_environment(&["--proxy", "none"]);
    assert!(direct.status == 0 && !direct.err.contains("> CONNECT"), "{direct:?}");
}

/// A proxy that asks for a password, and then forwards.
fn forward(mut stream: TcpStream) {
    let mut head = vec![0; 4096];
    let count = stream.read(&mut head).unwrap();
    let head = String::from_utf8_lossy(&head[..count]).into_owned();
    if !head.contains("Proxy-Authorization: ") {
        let demand =
            b"HTTP/1.1 407 x\r\nProxy-Authenticate: Basic realm=x\r\nContent-Length: 0\r\n\r\n";
        return stream.write_all(demand).unwrap();
    }
    let target = head.split(' ').nth(1).unwrap();
    let mut there = TcpStream::connect(target).unwrap();
    stream.write_all(b"HTTP/1.1 200 x\r\n\r\n").unwrap();
    let (mut back, mut from) = (stream.try_clone().unwrap(), there.try_clone().unwrap());
    std::thread::spawn(move || std::io::copy(&mut from, &mut back));
    let _ = std::io::copy(&mut stream, &mut there);
}
