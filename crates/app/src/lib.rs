//! Kaibo's use cases: load, decide, save, announce. One file per noun.

mod access;
mod accounts;
mod admission;
mod anchors;
mod apps;
mod assistants;
mod bots;
mod calls;
pub mod clock;
mod customer_service;
mod deliveries;
mod devices;
mod door;
mod endpoints;
mod feed;
mod goods;
mod identities;
mod images;
mod jobs;
mod lately;
mod live;
mod outbox;
mod pages;
mod people;
mod pictures;
pub mod ports;
mod quota;
mod repeats;
mod reviewers;
mod roles;
mod rooms;
mod secret;
pub mod settings;
mod share_codes;
mod shelf;
mod sub_anchors;
mod subscriptions;
mod throttle;
mod tokens;
mod verifiers;
mod webhook_body;
mod wechat;

use std::sync::Arc;
use std::time::Duration;

use kaibo_bus::Bus;
pub use kaibo_domain as domain;
use kaibo_domain::UnixMs;
use kaibo_domain::door::Door;
use kaibo_domain::goods::GoodsRefusal;
use kaibo_domain::id::AppId;
use kaibo_domain::person::PersonRefusal;
use kaibo_domain::refusal::Refusal;
use kaibo_domain::shelf::ShelfRefusal;
use kaibo_store::{AccessToken, Store};
pub use kaibo_store::{
    Anchor, Delivery, Device, Follower, GoodsQuery, GoodsSetting, Holding, PeopleQuery, Person,
    PushRefusal, Reveal, RoomQuery, Shelved, Submission,
};
pub use kaibo_store::{CallQuery, CallRecord};
use tokio::sync::{Mutex, watch};
use tokio::time::Instant;

use crate::lately::Lately;

pub use access::{Play, PushAddress, RoomAccess};
pub use accounts::{AccountRefusal, OpenSession, Session, SignedIn};
pub use anchors::{AnchorFile, VerificationView};
pub use apps::{AppSummary, NewApp};
pub use bots::Bot;
pub use clock::Clock;
pub use devices::{BroadcastCode, EnrolRefusal, Enrolled, EnrolmentView};
pub use endpoints::{MessageUrl, Webhook};
pub use feed::{Changed, Changes};
pub use identities::SubmitRefusal;
pub use images::{ImageFile, NamedImage, StoredImage};
pub use live::{Admission, Playback, RefusedPush};
pub use pages::{Page, PageKey};
use ports::{NoWayOut, Outbound};
pub use quota::{Counted, Standing};
pub use repeats::{RepeatKey, Repeated};
pub use reviewers::{Reviewer, ReviewerKind};
pub use rooms::{Applied, DraftInput};
pub use settings::{AppConfig, Settings};
pub use share_codes::{DrawnPoster, SharedRoom};
pub use subscriptions::SubscriberCounts;
pub use tokens::{CredentialRefusal, FORCED, FORCED_LIMIT, IssuedToken, TokenRefusal};
pub use wechat::{WechatFault, WechatState};

/// How long an answer of the database counts for readiness.
const PING_FRESH: Duration = Duration::from_secs(1);

/// Why a use case gave no result.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Part of the answer: nothing has changed, and the caller is told why.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// Something outside did not work; logged once at the edge.
    #[error(transparent)]
    Failed(#[from] kaibo_store::StoreError),
    /// A sealed value does not open: the master key is not the one it was sealed with.
    #[error("a stored secret does not open with this master key")]
    Sealed,
    /// Work on a blocking thread ended early.
    #[error("a background computation was cut off")]
    Interrupted,
}

impl From<GoodsRefusal> for Error {
    fn from(refusal: GoodsRefusal) -> Self {
        Self::Refused(refusal.into())
    }
}

impl From<ShelfRefusal> for Error {
    fn from(refusal: ShelfRefusal) -> Self {
        Self::Refused(refusal.into())
    }
}

impl From<PersonRefusal> for Error {
    fn from(refusal: PersonRefusal) -> Self {
        Self::Refused(refusal.into())
    }
}

/// A result of a use case.
pub type Result<T> = std::result::Result<T, Error>;

/// All use cases. Cheap to clone.
#[derive(Clone)]
pub struct Kaibo {
    inner: Arc<Inner>,
}

struct Inner {
    store: Store,
    bus: Bus,
    clock: Clock,
    settings: Settings,
    outbound: Arc<dyn Outbound>,
    /// How far this process has carried events out; `None` outside a server.
    carried_out: watch::Sender<Option<i64>>,
    calls: quota::CallCounter,
    call_log: calls::CallLog,
    doors: Lately<AppId, Door>,
    judged: Lately<AppId, admission::Judged>,
    tokens: Lately<Vec<u8>, AccessToken>,
    pages: pages::Pages,
    repeats: repeats::Repeats,
    sign_ins: throttle::Throttle,
    push_refusals: throttle::Throttle,
    submissions: throttle::Throttle,
    enrolments: throttle::Throttle,
    pins: throttle::Throttle,
    pictures: pictures::Pictures,
    code_tries: throttle::Throttle,
    purchases: wechat::Turns,
    /// When the database last took a write for [`Kaibo::ping`].
    answered: Mutex<Option<Instant>>,
}

impl Kaibo {
    /// Use cases over `store`, in a process that calls nobody.
    pub fn new(store: Store, clock: Clock, settings: Settings) -> Self {
        Self::with_outbound(store, clock, settings, Arc::new(NoWayOut))
    }

    /// Use cases over `store`, whose calls leave the house by `outbound`.
    pub fn with_outbound(
        store: Store,
        clock: Clock,
        settings: Settings,
        outbound: Arc<dyn Outbound>,
    ) -> Self {
        let inner = Inner {
            store,
            bus: Bus::default(),
            clock,
            settings,
            outbound,
            carried_out: watch::Sender::new(None),
            calls: quota::CallCounter::default(),
            call_log: calls::CallLog::default(),
            doors: Lately::default(),
            judged: Lately::default(),
            tokens: Lately::default(),
            pages: pages::Pages::default(),
            repeats: repeats::Repeats::default(),
            sign_ins: throttle::Throttle::new(5, 60_000),
            push_refusals: throttle::Throttle::new(1, 2_000),
            submissions: throttle::Throttle::new(identities::TRIES, identities::TRIES_WITHIN_MS),
            enrolments: throttle::Throttle::new(20, devices::PIN_WITHIN_MS),
            pins: throttle::Throttle::new(devices::PIN_TRIES, devices::PIN_WITHIN_MS),
            pictures: pictures::Pictures::default(),
            code_tries: throttle::Throttle::new(1, share_codes::TRY_AGAIN_MS),
            purchases: wechat::Turns::default(),
            answered: Mutex::default(),
        };
        Self {
            inner: Arc::new(inner),
        }
    }

    /// The time.
    pub fn now(&self) -> UnixMs {
        self.inner.clock.now()
    }

    /// What the operator set.
    pub fn settings(&self) -> &Settings {
        &self.inner.settings
    }

    /// Whether the database answers and takes writes; asked at most once a second, since anybody
    /// may look at readiness and each look is a synced write.
    pub async fn ping(&self) -> Result<()> {
        let mut answered = self.inner.answered.lock().await;
        if answered.is_some_and(|at| at.elapsed() < PING_FRESH) {
            return Ok(());
        }
        *answered = None;
        self.store().ping().await?;
        *answered = Some(Instant::now());
        Ok(())
    }

    fn outbound(&self) -> &dyn Outbound {
        &*self.inner.outbound
    }

    fn store(&self) -> &Store {
        &self.inner.store
    }
}
