//! Goods: an app's library, the day's submissions, and what holds for all goods of an app.

use kaibo_domain::UnixMs;
use kaibo_domain::event::RoomEvent;
use kaibo_domain::goods::{Audit, Goods, GoodsDraft, Origin};
use kaibo_domain::id::{AppId, AuditId, GoodsId, RoomId};

use crate::db::{Conn, Value, args};
use crate::goods_row::{self, goods_columns, goods_of, goods_values};
use crate::ids::Kind;
use crate::room_row::{from_json, json};
use crate::rooms::number;
use crate::{Store, StoreError, events, shelf};

/// Goods that one statement reads by their ids.
const IDS: usize = 20;

/// A day's submissions.
#[derive(Clone, Copy, Debug)]
pub struct Submissions {
    /// The day, as [`kaibo_domain::quota::day`] gives it.
    pub day: i32,
    /// How many the app may make on it.
    pub per_day: u32,
}

/// Goods to be made.
#[derive(Clone, Copy)]
pub struct NewGoods<'a> {
    /// Whose they are.
    pub app_id: &'a AppId,
    /// What a person chose.
    pub draft: &'a GoodsDraft,
    /// Where they are made.
    pub origin: Origin,
    /// Submitted to their audit at once.
    pub submission: Option<Submissions>,
    /// How many goods the app may have.
    pub per_app: u32,
}

/// What became of new goods. Nothing is written where none were made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MadeGoods {
    /// They are made.
    Made(Box<Goods>),
    /// The app has as many as it may.
    LibraryFull,
    /// The app made its submissions for the day.
    NoSubmissionLeft,
}

/// What became of a save.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SavedGoods {
    /// They are saved, and this is what they are now.
    Saved {
        /// With their new version and the number of the new submission.
        goods: Box<Goods>,
        /// Place of the last event; of the last event there is, if there was none.
        offset: i64,
    },
    /// They changed since they were read, or are not there: read them again. Nothing was written.
    Conflict,
    /// The app made its submissions for the day. Nothing was written.
    NoSubmissionLeft,
}

/// Which goods of an app to list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct GoodsQuery {
    /// In this state of their audit; `None`: in any.
    pub audit: Option<Audit>,
    /// How many to skip.
    pub offset: i64,
    /// How many to give at most.
    pub limit: i64,
}

/// What holds for all goods of an app.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct GoodsSetting {
    /// Query keys by which pages name their goods.
    pub goods_key: Vec<String>,
    /// Pages of the mini program; none: goods may name any.
    pub pages: Vec<String>,
    /// The operator has taken goods away from the app.
    pub disabled: bool,
}

impl Store {
    /// Makes goods, and submits them where that is wanted.
    pub async fn create_goods(
        &self,
        new: NewGoods<'_>,
        now: UnixMs,
    ) -> Result<MadeGoods, StoreError> {
        let (submission, per_app) = (new.submission, new.per_app);
        let mut goods = Goods {
            id: GoodsId(0),
            app_id: new.app_id.clone(),
            draft: new.draft.clone(),
            origin: new.origin,
            audit: Audit::NotSubmitted,
            audit_id: None,
            submitted_at: None,
            decided_at: None,
            rejection: None,
            created_at: now,
            deleted_at: None,
            version: 1,
        };
        if submission.is_some() {
            goods.audit = Audit::Pending;
            goods.submitted_at = Some(now);
        }
        let store = self.clone();
        self.writer()
            .of(new.app_id)
            .write(move |tx| {
                Box::pin(async move {
                    let held = "SELECT COUNT(*) AS n FROM goods \
                         WHERE app_id = $1 AND deleted_at IS NULL";
                    if number(tx.row(held, args![&goods.app_id]).await?)? >= i64::from(per_app) {
                        return Ok(MadeGoods::LibraryFull);
                    }
                    if !count_submission(tx, &goods.app_id, submission).await? {
                        return Ok(MadeGoods::NoSubmissionLeft);
                    }
                    goods.id = GoodsId(store.0.ids.next(tx, Kind::Goods).await?);
                    if submission.is_some() {
                        goods.audit_id = Some(AuditId(store.0.ids.next(tx, Kind::Audit).await?));
                    }
                    tx.execute(goods_row::INSERT, goods_values(&goods)).await?;
                    Ok(MadeGoods::Made(Box::new(goods)))
                })
            })
            .await
    }

    /// Saves goods, if their version is still the one that was read. Rooms that have them on
    /// their shelf are told where words, price or picture changed; deleted goods leave every shelf.
    pub async fn save_goods(
        &self,
        goods: &Goods,
        submission: Option<Submissions>,
        now: UnixMs,
    ) -> Result<SavedGoods, StoreError> {
        let (store, mut goods) = (self.clone(), goods.clone());
        self.writer()
            .of(&goods.app_id)
            .write(move |tx| {
                Box::pin(async move {
                    let Some(before) = stored(tx, &goods).await? else {
                        return Ok(SavedGoods::Conflict);
                    };
                    if !count_submission(tx, &goods.app_id, submission).await? {
                        return Ok(SavedGoods::NoSubmissionLeft);
                    }
                    if submission.is_some() {
                        goods.audit_id = Some(AuditId(store.0.ids.next(tx, Kind::Audit).await?));
                    }
                    tx.execute(goods_row::UPDATE, goods_values(&goods)).await?;
                    goods.version += 1;
                    if goods.deleted_at.is_some() {
                        shelf::take_from_all(tx, &goods.app_id, goods.id, now).await?;
                    } else if before.draft != goods.draft {
                        tell_rooms(tx, &goods, now).await?;
                    }
                    let offset = number(tx.row(events::LAST, args![]).await?)?;
                    Ok(SavedGoods::Saved {
                        goods: Box::new(goods),
                        offset,
                    })
                })
            })
            .await
    }

    /// Goods of an app that are not deleted.
    pub async fn goods(&self, app_id: &AppId, id: GoodsId) -> Result<Option<Goods>, StoreError> {
        let sql = concat!(
            "SELECT ",
            goods_columns!(),
            " FROM goods AS g WHERE g.id = $1 AND g.app_id = $2 AND g.deleted_at IS NULL"
        );
        let row = self.readers().row(sql, args![id, app_id]).await?;
        row.as_ref().map(goods_of).transpose()
    }

    /// Of `ids` those that the app has, in no order.
    pub async fn goods_by_ids(
        &self,
        app_id: &AppId,
        ids: &[GoodsId],
    ) -> Result<Vec<Goods>, StoreError> {
        let sql = concat!(
            "SELECT ",
            goods_columns!(),
            " FROM goods AS g WHERE g.app_id = $1 AND g.deleted_at IS NULL \
             AND g.id IN ($2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, \
             $18, $19, $20, $21)"
        );
        let mut found = Vec::new();
        for ids in ids.chunks(IDS) {
            let mut args = args![app_id];
            // No goods have the id 0.
            let ids = ids.iter().copied().chain(std::iter::repeat(GoodsId(0)));
            args.extend(ids.take(IDS).map(Value::from));
            for row in self.readers().rows(sql, args).await? {
                found.push(goods_of(&row)?);
            }
        }
        Ok(found)
    }

    /// How many goods of an app match, and one page of them, the latest first.
    pub async fn goods_page(
        &self,
        app_id: &AppId,
        query: GoodsQuery,
    ) -> Result<(i64, Vec<Goods>), StoreError> {
        const COUNT: &str = "SELECT COUNT(*) AS n FROM goods WHERE app_id = $1 \
             AND deleted_at IS NULL AND audit IN ($2, $3, $4, $5)";
        const PAGE: &str = concat!(
            "SELECT ",
            goods_columns!(),
            " FROM goods AS g WHERE g.app_id = $1 AND g.deleted_at IS NULL \
             AND g.audit IN ($2, $3, $4, $5) \
             ORDER BY g.created_at DESC, g.id DESC LIMIT $6 OFFSET $7"
        );
        // One text for every filter: a state that is not wanted is asked for as -1, which none is.
        let wanted = Audit::ALL.map(|audit| {
            let asked = query.audit.is_none_or(|only| only == audit);
            if asked { audit.number() } else { -1 }
        });
        let mut args = args![app_id];
        args.extend(wanted.map(Value::from));
        let total = number(self.readers().row(COUNT, args.clone()).await?)?;
        args.extend(args![query.limit.max(0), query.offset.max(0)]);
        let rows = self.readers().rows(PAGE, args).await?;
        Ok((total, rows.iter().map(goods_of).collect::<Result<_, _>>()?))
    }

    /// Goods in audit, of every app, those that have waited longest first.
    pub async fn goods_in_audit(&self, limit: i64) -> Result<Vec<Goods>, StoreError> {
        let sql = concat!(
            "SELECT ",
            goods_columns!(),
            " FROM goods AS g WHERE g.audit = 1 AND g.deleted_at IS NULL \
             ORDER BY g.submitted_at, g.id LIMIT $1"
        );
        let rows = self.readers().rows(sql, args![limit]).await?;
        rows.iter().map(goods_of).collect()
    }

    /// How many submissions an app made on a day.
    pub async fn submissions_made(&self, app_id: &AppId, day: i32) -> Result<i64, StoreError> {
        let sql = "SELECT submitted AS n FROM goods_day WHERE app_id = $1 AND day = $2";
        number(self.readers().row(sql, args![app_id, day]).await?)
    }

    /// What holds for all goods of an app.
    pub async fn goods_setting(&self, app_id: &AppId) -> Result<GoodsSetting, StoreError> {
        let sql = "SELECT goods_key, pages, disabled FROM goods_setting WHERE app_id = $1";
        let Some(row) = self.readers().row(sql, args![app_id]).await? else {
            return Ok(GoodsSetting::default());
        };
        Ok(GoodsSetting {
            goods_key: from_json("goods_key", &row.get::<String>("goods_key")?)?,
            pages: from_json("pages", &row.get::<String>("pages")?)?,
            disabled: row.get("disabled")?,
        })
    }

    /// Sets by which query keys pages name their goods.
    pub async fn set_goods_key(&self, app_id: &AppId, keys: &[String]) -> Result<(), StoreError> {
        let sql = "INSERT INTO goods_setting (app_id, goods_key, pages, disabled) \
             VALUES ($1, $2, '[]', FALSE) \
             ON CONFLICT (app_id) DO UPDATE SET goods_key = excluded.goods_key";
        self.writer()
            .of(app_id)
            .execute(sql, args![app_id, json(&keys)])
            .await
            .map(drop)
    }

    /// Sets what holds for all goods of an app.
    pub async fn set_goods_setting(
        &self,
        app_id: &AppId,
        setting: &GoodsSetting,
    ) -> Result<(), StoreError> {
        let sql = "INSERT INTO goods_setting (app_id, goods_key, pages, disabled) \
             VALUES ($1, $2, $3, $4) ON CONFLICT (app_id) DO UPDATE SET \
             goods_key = excluded.goods_key, pages = excluded.pages, disabled = excluded.disabled";
        let (keys, pages) = (json(&setting.goods_key), json(&setting.pages));
        let args = args![app_id, keys, pages, setting.disabled];
        self.writer().of(app_id).execute(sql, args).await.map(drop)
    }
}

/// The goods as they stand, if their version is the one that was read.
async fn stored(tx: &mut Conn, goods: &Goods) -> Result<Option<Goods>, StoreError> {
    let sql = concat!(
        "SELECT ",
        goods_columns!(),
        " FROM goods AS g WHERE g.id = $1 AND g.app_id = $2 AND g.version = $3 \
         AND g.deleted_at IS NULL"
    );
    let args = args![goods.id, &goods.app_id, goods.version];
    let row = tx.row(sql, args).await?;
    row.as_ref().map(goods_of).transpose()
}

async fn tell_rooms(tx: &mut Conn, goods: &Goods, now: UnixMs) -> Result<(), StoreError> {
    let sql = "SELECT room_id FROM shelf_item WHERE goods_id = $1 AND app_id = $2 ORDER BY room_id";
    let rows = tx.rows(sql, args![goods.id, &goods.app_id]).await?;
    let edited = RoomEvent::GoodsEdited { goods_id: goods.id };
    for row in rows {
        let room_id = RoomId(row.get("room_id")?);
        events::append(tx, &goods.app_id, room_id, now, &edited).await?;
    }
    Ok(())
}

/// Counts one more submission, where there is one; false: the app made its submissions.
async fn count_submission(
    tx: &mut Conn,
    app_id: &AppId,
    submission: Option<Submissions>,
) -> Result<bool, StoreError> {
    let Some(Submissions { day, per_day }) = submission else {
        return Ok(true);
    };
    if per_day == 0 {
        return Ok(false);
    }
    let sql = "INSERT INTO goods_day (app_id, day, submitted) VALUES ($1, $2, 1) \
         ON CONFLICT (app_id, day) DO UPDATE SET submitted = goods_day.submitted + 1 \
         WHERE goods_day.submitted < $3";
    Ok(tx.execute(sql, args![app_id, day, per_day]).await? == 1)
}
