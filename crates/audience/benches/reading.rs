//! How fast sources are read.
fn main() {}
