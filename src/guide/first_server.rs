//! A first server.
