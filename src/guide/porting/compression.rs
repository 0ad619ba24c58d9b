//! Coming from a crate with compression.
//!
//! tungstenite, fastwebsockets and axum have none. Here it is the feature `deflate`. Default: off. See
//! [compression](crate::guide::compression) for when to do without it.
//!
//! [`Config::compression`](crate::Config::compression) turns it on. For a request that an HTTP library has parsed,
//! [`opening.compress(&compression)`](crate::server::Request::compress) does.
//!
//! # From Node's `ws`
//!
//! For a server. For a client, exchange `outgoing` and `incoming`:
//!
//! | ws | sansocket |
//! |---|---|
//! | `perMessageDeflate: true` | `Config::new().compression(Compression::dedicated())` |
//! | `serverNoContextTakeover: true` | `compression.outgoing.is_taken_over = false` |
//! | `clientNoContextTakeover: true` | `compression.incoming.is_taken_over = false` |
//! | both | `Compression::shared()` |
//! | `serverMaxWindowBits: 12` | `compression.outgoing.window_bits = 12` |
//! | `clientMaxWindowBits: 12` | `compression.incoming.window_bits = 12` |
//! | `zlibDeflateOptions: { level: 3 }` | `compression.level = 3` |
//! | `zlibDeflateOptions: { memLevel: 5 }` | `compression.memory = 5` |
//! | `threshold: 1024` | `compression.threshold = 1024` |
//! | `concurrencyLimit: 16` | `config.pool(pool)` |
//! | `maxPayload: 1 << 20` | `Limits::new().message(1 << 20)` |
//! | `socket.send(data, { compress: false })` | `socket.connection_mut().compress_from(usize::MAX)` |
//! | `socket.extensions` | `opening.request().agreement()` |
//!
//! Without context takeover, `ws` still keeps a compressor and a decompressor for each connection. Its
//! `concurrencyLimit` bounds how many messages are processed at once. Here a connection keeps neither, and a
//! [`Pool`](crate::deflate::Pool) bounds how many idle compressors are kept for all connections.
//!
//! # From yawc
//!
//! | yawc | sansocket |
//! |---|---|
//! | `Options::default().with_compression_level(level)` | `Config::new().compression(Compression::dedicated())` |
//! | `options.server_no_context_takeover()` | `compression.outgoing.is_taken_over = false` |
//! | `options.client_no_context_takeover()` | `compression.incoming.is_taken_over = false` |
//! | `options.with_server_max_window_bits(12)` | `compression.outgoing.window_bits = 12` |
//! | `options.with_client_max_window_bits(12)` | `compression.incoming.window_bits = 12` |
//! | `CompressionLevel::new(3)` | `compression.level = 3` |
//! | `options.with_compression_threshold(1024)` | `compression.threshold = 1024` |
//! | `DeflatePool::new(64)` | `Pool::new(64)` |
//! | `options.with_deflate_pool(pool)` | `config.pool(pool)` |
//! | `WebSocket::from_stream_with_extensions(stream, role, Some(extensions), options)?` | `Negotiated::new().with_compression(agreement, compression)` |
//!
//! # A configuration
//!
//! ```
//! # #[cfg(feature = "deflate")] {
//! use std::sync::Arc;
//!
//! use sansocket::Config;
//! use sansocket::deflate::{Compression, Pool};
//!
//! let mut compression = Compression::shared();
//! compression.level = 3;
//! compression.threshold = 1024;
//! let config = Config::new().compression(compression).pool(Arc::new(Pool::new(16))).shared();
//! assert_eq!(config.compression.unwrap().memory_waiting(), 0);
//! # }
//! ```
