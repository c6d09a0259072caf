//! Who wants to be told of an app's lives.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use kaibo_app::RoomQuery;
use kaibo_domain::subscription::SubscriptionKind;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::auth::{AppPath, RoomPath};
use crate::body::{JsonBody, bad_request};
use crate::error::ApiResult;
use crate::state::ApiState;

/// Most rows of a page.
const MAX_LIMIT: i64 = 100;

/// Of what somebody wants to be told.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Kind {
    /// When this room starts.
    Room,
    /// Of the app's lives, until taken back.
    Follow,
}

impl From<Kind> for SubscriptionKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Room => Self::Room,
            Kind::Follow => Self::Follow,
        }
    }
}

/// Who wants to be told, and of what.
#[derive(Deserialize, ToSchema, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct SubscriptionForm {
    /// 1 to 128 letters, digits, `_` and `-`.
    #[schema(example = "oABCD0123456789abcdefghijklm")]
    openid: String,
    #[param(inline)]
    kind: Kind,
}

/// How many want to be told of a room.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SubscriberCountsView {
    /// Of this room's start.
    subscribers: i64,
    /// Of the app's lives; they began to follow in this room.
    followers: i64,
}

/// A room and how many want to be told of it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SubscribedRoom {
    room_id: i64,
    name: String,
    status: u16,
    start_at: i64,
    #[serde(flatten)]
    counts: SubscriberCountsView,
}

/// An app's subscribers: how many follow it, and a page of its rooms, the latest planned start
/// first.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SubscriptionPage {
    followers: i64,
    /// Rooms in all.
    total: i64,
    rooms: Vec<SubscribedRoom>,
}

/// Somebody who follows an app.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct FollowerView {
    /// Its middle is hidden.
    #[schema(example = "oABC***lm")]
    openid_masked: String,
    room_id: i64,
    followed_at: i64,
}

/// A page of followers, the earliest first.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct FollowerPage {
    /// Followers in all.
    total: i64,
    followers: Vec<FollowerView>,
    /// `after` of the next page; null: there is none.
    #[schema(required)]
    next: Option<i64>,
}

/// Which rooms to list.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct RoomsQuery {
    /// Rooms to skip.
    #[serde(default)]
    offset: i64,
    /// Most rooms to give, 1 to 100.
    #[serde(default = "default_limit")]
    limit: i64,
}

/// Which followers to list.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct FollowersQuery {
    /// `next` of the page before.
    #[serde(default)]
    after: i64,
    /// Most followers to give, 1 to 100.
    #[serde(default = "default_limit")]
    limit: i64,
}

fn default_limit() -> i64 {
    20
}

/// Somebody wants to be told
///
/// Nothing happens where they said so already.
#[utoipa::path(
    put, path = "/apps/{appid}/rooms/{roomId}/subscriptions", tag = "subscriptions",
    operation_id = "subscribe", request_body = SubscriptionForm,
    params(("appid" = String, Path), ("roomId" = i64, Path)),
    responses(
        (status = 204),
        (status = 404, description = "`room_not_found`"),
        (status = 409, description = "`not_allowed_in_status`: the room has started already"),
        (status = 422, description = "`openid`: `openid_invalid`"),
    )
)]
pub(crate) async fn subscribe(
    State(api): State<Arc<ApiState>>,
    path: RoomPath,
    JsonBody(form): JsonBody<SubscriptionForm>,
) -> ApiResult<StatusCode> {
    let (app_id, room_id) = (&path.app_id, path.room_id);
    let subscribed = api
        .kaibo
        .subscribe(app_id, room_id, &form.openid, form.kind.into());
    subscribed.await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Somebody does not want to be told any more
///
/// Nothing happens where they did not. A follow ends in whatever room it began.
#[utoipa::path(
    delete, path = "/apps/{appid}/rooms/{roomId}/subscriptions", tag = "subscriptions",
    operation_id = "unsubscribe",
    params(("appid" = String, Path), ("roomId" = i64, Path), SubscriptionForm),
    responses(
        (status = 204),
        (status = 404, description = "`room_not_found`"),
        (status = 422, description = "`openid`: `openid_invalid`"),
    )
)]
pub(crate) async fn unsubscribe(
    State(api): State<Arc<ApiState>>,
    path: RoomPath,
    query: Result<Query<SubscriptionForm>, QueryRejection>,
) -> ApiResult<StatusCode> {
    let Query(form) = query.map_err(|_| bad_request())?;
    let (app_id, room_id) = (&path.app_id, path.room_id);
    let unsubscribed = api
        .kaibo
        .unsubscribe(app_id, room_id, &form.openid, form.kind.into());
    unsubscribed.await?;
    Ok(StatusCode::NO_CONTENT)
}

/// How many want to be told of a room
#[utoipa::path(
    get, path = "/apps/{appid}/rooms/{roomId}/subscriptions", tag = "subscriptions",
    operation_id = "countSubscribers",
    params(("appid" = String, Path), ("roomId" = i64, Path)),
    responses(
        (status = 200, body = SubscriberCountsView),
        (status = 404, description = "`room_not_found`"),
    )
)]
pub(crate) async fn counts(
    State(api): State<Arc<ApiState>>,
    path: RoomPath,
) -> ApiResult<Json<SubscriberCountsView>> {
    api.kaibo.room(&path.app_id, path.room_id).await?;
    Ok(Json(counts_of(&api, &path).await?))
}

async fn counts_of(api: &ApiState, path: &RoomPath) -> ApiResult<SubscriberCountsView> {
    let counts = api.kaibo.subscriber_counts(&path.app_id, path.room_id);
    let counts = counts.await?;
    Ok(SubscriberCountsView {
        subscribers: counts.of_room,
        followers: counts.of_app,
    })
}

/// How many want to be told of an app's rooms
#[utoipa::path(
    get, path = "/apps/{appid}/subscriptions", tag = "subscriptions",
    operation_id = "listSubscriptions", params(("appid" = String, Path), RoomsQuery),
    responses(
        (status = 200, body = SubscriptionPage),
        (status = 404, description = "`app_not_found`"),
    )
)]
pub(crate) async fn rooms(
    State(api): State<Arc<ApiState>>,
    AppPath(app_id): AppPath,
    query: Result<Query<RoomsQuery>, QueryRejection>,
) -> ApiResult<Json<SubscriptionPage>> {
    let Query(query) = query.map_err(|_| bad_request())?;
    let query = RoomQuery {
        offset: query.offset.max(0),
        limit: query.limit.clamp(1, MAX_LIMIT),
        ..RoomQuery::default()
    };
    let (total, found) = api.kaibo.rooms(&app_id, &query).await?;
    let mut rooms = Vec::with_capacity(found.len());
    for room in found {
        let path = RoomPath {
            app_id: app_id.clone(),
            room_id: room.id,
        };
        rooms.push(SubscribedRoom {
            room_id: room.id.0,
            name: room.draft.name,
            status: room.status.number(),
            start_at: room.draft.start_at,
            counts: counts_of(&api, &path).await?,
        });
    }
    Ok(Json(SubscriptionPage {
        followers: api.kaibo.follower_count(&app_id).await?,
        total,
        rooms,
    }))
}

/// Who follows an app
#[utoipa::path(
    get, path = "/apps/{appid}/followers", tag = "subscriptions", operation_id = "listFollowers",
    params(("appid" = String, Path), FollowersQuery),
    responses(
        (status = 200, body = FollowerPage),
        (status = 404, description = "`app_not_found`"),
    )
)]
pub(crate) async fn followers(
    State(api): State<Arc<ApiState>>,
    AppPath(app_id): AppPath,
    query: Result<Query<FollowersQuery>, QueryRejection>,
) -> ApiResult<Json<FollowerPage>> {
    let Query(query) = query.map_err(|_| bad_request())?;
    let limit = query.limit.clamp(1, MAX_LIMIT);
    let after = query.after.max(0);
    let found = api.kaibo.followers(&app_id, after, limit).await?;
    let last = found.last().map(|follower| follower.place);
    let next = last.filter(|_| found.len() as i64 == limit);
    let followers = found.into_iter().map(|follower| FollowerView {
        openid_masked: follower.openid.masked(),
        room_id: follower.room_id.0,
        followed_at: follower.followed_at,
    });
    Ok(Json(FollowerPage {
        total: api.kaibo.follower_count(&app_id).await?,
        followers: followers.collect(),
        next,
    }))
}
