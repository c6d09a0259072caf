//! `kaibo anchor`.

use serde_json::json;

use super::kaibo;
use crate::cli::AnchorCommand;

/// Runs it.
pub(crate) async fn run(command: AnchorCommand) -> anyhow::Result<()> {
    let AnchorCommand::Verify { place, appid, name } = command;
    let anchor = kaibo(&place).await?.verify_anchor(&appid, &name).await?;
    println!(
        "{}",
        json!({ "wechatId": anchor.wechat_id, "state": "verified", "role": 2 })
    );
    Ok(())
}
