//! Set-ups of followers and pushes.

use kaibo_domain::id::RoomId;
use kaibo_domain::subscription::SubscriptionKind;
use serde_json::json;

use super::Scene;
use crate::cases::Call;
use crate::world::World;

const FOLLOWERS: &str = "/wxa/business/get_wxa_followers";

/// The call says it all.
pub(super) const CALL_ALONE: &[&str] = &[
    "page_break 0 means page 1",
    "limit above 2000 (code not stated by the docs)",
    "room is not live",
];

/// Whether followers or pushes are what is given.
pub(super) async fn set_up(scene: &mut Scene, given: &str, call: &Call) -> bool {
    match given {
        "valid token, objects exist, state allows it" if call.path == FOLLOWERS => {
            let room = scene.world.live_room().await;
            follow(&scene.world, room, "openid-a").await;
        }
        "next page" => {
            let room = scene.world.live_room().await;
            for openid in ["openid-a", "openid-b"] {
                follow(&scene.world, room, openid).await;
            }
            let first = scene.world.post(FOLLOWERS, &json!({"limit": 1})).await;
            scene.put("page_break of page 1", first["page_break"].clone());
        }
        "another room was already pushed today" => {
            let (other, room) = (scene.world.live_room().await, scene.world.live_room().await);
            let everybody = ["openid-a".to_owned()];
            let kaibo = &scene.world.kaibo;
            let pushed = kaibo.push_message(&scene.world.app_id, RoomId(other), &everybody);
            pushed.await.unwrap();
            scene.put("room", room);
        }
        "more than 2000 (code not stated by the docs)" => {
            let openids: Vec<String> = (0..2_001).map(|n| format!("openid-{n}")).collect();
            scene.put("2001 openids", openids);
        }
        _ => return false,
    }
    true
}

async fn follow(world: &World, room: i64, openid: &str) {
    let kind = SubscriptionKind::Follow;
    let followed = world
        .kaibo
        .subscribe(&world.app_id, RoomId(room), openid, kind);
    followed.await.unwrap();
}
