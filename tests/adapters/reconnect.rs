//! A client that stays connected: section 7.2.3, with a clock that is moved by hand.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use sansocket::connect::{Action, Backoff, Failure, Peer, Retry};
use sansocket::server::Response;
use sansocket::tokio::{Connect, Incoming, MaybeTls, Reconnect, WebSocket};
use sansocket::{CloseCode, Config, Error, HeaderError, OwnedMessage, Timeouts, smol};
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::task::{JoinHandle, yield_now};
use tokio::time::{Instant, advance, sleep, timeout};

/// Whether one of the ends waits for nothing but the time.
#[derive(Debug, Default)]
struct Waits {
    client: AtomicBool,
    server: AtomicBool,
}

/// Runs a test whose clock moves only while an end waits for it, so that it does not matter how long I/O takes.
async fn play<T>(test: impl AsyncFnOnce(&Arc<Waits>) -> T) -> T {
    let waits = Arc::new(Waits::default());
    let clock = async {
        loop {
            if waits.client.load(Ordering::SeqCst) || waits.server.load(Ordering::SeqCst) {
                advance(STEP).await;
            }
            // A runtime that is never idle does not move the clock by itself.
            yield_now().await;
        }
    };
    tokio::select! {
        biased;
        result = test(&waits) => result,
        () = clock => unreachable!("it goes on for ever"),
    }
}

/// How far the clock moves at once, and so how late a timer may be.
const STEP: Duration = Duration::from_millis(100);

/// Neither end sends pings, whose answers take time.
fn patient() -> Arc<Config> {
    Config::new().timeouts(Timeouts::new().idle(None)).shared()
}

/// What a server does with a connection.
#[derive(Clone, Copy, Debug)]
enum Act {
    /// Closes after so long.
    Close(CloseCode, Duration),
    /// Ends the transport at once.
    Drop,
    /// Answers with 503 and this header.
    Unavailable(&'static str),
    /// Answers with 403.
    Forbid,
    /// Breaks the protocol.
    Violate,
}

const AT_ONCE: Duration = Duration::ZERO;
const RESTART: Act = Act::Close(CloseCode::SERVICE_RESTART, AT_ONCE);
const END: Act = Act::Close(CloseCode::NORMAL, AT_ONCE);

/// A server, and the times at which clients came.
struct Server {
    url: String,
    times: UnboundedReceiver<Instant>,
    task: JoinHandle<()>,
}

impl Server {
    /// Does these things with one connection after the other, and the last one with all further ones.
    async fn start(waits: &Arc<Waits>, acts: &'static [Act]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("ws://{}/", listener.local_addr().unwrap());
        let (sender, times) = unbounded_channel();
        let waits = Arc::clone(waits);
        let task = tokio::spawn(async move {
            let last = acts.last().into_iter().cycle();
            for act in acts.iter().chain(last) {
                let (stream, _) = listener.accept().await.unwrap();
                sender.send(Instant::now()).unwrap();
                // The client may have left.
                let _ = serve(stream, *act, &waits.server).await;
            }
        });
        Self { url, times, task }
    }

    /// Stops the server. Returns the time between one attempt and the next.
    fn gaps(mut self) -> Vec<Duration> {
        self.task.abort();
        let times: Vec<_> = std::iter::from_fn(|| self.times.try_recv().ok()).collect();
        times.windows(2).map(|pair| pair[1] - pair[0]).collect()
    }
}

async fn serve(stream: TcpStream, act: Act, waits: &AtomicBool) -> Result<(), Error> {
    if matches!(act, Act::Drop) {
        return Ok(());
    }
    let incoming = WebSocket::receive_request(stream, patient()).await?;
    let Incoming::Opening(opening) = incoming else { panic!("{incoming:?}") };
    match act {
        Act::Drop => Ok(()),
        Act::Forbid => opening.reject(Response::forbidden("no")).await,
        Act::Unavailable(after) => {
            let headers = [("Retry-After", after)];
            opening.reject(Response::new(503, &headers, b"")?).await
        }
        Act::Close(code, after) => {
            let mut socket = opening.accept().await?;
            socket.send("hello").await?;
            waits.store(true, Ordering::SeqCst);
            let _ = timeout(after, socket.receive()).await;
            waits.store(false, Ordering::SeqCst);
            socket.close(code, "").await
        }
        Act::Violate => {
            let (mut stream, _) = opening.accept().await?.into_parts();
            stream.write_all(b"\x83\x00").await?;
            tokio::io::copy(&mut stream, &mut tokio::io::sink()).await?;
            Ok(())
        }
    }
}

fn follow(waits: &Arc<Waits>, url: &str, retry: Retry) -> Reconnect {
    let waits = Arc::clone(waits);
    let door = Connect::new(url).config(patient()).on_step(move |dial| {
        let is_waiting = matches!(dial.next_action(), Action::Wait);
        waits.client.store(is_waiting, Ordering::SeqCst);
    });
    door.reconnect(retry)
}

fn always() -> Retry {
    Retry::times(u32::MAX)
}

/// Receives all that comes.
async fn drain(socket: &mut WebSocket<MaybeTls>) -> Vec<OwnedMessage> {
    let mut messages = Vec::new();
    while let Ok(Some(message)) = socket.receive().await {
        messages.push(message);
    }
    messages
}

/// Uses each connection until it ends. Returns how many there were.
async fn drain_all(connections: &mut Reconnect) -> Result<usize, Error> {
    let mut count = 0;
    while let Some((socket, response)) = connections.next().await? {
        assert_eq!(response.status(), 101);
        assert_eq!(drain(socket).await, ["hello".into()]);
        count += 1;
    }
    Ok(count)
}

/// Returns how many attempts there may be at most within a time, if each delay is as short as possible.
fn most_attempts(time: Duration) -> usize {
    let mut backoff = Backoff::new();
    let shortest = std::iter::repeat_with(|| backoff.next(0));
    let starts = shortest.scan(Duration::ZERO, |now, delay| {
        *now += delay;
        Some(*now)
    });
    1 + starts.take_while(|start| *start <= time).count()
}

#[tokio::test(start_paused = true)]
async fn a_server_that_restarts_for_ever_is_never_hammered() {
    play(async |waits| {
        const TIME: Duration = Duration::from_secs(1800);
        for act in [&[RESTART], &[Act::Drop], &[Act::Close(CloseCode::TRY_AGAIN_LATER, AT_ONCE)]] {
            let server = Server::start(waits, act).await;
            let mut connections = follow(waits, &server.url, always());
            let outcome = timeout(TIME, drain_all(&mut connections)).await;
            assert!(outcome.is_err(), "{act:?}: it goes on: {outcome:?}");
            let gaps = server.gaps();
            let most = most_attempts(TIME);
            assert!(gaps.len() < most && most < 50, "{act:?}: {} of {most}", gaps.len() + 1);
            assert!(gaps.len() > 15, "{act:?}: it tries again: {gaps:?}");
            // The first delay is random within 5 seconds. Each further one has twice the limit, up to 90 seconds.
            for (gap, limit) in
                gaps.iter().zip([5, 10, 20, 40, 80, 90, 90, 90].map(Duration::from_secs))
            {
                assert!(*gap <= limit + STEP, "{act:?}: {gaps:?}");
            }
            assert!(gaps[5..].iter().all(|gap| *gap >= Duration::from_secs(45)), "{gaps:?}");
        }
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_normal_end_and_a_violation_are_final_and_a_restart_is_not() {
    play(async |waits| {
        for (acts, count, code) in [
            (&[END][..], 1, 1000),
            (&[RESTART, END], 2, 1000),
            (&[Act::Close(CloseCode::TRY_AGAIN_LATER, AT_ONCE), END], 2, 1000),
            (&[Act::Close(CloseCode::GOING_AWAY, AT_ONCE), END], 2, 1000),
            (&[Act::Close(CloseCode::POLICY_VIOLATION, AT_ONCE)], 1, 1008),
        ] {
            let server = Server::start(waits, acts).await;
            let mut connections = follow(waits, &server.url, always());
            assert_eq!(drain_all(&mut connections).await.unwrap(), count, "{acts:?}");
            assert_eq!(connections.ended().unwrap().code(), code, "{acts:?}");
            assert!(connections.next().await.unwrap().is_none(), "it stays over");
            assert_eq!(server.gaps().len() + 1, count);
        }
        let server = Server::start(waits, &[Act::Violate]).await;
        let mut connections = follow(waits, &server.url, always());
        let (socket, _) = connections.next().await.unwrap().unwrap();
        assert!(matches!(socket.receive().await, Err(Error::Protocol(_))));
        assert!(connections.next().await.unwrap().is_none(), "a violation is final");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn retry_after_is_respected() {
    play(async |waits| {
        let server = Server::start(waits, &[Act::Unavailable("300"), END]).await;
        assert_eq!(drain_all(&mut follow(waits, &server.url, always())).await.unwrap(), 1);
        let gaps = server.gaps();
        assert!(gaps.len() == 1 && gaps[0] >= Duration::from_secs(300), "{gaps:?}");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_lasted_starts_the_delays_anew() {
    play(async |waits| {
        const LONG: Duration = Duration::from_secs(91);
        const ACTS: &[Act] = &[
            RESTART,
            RESTART,
            RESTART,
            RESTART,
            Act::Close(CloseCode::SERVICE_RESTART, LONG),
            END,
        ];
        let server = Server::start(waits, ACTS).await;
        assert_eq!(drain_all(&mut follow(waits, &server.url, always())).await.unwrap(), 6);
        let gaps = server.gaps();
        assert!(gaps[3] >= Duration::from_secs(20), "{gaps:?}");
        let range = LONG..LONG + Duration::from_secs(5) + 2 * STEP;
        assert!(range.contains(&gaps[4]), "{gaps:?}");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn failures_that_last_are_an_error_and_then_nothing() {
    play(async |waits| {
        // Nobody listens.
        let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
        let mut connections = follow(waits, &format!("ws://{closed}/"), Retry::times(3));
        let start = Instant::now();
        let Err(Error::Connect(error)) = connections.next().await.map(drop) else {
            panic!("closed")
        };
        assert_eq!(error.failure, Failure::Connect(Peer::Target));
        assert!(start.elapsed() >= Duration::from_secs(15), "three delays: {:?}", start.elapsed());
        assert!(connections.next().await.unwrap().is_none());
        // The server knows the client, and says no.
        let server = Server::start(waits, &[Act::Forbid]).await;
        let mut connections = follow(waits, &server.url, always());
        let outcome = connections.next().await.map(drop);
        assert!(matches!(outcome, Err(Error::Rejected(it)) if it.status() == 403));
        assert!(connections.next().await.unwrap().is_none());
        assert!(server.gaps().is_empty());
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn retries_count_until_a_connection_lasts() {
    play(async |waits| {
        let server = Server::start(waits, &[RESTART]).await;
        let count = drain_all(&mut follow(waits, &server.url, Retry::times(4))).await.unwrap();
        assert_eq!(count, 5, "the first connection, and four more");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_dropped_wait_goes_on_where_it_was() {
    play(async |waits| {
        let server =
            Server::start(waits, &[RESTART, RESTART, RESTART, RESTART, RESTART, END]).await;
        let mut connections = follow(waits, &server.url, always());
        let start = Instant::now();
        let mut count = 0;
        let mut polls = 0;
        while count < 6 {
            // Something else is ready all the time.
            tokio::select! {
                biased;
                next = connections.next() => {
                    drain(next.unwrap().unwrap().0).await;
                    count += 1;
                }
                () = sleep(Duration::from_millis(300)) => polls += 1,
            }
        }
        let took = start.elapsed();
        // The limits of the delays are 5, 10, 20, 40 and 80 s.
        let range = Duration::from_secs(5 + 10 + 20 + 40)..Duration::from_secs(156);
        assert!(range.contains(&took) && polls > 200, "{took:?}, {polls}");
        assert_eq!(server.gaps().len(), 5, "no attempt was made twice");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn nobody_comes_after_it_is_dropped() {
    play(async |waits| {
        let server = Server::start(waits, &[RESTART]).await;
        let mut connections = follow(waits, &server.url, always());
        drain(connections.next().await.unwrap().unwrap().0).await;
        assert!(timeout(Duration::ZERO, connections.next()).await.is_err(), "it waits");
        drop(connections);
        sleep(Duration::from_secs(1000)).await;
        assert!(server.gaps().is_empty());
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_is_left_is_replaced_after_a_delay() {
    play(async |waits| {
        const ACTS: &[Act] = &[Act::Close(CloseCode::NORMAL, Duration::from_secs(1))];
        let server = Server::start(waits, ACTS).await;
        let mut connections = follow(waits, &server.url, always());
        connections.next().await.unwrap().unwrap();
        connections.next().await.unwrap().unwrap();
        assert!(server.gaps()[0] <= Duration::from_secs(5) + STEP);
    })
    .await;
}

#[tokio::test]
async fn an_invalid_setting_is_the_first_result() {
    let mut connections = Connect::new("ws://localhost/").protocol("a b").reconnect(always());
    let outcome = connections.next().await.map(drop);
    assert!(matches!(outcome, Err(Error::Header(HeaderError::BadProtocol))));
    assert!(connections.next().await.unwrap().is_none());
}

#[test]
fn smol_connects_again_too() {
    ::smol::block_on(async {
        let listener = ::smol::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("ws://{}/", listener.local_addr().unwrap());
        let server = async {
            for code in [CloseCode::SERVICE_RESTART, CloseCode::NORMAL] {
                let (stream, _) = listener.accept().await.unwrap();
                let mut socket = smol::WebSocket::accept(stream, Config::new().shared()).await?;
                socket.close(code, "").await?;
            }
            Ok::<_, Error>(())
        };
        let client = async {
            let retry = Retry::times(1).backoff(Backoff::new().first(Duration::from_millis(10)));
            let mut connections = smol::Connect::new(&url).reconnect(retry);
            let mut count = 0;
            while let Some((socket, _)) = connections.next().await? {
                assert_eq!(socket.receive().await?, None);
                count += 1;
            }
            Ok::<_, Error>(count)
        };
        let (served, count) = ::smol::future::zip(server, client).await;
        served.unwrap();
        assert_eq!(count.unwrap(), 2);
    });
}
