//! What happened to a room: stored with the change, told to everyone in the order of offsets.

use serde::{Deserialize, Serialize};

use crate::UnixMs;
use crate::id::{AppId, GoodsId, RoomId};
use crate::room::Switch;
use crate::status::Status;
use crate::subscription::{OpenId, PushCounts, SubscriptionKind};

/// Why a status changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// A good stream arrived.
    Stream,
    /// No media for the time that makes a stream lost.
    Lost,
    /// The anchor or an operator said so.
    Command,
    /// A planned time passed: start window, planned end.
    Plan,
    /// The grace was over.
    Grace,
    /// The longest broadcast was reached.
    Cap,
    /// A ban or its lifting.
    Ban,
}

/// One fact about a room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum RoomEvent {
    /// It exists.
    Created,
    /// Its details changed.
    Edited,
    /// It is hidden everywhere.
    Deleted,
    /// Its status changed.
    Status {
        /// Status before.
        from: Status,
        /// Status after.
        to: Status,
        /// What did it.
        cause: Cause,
    },
    /// A good stream is arriving, without a change of status.
    StreamGood,
    /// No good stream any more, without a change of status.
    StreamLost,
    /// The next good stream starts the room.
    Armed,
    /// Its sub-anchor or its assistants changed.
    PeopleChanged,
    /// Push keys handed out before are void; a publisher with one is cut.
    PushKeyRevoked,
    /// What opened the anchor's page before may not any more: a device was shut out.
    CodeRenewed,
    /// A push was refused; the reason is for the anchor's page.
    PushRefused,
    /// A switch was turned.
    Switched {
        /// Which, and how it stands now.
        switch: Switch,
    },
    /// Somebody wants to be told.
    Subscribed {
        /// Who.
        openid: OpenId,
        /// Of what.
        of: SubscriptionKind,
        /// How the room stood: 101, 102 or 103.
        status: Status,
    },
    /// Somebody does not want to be told any more.
    Unsubscribed {
        /// Who.
        openid: OpenId,
        /// Of what.
        of: SubscriptionKind,
        /// How the room stood: 101, 102 or 103.
        status: Status,
    },
    /// These people are to be told that the room is live.
    ReminderDue {
        /// The push that told them; none: the room has started, and they waited for it.
        message_id: Option<String>,
        /// Who; at most [`crate::subscription::REMINDER_BATCH`].
        openids: Vec<OpenId>,
    },
    /// A push is done.
    PushDone {
        /// Which.
        message_id: String,
        /// The first who was named and is an openid.
        first: Option<OpenId>,
        /// What became of everybody.
        counts: PushCounts,
    },
    /// Goods came onto the shelf, at its end.
    GoodsAdded {
        /// Which.
        goods: Vec<GoodsId>,
    },
    /// Goods left the shelf.
    GoodsRemoved {
        /// Which.
        goods_id: GoodsId,
    },
    /// Goods are on sale, or not any more.
    GoodsOnSale {
        /// Which.
        goods_id: GoodsId,
        /// What holds now.
        on_sale: bool,
    },
    /// The shelf has another order.
    GoodsSorted,
    /// Goods on the shelf have another price or other words.
    GoodsEdited {
        /// Which.
        goods_id: GoodsId,
    },
    /// Viewers see the card of goods until a moment.
    GoodsPushed {
        /// Which.
        goods_id: GoodsId,
        /// Until when.
        until: UnixMs,
    },
    /// The anchor begins to explain goods.
    GoodsExplained {
        /// Which.
        goods_id: GoodsId,
    },
    /// The anchor has explained goods.
    ExplanationEnded {
        /// Which.
        goods_id: GoodsId,
    },
    /// Of a kind that a newer Kaibo beside this one wrote: readers load the room anew and go on.
    #[serde(other)]
    Unknown,
}

impl RoomEvent {
    /// About people who subscribe: the room itself is as it was, and no page that shows it need
    /// load it anew.
    pub fn is_about_subscribers(&self) -> bool {
        matches!(
            self,
            Self::Subscribed { .. }
                | Self::Unsubscribed { .. }
                | Self::ReminderDue { .. }
                | Self::PushDone { .. }
        )
    }
}

/// An event at its place in the order of all events.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredEvent {
    /// Its place: strictly rising, from 1.
    pub offset: i64,
    /// Whose room.
    pub app_id: AppId,
    /// Which room.
    pub room_id: RoomId,
    /// When.
    pub at: UnixMs,
    /// What.
    pub event: RoomEvent,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> RoomEvent {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn events_are_stored_by_their_kind() {
        let event = RoomEvent::Status {
            from: Status::Planned,
            to: Status::Live,
            cause: Cause::Stream,
        };
        let text = r#"{"kind":"status","from":102,"to":101,"cause":"stream"}"#;
        assert_eq!(serde_json::to_string(&event).unwrap(), text);
        assert_eq!(read(text), event);
    }

    #[test]
    fn a_switch_is_stored_by_its_name() {
        let switch = Switch::CloseReplay(false);
        let text = r#"{"kind":"switched","switch":{"close_replay":false}}"#;
        let event = RoomEvent::Switched { switch };
        assert_eq!(serde_json::to_string(&event).unwrap(), text);
        assert_eq!(read(text), event);
    }

    #[test]
    fn kinds_of_a_newer_version_do_not_stop_an_older_one() {
        assert_eq!(
            read(r#"{"kind":"price_changed","to":3}"#),
            RoomEvent::Unknown
        );
    }
}
