//! The wire format: frames, masks and text. Needs neither `alloc` nor a connection.

pub(crate) mod close;
pub(crate) mod close_code;
mod decoder;
#[cfg(feature = "alloc")]
pub(crate) mod entropy;
pub(crate) mod error;
pub(crate) mod frame;
pub(crate) mod limits;
pub(crate) mod mask;
mod utf8;

#[cfg(feature = "alloc")]
pub(crate) use close::Close;
#[cfg(feature = "alloc")]
pub(crate) use close_code::CloseCode;
pub use decoder::{Content, Decoder, Piece};
#[cfg(feature = "alloc")]
pub(crate) use entropy::{Keys, Seed};
pub(crate) use error::ProtocolError;
pub use frame::{Frame, Header, OpCode};
pub(crate) use frame::{Kind, Role};
pub(crate) use limits::Limits;
pub use mask::apply as apply_mask;
pub use utf8::{Checked, Utf8, Utf8Error};
