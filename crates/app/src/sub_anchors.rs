//! The sub-anchor of a room.

use kaibo_domain::id::{AppId, RoomId};
use kaibo_domain::person::PersonRefusal;
use kaibo_domain::refusal::Refusal;
use kaibo_domain::room::{Command, step};

use crate::{Kaibo, Result};

impl Kaibo {
    /// Names the room's sub-anchor, who must be verified; `replaces`: whoever it is now gives way.
    pub async fn name_sub_anchor(
        &self,
        app_id: &AppId,
        room_id: RoomId,
        wechat_id: &str,
        replaces: bool,
    ) -> Result<()> {
        let room = self.room(app_id, room_id).await?;
        if !self.is_acceptable(app_id, wechat_id).await? {
            return Err(PersonRefusal::SubAnchorNotAcceptable.into());
        }
        let command = Command::NameSubAnchor {
            wechat_id: wechat_id.to_owned(),
            replaces,
        };
        // What the room says to it comes before who it is.
        let rules = self.room_rules(app_id).await?;
        step(&room, &command, self.now(), &rules)?;
        self.require_sub_anchor(app_id, wechat_id).await?;
        self.apply(app_id, room_id, command).await.map(drop)
    }

    /// Leaves the room without a sub-anchor.
    pub async fn drop_sub_anchor(&self, app_id: &AppId, room_id: RoomId) -> Result<()> {
        let dropped = self.apply(app_id, room_id, Command::DropSubAnchor).await;
        dropped.map(drop)
    }

    /// Refuses whoever is not verified, or is an anchor no more.
    pub(crate) async fn require_sub_anchor(&self, app_id: &AppId, wechat_id: &str) -> Result<()> {
        if self.is_rehearsal() {
            return Ok(());
        }
        if !self.is_verified(app_id, wechat_id).await? {
            return Err(Refusal::SubAnchorUnverified.into());
        }
        if !self.is_anchor(app_id, wechat_id).await? {
            return Err(PersonRefusal::SubAnchorNotAcceptable.into());
        }
        Ok(())
    }
}
