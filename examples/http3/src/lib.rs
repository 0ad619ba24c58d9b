//! WebSockets over HTTP/3 (RFC 9220), by quiche: what its server and client have in common.
//!
//! quiche does QUIC and HTTP/3, and sansocket the rest. Neither opens a socket. Between them pass the fields of the
//! opening handshake, and the bytes of a stream:
//!
//! | HTTP/3 | sansocket |
//! |---|---|
//! | fields of a request | `server::Request::from_fields`, `client::Request::into_fields` |
//! | fields of a response | `accept_fields`, `RequestError::to_fields`, `client::Pending::receive_fields` |
//! | bytes of a stream | `Connection::spare`, `Connection::transmit` |
//! | end of a stream | `Connection::handle_eof`, `Step::Shutdown` |
//! | reset of a stream | `Connection::handle_reset` |
//!
//! | file | contents |
//! |---|---|
//! | `sockets.rs` | the WebSockets of a connection |
//! | `datagrams.rs` | the UDP socket |
//! | `bin/http3_echo.rs` | a server |
//! | `bin/http3_client.rs` | a client of many WebSockets over one connection |

mod datagrams;
mod sockets;

pub use datagrams::Datagrams;
pub use sockets::{Sockets, headers, pairs};

/// Returns settings of QUIC that suit both ends.
///
/// # Errors
///
/// Returns an error of the library.
pub fn quic_config() -> quiche::Result<quiche::Config> {
    let mut config = quiche::Config::new(quiche::PROTOCOL_VERSION)?;
    config.set_application_protos(quiche::h3::APPLICATION_PROTOCOL)?;
    config.set_max_idle_timeout(30_000);
    config.set_max_recv_udp_payload_size(Datagrams::MOST_BYTES);
    config.set_max_send_udp_payload_size(Datagrams::MOST_BYTES);
    // How many bytes may come before they are read: over all streams, and over one.
    config.set_initial_max_data(16 << 20);
    config.set_initial_max_stream_data_bidi_local(256 << 10);
    config.set_initial_max_stream_data_bidi_remote(256 << 10);
    config.set_initial_max_stream_data_uni(64 << 10);
    config.set_initial_max_streams_bidi(1000);
    config.set_initial_max_streams_uni(8);
    config.set_disable_active_migration(true);
    Ok(config)
}

/// Returns settings of HTTP/3 that let clients open WebSockets (RFC 9220, section 3).
///
/// # Errors
///
/// Returns an error of the library.
pub fn http_config() -> quiche::h3::Result<quiche::h3::Config> {
    let mut config = quiche::h3::Config::new()?;
    config.enable_extended_connect(true);
    Ok(config)
}
