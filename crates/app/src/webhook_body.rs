//! What a webhook is told of an event. Nothing here changes once a delivery is made.

use kaibo_domain::event::{Cause, RoomEvent, StoredEvent};
use kaibo_domain::room::{Room, Switch};
use kaibo_domain::subscription::{PushCounts, SubscriptionKind};
use serde_json::{Value, json};

/// The name and the details of an event; `None`: webhooks are not told of it. `room` is the room as
/// it is now, for the events that say how it is planned.
#[expect(
    clippy::too_many_lines,
    reason = "a flat table, whole, so that no new event is forgotten"
)]
pub(crate) fn of(event: &RoomEvent, room: Option<&Room>) -> Option<(&'static str, Value)> {
    Some(match event {
        RoomEvent::Created => ("room.created", plan(room)),
        RoomEvent::Edited => ("room.edited", plan(room)),
        RoomEvent::Deleted => ("room.deleted", json!({})),
        RoomEvent::Status { from, to, cause } => {
            let (from, to) = (from.number(), to.number());
            let data = json!({"from": from, "to": to, "cause": cause_text(cause)});
            ("room.status", data)
        }
        RoomEvent::Switched { switch } => {
            let (name, value) = match *switch {
                Switch::FeedsPublic(on) => ("isFeedsPublic", on),
                Switch::CloseReplay(on) => ("closeReplay", on),
                Switch::CloseKf(on) => ("closeKf", on),
                Switch::BanComment(on) => ("banComment", on),
            };
            ("room.switched", json!({"switch": name, "value": value}))
        }
        RoomEvent::Subscribed { openid, of, status } => {
            let data = json!({"openid": openid, "kind": kind(*of), "status": status.number()});
            ("subscription.created", data)
        }
        RoomEvent::Unsubscribed { openid, of, status } => {
            let data = json!({"openid": openid, "kind": kind(*of), "status": status.number()});
            ("subscription.deleted", data)
        }
        RoomEvent::ReminderDue {
            message_id,
            openids,
        } => {
            let reason = if message_id.is_some() {
                "push"
            } else {
                "start"
            };
            let data = json!({"reason": reason, "messageId": message_id, "openids": openids});
            ("reminder.due", data)
        }
        RoomEvent::PushDone {
            message_id, counts, ..
        } => ("push.done", done(message_id, *counts)),
        RoomEvent::GoodsAdded { goods } => ("goods.added", json!({"goodsIds": goods})),
        RoomEvent::GoodsRemoved { goods_id } => ("goods.removed", json!({"goodsId": goods_id})),
        RoomEvent::GoodsOnSale { goods_id, on_sale } => (
            "goods.on_sale",
            json!({"goodsId": goods_id, "onSale": on_sale}),
        ),
        RoomEvent::GoodsSorted => ("goods.sorted", json!({})),
        RoomEvent::GoodsEdited { goods_id } => ("goods.edited", json!({"goodsId": goods_id})),
        RoomEvent::GoodsPushed { goods_id, until } => {
            ("goods.pushed", json!({"goodsId": goods_id, "until": until}))
        }
        RoomEvent::GoodsExplained { goods_id } => ("goods.explained", json!({"goodsId": goods_id})),
        RoomEvent::ExplanationEnded { goods_id } => {
            ("goods.explanation_ended", json!({"goodsId": goods_id}))
        }
        RoomEvent::StreamGood
        | RoomEvent::StreamLost
        | RoomEvent::Armed
        | RoomEvent::PushKeyRevoked
        | RoomEvent::CodeRenewed
        | RoomEvent::PushRefused
        | RoomEvent::PeopleChanged
        | RoomEvent::Unknown => return None,
    })
}

/// The whole body.
pub(crate) fn body(id: &str, kind: &str, event: &StoredEvent, data: Value) -> String {
    json!({
        "id": id,
        "type": kind,
        "appid": event.app_id.as_str(),
        "roomId": event.room_id.0,
        "at": event.at,
        "data": data,
    })
    .to_string()
}

fn plan(room: Option<&Room>) -> Value {
    // A room that is deleted by now has no plan any more.
    room.map_or(json!({}), |room| {
        let draft = &room.draft;
        json!({"name": draft.name, "startAt": draft.start_at, "endAt": draft.end_at})
    })
}

fn kind(of: SubscriptionKind) -> &'static str {
    match of {
        SubscriptionKind::Room => "room",
        SubscriptionKind::Follow => "follow",
    }
}

fn cause_text(cause: &Cause) -> Value {
    serde_json::to_value(cause).expect("a plain name has a JSON form")
}

fn done(message_id: &str, counts: PushCounts) -> Value {
    json!({
        "messageId": message_id,
        "total": counts.total,
        "success": counts.success,
        "openidError": counts.openid_error,
        "relationError": counts.relation_error,
        "recvLimit": counts.recv_limit,
        "internalError": counts.internal_error,
    })
}
