//! `kaibo config`.

use crate::cli::ConfigCommand;
use crate::config;

/// Runs it.
pub(crate) fn run(command: &ConfigCommand) -> anyhow::Result<()> {
    match command {
        ConfigCommand::Default => print!("{}", config::DEFAULT_TEXT),
        ConfigCommand::Check(place) => {
            config::check(place)?;
            println!("the configuration can be used");
        }
    }
    Ok(())
}
