//! `kaibo config`.

use crate::cli::ConfigCommand;
use crate::config::{Config, DEFAULT_TEXT};

/// Runs it.
pub(crate) fn run(command: &ConfigCommand) -> anyhow::Result<()> {
    match command {
        ConfigCommand::Default => print!("{DEFAULT_TEXT}"),
        ConfigCommand::Check(place) => {
            Config::load(place)?.check()?;
            println!("the configuration can be used");
        }
    }
    Ok(())
}
