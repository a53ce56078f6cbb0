//! Writers at the same time.
