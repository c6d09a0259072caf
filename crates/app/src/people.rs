//! People whom an app knows.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use kaibo_domain::id::AppId;
use kaibo_domain::person::{self, PersonRefusal};
use kaibo_store::{PeopleQuery, Person};

use crate::{Kaibo, Result, secret};

impl Kaibo {
    /// Makes somebody known to an app by a nickname; who is known gets it instead of theirs.
    pub async fn invite_person(
        &self,
        app_id: &AppId,
        wechat_id: &str,
        nickname: &str,
    ) -> Result<Person> {
        if !self.is_acceptable(app_id, wechat_id).await? {
            return Err(PersonRefusal::NotAcceptable.into());
        }
        if !person::is_nickname(nickname) {
            return Err(PersonRefusal::Nickname.into());
        }
        let now = self.now();
        let store = self.store();
        store
            .invite_person(app_id, wechat_id, nickname, now)
            .await?;
        let invited = store.person(app_id, wechat_id).await?;
        Ok(invited.ok_or(PersonRefusal::NotAcceptable)?)
    }

    /// Total and a page of an app's people, whose roles changed last first.
    pub async fn people(&self, app_id: &AppId, query: &PeopleQuery) -> Result<(i64, Vec<Person>)> {
        Ok(self.store().people(app_id, query).await?)
    }

    /// A name for a person in an app that stays the same and tells nothing: `o` and 27 characters,
    /// as WeChat's.
    pub fn openid(&self, app_id: &AppId, wechat_id: &str) -> String {
        let key = self.store().keys().derive("openid");
        // No app id holds a slash, so the parts cannot be taken for others.
        let tag = secret::mac(
            &key,
            &[app_id.as_str().as_bytes(), b"/", wechat_id.as_bytes()],
        );
        format!("o{}", &URL_SAFE_NO_PAD.encode(tag)[..27])
    }

    /// Address of the picture of somebody who has none.
    pub fn avatar_url(&self) -> String {
        format!("{}/media/avatar.png", self.settings().public_http)
    }

    /// Whether an id is somebody's whom the app knows, or may be that of somebody new.
    pub(crate) async fn is_acceptable(&self, app_id: &AppId, wechat_id: &str) -> Result<bool> {
        let store = self.store();
        Ok(person::is_new_wechat_id(wechat_id)
            || store.person(app_id, wechat_id).await?.is_some()
            || store.anchor(app_id, wechat_id).await?.is_some())
    }
}
