//! What the asynchronous adapters promise, held over streams that do what they please.
use proptest::collection::vec;
use proptest::prelude::*;

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(1500) })]

    #[test]
    fn what_is_sent_is_seen_once_whatever_is_cancelled_and_delayed(data in vec(any::<u8>(), 0..600)) {
        harness::adapter(&data);
    }
}
