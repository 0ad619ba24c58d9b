//! The pages of the guide, so that their examples are compiled and run.
