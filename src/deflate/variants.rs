//! A list of the compressed forms of a message, which threads share without a lock.

use alloc::boxed::Box;

use once_cell::race::OnceBox;

use super::encoded::Encoded;
use super::shape::Shape;

/// The compressed forms of a message, by the compressors that made them. It only grows, by one for each shape.
///
/// No thread waits for another. If two threads need the same form at the same moment, both make it, and the first
/// one counts. A lock would need `std`, and would hold up all connections of a thread while another one compresses.
#[derive(Default)]
pub(crate) struct Variants(OnceBox<Variant>);

struct Variant {
    shape: Shape,
    /// `None` if compression does not make the message shorter.
    frame: Option<Encoded>,
    next: Variants,
}

impl Variants {
    /// Returns the form of this shape, if there is one.
    #[inline]
    pub(crate) fn find(&self, shape: Shape) -> Option<&Option<Encoded>> {
        let mut list = self;
        loop {
            let variant = list.0.get()?;
            if variant.shape == shape {
                return Some(&variant.frame);
            }
            list = &variant.next;
        }
    }

    /// Returns the form of this shape, and makes it if there is none.
    pub(crate) fn get(&self, shape: Shape, make: impl Fn() -> Option<Encoded>) -> &Option<Encoded> {
        let mut list = self;
        loop {
            let make = || Box::new(Variant { shape, frame: make(), next: Self::default() });
            let variant = list.0.get_or_init(make);
            if variant.shape == shape {
                return &variant.frame;
            }
            list = &variant.next;
        }
    }
}
