//! What threads can do with each public type of the core, and how large some types are.

use core::fmt::Debug;

use sansocket::{
    Authority, Backlog, Busy, Cause, CloseFrame, Config, Connection, Counts, Ended, Event,
    Extension, Fields, HandshakeError, HandshakeLimits, HeadError, HeaderError, HeaderIter,
    Headers, Initiator, Input, Liveness, Message, Negotiated, NotSuspended, Overflow, OwnedMessage,
    Prepared, Pushed, Receiver, RoundTrip, Seed, Seeds, SendError, Sender, SnapshotError, Spare,
    Step, TimedOut, Timeouts, Timestamp, Url, UrlError, UrlPolicy, client, server,
};

/// A value can be sent to another thread, shared between threads, and moved: it holds no lock guard and no
/// pointer to itself.
const fn is_free<T: Send + Sync + Unpin + Debug>() {}

/// A value is copied when it is passed on.
const fn is_copied<T: Copy + Send + Sync + Unpin + Debug>() {}

const _: () = {
    is_copied::<Authority<'_>>();
    is_copied::<Busy>();
    is_copied::<Cause>();
    is_copied::<CloseFrame>();
    is_copied::<Counts>();
    is_copied::<Extension<'_>>();
    is_copied::<HandshakeError>();
    is_copied::<HandshakeLimits>();
    is_copied::<HeadError>();
    is_copied::<HeaderError>();
    is_copied::<Initiator>();
    is_copied::<Liveness>();
    is_copied::<Overflow>();
    is_copied::<Pushed>();
    is_copied::<RoundTrip>();
    is_copied::<SendError>();
    is_copied::<SnapshotError>();
    is_copied::<TimedOut>();
    is_copied::<Timeouts>();
    is_copied::<Timestamp>();
    is_copied::<Url<'_>>();
    is_copied::<UrlError>();
    is_copied::<UrlPolicy>();
    is_copied::<client::ResponseError>();
    is_copied::<server::HostError>();
    is_copied::<server::OriginError>();
    is_copied::<server::RequestError>();
    is_free::<Backlog>();
    is_free::<Config>();
    is_free::<Connection>();
    is_free::<Ended>();
    is_free::<Event<'_>>();
    is_free::<Fields>();
    is_free::<HeaderIter<'_>>();
    is_free::<Headers>();
    is_free::<Input<&mut [u8]>>();
    is_free::<Input<[u8; 4]>>();
    is_free::<Input<Vec<u8>>>();
    is_free::<Message<'_>>();
    is_free::<Negotiated>();
    is_free::<NotSuspended>();
    is_free::<OwnedMessage>();
    is_free::<Prepared>();
    is_free::<Receiver>();
    is_free::<Seed>();
    is_free::<Seeds>();
    is_free::<Sender>();
    is_free::<Spare<'_, Vec<u8>>>();
    is_free::<Step>();
    is_free::<client::Answer>();
    is_free::<client::Pending>();
    is_free::<client::Request<'_>>();
    is_free::<client::Response>();
    is_free::<server::Head>();
    is_free::<server::Hosts>();
    is_free::<server::Origins>();
    is_free::<server::Policy>();
    is_free::<server::Request>();
    is_free::<server::Response<'_>>();
};

const _: () = {
    use sansocket::auth::{
        Authorization, BasicLogin, Challenge, Credentials, CredentialsError, Demand,
    };
    use sansocket::connect::{
        Action, Backoff, ConnectError, Dial, Failure, Next, Opened, Peer, Plan, PlanError, Proxy,
        ProxyError, ProxyFault, ProxyScheme, RedirectFault, Redirects, Retry, Rules, Versions,
    };

    is_copied::<Action<'_>>();
    is_copied::<Authorization<'_>>();
    is_copied::<Backoff>();
    is_copied::<Challenge<'_>>();
    is_copied::<CredentialsError>();
    is_copied::<Demand<'_>>();
    is_copied::<Failure>();
    is_copied::<Next<'_>>();
    is_copied::<Peer>();
    is_copied::<PlanError>();
    is_copied::<ProxyError>();
    is_copied::<ProxyFault>();
    is_copied::<ProxyScheme>();
    is_copied::<RedirectFault>();
    is_copied::<Redirects>();
    is_copied::<Retry>();
    is_copied::<Versions>();
    is_free::<BasicLogin>();
    is_free::<ConnectError>();
    is_free::<Credentials>();
    is_free::<Dial>();
    is_free::<Opened>();
    is_free::<Plan>();
    is_free::<Proxy>();
    is_free::<Rules>();
};

#[cfg(feature = "digest")]
const _: () = {
    use sansocket::auth::{Algorithm, Digest, DigestLogin};

    is_copied::<Algorithm>();
    is_free::<Digest>();
    is_free::<DigestLogin>();
};

#[cfg(feature = "deflate")]
const _: () = {
    use sansocket::deflate::{Agreement, Compression, Context, Pool};

    is_copied::<Agreement>();
    is_copied::<Compression>();
    is_copied::<Context>();
    is_free::<Pool>();
};

#[cfg(feature = "legacy")]
const _: () = {
    use sansocket::legacy::upgrade::{Answer, Incoming, Offer, Pending};
    use sansocket::legacy::{
        Connection, Draft, Request, Sender, Spare, Version, Versions, upgrade,
    };

    is_copied::<Draft>();
    is_copied::<Version>();
    is_copied::<Versions>();
    is_free::<Answer>();
    is_free::<Connection>();
    is_free::<Incoming>();
    is_free::<Offer>();
    is_free::<Pending>();
    is_free::<Request>();
    is_free::<Sender>();
    is_free::<Spare<'_, Vec<u8>>>();
    is_free::<upgrade::Request>();
};

#[test]
fn events_messages_and_errors_are_small() {
    const WORD: usize = size_of::<usize>();
    assert_eq!(size_of::<SendError>(), 1);
    let errors = [size_of::<HandshakeError>(), size_of::<HeaderError>(), size_of::<UrlError>()];
    assert_eq!(errors, [2, 1, 1]);
    assert_eq!(size_of::<Message<'_>>(), 5 * WORD);
    // To look for an event costs no more than to have one.
    assert_eq!(size_of::<Event<'_>>(), 4 * WORD);
    assert_eq!(size_of::<Option<Event<'_>>>(), 4 * WORD);
}

#[cfg(target_pointer_width = "64")]
#[test]
fn a_connection_takes_as_many_bytes_as_the_readme_says() {
    let size = size_of::<Connection>();
    let claim = match cfg!(feature = "deflate") {
        false => format!("A connection takes {size} bytes on a 64-bit machine"),
        true => format!("bytes on a 64-bit machine ({size} with `deflate`)"),
    };
    assert!(include_str!("../../README.md").contains(&claim), "{claim}");
}
