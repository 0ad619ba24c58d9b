//! Deciding on a request: accept or reject it after a look at a database.
