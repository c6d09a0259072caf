//! Kaibo api.
