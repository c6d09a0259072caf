//! The reading connections: opened when first needed, shared by everybody.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::timeout;

use super::{BUSY_MS, Conn, Place, Row, Value};
use crate::error::StoreError;

pub(crate) struct Readers {
    place: Place,
    idle: Mutex<Vec<Conn>>,
    free: Semaphore,
}

impl Readers {
    pub(crate) fn new(place: Place, most: usize) -> Self {
        Self {
            place,
            idle: Mutex::new(Vec::with_capacity(most)),
            free: Semaphore::new(most),
        }
    }

    pub(crate) async fn row(
        &self,
        sql: &'static str,
        args: Vec<Value>,
    ) -> Result<Option<Row>, StoreError> {
        Ok(self.rows(sql, args).await?.into_iter().next())
    }

    pub(crate) async fn rows(
        &self,
        sql: &'static str,
        args: Vec<Value>,
    ) -> Result<Vec<Row>, StoreError> {
        let _permit = self.permit().await?;
        // A connection that lay idle may have been cut without our notice. Reading changes
        // nothing, so it is simply asked again, on a fresh one.
        let idle = self.idle().pop();
        if let Some(mut conn) = idle {
            match conn.rows(sql, args.clone()).await {
                Err(error) if error.is_lost_connection() => {}
                answer => return self.put_back(conn, answer),
            }
        }
        let mut conn = self.place.reader().await?;
        let answer = conn.rows(sql, args).await;
        self.put_back(conn, answer)
    }

    /// Ends reading: every later read answers [`StoreError::Closed`].
    pub(crate) async fn close(&self) {
        self.free.close();
        let idle = std::mem::take(&mut *self.idle());
        for conn in idle {
            conn.close().await;
        }
    }

    async fn permit(&self) -> Result<SemaphorePermit<'_>, StoreError> {
        match timeout(Duration::from_millis(BUSY_MS), self.free.acquire()).await {
            Ok(permit) => permit.map_err(|_| StoreError::Closed),
            Err(_) => Err(StoreError::Busy(Arc::new(sqlx::Error::PoolTimedOut))),
        }
    }

    fn put_back<T>(&self, conn: Conn, answer: Result<T, StoreError>) -> Result<T, StoreError> {
        // A connection that failed may be broken; the next reader opens a fresh one.
        if answer.is_ok() && !self.free.is_closed() {
            self.idle().push(conn);
        }
        answer
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<Conn>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
