//! Sending from several tasks or threads.
