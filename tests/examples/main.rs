//! The examples do what they are examples of.

#[cfg(any())]
mod echo;
mod inspect;
#[cfg(any())]
mod libraries;
#[cfg(any())]
mod loops;
