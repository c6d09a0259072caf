//! Kaibo media.
