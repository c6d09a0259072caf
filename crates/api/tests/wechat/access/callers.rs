//! Everybody who may come to a route, and what they show there.

use std::net::{IpAddr, Ipv4Addr};

use axum::body::Body;
use axum::http::header::{AUTHORIZATION, COOKIE, USER_AGENT};
use axum::http::{HeaderName, HeaderValue, Request};
use kaibo_app::{Clock, Kaibo};
use kaibo_domain::goods::Origin;
use kaibo_domain::id::RoomId;
use kaibo_domain::user::UserRole;
use kaibo_store::UserChange;
use serde_json::json;

use super::table::{Cell, Row};
use crate::cases::Stage;
use crate::world::{ANCHOR, NOW, World};

/// Columns of the table.
pub(super) const COLUMNS: usize = 8;
pub(super) const PASSWORD: &str = "correct horse";
const OWNER: &str = "owner";
const OPERATOR: &str = "operator";
const OTHER_OPERATOR: &str = "other operator";
const HOUR: i64 = 3_600_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Caller {
    OwnServer,
    OtherServer,
    /// The owner of the installation, signed in.
    Owner,
    /// Invited to the app.
    Operator,
    /// Invited to another.
    OtherOperator,
    /// As the owner, without the CSRF token.
    WithoutCsrf,
    OwnDevice,
    /// Of another anchor of the app.
    OtherDevice,
    /// Of another app's anchor.
    ForeignDevice,
    /// Shows nothing.
    Nobody,
    /// Shows what no token can look like.
    Malformed,
    /// Shows a token of the app that is over.
    ExpiredToken,
    /// Shows a session of the owner that is over.
    EndedSession,
    /// A browser that shows a link's secret, which is all that strangers are given.
    Viewer,
}

pub(super) const CALLERS: [Caller; 14] = [
    Caller::OwnServer,
    Caller::OtherServer,
    Caller::Owner,
    Caller::Operator,
    Caller::OtherOperator,
    Caller::WithoutCsrf,
    Caller::OwnDevice,
    Caller::OtherDevice,
    Caller::ForeignDevice,
    Caller::Nobody,
    Caller::Malformed,
    Caller::ExpiredToken,
    Caller::EndedSession,
    Caller::Viewer,
];

impl Caller {
    /// What the table says of this caller.
    pub(super) fn cell(self, row: &Row) -> Cell {
        let [
            server,
            other_server,
            owner,
            operator,
            other_operator,
            rest @ ..,
        ] = row.cells;
        let [device, other_device, anybody] = rest;
        let own = match self {
            Self::OwnServer => server,
            Self::OtherServer => other_server,
            Self::Owner => owner,
            Self::Operator => operator,
            Self::OtherOperator => other_operator,
            // A browser sends the cookie by itself: enough to read.
            Self::WithoutCsrf if row.method() == "GET" => owner,
            Self::OwnDevice => device,
            Self::OtherDevice | Self::ForeignDevice => other_device,
            _ => Cell::Closed,
        };
        if own == Cell::Closed { anybody } else { own }
    }

    /// Where goods come from that this caller may change.
    pub(super) fn origin(self) -> Origin {
        match self {
            Self::OwnServer => Origin::Api,
            _ => Origin::Console,
        }
    }

    /// Who signs in, where somebody does.
    pub(super) fn user(self) -> &'static str {
        match self {
            Self::Operator => OPERATOR,
            Self::OtherOperator => OTHER_OPERATOR,
            _ => OWNER,
        }
    }
}

/// A cookie, and the token that shows that a change is meant.
#[derive(Clone)]
struct Session {
    cookie: String,
    csrf: String,
}

/// Who else is on the same installation.
pub(super) struct Neighbour {
    /// Of an app that has nothing yet.
    token: String,
    /// Of an anchor of a third.
    device: String,
    sessions: Sessions,
    /// The number of the user who is invited to each app in turn.
    operator: i64,
}

/// Of everybody who signs in.
#[derive(Clone)]
struct Sessions {
    owner: Session,
    operator: Session,
    other_operator: Session,
    ended: Session,
}

impl Sessions {
    async fn begin(world: &World) -> Self {
        Self {
            owner: sign_in(&world.kaibo, OWNER).await,
            operator: sign_in(&world.kaibo, OPERATOR).await,
            other_operator: sign_in(&world.kaibo, OTHER_OPERATOR).await,
            // The last, since the next one drops those that are over: it was a day ago.
            ended: sign_in(&at(world, NOW * 1_000 - 8 * 24 * HOUR), OWNER).await,
        }
    }
}

impl Neighbour {
    pub(super) async fn move_in(stage: &Stage) -> Self {
        let config = kaibo_app::AppConfig::default();
        let world = World::in_store(stage.ground.clone(), stage.next_app(), config).await;
        world.verify(ANCHOR).await;
        let setup = world.kaibo.open_setup().await.unwrap().unwrap();
        let owner = world.kaibo.setup_owner(&setup, OWNER, PASSWORD).await;
        owner.unwrap().unwrap();
        let operator = join(&world, OPERATOR).await;
        join(&world, OTHER_OPERATOR).await;
        let room = world.room().await;
        Self {
            device: device_of(&world, room).await,
            token: world.other_app().await,
            sessions: Sessions::begin(&world).await,
            operator,
        }
    }

    /// A row has ended sessions: by what it did, or since the next one drops those that are over.
    pub(super) async fn renew_sessions(&mut self, world: &World) {
        self.sessions = Sessions::begin(world).await;
    }
}

/// What each caller shows.
pub(super) struct Credentials {
    server: String,
    other_server: String,
    expired: String,
    sessions: Sessions,
    link: String,
    own_device: String,
    other_device: String,
    foreign_device: String,
}

impl Credentials {
    /// `room`: whose anchor has a device; beside it another anchor's is made.
    pub(super) async fn of(world: &World, neighbour: &Neighbour, room: Option<i64>) -> Self {
        let foreign = || neighbour.device.clone();
        let apps = vec![world.app_id.clone()];
        let (store, operator) = (&world.store, neighbour.operator);
        let moved = store.change_user(operator, UserRole::Operator, apps, None);
        assert_eq!(moved.await.unwrap(), UserChange::Done);
        let (own_device, other_device) = match room {
            Some(room) => {
                world.verify("anchor_c").await;
                let mut plan = world.plan();
                plan["anchorWechat"] = json!("anchor_c");
                let others = world.room_with(plan).await;
                (device_of(world, room).await, device_of(world, others).await)
            }
            None => (foreign(), foreign()),
        };
        let link = world.kaibo.invite_anchor(&world.app_id, "anchor_d").await;
        Self {
            server: world.token.clone(),
            other_server: neighbour.token.clone(),
            expired: expired_token(world).await,
            sessions: neighbour.sessions.clone(),
            link: link.unwrap().rsplit('/').next().unwrap().to_owned(),
            own_device,
            other_device,
            foreign_device: foreign(),
        }
    }

    /// Puts what a caller shows on a request about `room`.
    pub(super) fn dress(
        &self,
        caller: Caller,
        row: &Row,
        world: &World,
        room: Option<i64>,
        request: &mut Request<Body>,
    ) {
        let bearer = match caller {
            Caller::OwnServer => Some(self.server.as_str()),
            Caller::OtherServer => Some(self.other_server.as_str()),
            Caller::ExpiredToken => Some(self.expired.as_str()),
            Caller::Malformed => Some("no*token"),
            Caller::Viewer => Some(self.link.as_str()),
            _ => None,
        };
        if row.is_wechats() {
            put_token(request, bearer);
        } else if let Some(bearer) = bearer {
            put(request, AUTHORIZATION, &format!("Bearer {bearer}"));
        }
        let (session, csrf) = match caller {
            Caller::Owner => (Some(&self.sessions.owner), true),
            Caller::Operator => (Some(&self.sessions.operator), true),
            Caller::OtherOperator => (Some(&self.sessions.other_operator), true),
            Caller::WithoutCsrf => (Some(&self.sessions.owner), false),
            Caller::EndedSession => (Some(&self.sessions.ended), true),
            _ => (None, false),
        };
        if let Some(session) = session {
            put(request, COOKIE, &session.cookie);
        }
        if let Some(session) = session.filter(|_| csrf) {
            put(
                request,
                HeaderName::from_static("x-csrf-token"),
                &session.csrf,
            );
        }
        let device = match caller {
            Caller::OwnDevice => Some(&self.own_device),
            Caller::OtherDevice => Some(&self.other_device),
            Caller::ForeignDevice => Some(&self.foreign_device),
            _ => None,
        };
        if let Some(device) = device {
            let (app, room) = (&world.app_id, room.unwrap_or(1));
            put(request, COOKIE, &format!("kaibo_device_{app}={device}"));
            put(request, AUTHORIZATION, &format!("Broadcast {room}"));
        }
        if caller == Caller::Viewer {
            put(request, USER_AGENT, "Mozilla/5.0 (iPhone) MicroMessenger/8");
            put(request, COOKIE, &format!("kaibo_session={}", self.link));
        }
    }
}

/// What a route asks for by itself, such as a link's secret, stays.
fn put(request: &mut Request<Body>, name: HeaderName, value: &str) {
    let value = HeaderValue::from_str(value).unwrap();
    request.headers_mut().entry(name).or_insert(value);
}

/// The caller's token in the place of the one that stands in the query, if any.
fn put_token(request: &mut Request<Body>, token: Option<&str>) {
    let uri = request.uri().to_string();
    let (path, query) = uri.split_once('?').unwrap_or((&uri, ""));
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    let others = pairs.filter(|pair| {
        let name = pair.split('=').next().unwrap_or_default();
        !["access_token", "%61%63%63%65%73%73%5F%74%6F%6B%65%6E"].contains(&name)
    });
    let mut pairs: Vec<String> = others.map(str::to_owned).collect();
    pairs.extend(token.map(|token| format!("access_token={token}")));
    *request.uri_mut() = format!("{path}?{}", pairs.join("&")).parse().unwrap();
}

/// The same installation at another time.
fn at(world: &World, now: i64) -> Kaibo {
    let settings = world.kaibo.settings().clone();
    Kaibo::new(world.store.clone(), Clock::manual(now), settings)
}

async fn sign_in(kaibo: &Kaibo, name: &str) -> Session {
    let peer = IpAddr::V4(Ipv4Addr::LOCALHOST);
    let signed_in = kaibo.sign_in(name, PASSWORD, None, peer).await;
    let signed_in = signed_in.unwrap().unwrap();
    Session {
        cookie: format!("kaibo_session={}", signed_in.session),
        csrf: signed_in.found.csrf,
    }
}

/// Somebody is invited to an app and accepts.
async fn join(world: &World, name: &str) -> i64 {
    let apps = vec![world.app_id.clone()];
    let link = world
        .kaibo
        .invite_user(name, UserRole::Operator, apps)
        .await;
    let link = link.unwrap().unwrap();
    let token = link.url.rsplit('#').next().unwrap();
    let joined = world.kaibo.accept_user_link(token, PASSWORD).await;
    assert!(joined.unwrap().unwrap().is_some());
    link.user_id
}

async fn expired_token(world: &World) -> String {
    let before = at(world, NOW * 1_000 - 3 * HOUR);
    let sold = before.stable_token(&world.app_id, false).await;
    sold.unwrap().unwrap().token
}

/// What a device shows that a room's anchor enrolled.
pub(super) async fn device_of(world: &World, room: i64) -> String {
    let (kaibo, app) = (&world.kaibo, &world.app_id);
    let code = kaibo.create_broadcast_code(app, RoomId(room), "owner");
    let code = code.await.unwrap();
    let code = code.url.rsplit('/').next().unwrap();
    let peer = IpAddr::V4(Ipv4Addr::LOCALHOST);
    let enrolled = kaibo.enrol_device(code, "", "phone", peer).await;
    enrolled.unwrap().unwrap().credential
}
