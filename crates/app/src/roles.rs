//! Roles: what people may do in an app.

use kaibo_domain::id::AppId;
use kaibo_domain::person::PersonRefusal;
use kaibo_domain::refusal::Refusal;
use kaibo_domain::role::Role;
use kaibo_store::{Given, Taken};

use crate::{Kaibo, Result};

impl Kaibo {
    /// Gives somebody a role. Whoever becomes an anchor must be verified; for who is not, a
    /// verification is opened.
    pub async fn give_role(&self, app_id: &AppId, wechat_id: &str, role: Role) -> Result<()> {
        if role == Role::Owner {
            return Err(PersonRefusal::OwnerIsFixed.into());
        }
        if !self.is_acceptable(app_id, wechat_id).await? {
            return Err(PersonRefusal::NotAcceptable.into());
        }
        let held = self.store().has_role(app_id, wechat_id, role).await?;
        let must_be_verified = role == Role::Anchor && !held && !self.is_rehearsal();
        if must_be_verified && !self.is_verified(app_id, wechat_id).await? {
            let token = self.open_verification(app_id, wechat_id).await?;
            return Err(Refusal::AnchorUnverified { token }.into());
        }
        let now = self.now();
        match self.store().give_role(app_id, wechat_id, role, now).await? {
            Given::Done => Ok(()),
            Given::Held => Err(PersonRefusal::RoleHeld.into()),
            Given::Full => Err(PersonRefusal::RoleFull(role).into()),
        }
    }

    /// Takes a role from somebody whom the app knows; who does not hold it stays as they are.
    pub async fn take_role(&self, app_id: &AppId, wechat_id: &str, role: Role) -> Result<()> {
        if role == Role::Owner {
            return Err(PersonRefusal::OwnerIsFixed.into());
        }
        let store = self.store();
        if store.person(app_id, wechat_id).await?.is_none() {
            return Err(PersonRefusal::NotAcceptable.into());
        }
        match store.take_role(app_id, wechat_id, role, self.now()).await? {
            Taken::Done | Taken::NotHeld => Ok(()),
            Taken::RoomPlanned => Err(PersonRefusal::RoomPlanned.into()),
        }
    }
}
