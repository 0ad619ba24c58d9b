//! Attacks on an open connection. What was valid before is never lost, no more memory is held than the
//! limits say, and the end is explained: however the stream is cut, in both modes.

use counting_allocator::measure;
use harness::{Cut, Drive, Outcome, Seen, Setup, run};
use sansocket::{Cause, CloseFrame, Connection, Input, Limits, ProtocolError, Role};

use crate::support::*;

/// A stream in hex, as a client gets it, and what must come of it.
struct Attack {
    ids: &'static str,
    stream: String,
    limits: Limits,
    roles: &'static [Role],
    /// Whether we close first.
    closes: bool,
    seen: Vec<Seen>,
    end: Cause,
    /// The code of a close frame that breaks a rule.
    code: u16,
}

impl Attack {
    /// One that breaks a rule.
    fn fails(ids: &'static str, stream: impl Into<String>, error: ProtocolError) -> Self {
        Self { end: Cause::Violation(error), ..Self::passes(ids, stream) }
    }

    /// One that breaks none, until the transport ends.
    fn passes(ids: &'static str, stream: impl Into<String>) -> Self {
        Self {
            ids,
            stream: stream.into(),
            limits: Limits::default(),
            roles: &ROLES,
            closes: false,
            seen: Vec::new(),
            end: Cause::TransportEnded,
            code: 1006,
        }
    }

    /// One that closes properly.
    fn closes(ids: &'static str, stream: impl Into<String>, close: Seen) -> Self {
        Self { end: Cause::ClosingHandshake, ..Self::passes(ids, stream) }.seeing([close])
    }

    fn seeing(self, seen: impl IntoIterator<Item = Seen>) -> Self {
        Self { seen: seen.into_iter().collect(), ..self }
    }

    fn under(self, change: impl FnOnce(&mut Limits)) -> Self {
        Self { limits: limits(change), ..self }
    }

    fn against(self, roles: &'static [Role]) -> Self {
        Self { roles, ..self }
    }

    fn with_code(self, code: u16) -> Self {
        Self { code, ..self }
    }

    fn after_our_close(self) -> Self {
        Self { closes: true, ..self }
    }
}

/// What is valid before each attack: a message and a ping.
const BEFORE: &str = "8106 6265666f7265 8902 6869";

fn attacks() -> Vec<Attack> {
    use ProtocolError::*;
    let empty = "0000".repeat(70_000);
    let flood = "820161 890161 8a0161 83 ff 827fffffffffffffffff".repeat(1000);
    let pings: String = (0..1000).map(|i| format!("8902{i:04x}")).collect();
    let seen_pings = (0..1000u16).map(|i| ping(&i.to_be_bytes()));
    let between = format!("897d{} 0001 78", "70".repeat(125)).repeat(100);
    let seen_between = (0..100).map(|_| ping(&[b'p'; 125]));
    vec![
        Attack::fails("A-01", "827f ffffffffffffffff", LengthOverflow),
        Attack::fails("A-01", "817f 8000000000000000", LengthOverflow),
        Attack::fails("A-02", "827f 7fffffffffffffff", MessageTooBig),
        Attack::passes("A-02", "827f 7fffffffffffffff 00")
            .under(|limits| limits.message = u64::MAX),
        Attack::fails("A-03", "827f fffffffffffffffc", LengthOverflow),
        Attack::fails("A-04", "827f 0000000100000005", MessageTooBig),
        Attack::passes("A-04", "827f 0000000100000005 6162636465")
            .under(|limits| limits.message = u64::MAX),
        Attack::fails("A-05", "0209 616161616161616161 8002 6161", MessageTooBig)
            .under(|limits| limits.message = 10),
        Attack::fails("A-05", "0201 61 007f 7fffffffffffffff", MessageTooBig)
            .under(|limits| limits.message = (1 << 63) - 1),
        Attack::fails("A-06", format!("0100 {empty}"), TooManyFragments),
        Attack::passes("A-06", format!("0100 {empty} 8000"))
            .under(|limits| limits.fragments = u64::MAX)
            .seeing([text("")]),
        Attack::fails("A-07", "827f 0000000040000000 61", MessageTooBig),
        Attack::passes("A-07", "827f 0000000040000000 61").under(|limits| limits.message = 1 << 30),
        Attack::fails("A-36", "83 474554202f20485454502f312e310d0a0d0a", ReservedOpcode),
        Attack::fails("A-36", "8101 ff 880203e8 820161", InvalidUtf8),
        Attack::closes(
            "A-39",
            "8809 03e8 1b5b324a 070d0a",
            Seen::Close(Some(1000), "\u{1b}[2J\u{7}\r\n".into()),
        ),
        Attack::fails("A-39", format!("887d 03e8 {} e282", "78".repeat(121)), InvalidUtf8)
            .with_code(1000),
        Attack::fails("A-40", "8802 03ed", BadCloseCode).with_code(1005),
        Attack::fails("A-40", "8802 03ee", BadCloseCode).with_code(1006),
        Attack::fails("A-40", "8802 03f7", BadCloseCode).with_code(1015),
        Attack::fails("A-40", "8802 0000", BadCloseCode).with_code(0),
        Attack::fails("A-40", "8802 ffff", BadCloseCode).with_code(0xffff),
        Attack::closes("A-41", format!("8802 03e8 {flood}"), close(1000)),
        Attack::passes("A-42", pings).seeing(seen_pings),
        Attack::passes("A-43", "8a02 6869".repeat(10_000)).seeing(vec![pong(b"hi"); 10_000]),
        Attack::passes("A-44", format!("0101 78 {between} 8000"))
            .seeing(seen_between.chain([text(&"x".repeat(101))])),
        Attack::fails("A-45", "8105 48656c6c6f", UnmaskedFrame).against(&[Role::Server]),
        Attack::fails("A-46", "8185 37fa213d 7f9f4d5158", MaskedFrame).against(&[Role::Client]),
        Attack::fails("A-49", "0101 e2 8900 8a00 8000", InvalidUtf8).seeing([ping(b""), pong(b"")]),
        Attack::fails("A-50", "8102 c080", InvalidUtf8),
        Attack::fails("A-50", "8106 eda080 edb080", InvalidUtf8),
        Attack::fails("A-51", "0100 8100", UnexpectedStart),
        Attack::fails("A-52", "0100 c000", ReservedBit),
        Attack::closes("A-53", "820161 0101e2 8900 880203e9", close(1001))
            .seeing([binary(b"a"), ping(b""), close(1001)])
            .after_our_close(),
        Attack::passes("A-54", "8105 4865"),
        Attack::passes("A-54", "827f 0000"),
    ]
}

impl Attack {
    /// What both roles get: what is valid, and the attack.
    fn streams(&self) -> Vec<(Role, Vec<u8>)> {
        let is_raw = self.roles.len() == 1;
        let before = for_both_roles(BEFORE);
        let all = for_both_roles(&self.stream).into_iter().zip(before);
        let all = all.map(|((role, stream, _), (_, before, _))| {
            let stream = if is_raw { bytes(&self.stream) } else { stream };
            (role, [before, stream].concat())
        });
        all.filter(|(role, _)| self.roles.contains(role)).collect()
    }

    fn setup(&self, role: Role, is_streaming: bool) -> Setup {
        let closes_after = self.closes.then_some(2);
        Setup { limits: self.limits, is_streaming, closes_after, ..Setup::new(role) }
    }

    fn check(&self, outcome: &Outcome) {
        let Self { ids, seen, .. } = self;
        let mut expected = vec![text("before"), ping(b"hi")];
        expected.extend_from_slice(seen);
        assert!(outcome.seen == expected, "{ids}: {:?}", outcome.seen);
        let ended = &outcome.ended;
        assert_eq!(ended.cause, self.end, "{ids}");
        match self.end {
            Cause::Violation(error) => {
                assert_eq!(ended.sent, CloseFrame::Code(error.close_code()), "{ids}");
                assert_eq!((ended.code(), ended.is_clean()), (self.code, false), "{ids}");
                assert!(outcome.is_over, "{ids}: the transport is to be ended");
            }
            Cause::ClosingHandshake => {
                assert_eq!(
                    Some(ended.code()),
                    ended.received.code().map(|code| code.get()),
                    "{ids}"
                );
                assert!(ended.sent.is_present() && ended.is_clean(), "{ids}");
            }
            _ => assert_eq!((ended.sent, ended.code()), (CloseFrame::Absent, 1006), "{ids}"),
        }
    }
}

#[test]
fn an_attack_takes_nothing_of_what_was_valid_before_it_and_is_explained() {
    for attack in attacks() {
        for (role, stream) in attack.streams() {
            for is_streaming in [false, true] {
                let setup = attack.setup(role, is_streaming);
                let whole = run(&setup, &stream, Cut::Whole).0;
                attack.check(&whole);
                for cut in [Cut::Every(1), Cut::Random(1), Cut::Random(2), Cut::Random(3)] {
                    let outcome = run(&setup, &stream, cut).0;
                    assert!(outcome == whole, "{} {cut:?}: {outcome:?}", attack.ids);
                }
            }
        }
    }
}

#[test]
fn an_attack_takes_no_more_memory_than_the_limits_say() {
    for attack in attacks() {
        for (role, stream) in attack.streams() {
            for is_streaming in [false, true] {
                for size in [1, 100, stream.len()] {
                    // Nothing here comes near the limit on messages, which is not what is measured.
                    let message = attack.limits.message.min(1000);
                    let limits = limits(|limits| limits.message = message);
                    let peak = peak(&attack.setup(role, is_streaming), &stream, size);
                    let most = limits.max_memory();
                    assert!(peak <= most, "{}: {peak} of {most}, reads of {size}", attack.ids);
                }
            }
        }
    }
}

/// The most that a connection holds while it is given `stream` in reads of `size`, and nobody takes what
/// it owes.
fn peak(setup: &Setup, stream: &[u8], size: usize) -> u64 {
    let mut input = Input::new(vec![0; size]);
    let config = setup.config();
    let (connection, usage) = measure(|| {
        let mut connection = setup.connect_with(config);
        for chunk in stream.chunks(size) {
            connection.feed(&mut input, chunk);
            let _ = connection.drain(&mut input);
        }
        connection
    });
    let heap = u64::try_from(usage.peak).expect("more is held than before");
    drop(connection);
    heap + size_of::<Connection>() as u64
}

/// Lengths at which other implementations have overflowed: the class of CVE-2020-27813 and its like.
#[test]
fn every_odd_length_is_treated_alike_however_it_is_cut() {
    const LENS: [u64; 17] = [
        0,
        1,
        125,
        126,
        127,
        65_535,
        65_536,
        (1 << 31) - 1,
        1 << 31,
        (1 << 31) + 1,
        (1 << 32) - 1,
        1 << 32,
        (1 << 32) + 5,
        (1 << 63) - 1,
        1 << 63,
        u64::MAX - 3,
        u64::MAX,
    ];
    let forms = |len: u64| {
        let short = u8::try_from(len).ok().filter(|len| *len < 126).map(|len| format!("{len:02x}"));
        let medium = u16::try_from(len).ok().map(|len| format!("7e{len:04x}"));
        [short, medium, Some(format!("7f{len:016x}"))].into_iter().flatten()
    };
    for first in ["82", "01", "89", "88", "0201 61 80", "0201 61 00"] {
        for form in LENS.into_iter().flat_map(forms) {
            for (role, stream, _) in for_both_roles(&format!("{first} {form} 6162")) {
                for message in [1000, u64::MAX] {
                    let limits = limits(|limits| limits.message = message);
                    let setup = Setup { limits, ..Setup::new(role) };
                    harness::check(&setup, &stream);
                    assert!(peak(&setup, &stream, 1) < Limits::OVERHEAD, "{first} {form}");
                }
            }
        }
    }
}

/// GHSA of `ws` 8.23.0, CVE-2026-11586, CVE-2026-109932: what is owed is bounded, and the newest ping of
/// all is answered, in both modes.
#[test]
fn a_flood_of_pings_is_answered_by_few_pongs_of_which_one_is_for_the_newest() {
    for role in ROLES {
        for is_streaming in [false, true] {
            let mut connection = Setup { is_streaming, ..Setup::new(role) }.connect();
            for number in 0..100_000u32 {
                let stream = frame_to(role, 0x89, &number.to_be_bytes());
                assert_eq!(receive(&mut connection, &stream), Ok(1));
            }
            let owed = transmit(&mut connection);
            assert!(owed.len() <= 16 * (2 + 4 + 4), "{} bytes are owed", owed.len());
            let newest = pong(&99_999u32.to_be_bytes());
            assert_eq!(read(role, &owed).last(), Some(&newest));
        }
    }
}

/// A-56, C-35: a server that restarts or is overloaded says so, and nothing is done about it but to tell.
#[test]
fn a_client_that_is_told_to_come_later_does_nothing_by_itself() {
    for code in [1012, 1013] {
        let stream = frame_to(Role::Client, 0x88, &u16::to_be_bytes(code));
        let mut connection = client();
        assert_eq!(receive(&mut connection, &stream), Ok(1));
        assert_eq!(read(Role::Client, &transmit(&mut connection)).len(), 1, "the answer");
        connection.end();
        let ended = connection.account().expect("it is over");
        assert_eq!((ended.code(), ended.is_clean()), (code, true));
        assert!(transmit(&mut connection).is_empty());
    }
}
