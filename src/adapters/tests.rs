//! Tests of the attempts to reach a host, over the streams of each runtime.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use alloc::format;
use core::net::SocketAddr;
use std::io::ErrorKind;
use std::net::TcpListener;
use std::time::Instant;

use super::addresses::{Deaf, STAGGER};
use super::error::Error;
use super::polled::race;
use super::smol::Smol;
use super::tokio::Tokio;
use super::{blocking, smol as over_smol, tokio as over_tokio};
use crate::connection::{Config, TimedOut, Timeouts};

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

#[test]
fn an_address_that_does_not_answer_is_passed_over_after_250_ms() {
    let (deaf, listener) = (Deaf::new(), TcpListener::bind("127.0.0.1:0").unwrap());
    let heard = listener.local_addr().unwrap();
    let addresses = [deaf.address, heard];
    let start = Instant::now();
    let stream =
        runtime().block_on(race::<_, Tokio, _>(addresses, tokio::net::TcpStream::connect)).unwrap();
    assert_eq!(stream.peer_addr().unwrap(), heard);
    let stream = async_io::block_on(race::<_, Smol, _>(addresses, async_net::TcpStream::connect));
    assert_eq!(stream.unwrap().peer_addr().unwrap(), heard);
    let took = start.elapsed();
    assert!((2 * STAGGER..8 * STAGGER).contains(&took), "{took:?}");
}

#[test]
fn the_error_of_the_last_address_is_reported() {
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let outcome =
        runtime().block_on(race::<_, Tokio, _>([closed, closed], tokio::net::TcpStream::connect));
    assert_eq!(outcome.unwrap_err().kind(), ErrorKind::ConnectionRefused);
    let outcome = runtime().block_on(race::<_, Tokio, _>([], tokio::net::TcpStream::connect));
    assert_eq!(outcome.unwrap_err().kind(), ErrorKind::NotFound);
}

/// An attempt that takes long still wins if those after it fail.
#[test]
fn an_address_that_answers_late_is_not_given_up() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let heard = listener.local_addr().unwrap();
    let attempt = |address: SocketAddr| async move {
        match address.port() {
            1 => tokio::time::sleep(2 * STAGGER + STAGGER / 2).await,
            _ => return Err(ErrorKind::ConnectionRefused.into()),
        }
        tokio::net::TcpStream::connect(heard).await
    };
    let addresses = [1, 2, 3, 4].map(|port| SocketAddr::from(([127, 0, 0, 1], port)));
    let start = Instant::now();
    let outcome = runtime().block_on(race::<_, Tokio, _>(addresses, attempt));
    assert!(outcome.is_ok() && start.elapsed() >= 2 * STAGGER, "{outcome:?}");
}

#[test]
fn without_timers_the_addresses_are_tried_one_after_the_other() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build().unwrap();
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let addresses = [closed, listener.local_addr().unwrap()];
    runtime.block_on(race::<_, Tokio, _>(addresses, tokio::net::TcpStream::connect)).unwrap();
}

/// The time counts from the beginning, before there is a stream.
#[test]
fn a_host_that_does_not_answer_times_out() {
    let (deaf, config) = (Deaf::new(), impatient());
    let url = format!("ws://{}/", deaf.address);
    assert_timed_out(|| blocking::WebSocket::connect(&url, config.clone()).map(drop));
    let connect = async || over_tokio::WebSocket::connect(&url, config.clone()).await.map(drop);
    assert_timed_out(|| runtime().block_on(connect()));
    let connect = async || over_smol::WebSocket::connect(&url, config.clone()).await.map(drop);
    assert_timed_out(|| async_io::block_on(connect()));
}

#[cfg(all(feature = "smol-rustls", feature = "tokio-rustls"))]
#[test]
fn a_host_that_does_not_answer_times_out_below_tls() {
    let (deaf, config) = (Deaf::new(), impatient());
    let url = format!("wss://{}/", deaf.address);
    let connect = || blocking::WebSocket::connect(&url, config.clone()).map(drop);
    assert_timed_out(connect);
    let connect = async || over_tokio::WebSocket::connect(&url, config.clone()).await.map(drop);
    assert_timed_out(|| runtime().block_on(connect()));
    let connect = async || over_smol::WebSocket::connect(&url, config.clone()).await.map(drop);
    assert_timed_out(|| async_io::block_on(connect()));
}

fn impatient() -> alloc::sync::Arc<Config> {
    Config::new().timeouts(Timeouts::new().opening(STAGGER)).shared()
}

fn assert_timed_out(connect: impl FnOnce() -> Result<(), Error>) {
    let start = Instant::now();
    let outcome = connect();
    assert!(matches!(outcome, Err(Error::TimedOut(TimedOut::Opening))), "{outcome:?}");
    let took = start.elapsed();
    assert!((STAGGER..5 * STAGGER).contains(&took), "{took:?}");
}
