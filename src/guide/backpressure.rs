//! Backpressure: peers that read slowly.
