//! Apps' accounts with WeChat itself: credentials and the access token, both sealed.

use std::fmt;

use kaibo_domain::UnixMs;
use kaibo_domain::id::AppId;
use kaibo_domain::wechat::{TokenTrouble, WechatCredentials, WechatToken};

use crate::db::{Row, args};
use crate::door::json;
use crate::{Store, StoreError};

/// An app's account with WeChat.
#[derive(Clone, PartialEq, Eq)]
pub struct WechatAccount {
    /// Whose.
    pub app_id: AppId,
    /// The mini program behind the app.
    pub credentials: WechatCredentials,
    /// When the credentials were set.
    pub set_at: UnixMs,
    /// The token that was bought last, with these credentials.
    pub token: Option<WechatToken>,
    /// When it was bought.
    pub bought_at: Option<UnixMs>,
    /// When one was bought last that WeChat would not have renewed yet.
    pub forced_at: Option<UnixMs>,
    /// Why the last purchase gave none.
    pub trouble: Option<TokenTrouble>,
    /// When that was.
    pub failed_at: Option<UnixMs>,
    /// Tells these credentials from others that are set later.
    sealed: Vec<u8>,
}

impl fmt::Debug for WechatAccount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WechatAccount")
            .field("app_id", &self.app_id)
            .field("credentials", &self.credentials)
            .finish_non_exhaustive()
    }
}

/// How a purchase of a token ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Bought {
    /// Well.
    Token {
        /// It.
        token: WechatToken,
        /// WeChat would not have renewed it yet.
        forced: bool,
    },
    /// Without one.
    Trouble(TokenTrouble),
}

impl Store {
    /// Sets an app's account with WeChat, which has bought nothing yet. `false`: no such app.
    pub async fn set_wechat_account(
        &self,
        app_id: &AppId,
        credentials: &WechatCredentials,
        now: UnixMs,
    ) -> Result<bool, StoreError> {
        let secret = credentials.secret.as_bytes();
        let secret = self.keys().seal(&context(app_id, "secret"), secret);
        let sql = "INSERT INTO wechat_account (app_id, wechat_appid, secret, set_at) \
             SELECT app_id, $2, $3, $4 FROM app WHERE app_id = $1 \
             ON CONFLICT (app_id) DO UPDATE SET wechat_appid = excluded.wechat_appid, \
             secret = excluded.secret, set_at = excluded.set_at, token = NULL, \
             token_expires_at = NULL, bought_at = NULL, forced_at = NULL, trouble = NULL, \
             failed_at = NULL";
        let args = args![app_id, credentials.appid.as_str(), secret, now];
        Ok(self.writer().execute(sql, args).await? == 1)
    }

    /// Forgets an app's account with WeChat; `false`: it has none.
    pub async fn drop_wechat_account(&self, app_id: &AppId) -> Result<bool, StoreError> {
        let sql = "DELETE FROM wechat_account WHERE app_id = $1";
        Ok(self.writer().execute(sql, args![app_id]).await? == 1)
    }

    /// Notes how a purchase with the credentials of `account` ended; `false`: the app has others
    /// by now.
    pub async fn note_wechat_token(
        &self,
        account: &WechatAccount,
        bought: &Bought,
        now: UnixMs,
    ) -> Result<bool, StoreError> {
        let (token, trouble) = match bought {
            Bought::Token { token, forced } => (Some((token, *forced)), None),
            Bought::Trouble(trouble) => (None, Some(json(trouble))),
        };
        let app_id = &account.app_id;
        let sealed = token.map(|(token, _)| {
            let plain = token.token.as_bytes();
            self.keys().seal(&context(app_id, "token"), plain)
        });
        let expires_at = token.map(|(token, _)| token.expires_at);
        let forced_at = token.filter(|(_, forced)| *forced).map(|_| now);
        let failed_at = trouble.as_ref().map(|_| now);
        // A purchase that gave none leaves the token that is there.
        let sql = "UPDATE wechat_account SET token = COALESCE($3, token), \
             token_expires_at = COALESCE($4, token_expires_at), \
             bought_at = COALESCE($5, bought_at), forced_at = COALESCE($6, forced_at), \
             trouble = $7, failed_at = $8 WHERE app_id = $1 AND secret = $2";
        let args = args![
            app_id,
            account.sealed.clone(),
            sealed,
            expires_at,
            token.map(|_| now),
            forced_at,
            trouble,
            failed_at,
        ];
        let noted = self.writer().execute(sql, args).await?;
        Ok(noted == 1)
    }

    /// An app's account with WeChat.
    pub async fn wechat_account(
        &self,
        app_id: &AppId,
    ) -> Result<Option<WechatAccount>, StoreError> {
        let sql = "SELECT wechat_appid, secret, set_at, token, token_expires_at, bought_at, \
             forced_at, trouble, failed_at FROM wechat_account WHERE app_id = $1";
        let row = self.readers().row(sql, args![app_id]).await?;
        row.map(|row| self.account_of(app_id, &row)).transpose()
    }

    fn account_of(&self, app_id: &AppId, row: &Row) -> Result<WechatAccount, StoreError> {
        let sealed: Vec<u8> = row.get("secret")?;
        let token: Option<Vec<u8>> = row.get("token")?;
        let expires_at: Option<i64> = row.get("token_expires_at")?;
        let token = match (token, expires_at) {
            (Some(token), Some(expires_at)) => Some(WechatToken {
                token: self.open_text(app_id, "token", &token)?,
                expires_at,
            }),
            _ => None,
        };
        let trouble: Option<String> = row.get("trouble")?;
        // A trouble of another version is over with the next purchase.
        let trouble = trouble.and_then(|text| serde_json::from_str(&text).ok());
        Ok(WechatAccount {
            app_id: app_id.clone(),
            credentials: WechatCredentials {
                appid: row.get("wechat_appid")?,
                secret: self.open_text(app_id, "secret", &sealed)?,
            },
            set_at: row.get("set_at")?,
            token,
            bought_at: row.get("bought_at")?,
            forced_at: row.get("forced_at")?,
            trouble,
            failed_at: row.get("failed_at")?,
            sealed,
        })
    }

    fn open_text(
        &self,
        app_id: &AppId,
        column: &'static str,
        sealed: &[u8],
    ) -> Result<String, StoreError> {
        let what = context(app_id, column);
        let opened = self.keys().open(&what, sealed);
        let opened = opened.map_err(|source| StoreError::Sealed { what, source })?;
        String::from_utf8(opened).map_err(|_| StoreError::Unreadable {
            column,
            detail: "not a text".into(),
        })
    }
}

fn context(app_id: &AppId, column: &str) -> String {
    format!("wechat_account/{}/{column}", app_id.as_str())
}
