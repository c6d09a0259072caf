//! `kaibo user`.

use anyhow::Context as _;

use super::kaibo;
use crate::cli::UserCommand;

/// Runs it.
pub(crate) async fn run(command: UserCommand) -> anyhow::Result<()> {
    let UserCommand::ResetPassword { place, name } = command;
    let password = kaibo(&place)
        .await?
        .reset_password(&name)
        .await?
        .with_context(|| format!("there is no user {name:?}"))?;
    println!("{password}");
    Ok(())
}
