//! The example that connects over TLS does so.

use std::net::TcpListener;
use std::sync::Arc;
use std::thread;

use sansocket::blocking::WebSocket;
use sansocket::tls;
use sansocket::tls::rustls::{ServerConnection, StreamOwned};

use crate::certificate::{SelfSigned, self_signed};

#[path = "../../examples/libraries/wss.rs"]
#[expect(dead_code, reason = "its `main`")]
mod wss;

fn in_tokio<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(future)
}

#[test]
fn wss_says_hello_over_tls() {
    let SelfSigned { server, roots, .. } = self_signed();

    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("wss://localhost:{}/", listener.local_addr().unwrap().port());
    thread::spawn(move || {
        for stream in listener.incoming() {
            let connection = ServerConnection::new(Arc::clone(&server)).unwrap();
            let stream = StreamOwned::new(connection, stream.unwrap());
            let mut socket = WebSocket::accept(stream, Default::default()).unwrap();
            while let Some(message) = socket.receive().unwrap() {
                socket.send(&message).unwrap();
            }
        }
    });
    let tls = tls::config(roots);
    let by_itself = in_tokio(async { wss::greet(wss::connect(&url, tls.clone()).await?).await });
    let by_hand = in_tokio(async { wss::greet(wss::connect_by_hand(&url, tls).await?).await });
    for ended in [by_itself, by_hand] {
        assert!(ended.unwrap().is_some_and(|ended| ended.is_clean()));
    }
}
