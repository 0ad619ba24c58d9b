//! The server's side of the opening handshake: RFC 6455, section 4.2.
