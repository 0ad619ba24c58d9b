//! Topics: who gets what, and that a slow member holds up nobody.

use std::sync::Arc;
use std::time::Duration;

use counting_allocator::measure;
use sansocket::polled::{Hub, Membership};
use sansocket::tokio::{Reader, WebSocket, Writer};
use sansocket::{
    Backlog, CloseCode, CloseFrame, Config, Connection, Negotiated, Overflow, Prepared, Pushed,
    Role, Seed, Timestamp,
};
use tokio::io::{DuplexStream, duplex};
use tokio::time::timeout;

pub(crate) type Socket = WebSocket<DuplexStream>;

pub(crate) fn over(stream: DuplexStream, role: Role, config: &Arc<Config>) -> Socket {
    let (negotiated, now, config) = (Negotiated::new(), Timestamp::default(), Arc::clone(config));
    let connection = match role {
        Role::Client => Connection::open_client(negotiated, config, Seed::new([1; 32]), now),
        Role::Server => Connection::open_server(negotiated, config, now),
    };
    WebSocket::from_parts(stream, connection)
}

/// A client, and the halves of its server, with room for so many bytes between them.
pub(crate) fn member(room: usize) -> (Socket, Reader<DuplexStream>, Writer<DuplexStream>) {
    let config = Config::new().max_queued(1024).shared();
    let (one, two) = duplex(room);
    let (reader, writer) = over(two, Role::Server, &config).split();
    (over(one, Role::Client, &config), reader, writer)
}

/// Has a member join a topic and read, as a server does. The client is returned.
fn run(hub: &Hub, topic: &str, room: usize) -> Socket {
    let (client, mut reader, writer) = member(room);
    let membership = hub.join(topic, &writer);
    tokio::spawn(async move {
        let _membership = membership;
        while let Ok(Some(_)) = reader.receive().await {}
    });
    client
}

pub(crate) async fn next(client: &mut Socket) -> String {
    let message = timeout(Duration::from_secs(10), client.receive()).await;
    message.expect("it arrives").unwrap().expect("the connection is open").to_string()
}

#[tokio::test(flavor = "current_thread")]
async fn members_of_a_topic_get_its_messages_in_order() {
    let hub = Hub::new();
    let mut clients = [(); 3].map(|()| run(&hub, "news", 4096));
    let mut other = run(&hub, "sports", 4096);
    assert_eq!((hub.members("news"), hub.members("sports"), hub.members("none")), (3, 1, 0));
    for number in 0..50 {
        assert_eq!(hub.publish("news", &Prepared::new(format!("news {number}"))), 3);
    }
    assert_eq!(hub.publish("sports", &Prepared::new("goal")), 1);
    assert_eq!(hub.publish("none", &Prepared::new("nobody")), 0);
    for client in &mut clients {
        for number in 0..50 {
            assert_eq!(next(client).await, format!("news {number}"));
        }
    }
    assert_eq!(next(&mut other).await, "goal");
}

#[tokio::test(flavor = "current_thread")]
async fn whoever_leaves_gets_nothing_more() {
    let hub = Hub::new();
    let (mut client, mut reader, writer) = member(4096);
    let (news, sports) = (hub.join("news", &writer), hub.join("sports", &writer));
    assert_eq!((news.topic(), sports.topic()), ("news", "sports"));
    tokio::spawn(async move { while let Ok(Some(_)) = reader.receive().await {} });
    drop(news);
    assert_eq!((hub.members("news"), hub.members("sports")), (0, 1));
    assert_eq!(hub.publish("news", &Prepared::new("news")), 0);
    assert_eq!(hub.publish("sports", &Prepared::new("goal")), 1);
    assert_eq!(next(&mut client).await, "goal");
    assert!(format!("{hub:?}").contains("topics: 1"), "an empty topic is removed");
}

#[tokio::test(flavor = "current_thread")]
async fn a_socket_that_is_dropped_is_in_no_topic() {
    let hub = Hub::new();
    let (client, reader, writer) = member(4096);
    // Even if the membership is kept by mistake.
    let _kept: Vec<Membership> =
        ["news", "sports"].into_iter().map(|topic| hub.join(topic, &writer)).collect();
    drop((reader, writer));
    assert_eq!((hub.members("news"), hub.members("sports")), (0, 0));
    assert_eq!(hub.publish("news", &Prepared::new("news")), 0);
    drop(client);
}

#[tokio::test(flavor = "current_thread")]
async fn a_slow_member_is_disconnected_and_holds_up_nobody() {
    let hub = Hub::new();
    let mut slow = run(&hub, "news", 64);
    let mut fast = run(&hub, "news", 4096);
    // The default backlog has room for 64 KiB.
    let (message, mut counts) = (Prepared::new("x".repeat(1000)), [0; 3]);
    for _ in 0..200 {
        counts[hub.publish("news", &message)] += 1;
        assert_eq!(next(&mut fast).await.len(), 1000);
    }
    assert_eq!(counts[0], 0);
    assert!(counts[1] > 100 && counts[2] > 60, "{counts:?}");
    // It gets what was queued before, then the close frame, and leaves.
    while let Ok(Some(_)) = slow.receive().await {}
    let ended = slow.ended().expect("the server has closed");
    assert_eq!(ended.received, CloseFrame::Code(CloseCode::TRY_AGAIN_LATER));
    assert_eq!(&*ended.reason, "too slow");
    tokio::task::yield_now().await;
    assert_eq!(hub.publish("news", &message), 1);
}

#[tokio::test(flavor = "current_thread")]
async fn the_newest_value_of_each_key_waits_for_a_slow_member() {
    let hub = Hub::new();
    let (mut client, mut reader, writer) = member(64);
    writer.with_backlog(|it| *it = Backlog::new(Overflow::DropOldest).max_messages(2));
    let _membership = hub.join("prices", &writer);
    // Fills the queue of the connection.
    writer.try_send("y".repeat(2000)).unwrap();
    for price in 0..10 {
        for share in 0..2_u64 {
            let text = format!("{share}: {price}");
            assert_eq!(hub.publish_latest("prices", share, &Prepared::new(text)), 1);
        }
    }
    let counts = writer.with_backlog(|it| it.counts());
    assert_eq!((counts.taken, counts.replaced, counts.dropped, counts.sent), (20, 18, 0, 0));
    tokio::spawn(async move { while let Ok(Some(_)) = reader.receive().await {} });
    assert_eq!(next(&mut client).await.len(), 2000);
    assert_eq!([next(&mut client).await, next(&mut client).await], ["0: 9", "1: 9"]);
    assert_eq!(writer.with_backlog(|it| it.counts().sent), 2);
    // A ping does not wait behind a backlog.
    assert_eq!(writer.with_backlog(|it| it.push(&Prepared::new("last"))), Pushed::Queued);
    assert_eq!(next(&mut client).await, "last");
}

#[test]
fn to_publish_allocates_nothing_for_each_member() {
    let hub = Hub::new();
    let members: Vec<_> = (0..100).map(|_| member(64)).collect();
    let _memberships: Vec<_> =
        members.iter().map(|(_, _, writer)| hub.join("news", writer)).collect();
    let message = Prepared::new("a message to everybody");
    // The queues and backlogs are made by the first messages.
    for _ in 0..60 {
        assert_eq!(hub.publish("news", &message), 100);
    }
    let (count, usage) = measure(|| hub.publish("news", &message));
    assert_eq!((count, usage.allocations), (100, 0));
}

#[cfg(feature = "deflate")]
#[test]
fn to_publish_compresses_and_allocates_once_for_all_members() {
    use sansocket::deflate::{Agreement, Compression, Context};

    // Contexts are kept, and there is room in the queues of the connections.
    let agreement = Agreement { client: Context::FULL, server: Context::FULL };
    let config = Config::new().shared();
    let (hub, mut members) = (Hub::new(), Vec::new());
    for _ in 0..100 {
        let negotiated = Negotiated::new().with_compression(agreement, Compression::dedicated());
        let connection =
            Connection::open_server(negotiated, Arc::clone(&config), Timestamp::default());
        let (client, server) = duplex(64);
        let (reader, writer) = Socket::from_parts(server, connection).split();
        members.push((hub.join("news", &writer), client, reader, writer));
    }
    let publish = |number: usize| {
        let text = format!("news {number}: {}", "the same to everybody ".repeat(20));
        assert_eq!(hub.publish("news", &Prepared::new(text)), 100);
    };
    (0..200).for_each(publish);
    let ((), usage) = measure(|| (200..300).for_each(publish));
    // The queue of each member grows once at most. To frame and to compress a message takes some.
    assert!(usage.allocations <= 100 + 100 * 20, "{usage:?}");
    assert!(members.iter().all(|(_, _, _, writer)| writer.queued() > 300 * 10));
}

#[cfg(feature = "smol")]
#[test]
fn connections_of_different_runtimes_are_in_one_topic() {
    use sansocket::smol::WebSocket as SmolSocket;

    let hub = Hub::new();
    let (_client, _reader, writer) = member(4096);
    let _tokio = hub.join("news", &writer);
    smol::block_on(async {
        let listener = smol::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("ws://{}", listener.local_addr().unwrap());
        let config = Config::new().shared();
        let server = async {
            let stream = listener.accept().await.unwrap().0;
            let (mut reader, writer) =
                SmolSocket::accept(stream, Arc::clone(&config)).await.unwrap().split();
            let _smol = hub.join("news", &writer);
            assert_eq!(hub.publish("news", &Prepared::new("to both")), 2);
            while let Ok(Some(_)) = reader.receive().await {}
        };
        let client = async {
            let mut client = SmolSocket::connect(&url, Arc::clone(&config)).await.unwrap();
            let message = client.receive().await.unwrap().unwrap();
            client.close(CloseCode::NORMAL, "").await.unwrap();
            message.to_string()
        };
        let ((), message) = smol::future::zip(server, client).await;
        assert_eq!(message, "to both");
    });
    assert_eq!(hub.members("news"), 1);
    assert_eq!(writer.queued(), 9);
}
