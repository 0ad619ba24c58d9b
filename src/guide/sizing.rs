//! Limits, memory, and the size of a server.
