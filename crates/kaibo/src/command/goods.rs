//! `kaibo goods`: the audit by hand.

use anyhow::Context as _;
use kaibo_domain::goods::Decision;
use serde_json::json;

use super::kaibo;
use crate::cli::{GoodsArgs, GoodsCommand};

/// Runs it.
pub(crate) async fn run(command: GoodsCommand) -> anyhow::Result<()> {
    match command {
        GoodsCommand::Approve(args) => decide(args, Decision::Approved).await,
        GoodsCommand::Reject { args, reason } => decide(args, Decision::by_hand(&reason)).await,
    }
}

async fn decide(args: GoodsArgs, decision: Decision) -> anyhow::Result<()> {
    let kaibo = kaibo(&args.place).await?;
    let goods = kaibo
        .decide_goods(&args.app, args.goods_id, decision)
        .await
        .with_context(|| format!("goods {} of {}", args.goods_id, args.app))?;
    println!(
        "{}",
        json!({
            "goodsId": goods.id,
            "auditStatus": goods.audit.number(),
            "rejection": goods.rejection,
        })
    );
    Ok(())
}
