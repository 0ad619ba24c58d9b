//! Compression, and when not to use it.
