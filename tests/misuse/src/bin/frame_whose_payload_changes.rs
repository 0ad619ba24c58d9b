//! A frame is written from where its payload lies, which cannot change before.
use sansocket::wire::{Frame, Header, OpCode};

fn main() {
    let header = Header { fin: true, rsv1: false, opcode: OpCode::Binary, mask: None, len: 10 };
    let mut payload = [0; 10];
    let frame = Frame::new(&header, &payload);
    payload[0] = 1; //~ E0506
    drop(frame);
}
