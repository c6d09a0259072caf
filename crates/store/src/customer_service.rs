//! Where viewers of an app's rooms turn to with a question.

use kaibo_domain::id::AppId;

use crate::db::args;
use crate::{Store, StoreError};

impl Store {
    /// Sets the address of an app's customer service.
    pub async fn set_customer_service(&self, app_id: &AppId, link: &str) -> Result<(), StoreError> {
        let sql = "INSERT INTO customer_service (app_id, link) VALUES ($1, $2) \
             ON CONFLICT (app_id) DO UPDATE SET link = excluded.link";
        let set = self.writer().execute(sql, args![app_id, link]).await;
        set.map(drop)
    }

    /// Takes the address of an app's customer service away.
    pub async fn drop_customer_service(&self, app_id: &AppId) -> Result<(), StoreError> {
        let sql = "DELETE FROM customer_service WHERE app_id = $1";
        let dropped = self.writer().execute(sql, args![app_id]).await;
        dropped.map(drop)
    }

    /// The address of an app's customer service.
    pub async fn customer_service(&self, app_id: &AppId) -> Result<Option<String>, StoreError> {
        let sql = "SELECT link FROM customer_service WHERE app_id = $1";
        let row = self.readers().row(sql, args![app_id]).await?;
        row.map(|row| row.get("link")).transpose()
    }
}
