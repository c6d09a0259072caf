//! The binary: reads the command line and hands over to one command.

mod cli;
mod command;
mod config;
mod gate;
mod http;
mod logging;
mod server;

use std::process::ExitCode;

use clap::Parser as _;

use cli::{Cli, Command};

fn main() -> ExitCode {
    let cli = Cli::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => return fail(&error.into()),
    };
    match runtime.block_on(run(cli)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&error),
    }
}

async fn run(cli: Cli) -> anyhow::Result<()> {
    match cli.command {
        Command::Serve(args) => command::serve::run(args).await,
        Command::Demo(args) => command::demo::run(args).await,
        Command::App(command) => command::app::run(command).await,
        Command::Anchor(command) => command::anchor::run(command).await,
        Command::Room(command) => command::room::run(command).await,
        Command::Goods(command) => command::goods::run(command).await,
        Command::User(command) => command::user::run(command).await,
        Command::Migrate(command) => command::migrate::run(command).await,
        Command::Config(command) => command::config::run(&command),
        Command::Doctor(args) => command::doctor::run(args).await,
        Command::Backup(args) => command::backup::backup(args).await,
        Command::Restore(args) => command::backup::restore(args).await,
    }
}

fn fail(error: &anyhow::Error) -> ExitCode {
    eprintln!("kaibo: {error:#}");
    ExitCode::FAILURE
}
