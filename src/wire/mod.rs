//! The wire format: frames, masks and text. It needs neither an allocator nor a connection.
//!
//! For programs that work on frames, such as proxies, relays and embedded devices. [`Decoder`] turns bytes
//! into pieces of frames, [`Frame`] and [`Header`] encode them.
//!
//! ```
//! use sansocket::wire::{Content, Decoder, Frame, Header, OpCode};
//! use sansocket::{Kind, Limits, ProtocolError, Role};
//!
//! // A client sends a frame.
//! let mask = Some([1, 2, 3, 4]);
//! let header = Header { fin: true, rsv1: false, opcode: OpCode::Text, mask, len: 5 };
//! let mut payload = *b"Hello";
//! let frame = Frame::masking(&header, &mut payload);
//! let mut bytes = frame.slices().concat();
//!
//! // The server receives it.
//! let mut decoder = Decoder::new(Role::Server, Limits::default());
//! let (used, piece) = decoder.decode(&mut bytes)?;
//! let piece = piece.expect("the frame is complete");
//! assert_eq!(piece.content, Content::Data(Kind::Text));
//! assert_eq!(&bytes[piece.range], b"Hello");
//! assert_eq!(used, bytes.len());
//! # Ok::<(), ProtocolError>(())
//! ```

pub(crate) mod close;
pub(crate) mod close_code;
pub(crate) mod decoder;
#[cfg(feature = "alloc")]
pub(crate) mod entropy;
pub(crate) mod error;
pub(crate) mod frame;
pub(crate) mod limits;
pub(crate) mod mask;
#[cfg(feature = "alloc")]
pub(crate) mod seeds;
#[cfg(feature = "alloc")]
pub(crate) mod snapshot;
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
