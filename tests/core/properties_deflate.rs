//! The bodies of the fuzz targets for compression, with data that proptest makes up.

use proptest::collection::vec;
use proptest::prelude::*;

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(1500) })]

    #[test]
    fn compressed_messages_are_seen_as_the_rfc_says_however_they_are_cut(
        data in vec(any::<u8>(), 0..300),
    ) {
        harness::deflate_receive(&data);
    }

    #[test]
    fn what_one_end_compresses_the_other_receives(data in vec(any::<u8>(), 0..400)) {
        harness::deflate_pair(&data);
    }
}
