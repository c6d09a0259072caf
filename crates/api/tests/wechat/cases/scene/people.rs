//! What stands before a call about roles, assistants and sub-anchors.

use kaibo_domain::id::RoomId;
use kaibo_domain::role::Role;
use kaibo_store::Given;

use super::super::Call;
use super::Scene;
use crate::world::{ANCHOR, World};

/// The call says it all.
const CALL_ALONE: &[&str] = &[
    "nested form keys (EasyWeChat 5.x)",
    "user not found",
    "username equals the main anchor",
    "sub-anchor not acceptable",
    "not real-name verified",
    "no sub-anchor: key still present (WxJava reads it)",
    "role absent",
    "WeChat id not acceptable",
    "role 2 for an unverified user",
    "unverified anchor: codeurl carries the QR url",
    "user already has the role",
    "role 0 has no effect; the code is not documented",
    "message observed; code derived",
    "POST JSON (PowerWeChat)",
];

/// Where nobody is verified.
pub(super) const UNVERIFIED: &str = "role 2 for an unverified user";

/// Whether people are what is given.
pub(super) async fn set_up(scene: &Scene, given: &str, call: &Call) -> bool {
    let world = &scene.world;
    let room = scene.values.get("room").and_then(serde_json::Value::as_i64);
    let of_path = |end: &str| call.path.ends_with(end);
    match given {
        "valid token, objects exist, state allows it" => match room {
            Some(room) if of_path("assistant") || of_path("assistantlist") => {
                if of_path("/addassistant") {
                    invite(world, "helper_a", "小帮手").await;
                } else {
                    help(world, room).await;
                }
            }
            Some(room) if of_path("subanchor") => {
                world.verify("anchor_b").await;
                if !of_path("/addsubanchor") {
                    name_sub_anchor(world, room).await;
                    world.verify("anchor_c").await;
                }
            }
            _ if of_path("/addrole") => take_role(world).await,
            // The anchor holds the role, and has no room.
            _ if of_path("/deleterole") => {}
            _ if of_path("/getrolelist") => long_ago(world).await,
            _ => return false,
        },
        "already an assistant" => help(world, room.unwrap()).await,
        "same sub-anchor again" => {
            world.verify("anchor_b").await;
            name_sub_anchor(world, room.unwrap()).await;
        }
        "room already has one" | "sub-anchor not real-name verified" => {
            world.verify("anchor_b").await;
            world.verify("anchor_d").await;
            name_sub_anchor(world, room.unwrap()).await;
        }
        "role limit reached" => {
            take_role(world).await;
            five_hundred_anchors(world).await;
        }
        "anchor still has a room not yet live" => {
            world.room().await;
        }
        "role filter (older docs, WxJava, SKIT)" => {
            give_role(world, "operator_a", Role::Operator).await;
        }
        "search by nickname or WeChat id" => {
            give_role(world, "operator_a", Role::Operator).await;
            invite(world, ANCHOR, "小林").await;
        }
        _ => return CALL_ALONE.contains(&given),
    }
    true
}

async fn invite(world: &World, id: &str, name: &str) {
    let invited = world.kaibo.invite_person(&world.app_id, id, name);
    invited.await.unwrap();
}

/// Known beforehand, as the strict profile wants.
async fn help(world: &World, room: i64) {
    invite(world, "helper_a", "小帮手").await;
    let helper = [("helper_a".to_owned(), "小帮手".to_owned())];
    let (app_id, room) = (&world.app_id, RoomId(room));
    let added = world.kaibo.add_assistants(app_id, room, &helper);
    added.await.unwrap();
}

async fn name_sub_anchor(world: &World, room: i64) {
    let (app_id, room) = (&world.app_id, RoomId(room));
    let named = world.kaibo.name_sub_anchor(app_id, room, "anchor_b", false);
    named.await.unwrap();
}

async fn give_role(world: &World, id: &str, role: Role) {
    let given = world.kaibo.give_role(&world.app_id, id, role);
    given.await.unwrap();
}

async fn take_role(world: &World) {
    let taken = world.kaibo.take_role(&world.app_id, ANCHOR, Role::Anchor);
    taken.await.unwrap();
}

async fn five_hundred_anchors(world: &World) {
    for n in 0..Role::Anchor.most() {
        let id = format!("anchor_{n}");
        let given = world.store.give_role(&world.app_id, &id, Role::Anchor, 0);
        assert_eq!(given.await.unwrap(), Given::Done);
    }
}

/// The anchor got a name and both roles at the time that the case shows.
async fn long_ago(world: &World) {
    const AT: i64 = 1_767_600_000_000;
    take_role(world).await;
    invite(world, ANCHOR, "小林").await;
    for role in [Role::Anchor, Role::Operator] {
        let given = world.store.give_role(&world.app_id, ANCHOR, role, AT);
        assert_eq!(given.await.unwrap(), Given::Done);
    }
}
