//! How an app's calls are let in.

use kaibo_domain::door::{Door, Profile};
use kaibo_domain::id::AppId;
use kaibo_domain::net::IpNet;
use kaibo_domain::refusal::Refusal;

use crate::{Kaibo, Result};

impl Kaibo {
    /// What was set for an app; the defaults where nothing was.
    pub async fn door(&self, app_id: &AppId) -> Result<Door> {
        Ok(self.store().door(app_id).await?)
    }

    /// How an app's callers are judged.
    pub fn profile(&self, door: &Door) -> Profile {
        door.profile.unwrap_or(self.settings().profile)
    }

    /// Sets from where an app may call (none: from everywhere) and how its callers are judged
    /// (`None`: as the settings say).
    pub async fn set_door(
        &self,
        app_id: &AppId,
        profile: Option<Profile>,
        allowed: &[IpNet],
    ) -> Result<()> {
        known(self.store().set_door(app_id, profile, allowed).await?)
    }
}

pub(crate) fn known(app_is_there: bool) -> Result<()> {
    if app_is_there {
        Ok(())
    } else {
        Err(Refusal::AppUnknown.into())
    }
}
