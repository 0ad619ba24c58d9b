//! The wire layer, which needs no allocator, and the types of the crate.

mod decoder;
mod fixed_buffer_echo;
mod types;
