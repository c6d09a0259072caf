//! Kaibo bus.
