//! A house to test in: a real store in a folder of its own, and a clock that the test sets.

use std::sync::Arc;
use std::sync::atomic::AtomicI64;

use kaibo_app::domain::MINUTE_MS;
use kaibo_app::domain::draft::Draft;
use kaibo_app::domain::id::AppId;
use kaibo_app::domain::room::Room;
use kaibo_app::{AppConfig, Clock, DraftInput, Kaibo, Settings};
use kaibo_store::Store;
use tempfile::TempDir;

/// 2026-11-22 10:00 in Shanghai.
pub(crate) const NOW: i64 = 1_795_312_800_000;
pub(crate) const ANCHOR: &str = "anchor_01";

pub(crate) struct House {
    pub(crate) kaibo: Kaibo,
    pub(crate) app: AppId,
    pub(crate) clock: Clock,
    pub(crate) folder: TempDir,
}

impl House {
    pub(crate) async fn new() -> Self {
        Self::with(AppConfig::default()).await
    }

    pub(crate) async fn with(config: AppConfig) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = Clock::Manual(Arc::new(AtomicI64::new(NOW)));
        let kaibo = open(&folder, &clock, &config).await;
        let app = kaibo.create_app(None, None, "测试店").await.unwrap().app_id;
        kaibo.verify_anchor(&app, ANCHOR).await.unwrap();
        Self {
            kaibo,
            app,
            clock,
            folder,
        }
    }

    /// A second process on the same folder.
    pub(crate) async fn beside(&self) -> Kaibo {
        self.beside_with(&AppConfig::default()).await
    }

    /// A second process on the same folder, with settings of its own.
    pub(crate) async fn beside_with(&self, config: &AppConfig) -> Kaibo {
        open(&self.folder, &self.clock, config).await
    }

    /// A room that starts in `minutes`.
    pub(crate) async fn room_in(&self, minutes: i64) -> Room {
        self.kaibo
            .create_room(&self.app, plan_in(minutes, self.kaibo.now()))
            .await
            .unwrap()
    }
}

/// A good plan, `minutes` from `now`.
pub(crate) fn plan_in(minutes: i64, now: i64) -> DraftInput {
    let start_at = now + minutes * MINUTE_MS;
    let draft = Draft {
        name: "双十一专场".into(),
        start_at,
        end_at: start_at + 60 * MINUTE_MS,
        anchor_name: "小王".into(),
        anchor_wechat: ANCHOR.into(),
        ..Draft::default()
    };
    DraftInput {
        draft,
        images_required: false,
    }
}

async fn open(folder: &TempDir, clock: &Clock, config: &AppConfig) -> Kaibo {
    let store = Store::open(folder.path()).await.unwrap();
    let settings = Settings::new(config, "http://localhost:8080", "rtmp://localhost").unwrap();
    Kaibo::new(store, clock.clone(), settings)
}
