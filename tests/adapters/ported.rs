//! Programs in the shape in which users of other crates write them, ported by the tables of the guide.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use futures_util::{SinkExt, StreamExt, TryStreamExt, future, stream};
use sansocket::polled::{self, Io};
use sansocket::tokio::{Incoming, Reader, WebSocket, Writer};
use sansocket::{CloseCode, Config, Error, Event, OwnedMessage, Url, client, server};
use tokio::io::{DuplexStream, duplex};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

fn config() -> Arc<Config> {
    Config::new().shared()
}

/// Returns both ends of a connection, once it is open.
async fn open() -> (WebSocket<DuplexStream>, WebSocket<DuplexStream>) {
    let (one, two) = duplex(1 << 16);
    let request = client::Request::new(Url::parse("ws://example.com/").unwrap());
    let client = WebSocket::connect_over(one, request, config());
    let (client, server) = tokio::join!(client, WebSocket::accept(two, config()));
    (client.unwrap().0, server.unwrap())
}

/// An echo as tokio-tungstenite has it: the stream forwards into the sink.
async fn forward<S: Unpin, I: Io<S>>(socket: polled::WebSocket<S, I>) -> Result<(), Error> {
    let (write, read) = StreamExt::split(socket);
    read.try_filter(|message| future::ready(!message.is_empty())).forward(write).await
}

#[tokio::test]
async fn a_stream_that_is_forwarded_into_its_sink_is_an_echo() {
    let (client, server) = open().await;
    let server = tokio::spawn(forward(server));
    let (mut write, mut read) = StreamExt::split(client);
    for message in [OwnedMessage::from("hello"), vec![7; 1 << 20].into()] {
        write.send("".into()).await.unwrap();
        write.send(message.clone()).await.unwrap();
        assert!(read.next().await.unwrap().unwrap() == message);
    }
    write.close().await.unwrap();
    assert!(read.next().await.is_none());
    let socket = write.reunite(read).unwrap();
    assert!(socket.ended().unwrap().is_clean());
    server.await.unwrap().unwrap();
}

/// An echo on the pair that `WebSocket::split` returns.
#[tokio::test]
async fn a_reader_that_is_forwarded_into_its_writer_is_an_echo() {
    let (mut client, server) = open().await;
    let (reader, writer) = server.split();
    let server = tokio::spawn(reader.forward(writer));
    client.send("hello").await.unwrap();
    assert_eq!(client.receive().await.unwrap(), Some("hello".into()));
    client.close(CloseCode::NORMAL, "").await.unwrap();
    assert!(client.ended().unwrap().is_clean());
    server.await.unwrap().unwrap();
}

#[cfg(feature = "smol")]
#[test]
fn a_stream_of_smol_that_is_forwarded_into_its_sink_is_an_echo() {
    use sansocket::smol::WebSocket;
    use smol::net::{TcpListener, TcpStream};

    async fn serve(listener: TcpListener) -> Result<(), Error> {
        let (stream, _) = listener.accept().await?;
        forward(WebSocket::<TcpStream>::accept(stream, config()).await?).await
    }

    smol::block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("ws://{}/", listener.local_addr().unwrap());
        let server = smol::spawn(serve(listener));
        let (mut write, mut read) =
            StreamExt::split(WebSocket::connect(&url, config()).await.unwrap());
        write.send("hello".into()).await.unwrap();
        assert_eq!(read.next().await.unwrap().unwrap(), "hello".into());
        write.close().await.unwrap();
        server.await.unwrap();
    });
}

/// A client that sends what it has while it prints what comes. The answers to its last messages come after its
/// close frame.
#[tokio::test]
async fn a_client_that_closes_its_writer_reads_on() {
    let (client, server) = open().await;
    let (reader, writer) = server.split();
    let server = tokio::spawn(reader.forward(writer));
    let (reader, writer) = client.split();
    let lines = (0..1000).map(|line| Ok(OwnedMessage::from(line.to_string())));
    let sending = stream::iter(lines).forward(writer);
    let printing = reader.try_fold(Vec::new(), async |mut seen, message| {
        seen.push(message.to_string());
        Ok(seen)
    });
    let (sent, seen) = future::join(sending, printing).await;
    sent.unwrap();
    let lines = (0..1000).map(|line| line.to_string());
    assert_eq!(seen.unwrap(), lines.collect::<Vec<_>>());
    server.await.unwrap().unwrap();
}

/// A chat that keeps the writer of each peer in a map. It needs no channel, and no task that writes.
#[derive(Clone, Default)]
struct Chat(Arc<Mutex<HashMap<String, Writer<TcpStream>>>>);

impl Chat {
    async fn serve(self, stream: TcpStream) -> Result<(), Error> {
        let Incoming::Opening(mut opening) = WebSocket::receive_request(stream, config()).await?
        else {
            return Ok(());
        };
        let name = opening.request().path()[1..].to_owned();
        if self.0.lock().unwrap().contains_key(&name) {
            return opening.reject(server::Response::new(409, &[], b"taken").unwrap()).await;
        }
        let (mut reader, writer) = opening.accept().await?.split();
        self.0.lock().unwrap().insert(name.clone(), writer);
        self.say(&name, "joins");
        while let Some(message) = reader.receive().await? {
            self.say(&name, &message.to_string());
        }
        self.0.lock().unwrap().remove(&name);
        self.say(&name, "leaves");
        Ok(())
    }

    /// Sends a text to all others.
    fn say(&self, name: &str, text: &str) {
        let message = OwnedMessage::from(format!("{name}: {text}"));
        let peers = self.0.lock().unwrap();
        for (_, writer) in peers.iter().filter(|(other, _)| *other != name) {
            writer.try_send(&message).unwrap();
        }
    }
}

#[tokio::test]
async fn a_chat_sends_to_the_writers_of_all_others() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let chat = Chat::default();
    let serving = tokio::spawn(async move {
        let mut peers = JoinSet::new();
        for _ in 0..3 {
            peers.spawn(chat.clone().serve(listener.accept().await.unwrap().0));
        }
        while let Some(peer) = peers.join_next().await {
            peer.unwrap().unwrap();
        }
    });
    let url = |name| format!("ws://{address}/{name}");
    let mut ada = WebSocket::connect(&url("ada"), config()).await.unwrap();
    let mut bob = WebSocket::connect(&url("bob"), config()).await.unwrap();
    assert_eq!(ada.receive().await.unwrap(), Some("bob: joins".into()));
    let Err(Error::Rejected(taken)) = WebSocket::connect(&url("bob"), config()).await else {
        panic!("two have one name");
    };
    assert_eq!((taken.status(), taken.body()), (409, &b"taken"[..]));
    ada.send("hello").await.unwrap();
    assert_eq!(bob.receive().await.unwrap(), Some("ada: hello".into()));
    bob.close(None, "").await.unwrap();
    assert_eq!(ada.receive().await.unwrap(), Some("bob: leaves".into()));
    ada.close(None, "").await.unwrap();
    serving.await.unwrap();
}

/// A handler of two tasks, as users of axum write it: one sends, one receives, and the end of either ends both.
async fn handle<S: Send + 'static>(
    mut reader: Reader<S>,
    writer: Writer<S>,
) -> (usize, Vec<OwnedMessage>)
where
    sansocket::tokio::Tokio: Io<S, Sleep: Send>,
{
    let (count, mut counts) = mpsc::unbounded_channel();
    let mut sending = tokio::spawn(async move {
        for number in 0.. {
            if writer.send(format!("number {number}")).await.is_err() {
                return;
            }
            count.send(number).unwrap();
        }
    });
    let mut receiving = tokio::spawn(async move {
        let mut seen = Vec::new();
        while let Some(event) = reader.next_event().await.unwrap() {
            match event {
                Event::Text(text) => seen.push(OwnedMessage::from(text)),
                Event::Close(close) => assert_eq!(close.code, Some(CloseCode::GOING_AWAY)),
                _ => {}
            }
        }
        seen
    });
    let seen = tokio::select! {
        _ = &mut sending => receiving.await.unwrap(),
        seen = &mut receiving => {
            sending.abort();
            seen.unwrap()
        }
    };
    let mut sent = 0;
    while counts.recv().await.is_some() {
        sent += 1;
    }
    (sent, seen)
}

#[tokio::test]
async fn a_handler_of_two_tasks_ends_with_either() {
    let (mut client, server) = open().await;
    let (reader, writer) = server.split();
    let handler = tokio::spawn(handle(reader, writer));
    for number in 0..100 {
        assert_eq!(client.receive().await.unwrap(), Some(format!("number {number}").into()));
    }
    client.send("enough").await.unwrap();
    client.close(CloseCode::GOING_AWAY, "").await.unwrap();
    let (sent, seen) = handler.await.unwrap();
    assert!(sent >= 99, "the last one may have been cancelled");
    assert_eq!(seen, ["enough".into()]);
}
