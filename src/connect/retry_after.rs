//! `Retry-After`: how long a server wants not to be asked (RFC 9110, section 10.2.3).

use core::time::Duration;

use crate::handshake::client::Response;

/// Returns how long a server wants not to be asked, if it says so.
///
/// A date counts from the `Date` of the same response, so that the clocks of client and server need not agree.
/// With the feature `std` off, dates are ignored.
pub(crate) fn retry_after(response: &Response) -> Option<Duration> {
    let mut values = response.headers().values("Retry-After");
    let value = values.next().filter(|_| values.next().is_none())?;
    let value = str::from_utf8(value).ok()?;
    match value.bytes().all(|byte| byte.is_ascii_digit()) {
        // A number that does not fit is a very long time.
        true if !value.is_empty() => Some(Duration::from_secs(value.parse().unwrap_or(u64::MAX))),
        true => None,
        false => until_date(value, response.headers().text("Date")?),
    }
}

#[cfg(feature = "std")]
fn until_date(until: &str, now: &str) -> Option<Duration> {
    let [until, now] = [until, now].map(httpdate::parse_http_date);
    // A date in the past says that the server is back.
    Some(until.ok()?.duration_since(now.ok()?).unwrap_or_default())
}

#[cfg(not(feature = "std"))]
const fn until_date(_: &str, _: &str) -> Option<Duration> {
    None
}
