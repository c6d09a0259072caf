//! The events themselves, as XML or JSON (spec V1, V2).

use std::fmt::Write as _;

use kaibo_domain::event::{RoomEvent, StoredEvent};
use kaibo_domain::room::Status;
use kaibo_domain::subscription::{OpenId, PushCounts, SubscriptionKind};
use serde_json::{Map, Value, json};

/// An event in WeChat's words. Numbers are numbers, texts are texts, in both forms.
pub(super) struct Event {
    to: String,
    from: String,
    seconds: i64,
    name: &'static str,
    nested: &'static str,
    fields: Vec<(&'static str, Value)>,
}

/// `None` for what WeChat has no event for.
pub(super) fn of(stored: &StoredEvent, to: &str) -> Option<Event> {
    let follow = SubscriptionKind::Follow;
    match &stored.event {
        RoomEvent::Subscribed { openid, of, status } if *of == follow => {
            Some(followed(stored, to, openid, *status, "add_follow"))
        }
        RoomEvent::Unsubscribed { openid, of, status } if *of == follow => {
            Some(followed(stored, to, openid, *status, "del_follow"))
        }
        RoomEvent::PushDone {
            message_id,
            first,
            counts,
        } => Some(pushed(stored, to, message_id, first.as_ref(), *counts)),
        _ => None,
    }
}

fn followed(
    stored: &StoredEvent,
    to: &str,
    openid: &OpenId,
    status: Status,
    action: &str,
) -> Event {
    let seconds = stored.at / 1_000;
    Event {
        to: to.to_owned(),
        from: openid.to_string(),
        seconds,
        name: "wxalive_follow_notify",
        nested: "FollowNotify",
        fields: vec![
            ("room_id", json!(stored.room_id.0)),
            ("user_openid", json!(openid)),
            ("time", json!(seconds)),
            ("live_status", json!(status.number())),
            ("action", json!(action)),
        ],
    }
}

fn pushed(
    stored: &StoredEvent,
    to: &str,
    message_id: &str,
    first: Option<&OpenId>,
    counts: PushCounts,
) -> Event {
    Event {
        to: to.to_owned(),
        from: first.map_or(String::new(), ToString::to_string),
        seconds: stored.at / 1_000,
        name: "wxalive_push_message_notify",
        nested: "PushMessageApiNotify",
        fields: vec![
            ("message_id", json!(message_id)),
            ("room_id", json!(stored.room_id.0)),
            ("total_count", json!(counts.total)),
            ("success_count", json!(counts.success)),
            ("openid_error_count", json!(counts.openid_error)),
            ("relation_error_count", json!(counts.relation_error)),
            ("user_recv_limit_count", json!(counts.recv_limit)),
            ("internal_error_count", json!(counts.internal_error)),
        ],
    }
}

impl Event {
    /// Who did it, or who was named first.
    pub(super) fn from(&self) -> &str {
        &self.from
    }

    /// As JSON.
    pub(super) fn json(&self) -> String {
        let fields = self.fields.iter().cloned();
        let nested: Map<String, Value> = fields.map(|(k, v)| (k.to_owned(), v)).collect();
        json!({
            "ToUserName": self.to,
            "FromUserName": self.from,
            "CreateTime": self.seconds,
            "MsgType": "event",
            "Event": self.name,
            (self.nested): nested,
        })
        .to_string()
    }

    /// As XML.
    pub(super) fn xml(&self) -> String {
        let mut fields = String::new();
        for (name, value) in &self.fields {
            match value {
                Value::String(text) => element(&mut fields, name, text),
                number => write!(fields, "<{name}>{number}</{name}>").expect("writes to a string"),
            }
        }
        let mut xml = String::from("<xml>");
        element(&mut xml, "ToUserName", &self.to);
        element(&mut xml, "FromUserName", &self.from);
        let (seconds, nested) = (self.seconds, self.nested);
        write!(xml, "<CreateTime>{seconds}</CreateTime>").expect("writes to a string");
        element(&mut xml, "MsgType", "event");
        element(&mut xml, "Event", self.name);
        write!(xml, "<{nested}>{fields}</{nested}></xml>").expect("writes to a string");
        xml
    }
}

/// An encrypted message as XML.
pub(super) fn sealed_xml(to: &str, sealed: &str) -> String {
    let mut xml = String::from("<xml>");
    element(&mut xml, "ToUserName", to);
    element(&mut xml, "Encrypt", sealed);
    xml + "</xml>"
}

/// An encrypted message as JSON.
pub(super) fn sealed_json(to: &str, sealed: &str) -> String {
    json!({"ToUserName": to, "Encrypt": sealed}).to_string()
}

/// A text in its element; what would end it early is cut in two.
fn element(xml: &mut String, name: &str, text: &str) {
    let text = text.replace("]]>", "]]]]><![CDATA[>");
    write!(xml, "<{name}><![CDATA[{text}]]></{name}>").expect("writes to a string");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_cannot_end_its_element() {
        let mut xml = String::new();
        element(&mut xml, "a", "x]]></a><b>");
        assert_eq!(xml, "<a><![CDATA[x]]]]><![CDATA[></a><b>]]></a>");
    }
}
