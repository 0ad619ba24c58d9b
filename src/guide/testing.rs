//! Testing and fuzzing your own code.
