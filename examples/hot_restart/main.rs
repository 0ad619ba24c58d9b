//! A server that is replaced by a new process while clients are connected, and none of them notices.
//!
//! `cargo run --example hot_restart`, open <http://127.0.0.1:9001/>, and `kill -HUP` the process as often as you like.
//! `-- 127.0.0.1:9002 10` listens elsewhere, and waits 10 seconds for a connection that is busy: one that opens, ends, or
//! receives a compressed message. It is then closed with 1012. With `--features deflate`, messages are compressed.
//!
//! ```text
//! old process                             new process
//! SIGHUP ─▶ starts a program of ────────▶ sets itself up, while the old one serves on
//!           the same name       ◀──────── "ready"
//! hands over the listener  ─────────────▶ accepts
//!   and each connection    ─────────────▶ serves it at once
//! those that were busy     ─────────────▶
//! ends                                    is alone, and can be replaced in turn
//! ```
//!
//! * [`handover`]: messages that carry a socket, from process to process.
//! * [`peer`]: a connection with what the application knows of it, as bytes and back.
//! * [`server`]: the loop, by mio.
//!
//! The processes talk over a pair of sockets that has no name, so nobody else can connect. The snapshots of connections
//! are as secret as their messages: they are in no file.

#[cfg(unix)]
mod handover;
#[cfg(unix)]
mod peer;
#[cfg(unix)]
mod server;

fn main() -> std::io::Result<()> {
    #[cfg(unix)]
    return server::run();
    #[cfg(not(unix))]
    Err(std::io::Error::other("only Unix passes sockets from process to process"))
}
