//! Further attempts: rules P-17 and P-22, and section 7.2.3.

use std::time::Duration;

use harness::START;
use sansocket::connect::{Action, Backoff, Dial, Next, Plan, Proxy, Redirects, Retry};
use sansocket::{Cause, CloseCode, CloseFrame, Ended, Initiator, ProtocolError, TimedOut};

use super::support::{Caller, Reply, dial, exchange, plan, play, play_with, response, result};

fn retrying(times: u32) -> Plan {
    let mut plan = plan("ws://h/");
    plan.set_retry(Retry::times(times));
    plan
}

#[test]
fn nothing_is_repeated_by_default() {
    // P-22, A-56
    let expected = "ws://h/: server answered with status 503, 503 \"\"";
    assert_eq!(result(&plan("ws://h/"), &[response(503, &["Retry-After: 1"])]), expected);
    let caller = Caller { refused_connects: 1, ..Caller::default() };
    let log = play_with(&plan("ws://h/"), &[], caller);
    assert_eq!(log, ["connect h 80", "ws://h/: connection could not be established"]);
}

#[test]
fn a_failure_that_may_pass_is_followed_by_another_attempt() {
    let log = play(
        &retrying(5),
        &[
            response(503, &[]),
            Reply::Eof("HTTP/1.1 1"),
            Reply::Silence,
            response(429, &["Retry-After: 7"]),
            Reply::Open("x"),
        ],
    );
    let attempt = ["connect h 80", "> GET / HTTP/1.1", "> Host: h"];
    let mut expected = Vec::new();
    for failure in [
        "again, since server answered with status 503",
        "again, since transport ended before the response",
        "again, since opening took too long",
        "again, since server answered with status 429",
    ] {
        expected.extend(attempt);
        expected.push(failure);
    }
    expected.extend(attempt);
    expected.push("open ws://h/, then \"x\"");
    assert_eq!(log, expected);
}

#[test]
fn the_number_of_attempts_is_limited() {
    let caller = Caller { refused_connects: 100, ..Caller::default() };
    let log = play_with(&retrying(3), &[], caller);
    assert_eq!(log.iter().filter(|line| *line == "connect h 80").count(), 4);
    assert_eq!(log.last().unwrap(), "ws://h/: connection could not be established");
}

#[test]
fn other_failures_are_final() {
    for status in (200..600).filter(|status| ![429, 500, 502, 503, 504].contains(status)) {
        let log = play(&retrying(5), &[response(status, &[])]);
        assert_eq!(log.iter().filter(|line| *line == "connect h 80").count(), 1, "{status}");
    }
    let garbage = [Reply::Text("SSH-2.0-OpenSSH\r\n")];
    let expected =
        "ws://h/: opening handshake failed: first line is not that of an HTTP/1.1 message";
    assert_eq!(result(&retrying(5), &garbage), expected);
}

#[test]
fn the_caller_can_refuse_another_attempt() {
    let caller = Caller { refuses: true, ..Caller::default() };
    let log = play_with(&retrying(5), &[response(503, &[])], caller);
    assert_eq!(log.last().unwrap(), "ws://h/: server answered with status 503, 503 \"\"");
    assert_eq!(log.iter().filter(|line| *line == "connect h 80").count(), 1);
}

#[test]
fn another_attempt_begins_with_the_first_url() {
    let mut plan = retrying(1);
    plan.set_redirects(Redirects::anywhere(1));
    let redirect = response(307, &["Location: //b"]);
    let log = play(&plan, &[redirect.clone(), response(503, &[]), redirect, Reply::Open("")]);
    let connects: Vec<_> = log.iter().filter(|line| line.starts_with("connect")).collect();
    assert_eq!(connects, ["connect h 80", "connect b 80", "connect h 80", "connect b 80"]);
    assert_eq!(log.last().unwrap(), "open ws://b/");
}

/// The delay after a response to the first request.
fn delay_after(plan: &Plan, reply: &str) -> Option<Duration> {
    let mut dial = dial(plan);
    dial.handle_connected(START);
    exchange(&mut dial, reply.as_bytes());
    match dial.next_action() {
        Action::Next(Next::Retry { delay, .. }) => Some(delay),
        _ => None,
    }
}

#[test]
fn retry_after_is_honoured() {
    // P-17
    let mut plan = plan("ws://h/");
    plan.set_retry(Retry::times(1).backoff(Backoff::new().first(Duration::ZERO)));
    let after = |headers: &str| {
        delay_after(&plan, &format!("HTTP/1.1 503 x\r\n{headers}Content-Length: 0\r\n\r\n"))
    };
    let seconds = |seconds| Some(Duration::from_secs(seconds));
    let date = "Date: Fri, 31 Dec 1999 23:59:59 GMT\r\n";
    for (headers, expected) in [
        ("", seconds(0)),
        ("Retry-After: 120\r\n", seconds(120)),
        ("Retry-After: 0\r\n", seconds(0)),
        ("Retry-After: 600\r\n", seconds(600)),
        // Longer than the plan allows.
        ("Retry-After: 601\r\n", None),
        ("Retry-After: 99999999999999999999999\r\n", None),
        // Invalid.
        ("Retry-After: \r\n", seconds(0)),
        ("Retry-After: -1\r\n", seconds(0)),
        ("Retry-After: 1.5\r\n", seconds(0)),
        ("Retry-After: 1\r\nRetry-After: 2\r\n", seconds(0)),
        ("Retry-After: soon\r\n", seconds(0)),
        // A date without a `Date` cannot be counted from.
        ("Retry-After: Sat, 01 Jan 2000 00:00:09 GMT\r\n", seconds(0)),
    ] {
        assert_eq!(after(headers), expected, "{headers}");
    }
    #[cfg(feature = "std")]
    for (until, expected) in [
        ("Sat, 01 Jan 2000 00:00:09 GMT", seconds(10)),
        ("Saturday, 01-Jan-00 00:00:09 GMT", seconds(10)),
        ("Sat Jan  1 00:00:09 2000", seconds(10)),
        ("Fri, 31 Dec 1999 23:59:58 GMT", seconds(0)),
        ("Sat, 01 Jan 2000 00:20:00 GMT", None),
        ("Sat, 99 Jan 2000 00:00:09 GMT", seconds(0)),
    ] {
        assert_eq!(after(&format!("{date}Retry-After: {until}\r\n")), expected, "{until}");
    }
    assert_eq!(after(&format!("{date}Retry-After: 5\r\n")), seconds(5));
}

#[test]
fn the_longest_wait_that_a_server_may_ask_for_can_be_set() {
    // P-17
    let mut plan = plan("ws://h/");
    let retry = Retry::times(1).longest(Duration::from_secs(5));
    plan.set_retry(retry.backoff(Backoff::new().first(Duration::ZERO)));
    for (seconds, expected) in [(5, Some(Duration::from_secs(5))), (6, None)] {
        let reply =
            format!("HTTP/1.1 503 x\r\nRetry-After: {seconds}\r\nContent-Length: 0\r\n\r\n");
        assert_eq!(delay_after(&plan, &reply), expected);
    }
}

#[test]
fn what_a_socks_proxy_could_not_reach_is_tried_again() {
    // RFC 1928, section 6.
    for (code, is_temporary) in
        [(1, true), (2, false), (3, true), (4, true), (5, true), (6, true), (7, false), (8, false)]
    {
        let mut plan = retrying(1);
        plan.set_proxy(Proxy::parse("socks5h://p").unwrap());
        let log = play(&plan, &[Reply::Bytes(vec![5, 0]), Reply::Bytes(vec![5, code])]);
        let connects = log.iter().filter(|line| line.starts_with("connect")).count();
        assert_eq!(connects, if is_temporary { 2 } else { 1 }, "{code}: {log:?}");
    }
}

#[test]
fn the_delay_is_part_of_any_rejection() {
    // P-17, P-22: the application may wait by itself.
    let mut dial = dial(&plan("ws://h/"));
    dial.handle_connected(START);
    exchange(&mut dial, b"HTTP/1.1 503 x\r\nRetry-After: 3\r\nContent-Length: 0\r\n\r\n");
    let error = dial.finish().expect_err("a rejection");
    assert!(error.failure.is_temporary());
    assert_eq!(Retry::after(&error.response.expect("a response")), Some(Duration::from_secs(3)));
}

#[test]
fn the_first_delay_is_random_and_the_others_grow() {
    let least = |count: usize| nth(count, 0);
    let most = |count: usize| nth(count, u32::MAX);
    fn nth(count: usize, random: u32) -> Duration {
        let mut backoff = Backoff::new();
        let delays = std::iter::repeat_with(|| backoff.next(random));
        delays.take(count + 1).last().expect("one")
    }
    let seconds = [(0, 5), (5, 10), (10, 20), (20, 40), (40, 80), (45, 90), (45, 90)];
    for (count, (from, to)) in seconds.into_iter().enumerate() {
        assert_eq!(least(count), Duration::from_secs(from), "{count}");
        assert!(most(count) <= Duration::from_secs(to), "{count}");
        assert!(most(count) > Duration::from_secs(to) - Duration::from_micros(1), "{count}");
    }
    assert!(most(100) <= Duration::from_secs(90));
    let huge = Backoff::new().first(Duration::MAX).most(Duration::MAX);
    assert!({ huge }.next(u32::MAX) > Duration::from_secs(1 << 30));
    let mut backoff = Backoff::new();
    let first = backoff.next(1 << 31);
    backoff.next(1 << 31);
    backoff.reset();
    assert_eq!(backoff.next(1 << 31), first);
}

/// with the clock moved by hand, a client that is never let in asks at most this often.
#[test]
fn a_client_never_hammers() {
    for seed in 0..20_u32 {
        let mut state = u64::from(seed) + 1;
        let mut random = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            u32::try_from(state >> 32).unwrap()
        };
        let (mut backoff, mut now, mut attempts) = (Backoff::new(), Duration::ZERO, 1);
        while now < Duration::from_secs(3600) {
            now += backoff.next(random());
            attempts += 1;
        }
        // 0 to 75 s are six attempts at the most, and then one comes each 45 to 90 s.
        assert!((40..=86).contains(&attempts), "{attempts}");
    }
    // The machine waits as the delays say, though it is woken early and often.
    let mut machine = dial(&retrying(1000));
    let (mut attempts, mut now) = (0, Duration::ZERO);
    while now < Duration::from_secs(3600) {
        attempts += u32::from(wake(&mut machine, now));
        now += Duration::from_millis(100);
    }
    assert!((40..=86).contains(&attempts), "{attempts}");
}

/// Does all that can be done at this time. Returns whether there was an attempt, which failed.
fn wake(dial: &mut Dial, now: Duration) -> bool {
    let now = sansocket::Timestamp::new(now);
    dial.handle_timeout(now);
    if !matches!(dial.next_action(), Action::Connect { .. }) {
        return false;
    }
    dial.handle_failure(now);
    dial.proceed(now);
    true
}

#[test]
fn a_connection_that_broke_or_was_sent_away_is_worth_another_one() {
    // P-22, C-35
    let ended = |cause, code: Option<u16>| {
        let mut ended = broken();
        ended.cause = cause;
        ended.received = match code {
            Some(code) => CloseFrame::Code(CloseCode::new(code).expect("a code")),
            None => CloseFrame::Absent,
        };
        Retry::is_worth(&ended)
    };
    for code in (1000..=1003).chain(1007..=1014).chain([3000, 4999]) {
        let is_temporary = [1001, 1011, 1012, 1013, 1014].contains(&code);
        assert_eq!(ended(Cause::ClosingHandshake, Some(code)), is_temporary, "{code}");
    }
    assert!(!ended(Cause::ClosingHandshake, None));
    assert!(ended(Cause::TransportEnded, None));
    assert!(ended(Cause::TimedOut(TimedOut::Silence), None));
    assert!(!ended(Cause::TransportReset, Some(1000)), "our reply to a normal end was not written");
    assert!(ended(Cause::TransportReset, Some(1012)));
    assert!(!ended(Cause::Rejected, None));
    assert!(!ended(Cause::Violation(ProtocolError::InvalidUtf8), None));
}

#[test]
fn a_connection_that_the_application_has_closed_is_over_without_a_reply() {
    for (sent, expected) in [
        (CloseFrame::Absent, true),
        (CloseFrame::Empty, false),
        (CloseFrame::Code(CloseCode::NORMAL), false),
        (CloseFrame::Code(CloseCode::GOING_AWAY), true),
    ] {
        for cause in [Cause::TimedOut(TimedOut::Close), Cause::TransportEnded] {
            let mut ended = broken();
            (ended.sent, ended.cause) = (sent, cause);
            assert_eq!(Retry::is_worth(&ended), expected, "{sent:?}, {cause:?}");
        }
    }
}

/// The account of a connection whose transport ended.
fn broken() -> Ended {
    let config = sansocket::Config::new().shared();
    let mut server = sansocket::Connection::open_server(Default::default(), config, START);
    server.handle_eof(START);
    let mut input = sansocket::Input::new(Vec::new());
    assert_eq!(server.next_event(&mut input), None);
    server.handle_write_error(START);
    let ended = server.ended().expect("it is over");
    assert_eq!(ended.transport, Some(Initiator::Peer));
    ended
}
