//! `kaibo migrate`.

use kaibo_store::{Migration, Store};

use crate::cli::MigrateCommand;
use crate::config::Config;

/// Runs it.
pub(crate) async fn run(command: MigrateCommand) -> anyhow::Result<()> {
    let (MigrateCommand::Status(place) | MigrateCommand::Up(place)) = &command;
    let config = Config::load(place)?;
    let (folder, database) = (&config.server.data_dir, config.database()?);
    let before = database.migrations(folder).await?;
    println!("{}", database.name(folder));
    if matches!(command, MigrateCommand::Up(_)) {
        Store::open_with(folder, &database).await?.close().await;
        for step in before.iter().filter(|step| !step.applied) {
            println!("{}  applied now", title(step));
        }
        println!("up to date");
        return Ok(());
    }
    for step in &before {
        let state = match (step.applied, step.known) {
            (true, true) => "applied",
            (true, false) => "applied by a newer kaibo",
            (false, _) => "pending",
        };
        println!("{}  {state}", title(step));
    }
    Ok(())
}

fn title(step: &Migration) -> String {
    format!("{:04}  {}", step.version, step.description)
}
