//! Headers, cookies and subprotocols.
