//! `kaibo app`.

use serde_json::json;

use super::kaibo_or_new;
use crate::cli::AppCommand;

/// Runs it.
pub(crate) async fn run(command: AppCommand) -> anyhow::Result<()> {
    let AppCommand::Create {
        place,
        appid,
        secret,
        name,
    } = command;
    let app = kaibo_or_new(&place)
        .await?
        .create_app(appid, secret, &name)
        .await?;
    println!("{}", json!({ "appid": app.app_id, "secret": app.secret }));
    Ok(())
}
