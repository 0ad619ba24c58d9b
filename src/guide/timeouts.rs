//! Timeouts, keepalive and dead peers.
