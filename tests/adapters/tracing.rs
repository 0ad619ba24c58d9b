//! What operators are told.

use std::fmt;
use std::io::Write;
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use ::tracing::field::{Field, Visit};
use ::tracing::span::{Attributes, Id, Record};
use ::tracing::{Event, Metadata, Subscriber, subscriber};
use sansocket::{Config, Timeouts, blocking, tokio};

/// Keeps the level and the message of each event.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<String>>>);

impl Subscriber for Log {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "sansocket"
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut line = event.metadata().level().to_string();
        event.record(&mut Line(&mut line));
        self.0.lock().unwrap().push(line);
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

struct Line<'l>(&'l mut String);

impl Visit for Line<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        match field.name() {
            "message" => *self.0 += &format!(" {value:?}"),
            name => *self.0 += &format!(" {name}={value:?}"),
        }
    }
}

#[derive(Clone, Copy, Debug)]
enum Adapter {
    Blocking,
    Tokio,
}

/// Returns what is logged by a server to which a client says this.
fn logged(adapter: Adapter, says: &[u8]) -> Vec<String> {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let request = "GET / HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
        Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
    client.write_all(&[request.as_bytes(), says].concat()).unwrap();
    let stream = listener.accept().unwrap().0;
    let short = Duration::from_millis(20);
    let timeouts = Timeouts::new().idle(short).pong(short).close(short).end(short);
    let (log, config) = (Log::default(), Config::new().timeouts(timeouts).shared());
    subscriber::with_default(log.clone(), || match adapter {
        Adapter::Blocking => {
            let mut socket = blocking::WebSocket::accept(stream, config).unwrap();
            while let Ok(Some(_)) = socket.receive() {}
        }
        Adapter::Tokio => {
            let runtime = ::tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.unwrap().block_on(async {
                stream.set_nonblocking(true).unwrap();
                let stream = ::tokio::net::TcpStream::from_std(stream).unwrap();
                let mut socket = tokio::WebSocket::accept(stream, config).await.unwrap();
                while let Ok(Some(_)) = socket.receive().await {}
            });
        }
    });
    std::mem::take(&mut *log.0.lock().unwrap())
}

#[test]
fn the_beginning_and_the_end_of_a_connection_are_traced() {
    for adapter in [Adapter::Blocking, Adapter::Tokio] {
        let opened = "DEBUG connection is open role=Server";
        for (says, expected) in [
            (
                &b"\x88\x88\0\0\0\0\x03\xe9a\nline"[..],
                "DEBUG connection has ended: closing handshake, started by the peer, peer sent code 1001: \
                    a\\nline code=1001",
            ),
            (b"\x83\x80\0\0\0\0", "WARN peer broke the protocol: opcode is reserved"),
            (b"", "WARN connection has ended: peer did not answer a ping in time code=1006"),
        ] {
            let mut log = logged(adapter, says);
            if log.len() < 2 {
                // Another test may have met the place of an event for the first time just while this one began
                // to listen. Then that place is off, once in a process.
                tracing::callsite::rebuild_interest_cache();
                log = logged(adapter, says);
            }
            assert_eq!(log, [opened, expected], "{adapter:?}");
        }
    }
}
