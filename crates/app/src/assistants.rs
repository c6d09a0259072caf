//! The assistants of a room.

use kaibo_domain::assistant::Assistant;
use kaibo_domain::door::Profile;
use kaibo_domain::id::{AppId, RoomId};
use kaibo_domain::person::{PersonRefusal, is_nickname};
use kaibo_domain::refusal::Refusal;
use kaibo_store::Added;

use crate::{Kaibo, Result};

impl Kaibo {
    /// Adds assistants, all or none; of each the id and what they are called in this room. In the
    /// tolerant profile whoever is not known becomes known; in the strict one they are refused.
    pub async fn add_assistants(
        &self,
        app_id: &AppId,
        room_id: RoomId,
        users: &[(String, String)],
    ) -> Result<()> {
        self.helped_room(app_id, room_id).await?;
        for (wechat_id, nickname) in users {
            if !is_nickname(nickname) {
                return Err(PersonRefusal::Nickname.into());
            }
            if !self.is_acceptable(app_id, wechat_id).await? {
                return Err(PersonRefusal::AssistantUnknown.into());
            }
        }
        let door = self.door(app_id).await?;
        let takes_in = self.profile(&door) == Profile::Tolerant;
        let now = self.now();
        let added = self
            .store()
            .add_assistants(app_id, room_id, users, takes_in, now);
        match added.await? {
            Added::Done { offset } => self.carried_out(offset).await,
            Added::RoomUnknown => Err(Refusal::RoomUnknown.into()),
            Added::Held => Err(PersonRefusal::AssistantHeld.into()),
            Added::Unknown => Err(PersonRefusal::AssistantUnknown.into()),
            Added::Full => Err(PersonRefusal::AssistantsFull.into()),
        }
    }

    /// Gives an assistant another nickname in this room.
    pub async fn rename_assistant(
        &self,
        app_id: &AppId,
        room_id: RoomId,
        wechat_id: &str,
        nickname: &str,
    ) -> Result<()> {
        self.helped_room(app_id, room_id).await?;
        if !is_nickname(nickname) {
            return Err(PersonRefusal::Nickname.into());
        }
        let now = self.now();
        let store = self.store();
        let renamed = store.rename_assistant(app_id, room_id, wechat_id, nickname, now);
        let offset = renamed.await?.ok_or(PersonRefusal::AssistantUnknown)?;
        self.carried_out(offset).await
    }

    /// Takes an assistant from the room.
    pub async fn remove_assistant(
        &self,
        app_id: &AppId,
        room_id: RoomId,
        wechat_id: &str,
    ) -> Result<()> {
        self.helped_room(app_id, room_id).await?;
        let now = self.now();
        let removed = self
            .store()
            .remove_assistant(app_id, room_id, wechat_id, now);
        let offset = removed.await?.ok_or(PersonRefusal::AssistantUnknown)?;
        self.carried_out(offset).await
    }

    /// The room's assistants, whoever came first.
    pub async fn assistants(&self, app_id: &AppId, room_id: RoomId) -> Result<Vec<Assistant>> {
        self.room(app_id, room_id).await?;
        Ok(self.store().assistants(app_id, room_id).await?)
    }

    /// Refuses where nobody can help any more: the room is over or banned.
    async fn helped_room(&self, app_id: &AppId, room_id: RoomId) -> Result<()> {
        let status = self.room(app_id, room_id).await?.status;
        if status.takes_a_stream() {
            Ok(())
        } else {
            Err(Refusal::NotAllowed(status).into())
        }
    }
}
