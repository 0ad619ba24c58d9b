use sansocket::deflate::{Agreement, Compression, Context};
use sansocket::wire::{Header, OpCode};
use sansocket::{CloseCode, Input, Kind, Limits, Prepared, ProtocolError, Role};

use crate::changed::changed;
use crate::choices::Choices;
use crate::inflate::{End as Place, inflate_within};
use crate::receive::suspending;
use crate::run::{End, Outcome, run, run_by};
use crate::seen::Seen;
use crate::setup::Setup;
use crate::way::Cut;

/// Whatever comes under any agreement, it is seen as RFC 7692 says, within limits, however it is cut.
pub fn deflate_receive(data: &[u8]) {
    let mut choices = Choices::new(data);
    let role = choose_role(&mut choices);
    let agreement = choose_agreement(&mut choices);
    let message = match choices.below(3) {
        0 => choices.number() as u64 % 1000,
        _ => 100_000,
    };
    let limits = changed(|limits: &mut Limits| limits.message = message);
    let compression = Some((agreement, Compression::default()));
    let setup = Setup { limits, compression, ..Setup::new(role) };
    let mut stream = Vec::new();
    let mut messages = Vec::new();
    while !choices.is_empty() && messages.len() < 20 {
        messages.push(Sent::choose(&mut choices, role, &mut stream));
    }
    let judged = judge(&messages, agreement.incoming(role), limits.message);
    let (whole, _) = run(&setup, &stream, Cut::Whole);
    let (parts, _) = run(&Setup { is_streaming: true, ..setup }, &stream, Cut::Whole);
    check(&judged, &whole, &parts);
    assert_eq!(Outcome { parts: Vec::new(), ..parts.clone() }, whole, "parts are what is whole");
    assert!(parts.parts.len() as u64 <= limits.message, "parts are within the limit");
    for way in suspending(stream.len()) {
        let suspended = |setup| run_by(setup, &stream, way).0.unmasked();
        assert_eq!(suspended(&setup), whole.clone().unmasked(), "{way:?}");
        let streaming = Setup { is_streaming: true, ..setup };
        assert_eq!(suspended(&streaming), parts.clone().unmasked(), "{way:?}");
    }
    for cut in [Cut::Every(1), Cut::Every(3), Cut::Random(1), Cut::Random(2)] {
        assert_eq!(run(&setup, &stream, cut).0, whole, "cut {cut:?}");
        let streaming = Setup { is_streaming: true, ..setup };
        assert_eq!(run(&streaming, &stream, cut).0, parts, "cut {cut:?}, streaming");
    }
}

fn choose_role(choices: &mut Choices<'_>) -> Role {
    if choices.byte() & 1 == 0 { Role::Client } else { Role::Server }
}

fn choose_agreement(choices: &mut Choices<'_>) -> Agreement {
    Agreement { client: choose_context(choices), server: choose_context(choices) }
}

fn choose_context(choices: &mut Choices<'_>) -> Context {
    let byte = choices.byte();
    let window_bits = if byte & 1 == 0 { 15 } else { 8 + (byte >> 1) % 8 };
    Context { window_bits, is_taken_over: byte & 0x30 != 0 }
}

/// A message, as it was sent.
struct Sent {
    kind: Kind,
    is_compressed: bool,
    /// Of all its frames.
    payload: Vec<u8>,
    is_whole: bool,
}

impl Sent {
    fn choose(choices: &mut Choices<'_>, role: Role, stream: &mut Vec<u8>) -> Self {
        let kind = if choices.byte() & 1 == 0 { Kind::Text } else { Kind::Binary };
        let is_compressed = choices.below(8) > 0;
        let mut payload = Vec::new();
        for _ in 0..choices.below(6) {
            choose_blocks(choices, &mut payload);
        }
        payload.truncate(MAX_PAYLOAD);
        let mut rest = &payload[..];
        let mut opcode = kind.into();
        loop {
            let len = if choices.once_in(3) { choices.below(40) } else { rest.len() };
            let (now, behind) = rest.split_at(len.min(rest.len()));
            let fin = behind.is_empty() && choices.below(3) > 0;
            push_frame(
                role,
                opcode,
                is_compressed && opcode != OpCode::Continuation,
                fin,
                now,
                stream,
            );
            (rest, opcode) = (behind, OpCode::Continuation);
            if choices.once_in(8) {
                push_frame(role, OpCode::Ping, false, true, b"between", stream);
            }
            if fin || choices.is_empty() && rest.is_empty() {
                return Self { kind, is_compressed, payload, is_whole: fin };
            }
        }
    }
}

/// Blocks that are right or nearly so, and what lies between them.
fn choose_blocks(choices: &mut Choices<'_>, payload: &mut Vec<u8>) {
    const BLOCKS: [&[u8]; 12] = [
        b"\xf2\x48\xcd\xc9\xc9\x07\x00",
        b"\xf3\x48\xcd\xc9\xc9\x07\x00",
        b"\xf2\x00\x11\x00\x00",
        b"\x00\x00\x00\xff\xff",
        b"\x01\x00\x00\xff\xff",
        b"\x03\x00",
        b"\x02\x00",
        b"\x00",
        b"\x00\x01\x00\xfe\xff\xc3",
        b"\x00\x01\x00\xfe\xff\xa9",
        b"\x00\x00\xff\xff",
        // Many bytes from few.
        b"\x4b\x1c\x05\xa3\x60\x14\x8c\x82\x51\x30\x0a\x46\xc1\x28\x18\x05\xa3\x00\x0a\x00",
    ];
    match choices.below(24) {
        at @ 0..12 => payload.extend_from_slice(BLOCKS[at]),
        12..16 => {
            let len = choices.below(300);
            let bytes = text(choices, len);
            payload.extend([0, u8::try_from(len % 256).unwrap_or(0), u8::from(len > 255)]);
            payload.extend([!payload[payload.len() - 2], !payload[payload.len() - 1]]);
            payload.extend(bytes);
        }
        16..20 => {
            let len = choices.below(20);
            payload.extend_from_slice(choices.take(len));
        }
        20..22 => push_reference(choices, payload),
        _ => {
            if let Some(last) = payload.last_mut() {
                *last ^= choices.byte();
            }
            let len = choices.below(4);
            payload.truncate(payload.len().saturating_sub(len));
        }
    }
}

/// A block of three bytes from some way back.
fn push_reference(choices: &mut Choices<'_>, payload: &mut Vec<u8>) {
    let (code, extra) = (choices.byte() % 30, u64::from(choices.byte()) << 8);
    let extra_bits = u32::from((code / 2).saturating_sub(1));
    let code = u64::from(code.reverse_bits() >> 3);
    let mut bits = 0b010 | 0b100_0000 << 3 | code << 10;
    bits |= (extra & ((1 << extra_bits) - 1)) << 15;
    let len = (3 + 7 + 5 + extra_bits + 7).div_ceil(8) as usize;
    payload.extend_from_slice(&bits.to_le_bytes()[..len]);
}

/// Less than is refused on the wire under any limit.
const MAX_PAYLOAD: usize = 1000;

fn push_frame(
    role: Role,
    opcode: OpCode,
    rsv1: bool,
    fin: bool,
    payload: &[u8],
    stream: &mut Vec<u8>,
) {
    let mask = (role == Role::Server).then_some([0; 4]);
    let mut head = [0; Header::MAX_LEN];
    let len = Header { fin, rsv1, opcode, mask, len: payload.len() as u64 }.encode(&mut head);
    stream.extend_from_slice(&head[..len]);
    stream.extend_from_slice(payload);
}

/// What is to be seen.
#[derive(Default)]
struct Judged {
    messages: Vec<Seen>,
    /// Of the message that is not whole, or fails.
    part: Vec<u8>,
    /// With which close codes the connection fails.
    codes: Vec<CloseCode>,
    /// Whether it may fail later than now.
    is_doomed: bool,
}

/// Judges messages in the words of the RFC, all of each at once.
fn judge(messages: &[Sent], context: Context, limit: u64) -> Judged {
    let mut judged = Judged::default();
    let mut history = Vec::new();
    for sent in messages {
        if !context.is_taken_over {
            history.clear();
        }
        judged.judge_message(sent, context, limit, &history);
        if !judged.codes.is_empty() || !sent.is_whole {
            break;
        }
        let bytes = std::mem::take(&mut judged.part);
        if sent.is_compressed {
            history.extend_from_slice(&bytes);
        }
        judged.messages.push(match sent.kind {
            Kind::Binary => Seen::Binary(bytes),
            Kind::Text => Seen::Text(String::from_utf8_lossy(&bytes).into_owned()),
        });
    }
    judged
}

impl Judged {
    fn judge_message(&mut self, sent: &Sent, context: Context, limit: u64, history: &[u8]) {
        let most = usize::try_from(limit).unwrap_or(usize::MAX);
        match sent.is_compressed {
            true => self.judge_compressed(sent, 1 << context.window_bits, most, history),
            // Its first frames may be text that is none.
            false if sent.payload.len() > most => self.codes = [TOO_BIG, INVALID].into(),
            false => self.part = sent.payload.clone(),
        }
        if sent.kind == Kind::Text
            && let Err(error) = std::str::from_utf8(&self.part)
        {
            if error.error_len().is_some() {
                let bad = super::oracle::bad_byte(&self.part).unwrap_or(self.part.len());
                self.part.truncate(bad);
                self.codes = [INVALID].into();
            } else if sent.is_whole && self.codes.is_empty() {
                self.codes.push(INVALID);
            }
        }
    }

    fn judge_compressed(&mut self, sent: &Sent, window: usize, most: usize, history: &[u8]) {
        let of = |payload: &[u8], most| inflate_within(window, history, payload, most);
        let open = of(&sent.payload, most);
        let whole = of(&[&sent.payload[..], &[0, 0, 0xff, 0xff]].concat(), most);
        self.part = open.bytes;
        match (open.end, whole.end) {
            // A reference too far back takes the rest of its byte with it.
            (Place::Enough, _) if of(&sent.payload, most + 16).end == Place::Invalid => {
                self.codes = [TOO_BIG, INVALID].into();
            }
            (Place::Enough, _) => self.codes.push(TOO_BIG),
            (Place::Invalid, _) => self.codes.push(INVALID),
            (Place::Doomed, _) if !sent.is_whole => {
                (self.codes, self.is_doomed) = ([INVALID].into(), true);
            }
            (Place::Final, _) => {}
            _ if !sent.is_whole || sent.payload.is_empty() => {}
            (_, Place::Final | Place::Border) => self.part = whole.bytes,
            // More may come of the byte behind what was cut off.
            _ => self.codes = [INVALID, TOO_BIG].into(),
        }
    }
}

const TOO_BIG: CloseCode = ProtocolError::MessageTooBig.close_code();
const INVALID: CloseCode = ProtocolError::InvalidDeflate.close_code();

fn check(judged: &Judged, whole: &Outcome, parts: &Outcome) {
    let is_message = |seen: &&Seen| matches!(seen, Seen::Text(_) | Seen::Binary(_));
    let seen: Vec<_> = whole.seen.iter().filter(is_message).collect();
    assert_eq!(
        seen,
        judged.messages.iter().collect::<Vec<_>>(),
        "messages are what the RFC says, {:?}",
        whole.error
    );
    let code = whole.error.map(ProtocolError::close_code);
    match code {
        None => assert!(judged.codes.is_empty() || judged.is_doomed, "{:?}", judged.codes),
        Some(code) => assert!(judged.codes.contains(&code), "{code:?}, {:?}", judged.codes),
    }
    let (part, judged_part) = (&parts.parts, &judged.part);
    match code {
        None => assert_eq!(part, judged_part, "parts are what came"),
        Some(_) => assert!(
            part.starts_with(judged_part) || judged_part.starts_with(part),
            "parts are what came"
        ),
    }
}

/// What one end sends, however it compresses, the other receives, however it is cut.
pub fn deflate_pair(data: &[u8]) {
    let mut choices = Choices::new(data);
    let agreement = choose_agreement(&mut choices);
    let role = choose_role(&mut choices);
    let is_streaming = choices.byte() & 1 == 0;
    let mut wire = Wire::new(role, agreement, is_streaming, &mut choices);
    while !choices.is_empty() {
        wire.act(&mut choices);
    }
    wire.finish();
}

/// An end that sends, one that receives, and what is between them.
struct Wire {
    from: End,
    to: End,
    /// Shared, as by the connections of a thread.
    inputs: [Input<Vec<u8>>; 2],
    delivered: usize,
    sent: Vec<Seen>,
    part: Option<(Kind, Vec<u8>)>,
    /// All that was said, to be said again.
    said: Vec<u8>,
    /// Messages that were sent to everybody, to be sent again.
    prepared: Vec<Prepared>,
}

impl Wire {
    fn new(
        role: Role,
        agreement: Agreement,
        is_streaming: bool,
        choices: &mut Choices<'_>,
    ) -> Self {
        let limits = changed(|limits: &mut Limits| limits.message = 1 << 24);
        let compression = changed(|compression: &mut Compression| {
            compression.outgoing = choose_context(choices);
            compression.level = choices.byte() % 10;
            compression.memory = 1 + choices.byte() % 9;
            compression.threshold = choices.below(40);
        });
        let other = if role == Role::Client { Role::Server } else { Role::Client };
        let setup = |role, is_streaming| {
            let compression = Some((agreement, compression));
            Setup { limits, compression, is_streaming, ..Setup::new(role) }
        };
        Self {
            from: End::new(&setup(role, false)),
            to: End::new(&setup(other, is_streaming)),
            inputs: [(); 2].map(|()| Input::new(Vec::new())),
            delivered: 0,
            sent: Vec::new(),
            part: None,
            said: Vec::new(),
            prepared: Vec::new(),
        }
    }

    fn act(&mut self, choices: &mut Choices<'_>) {
        let sender = self.from.sender();
        match choices.below(18) {
            0..=8 => self.send(choices),
            9 => sender.set_flushing(choices.byte() & 1 == 0),
            10 => sender.compress_from([0, 30, usize::MAX][choices.below(3)]),
            11 => {
                let _ = sender.ping(b"between");
                self.from.write();
            }
            12 => self.inputs[choices.below(2)].free_memory(),
            13 if self.part.is_none() => self.send_prepared(choices),
            14 => self.from.suspend(&mut Input::new(Vec::new())),
            15 => self.to.suspend(&mut self.inputs[choices.below(2)]),
            _ => {
                let (len, which) = (choices.len(), choices.below(2));
                self.deliver(len, which);
            }
        }
    }

    fn send(&mut self, choices: &mut Choices<'_>) {
        let kind = match &self.part {
            Some((kind, _)) => *kind,
            None if choices.byte() & 1 == 0 => Kind::Text,
            None => Kind::Binary,
        };
        let len = choices.len();
        let bytes = match (kind, choices.below(3)) {
            (_, 0) => text(choices, len),
            (Kind::Text, 1) => text(choices, 40).repeat(len / 40),
            (Kind::Binary, 1) => choices.take(len).to_vec(),
            _ => {
                let start = choices.number() % (self.said.len() + 1);
                self.said[start..][..len.min(self.said.len() - start)].to_vec()
            }
        };
        self.said.extend_from_slice(&bytes);
        let fin = choices.below(3) > 0;
        let sender = self.from.sender();
        let result = match (kind, fin) {
            // What is said is ASCII but for binary messages.
            (Kind::Text, _) => {
                let text = String::from_utf8_lossy(&bytes).replace('\u{fffd}', "?");
                let result = match fin {
                    true => sender.send_last(&text),
                    false => sender.send_part(&text),
                };
                self.say(kind, text.into_bytes(), fin);
                result
            }
            (Kind::Binary, fin) => {
                let result = match fin {
                    true => sender.send_last(&bytes),
                    false => sender.send_part(&bytes),
                };
                self.say(kind, bytes, fin);
                result
            }
        };
        assert_eq!(result, Ok(()));
    }

    fn send_prepared(&mut self, choices: &mut Choices<'_>) {
        let len = choices.len();
        match choices.below(4) {
            0 => self.prepared.push(Prepared::new(text(choices, len))),
            1 => self.prepared.push(Prepared::new(choices.take(len))),
            2 => {
                let start = self.said.len().saturating_sub(len);
                self.prepared.push(Prepared::new(&self.said[start..]));
            }
            _ => {}
        }
        if let Some(at) = choices.number().checked_rem(self.prepared.len()) {
            let message = self.prepared[at].clone();
            assert_eq!(self.from.sender().send(&message), Ok(()));
            self.said.extend_from_slice(message.as_bytes());
            self.say(Kind::Binary, message.as_bytes().to_vec(), true);
        }
    }

    fn say(&mut self, kind: Kind, bytes: Vec<u8>, fin: bool) {
        let (_, said) = self.part.get_or_insert_with(|| (kind, Vec::new()));
        said.extend(bytes);
        if fin && let Some((kind, said)) = self.part.take() {
            self.sent.push(match kind {
                Kind::Binary => Seen::Binary(said),
                Kind::Text => Seen::Text(String::from_utf8_lossy(&said).into_owned()),
            });
        }
    }

    fn deliver(&mut self, len: usize, which: usize) {
        self.from.write();
        let rest = &self.from.out[self.delivered..];
        let len = len.min(rest.len());
        self.to.give(&mut self.inputs[which], &rest[..len]);
        assert_eq!(self.to.error, None, "what is sent breaks no rule");
        self.delivered += len;
    }

    fn finish(mut self) {
        let sender = self.from.sender();
        if let Some((kind, _)) = self.part {
            let result = match kind {
                Kind::Text => sender.send_last(""),
                Kind::Binary => sender.send_last(b""),
            };
            assert_eq!(result, Ok(()));
            self.say(kind, Vec::new(), true);
        }
        self.deliver(usize::MAX, 0);
        let is_message = |seen: &&Seen| matches!(seen, Seen::Text(_) | Seen::Binary(_));
        assert!(
            self.to.seen.iter().filter(is_message).eq(&self.sent),
            "what is received is what was sent"
        );
    }
}

/// ASCII of this length.
fn text(choices: &mut Choices<'_>, len: usize) -> Vec<u8> {
    let start = usize::from(choices.byte());
    (start..start + len).map(|at| b'a' + u8::try_from(at * at / 7 % 26).unwrap_or(0)).collect()
}
