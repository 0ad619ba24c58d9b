//! TLS: own roots, client certificates, a private CA for tests.
