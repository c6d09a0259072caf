//! Kaibo.

fn main() {}
