//! How many rooms of an app start on which day, so that a list is counted and a page of it found
//! without reading all that comes before.

use kaibo_domain::UnixMs;
use kaibo_domain::id::AppId;
use kaibo_domain::room::Room;

use crate::StoreError;
use crate::db::{Conn, Row, args};
use crate::room_row::room_columns;

/// Of a day in UTC; any cut of time would do.
const DAY_MS: i64 = 24 * kaibo_domain::HOUR_MS;

/// How many rooms an app has, as column `n`.
pub(crate) const COUNT: &str = "SELECT COALESCE(CAST(SUM(rooms) AS BIGINT), 0) AS n \
     FROM calendar WHERE app_id = $1";

/// Rooms of app `$1`, `$2` at most, from place `$3` on, the latest planned start first. `place` is
/// the day that has the first of them, with how many start after that day: of those none is read.
pub(crate) const PAGE: &str = concat!(
    "WITH days AS (SELECT day, rooms, CAST(SUM(rooms) OVER (ORDER BY day DESC) AS BIGINT) \
     AS reached FROM calendar WHERE app_id = $1), \
     place AS (SELECT day, reached - rooms AS later FROM days WHERE reached > $3 \
     ORDER BY day DESC LIMIT 1) SELECT ",
    room_columns!(),
    " FROM room WHERE app_id = $1 AND deleted_at IS NULL \
     AND start_at < (SELECT (day + 1) * 86400000 FROM place) \
     ORDER BY start_at DESC, id DESC \
     LIMIT $2 OFFSET $3 - COALESCE((SELECT later FROM place), 0)"
);

/// Where a room stands; a deleted one nowhere.
pub(crate) fn day_of(start_at: UnixMs, deleted_at: Option<UnixMs>) -> Option<i64> {
    deleted_at.is_none().then_some(start_at / DAY_MS)
}

/// As [`day_of`], of a stored room.
pub(crate) fn stored_day(row: &Row) -> Result<Option<i64>, StoreError> {
    Ok(day_of(row.get("start_at")?, row.get("deleted_at")?))
}

/// Moves a room from the day where it stood to the one where it stands.
pub(crate) async fn move_room(
    tx: &mut Conn,
    room: &Room,
    from: Option<i64>,
) -> Result<(), StoreError> {
    let to = day_of(room.draft.start_at, room.deleted_at);
    if from == to {
        return Ok(());
    }
    add(tx, &room.app_id, from, -1).await?;
    add(tx, &room.app_id, to, 1).await
}

async fn add(
    tx: &mut Conn,
    app_id: &AppId,
    day: Option<i64>,
    rooms: i64,
) -> Result<(), StoreError> {
    let Some(day) = day else { return Ok(()) };
    let sql = "INSERT INTO calendar (app_id, day, rooms) VALUES ($1, $2, $3) \
         ON CONFLICT (app_id, day) DO UPDATE SET rooms = calendar.rooms + excluded.rooms";
    tx.execute(sql, args![app_id, day, rooms]).await.map(drop)
}
