//! Kaibo store.
