//! What the tests and the fuzz targets share: oracles, which tell what must come of a stream, and bodies of
//! fuzz targets.
//!
//! A body takes any bytes, and panics if a law of the crate does not hold for them.

#![cfg(feature = "alloc")]

#[cfg(feature = "asynchronous")]
mod adapter;
mod calls;
mod changed;
mod choices;
#[cfg(feature = "deflate")]
mod deflate;
mod dial;
mod drive;
mod frames;
mod handshake;
#[cfg(feature = "deflate")]
mod inflate;
#[cfg(feature = "legacy")]
mod legacy;
mod limits;
mod machine;
mod oracle;
mod pair;
mod receive;
mod run;
mod seen;
mod setup;
mod snapshot;
mod text;
mod way;
mod wire;
#[cfg(feature = "asynchronous")]
mod world;

#[cfg(feature = "asynchronous")]
pub use adapter::adapter;
pub use calls::calls;
pub use changed::changed;
#[cfg(feature = "deflate")]
pub use deflate::{deflate_pair, deflate_receive};
pub use dial::{dial, fields};
pub use drive::Drive;
pub use handshake::{
    handshake_client, handshake_server, headers_round_trip, no_header_can_be_injected,
};
#[cfg(feature = "deflate")]
pub use inflate::{End, Inflated, inflate, inflate_within};
#[cfg(feature = "legacy")]
pub use legacy::{
    Talk, ask_old, judge_old, legacy_frames, legacy_opening, old_client, old_response, open_to_old,
    serve_old,
};
pub use limits::limits;
pub use oracle::{Judged, judge};
pub use pair::{pair, send};
pub use receive::{build_frames, check, receive, receive_frames};
pub use run::{Outcome, run, run_by};
pub use seen::Seen;
pub use setup::{START, Setup};
pub use snapshot::snapshot;
pub use text::text;
pub use way::{Cut, Way};
pub use wire::{mask, utf8};

/// The folder of the repository, which the corpus lies in.
pub const REPOSITORY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
