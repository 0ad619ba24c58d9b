use std::mem;

use sansocket_text::{TextBuffer, Utf8Error};

use crate::choices::Choices;
use crate::oracle::bad_byte;

/// Whatever is called in whichever order, a buffer of text has what a `Vec` of the bytes that were accepted has, of which
/// the standard library says what is valid.
pub fn text(data: &[u8]) {
    let mut choices = Choices::new(data);
    let mut text = TextBuffer::new(vec![0xff; choices.below(40)]);
    let mut model = Vec::new();
    while !choices.is_empty() {
        call(&mut text, &mut model, &mut choices);
        check(&text, &model);
    }
}

fn call(text: &mut TextBuffer, model: &mut Vec<u8>, choices: &mut Choices<'_>) {
    match choices.below(8) {
        0 => {
            let count = choices.len() % 300;
            text.reserve(count).expect("so little can be allocated");
            assert!(text.room() >= count);
        }
        // Writes what is not filled.
        1 => {
            let count = choices.below(9);
            let spare = text.spare(count);
            assert_eq!(spare.len(), count);
            let bytes = choices.take(count);
            spare[..bytes.len()].copy_from_slice(bytes);
        }
        // Fills what was read now or before. What follows it is written to and not filled.
        2 | 3 => {
            let count = choices.below(200);
            let len = choices.below(count + 1);
            let bytes = choices.take(len);
            let spare = text.spare(count);
            spare[..bytes.len()].copy_from_slice(bytes);
            let filled = spare[..choices.below(count + 1)].to_vec();
            let verdict = text.fill(filled.len());
            accept(model, &filled, verdict);
        }
        // The memory of a text is that of the next one.
        4 => {
            let memory = mem::take(text).into_memory();
            assert!(memory.starts_with(model));
            let room = memory.capacity();
            *text = TextBuffer::new(memory);
            assert_eq!(text.room(), room);
            model.clear();
        }
        // So long that instructions for many bytes look at it.
        5 => {
            let bytes = "κόσμε 😀, and ascii. ".repeat(choices.below(12));
            let verdict = text.push(bytes.as_bytes());
            accept(model, bytes.as_bytes(), verdict);
        }
        _ => {
            let len = choices.len();
            let bytes = choices.take(len);
            let verdict = text.push(bytes);
            accept(model, bytes, verdict);
        }
    }
}

/// Adds `bytes` to those that were accepted, if they are text, and checks the verdict on them.
fn accept(model: &mut Vec<u8>, bytes: &[u8], verdict: Result<(), Utf8Error>) {
    let all = [model, bytes].concat();
    match bad_byte(&all) {
        None => {
            assert_eq!(verdict, Ok(()));
            *model = all;
        }
        Some(bad) => assert_eq!(verdict, Err(Utf8Error { at: bad - model.len() })),
    }
}

fn check(text: &TextBuffer, model: &[u8]) {
    assert_eq!(text.as_bytes(), model);
    let valid = std::str::from_utf8(model).map_or_else(|error| error.valid_up_to(), str::len);
    assert_eq!(text.as_str().as_bytes(), &model[..valid]);
    assert_eq!(text.is_complete(), valid == model.len());
}
