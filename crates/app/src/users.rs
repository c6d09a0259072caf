//! Users of the console: who invites, shuts out and removes whom.

use kaibo_domain::id::AppId;
use kaibo_domain::user::{UserRole, is_user_name};
use kaibo_domain::{HOUR_MS, UnixMs};
use kaibo_store::{NewUser, User, UserChange};

use crate::accounts::{check_password, hash, hash_password};
use crate::{AccountRefusal, Kaibo, Result, SignedIn, secret};

/// Life of a link.
const LINK_MS: i64 = 72 * HOUR_MS;
/// Most users, so that a list is a page.
const MOST: usize = 500;

/// A user in the owner's list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserFile {
    /// Who.
    pub user: User,
    /// Where an operator works.
    pub apps: Vec<AppId>,
    /// Until when their link works, if they have one.
    pub link_expires_at: Option<UnixMs>,
}

/// A link with which a user chooses a password.
#[derive(Clone, PartialEq, Eq)]
pub struct UserLink {
    /// Whose.
    pub user_id: i64,
    /// The page; works once.
    pub url: String,
    /// Until when.
    pub expires_at: UnixMs,
}

/// What a link is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkView {
    /// Whose it is.
    pub name: String,
    /// What they may do.
    pub role: UserRole,
    /// Names of the apps that an operator sees.
    pub apps: Vec<String>,
    /// Until when it works.
    pub expires_at: UnixMs,
}

/// Why a user is not changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UserRefusal {
    /// There is no such user.
    Unknown,
    /// A name has 1 to 64 visible characters.
    NameInvalid,
    /// Somebody is called so.
    NameTaken,
    /// An operator works in an app, and in none that is not there.
    AppsInvalid,
    /// Nobody would be left who may do everything.
    LastOwner,
    /// One changes others, not oneself.
    Oneself,
    /// There are as many as there may be.
    TooMany,
}

type Outcome<T> = Result<std::result::Result<T, UserRefusal>>;

impl Kaibo {
    /// All users, the first made first.
    pub async fn users(&self) -> Result<Vec<UserFile>> {
        let (apps, links) = (
            self.store().user_apps().await?,
            self.store().user_links().await?,
        );
        let now = self.now();
        let users = self.store().users().await?.into_iter().map(|user| {
            let own = apps.iter().filter(|(id, _)| *id == user.id);
            let link = links
                .iter()
                .find(|(id, until)| *id == user.id && *until > now);
            UserFile {
                apps: own.map(|(_, app)| app.clone()).collect(),
                link_expires_at: link.map(|(_, until)| *until),
                user,
            }
        });
        Ok(users.collect())
    }

    /// Makes a user, who chooses a password by the link.
    pub async fn invite_user(
        &self,
        name: &str,
        role: UserRole,
        apps: Vec<AppId>,
    ) -> Outcome<UserLink> {
        if !is_user_name(name) {
            return Ok(Err(UserRefusal::NameInvalid));
        }
        let Some(apps) = self.apps_for(role, apps).await? else {
            return Ok(Err(UserRefusal::AppsInvalid));
        };
        if self.store().users().await?.len() >= MOST {
            return Ok(Err(UserRefusal::TooMany));
        }
        let (token, expires_at) = self.new_token();
        let new = NewUser {
            name: name.to_owned(),
            role,
            apps,
            token_hash: hash(&token),
            expires_at,
        };
        let made = self.store().invite_user(new, self.now()).await?;
        Ok(made
            .map(|user_id| self.link(user_id, &token, expires_at))
            .ok_or(UserRefusal::NameTaken))
    }

    /// Says what a user may do and where, and whether they may log in.
    pub async fn change_user(
        &self,
        by: i64,
        user_id: i64,
        (role, apps, is_disabled): (UserRole, Vec<AppId>, bool),
    ) -> Outcome<()> {
        if by == user_id {
            return Ok(Err(UserRefusal::Oneself));
        }
        let Some(apps) = self.apps_for(role, apps).await? else {
            return Ok(Err(UserRefusal::AppsInvalid));
        };
        let disabled_at = is_disabled.then(|| self.now());
        let changed = self.store().change_user(user_id, role, apps, disabled_at);
        Ok(judge(changed.await?))
    }

    /// Removes a user; what they did stays written down under their name.
    pub async fn remove_user(&self, by: i64, user_id: i64) -> Outcome<()> {
        if by == user_id {
            return Ok(Err(UserRefusal::Oneself));
        }
        Ok(judge(self.store().drop_user(user_id).await?))
    }

    /// Takes a user's password away and gives the link with which they choose another.
    pub async fn reset_user(&self, by: i64, user_id: i64) -> Outcome<UserLink> {
        if by == user_id {
            return Ok(Err(UserRefusal::Oneself));
        }
        self.renew_link(user_id).await
    }

    /// As [`Kaibo::reset_user`], for whoever has the machine; `None` for an unknown name.
    pub async fn reset_user_by_name(&self, name: &str) -> Result<Option<UserLink>> {
        let Some(user) = self.store().user_by_name(name).await? else {
            return Ok(None);
        };
        Ok(self.renew_link(user.id).await?.ok())
    }

    /// What a link is for; `None`: it works no more.
    pub async fn user_link(&self, token: &str) -> Result<Option<LinkView>> {
        let found = self.store().user_of_link(&hash(token), self.now()).await?;
        let Some((user, expires_at)) = found else {
            return Ok(None);
        };
        let mut apps = Vec::new();
        for app_id in self.store().apps_of_user(user.id).await? {
            apps.extend(self.app_name(&app_id).await?);
        }
        Ok(Some(LinkView {
            name: user.name,
            role: user.role,
            apps,
            expires_at,
        }))
    }

    /// Sets the password of a link's user and signs them in, unless they have a second factor: then
    /// they log in with it.
    pub async fn accept_user_link(
        &self,
        token: &str,
        password: &str,
    ) -> Result<std::result::Result<Option<SignedIn>, AccountRefusal>> {
        if let Err(refusal) = check_password(password) {
            return Ok(Err(refusal));
        }
        // Before the slow hash, which strangers could ask for.
        if self.user_link(token).await?.is_none() {
            return Ok(Err(AccountRefusal::LinkClosed));
        }
        let hashed = hash_password(password.to_owned()).await?;
        let (link, now) = (hash(token), self.now());
        match self.store().use_user_link(&link, &hashed, now).await? {
            None => Ok(Err(AccountRefusal::LinkClosed)),
            Some(user) if user.has_two_factor => Ok(Ok(None)),
            Some(user) => Ok(Ok(self.new_session(user).await?)),
        }
    }

    /// An owner sees all apps, so none are kept; an operator works in at least one, and all are
    /// there. `None`: not so.
    async fn apps_for(&self, role: UserRole, apps: Vec<AppId>) -> Result<Option<Vec<AppId>>> {
        if role == UserRole::Owner {
            return Ok(Some(Vec::new()));
        }
        for app_id in &apps {
            if self.app_name(app_id).await?.is_none() {
                return Ok(None);
            }
        }
        Ok((!apps.is_empty()).then_some(apps))
    }

    async fn renew_link(&self, user_id: i64) -> Outcome<UserLink> {
        let (token, expires_at) = self.new_token();
        let (store, hashed) = (self.store(), hash(&token));
        let is_known = store.renew_user_link(user_id, &hashed, expires_at);
        Ok(if is_known.await? {
            Ok(self.link(user_id, &token, expires_at))
        } else {
            Err(UserRefusal::Unknown)
        })
    }

    fn new_token(&self) -> (String, UnixMs) {
        (secret::random_text(32), self.now() + LINK_MS)
    }

    fn link(&self, user_id: i64, token: &str, expires_at: UnixMs) -> UserLink {
        UserLink {
            user_id,
            // Behind `#`: a browser sends it to nobody.
            url: format!("{}/console/invitation#{token}", self.settings().public_http),
            expires_at,
        }
    }
}

fn judge(change: UserChange) -> std::result::Result<(), UserRefusal> {
    match change {
        UserChange::Done => Ok(()),
        UserChange::Unknown => Err(UserRefusal::Unknown),
        UserChange::LastOwner => Err(UserRefusal::LastOwner),
    }
}
