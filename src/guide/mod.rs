//! The guide: one page for each task.
//!
//! Each page has the smallest complete program, explains what happens in it, and says what can go wrong and how
//! you see it. All programs compile, and those that need nothing but a local port run as tests.
//!
//! # I want to …
//!
//! **Start**
//!
//! | I want to | page |
//! |---|---|
//! | accept WebSockets and answer messages | [a first server](first_server) |
//! | connect to a server and talk to it | [a first client](first_client) |
//! | move from another crate | [porting] |
//!
//! **Open connections**
//!
//! | I want to | page |
//! |---|---|
//! | read and send headers and cookies, or agree on a subprotocol | [headers] |
//! | ask a database before I accept or reject a client | [deciding] |
//! | serve HTTP and WebSocket on one port, alone, with hyper or with axum | [one port](one_port) |
//! | have many WebSockets over one connection: HTTP/2, HTTP/3 | [HTTP/2](http2) |
//! | go through a proxy, follow redirects, log in, or stay connected | [connecting] |
//! | serve devices that speak nothing newer than a draft of 2010 | [old wires](legacy) |
//! | use TLS: own roots, client certificates, a private CA for tests | [TLS](tls) |
//!
//! **Send and receive**
//!
//! | I want to | page |
//! |---|---|
//! | send from several tasks or threads | [several tasks](several_tasks) |
//! | send one message to many clients | [broadcast] |
//! | do so from several processes behind a load balancer | [broadcast, across machines](broadcast#across-machines) |
//! | stream a file in constant memory, with a progress bar | [streaming] |
//! | survive peers that read slowly | [backpressure] |
//! | compress messages, or know when not to | [compression] |
//!
//! **Run it**
//!
//! | I want to | page |
//! |---|---|
//! | notice dead peers by keepalive, and bound every wait | [timeouts] |
//! | close well, stop a server, and know how a connection ended | [closing] |
//! | replace a server without closing its connections | [restarts] |
//! | limit messages and memory, and size a server | [sizing] |
//! | check my server for known attacks | [security] |
//! | test and fuzz my own code | [testing] |
//! | write my own loop: epoll, io_uring, two threads, `no_std` | [custom loops](custom_loops) |
//!
//! # Which adapter?
//!
//! The pages show tokio first. The other adapters have the same names and methods:
//!
//! | adapter | feature | you write |
//! |---|---|---|
//! | `sansocket::tokio` | `tokio` | `socket.send("hello").await?` |
//! | `sansocket::smol` | `smol` | the same; streams have the traits of futures-io |
//! | `sansocket::blocking` | `std`, on by default | the same without `.await`; one thread for each connection |
//! | none | `alloc` | your own [loop](custom_loops) around `sansocket::Connection` |
//!
//! The programs for tokio need its features `macros`, `net`, `rt-multi-thread`, and some also `fs`, `io-util`, `sync` and
//! `time`:
//!
//! ```toml
//! [dependencies]
//! sansocket = { version = "0.1", features = ["tokio"] }
//! tokio = { version = "1", features = ["full"] }
//! ```
//!
//! This module exists only in the documentation.

pub mod backpressure;
pub mod broadcast;
pub mod closing;
pub mod compression;
pub mod connecting;
pub mod custom_loops;
pub mod deciding;
pub mod first_client;
pub mod first_server;
pub mod headers;
pub mod http2;
pub mod legacy;
pub mod one_port;
pub mod porting;
pub mod restarts;
pub mod security;
pub mod several_tasks;
pub mod sizing;
pub mod streaming;
pub mod testing;
pub mod timeouts;
pub mod tls;
