use sansocket::{CloseCode, Connection, Event, Input, Limits, Role, Seed};

use crate::changed::changed;
use crate::choices::Choices;
use crate::drive::Drive;
use crate::frames;
use crate::setup::{START, Setup};

/// Whatever is changed in the snapshot of a connection, it is rejected or restored to one that breaks no law.
pub fn snapshot(data: &[u8]) {
    let mut choices = Choices::new(data);
    let setup = choose(&mut choices);
    let Some(mut snapshot) = suspend(&setup, &mut choices) else { return };
    change(&mut snapshot, &mut choices);
    let restored = Connection::restore(&snapshot, setup.config(), Seed::new([1; 32]), START);
    let Ok(mut connection) = restored else { return };
    // What was loaded is saved, loaded and saved again, and is the same.
    let snapshots = [(); 2].map(|()| save(&mut connection, &setup));
    assert_eq!(snapshots[0], snapshots[1], "one state has one snapshot");
    go_on(connection, &mut choices);
}

/// Suspends a connection that is not busy and restores it. Returns the snapshot.
fn save(connection: &mut Connection, setup: &Setup) -> Vec<u8> {
    let suspended = std::mem::replace(connection, setup.connect());
    let snapshot = match suspended.suspend(&mut Input::new(vec![0; 64])) {
        Ok(snapshot) => snapshot,
        Err(error) => panic!("a connection that was restored is not busy: {:?}", error.busy),
    };
    let restored = Connection::restore(&snapshot, setup.config(), Seed::new([1; 32]), START);
    *connection = restored.expect("what was saved is loaded");
    snapshot
}

fn choose(choices: &mut Choices<'_>) -> Setup {
    let flags = choices.byte();
    let role = if flags & 1 == 0 { Role::Client } else { Role::Server };
    let limits = changed(|limits: &mut Limits| limits.message = 1 << 16);
    #[cfg(feature = "deflate")]
    let compression = (flags & 4 != 0).then(|| {
        let context = |taken| sansocket::deflate::Context { window_bits: 9, is_taken_over: taken };
        let (client, server) = (context(flags & 8 != 0), context(flags & 16 != 0));
        let agreement = sansocket::deflate::Agreement { client, server };
        (agreement, sansocket::deflate::Compression::dedicated())
    });
    Setup {
        limits,
        is_streaming: flags & 2 != 0,
        #[cfg(feature = "deflate")]
        compression,
        ..Setup::new(role)
    }
}

/// Lets a connection receive and send, and suspends it.
fn suspend(setup: &Setup, choices: &mut Choices<'_>) -> Option<Vec<u8>> {
    let mut connection = setup.connect();
    let mut input = Input::new(vec![0; 4096]);
    let len = choices.below(60);
    let mut early = Choices::new(choices.take(len));
    let stream = frames::build(setup.role, &mut early);
    let cut = choices.number() % (stream.len() + 1);
    for bytes in stream[..cut].chunks(97) {
        connection.feed(&mut input, bytes);
        while connection.next_event(&mut input).is_some() {}
        connection.transmit_to(&mut Vec::new());
    }
    for _ in 0..choices.below(5) {
        let _ = match choices.below(6) {
            0 => connection.send("hello"),
            1 => connection.send_part("hel"),
            2 => connection.send_last("lo"),
            3 => connection.ping(b"ping"),
            4 => connection.probe(),
            _ => connection.close(CloseCode::NORMAL, "bye"),
        };
    }
    let count = connection.transmit().len().min(choices.below(20));
    connection.transmitted(count, START);
    connection.suspend(&mut input).ok()
}

/// Changes some bytes, most of which are small numbers.
fn change(snapshot: &mut Vec<u8>, choices: &mut Choices<'_>) {
    for _ in 0..choices.below(4) {
        let at = choices.number() % snapshot.len();
        match choices.below(5) {
            0 => snapshot[at] = choices.byte(),
            1 => snapshot[at] ^= 1 << choices.below(8),
            2 => snapshot[at] = snapshot[at].wrapping_add(1),
            3 => snapshot.truncate(at.max(1)),
            _ => snapshot.insert(at, choices.byte()),
        }
    }
}

/// Receives and sends whatever it may be.
fn go_on(mut connection: Connection, choices: &mut Choices<'_>) {
    let mut input = Input::new(vec![0; 4096]);
    let role = connection.role();
    let rest = choices.rest();
    let stream = [rest, &frames::build(role, &mut Choices::new(rest))].concat();
    for bytes in stream.chunks(97) {
        connection.feed(&mut input, bytes);
        while let Some(event) = connection.next_event(&mut input) {
            if let Event::Text(text) = event {
                let text = text.to_owned();
                let _ = connection.send(&text);
            }
        }
        let count = connection.transmit().len();
        connection.transmitted(count, START);
    }
    let _ = (connection.send("end"), connection.send_last("end"), connection.ping(b""));
    let _ = connection.close(CloseCode::NORMAL, "");
    connection.transmit_to(&mut Vec::new());
    connection.end();
    connection.end_late();
}
