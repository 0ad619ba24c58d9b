//! The backlog of a connection over a stream: who waits for room in it, and what does not wait behind it.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use sansocket::tokio::Writer;
use sansocket::{
    Backlog, CloseCode, CloseFrame, Config, Error, Event, Overflow, Prepared, Pushed, Role,
    SendError,
};
use tokio::io::{DuplexStream, duplex};
use tokio::time::timeout;

use crate::hub::{member, next, over};

/// Has the backlog be full after two messages, and fills the queue of the connection, too.
fn fill(writer: &Writer<DuplexStream>) {
    writer.with_backlog(|it| *it = Backlog::new(Overflow::Wait).max_messages(2));
    writer.try_send("y".repeat(2000)).unwrap();
    for text in ["one", "two"] {
        assert_eq!(writer.with_backlog(|it| it.push(&Prepared::new(text))), Pushed::Queued);
    }
    assert_eq!(writer.with_backlog(|it| it.push(&Prepared::new("three"))), Pushed::Full);
}

/// Polls a future once, and drops it. Returns whether it was ready.
fn poll_once(future: impl Future) -> bool {
    matches!(pin!(future).poll(&mut Context::from_waker(Waker::noop())), Poll::Ready(_))
}

#[tokio::test(flavor = "current_thread")]
async fn messages_are_pushed_once_there_is_room() {
    let (mut client, mut reader, writer) = member(64);
    writer.with_backlog(|it| *it = Backlog::new(Overflow::Wait).max_messages(3));
    tokio::spawn(async move { while let Ok(Some(_)) = reader.receive().await {} });
    // Several tasks wait for room at the same time.
    for task in 0..3 {
        let writer = writer.clone();
        tokio::spawn(async move {
            for number in 0..100 {
                let text = format!("{task} {number:0200}");
                assert_eq!(writer.push(&Prepared::new(text)).await.unwrap(), Pushed::Queued);
                assert!(writer.with_backlog(|it| it.len()) <= 3);
            }
        });
    }
    let mut numbers = [0; 3];
    for _ in 0..300 {
        let text = next(&mut client).await;
        let (task, number) = text.split_once(' ').unwrap();
        let (task, number): (usize, usize) = (task.parse().unwrap(), number.parse().unwrap());
        assert_eq!(number, numbers[task], "in order");
        numbers[task] += 1;
    }
    let counts = writer.with_backlog(|it| it.counts());
    assert_eq!((counts.taken, counts.sent, counts.dropped), (300, 300, 0));
}

#[tokio::test(flavor = "current_thread")]
async fn a_push_that_is_dropped_pushes_nothing() {
    let (mut client, mut reader, writer) = member(64);
    fill(&writer);
    let three = Prepared::new("three");
    for _ in 0..3 {
        assert!(!poll_once(writer.push(&three)));
        assert!(!poll_once(writer.push_latest(3, &three)));
    }
    assert_eq!(writer.with_backlog(|it| it.counts().taken), 2);
    tokio::spawn(async move { while let Ok(Some(_)) = reader.receive().await {} });
    let (pushed, ()) = tokio::join!(writer.push(&three), async {
        assert_eq!(next(&mut client).await.len(), 2000);
        for text in ["one", "two", "three"] {
            assert_eq!(next(&mut client).await, text);
        }
    });
    assert_eq!(pushed.unwrap(), Pushed::Queued);
    let counts = writer.with_backlog(|it| it.counts());
    assert_eq!((counts.taken, counts.sent), (3, 3));
}

#[tokio::test(flavor = "current_thread")]
async fn room_that_another_task_makes_wakes_those_who_wait_for_it() {
    let (_client, _reader, writer) = member(64);
    fill(&writer);
    let waiting = writer.clone();
    let waiting = tokio::spawn(async move { waiting.push(&Prepared::new("three")).await });
    tokio::task::yield_now().await;
    assert!(!waiting.is_finished());
    // Nothing can be written: the client does not read.
    writer.with_backlog(Backlog::clear);
    let pushed = timeout(Duration::from_secs(10), waiting).await.expect("it is woken");
    assert_eq!(pushed.unwrap().unwrap(), Pushed::Queued);
    // The place of an older one can be taken without waiting.
    let latest = |text| (writer.clone(), Prepared::new(text));
    for (pushed, (writer, text)) in [(Pushed::Queued, latest("a")), (Pushed::Replaced, latest("b"))]
    {
        assert_eq!(writer.push_latest(7, &text).await.unwrap(), pushed);
    }
}

#[tokio::test(flavor = "current_thread")]
async fn higher_limits_wake_those_who_wait_for_room() {
    let (_client, _reader, writer) = member(64);
    fill(&writer);
    let waiting = writer.clone();
    let waiting = tokio::spawn(async move { waiting.push(&Prepared::new("three")).await });
    tokio::task::yield_now().await;
    assert!(!waiting.is_finished());
    writer.with_backlog(|it| {
        let backlog = std::mem::replace(it, Backlog::new(Overflow::Wait));
        *it = backlog.max_messages(3);
    });
    let pushed = timeout(Duration::from_secs(10), waiting).await.expect("it is woken");
    assert_eq!(pushed.unwrap().unwrap(), Pushed::Queued);
    assert_eq!(writer.with_backlog(|it| it.len()), 3);
}

#[tokio::test(flavor = "current_thread")]
async fn a_push_ends_with_its_connection() {
    for is_closed in [false, true] {
        let (client, mut reader, writer) = member(64);
        fill(&writer);
        let waiting = writer.clone();
        let waiting = tokio::spawn(async move { waiting.push(&Prepared::new("three")).await });
        tokio::task::yield_now().await;
        assert!(!waiting.is_finished());
        match is_closed {
            true => writer.close(CloseCode::GOING_AWAY, "").await.unwrap(),
            false => {
                drop(client);
                assert!(reader.receive().await.is_err());
            }
        }
        let outcome = timeout(Duration::from_secs(10), waiting).await.expect("it is woken");
        let error = outcome.unwrap().unwrap_err();
        match is_closed {
            true => assert!(matches!(error, Error::Send(SendError::Closing)), "{error:?}"),
            false => assert!(matches!(error, Error::Io(_) | Error::Send(_)), "{error:?}"),
        }
        let again = writer.push(&Prepared::new("four")).await;
        assert!(again.is_err());
    }
}

#[tokio::test(flavor = "current_thread")]
async fn pings_pongs_and_close_frames_do_not_wait_behind_a_backlog() {
    // C-08
    let (mut client, mut reader, writer) = member(64);
    fill(&writer);
    client.ping().await.unwrap();
    tokio::spawn(async move { while let Ok(Some(_)) = reader.next_event().await {} });
    let writing = writer.clone();
    tokio::spawn(async move {
        writing.ping().await.unwrap();
        writing.close(CloseCode::GOING_AWAY, "now").await.unwrap();
    });
    tokio::task::yield_now().await;
    let mut seen = Vec::new();
    while let Some((event, _)) = client.next_event().await.unwrap() {
        seen.push(match event {
            Event::Text(text) => format!("{} bytes", text.len()),
            Event::Ping(_) => "ping".into(),
            Event::Pong(_) => "pong".into(),
            Event::Close(close) => close.reason.into(),
            other => format!("{other:?}"),
        });
    }
    let place = |what: &str| seen.iter().position(|seen| seen == what);
    assert_eq!(place("2000 bytes"), Some(0), "{seen:?}");
    assert!(place("ping").is_some() && place("now").is_some(), "{seen:?}");
    assert!(place("3 bytes").is_none(), "nothing follows a close frame: {seen:?}");
    assert_eq!(writer.with_backlog(|it| (it.len(), it.counts().dropped)), (0, 2));
}

#[tokio::test(flavor = "current_thread")]
async fn a_client_disconnects_a_slow_server_with_1008() {
    // C-26: only a server may send 1012 and 1013.
    let chosen = |code| Some(Backlog::new(Overflow::Disconnect(code)));
    let (later, restart) = (CloseCode::TRY_AGAIN_LATER, CloseCode::SERVICE_RESTART);
    for backlog in [None, chosen(later), chosen(restart)] {
        let (one, two) = duplex(64);
        let config = Config::new().max_queued(1024).shared();
        let (mut reader, writer) = over(one, Role::Client, &config).split();
        let mut server = over(two, Role::Server, &config);
        if let Some(backlog) = backlog {
            writer.with_backlog(|it| *it = backlog);
        }
        let message = Prepared::new("x".repeat(1000));
        while writer.with_backlog(|it| it.push(&message)) == Pushed::Queued {}
        tokio::spawn(async move { while let Ok(Some(_)) = reader.receive().await {} });
        while let Ok(Some(_)) = server.receive().await {}
        let ended = server.ended().expect("the client has closed");
        assert_eq!(ended.received, CloseFrame::Code(CloseCode::POLICY_VIOLATION));
        assert_eq!(&*ended.reason, "too slow");
    }
}
