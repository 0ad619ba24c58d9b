//! Closing well, and the account of how a connection ended.
