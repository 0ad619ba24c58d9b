//! The client of `--reconnect`.

use std::sync::atomic::{AtomicU32, Ordering};

use sansocket::CloseCode;
use sansocket::blocking::WebSocket;

use super::{run, run_with_input, start};

#[test]
fn a_client_comes_back_until_the_server_has_closed() {
    let count = AtomicU32::new(0);
    let url = start(move |stream| {
        let n = count.fetch_add(1, Ordering::Relaxed);
        let mut socket = WebSocket::accept(stream, Default::default()).unwrap();
        socket.send(format!("connection {n}")).unwrap();
        match n {
            0 => drop(socket),
            1 => drop(socket.close(CloseCode::SERVICE_RESTART, "")),
            _ => drop(socket.close(CloseCode::NORMAL, "")),
        }
    });
    let ran = run(&["--no-input", "--reconnect", &url]);
    let ends: Vec<_> = ran.out.lines().filter_map(|line| line.split("B  ").nth(1)).collect();
    assert_eq!(ends, ["connection 0", "connection 1", "connection 2"]);
    assert_eq!(ran.err.matches("* closed: ").count(), 3, "{ran:?}");
    assert_eq!(ran.status, 0, "{ran:?}");
}

#[test]
fn a_connection_closes_once_all_was_sent_by_one_before_it() {
    let count = AtomicU32::new(0);
    let url = start(move |stream| {
        let mut socket = WebSocket::accept(stream, Default::default()).unwrap();
        if count.fetch_add(1, Ordering::Relaxed) == 0 {
            // Once it has come, the connection breaks.
            socket.receive().unwrap();
            return;
        }
        assert_eq!(socket.receive().unwrap(), None);
    });
    let ran = run(&["--send", "only", "--reconnect", "--wait", "2", &url]);
    assert_eq!(ran.err.matches("* closed: ").count(), 2, "{ran:?}");
    assert_eq!(ran.status, 0, "{ran:?}");
}

#[test]
fn what_could_not_be_sent_is_sent_by_the_next_connection() {
    let count = AtomicU32::new(0);
    let url = start(move |stream| {
        if count.fetch_add(1, Ordering::Relaxed) == 0 {
            // Not even a response.
            return;
        }
        let mut socket = WebSocket::accept(stream, Default::default()).unwrap();
        let message = socket.receive().unwrap().unwrap();
        socket.send(&message).unwrap();
        let _ = socket.close(CloseCode::NORMAL, "");
    });
    let ran = run_with_input(&["--reconnect", &url], b"kept\n");
    assert!(ran.status == 0 && ran.out.ends_with("< text 4 B  kept\n"), "{ran:?}");
    assert!(ran.err.contains("transport ended before the response; next attempt in "), "{ran:?}");
}
