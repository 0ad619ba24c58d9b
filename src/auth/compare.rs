//! Comparison of secrets.

use subtle::ConstantTimeEq;

/// Returns whether two secrets are equal. The time depends on their lengths alone.
pub(crate) fn is_equal(one: &[u8], other: &[u8]) -> bool {
    one.ct_eq(other).into()
}
