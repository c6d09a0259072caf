//! Where viewers of an app's rooms turn to with a question.

use kaibo_domain::customer_service::{CustomerServiceRefusal, check_link};
use kaibo_domain::id::AppId;
use kaibo_domain::refusal::Refusal;

use crate::{Kaibo, Result};

impl Kaibo {
    /// Sets the address of an app's customer service; `None` or a blank one takes it away, and
    /// rooms that show it go on without.
    pub async fn set_customer_service(&self, app_id: &AppId, link: Option<&str>) -> Result<()> {
        let link = link.map(str::trim).filter(|link| !link.is_empty());
        let Some(link) = link else {
            return Ok(self.store().drop_customer_service(app_id).await?);
        };
        check_link(link).map_err(Refusal::CustomerService)?;
        Ok(self.store().set_customer_service(app_id, link).await?)
    }

    /// The address of an app's customer service.
    pub async fn customer_service(&self, app_id: &AppId) -> Result<Option<String>> {
        Ok(self.store().customer_service(app_id).await?)
    }

    /// Refuses a room that is to show customer service where the app has none.
    pub(crate) async fn require_customer_service(&self, app_id: &AppId) -> Result<()> {
        match self.customer_service(app_id).await? {
            Some(_) => Ok(()),
            None => Err(Refusal::CustomerService(CustomerServiceRefusal::Missing).into()),
        }
    }
}
