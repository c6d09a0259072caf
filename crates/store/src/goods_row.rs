//! Goods as a row, both ways.

use kaibo_domain::goods::{Audit, Goods, GoodsDraft, Origin, Price};
use kaibo_domain::id::{AuditId, GoodsId};

use crate::StoreError;
use crate::db::{Row, Value, args};
use crate::room_row::{from_json, json};

/// The columns of table `goods`, aliased `g`, that [`goods_of`] reads, in the order of
/// [`goods_values`].
macro_rules! goods_columns {
    () => {
        "g.id, g.app_id, g.name, g.cover, g.price_type, g.price, g.price2, g.url, \
         g.third_party_appid, g.goods_key, g.origin, g.audit, g.audit_id, g.submitted_at, \
         g.decided_at, g.rejection, g.created_at, g.deleted_at, g.version"
    };
}
pub(crate) use goods_columns;

pub(crate) const INSERT: &str = "INSERT INTO goods (id, app_id, name, cover, price_type, price, \
     price2, url, third_party_appid, goods_key, origin, audit, audit_id, submitted_at, decided_at, \
     rejection, created_at, deleted_at, version) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, \
     $11, $12, $13, $14, $15, $16, $17, $18, $19)";

/// Saves goods whose version is still `$19`, and counts it up.
pub(crate) const UPDATE: &str = "UPDATE goods SET name = $3, cover = $4, price_type = $5, \
     price = $6, price2 = $7, url = $8, third_party_appid = $9, goods_key = $10, origin = $11, \
     audit = $12, audit_id = $13, submitted_at = $14, decided_at = $15, rejection = $16, \
     created_at = $17, deleted_at = $18, version = version + 1 \
     WHERE id = $1 AND app_id = $2 AND version = $19";

/// The parameters of [`INSERT`] and [`UPDATE`].
pub(crate) fn goods_values(goods: &Goods) -> Vec<Value> {
    let draft = &goods.draft;
    let (price, price2) = draft.price.amounts();
    args![
        goods.id,
        &goods.app_id,
        draft.name.as_str(),
        draft.cover.as_str(),
        draft.price.kind(),
        price,
        price2,
        draft.url.as_str(),
        draft.third_party_appid.as_str(),
        json(&draft.goods_key),
        origin_text(goods.origin),
        goods.audit.number(),
        goods.audit_id,
        goods.submitted_at,
        goods.decided_at,
        goods.rejection.as_ref().map(json),
        goods.created_at,
        goods.deleted_at,
        goods.version,
    ]
}

/// Reads goods.
pub(crate) fn goods_of(row: &Row) -> Result<Goods, StoreError> {
    let rejection: Option<String> = row.get("rejection")?;
    let audit_id: Option<i64> = row.get("audit_id")?;
    Ok(Goods {
        id: GoodsId(row.get("id")?),
        app_id: row.app_id()?,
        draft: draft_of(row)?,
        origin: origin_of(&row.get::<String>("origin")?)?,
        audit: Audit::of(row.get("audit")?).ok_or_else(|| unreadable("audit"))?,
        audit_id: audit_id.map(AuditId),
        submitted_at: row.get("submitted_at")?,
        decided_at: row.get("decided_at")?,
        rejection: rejection
            .map(|text| from_json("rejection", &text))
            .transpose()?,
        created_at: row.get("created_at")?,
        deleted_at: row.get("deleted_at")?,
        version: row.get("version")?,
    })
}

fn draft_of(row: &Row) -> Result<GoodsDraft, StoreError> {
    let price = Price::of(
        row.get("price_type")?,
        row.get("price")?,
        Some(row.get("price2")?),
    );
    Ok(GoodsDraft {
        name: row.get("name")?,
        cover: row.get("cover")?,
        price: price.ok_or_else(|| unreadable("price_type"))?,
        url: row.get("url")?,
        third_party_appid: row.get("third_party_appid")?,
        goods_key: from_json("goods_key", &row.get::<String>("goods_key")?)?,
    })
}

fn origin_text(origin: Origin) -> &'static str {
    match origin {
        Origin::Api => "api",
        Origin::Console => "console",
    }
}

fn origin_of(text: &str) -> Result<Origin, StoreError> {
    match text {
        "api" => Ok(Origin::Api),
        "console" => Ok(Origin::Console),
        _ => Err(unreadable("origin")),
    }
}

fn unreadable(column: &'static str) -> StoreError {
    StoreError::Unreadable {
        column,
        detail: "not one of its values".into(),
    }
}
