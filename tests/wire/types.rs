//! What threads can do with each public type of the wire layer, and how large some types are.

use core::fmt::Debug;

use sansocket::wire::{Checked, Content, Decoder, Frame, Header, OpCode, Piece, Utf8, Utf8Error};
use sansocket::{Close, CloseCode, Kind, Limits, ProtocolError, Role};

/// A value can be sent to another thread, shared between threads, and moved: it holds no lock guard and no
/// pointer to itself.
const fn is_free<T: Send + Sync + Unpin + Debug>() {}

/// A value is copied when it is passed on.
const fn is_copied<T: Copy + Send + Sync + Unpin + Debug>() {}

const _: () = {
    is_copied::<Close<'_>>();
    is_copied::<CloseCode>();
    is_copied::<Kind>();
    is_copied::<Limits>();
    is_copied::<ProtocolError>();
    is_copied::<Role>();
    is_copied::<Checked<'_>>();
    is_copied::<Content>();
    is_copied::<Header>();
    is_copied::<OpCode>();
    is_copied::<Utf8Error>();
    is_free::<Decoder>();
    is_free::<Frame<'_>>();
    is_free::<Piece>();
    is_free::<Utf8>();
};

#[test]
fn results_of_the_decoder_are_small() {
    const WORD: usize = size_of::<usize>();
    assert_eq!(size_of::<ProtocolError>(), 1);
    assert_eq!(size_of::<Result<CloseCode, ProtocolError>>(), 4);
    assert!(size_of::<Result<(usize, Option<Piece>), ProtocolError>>() <= 4 * WORD);
}
