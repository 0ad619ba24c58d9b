//! Settings: each changes something, and undoes no other.

use core::fmt::Debug;
use core::time::Duration;

use sansocket::connect::{Backoff, Retry};
use sansocket::server::{Hosts, Origins, Policy};
use sansocket::{
    Backlog, Config, HandshakeLimits, Limits, Liveness, Overflow, Timeouts, UrlPolicy,
};

/// It is the default of nothing.
const TIME: Duration = Duration::from_secs(2);

/// Applies each setting alone, and each pair of settings in both orders.
#[track_caller]
fn assert_independent<T: Debug>(new: fn() -> T, settings: &[fn(T) -> T]) {
    let show = |value: T| format!("{value:?}");
    for (at, one) in settings.iter().enumerate() {
        assert_ne!(show(one(new())), show(new()), "setting {at} changes something");
        for other in settings {
            assert_eq!(show(other(one(new()))), show(one(other(new()))), "setting {at} stays");
        }
    }
}

#[test]
fn a_setting_undoes_no_other() {
    assert_independent(
        Config::new,
        &[
            |it| it.limits(Limits::new().message(1)),
            |it| it.timeouts(Timeouts::new().idle(None)),
            |it| it.policy(Policy::new().require_origin(true)),
            |it| it.max_queued(1),
            |it| it.discard_after_close(true),
            #[cfg(feature = "deflate")]
            |it| it.compression(sansocket::deflate::Compression::shared()),
            #[cfg(feature = "deflate")]
            |it| it.pool(None),
        ],
    );
    assert_independent(
        Limits::new,
        &[
            |it| it.frame(1),
            |it| it.fragments(1),
            |it| it.message(1),
            |it| it.pongs(2),
            |it| it.pong_bytes(1),
        ],
    );
    assert_independent(
        Timeouts::new,
        &[
            |it| it.opening(TIME),
            |it| it.decision(TIME),
            |it| it.body(TIME),
            |it| it.idle(TIME),
            |it| it.pong(TIME),
            |it| it.close(TIME),
            |it| it.end(TIME),
            |it| it.liveness(Liveness::Pong),
        ],
    );
    assert_independent(
        HandshakeLimits::new,
        &[
            |it| it.body(1),
            |it| it.bytes(1),
            |it| it.fields(1),
            |it| it.interim(1),
            |it| it.target(1),
        ],
    );
    assert_independent(
        Policy::new,
        &[
            |it| it.hosts(Hosts::list(["a"]).unwrap()),
            |it| it.limits(HandshakeLimits::new().body(1)),
            |it| it.origins(Origins::any()),
            |it| it.require_origin(true),
        ],
    );
    assert_independent(UrlPolicy::new, &[|it| it.allow_http(true), |it| it.block_ports(true)]);
    assert_independent(Backoff::new, &[|it| it.first(TIME), |it| it.most(TIME)]);
    assert_independent::<Retry>(
        || Retry::times(2),
        &[|it| it.backoff(Backoff::new().first(TIME)), |it| it.longest(TIME)],
    );
    assert_independent::<Backlog>(
        || Backlog::new(Overflow::Wait),
        &[|it| it.max_bytes(1), |it| it.max_messages(1)],
    );
}
