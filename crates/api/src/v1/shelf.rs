//! A room's shelf: for the console, which changes it, and for viewers.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use kaibo_domain::draft::Draft;
use kaibo_domain::id::GoodsId;
use kaibo_domain::room::Room;
use kaibo_domain::shelf::{Shelf, ShelfCommand};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::goods::GoodsView;
use super::view::image_path;
use crate::auth::{PublicRoom, RoomPath, ShelfPath};
use crate::body::JsonBody;
use crate::error::ApiResult;
use crate::state::ApiState;

/// A shelf as the console sees it. Times are Unix milliseconds.
#[derive(Serialize, ToSchema)]
pub(crate) struct ShelfView {
    /// In the order in which viewers see them.
    items: Vec<ShelfItemView>,
    /// The card that viewers see.
    #[schema(required)]
    card: Option<CardView>,
    /// What the anchor explains.
    #[schema(required)]
    explaining: Option<ExplainingView>,
}

/// Goods on a shelf.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ShelfItemView {
    on_sale: bool,
    goods: GoodsView,
}

/// A card.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CardView {
    goods_id: i64,
    until: i64,
}

/// An explanation that is under way.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ExplainingView {
    goods_id: i64,
    since: i64,
}

/// What a room sells, as viewers see it.
#[derive(Serialize, ToSchema)]
pub(crate) struct PublicShelfView {
    /// Goods on sale; none where the room's shelf is closed.
    items: Vec<PublicGoodsView>,
    #[schema(required)]
    card: Option<CardView>,
    #[schema(required)]
    explaining: Option<ExplainingView>,
}

/// Goods as viewers see them. Prices are in fen.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PublicGoodsView {
    goods_id: i64,
    name: String,
    cover_url: String,
    /// 1: one price, 2: from `priceFen` to `price2Fen`, 3: `price2Fen` instead of `priceFen`.
    price_type: i64,
    price_fen: i64,
    price2_fen: i64,
    /// Page of the mini program.
    url: String,
    third_party_appid: String,
}

/// Goods of the library by their numbers.
#[derive(Deserialize, ToSchema)]
pub(crate) struct GoodsIds {
    #[schema(example = json!([1_234_567]))]
    goods: Vec<i64>,
}

/// Whether goods are sold.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct OnSaleForm {
    on_sale: bool,
}

/// A room's shelf
#[utoipa::path(
    get, path = "/apps/{appid}/rooms/{roomId}/shelf", tag = "shelf", operation_id = "getShelf",
    params(("appid" = String, Path), ("roomId" = i64, Path)),
    responses((status = 200, body = ShelfView), (status = 404, description = "`room_not_found`"))
)]
pub(crate) async fn read(
    State(api): State<Arc<ApiState>>,
    path: RoomPath,
) -> ApiResult<Json<ShelfView>> {
    let room = api.kaibo.room(&path.app_id, path.room_id).await?;
    let shelf = api.kaibo.shelf(&path.app_id, room.id).await?;
    view(&api, &shelf).await
}

/// Puts approved goods on the shelf
#[utoipa::path(
    post, path = "/apps/{appid}/rooms/{roomId}/shelf", tag = "shelf", operation_id = "addToShelf",
    params(("appid" = String, Path), ("roomId" = i64, Path)), request_body = GoodsIds,
    responses(
        (status = 200, body = ShelfView),
        (status = 404, description = "`room_not_found`, `goods_not_found`"),
        (status = 409, description = "`not_allowed_in_status`, `goods_not_approved`, `shelf_full`"),
    )
)]
pub(crate) async fn add(
    State(api): State<Arc<ApiState>>,
    path: RoomPath,
    JsonBody(form): JsonBody<GoodsIds>,
) -> ApiResult<Json<ShelfView>> {
    let goods = form.goods.into_iter().map(GoodsId).collect();
    change(&api, &path, ShelfCommand::Add(goods)).await
}

/// Sorts the shelf: these first, in this order, the others behind
#[utoipa::path(
    put, path = "/apps/{appid}/rooms/{roomId}/shelf/order", tag = "shelf",
    operation_id = "sortShelf",
    params(("appid" = String, Path), ("roomId" = i64, Path)), request_body = GoodsIds,
    responses(
        (status = 200, body = ShelfView),
        (status = 404, description = "`room_not_found`"),
        (status = 409, description = "`not_allowed_in_status`"),
    )
)]
pub(crate) async fn sort(
    State(api): State<Arc<ApiState>>,
    path: RoomPath,
    JsonBody(form): JsonBody<GoodsIds>,
) -> ApiResult<Json<ShelfView>> {
    let goods = form.goods.into_iter().map(GoodsId).collect();
    change(&api, &path, ShelfCommand::Sort(goods)).await
}

/// Takes goods from the shelf
#[utoipa::path(
    delete, path = "/apps/{appid}/rooms/{roomId}/shelf/{goodsId}", tag = "shelf",
    operation_id = "removeFromShelf",
    params(("appid" = String, Path), ("roomId" = i64, Path), ("goodsId" = i64, Path)),
    responses(
        (status = 200, body = ShelfView),
        (status = 404, description = "`room_not_found`, `goods_not_found`, `goods_not_on_shelf`"),
        (status = 409, description = "`not_allowed_in_status`, `push_under_way`"),
    )
)]
pub(crate) async fn remove(
    State(api): State<Arc<ApiState>>,
    ShelfPath(path, goods_id): ShelfPath,
) -> ApiResult<Json<ShelfView>> {
    change(&api, &path, ShelfCommand::Remove(goods_id)).await
}

/// Sells goods, or stops selling them
#[utoipa::path(
    put, path = "/apps/{appid}/rooms/{roomId}/shelf/{goodsId}/on-sale", tag = "shelf",
    operation_id = "setOnSale",
    params(("appid" = String, Path), ("roomId" = i64, Path), ("goodsId" = i64, Path)),
    request_body = OnSaleForm,
    responses(
        (status = 200, body = ShelfView),
        (status = 404, description = "`room_not_found`, `goods_not_found`, `goods_not_on_shelf`"),
        (status = 409, description = "`not_allowed_in_status`, `push_under_way`"),
    )
)]
pub(crate) async fn set_on_sale(
    State(api): State<Arc<ApiState>>,
    ShelfPath(path, goods_id): ShelfPath,
    JsonBody(form): JsonBody<OnSaleForm>,
) -> ApiResult<Json<ShelfView>> {
    change(&api, &path, ShelfCommand::OnSale(goods_id, form.on_sale)).await
}

/// Shows the card of goods to viewers
#[utoipa::path(
    post, path = "/apps/{appid}/rooms/{roomId}/shelf/{goodsId}/push", tag = "shelf",
    operation_id = "pushGoods",
    params(("appid" = String, Path), ("roomId" = i64, Path), ("goodsId" = i64, Path)),
    responses(
        (status = 200, body = ShelfView),
        (status = 404, description = "`room_not_found`, `goods_not_found`, `goods_not_on_shelf`"),
        (status = 409, description = "`not_allowed_in_status`, `push_under_way`, `goods_off_sale`"),
    )
)]
pub(crate) async fn push(
    State(api): State<Arc<ApiState>>,
    ShelfPath(path, goods_id): ShelfPath,
) -> ApiResult<Json<ShelfView>> {
    change(&api, &path, ShelfCommand::Push(goods_id)).await
}

/// Marks the beginning of an explanation; what was being explained is over
#[utoipa::path(
    post, path = "/apps/{appid}/rooms/{roomId}/shelf/{goodsId}/explain", tag = "shelf",
    operation_id = "explainGoods",
    params(("appid" = String, Path), ("roomId" = i64, Path), ("goodsId" = i64, Path)),
    responses(
        (status = 200, body = ShelfView),
        (status = 404, description = "`room_not_found`, `goods_not_found`, `goods_not_on_shelf`"),
        (status = 409, description = "`not_allowed_in_status`"),
    )
)]
pub(crate) async fn explain(
    State(api): State<Arc<ApiState>>,
    ShelfPath(path, goods_id): ShelfPath,
) -> ApiResult<Json<ShelfView>> {
    change(&api, &path, ShelfCommand::Explain(goods_id)).await
}

/// Marks the end of an explanation
#[utoipa::path(
    delete, path = "/apps/{appid}/rooms/{roomId}/explanation", tag = "shelf",
    operation_id = "endExplanation",
    params(("appid" = String, Path), ("roomId" = i64, Path)),
    responses(
        (status = 200, body = ShelfView),
        (status = 404, description = "`room_not_found`"),
        (status = 409, description = "`not_allowed_in_status`, `nothing_explained`"),
    )
)]
pub(crate) async fn end_explanation(
    State(api): State<Arc<ApiState>>,
    path: RoomPath,
) -> ApiResult<Json<ShelfView>> {
    change(&api, &path, ShelfCommand::EndExplanation).await
}

/// What a room sells
#[utoipa::path(
    get, path = "/rooms/{roomId}/shelf", tag = "viewer", operation_id = "getPublicShelf",
    params(("roomId" = i64, Path)),
    responses(
        (status = 200, body = PublicShelfView),
        (status = 404, description = "`room_not_found`"),
    )
)]
pub(crate) async fn public(
    State(api): State<Arc<ApiState>>,
    PublicRoom(room_id): PublicRoom,
) -> ApiResult<Json<PublicShelfView>> {
    let room = api.kaibo.public_room(room_id).await?;
    if is_closed(&room) {
        return Ok(Json(PublicShelfView {
            items: Vec::new(),
            card: None,
            explaining: None,
        }));
    }
    let shelf = api.kaibo.shelf(&room.app_id, room.id).await?;
    let goods = api.kaibo.shelved(&room.app_id, &[room.id]).await?;
    let on_sale = goods.iter().filter(|shelved| shelved.on_sale);
    let items = on_sale.map(|shelved| {
        let draft = &shelved.goods.draft;
        let (price_fen, price2_fen) = draft.price.amounts();
        PublicGoodsView {
            goods_id: shelved.goods.id.0,
            name: draft.name.clone(),
            cover_url: image_path(&draft.cover),
            price_type: draft.price.kind(),
            price_fen,
            price2_fen,
            url: draft.url.clone(),
            third_party_appid: draft.third_party_appid.clone(),
        }
    });
    Ok(Json(PublicShelfView {
        items: items.collect(),
        card: card(&api, &shelf),
        explaining: explaining(&shelf).filter(|_| room.status.is_on_air()),
    }))
}

/// Switched off by the merchant, or of a room that nobody may see into.
fn is_closed(room: &Room) -> bool {
    let Draft { switches, .. } = &room.draft;
    switches.close_goods || room.ban.is_some()
}

async fn change(
    api: &ApiState,
    path: &RoomPath,
    command: ShelfCommand,
) -> ApiResult<Json<ShelfView>> {
    let changed = api.kaibo.change_shelf(&path.app_id, path.room_id, command);
    view(api, &changed.await?).await
}

async fn view(api: &ApiState, shelf: &Shelf) -> ApiResult<Json<ShelfView>> {
    let goods = api.kaibo.shelved(&shelf.app_id, &[shelf.room_id]).await?;
    let item = |shelved: &kaibo_app::Shelved| ShelfItemView {
        on_sale: shelved.on_sale,
        goods: GoodsView::of(&shelved.goods),
    };
    Ok(Json(ShelfView {
        items: goods.iter().map(item).collect(),
        card: card(api, shelf),
        explaining: explaining(shelf),
    }))
}

fn card(api: &ApiState, shelf: &Shelf) -> Option<CardView> {
    shelf.card(api.kaibo.now()).map(|card| CardView {
        goods_id: card.goods_id.0,
        until: card.until,
    })
}

fn explaining(shelf: &Shelf) -> Option<ExplainingView> {
    shelf.explaining.map(|explaining| ExplainingView {
        goods_id: explaining.goods_id.0,
        since: explaining.since,
    })
}
