//! A first client.
