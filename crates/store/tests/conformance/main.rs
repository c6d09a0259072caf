//! What every store must do, whatever database is under it.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

/// Runs each case of a file on every database.
macro_rules! cases {
    ($($case:ident),* $(,)?) => {
        mod sqlite {
            $(#[tokio::test]
            async fn $case() {
                super::$case(crate::House::sqlite()).await;
            })*
        }
        mod postgres {
            $(#[tokio::test]
            async fn $case() {
                super::$case(crate::House::postgres().await).await;
            })*
        }
    };
}

mod house;

mod access;
mod admission;
mod anchors;
mod apps;
mod assistants;
mod calls;
mod crash;
mod customer_service;
mod deliveries;
mod devices;
mod door;
mod events;
mod folder;
mod generation;
mod goods;
mod identities;
mod images;
mod outage;
mod people;
mod released;
mod roles;
mod rooms;
mod shape;
mod share_codes;
mod shelf;
mod statements;
mod subscriptions;
mod users;
mod wechat;

use kaibo_domain::draft::Draft;
use kaibo_domain::id::AppId;
use kaibo_domain::room::Room;
use kaibo_domain::{HOUR_MS, UnixMs};
use kaibo_store::{App, NewRoom, Store, StoreError};

pub(crate) use house::House;

pub(crate) const NOW: UnixMs = 1_800_000_000_000;
pub(crate) const DAY: i32 = 20_270_115;

pub(crate) fn app_id(name: &str) -> AppId {
    name.parse().unwrap()
}

pub(crate) async fn add_app(store: &Store, name: &str) -> AppId {
    let app = App {
        app_id: app_id(name),
        name: format!("Shop {name}"),
        secret_hash: vec![1, 2, 3],
        created_at: NOW,
        latency_budget_ms: None,
    };
    assert!(store.create_app(&app).await.unwrap());
    app.app_id
}

pub(crate) fn draft() -> Draft {
    Draft {
        name: "双十一专场".into(),
        start_at: NOW + HOUR_MS,
        end_at: NOW + 2 * HOUR_MS,
        anchor_name: "小王".into(),
        anchor_wechat: "anchor_01".into(),
        ..Draft::default()
    }
}

pub(crate) async fn make_room(
    store: &Store,
    app_id: &AppId,
    code: &str,
) -> Result<Option<(Room, i64)>, StoreError> {
    make_room_within(store, app_id, code, 1000).await
}

pub(crate) async fn make_room_within(
    store: &Store,
    app_id: &AppId,
    code: &str,
    rooms_per_day: u32,
) -> Result<Option<(Room, i64)>, StoreError> {
    let draft = draft();
    let new = NewRoom {
        app_id,
        draft: &draft,
        day: DAY,
        rooms_per_day,
        push_seed: [9; 32],
        code,
        next_deadline: draft.end_at,
    };
    store.create_room(new, NOW).await
}

/// A room that is certainly made.
pub(crate) async fn a_room(store: &Store, app_id: &AppId, code: &str) -> Room {
    make_room(store, app_id, code).await.unwrap().unwrap().0
}
