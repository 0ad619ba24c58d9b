//! [`Setup`]: the settings that all connections of a measurement share.

use std::sync::Arc;

use sansocket::deflate::{Agreement, Context};
use sansocket::{Config, Negotiated};

use crate::mode::Mode;

/// The settings that all connections of a measurement share.
pub(crate) struct Setup {
    pub(crate) mode: Mode,
    /// Whether connections take their compressors from a pool.
    pub(crate) has_pool: bool,
    /// The configuration of sansocket.
    pub(crate) config: Arc<Config>,
}

impl Setup {
    /// Creates the settings of a mode.
    pub(crate) fn new(mode: Mode, has_pool: bool) -> Self {
        let mut config = Config::new();
        config.compression = mode.compression();
        if !has_pool {
            config.pool = None;
        }
        Self { mode, has_pool, config: config.shared() }
    }

    /// Returns the result of an opening handshake in this mode.
    pub(crate) fn negotiated(&self) -> Negotiated {
        let Some(compression) = self.config.compression else {
            return Negotiated::new();
        };
        let context = Context { window_bits: 15, is_taken_over: self.mode == Mode::Kept };
        let agreement = Agreement { client: context, server: context };
        Negotiated::new().with_compression(agreement, compression)
    }
}
