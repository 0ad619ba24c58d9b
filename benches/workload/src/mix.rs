//! Messages of many sizes.
//!
//! Sizes follow a log-normal distribution: the logarithm of a size is normal. That is the usual model of the bodies
//! of HTTP (Barford and Crovella, "Generating representative Web workloads", 1998). We found no published
//! distribution of WebSocket messages, so the parameters are our choice and no measurement: a median of 300 bytes,
//! as JSON events have, and a standard deviation of 1.5 of the natural logarithm. Two thirds of the messages then
//! have 67 to 1,345 bytes, one in a hundred has more than 9.8 KB, and the mean is about three times the median.

use std::f64::consts::TAU;

use fastrand::Rng;

/// The sizes, in bytes: always the same [`COUNT`].
pub fn sizes() -> Vec<usize> {
    let mut random = Rng::with_seed(11);
    (0..COUNT).map(|_| size(normal(&mut random))).collect()
}

/// The size that lies so many standard deviations above the median.
fn size(deviations: f64) -> usize {
    ((MEDIAN * (SIGMA * deviations).exp()) as usize).clamp(1, MOST)
}

/// A number of the standard normal distribution, as Box and Muller draw it.
fn normal(random: &mut Rng) -> f64 {
    let (radius, angle) = (1.0 - random.f64(), random.f64());
    (-2.0 * radius.ln()).sqrt() * (TAU * angle).cos()
}

/// How many messages are drawn.
pub const COUNT: usize = 512;

/// No message has more bytes.
pub const MOST: usize = 64 << 10;

const MEDIAN: f64 = 300.0;

/// The standard deviation of the natural logarithm of sizes.
const SIGMA: f64 = 1.5;
