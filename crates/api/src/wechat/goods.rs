//! `goods/*` of an app's library: made, edited, audited, listed (spec E25 to E33).
//! <https://developers.weixin.qq.com/miniprogram/dev/server/API/livebroadcast>

use kaibo_app::{Error, GoodsQuery, Kaibo};
use kaibo_domain::goods::{
    Audit, Fen, Goods, GoodsDraft, GoodsField, GoodsRefusal, GoodsRule, Origin, Price, fen_of_yuan,
    yuan_of_fen,
};
use kaibo_domain::id::{AuditId, GoodsId};
use kaibo_domain::refusal::Refusal;
use serde_json::{Value, json};

use super::answer::Answer;
use super::errcode::{CallFault, Fault};
use super::request::{Params, at_least};
use super::{Call, Route, Rule, call};

/// Goods in one answer of `getgoodswarehouse`.
const MAX_IDS: usize = 20;
/// Goods in one answer of `getapproved`, and without a wish.
const MAX_ROWS: i64 = 100;
const ROWS: i64 = 30;

/// Each with its quota of a day.
pub(super) fn routes() -> Vec<(&'static str, Route)> {
    // One quota under either of its paths (spec rule R6).
    let warehouse = call(Rule::post("getgoodswarehouse", 1_000), warehouse);
    vec![
        (
            "wxaapi/broadcast/goods/add",
            call(Rule::post("goods/add", 500), add),
        ),
        (
            "wxaapi/broadcast/goods/resetaudit",
            call(Rule::post("goods/resetaudit", 500), withdraw),
        ),
        (
            "wxaapi/broadcast/goods/audit",
            call(Rule::post("goods/audit", 500), submit),
        ),
        (
            "wxaapi/broadcast/goods/delete",
            call(Rule::post("goods/delete", 1_000), delete),
        ),
        (
            "wxaapi/broadcast/goods/update",
            call(Rule::post("goods/update", 1_000), update),
        ),
        ("wxa/business/getgoodswarehouse", warehouse.clone()),
        ("wxaapi/broadcast/getgoodswarehouse", warehouse),
        (
            "wxaapi/broadcast/goods/getapproved",
            call(Rule::get("goods/getapproved", 10_000).or_post(), list),
        ),
        (
            "wxaapi/broadcast/goods/setkey",
            call(Rule::post("goods/setkey", 500), set_key),
        ),
        (
            "wxaapi/broadcast/goods/getkey",
            call(Rule::get("goods/getkey", 500), key),
        ),
    ]
}

/// POST `goods/add`: made and submitted.
pub(super) async fn add(call: Call) -> Result<Answer, Fault> {
    let info = goods_info(&call.params)?;
    let kind = info.required_integer("priceType")?;
    let draft = GoodsDraft {
        name: info.required_text("name")?,
        cover: info.required_text("coverImgUrl")?,
        price: price(&info, kind, None)?,
        url: info.required_text("url")?,
        third_party_appid: info.text("thirdPartyAppid")?.unwrap_or_default(),
        goods_key: keys(&info)?.unwrap_or_default(),
    };
    let made = call.kaibo.add_goods(&call.app_id, draft, Origin::Api, true);
    let goods = made.await?;
    Ok(Answer::ok()
        .with("goodsId", goods.id.0)
        .with("auditId", audit_id(&goods)))
}

/// POST `goods/update`: what is not sent stays.
pub(super) async fn update(call: Call) -> Result<Answer, Fault> {
    let info = goods_info(&call.params)?;
    let id = goods_id(&info)?;
    let before = call.kaibo.goods(&call.app_id, id).await?.draft;
    let text = |key, kept: &String| Ok::<_, Fault>(info.text(key)?.unwrap_or_else(|| kept.clone()));
    let kind = info.integer("priceType")?;
    let draft = GoodsDraft {
        name: text("name", &before.name)?,
        cover: text("coverImgUrl", &before.cover)?,
        price: price(
            &info,
            kind.unwrap_or(before.price.kind()),
            Some(before.price),
        )?,
        url: text("url", &before.url)?,
        third_party_appid: text("thirdPartyAppid", &before.third_party_appid)?,
        goods_key: keys(&info)?.unwrap_or(before.goods_key),
    };
    let edited = call.kaibo.edit_goods(&call.app_id, id, draft, Origin::Api);
    edited.await?;
    Ok(Answer::ok())
}

/// POST `goods/resetaudit`: takes a submission back.
pub(super) async fn withdraw(call: Call) -> Result<Answer, Fault> {
    let id = goods_id(&call.params)?;
    let audit_id = AuditId(call.params.required_integer("auditId")?);
    let withdrawn = call
        .kaibo
        .withdraw_goods(&call.app_id, id, Some(audit_id), Origin::Api);
    withdrawn.await?;
    Ok(Answer::ok())
}

/// POST `goods/audit`: submits again.
pub(super) async fn submit(call: Call) -> Result<Answer, Fault> {
    let id = goods_id(&call.params)?;
    let submitted = call.kaibo.submit_goods(&call.app_id, id, Origin::Api);
    Ok(Answer::ok().with("auditId", audit_id(&submitted.await?)))
}

/// POST `goods/delete`.
pub(super) async fn delete(call: Call) -> Result<Answer, Fault> {
    let id = goods_id(&call.params)?;
    let deleted = call.kaibo.delete_goods(&call.app_id, id, Origin::Api);
    match deleted.await {
        Ok(()) => Ok(Answer::ok()),
        Err(Error::Refused(Refusal::Goods(refusal))) => Err(Fault::NotDeleted(refusal)),
        Err(error) => Err(error.into()),
    }
}

/// POST `getgoodswarehouse`: at most 20 goods by their ids; those that are not there are left out.
pub(super) async fn warehouse(call: Call) -> Result<Answer, Fault> {
    let ids = call.params.required_integers("goods_ids")?;
    if ids.len() > MAX_IDS {
        return Err(CallFault::Invalid("goods_ids").into());
    }
    let ids: Vec<GoodsId> = ids.into_iter().map(GoodsId).collect();
    let goods = call.kaibo.goods_by_ids(&call.app_id, &ids).await?;
    let row = |goods: &Goods| {
        let (price, price2) = yuan(goods.draft.price);
        json!({
            "goods_id": goods.id.0,
            "name": goods.draft.name,
            "cover_img_url": image(&call.kaibo, goods),
            "url": goods.draft.url,
            "price_type": goods.draft.price.kind(),
            "priceType": goods.draft.price.kind(),
            "price": price,
            "price2": price2,
            "audit_status": goods.audit.number(),
            "third_party_tag": tag(goods.origin),
            "thirdPartyAppid": goods.draft.third_party_appid,
        })
    };
    let rows: Vec<Value> = goods.iter().map(row).collect();
    Ok(Answer::ok().with("total", rows.len()).with("goods", rows))
}

/// GET `goods/getapproved`: goods in one state of their audit, the latest first.
pub(super) async fn list(call: Call) -> Result<Answer, Fault> {
    let params = &call.params;
    let status = params.required_integer("status")?;
    // `count` is PowerWeChat's.
    let limit = match params.integer("limit")? {
        Some(limit) => limit,
        None => params.integer("count")?.unwrap_or(ROWS),
    };
    if limit > MAX_ROWS {
        return Err(CallFault::Invalid("limit").into());
    }
    let query = GoodsQuery {
        audit: Some(Audit::of(status).ok_or(CallFault::Invalid("status"))?),
        offset: at_least(params.required_integer("offset")?, 0, "offset")?,
        limit: at_least(limit, 1, "limit")?,
    };
    let (total, goods) = call.kaibo.goods_page(&call.app_id, query).await?;
    let row = |goods: &Goods| {
        let (price, price2) = yuan(goods.draft.price);
        json!({
            "goodsId": goods.id.0,
            "name": goods.draft.name,
            "coverImgUrl": image(&call.kaibo, goods),
            "url": goods.draft.url,
            "priceType": goods.draft.price.kind(),
            "price": price,
            "price2": price2,
            "thirdPartyTag": tag(goods.origin),
            "third_party_tag": tag(goods.origin),
            "thirdPartyAppid": goods.draft.third_party_appid,
        })
    };
    let rows: Vec<Value> = goods.iter().map(row).collect();
    Ok(Answer::ok().with("total", total).with("goods", rows))
}

/// POST `goods/setkey`: by which query keys pages name their goods.
pub(super) async fn set_key(call: Call) -> Result<Answer, Fault> {
    let keys = keys(&call.params)?.ok_or(CallFault::GoodsKeyNoList)?;
    call.kaibo.set_goods_key(&call.app_id, &keys).await?;
    Ok(Answer::ok())
}

/// GET `goods/getkey`.
pub(super) async fn key(call: Call) -> Result<Answer, Fault> {
    let setting = call.kaibo.goods_setting(&call.app_id).await?;
    Ok(Answer::ok().with("vendorGoodsKey", setting.goods_key))
}

/// The id of goods that must be there.
pub(super) fn goods_id(params: &Params) -> Result<GoodsId, Fault> {
    Ok(GoodsId(params.required_integer("goodsId")?))
}

fn goods_info(params: &Params) -> Result<Params, Fault> {
    Ok(params.object("goodsInfo").ok_or(CallFault::NoGoodsInfo)?)
}

fn keys(params: &Params) -> Result<Option<Vec<String>>, Fault> {
    let keys = params.texts("goodsKey");
    keys.map_err(|_| CallFault::GoodsKeyNoList.into())
}

/// The price that was sent; what is missing of one of the same kind comes from `before`.
fn price(info: &Params, kind: i64, before: Option<Price>) -> Result<Price, Fault> {
    let before = before.filter(|price| price.kind() == kind);
    let kept = before.map(Price::amounts);
    let first = match (amount(info, "price")?, kept) {
        (Some(sent), _) => sent,
        (None, Some((kept, _))) => kept,
        (None, None) => return Err(CallFault::Missing("price").into()),
    };
    let second = match kind {
        // Callers send an empty `price2` beside a fixed price, and whatever else.
        1 => None,
        _ => amount(info, "price2")?.or(kept.map(|(_, kept)| kept)),
    };
    match Price::of(kind, first, second) {
        Some(price) => Ok(price),
        None if matches!(kind, 2 | 3) => Err(CallFault::Missing("price2").into()),
        None => Err(CallFault::Invalid("priceType").into()),
    }
}

fn amount(info: &Params, key: &'static str) -> Result<Option<Fen>, Fault> {
    let Some(text) = info.text(key)? else {
        return Ok(None);
    };
    let fen = fen_of_yuan(&text).ok_or_else(|| {
        let fields = vec![(GoodsField::Price, GoodsRule::NotAnAmount)];
        Fault::Refused(GoodsRefusal::Fields(fields).into())
    });
    fen.map(Some)
}

/// Yuan as numbers with as many decimals as they need.
fn yuan(price: Price) -> (Value, Value) {
    let number = |fen| {
        let text = yuan_of_fen(fen);
        serde_json::from_str(&text).expect("an amount in yuan is a number in JSON")
    };
    let (price, price2) = price.amounts();
    (number(price), number(price2))
}

/// Made through the API, or in the console.
fn tag(origin: Origin) -> u8 {
    match origin {
        Origin::Api => 2,
        Origin::Console => 0,
    }
}

fn image(kaibo: &Kaibo, goods: &Goods) -> String {
    kaibo.image_url(&goods.draft.cover)
}

fn audit_id(goods: &Goods) -> Option<i64> {
    goods.audit_id.map(|id| id.0)
}
