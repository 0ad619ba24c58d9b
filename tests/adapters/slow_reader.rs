//! A peer that floods and never reads cannot grow our memory.

use std::time::Duration;

use sansocket::tokio::WebSocket;
use sansocket::{Config, Connection, Event, Negotiated, Seed, Timestamp};
use tokio::io::AsyncWriteExt;

/// How much a stream holds in each direction, in bytes.
const STREAM: usize = 16 << 10;

/// L-11, A-42: the server stops reading once its replies are not taken, so that what the peer gets rid
/// of, and with it what we hold for it, is bounded.
#[tokio::test(flavor = "current_thread")]
async fn an_echo_server_stops_reading_from_a_peer_that_does_not_read() {
    let (mut ours, theirs) = tokio::io::duplex(STREAM);
    let echo = tokio::spawn(async move {
        let (negotiated, now) = (Negotiated::new(), Timestamp::default());
        let connection = Connection::open_server(negotiated, Config::new().shared(), now);
        let mut socket = WebSocket::from_parts(theirs, connection);
        while let Ok(Some((event, sender))) = socket.next_event().await {
            if let Event::Binary(bytes) = event {
                sender.send(bytes).unwrap();
            }
        }
    });
    let (config, seed) = (Config::new().shared(), Seed::new([3; 32]));
    let mut peer = Connection::open_client(Negotiated::new(), config, seed, Timestamp::default());
    while peer.queued() < 64 << 10 {
        peer.send(&[7; 1000]).unwrap();
    }
    let wire = peer.transmit();
    let mut taken = 0;
    let pause = Duration::from_millis(200);
    while let Ok(outcome) = tokio::time::timeout(pause, ours.write_all(wire)).await {
        outcome.unwrap();
        taken += wire.len();
        assert!(taken < 16 << 20, "the flood is taken without end");
    }
    let bound = 2 * STREAM + 2 * Config::default().max_queued + 2 * (64 << 10);
    assert!(taken <= bound, "{taken} bytes were taken, not at most {bound}");
    assert!(!echo.is_finished(), "nothing was wrong with the connection");
}
