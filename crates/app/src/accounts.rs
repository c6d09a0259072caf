//! People who use the console: set-up, log-in, sessions.

use std::fmt;
use std::net::IpAddr;

use argon2::Argon2;
use argon2::password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash};
use kaibo_domain::id::AppId;
use kaibo_domain::user::{UserRole, is_user_name};
use kaibo_domain::{HOUR_MS, UnixMs};
use kaibo_store::User;
use sha2::{Digest, Sha256};
use tokio::sync::Semaphore;

use crate::two_factor::name_key;
use crate::{Error, Kaibo, Result, secret};

/// Life of a session.
const SESSION_MS: i64 = 7 * 24 * HOUR_MS;
const MIN_PASSWORD: usize = 10;
const MAX_PASSWORD: usize = 256;

/// A fresh session.
pub struct SignedIn {
    /// The cookie's value.
    pub session: String,
    /// When the session ends.
    pub expires_at: UnixMs,
    /// What it lets do.
    pub found: Session,
}

/// A session that was found.
#[derive(Clone, PartialEq, Eq)]
pub struct Session {
    /// Whose.
    pub user_id: i64,
    /// Their name.
    pub name: String,
    /// Sent back in a header with every change.
    pub csrf: String,
    /// What they may do.
    pub role: UserRole,
    /// Where; `None`: everywhere.
    pub apps: Option<Vec<AppId>>,
    /// Every user must have a second factor, and this one has none yet: nothing else until then.
    pub must_enrol: bool,
}

impl Session {
    /// Whether they see an app.
    pub fn sees(&self, app_id: &str) -> bool {
        let apps = self.apps.as_ref();
        apps.is_none_or(|apps| apps.iter().any(|app| app.as_str() == app_id))
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// A session in a user's list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenSession {
    /// Names it; opens nothing.
    pub id: String,
    /// When it began.
    pub begun_at: UnixMs,
    /// When it ends by itself.
    pub expires_at: UnixMs,
    /// The one that asks.
    pub is_current: bool,
}

/// Why somebody was not let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccountRefusal {
    /// The set-up link was used, or never was one.
    SetupClosed,
    /// The link was used, is over, or never was one.
    LinkClosed,
    /// A name has 1 to 64 visible characters.
    NameInvalid,
    /// A password has at least 10 characters.
    PasswordTooShort,
    /// Wrong name or password: it is not said which.
    BadCredentials,
    /// The password is right; a code is wanted too.
    CodeNeeded,
    /// The code is wrong, or was used before.
    CodeWrong,
    /// Too many tries.
    TooManyTries {
        /// How long to wait.
        retry_after_ms: i64,
    },
}

impl Kaibo {
    /// A new set-up token where nobody owns the installation yet; voids the one before.
    pub async fn open_setup(&self) -> Result<Option<String>> {
        if self.store().has_user().await? {
            return Ok(None);
        }
        let token = secret::random_text(32);
        self.store().set_setup_token(&hash(&token)).await?;
        Ok(Some(token))
    }

    /// Whether a set-up link still works.
    pub async fn setup_open(&self, token: &str) -> Result<bool> {
        Ok(self.store().setup_token_open(&hash(token)).await?)
    }

    /// Makes the owner and signs them in; the link works once.
    pub async fn setup_owner(
        &self,
        token: &str,
        name: &str,
        password: &str,
    ) -> Result<std::result::Result<SignedIn, AccountRefusal>> {
        if let Err(refusal) = check_name(name).and_then(|()| check_password(password)) {
            return Ok(Err(refusal));
        }
        if !self.setup_open(token).await? {
            return Ok(Err(AccountRefusal::SetupClosed));
        }
        let hashed = hash_password(password.to_owned()).await?;
        match self
            .store()
            .create_owner(name, &hashed, &hash(token), self.now())
            .await?
        {
            Some(user) => {
                let begun = self.new_session(user).await?;
                Ok(begun.ok_or(AccountRefusal::SetupClosed))
            }
            None => Ok(Err(AccountRefusal::SetupClosed)),
        }
    }

    /// Signs a user in, who shows a code too where they have a second factor. Five wrong tries a
    /// minute per name and per address.
    pub async fn sign_in(
        &self,
        name: &str,
        password: &str,
        code: Option<&str>,
        peer: IpAddr,
    ) -> Result<std::result::Result<SignedIn, AccountRefusal>> {
        // The address first: one that must wait can neither use up a name's tries nor fill the
        // memory with names, each of which takes as little as its hash.
        let keys = [format!("peer {peer}"), name_key(name)];
        for key in &keys {
            if let Err(retry_after_ms) = self.inner.sign_ins.take(key, self.now()) {
                return Ok(Err(AccountRefusal::TooManyTries { retry_after_ms }));
            }
        }
        let user = self.store().user_by_name(name).await?;
        // An unknown name costs as much time as a wrong password.
        let stored = user.as_ref().map(|user| user.password_hash.clone());
        let right = verify_password(password.to_owned(), stored).await?;
        match user {
            Some(user) if right && user.disabled_at.is_none() => {
                if let Err(refusal) = self.check_code(&user, code).await? {
                    return Ok(Err(refusal));
                }
                for key in &keys {
                    self.inner.sign_ins.clear(key);
                }
                let begun = self.new_session(user).await?;
                Ok(begun.ok_or(AccountRefusal::BadCredentials))
            }
            _ => Ok(Err(AccountRefusal::BadCredentials)),
        }
    }

    /// The session behind a cookie.
    pub async fn session(&self, cookie: &str) -> Result<Option<Session>> {
        match self.store().session(&hash(cookie), self.now()).await? {
            Some((user, csrf)) => Ok(Some(self.session_of(user, csrf).await?)),
            None => Ok(None),
        }
    }

    async fn session_of(&self, user: User, csrf: String) -> Result<Session> {
        let apps = match user.role {
            UserRole::Owner => None,
            UserRole::Operator => Some(self.store().apps_of_user(user.id).await?),
        };
        let must_enrol = !user.has_two_factor && self.store().demands_two_factor().await?;
        Ok(Session {
            user_id: user.id,
            name: user.name,
            csrf,
            role: user.role,
            apps,
            must_enrol,
        })
    }

    /// Ends a session.
    pub async fn sign_out(&self, cookie: &str) -> Result<()> {
        Ok(self.store().drop_session(&hash(cookie)).await?)
    }

    /// The sessions of the user whose cookie this is, the latest first.
    pub async fn sessions(&self, user_id: i64, cookie: &str) -> Result<Vec<OpenSession>> {
        let own = hash(cookie);
        let sessions = self.store().sessions(user_id, self.now()).await?;
        let sessions = sessions.into_iter();
        Ok(sessions
            .map(|(hash, begun_at, expires_at)| OpenSession {
                id: secret::hex(&hash),
                begun_at,
                expires_at,
                is_current: hash == own,
            })
            .collect())
    }

    /// Ends a session of a user by its name in their list; `false`: they have no such session.
    pub async fn end_session(&self, user_id: i64, id: &str) -> Result<bool> {
        let sessions = self.store().sessions(user_id, self.now()).await?;
        let named = sessions.iter().find(|(hash, ..)| secret::hex(hash) == id);
        match named {
            Some((hash, ..)) => Ok(self.store().drop_session_of(user_id, hash).await?),
            None => Ok(false),
        }
    }

    /// Gives a user a new random password and ends their sessions; `None` for an unknown name.
    pub async fn reset_password(&self, name: &str) -> Result<Option<String>> {
        let password = secret::random_text(16);
        let hashed = hash_password(password.clone()).await?;
        Ok(self
            .store()
            .set_password(name, &hashed)
            .await?
            .then_some(password))
    }

    /// `None`: their password has changed since they were let in.
    pub(crate) async fn new_session(&self, user: User) -> Result<Option<SignedIn>> {
        let (session, csrf) = (secret::random_text(43), secret::random_text(22));
        let now = self.now();
        let expires_at = now + SESSION_MS;
        let begun = self
            .store()
            .create_session(&hash(&session), &user, &csrf, expires_at, now)
            .await?;
        if !begun {
            return Ok(None);
        }
        Ok(Some(SignedIn {
            session,
            expires_at,
            found: self.session_of(user, csrf).await?,
        }))
    }
}

fn check_name(name: &str) -> std::result::Result<(), AccountRefusal> {
    is_user_name(name)
        .then_some(())
        .ok_or(AccountRefusal::NameInvalid)
}

pub(crate) fn check_password(password: &str) -> std::result::Result<(), AccountRefusal> {
    let count = password.chars().count();
    let good = (MIN_PASSWORD..=MAX_PASSWORD).contains(&count);
    if good {
        Ok(())
    } else {
        Err(AccountRefusal::PasswordTooShort)
    }
}

/// Tokens with full entropy need no slow hash; names are only counted by it.
pub(crate) fn hash(token: &str) -> Vec<u8> {
    Sha256::digest(token.as_bytes()).to_vec()
}

pub(crate) async fn hash_password(password: String) -> Result<String> {
    blocking(move || {
        let salt = secret::random::<16>();
        Argon2::default()
            .hash_password_with_salt(password.as_bytes(), &salt)
            .expect("the parameters are the library's own")
            .to_string()
    })
    .await
}

pub(crate) async fn verify_password(password: String, stored: Option<String>) -> Result<bool> {
    blocking(move || {
        let argon2 = Argon2::default();
        if let Some(Ok(hash)) = stored.as_deref().map(PasswordHash::new) {
            return argon2.verify_password(password.as_bytes(), &hash).is_ok();
        }
        let _ = argon2.hash_password_with_salt(password.as_bytes(), &[0; 16]);
        false
    })
    .await
}

/// Hashes at once: each takes 19 MiB and a core, and strangers can ask for them.
static HASHING: Semaphore = Semaphore::const_new(2);

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
    let turn = HASHING.acquire().await.map_err(|_| Error::Interrupted)?;
    let work = move || {
        // Held by the work itself, which goes on when whoever asked for it has gone away.
        let _turn = turn;
        work()
    };
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|_| Error::Interrupted)
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[tokio::test]
    async fn hashing_that_nobody_waits_for_keeps_its_turn() {
        let (go, wait) = mpsc::sync_channel::<()>(0);
        let asked = blocking(move || wait.recv().is_ok());
        tokio::select! {
            biased;
            _ = asked => panic!("it waits for the channel"),
            () = tokio::task::yield_now() => {}
        }
        assert_eq!(HASHING.available_permits(), 1);
        go.send(()).expect("the work still waits");
        let both = HASHING.acquire_many(2).await;
        assert!(both.is_ok(), "given back when the work is done");
    }
}
