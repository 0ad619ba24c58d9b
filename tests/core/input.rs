//! The input: what is read, and what of it was consumed.

use sansocket::Input;

#[test]
#[should_panic = "filled more than was spare"]
fn no_more_can_be_filled_than_was_spare() {
    let mut input = Input::new([0; 8]);
    input.fill(5);
    input.fill(4);
}

#[test]
#[should_panic = "consumed more than there was"]
fn no_more_can_be_consumed_than_there_was() {
    let mut input = Input::new([0; 8]);
    input.fill(5);
    input.consume(3);
    input.consume(3);
}

#[test]
#[should_panic = "replaced storage with unconsumed bytes in it"]
fn no_storage_is_replaced_that_has_something_unread_in_it() {
    let mut input = Input::filled([0; 8]);
    input.consume(7);
    input.replace([0; 8]);
}

#[test]
fn what_was_read_is_not_shown_for_debugging() {
    let mut input = Input::filled(*b"secret");
    input.consume(1);
    assert_eq!(format!("{input:?}"), "Input { unread: 5, .. }");
}
