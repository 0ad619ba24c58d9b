//! Clients that end abruptly.

use std::io::Write;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use sansocket::{Config, blocking, smol, tokio};

use crate::{Outcome, allocator, bare, process};

/// How many clients end abruptly.
const COUNT: usize = 2000;

/// How many connections a server has, and how many it has had.
static OPEN: AtomicUsize = AtomicUsize::new(0);
static DONE: AtomicUsize = AtomicUsize::new(0);

pub(crate) fn run() -> Outcome {
    let config = || Config::new().shared();

    let address = listen(move |stream| {
        thread::spawn(move || {
            let Ok(mut socket) = blocking::WebSocket::accept(stream, config()) else {
                return end();
            };
            while let Ok(Some((event, sender))) = socket.next_event() {
                if let sansocket::Event::Binary(bytes) = event {
                    let _ = sender.send(bytes);
                }
            }
            end();
        });
    })?;
    measure("blocking", address)?;

    let runtime =
        ::tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let handle = runtime.handle().clone();
    let address = listen(move |stream| {
        let _guard = handle.enter();
        stream.set_nonblocking(true).expect("sockets can do that");
        let stream = ::tokio::net::TcpStream::from_std(stream).expect("there is a runtime");
        handle.spawn(async move {
            let Ok(mut socket) = tokio::WebSocket::accept(stream, config()).await else {
                return end();
            };
            while let Ok(Some((event, sender))) = socket.next_event().await {
                if let sansocket::Event::Binary(bytes) = event {
                    let _ = sender.send(bytes);
                }
            }
            end();
        });
    })?;
    measure("tokio", address)?;

    let address = listen(move |stream| {
        let stream =
            ::smol::net::TcpStream::from(::smol::Async::new(stream).expect("there is a reactor"));
        ::smol::spawn(async move {
            let Ok(mut socket) = smol::WebSocket::accept(stream, config()).await else {
                return end();
            };
            while let Ok(Some((event, sender))) = socket.next_event().await {
                if let sansocket::Event::Binary(bytes) = event {
                    let _ = sender.send(bytes);
                }
            }
            end();
        })
        .detach();
    })?;
    measure("smol", address)
}

/// Has `serve` serve each connection.
fn listen(serve: impl Fn(TcpStream) + Send + 'static) -> Result<SocketAddr, std::io::Error> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    thread::spawn(move || {
        while let Ok((stream, _)) = listener.accept() {
            OPEN.fetch_add(1, Ordering::SeqCst);
            serve(stream);
        }
    });
    Ok(address)
}

/// Notes the end of a connection.
fn end() {
    OPEN.fetch_sub(1, Ordering::SeqCst);
    DONE.fetch_add(1, Ordering::SeqCst);
}

fn measure(name: &str, address: SocketAddr) -> Outcome {
    // Memory that is allocated once must not count.
    for number in 0..100 {
        end_abruptly(address, number)?;
    }
    settle()?;
    let before = (allocator::held(), process::descriptors()?);
    let (start, first) = (Instant::now(), DONE.load(Ordering::SeqCst));
    for number in 0..COUNT {
        end_abruptly(address, number)?;
    }
    settle()?;
    let (took, ended) = (start.elapsed(), DONE.load(Ordering::SeqCst) - first);
    let kept = allocator::held().saturating_sub(before.0);
    let descriptors = process::descriptors()?.saturating_sub(before.1);
    let cpu = process::cpu_time()?;
    thread::sleep(Duration::from_secs(1));
    let cpu = process::cpu_time()? - cpu;
    println!(
        "ends, {name}: {ended} of {COUNT} connections are over after {took:.1?}; {kept} bytes and {descriptors} \
        descriptors are kept; {cpu:?} of CPU in the next second"
    );
    let is_good =
        ended == COUNT && kept < 200 << 10 && descriptors <= 2 && cpu <= Duration::from_millis(50);
    if is_good { Ok(()) } else { Err("that is not what it should be".into()) }
}

/// Waits until no connection is open.
fn settle() -> Outcome {
    let start = Instant::now();
    loop {
        if OPEN.load(Ordering::SeqCst) == 0 {
            // The last thread or task is about to end.
            thread::sleep(Duration::from_millis(300));
            if OPEN.load(Ordering::SeqCst) == 0 {
                return Ok(());
            }
        }
        if start.elapsed() > Duration::from_secs(30) {
            return Err(format!("{} connections stay open", OPEN.load(Ordering::SeqCst)).into());
        }
        thread::sleep(Duration::from_millis(10));
    }
}

/// Opens a connection, and ends it in one of several ways.
fn end_abruptly(address: SocketAddr, number: usize) -> Outcome {
    if number.is_multiple_of(8) {
        let mut stream = TcpStream::connect(address)?;
        stream.write_all(&bare::REQUEST[..bare::REQUEST.len() / 2])?;
        return Ok(());
    }
    let mut stream = bare::open(address)?;
    let message = bare::frame(0x82, &[7; 100]);
    match number % 4 {
        // Between two frames.
        0 => {}
        // Within a header, and within a payload.
        1 => stream.write_all(&message[..3])?,
        2 => stream.write_all(&message[..50])?,
        // An echo that is not read makes the end a reset.
        _ => {
            stream.write_all(&message)?;
            stream.peek(&mut [0])?;
        }
    }
    Ok(())
}
