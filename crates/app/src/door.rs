//! How an app's calls are let in, and its own limits.

use std::sync::Arc;

use kaibo_domain::HOUR_MS;
use kaibo_domain::door::{Door, Profile};
use kaibo_domain::draft::PlanRules;
use kaibo_domain::id::AppId;
use kaibo_domain::net::IpNet;
use kaibo_domain::quota::{AppQuotas, Limits};
use kaibo_domain::refusal::Refusal;
use kaibo_domain::room::RoomRules;

use crate::{Kaibo, Result};

impl Kaibo {
    /// What was set for an app; the defaults where nothing was.
    pub async fn door(&self, app_id: &AppId) -> Result<Arc<Door>> {
        if let Some(door) = self.inner.doors.get(app_id, self.store()) {
            return Ok(door);
        }
        let generation = self.store().generation(app_id);
        let door = Arc::new(self.store().door(app_id).await?);
        let kept = Arc::clone(&door);
        self.inner
            .doors
            .put(app_id.clone(), app_id, generation, kept);
        Ok(door)
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

    /// Sets an app's own limits.
    pub async fn set_quotas(&self, app_id: &AppId, own: &AppQuotas) -> Result<()> {
        known(self.store().set_quotas(app_id, own).await?)
    }

    /// An app's limits of rooms.
    pub async fn limits(&self, app_id: &AppId) -> Result<Limits> {
        let door = self.door(app_id).await?;
        Ok(door.quotas.limits(self.settings().limits))
    }

    /// The bounds of an app's plans.
    pub async fn plan_rules(&self, app_id: &AppId) -> Result<PlanRules> {
        let everybodys = self.settings().plan;
        let own = self.door(app_id).await?.quotas.max_hours.map(hours);
        Ok(PlanRules {
            max_length_ms: own.unwrap_or(everybodys.max_length_ms),
            ..everybodys
        })
    }

    /// The times of the life of an app's rooms.
    pub(crate) async fn room_rules(&self, app_id: &AppId) -> Result<RoomRules> {
        let everybodys = self.settings().room;
        let own = self.door(app_id).await?.quotas.max_hours.map(hours);
        Ok(RoomRules {
            cap_ms: own.unwrap_or(everybodys.cap_ms),
            ..everybodys
        })
    }
}

fn hours(hours: u8) -> i64 {
    i64::from(hours) * HOUR_MS
}

pub(crate) fn known(app_is_there: bool) -> Result<()> {
    if app_is_there {
        Ok(())
    } else {
        Err(Refusal::AppUnknown.into())
    }
}
