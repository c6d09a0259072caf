//! Where log lines go.

use crate::config::{Config, LogFormat};

/// Sends log lines to standard error. Called once.
pub(crate) fn start(config: &Config) -> anyhow::Result<()> {
    let lines = tracing_subscriber::fmt()
        .with_env_filter(config.log_filter()?)
        .with_writer(std::io::stderr);
    match config.server.log_format {
        LogFormat::Text => lines.init(),
        LogFormat::Json => lines.json().init(),
    }
    Ok(())
}
