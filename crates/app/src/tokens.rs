//! Access tokens: bought with an app's secret, shown with every call.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use kaibo_domain::id::AppId;
use kaibo_domain::quota::CallLimit;
use kaibo_domain::{MINUTE_MS, UnixMs};
use kaibo_store::{AccessToken, TokenKind};

use crate::{Kaibo, Result, secret};

/// Life of a token.
const LIFE_MS: i64 = 7_200_000;
/// How long an older token lives on beside its successor (spec P1, P2).
const OVERLAP_MS: i64 = 5 * MINUTE_MS;
/// Least time between two forced refreshes (spec P2).
const FORCE_INTERVAL_MS: i64 = 30_000;
/// The quota of forced refreshes.
pub const FORCED: &str = "stable_token/force_refresh";
/// Forced refreshes of everybody (spec P2).
pub const FORCED_LIMIT: CallLimit = CallLimit {
    per_day: 20,
    per_minute: 20,
};
const ID_BYTES: usize = 16;

/// A token as its buyer gets it.
#[derive(Clone, PartialEq, Eq)]
pub struct IssuedToken {
    /// Shown with every call.
    pub token: String,
    /// Seconds until it expires.
    pub expires_in: i64,
}

/// Why no token is sold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CredentialRefusal {
    /// No such app.
    UnknownApp,
    /// Not this app's secret.
    WrongSecret,
}

/// Why a token opens nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenRefusal {
    /// Not the shape of a token.
    Malformed,
    /// Never sold here, or superseded.
    Unknown,
    /// Past its life.
    Expired,
}

impl Kaibo {
    /// A new token each time; the one before lives five minutes more.
    pub async fn issue_token(&self, app_id: &AppId) -> Result<IssuedToken> {
        let now = self.now();
        let row = new_row(app_id.clone(), TokenKind::Plain, now);
        self.store().issue_token(&row, now + OVERLAP_MS).await?;
        Ok(self.issued(&row, now))
    }

    /// The same token until its last five minutes; `force_refresh` kills it at once, at most every
    /// 30 seconds. Independent of [`Kaibo::issue_token`].
    /// A refresh that was forced counts as a call of [`FORCED`]; `None`: there are no more today.
    pub async fn stable_token(
        &self,
        app_id: &AppId,
        force_refresh: bool,
    ) -> Result<Option<IssuedToken>> {
        loop {
            let now = self.now();
            let current = self.store().newest_token(app_id, TokenKind::Stable).await?;
            let alive = current.as_ref().filter(|current| {
                current.superseded_at.is_none() && current.expires_at - now > OVERLAP_MS
            });
            if let Some(current) = alive {
                let forced = force_refresh && now - current.issued_at >= FORCE_INTERVAL_MS;
                if !forced {
                    return Ok(Some(self.issued(current, now)));
                }
                let left = self.calls_left(app_id, FORCED, FORCED_LIMIT).await?;
                if left.left() == 0 {
                    return Ok(None);
                }
            }
            let kills = alive.is_some();
            let old_dies_at = if force_refresh { now } else { now + OVERLAP_MS };
            let row = new_row(app_id.clone(), TokenKind::Stable, now);
            let current = current.as_ref().map(|token| token.id.as_slice());
            let store = self.store();
            // Many servers of one merchant ask at once: all but one get the token of the first.
            if store.issue_token_after(&row, old_dies_at, current).await? {
                if kills {
                    self.count_call(app_id, FORCED, FORCED_LIMIT).await?;
                }
                return Ok(Some(self.issued(&row, now)));
            }
        }
    }

    /// Whose token this is.
    pub async fn authenticate(
        &self,
        token: &str,
    ) -> Result<std::result::Result<AppId, TokenRefusal>> {
        let Some((id, tag)) = split(token) else {
            return Ok(Err(TokenRefusal::Malformed));
        };
        if !secret::equal(&tag, &self.token_tag(&id)) {
            return Ok(Err(TokenRefusal::Unknown));
        }
        let row = match self.inner.tokens.get(&id, self.store()) {
            Some(row) => row,
            None => match self.read_token(id).await? {
                Some(row) => row,
                None => return Ok(Err(TokenRefusal::Unknown)),
            },
        };
        let now = self.now();
        Ok(if row.expires_at <= now {
            Err(TokenRefusal::Expired)
        } else if row.superseded_at.is_some_and(|at| at <= now) {
            Err(TokenRefusal::Unknown)
        } else {
            Ok(row.app_id.clone())
        })
    }

    async fn read_token(&self, id: Vec<u8>) -> Result<Option<Arc<AccessToken>>> {
        let Some(found) = self.store().token(&id).await? else {
            return Ok(None);
        };
        // Whose it is, is known now; so it is read once more, in a generation that is known.
        let generation = self.store().generation(&found.app_id);
        let Some(row) = self.store().token(&id).await?.map(Arc::new) else {
            return Ok(None);
        };
        let kept = Arc::clone(&row);
        self.inner.tokens.put(id, &row.app_id, generation, kept);
        Ok(Some(row))
    }

    /// The app of an id, if the secret is its own.
    pub async fn app_of_secret(
        &self,
        app_id: &str,
        secret: &str,
    ) -> Result<std::result::Result<AppId, CredentialRefusal>> {
        let Ok(app_id) = app_id.parse::<AppId>() else {
            return Ok(Err(CredentialRefusal::UnknownApp));
        };
        let Some(app) = self.store().app(&app_id).await? else {
            return Ok(Err(CredentialRefusal::UnknownApp));
        };
        let right = secret::equal(&app.secret_hash, &self.secret_hash(&app_id, secret));
        Ok(if right {
            Ok(app_id)
        } else {
            Err(CredentialRefusal::WrongSecret)
        })
    }

    fn issued(&self, row: &AccessToken, now: UnixMs) -> IssuedToken {
        let bytes = [row.id.as_slice(), &self.token_tag(&row.id)].concat();
        IssuedToken {
            token: URL_SAFE_NO_PAD.encode(bytes),
            expires_in: (row.expires_at - now) / 1000,
        }
    }

    /// The secret half of a token: made from its id, so that the database holds nothing that
    /// opens a door.
    fn token_tag(&self, id: &[u8]) -> [u8; 32] {
        secret::mac(&self.store().keys().derive("access token"), &[id])
    }
}

fn new_row(app_id: AppId, kind: TokenKind, now: UnixMs) -> AccessToken {
    AccessToken {
        id: secret::random::<ID_BYTES>().to_vec(),
        app_id,
        kind,
        issued_at: now,
        expires_at: now + LIFE_MS,
        superseded_at: None,
    }
}

fn split(token: &str) -> Option<(Vec<u8>, Vec<u8>)> {
    if token.len() > 128 {
        return None;
    }
    let mut id = URL_SAFE_NO_PAD.decode(token).ok()?;
    if id.len() != ID_BYTES + 32 {
        return None;
    }
    let tag = id.split_off(ID_BYTES);
    Some((id, tag))
}
