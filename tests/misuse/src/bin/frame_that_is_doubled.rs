//! A frame is one frame: it cannot be copied, to be written twice.
use sansocket::wire::Frame;

fn double<'p>(frame: Frame<'p>) -> (Frame<'p>, Frame<'p>) {
    (frame.clone(), frame) //~ E0599
}

fn main() {
    let _ = double;
}
