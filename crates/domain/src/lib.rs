//! Kaibo domain.
