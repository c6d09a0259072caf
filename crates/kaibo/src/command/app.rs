//! `kaibo app`.

use std::io::{Read as _, stdin};

use anyhow::{Context as _, bail};
use kaibo_app::WechatState;
use serde_json::json;

use super::{kaibo, kaibo_or_new, kaibo_that_calls};
use crate::cli::{AppCommand, WechatCommand};

/// Longest secret that is read.
const MAX_SECRET: u64 = 1_024;

/// Runs it.
pub(crate) async fn run(command: AppCommand) -> anyhow::Result<()> {
    match command {
        AppCommand::Create {
            place,
            appid,
            secret,
            name,
        } => {
            let kaibo = kaibo_or_new(&place).await?;
            let app = kaibo.create_app(appid, secret, &name).await?;
            println!("{}", json!({ "appid": app.app_id, "secret": app.secret }));
            Ok(())
        }
        AppCommand::Wechat(command) => wechat(command).await,
    }
}

async fn wechat(command: WechatCommand) -> anyhow::Result<()> {
    match command {
        WechatCommand::Set { args, wechat_appid } => {
            let kaibo = kaibo_that_calls(&args.place).await?;
            let secret = secret()?;
            let set = kaibo.set_wechat(&args.appid, wechat_appid.as_deref(), Some(&secret));
            print(&set.await?);
        }
        WechatCommand::Show(args) => {
            let state = kaibo(&args.place).await?.wechat_state(&args.appid).await?;
            match state {
                Some(state) => print(&state),
                None => bail!(
                    "no WeChat account is set for {}; set one with `kaibo app wechat set`",
                    args.appid
                ),
            }
        }
        WechatCommand::Drop(args) => {
            kaibo(&args.place).await?.drop_wechat(&args.appid).await?;
            println!("{}", json!({ "set": false }));
        }
    }
    Ok(())
}

fn secret() -> anyhow::Result<String> {
    let mut secret = String::new();
    let read = stdin().take(MAX_SECRET).read_to_string(&mut secret);
    read.context("cannot read the AppSecret from standard input")?;
    Ok(secret.trim().to_owned())
}

fn print(state: &WechatState) {
    let problem = state.trouble.as_ref().map(ToString::to_string);
    let line = json!({
        "set": true,
        "wechatAppid": state.appid,
        "setAt": state.set_at,
        "boughtAt": state.bought_at,
        "expiresAt": state.expires_at,
        "problem": problem,
    });
    println!("{line}");
}
