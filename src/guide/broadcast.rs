//! Broadcast: one message for many clients.
