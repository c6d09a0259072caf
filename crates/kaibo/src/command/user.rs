//! `kaibo user`.

use anyhow::{Context as _, ensure};

use super::kaibo;
use crate::cli::UserCommand;

/// Runs it.
pub(crate) async fn run(command: UserCommand) -> anyhow::Result<()> {
    let unknown = |name: &str| format!("there is no user {name:?}");
    match command {
        UserCommand::Password { place, name } => {
            let password = kaibo(&place).await?.reset_password(&name).await?;
            println!("{}", password.with_context(|| unknown(&name))?);
        }
        UserCommand::Link { place, name } => {
            let link = kaibo(&place).await?.reset_user_by_name(&name).await?;
            println!("{}", link.with_context(|| unknown(&name))?.url);
        }
        UserCommand::TwoFactor { place, name } => {
            let kaibo = kaibo(&place).await?;
            let done = kaibo.reset_two_factor_by_name(&name).await?;
            ensure!(done, unknown(&name));
            println!("{name:?} logs in by the password alone");
        }
    }
    Ok(())
}
