use sansocket::wire::{Header, OpCode};
use sansocket::{Limits, ProtocolError, Role};

use crate::changed::changed;
use crate::choices::Choices;
use crate::run::run;
use crate::seen::Seen;
use crate::setup::Setup;
use crate::way::Cut;

/// A message is delivered if and only if it is within the limits, to the byte.
pub fn limits(data: &[u8]) {
    let mut choices = Choices::new(data);
    let role = if choices.byte() & 1 == 0 { Role::Client } else { Role::Server };
    let limits = changed(|limits: &mut Limits| {
        limits.message = choices.len() as u64;
        limits.frame = choices.len() as u64;
        limits.fragments = 1 + u64::from(choices.byte() % 8);
    });
    let mut lens = Vec::new();
    while !choices.is_empty() {
        lens.push(choices.len());
    }
    let stream = fragments(role, &lens);
    let expected = judge_lens(&limits, &lens);
    for (is_streaming, cut) in [
        (false, Cut::Whole),
        (false, Cut::Every(1000)),
        (false, Cut::Random(3)),
        (true, Cut::Whole),
        (true, Cut::Random(4)),
    ] {
        let setup = Setup { limits, is_streaming, ..Setup::new(role) };
        let (outcome, _) = run(&setup, &stream, cut);
        assert_eq!(outcome.error, expected.err(), "{lens:?}");
        let whole = (expected.is_ok() && !lens.is_empty())
            .then(|| Seen::Binary(vec![0; lens.iter().sum()]));
        assert_eq!(outcome.seen.first(), whole.as_ref(), "{lens:?}");
        assert!(outcome.parts.len() as u64 <= limits.message, "parts are within the limit");
    }
}

/// A message of fragments of these lengths.
fn fragments(role: Role, lens: &[usize]) -> Vec<u8> {
    let mut stream = Vec::new();
    for (at, &len) in lens.iter().enumerate() {
        let opcode = if at == 0 { OpCode::Binary } else { OpCode::Continuation };
        let mask = (role == Role::Server).then_some([0; 4]);
        let fin = at + 1 == lens.len();
        let header = Header { fin, rsv1: false, opcode, mask, len: len as u64 };
        let mut head = [0; Header::MAX_LEN];
        let head_len = header.encode(&mut head);
        stream.extend_from_slice(&head[..head_len]);
        stream.resize(stream.len() + len, 0);
    }
    stream
}

/// Which limit is the first that such a message goes beyond.
fn judge_lens(limits: &Limits, lens: &[usize]) -> Result<(), ProtocolError> {
    let mut sum = 0;
    for (count, &len) in (1..).zip(lens) {
        sum += len as u64;
        if count > limits.fragments {
            return Err(ProtocolError::TooManyFragments);
        }
        if len as u64 > limits.frame {
            return Err(ProtocolError::FrameTooBig);
        }
        if sum > limits.message {
            return Err(ProtocolError::MessageTooBig);
        }
    }
    Ok(())
}
