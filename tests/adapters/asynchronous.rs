//! The asynchronous adapters: time, memory, backpressure and halves. What all adapters do is in
//! `conversations`, and cancellation in `properties`.
use std::io::{self, IoSlice};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use counting_allocator::{Usage, measure};
use futures_util::future::join_all;
use sansocket::polled::{self, Io};
use sansocket::tokio::{Reader, WebSocket, Writer};
use sansocket::{
    Cause, CloseCode, Config, Connection, Error, Event, Initiator, Negotiated, OwnedMessage, Role,
    Seed, SendError, TimedOut, Timestamp, Url, client,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, Join, duplex};
use tokio::runtime::{self, Runtime};
use tokio::time::{Instant, sleep, timeout};

type Socket = WebSocket<DuplexStream>;

fn over(stream: DuplexStream, role: Role, config: Arc<Config>) -> Socket {
    WebSocket::from_parts(stream, connection(role, config))
}

fn connection(role: Role, config: Arc<Config>) -> Connection {
    let (negotiated, now) = (Negotiated::new(), Timestamp::default());
    match role {
        Role::Client => Connection::open_client(negotiated, config, Seed::new([1; 32]), now),
        Role::Server => Connection::open_server(negotiated, config, now),
    }
}

/// A client and a server, with room for so many bytes between them.
fn pair(room: usize, config: Arc<Config>) -> (Socket, Socket) {
    let (one, two) = duplex(room);
    (over(one, Role::Client, Arc::clone(&config)), over(two, Role::Server, config))
}

/// A server whose peer is a bare stream.
fn server(room: usize, config: Arc<Config>) -> (Socket, DuplexStream) {
    let (one, two) = duplex(room);
    (over(one, Role::Server, config), two)
}

fn config(set: impl FnOnce(&mut Config)) -> Arc<Config> {
    let mut config = Config::default();
    set(&mut config);
    config.shared()
}

fn patient() -> Arc<Config> {
    config(|config| {
        let timeouts = &mut config.timeouts;
        (timeouts.opening, timeouts.idle, timeouts.pong) = (None, None, None);
        (timeouts.close, timeouts.end) = (None, None);
    })
}

async fn echo(socket: &mut Socket) -> Result<(), Error> {
    while let Some((event, sender)) = socket.next_event().await? {
        match event {
            Event::Text(text) => sender.send(text)?,
            Event::Binary(bytes) => sender.send(bytes)?,
            _ => {}
        }
    }
    Ok(())
}

const fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

const DAY: Duration = seconds(86_400);

/// How many seconds it takes by tokio's clock, which stands still while something can be done.
async fn clock<T>(future: impl Future<Output = T>) -> (T, Duration) {
    let start = Instant::now();
    let result = future.await;
    // Timers ring up to a millisecond late.
    (result, seconds(start.elapsed().as_secs()))
}

mod time {
    use super::*;

    /// H-S-48.
    #[tokio::test(start_paused = true)]
    async fn a_request_that_does_not_come_is_answered_with_408_after_10_seconds() {
        let (stream, mut peer) = duplex(1000);
        peer.write_all(b"GET / HTTP/1.1\r\n").await.unwrap();
        let receive = WebSocket::receive_request(stream, Arc::default());
        let answer = async {
            let mut answer = Vec::new();
            peer.read_to_end(&mut answer).await.unwrap();
            assert!(answer.starts_with(b"HTTP/1.1 408 "));
            drop(peer);
        };
        let ((outcome, ()), elapsed) = clock(async { tokio::join!(receive, answer) }).await;
        assert!(matches!(outcome, Err(Error::TimedOut(TimedOut::Opening))));
        assert_eq!(elapsed, seconds(10));
    }

    #[tokio::test(start_paused = true)]
    async fn a_request_may_take_for_ever_if_the_timeout_is_lifted() {
        let (stream, _peer) = duplex(1000);
        let receive = WebSocket::receive_request(stream, patient());
        assert!(timeout(DAY, receive).await.is_err());
    }

    /// K-12.
    #[tokio::test(start_paused = true)]
    async fn a_silent_peer_is_pinged_after_30_seconds_and_given_up_20_later() {
        let (mut server, mut peer) = server(1000, Arc::default());
        let watch = async {
            let mut ping = [0; 10];
            clock(peer.read_exact(&mut ping)).await.1
        };
        let ((outcome, elapsed), pinged) = tokio::join!(clock(server.receive()), watch);
        assert!(matches!(outcome, Err(Error::TimedOut(TimedOut::Silence))));
        assert_eq!((pinged, elapsed), (seconds(30), seconds(50)));
        assert!(server.receive().await.unwrap().is_none());
        assert_eq!(server.ended().unwrap().cause, Cause::TimedOut(TimedOut::Silence));
    }

    #[tokio::test(start_paused = true)]
    async fn a_silent_peer_is_waited_for_if_the_timeouts_are_lifted() {
        let (mut server, _peer) = server(1000, patient());
        assert!(timeout(DAY, server.receive()).await.is_err());
    }

    #[tokio::test(start_paused = true)]
    async fn two_ends_that_say_nothing_keep_each_other_alive() {
        let (mut client, mut server) = pair(1000, Arc::default());
        assert!(
            timeout(DAY, async { tokio::join!(client.receive(), server.receive()) }).await.is_err()
        );
        assert!(client.round_trip().is_some() && server.ended().is_none());
    }

    /// The answer to a ping may have come while nobody waited on the socket.
    #[tokio::test(start_paused = true)]
    async fn a_peer_that_answered_while_we_were_away_is_not_given_up() {
        let (mut server, mut peer) = server(1000, Arc::default());
        assert!(timeout(seconds(31), server.receive()).await.is_err());
        let mut ping = [0; 10];
        peer.read_exact(&mut ping).await.unwrap();
        let pong = [&b"\x8a\x88\0\0\0\0"[..], &ping[2..]].concat();
        peer.write_all(&pong).await.unwrap();
        sleep(seconds(100)).await;
        assert!(timeout(seconds(29), server.receive()).await.is_err());
        assert!(server.round_trip().is_some());
    }

    /// C-22.
    #[tokio::test(start_paused = true)]
    async fn a_close_frame_is_answered_within_10_seconds() {
        let (mut server, _peer) = server(1000, Arc::default());
        let (outcome, elapsed) = clock(server.close(CloseCode::NORMAL, "")).await;
        assert!(matches!(outcome, Err(Error::TimedOut(TimedOut::Close))));
        assert_eq!(elapsed, seconds(10));
    }

    /// C-22, A-55: not even if it goes on sending.
    #[tokio::test(start_paused = true)]
    async fn a_peer_that_goes_on_sending_is_waited_for_no_longer() {
        let (mut server, mut peer) = server(1000, Arc::default());
        let flood = async {
            while peer.write_all(&[0x82, 0x80, 0, 0, 0, 0]).await.is_ok() {
                sleep(Duration::from_millis(100)).await;
            }
        };
        let close = clock(server.close(CloseCode::NORMAL, ""));
        let (outcome, elapsed) = tokio::select!(() = flood => panic!(), it = close => it);
        assert!(matches!(outcome, Err(Error::TimedOut(TimedOut::Close))));
        assert_eq!(elapsed, seconds(10));
    }

    /// C-21.
    #[tokio::test(start_paused = true)]
    async fn a_client_waits_5_seconds_for_the_end_of_the_transport() {
        let (stream, mut peer) = duplex(1000);
        let mut client = over(stream, Role::Client, Arc::default());
        peer.write_all(b"\x88\x00").await.unwrap();
        let (outcome, elapsed) = clock(client.close(CloseCode::NORMAL, "")).await;
        outcome.unwrap();
        assert_eq!(elapsed, seconds(5));
        let ended = client.ended().unwrap();
        assert!(ended.is_clean(), "{ended}");
        assert_eq!(ended.transport, Some(Initiator::Us));
    }

    /// a peer that never ends its side, and never stops sending.
    #[tokio::test(start_paused = true)]
    async fn a_server_lingers_for_5_seconds_at_the_most_unless_another_time_is_set() {
        let short = config(|config| config.timeouts.end = Some(seconds(2)));
        let long = config(|config| config.timeouts.end = Some(seconds(60)));
        for (config, time) in [(Arc::default(), 5), (short, 2), (long, 60)] {
            let (mut server, mut peer) = server(1000, config);
            let flood = async {
                peer.write_all(b"\x83\x80\0\0\0\0").await.unwrap();
                while peer.write_all(&[0; 100]).await.is_ok() {
                    sleep(Duration::from_millis(1)).await;
                }
            };
            let end = async {
                let outcome = clock(server.receive()).await;
                assert!(matches!(outcome, (Err(Error::Protocol(_)), Duration::ZERO)));
                clock(server.receive()).await
            };
            let (outcome, elapsed) = tokio::select!(() = flood => panic!(), it = end => it);
            assert!(outcome.unwrap().is_none());
            assert_eq!(elapsed, seconds(time));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_writer_that_closes_starts_the_deadline_of_the_reader() {
        let (server, _peer) = server(1000, Arc::default());
        let (mut reader, writer) = server.split();
        let reading = tokio::spawn(async move { reader.receive().await.map(drop) });
        sleep(seconds(1)).await;
        let (outcome, elapsed) = clock(async {
            writer.close(CloseCode::NORMAL, "").await.unwrap();
            reading.await.unwrap()
        })
        .await;
        assert!(matches!(outcome, Err(Error::TimedOut(TimedOut::Close))));
        assert_eq!(elapsed, seconds(10));
        assert!(matches!(writer.send("more").await, Err(Error::Send(SendError::Closing))));
    }

    /// Who waits for room waits no longer than the connection lasts.
    #[tokio::test(start_paused = true)]
    async fn a_writer_that_waits_is_told_that_the_peer_was_given_up() {
        let (server, _peer) = server(100, config(|config| config.max_queued = 10));
        let (mut reader, writer) = server.split();
        let sending = tokio::spawn(async move {
            loop {
                writer.send("a message").await?;
            }
        });
        assert!(matches!(reader.receive().await, Err(Error::TimedOut(TimedOut::Blocked))));
        let outcome: Result<(), Error> = sending.await.unwrap();
        assert!(matches!(outcome, Err(Error::TimedOut(TimedOut::Blocked))));
    }

    #[tokio::test(start_paused = true)]
    async fn no_timer_is_set_for_each_message() {
        let (one, two) = duplex(1000);
        let [mut client, mut server] =
            [(one, Role::Client), (two, Role::Server)].map(|(it, role)| {
                type Socket = polled::WebSocket<DuplexStream, Counted>;
                Socket::from_parts(it, connection(role, Arc::default()))
            });
        let serve = async {
            while let Some(message) = server.receive().await.unwrap() {
                server.send(&message).await.unwrap();
            }
        };
        let talk = async {
            for _ in 0..1000 {
                client.send("text").await.unwrap();
                client.receive().await.unwrap();
                sleep(Duration::from_millis(10)).await;
            }
            client.close(None, "").await.unwrap();
        };
        tokio::join!(serve, talk);
        let count = SLEEPS.load(Ordering::Relaxed);
        assert!(count <= 8, "{count} timers for 1000 messages of ten seconds");
    }

    static SLEEPS: AtomicUsize = AtomicUsize::new(0);

    /// The runtime of tokio, whose timers are counted.
    #[derive(Debug)]
    enum Counted {}

    impl Io<DuplexStream> for Counted {
        type Sleep = Pin<Box<tokio::time::Sleep>>;

        fn sleep(duration: Duration) -> io::Result<Self::Sleep> {
            SLEEPS.fetch_add(1, Ordering::Relaxed);
            Ok(Box::pin(sleep(duration)))
        }

        fn now() -> std::time::Instant {
            Instant::now().into_std()
        }

        fn poll_read(
            stream: &mut DuplexStream,
            cx: &mut Context<'_>,
            bytes: &mut [u8],
        ) -> Poll<io::Result<usize>> {
            pin!(stream.read(bytes)).poll(cx)
        }

        fn poll_write(
            stream: &mut DuplexStream,
            cx: &mut Context<'_>,
            slices: &[IoSlice<'_>],
        ) -> Poll<io::Result<usize>> {
            pin!(stream.write(&slices[0])).poll(cx)
        }

        fn poll_flush(stream: &mut DuplexStream, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
            pin!(stream.flush()).poll(cx)
        }

        fn poll_shutdown(stream: &mut DuplexStream, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
            pin!(stream.shutdown()).poll(cx)
        }
    }
}

mod backpressure {
    use super::*;

    /// Sends so many bytes of these frames, as far as they are taken, and never reads.
    async fn flood(mut peer: DuplexStream, frame: &[u8], count: usize) -> (DuplexStream, usize) {
        let mut taken = 0;
        let bytes = frame.repeat(1 + 20_000 / frame.len());
        while taken < count {
            let rest = &bytes[taken % bytes.len()..];
            match timeout(Duration::from_millis(50), peer.write(rest)).await {
                Ok(outcome) => taken += outcome.unwrap(),
                Err(_) => break,
            }
        }
        (peer, taken)
    }

    /// A binary message of a client, whose mask is zero.
    fn message(len: u16) -> Vec<u8> {
        let mut frame = match u8::try_from(len) {
            Ok(len @ 0..126) => vec![0x82, 0x80 | len],
            _ => [&[0x82, 0xfe], &len.to_be_bytes()[..]].concat(),
        };
        frame.resize(frame.len() + 4 + usize::from(len), 0);
        frame
    }

    fn run<T>(future: impl Future<Output = T>) -> T {
        let builder = &mut runtime::Builder::new_current_thread();
        builder.enable_all().start_paused(true).build().unwrap().block_on(future)
    }

    /// an echo.
    #[test]
    fn a_peer_that_sends_and_never_reads_takes_no_memory() {
        run(async {
            for len in [0, 200, 10_000] {
                let (mut server, peer) = server(1000, config(|it| it.max_queued = 10_000));
                let mut most = 0;
                let echo = async {
                    while let Some((event, sender)) = server.next_event().await.unwrap() {
                        let Event::Binary(bytes) = event else { panic!("{event:?}") };
                        sender.send(bytes).unwrap();
                        most = most.max(sender.queued());
                    }
                };
                let bytes = message(len);
                let taken = tokio::select!(
                    () = echo => panic!(), (_, taken) = flood(peer, &bytes, 100 << 20) => taken);
                assert!(most < 10_000 + (64 << 10) + 10_000, "{most} bytes wait");
                assert!(taken < 300_000, "{taken} bytes were read");
            }
        });
    }

    /// the answers to pings count, too.
    #[test]
    fn a_flood_of_pings_takes_no_memory() {
        for is_split in [false, true] {
            let ((), usage) = measure(|| {
                run(async {
                    let (mut server, peer) = server(1000, Arc::default());
                    let ping = [&b"\x89\xfd\0\0\0\0"[..], &[b'p'; 125]].concat();
                    let flood = flood(peer, &ping, 3 << 20);
                    let receive = async {
                        if is_split {
                            server.split().0.receive().await
                        } else {
                            server.receive().await
                        }
                    };
                    tokio::select!(_ = receive => panic!(), (_, taken) = flood => {
                        assert!(taken < 300_000, "{taken} bytes were read");
                    });
                });
            });
            assert!(usage.peak < 400_000, "{usage:?}");
        }
    }

    /// What is queued is bounded though it never is none.
    #[test]
    fn a_queue_that_is_never_empty_takes_no_more_memory_with_time() {
        let ((), usage) = measure(|| {
            run(async {
                let (mut server, mut peer) = server(5000, Arc::default());
                let read = async {
                    let mut bytes = vec![0; 4000];
                    for _ in 0..5000 {
                        peer.read_exact(&mut bytes).await.unwrap();
                    }
                };
                let send = async {
                    loop {
                        server.send(&[7; 1000]).await.unwrap();
                    }
                };
                tokio::select!(() = read => {}, () = send => {});
            });
        });
        assert!(usage.peak < 500_000, "{usage:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn to_feed_waits_at_the_high_water_mark_and_goes_on_below_it() {
        let (mut server, mut peer) = server(100, config(|config| config.max_queued = 1000));
        let mut count = 0;
        while timeout(seconds(1), server.feed(&[0; 98])).await.is_ok() {
            count += 1;
        }
        // One is in the stream, and what is queued has just passed the mark.
        assert_eq!(count, 1 + 10);
        peer.read_exact(&mut [0; 100]).await.unwrap();
        timeout(seconds(1), server.feed(&[0; 98])).await.unwrap().unwrap();
        assert!(timeout(seconds(1), server.feed(&[0; 98])).await.is_err());
        let mut rest = [0; 1100];
        let (flushed, read) = tokio::join!(server.flush(), peer.read_exact(&mut rest));
        flushed.unwrap();
        read.unwrap();
        assert!(timeout(seconds(1), peer.read_u8()).await.is_err(), "all has come, and no more");
    }

    /// Two ends that send much at once, before they read, do not wait for each other.
    #[tokio::test(start_paused = true)]
    async fn two_ends_may_send_much_at_once() {
        let (mut one, mut two) = pair(1000, Arc::default());
        let large = vec![7; 1 << 20];
        let talk = async |socket: &mut Socket| {
            socket.send(&large).await.unwrap();
            socket.receive().await.unwrap()
        };
        let (back, also_back) = tokio::join!(talk(&mut one), talk(&mut two));
        assert_eq!((back, also_back), (Some(large.clone().into()), Some(large.into())));
    }

    /// Else two ends that reply, and then send much, would wait for each other.
    #[tokio::test(start_paused = true)]
    async fn replies_that_were_taken_do_not_count_among_those_that_wait() {
        let (mut server, mut peer) = server(10, config(|config| config.max_queued = 16));
        let mut is_answered = async |peer: &mut DuplexStream, reply: &[u8]| {
            peer.write_all(b"\x81\x81\0\0\0\0a").await.unwrap();
            let event = timeout(seconds(1), server.next_event()).await;
            let Ok(event) = event else { return false };
            event.unwrap().unwrap().1.send(reply).unwrap();
            // There is room for more once half of a long reply is written.
            if reply.len() > 1 {
                server.feed(&[0; 98]).await.unwrap();
            }
            true
        };
        assert!(is_answered(&mut peer, &[0; 18]).await);
        peer.read_exact(&mut [0; 10]).await.unwrap();
        for count in 1..=6 {
            assert!(is_answered(&mut peer, &[0]).await, "{count}");
        }
        assert!(!is_answered(&mut peer, &[0]).await, "six replies of three bytes wait");
    }

    #[tokio::test(start_paused = true)]
    async fn two_halves_may_send_without_end_in_both_directions() {
        let (one, two) = pair(1000, Arc::default());
        let mut tasks = Vec::new();
        for socket in [one, two] {
            let (mut reader, writer) = socket.split();
            tokio::spawn(async move {
                let message = vec![7; 30_000];
                while writer.send(&message).await.is_ok() {}
            });
            tasks.push(tokio::spawn(async move {
                for _ in 0..100 {
                    reader.receive().await.unwrap();
                }
                reader
            }));
        }
        let mut readers = Vec::new();
        for task in tasks {
            readers.push(task.await.unwrap());
        }
    }

    #[tokio::test]
    async fn the_longest_message_passes_both_ways() {
        let (mut client, mut server) = pair(100_000, Arc::default());
        let large = vec![7; 16 << 20];
        let talk = async {
            client.send(&large).await.unwrap();
            let back = client.receive().await.unwrap();
            client.close(None, "").await.unwrap();
            back
        };
        let (back, outcome) = tokio::join!(talk, echo(&mut server));
        outcome.unwrap();
        assert_eq!(back, Some(large.into()));
    }
}

/// Faults that people reported of other libraries.
mod faults {
    use futures_util::{SinkExt, StreamExt};
    use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

    use super::*;

    /// A stream that repeats the same bytes as fast as it is read, and takes all that is written.
    struct Flood(&'static [u8]);

    impl AsyncRead for Flood {
        fn poll_read(
            self: Pin<&mut Self>,
            _: &mut Context<'_>,
            buffer: &mut ReadBuf<'_>,
        ) -> Poll<io::Result<()>> {
            while buffer.remaining() >= self.0.len() {
                buffer.put_slice(self.0);
            }
            Poll::Ready(Ok(()))
        }
    }

    impl AsyncWrite for Flood {
        fn poll_write(
            self: Pin<&mut Self>,
            _: &mut Context<'_>,
            bytes: &[u8],
        ) -> Poll<io::Result<usize>> {
            Poll::Ready(Ok(bytes.len()))
        }

        fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }

        fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }
    }

    const TEXTS: &[u8] = b"\x81\x81\0\0\0\0a";
    const PONGS: &[u8] = b"\x8a\x80\0\0\0\0";
    const FRAGMENTS: &[u8] = b"\x01\x80\0\0\0\0\0\x80\0\0\0\0\x80\x80\0\0\0\0";

    /// Within a runtime, and without one, whose tasks have no budget.
    #[test]
    fn a_flood_lets_other_tasks_run_whatever_it_consists_of() {
        let runtime = runtime();
        for (frames, in_runtime) in
            [TEXTS, PONGS, FRAGMENTS].into_iter().flat_map(|it| [(it, true), (it, false)])
        {
            let config = config(|config| config.timeouts = patient().timeouts);
            let mut socket = WebSocket::from_parts(Flood(frames), connection(Role::Server, config));
            let mut count = 0;
            let mut poll = async || {
                let mut receive = pin!(async {
                    while let Ok(Some(_)) = socket.receive().await {
                        count += 1;
                    }
                });
                std::future::poll_fn(|cx| Poll::Ready(receive.as_mut().poll(cx).is_pending())).await
            };
            let is_pending = match in_runtime {
                true => runtime.block_on(poll()),
                false => pin!(poll()).poll(&mut Context::from_waker(Waker::noop())).is_ready(),
            };
            assert!(is_pending && count <= 200, "{count} messages in one poll");
        }
    }

    /// The server answers our close frame, and leaves its transport open.
    #[tokio::test(start_paused = true)]
    async fn a_clean_end_is_no_error_of_streams_and_sinks() {
        for (is_split, is_sink) in [(false, false), (false, true), (true, false), (true, true)] {
            let (stream, mut peer) = duplex(1000);
            let mut client = over(stream, Role::Client, Arc::default());
            peer.write_all(b"\x88\x00").await.unwrap();
            if is_split {
                let (mut reader, mut writer) = client.split();
                match is_sink {
                    true => SinkExt::close(&mut writer).await.unwrap(),
                    false => writer.close(None, "").await.unwrap(),
                }
                assert!(reader.next().await.is_none());
                assert!(reader.ended().unwrap().is_clean());
                continue;
            }
            match is_sink {
                true => SinkExt::close(&mut client).await.unwrap(),
                false => client.connection_mut().close(None, "").unwrap(),
            }
            assert!(client.next().await.is_none());
            assert!(client.ended().unwrap().is_clean());
        }
    }

    /// A message of many frames is one event, and takes as long as many.
    #[test]
    fn a_flood_of_frames_counts_though_they_are_few_messages() {
        let message = [b"\x01\x80\0\0\0\0".to_vec(), b"\0\x80\0\0\0\0".repeat(500)].concat();
        let message: &'static [u8] = [&message[..], b"\x80\x80\0\0\0\0"].concat().leak();
        let config = config(|config| config.timeouts = patient().timeouts);
        let mut socket = WebSocket::from_parts(Flood(message), connection(Role::Server, config));
        let count = AtomicUsize::new(0);
        let mut receive = pin!(async {
            while let Ok(Some(_)) = socket.receive().await {
                count.fetch_add(1, Ordering::Relaxed);
            }
        });
        for _ in 0..20 {
            assert!(receive.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
        }
        let count = count.load(Ordering::Relaxed);
        assert!((5..=20).contains(&count), "{count} messages in 20 polls");
    }

    /// Two ends that both send more than is read ahead.
    #[tokio::test(start_paused = true)]
    async fn two_ends_that_send_without_reading_are_told_that_they_are_blocked() {
        let (mut one, mut two) = pair(1000, Arc::default());
        let send = async |socket: &mut Socket| loop {
            if let Err(error) = socket.send(&[7; 10_000]).await {
                return (error, socket.ended().unwrap());
            }
        };
        let ((error, ended), (other, _)) = tokio::join!(send(&mut one), send(&mut two));
        assert!(matches!(error, Error::TimedOut(TimedOut::Blocked)), "{error}");
        assert_eq!(
            error.to_string(),
            "peer takes nothing: it is gone, or both ends are blocked on writing"
        );
        assert_eq!(ended.cause, Cause::TimedOut(TimedOut::Blocked));
        assert!(matches!(other, Error::TimedOut(TimedOut::Blocked) | Error::Io(_)), "{other}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_message_whose_send_was_dropped_is_sent_whole_or_not_at_all() {
        let (mut client, mut server) = pair(1000, config(|config| config.max_queued = 1000));
        // The first two are queued: there was room. The third is not.
        for (message, queued) in [(1, 10_004), (2, 10_004), (3, 10_004)] {
            assert!(timeout(seconds(1), server.send(&[message; 10_000])).await.is_err());
            let queued_now = server.connection_mut().queued();
            assert!(queued_now <= queued, "{queued_now} bytes after {message}");
        }
        let receive = async {
            let mut seen = Vec::new();
            while let Ok(Some(message)) =
                timeout(seconds(1), client.receive()).await.unwrap_or(Ok(None))
            {
                assert_eq!(message.len(), 10_000);
                seen.push(message.as_bytes()[0]);
            }
            seen
        };
        let (seen, outcome) = tokio::join!(receive, timeout(seconds(3), server.flush()));
        outcome.unwrap().unwrap();
        assert_eq!(seen, [1]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_receive_that_was_dropped_within_a_message_in_parts_loses_nothing() {
        for is_taken_apart in [false, true] {
            let (mut server, mut peer) = server(1000, Arc::default());
            server.connection_mut().set_streaming(true);
            peer.write_all(b"\x01\x83\0\0\0\0one").await.unwrap();
            assert!(timeout(seconds(1), server.receive()).await.is_err());
            if is_taken_apart {
                let (stream, connection) = server.into_parts();
                server = WebSocket::from_parts(stream, connection);
            }
            peer.write_all(b"\x80\x83\0\0\0\0two\x01\x85\0\0\0\0three").await.unwrap();
            let (event, _) = server.next_event().await.unwrap().unwrap();
            assert_eq!(event, Event::Text("onetwo"));
            // The next one is in parts again. What is left of it is no whole message.
            let (event, _) = server.next_event().await.unwrap().unwrap();
            assert!(matches!(event, Event::Part { bytes, last: false, .. } if bytes == b"three"));
            peer.write_all(b"\x80\x84\0\0\0\0four\x81\x84\0\0\0\0five").await.unwrap();
            assert!(matches!(server.receive().await, Err(Error::PartsPending)));
            let (event, _) = server.next_event().await.unwrap().unwrap();
            assert!(matches!(event, Event::Part { bytes, last: true, .. } if bytes == b"four"));
            assert_eq!(server.receive().await.unwrap(), Some("five".into()));
        }
    }

    /// A socket that is taken apart between two messages of one read keeps the second.
    #[tokio::test(start_paused = true)]
    async fn what_was_read_goes_with_the_connection() {
        let (mut server, mut peer) = server(1000, Arc::default());
        peer.write_all(b"\x81\x83\0\0\0\0one\x81\x83\0\0\0\0two").await.unwrap();
        assert_eq!(server.receive().await.unwrap(), Some("one".into()));
        // A message that was read ahead has been found already.
        assert!(timeout(seconds(1), server.send(&[7; 10_000])).await.is_err());
        let (stream, connection) = server.into_parts();
        let mut server: Socket = WebSocket::from_parts(stream, connection);
        assert_eq!(server.receive().await.unwrap(), Some("two".into()));
    }

    /// Nothing is unread, so the connection takes no memory with it.
    #[tokio::test(start_paused = true)]
    async fn a_connection_that_has_used_up_its_input_is_taken_apart_without_it() {
        let (server, mut peer) = server(1000, Arc::default());
        let ((stream, connection), usage) = measure(|| server.into_parts());
        assert_eq!(usage.allocations, 0, "before the first read: {usage:?}");
        let mut server: Socket = WebSocket::from_parts(stream, connection);
        peer.write_all(b"\x81\x83\0\0\0\0one").await.unwrap();
        assert_eq!(server.receive().await.unwrap(), Some("one".into()));
        assert!(timeout(seconds(1), server.receive()).await.is_err());
        let (_, usage) = measure(|| server.into_parts());
        assert_eq!(usage.allocations, 0, "after a message: {usage:?}");
    }

    #[test]
    fn without_timers_a_connection_works_without_timeouts_and_else_fails_with_a_clear_error() {
        let runtime = runtime::Builder::new_current_thread().build().unwrap();
        let outcome = runtime.block_on(async {
            let (mut client, mut server) = pair(1000, patient());
            client.send("hello").await.unwrap();
            assert_eq!(server.receive().await.unwrap(), Some("hello".into()));
            let (mut server, _peer) = super::server(1000, Arc::default());
            server.receive().await
        });
        let Err(Error::Io(error)) = outcome else { panic!("{outcome:?}") };
        assert_eq!(error.kind(), io::ErrorKind::Unsupported);
        assert_eq!(error.to_string(), "deadlines need a tokio runtime with enable_time");
    }

    /// A server that is not what it should be may answer with anything.
    #[tokio::test]
    async fn an_error_shows_no_more_than_the_beginning_of_the_body_of_a_rejection() {
        let (stream, mut peer) = duplex(100_000);
        let head = "HTTP/1.1 500 Oops\r\nContent-Length: 10000\r\n\r\n";
        peer.write_all(&[head.as_bytes(), &[0x1b; 10_000]].concat()).await.unwrap();
        let request = client::Request::new(Url::parse("ws://example.com/").unwrap());
        let error = Socket::connect_over(stream, request, Arc::default()).await.unwrap_err();
        assert_eq!(error.to_string(), "server rejected the connection with status 500");
        let debug = format!("{error:?}");
        assert!(debug.contains("\\u{1b}\\u{1b}") && debug.len() < 2000, "{debug}");
    }

    #[test]
    fn errors_of_headers_become_those_of_adapters() {
        fn build() -> Result<(), Error> {
            let mut request = client::Request::new(Url::parse("ws://example.com/")?);
            Ok(request.add_header("Cookie", "a\r\nb")?)
        }
        let error = build().unwrap_err();
        let source = std::error::Error::source(&error).unwrap();
        assert!(source.is::<sansocket::HeaderError>(), "{error:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_is_written_before_an_event_of_a_reader_is_returned() {
        for (frames, answer) in [
            (&b"\x89\x81\0\0\0\0p\x81\x80\0\0\0\0"[..], &b"\x8a\x01p"[..]),
            (b"\x88\x82\0\0\0\0\x03\xe8", b"\x88\x02\x03\xe8"),
            (b"\x83\x80\0\0\0\0", b"\x88\x02\x03\xea"),
        ] {
            let (server, mut peer) = server(1000, Arc::default());
            let (mut reader, _writer) = server.split();
            peer.write_all(frames).await.unwrap();
            let event = reader.next_event().await.unwrap().unwrap();
            assert!(!matches!(event, Event::Text(_)));
            let mut bytes = vec![0; answer.len()];
            timeout(seconds(1), peer.read_exact(&mut bytes)).await.unwrap().unwrap();
            assert_eq!(bytes, answer);
        }
    }

    /// Replies of the application leave together.
    #[tokio::test(start_paused = true)]
    async fn replies_to_one_read_are_written_before_the_next_read() {
        let (mut server, mut peer) = server(1000, Arc::default());
        peer.write_all(&b"\x81\x81\0\0\0\0a".repeat(3)).await.unwrap();
        for _ in 0..3 {
            let (event, sender) = server.next_event().await.unwrap().unwrap();
            assert_eq!(event, Event::Text("a"));
            sender.send("b").unwrap();
            let read = timeout(Duration::from_millis(1), peer.read_u8()).await;
            assert!(read.is_err(), "replies wait for the next read");
        }
        assert!(timeout(seconds(1), server.next_event()).await.is_err());
        let mut replies = [0; 9];
        peer.read_exact(&mut replies).await.unwrap();
        assert_eq!(replies, *b"\x81\x01b\x81\x01b\x81\x01b");
    }
}

mod halves {
    use super::*;

    #[tokio::test]
    async fn all_clones_of_a_writer_send_while_all_wait() {
        let (client, server) = pair(50, config(|config| config.max_queued = 20));
        let (mut reader, writer) = server.split();
        let writers: Vec<_> = (0..10)
            .map(|number| {
                let writer = writer.clone();
                tokio::spawn(async move {
                    for _ in 0..50 {
                        writer.send(&format!("{number} writes")).await.unwrap();
                    }
                })
            })
            .collect();
        drop(writer);
        let reading = tokio::spawn(async move { reader.receive().await });
        let (mut others, other) = client.split();
        let mut counts = [0; 10];
        for _ in 0..500 {
            let Some(OwnedMessage::Text(text)) = others.receive().await.unwrap() else { panic!() };
            counts[usize::from(text.as_bytes()[0] - b'0')] += 1;
        }
        assert_eq!(counts, [50; 10]);
        for writer in writers {
            writer.await.unwrap();
        }
        other.close(None, "").await.unwrap();
        assert!(others.receive().await.unwrap().is_none());
        assert!(reading.await.unwrap().unwrap().is_none(), "without a writer, the reader reads on");
    }

    #[tokio::test]
    async fn a_writer_goes_on_without_the_reader() {
        let (mut client, server) = pair(50, config(|config| config.max_queued = 20));
        let (reader, writer) = server.split();
        drop(reader);
        let send = async {
            for _ in 0..100 {
                writer.send("text").await.unwrap();
            }
            writer.close(CloseCode::NORMAL, "").await.unwrap();
            writer.flush().await.unwrap();
        };
        let receive = async {
            for _ in 0..100 {
                assert_eq!(client.receive().await.unwrap(), Some("text".into()));
            }
            let (event, _) = client.next_event().await.unwrap().unwrap();
            assert!(matches!(event, Event::Close(_)));
        };
        tokio::join!(send, receive);
    }

    /// K-09.
    #[tokio::test(start_paused = true)]
    async fn a_ping_of_the_writer_tells_the_reader_the_time() {
        let (mut client, server) = pair(1000, Arc::default());
        let (mut reader, writer) = server.split();
        writer.ping().await.unwrap();
        tokio::select!(
            _ = client.receive() => panic!(),
            event = reader.next_event() => assert!(matches!(event, Ok(Some(Event::Pong(_))))),
        );
        assert!(reader.round_trip().is_some());
    }

    /// A flood of one-shot tasks leaves nothing behind.
    #[test]
    fn who_has_sent_or_was_cancelled_is_forgotten() {
        struct Mute;

        impl Wake for Mute {
            fn wake(self: Arc<Self>) {}
        }

        let runtime = runtime();
        let _guard = runtime.enter();
        for room in [100_000, 10] {
            let (server, _peer) = server(room, config(|config| config.max_queued = 10));
            let (_reader, writer) = server.split();
            let send = || {
                // Each is another task.
                let waker = Waker::from(Arc::new(Mute));
                let mut send = pin!(writer.send("a message"));
                let _ = send.as_mut().poll(&mut Context::from_waker(&waker));
            };
            (0..10).for_each(|_| send());
            let ((), usage) = measure(|| (0..1000).for_each(|_| send()));
            let in_stream = if room > 10 { 20_000 } else { 0 };
            assert!(usage.held <= in_stream, "{usage:?}");
        }
    }

    /// Nothing that is not `Send` is held across an await, and no lock.
    #[test]
    fn futures_can_be_sent_to_other_threads() {
        const fn assert_send<T: Send>(_: &T) {}
        const fn assert_shared<T: Send + Sync>() {}

        assert_shared::<Reader<DuplexStream>>();
        assert_shared::<Writer<DuplexStream>>();
        #[cfg(feature = "smol")]
        assert_shared::<sansocket::smol::Writer<smol::net::TcpStream>>();
        assert_send(&WebSocket::<DuplexStream>::accept(duplex(10).0, Arc::default()));
        assert_send(&WebSocket::receive_request(duplex(10).0, Arc::default()));
        let runtime = runtime();
        let _guard = runtime.enter();
        let (mut one, two) = pair(10, Arc::default());
        assert_send(&one.next_event());
        assert_send(&one.receive());
        assert_send(&one.send("text"));
        assert_send(&one.send_part("text"));
        assert_send(&one.flush());
        assert_send(&one.ping());
        assert_send(&one.close(None, ""));
        let (mut reader, writer) = two.split();
        assert_send(&reader.next_event());
        assert_send(&reader.receive());
        assert_send(&writer.send("text"));
        assert_send(&writer.flush());
        assert_send(&writer.ping());
        assert_send(&writer.close(None, ""));
    }
}

mod ends {
    use super::*;

    /// C-16: a stream that cannot be written to ends the connection, too, and is told once.
    #[tokio::test]
    async fn a_stream_that_takes_nothing_more_is_an_error_and_then_the_end() {
        let (mut server, peer) = server(10, Arc::default());
        server.feed("more than the stream takes").await.unwrap();
        drop(peer);
        let outcome = server.receive().await;
        let Err(Error::Io(error)) = outcome else { panic!("{outcome:?}") };
        assert_eq!(error.kind(), io::ErrorKind::BrokenPipe);
        assert!(server.receive().await.unwrap().is_none());
        assert_eq!(server.ended().unwrap().cause, Cause::TransportEnded);
        assert!(matches!(server.send("more").await, Err(Error::Send(SendError::Closing))));
        let flushed = server.flush().await;
        assert!(matches!(flushed, Err(Error::Io(_))), "what was queued is not written");
    }

    type Halves =
        (Reader<Join<DuplexStream, DuplexStream>>, Writer<Join<DuplexStream, DuplexStream>>);

    /// Both halves of a server that hears its peer, but cannot write to it.
    fn half_broken() -> (Halves, DuplexStream) {
        let ((to_read, peer), (to_write, _)) = (duplex(1000), duplex(1000));
        let stream = tokio::io::join(to_read, to_write);
        let connection = connection(Role::Server, Arc::default());
        (WebSocket::from_parts(stream, connection).split(), peer)
    }

    /// C-33: who sends is told at once. The other half goes on, but not for ever.
    #[tokio::test(start_paused = true)]
    async fn a_reader_that_waits_is_told_of_a_writer_that_cannot_write() {
        let ((mut reader, writer), _peer) = half_broken();
        let reading = tokio::spawn(async move { reader.receive().await.map(drop) });
        sleep(seconds(1)).await;
        writer.send("text").await.unwrap_err();
        let (outcome, took) = clock(reading).await;
        assert!(matches!(outcome.unwrap(), Err(Error::Io(_))));
        assert_eq!(took, seconds(5));
    }

    /// What comes meanwhile does not give it more time.
    #[tokio::test(start_paused = true)]
    async fn a_stream_that_takes_nothing_more_is_read_for_5_seconds() {
        let ((mut reader, writer), mut peer) = half_broken();
        let read = async {
            assert_eq!(reader.receive().await.unwrap(), Some("early".to_owned().into()));
            assert_eq!(reader.receive().await.unwrap(), Some("late".to_owned().into()));
            reader.receive().await
        };
        let write = async {
            peer.write_all(b"\x81\x85\0\0\0\0early").await.unwrap();
            sleep(seconds(7)).await;
            let outcome = writer.send("text").await;
            assert!(matches!(outcome, Err(Error::Io(_))), "{outcome:?}");
            sleep(seconds(4)).await;
            peer.write_all(b"\x81\x84\0\0\0\0late").await.unwrap();
        };
        let ((outcome, ()), took) = clock(async { tokio::join!(read, write) }).await;
        assert!(matches!(outcome, Err(Error::Io(_))), "{outcome:?}");
        assert_eq!(took, seconds(12));
        assert_eq!(reader.ended().unwrap().cause, Cause::TransportEnded);
        assert!(matches!(writer.send("more").await, Err(Error::Send(SendError::Closing))));
    }

    /// A peer that has said its last word, and still gets ours.
    #[tokio::test]
    async fn what_was_queued_before_a_close_frame_is_written() {
        let (mut client, mut server) = pair(10, Arc::default());
        let large = vec![7; 200_000];
        server.feed(&large).await.unwrap();
        server.connection_mut().close(CloseCode::NORMAL, "done").unwrap();
        let listen = async {
            assert_eq!(client.receive().await.unwrap(), Some(large.into()));
            assert!(client.receive().await.unwrap().is_none());
        };
        let ((), outcome) = tokio::join!(listen, server.receive());
        assert!(outcome.unwrap().is_none() && server.ended().unwrap().is_clean());
    }
}

mod memory {
    use super::*;

    const _: () = assert!(size_of::<WebSocket<tokio::net::TcpStream>>() <= 712);

    /// The timer of the deadlines, and what the runtime allocates for it.
    const MOST: isize = 256;

    /// Waits on a socket for one poll. What is measured is negative if it gives back something.
    fn poll_once(socket: &mut Socket) -> (bool, Usage) {
        let mut wait = pin!(socket.next_event());
        measure(|| wait.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready())
    }

    #[test]
    fn a_socket_that_waits_owns_next_to_nothing() {
        let runtime = runtime();
        let _guard = runtime.enter();
        let (stream, _peer) = duplex(10);
        let config = Arc::default();
        let (mut socket, made) = measure(|| over(stream, Role::Server, config));
        assert_eq!(made.held, 0);
        // The first wait of a thread makes the storage that all of its sockets share.
        poll_once(&mut over(duplex(10).0, Role::Server, patient()));
        let (is_ready, usage) = poll_once(&mut socket);
        assert!(!is_ready && usage.held <= MOST, "{usage:?}");
    }

    /// Answers a hundred binary messages, and then waits.
    async fn answer(server: &mut Socket) {
        for _ in 0..100 {
            let (event, sender) = server.next_event().await.unwrap().unwrap();
            let Event::Binary(bytes) = event else { panic!("{event:?}") };
            sender.send(bytes).unwrap();
        }
        wait(server).await;
    }

    /// Waits until the server has done all that it can. Each poll may only do a part, to let other tasks run.
    async fn wait(server: &mut Socket) {
        let polls = async {
            for _ in 0..3 {
                tokio::task::yield_now().await;
            }
        };
        tokio::select! { biased;
            event = server.next_event() => panic!("{event:?}"),
            () = polls => {}
        }
    }

    /// Connections whose peers read nothing own memory to write from. The thread keeps it for the next that do.
    #[test]
    fn connections_whose_peers_are_slow_allocate_nothing_each_time() {
        let runtime = runtime();
        let frames = [&b"\x82\xe4\0\0\0\0"[..], &[7; 100]].concat().repeat(100);
        // Two hundred replies have 400 bytes more than the stream takes.
        let mut ends = [(); 14].map(|()| server(20_000, Arc::default()));
        let mut replies = [0; 20_400];
        let mut stall_all = || {
            runtime.block_on(async {
                for (server, peer) in &mut ends {
                    for _ in 0..2 {
                        peer.write_all(&frames).await.unwrap();
                        answer(server).await;
                    }
                }
                for (server, peer) in &mut ends {
                    peer.read_exact(&mut replies[..10_000]).await.unwrap();
                    wait(server).await;
                    peer.read_exact(&mut replies[10_000..]).await.unwrap();
                }
            });
        };
        stall_all();
        let ((), usage) = measure(stall_all);
        assert!(usage.bytes < 14 * 1000, "{usage:?}");
    }

    /// A connection that waits owns no memory to write from. The next one of the thread gets it.
    #[test]
    fn the_connections_of_a_thread_share_the_memory_that_replies_are_written_from() {
        let runtime = runtime();
        let frames = [&b"\x82\xe4\0\0\0\0"[..], &[7; 100]].concat().repeat(100);
        let mut ends = [(); 2].map(|()| server(100_000, Arc::default()));
        let mut echo_all = |rounds: usize| {
            runtime.block_on(async {
                for number in 0..2 * rounds {
                    let (server, peer) = &mut ends[number % 2];
                    peer.write_all(&frames).await.unwrap();
                    answer(server).await;
                    peer.read_exact(&mut [0; 102 * 100]).await.unwrap();
                }
            });
        };
        echo_all(2);
        let ((), usage) = measure(|| echo_all(50));
        assert!(usage.bytes < 10_200 * 2, "{usage:?}");
    }

    #[test]
    fn an_echo_leaves_nothing_behind() {
        let runtime = runtime();
        for size in [100, 70_000, 1 << 20] {
            let message = OwnedMessage::from(vec![7; size]);
            let sockets = runtime.block_on(async {
                let (mut client, mut server) = pair(1000, Arc::default());
                let talk = async {
                    client.send(&message).await.unwrap();
                    client.receive().await.unwrap();
                };
                tokio::select! {
                    () = talk => {}
                    outcome = echo(&mut server) => panic!("the client still waits: {outcome:?}"),
                }
                assert!(!poll_once(&mut client).0);
                assert!(!poll_once(&mut server).0);
                (client, server)
            });
            let ((), usage) = measure(|| drop(sockets));
            // What the streams hold, and the generator of the client.
            let most = 2 * (1000 + 200) + 512 + 2 * MOST;
            assert!(-usage.held <= most, "after {size} bytes: {usage:?}");
        }
    }

    /// What is left when all sockets are gone.
    #[test]
    fn a_thread_keeps_memory_of_messages_for_the_next_but_within_limits() {
        /// Has a server hold an event, which is a message of this size.
        async fn receive(size: usize) -> Socket {
            let (mut client, mut server) = pair(100_000, Arc::default());
            let message = vec![7; size];
            let (event, sent) = tokio::join!(server.next_event(), client.send(&message));
            assert!(matches!(event.unwrap(), Some((Event::Binary(_), _))));
            sent.unwrap();
            server
        }
        for (connections, size, kept) in [
            (1, 500_000, 500_000..1_200_000),
            (1, 3 << 20, 0..200_000),
            // Each has a mebibyte, or nearly two, and 64 KiB to read into.
            (16, 1 << 20, 4 << 20..(8 << 20) + 16 * 70_000),
        ] {
            let talk = async move {
                let mut servers = join_all((0..connections).map(|_| receive(size))).await;
                for server in &mut servers {
                    // It gives back what it does not need while it waits. Its peer has gone.
                    assert!(matches!(server.next_event().await, Err(_) | Ok(None)));
                }
            };
            let talk = move || measure(|| runtime().block_on(talk)).1.held;
            let held = std::thread::spawn(talk).join().unwrap();
            assert!(kept.contains(&held), "{held} bytes after {connections} of {size}");
        }
    }

    #[test]
    fn a_task_is_no_larger_than_its_socket_needs() {
        let accept = WebSocket::<DuplexStream>::accept(duplex(10).0, Arc::default());
        assert!(size_of_val(&accept) <= 100, "{}", size_of_val(&accept));
        let serve = async {
            let mut socket =
                WebSocket::<DuplexStream>::accept(duplex(10).0, Arc::default()).await.unwrap();
            echo(&mut socket).await
        };
        let allowed = size_of::<Socket>() + 200;
        assert!(size_of_val(&serve) <= allowed, "{}", size_of_val(&serve));
    }
}

fn runtime() -> Runtime {
    runtime::Builder::new_current_thread().enable_all().build().unwrap()
}
