//! Nothing: the tests are those of sansocket.
