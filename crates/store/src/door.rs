//! How each app's calls are let in.

use kaibo_domain::door::{Door, Profile};
use kaibo_domain::id::AppId;
use kaibo_domain::net::IpNet;
use kaibo_domain::quota::AppQuotas;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::db::{Row, args};
use crate::{Store, StoreError};

impl Store {
    /// What was set for an app; the defaults where nothing was.
    pub async fn door(&self, app_id: &AppId) -> Result<Door, StoreError> {
        let sql = "SELECT profile, allowed, quotas FROM app_door WHERE app_id = $1";
        let row = self.readers().row(sql, args![app_id]).await?;
        row.as_ref().map_or_else(|| Ok(Door::default()), door_of)
    }

    /// Sets who is let in, and how callers are judged. `false`: no such app.
    pub async fn set_door(
        &self,
        app_id: &AppId,
        profile: Option<Profile>,
        allowed: &[IpNet],
    ) -> Result<bool, StoreError> {
        let sql = "INSERT INTO app_door (app_id, profile, allowed, quotas) \
             SELECT app_id, $2, $3, '{}' FROM app WHERE app_id = $1 \
             ON CONFLICT (app_id) DO UPDATE \
             SET profile = excluded.profile, allowed = excluded.allowed";
        let profile = profile.map(|profile| profile.to_string());
        let args = args![app_id, profile, json(allowed)];
        Ok(self.writer().of(app_id).execute(sql, args).await? == 1)
    }

    /// Sets an app's own limits. `false`: no such app.
    pub async fn set_quotas(&self, app_id: &AppId, own: &AppQuotas) -> Result<bool, StoreError> {
        let sql = "INSERT INTO app_door (app_id, allowed, quotas) \
             SELECT app_id, '[]', $2 FROM app WHERE app_id = $1 \
             ON CONFLICT (app_id) DO UPDATE SET quotas = excluded.quotas";
        let args = args![app_id, json(own)];
        Ok(self.writer().of(app_id).execute(sql, args).await? == 1)
    }
}

fn door_of(row: &Row) -> Result<Door, StoreError> {
    let profile: Option<String> = row.get("profile")?;
    let unreadable = |detail: String| StoreError::Unreadable {
        column: "profile",
        detail,
    };
    let profile = profile.map(|text| text.parse::<Profile>());
    Ok(Door {
        profile: profile
            .transpose()
            .map_err(|error| unreadable(error.to_string()))?,
        allowed: read(row, "allowed")?,
        quotas: read(row, "quotas")?,
    })
}

/// A column of JSON.
pub(crate) fn read<T: DeserializeOwned>(row: &Row, column: &'static str) -> Result<T, StoreError> {
    let text: String = row.get(column)?;
    serde_json::from_str(&text).map_err(|error| StoreError::Unreadable {
        column,
        detail: error.to_string(),
    })
}

/// As [`read`] reads it.
pub(crate) fn json<T: Serialize + ?Sized>(value: &T) -> String {
    serde_json::to_string(value).expect("plain data is JSON")
}
