//! The statuses of many rooms at once, for systems that ask again and again: answered from memory
//! where that is fresh, and where the database does not answer.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use kaibo_app::Kaibo;
use kaibo_domain::id::{AppId, RoomId};
use kaibo_domain::refusal::Refusal;
use serde::{Deserialize, Serialize};
use tokio::time::{Instant, timeout};
use utoipa::{IntoParams, ToSchema};

use crate::auth::AppPath;
use crate::body::bad_request;
use crate::error::{ApiError, ApiResult};
use crate::state::ApiState;

/// Most rooms in one call.
const MOST_IDS: usize = 100;
/// How long a status is given again without a look.
const FRESH: Duration = Duration::from_millis(500);
/// How long the database may take for all of them.
const PATIENCE: Duration = Duration::from_secs(1);
/// Most rooms that are remembered.
const MOST_KNOWN: usize = 20_000;

/// What was seen of rooms lately.
#[derive(Default)]
pub(crate) struct RoomStatuses(Mutex<HashMap<(AppId, RoomId), Seen>>);

/// `None`: the app has no such room.
#[derive(Clone, Copy)]
struct Seen {
    status: Option<u16>,
    at: Instant,
}

impl RoomStatuses {
    fn get(&self, app_id: &AppId, id: RoomId) -> Option<Seen> {
        let seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        seen.get(&(app_id.clone(), id)).copied()
    }

    fn put(&self, app_id: &AppId, id: RoomId, status: Option<u16>) -> Seen {
        let now = Seen {
            status,
            at: Instant::now(),
        };
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.len() >= MOST_KNOWN {
            seen.clear();
        }
        seen.insert((app_id.clone(), id), now);
        now
    }

    /// As it is now, or as it was last seen where the database does not answer in time; `None`:
    /// it was never seen.
    async fn look(
        &self,
        kaibo: &Kaibo,
        app_id: &AppId,
        id: RoomId,
        until: Instant,
    ) -> Option<Seen> {
        let known = self.get(app_id, id);
        if known.is_some_and(|seen| seen.at.elapsed() < FRESH) {
            return known;
        }
        let left = until.saturating_duration_since(Instant::now());
        match timeout(left, kaibo.room(app_id, id)).await {
            Ok(Ok(room)) => Some(self.put(app_id, id, Some(room.status.number()))),
            Ok(Err(kaibo_app::Error::Refused(Refusal::RoomUnknown))) => {
                Some(self.put(app_id, id, None))
            }
            Ok(Err(_)) | Err(_) => known,
        }
    }
}

/// Which rooms.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct IdsQuery {
    /// Numbers of rooms, such as `31,32`; at most 100.
    #[serde(default)]
    ids: String,
}

/// The status of one room.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RoomStatusView {
    room_id: i64,
    /// null: there is no such room.
    #[schema(required, example = 101)]
    status: Option<u16>,
    /// How long ago that was seen, in milliseconds: at most half a second, unless the database is
    /// away.
    age_ms: u64,
}

/// The statuses of many rooms
///
/// Answered at once: from memory where that is fresh, and where the database does not answer
/// within a second.
#[utoipa::path(
    get, path = "/apps/{appid}/rooms/status", tag = "rooms", operation_id = "getRoomStatuses",
    params(("appid" = String, Path), IdsQuery),
    responses(
        (status = 200, body = [RoomStatusView]),
        (status = 400, description = "`bad_request`: no numbers, or more than 100"),
        (status = 404, description = "`app_not_found`"),
    )
)]
pub(crate) async fn read(
    State(api): State<Arc<ApiState>>,
    AppPath(app_id): AppPath,
    query: Result<Query<IdsQuery>, QueryRejection>,
) -> ApiResult<Json<Vec<RoomStatusView>>> {
    let Query(query) = query.map_err(|_| bad_request())?;
    let texts = query
        .ids
        .split(',')
        .map(str::trim)
        .filter(|id| !id.is_empty());
    let ids: Result<Vec<i64>, _> = texts.map(str::parse).collect();
    let ids = ids.map_err(|_| bad_request())?;
    if ids.is_empty() || ids.len() > MOST_IDS {
        return Err(bad_request());
    }
    let until = Instant::now() + PATIENCE;
    let mut found = Vec::with_capacity(ids.len());
    for id in ids {
        let look = api.statuses.look(&api.kaibo, &app_id, RoomId(id), until);
        let seen = look.await.ok_or_else(unavailable)?;
        found.push(RoomStatusView {
            room_id: id,
            status: seen.status,
            age_ms: u64::try_from(seen.at.elapsed().as_millis()).unwrap_or(u64::MAX),
        });
    }
    Ok(Json(found))
}

fn unavailable() -> ApiError {
    ApiError::new(axum::http::StatusCode::SERVICE_UNAVAILABLE, "busy").after(1_000)
}
