//! Fresh randomness for a handshake.

use std::io;

/// 32 bytes from the operating system.
pub(crate) fn fresh() -> io::Result<[u8; 32]> {
    let mut seed = [0; 32];
    getrandom::fill(&mut seed).map_err(|error| io::Error::other(error.to_string()))?;
    Ok(seed)
}
