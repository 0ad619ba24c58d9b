//! A security checklist.
