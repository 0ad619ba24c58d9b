//! Streaming a file in constant memory.
