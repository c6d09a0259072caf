//! Kaibo app.
