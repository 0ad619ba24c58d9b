//! The wires before RFC 6455: `sansocket::legacy`.

mod asking;
mod bounds;
mod frames;
mod properties;
mod serving;
mod support;
mod time;
mod upgrades;
mod versions;
