//! Shelves of rooms: saved under their version, together with their events.

use kaibo_domain::UnixMs;
use kaibo_domain::event::RoomEvent;
use kaibo_domain::goods::Goods;
use kaibo_domain::id::{AppId, GoodsId, RoomId};
use kaibo_domain::room::Room;
use kaibo_domain::shelf::{Explaining, Explanation, Push, Shelf, ShelfChange, ShelfItem};

use crate::db::{Conn, Row, Value, args};
use crate::goods_row::{goods_columns, goods_of};
use crate::rooms::number;
use crate::{Store, StoreError, events};

/// Rooms whose goods one statement reads.
const ROOMS: usize = 50;

/// Goods where they stand on a shelf.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shelved {
    /// In which room.
    pub room_id: RoomId,
    /// Viewers can buy them.
    pub on_sale: bool,
    /// What they are.
    pub goods: Goods,
}

const SHELF: &str = "SELECT pushed, pushed_until, explained, explained_since, version FROM shelf \
     WHERE room_id = $1 AND app_id = $2";
const ITEMS: &str = "SELECT goods_id, on_sale, added_at FROM shelf_item \
     WHERE room_id = $1 AND app_id = $2 ORDER BY place, goods_id";

impl Store {
    /// A room's shelf; an empty one where nothing was ever put.
    pub async fn shelf(&self, app_id: &AppId, room_id: RoomId) -> Result<Shelf, StoreError> {
        let row = self.readers().row(SHELF, args![room_id, app_id]).await?;
        let items = self.readers().rows(ITEMS, args![room_id, app_id]).await?;
        shelf_of(app_id, room_id, row.as_ref(), &items)
    }

    /// The goods of `rooms`, each room's together and in the order of its shelf.
    pub async fn shelved(
        &self,
        app_id: &AppId,
        rooms: &[RoomId],
    ) -> Result<Vec<Shelved>, StoreError> {
        let sql = concat!(
            "SELECT i.room_id, i.on_sale, ",
            goods_columns!(),
            " FROM shelf_item AS i JOIN goods AS g ON g.id = i.goods_id \
             WHERE i.app_id = $1 AND g.app_id = $1 AND g.deleted_at IS NULL \
             AND i.room_id IN ($2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, \
             $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27, $28, $29, $30, $31, $32, $33, \
             $34, $35, $36, $37, $38, $39, $40, $41, $42, $43, $44, $45, $46, $47, $48, $49, $50, \
             $51) ORDER BY i.room_id, i.place, i.goods_id"
        );
        let mut found = Vec::new();
        for rooms in rooms.chunks(ROOMS) {
            let mut args = args![app_id];
            // No room has the id 0.
            let rooms = rooms.iter().copied().chain(std::iter::repeat(RoomId(0)));
            args.extend(rooms.take(ROOMS).map(Value::from));
            for row in self.readers().rows(sql, args).await? {
                found.push(Shelved {
                    room_id: RoomId(row.get("room_id")?),
                    on_sale: row.get("on_sale")?,
                    goods: goods_of(&row)?,
                });
            }
        }
        Ok(found)
    }

    /// Saves a change, if shelf and room are still what was read; the offset of its last event.
    /// `None`: read them again. Nothing was written.
    pub async fn save_shelf(
        &self,
        change: &ShelfChange,
        room: &Room,
        now: UnixMs,
    ) -> Result<Option<i64>, StoreError> {
        let (change, room_version) = (change.clone(), room.version);
        self.writer()
            .of(&change.shelf.app_id)
            .write(move |tx| {
                Box::pin(async move {
                    let ShelfChange {
                        shelf,
                        events,
                        explained,
                    } = change;
                    let sql = "SELECT version FROM room WHERE id = $1 AND app_id = $2 \
                         AND version = $3 AND deleted_at IS NULL";
                    let room = tx
                        .row(sql, args![shelf.room_id, &shelf.app_id, room_version])
                        .await?;
                    let before = stored(tx, &shelf.app_id, shelf.room_id).await?;
                    if room.is_none() || before.version != shelf.version {
                        return Ok(None);
                    }
                    write(tx, &before, &shelf, explained).await?;
                    for event in &events {
                        events::append(tx, &shelf.app_id, shelf.room_id, now, event).await?;
                    }
                    number(tx.row(events::LAST, args![]).await?).map(Some)
                })
            })
            .await
    }

    /// When goods were explained in a room, in order; what is being explained is not among them.
    pub async fn explanations(
        &self,
        app_id: &AppId,
        room_id: RoomId,
    ) -> Result<Vec<Explanation>, StoreError> {
        let sql = "SELECT goods_id, from_at, to_at FROM explanation \
             WHERE room_id = $1 AND app_id = $2 ORDER BY from_at, goods_id";
        let rows = self.readers().rows(sql, args![room_id, app_id]).await?;
        rows.iter()
            .map(|row| {
                Ok(Explanation {
                    goods_id: GoodsId(row.get("goods_id")?),
                    from: row.get("from_at")?,
                    to: row.get("to_at")?,
                })
            })
            .collect()
    }
}

/// Takes deleted goods from every shelf, card and explanation included.
pub(crate) async fn take_from_all(
    tx: &mut Conn,
    app_id: &AppId,
    goods_id: GoodsId,
    now: UnixMs,
) -> Result<(), StoreError> {
    let sql = "SELECT room_id FROM shelf_item WHERE goods_id = $1 AND app_id = $2 ORDER BY room_id";
    let rooms = tx.rows(sql, args![goods_id, app_id]).await?;
    for row in rooms {
        let room_id = RoomId(row.get("room_id")?);
        let before = stored(tx, app_id, room_id).await?;
        let mut after = before.clone();
        after.items.retain(|item| item.goods_id != goods_id);
        after.push = after.push.filter(|push| push.goods_id != goods_id);
        let explaining = after.explaining.take_if(|e| e.goods_id == goods_id);
        let explained = explaining.map(|e| Explanation {
            goods_id,
            from: e.since,
            to: now,
        });
        write(tx, &before, &after, explained).await?;
        let removed = RoomEvent::GoodsRemoved { goods_id };
        events::append(tx, app_id, room_id, now, &removed).await?;
    }
    Ok(())
}

async fn stored(tx: &mut Conn, app_id: &AppId, room_id: RoomId) -> Result<Shelf, StoreError> {
    let row = tx.row(SHELF, args![room_id, app_id]).await?;
    let items = tx.rows(ITEMS, args![room_id, app_id]).await?;
    shelf_of(app_id, room_id, row.as_ref(), &items)
}

/// Writes what differs, under the next version.
async fn write(
    tx: &mut Conn,
    before: &Shelf,
    after: &Shelf,
    explained: Option<Explanation>,
) -> Result<(), StoreError> {
    let shelf = "INSERT INTO shelf \
         (room_id, app_id, pushed, pushed_until, explained, explained_since, version) \
         VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (room_id) DO UPDATE SET \
         pushed = excluded.pushed, pushed_until = excluded.pushed_until, \
         explained = excluded.explained, explained_since = excluded.explained_since, \
         version = excluded.version";
    let gone = "DELETE FROM shelf_item WHERE room_id = $1 AND goods_id = $2";
    let item = "INSERT INTO shelf_item (room_id, goods_id, app_id, place, on_sale, added_at) \
         VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (room_id, goods_id) DO UPDATE SET \
         place = excluded.place, on_sale = excluded.on_sale";
    let over = "INSERT INTO explanation (room_id, goods_id, app_id, from_at, to_at) \
         VALUES ($1, $2, $3, $4, $5)";
    let room_id = after.room_id;
    let (push, explaining) = (after.push, after.explaining);
    let args = args![
        room_id,
        &after.app_id,
        push.map(|p| p.goods_id),
        push.map(|p| p.until),
        explaining.map(|e| e.goods_id),
        explaining.map(|e| e.since),
        before.version + 1,
    ];
    tx.execute(shelf, args).await?;
    let is_there = |shelf: &Shelf, id| shelf.items.iter().any(|item| item.goods_id == id);
    for item in &before.items {
        if !is_there(after, item.goods_id) {
            tx.execute(gone, args![room_id, item.goods_id]).await?;
        }
    }
    for (place, now) in after.items.iter().enumerate() {
        if before.items.get(place) != Some(now) {
            let place = i64::try_from(place).expect("a shelf has hundreds of goods at most");
            let app_id = &after.app_id;
            let args = args![
                room_id,
                now.goods_id,
                app_id,
                place,
                now.on_sale,
                now.added_at
            ];
            tx.execute(item, args).await?;
        }
    }
    if let Some(Explanation { goods_id, from, to }) = explained {
        let args = args![room_id, goods_id, &after.app_id, from, to];
        tx.execute(over, args).await?;
    }
    Ok(())
}

fn shelf_of(
    app_id: &AppId,
    room_id: RoomId,
    row: Option<&Row>,
    items: &[Row],
) -> Result<Shelf, StoreError> {
    let mut shelf = Shelf::new(app_id.clone(), room_id);
    let Some(row) = row else { return Ok(shelf) };
    let goods = |column| Ok::<_, StoreError>(row.get::<Option<i64>>(column)?.map(GoodsId));
    shelf.version = row.get("version")?;
    shelf.push = goods("pushed")?
        .zip(row.get("pushed_until")?)
        .map(|(goods_id, until)| Push { goods_id, until });
    shelf.explaining = goods("explained")?
        .zip(row.get("explained_since")?)
        .map(|(goods_id, since)| Explaining { goods_id, since });
    for item in items {
        shelf.items.push(ShelfItem {
            goods_id: GoodsId(item.get("goods_id")?),
            on_sale: item.get("on_sale")?,
            added_at: item.get("added_at")?,
        });
    }
    Ok(shelf)
}
