//! Pictures, bytes to bytes.
