//! `kaibo room`: the same door as the console's buttons.

use anyhow::Context as _;
use kaibo_domain::room::Command;
use serde_json::json;

use super::kaibo;
use crate::cli::{RoomArgs, RoomCommand};

/// Who bans, in the room's record.
const ACTOR: &str = "command line";

/// Runs it.
pub(crate) async fn run(command: RoomCommand) -> anyhow::Result<()> {
    match command {
        RoomCommand::Start(args) => apply(args, Command::Start).await,
        RoomCommand::End(args) => apply(args, Command::End).await,
        RoomCommand::Pause(args) => apply(args, Command::Pause).await,
        RoomCommand::Resume(args) => apply(args, Command::Resume).await,
        RoomCommand::Unban(args) => apply(args, Command::Unban).await,
        RoomCommand::Ban(args) => {
            let reason = args
                .reason
                .clone()
                .context("a ban needs --reason: viewers read it")?;
            apply(
                args,
                Command::Ban {
                    reason,
                    actor: ACTOR.into(),
                },
            )
            .await
        }
    }
}

async fn apply(args: RoomArgs, command: Command) -> anyhow::Result<()> {
    let kaibo = kaibo(&args.place).await?;
    let applied = kaibo
        .apply(&args.appid, args.room_id, command)
        .await
        .with_context(|| format!("room {} of {}", args.room_id, args.appid))?;
    let room = applied.room;
    println!(
        "{}",
        json!({ "roomId": room.id, "status": room.status.number(), "armed": room.armed })
    );
    Ok(())
}
