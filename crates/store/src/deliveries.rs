//! What endpoints are to be told, made from the events behind a cursor that moves in the same
//! transaction, and what became of it (docs/why/webhooks.md).

use kaibo_domain::UnixMs;
use kaibo_domain::event::StoredEvent;
use kaibo_domain::id::AppId;

use crate::db::{Conn, Row, args};
use crate::{Store, StoreError};

/// What an endpoint is to be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewDelivery {
    /// The same at each try, and nobody else's.
    pub id: String,
    /// The room, behind whose earlier deliveries it waits; 0: behind nothing.
    pub lane: i64,
    /// Its place in the lane: the event's offset.
    pub place: i64,
    /// What is told.
    pub kind: String,
    /// What is sent, the same at each try.
    pub body: String,
    /// When it is tried first; `None`: at once.
    pub due_at: Option<UnixMs>,
}

/// A delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// The same at each try.
    pub id: String,
    /// To which endpoint.
    pub endpoint_id: i64,
    /// What is told.
    pub kind: String,
    /// What is sent.
    pub body: String,
    /// When it was made.
    pub made_at: UnixMs,
    /// When it is tried next; `None`: not any more.
    pub due_at: Option<UnixMs>,
    /// How often it was tried.
    pub tries: i64,
    /// When first.
    pub first_tried_at: Option<UnixMs>,
    /// When last.
    pub tried_at: Option<UnixMs>,
    /// Why the last try failed.
    pub error: Option<String>,
    /// It arrived.
    pub done: bool,
}

/// What became of a try.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tried {
    /// It arrived.
    Arrived,
    /// It did not.
    Failed {
        /// Why, for people.
        error: String,
        /// When to try again; `None`: not any more.
        next: Option<UnixMs>,
        /// An endpoint to which nothing arrived for so long is given up.
        patience_ms: i64,
    },
}

macro_rules! delivery_columns {
    () => {
        "id, endpoint_id, kind, body, made_at, due_at, tries, first_tried_at, tried_at, error, done"
    };
}

const INSERT: &str = "INSERT INTO delivery \
     (id, endpoint_id, app_id, lane, place, kind, body, made_at, due_at, tries, done) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0, FALSE)";

impl Store {
    /// An app's events after an offset, in order.
    pub async fn app_events_after(
        &self,
        app_id: &AppId,
        offset: i64,
        limit: i64,
    ) -> Result<Vec<StoredEvent>, StoreError> {
        let sql = "SELECT seq, app_id, room_id, at, body FROM event \
             WHERE app_id = $1 AND seq > $2 ORDER BY seq LIMIT $3";
        let args = args![app_id, offset, limit];
        let rows = self.readers().rows(sql, args).await?;
        self.events_of(&rows)
    }

    /// Makes deliveries of events behind the endpoint's cursor, which moves from `seen` to `upto`
    /// with them. `false`, and nothing is written, where it has moved already or the endpoint is
    /// gone.
    pub async fn spread(
        &self,
        endpoint_id: i64,
        app_id: &AppId,
        (seen, upto): (i64, i64),
        deliveries: &[NewDelivery],
        now: UnixMs,
    ) -> Result<bool, StoreError> {
        let (app_id, deliveries) = (app_id.clone(), deliveries.to_vec());
        self.writer()
            .aside()
            .write(move |tx| {
                Box::pin(async move {
                    let sql = "UPDATE endpoint SET seen = $3 WHERE id = $1 AND seen = $2";
                    let moved = tx.execute(sql, args![endpoint_id, seen, upto]).await?;
                    if moved == 0 {
                        return Ok(false);
                    }
                    for new in deliveries {
                        insert(tx, endpoint_id, &app_id, new, now).await?;
                    }
                    Ok(true)
                })
            })
            .await
    }

    /// Makes one delivery by hand; `false`: no such endpoint.
    pub async fn add_delivery(
        &self,
        endpoint_id: i64,
        app_id: &AppId,
        new: &NewDelivery,
        now: UnixMs,
    ) -> Result<bool, StoreError> {
        let (app_id, new) = (app_id.clone(), new.clone());
        self.writer()
            .aside()
            .write(move |tx| {
                Box::pin(async move {
                    let sql = "SELECT id FROM endpoint WHERE id = $1 AND app_id = $2";
                    if tx.row(sql, args![endpoint_id, &app_id]).await?.is_none() {
                        return Ok(false);
                    }
                    insert(tx, endpoint_id, &app_id, new, now).await?;
                    Ok(true)
                })
            })
            .await
    }

    /// Deliveries of an endpoint that are due, of each lane the first alone.
    pub async fn due_deliveries(
        &self,
        endpoint_id: i64,
        now: UnixMs,
        limit: i64,
    ) -> Result<Vec<Delivery>, StoreError> {
        let sql = concat!(
            "SELECT ",
            delivery_columns!(),
            " FROM delivery d WHERE d.endpoint_id = $1 AND d.due_at <= $2 \
             AND (d.lane = 0 OR d.place = (SELECT MIN(o.place) FROM delivery o \
             WHERE o.endpoint_id = d.endpoint_id AND o.lane = d.lane AND o.due_at IS NOT NULL)) \
             ORDER BY d.due_at, d.place LIMIT $3"
        );
        let args = args![endpoint_id, now, limit];
        let rows = self.readers().rows(sql, args).await?;
        rows.iter().map(delivery_of).collect()
    }

    /// The latest delivery of a lane of an endpoint.
    pub async fn last_of_lane(
        &self,
        endpoint_id: i64,
        lane: i64,
    ) -> Result<Option<Delivery>, StoreError> {
        let sql = concat!(
            "SELECT ",
            delivery_columns!(),
            " FROM delivery WHERE endpoint_id = $1 AND lane = $2 ORDER BY place DESC LIMIT 1"
        );
        let row = self.readers().row(sql, args![endpoint_id, lane]).await?;
        row.as_ref().map(delivery_of).transpose()
    }

    /// When the next delivery of an endpoint that is not given up is due.
    pub async fn next_delivery(&self, now: UnixMs) -> Result<Option<UnixMs>, StoreError> {
        let sql = "SELECT d.due_at AS n FROM delivery d \
             JOIN endpoint e ON e.id = d.endpoint_id \
             WHERE d.due_at > $1 AND e.disabled_at IS NULL ORDER BY d.due_at LIMIT 1";
        let row = self.readers().row(sql, args![now]).await?;
        row.map(|row| row.get("n")).transpose()
    }

    /// Notes what became of a try. The endpoint is failing from its first failure on until
    /// something arrives; `true`: it was given up now.
    pub async fn note_try(
        &self,
        id: &str,
        endpoint_id: i64,
        tried: &Tried,
        now: UnixMs,
    ) -> Result<bool, StoreError> {
        let (id, tried) = (id.to_owned(), tried.clone());
        self.writer()
            .aside()
            .write(move |tx| Box::pin(note(tx, id, endpoint_id, tried, now)))
            .await
    }

    /// Sends a delivery once more, behind nothing else; `false`: this endpoint has none of this id.
    pub async fn redeliver(
        &self,
        app_id: &AppId,
        endpoint_id: i64,
        id: &str,
        now: UnixMs,
    ) -> Result<bool, StoreError> {
        let sql = "UPDATE delivery SET lane = 0, due_at = $4, tries = 0, first_tried_at = NULL, \
             done = FALSE WHERE id = $1 AND endpoint_id = $2 AND app_id = $3 AND due_at IS NULL";
        let args = args![id, endpoint_id, app_id, now];
        Ok(self.writer().aside().execute(sql, args).await? == 1)
    }

    /// A delivery of an endpoint.
    pub async fn delivery(
        &self,
        app_id: &AppId,
        endpoint_id: i64,
        id: &str,
    ) -> Result<Option<Delivery>, StoreError> {
        let sql = concat!(
            "SELECT ",
            delivery_columns!(),
            " FROM delivery WHERE id = $1 AND endpoint_id = $2 AND app_id = $3"
        );
        let row = self.readers().row(sql, args![id, endpoint_id, app_id]);
        row.await?.as_ref().map(delivery_of).transpose()
    }

    /// An endpoint's deliveries, the latest first.
    pub async fn deliveries(
        &self,
        app_id: &AppId,
        endpoint_id: i64,
        offset: i64,
        limit: i64,
    ) -> Result<Vec<Delivery>, StoreError> {
        let sql = concat!(
            "SELECT ",
            delivery_columns!(),
            " FROM delivery WHERE endpoint_id = $1 AND app_id = $2 \
             ORDER BY made_at DESC, place DESC, id LIMIT $3 OFFSET $4"
        );
        let args = args![endpoint_id, app_id, limit, offset];
        let rows = self.readers().rows(sql, args).await?;
        rows.iter().map(delivery_of).collect()
    }

    /// Forgets what was made before and is tried no more; how many.
    pub async fn purge_deliveries(&self, before: UnixMs) -> Result<u64, StoreError> {
        let sql = "DELETE FROM delivery WHERE due_at IS NULL AND made_at < $1";
        self.writer().aside().execute(sql, args![before]).await
    }
}

async fn insert(
    tx: &mut Conn,
    endpoint_id: i64,
    app_id: &AppId,
    new: NewDelivery,
    now: UnixMs,
) -> Result<(), StoreError> {
    let NewDelivery {
        id,
        lane,
        place,
        kind,
        body,
        due_at,
    } = new;
    let due_at = due_at.unwrap_or(now);
    let args = args![
        id,
        endpoint_id,
        app_id,
        lane,
        place,
        kind,
        body,
        now,
        due_at
    ];
    tx.execute(INSERT, args).await.map(drop)
}

async fn note(
    tx: &mut Conn,
    id: String,
    endpoint_id: i64,
    tried: Tried,
    now: UnixMs,
) -> Result<bool, StoreError> {
    let (done, error, next, patience_ms) = match tried {
        Tried::Arrived => (true, None, None, None),
        Tried::Failed {
            error,
            next,
            patience_ms,
        } => (false, Some(error), next, Some(patience_ms)),
    };
    let sql = "UPDATE delivery SET done = $3, error = $4, due_at = $5, tries = tries + 1, \
         tried_at = $6, first_tried_at = COALESCE(first_tried_at, $6) \
         WHERE id = $1 AND endpoint_id = $2";
    let args = args![id, endpoint_id, done, error, next, now];
    tx.execute(sql, args).await?;
    let Some(patience_ms) = patience_ms else {
        let sql = "UPDATE endpoint SET failing_since = NULL \
             WHERE id = $1 AND failing_since IS NOT NULL";
        tx.execute(sql, args![endpoint_id]).await?;
        return Ok(false);
    };
    let sql = "UPDATE endpoint SET failing_since = COALESCE(failing_since, $2) WHERE id = $1";
    tx.execute(sql, args![endpoint_id, now]).await?;
    let sql = "UPDATE endpoint SET disabled_at = $2 \
         WHERE id = $1 AND disabled_at IS NULL AND failing_since <= $3";
    let given_up = args![endpoint_id, now, now - patience_ms];
    Ok(tx.execute(sql, given_up).await? == 1)
}

fn delivery_of(row: &Row) -> Result<Delivery, StoreError> {
    Ok(Delivery {
        id: row.get("id")?,
        endpoint_id: row.get("endpoint_id")?,
        kind: row.get("kind")?,
        body: row.get("body")?,
        made_at: row.get("made_at")?,
        due_at: row.get("due_at")?,
        tries: row.get("tries")?,
        first_tried_at: row.get("first_tried_at")?,
        tried_at: row.get("tried_at")?,
        error: row.get("error")?,
        done: row.get("done")?,
    })
}
