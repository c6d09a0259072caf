//! An app's account with WeChat itself. Kaibo is the one holder of its access token: bought when
//! it is needed, by one caller at a time, kept sealed, and bought anew before its end ([why]).
//!
//! [why]: ../../../docs/why/pass-through.md

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use kaibo_domain::UnixMs;
use kaibo_domain::id::AppId;
use kaibo_domain::refusal::Refusal;
use kaibo_domain::wechat::{
    FORCE_INTERVAL_MS, TokenTrouble, WechatCredentials, WechatRefusal, WechatToken, check_appid,
    check_secret, may_ask_again,
};
use kaibo_store::{Bought, WechatAccount};
use tokio::sync::OwnedMutexGuard;

use crate::door::known;
use crate::ports::{CallError, SoldToken, WechatAnswer, WechatKey, WechatRequest};
use crate::{Kaibo, Result};

/// An account with WeChat, without what opens it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WechatState {
    /// AppID of the mini program behind the app.
    pub appid: String,
    /// When the credentials were set.
    pub set_at: UnixMs,
    /// When a token was bought last.
    pub bought_at: Option<UnixMs>,
    /// When that token is over.
    pub expires_at: Option<UnixMs>,
    /// Why the last purchase gave none.
    pub trouble: Option<TokenTrouble>,
    /// When that was.
    pub failed_at: Option<UnixMs>,
}

/// Why WeChat was not asked, or did not answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WechatFault {
    /// The app has no account with WeChat.
    #[error(transparent)]
    NoAccount(WechatRefusal),
    /// WeChat sells no token.
    #[error(transparent)]
    NoToken(TokenTrouble),
    /// The call itself failed.
    #[error("WeChat cannot be reached: {0}")]
    Call(CallError),
}

/// One purchase of a token at a time, for each app.
#[derive(Default)]
pub(crate) struct Turns(Mutex<HashMap<AppId, Weak<tokio::sync::Mutex<()>>>>);

impl Turns {
    async fn of(&self, app_id: &AppId) -> OwnedMutexGuard<()> {
        let turn = {
            let mut turns = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            turns.retain(|_, turn| turn.strong_count() > 0);
            let there = turns.get(app_id).and_then(Weak::upgrade);
            there.unwrap_or_else(|| {
                let turn = Arc::default();
                turns.insert(app_id.clone(), Arc::downgrade(&turn));
                turn
            })
        };
        turn.lock_owned().await
    }
}

impl Kaibo {
    /// Sets an app's account with WeChat and buys a token with it, so that it shows at once whether
    /// it is good. `None`: as it is; an AppID that was never set is the app's own.
    pub async fn set_wechat(
        &self,
        app_id: &AppId,
        appid: Option<&str>,
        secret: Option<&str>,
    ) -> Result<WechatState> {
        let before = self.store().wechat_account(app_id).await?;
        let before = before.map(|account| account.credentials);
        let appid = match (appid, &before) {
            (Some(appid), _) => appid.trim().to_owned(),
            (None, Some(before)) => before.appid.clone(),
            (None, None) => app_id.to_string(),
        };
        check_appid(&appid).map_err(Refusal::from)?;
        let kept = before.filter(|before| before.appid == appid);
        let secret = match secret {
            Some(secret) => secret.trim().to_owned(),
            None => kept.map(|kept| kept.secret).unwrap_or_default(),
        };
        check_secret(&secret).map_err(Refusal::from)?;
        let credentials = WechatCredentials { appid, secret };
        let set = self
            .store()
            .set_wechat_account(app_id, &credentials, self.now());
        known(set.await?)?;
        // Whatever comes of it is noted.
        let _ = self.wechat_token(app_id, None).await?;
        let state = self.wechat_state(app_id).await?;
        state.ok_or_else(|| Refusal::from(WechatRefusal::NotSet).into())
    }

    /// Forgets an app's account with WeChat, and its token.
    pub async fn drop_wechat(&self, app_id: &AppId) -> Result<()> {
        if self.store().drop_wechat_account(app_id).await? {
            Ok(())
        } else {
            Err(Refusal::from(WechatRefusal::NotSet).into())
        }
    }

    /// How an app's account with WeChat stands.
    pub async fn wechat_state(&self, app_id: &AppId) -> Result<Option<WechatState>> {
        let account = self.store().wechat_account(app_id).await?;
        Ok(account.map(|account| WechatState {
            appid: account.credentials.appid,
            set_at: account.set_at,
            bought_at: account.bought_at,
            expires_at: account.token.map(|token| token.expires_at),
            trouble: account.trouble,
            failed_at: account.failed_at,
        }))
    }

    /// Asks WeChat in an app's name, with its access token. A token that WeChat refuses is bought
    /// anew, and WeChat asked once more.
    pub async fn call_wechat(
        &self,
        app_id: &AppId,
        request: WechatRequest,
    ) -> Result<std::result::Result<WechatAnswer, WechatFault>> {
        let token = match self.wechat_token(app_id, None).await? {
            Ok(token) => token,
            Err(fault) => return Ok(Err(fault)),
        };
        let first = self.ask(request.clone(), token.clone()).await;
        if !matches!(&first, Ok(answer) if answer.token_refused) {
            return Ok(first);
        }
        let refused = Some(token.token.as_str());
        match self.wechat_token(app_id, refused).await? {
            Ok(other) if refused != Some(&other.token) => Ok(self.ask(request, other).await),
            Ok(_) => Ok(first),
            Err(fault) => Ok(Err(fault)),
        }
    }

    /// Asks WeChat in an app's name, with its AppID and AppSecret.
    pub async fn call_wechat_with_secret(
        &self,
        app_id: &AppId,
        request: WechatRequest,
    ) -> Result<std::result::Result<WechatAnswer, WechatFault>> {
        let Some(account) = self.store().wechat_account(app_id).await? else {
            return Ok(Err(WechatFault::NoAccount(WechatRefusal::NotSet)));
        };
        let key = WechatKey::Credentials(account.credentials);
        let answer = self.outbound().call_wechat(request, key).await;
        Ok(answer.map_err(WechatFault::Call))
    }

    async fn ask(
        &self,
        request: WechatRequest,
        token: WechatToken,
    ) -> std::result::Result<WechatAnswer, WechatFault> {
        let answer = self
            .outbound()
            .call_wechat(request, WechatKey::Token(token));
        answer.await.map_err(WechatFault::Call)
    }

    /// An app's access token of WeChat's, other than the one that WeChat has refused.
    async fn wechat_token(
        &self,
        app_id: &AppId,
        refused: Option<&str>,
    ) -> Result<std::result::Result<WechatToken, WechatFault>> {
        let none = Ok(Err(WechatFault::NoAccount(WechatRefusal::NotSet)));
        let good = |account: &WechatAccount| {
            let token = account.token.clone()?;
            (token.serves(self.now()) && refused != Some(&token.token)).then_some(token)
        };
        match self.store().wechat_account(app_id).await? {
            None => return none,
            Some(account) => {
                if let Some(token) = good(&account) {
                    return Ok(Ok(token));
                }
            }
        }
        let _turn = self.inner.purchases.of(app_id).await;
        // Whoever had the turn before may have bought one, or heard why there is none.
        let Some(account) = self.store().wechat_account(app_id).await? else {
            return none;
        };
        if let Some(token) = good(&account) {
            return Ok(Ok(token));
        }
        let trouble = match (&account.trouble, account.failed_at) {
            (Some(trouble), Some(at)) if !may_ask_again(at, self.now()) => trouble.clone(),
            _ => match self.buy(&account, refused).await? {
                Ok(token) => return Ok(Ok(token)),
                Err(trouble) => trouble,
            },
        };
        // While WeChat sells no other, the old one serves to its end.
        let now = self.now();
        let lives = |token: &WechatToken| token.expires_at > now && refused != Some(&token.token);
        let token = account.token.filter(lives);
        Ok(token.ok_or(WechatFault::NoToken(trouble)))
    }

    /// Buys a token and notes what came of it.
    async fn buy(
        &self,
        account: &WechatAccount,
        refused: Option<&str>,
    ) -> Result<std::result::Result<WechatToken, TokenTrouble>> {
        let credentials = &account.credentials;
        let buy = |force| self.outbound().buy_wechat_token(credentials.clone(), force);
        let mut bought = buy(false).await;
        let mut forced = false;
        let same = |sold: &SoldToken| refused == Some(&sold.token);
        if bought.as_ref().is_ok_and(same) && self.may_force(account) {
            (bought, forced) = (buy(true).await, true);
        }
        let now = self.now();
        let bought = bought.map(|sold| WechatToken {
            expires_at: now + sold.life_ms,
            token: sold.token,
        });
        let noted = match &bought {
            Ok(token) => Bought::Token {
                token: token.clone(),
                forced,
            },
            Err(trouble) => {
                tracing::warn!(app = %account.app_id, %trouble, "WeChat sells no access token");
                Bought::Trouble(trouble.clone())
            }
        };
        self.store().note_wechat_token(account, &noted, now).await?;
        Ok(bought)
    }

    fn may_force(&self, account: &WechatAccount) -> bool {
        let since = account.forced_at.map(|at| self.now() - at);
        since.is_none_or(|since| !(0..FORCE_INTERVAL_MS).contains(&since))
    }
}
