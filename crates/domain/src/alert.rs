//! Trouble that a group of people is told of by a bot of their chat: what, and in which words.

use serde::{Deserialize, Serialize};

use crate::event::{Cause, RoomEvent};
use crate::status::Status;
use crate::{HOUR_MS, MINUTE_MS, UnixMs};

/// Most bots of one app.
pub const MAX_BOTS: usize = 5;
/// Of one kind and room a group is told once in this time; what comes meanwhile is told together.
pub const QUIET_MS: i64 = 5 * MINUTE_MS;
/// What is older when it would be told is not worth telling.
pub const STALE_MS: i64 = HOUR_MS;
/// How long a bot is tried.
pub const PATIENCE_MS: i64 = 30 * MINUTE_MS;

/// Whose bot it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum BotBrand {
    /// 企业微信.
    Wecom,
    /// 钉钉.
    Dingtalk,
    /// 飞书.
    Feishu,
}

/// A kind of trouble.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Alert {
    /// A room on air has no stream.
    StreamLost,
    /// A room has ended since its stream did not come back.
    NotRestored,
    /// A room was banned.
    Banned,
    /// An endpoint for events was given up.
    EndpointDisabled,
    /// Somebody pressed the button.
    Test,
}

/// A room in trouble, or none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble<'a> {
    /// What.
    pub alert: Alert,
    /// Which room, or which endpoint.
    pub about: &'a str,
    /// When, for people.
    pub when: &'a str,
    /// How often since it was told last.
    pub times: usize,
    /// Where to look.
    pub link: &'a str,
    /// How long a lost stream is waited for, in minutes.
    pub grace_min: i64,
}

impl Alert {
    /// What of a room's events is trouble.
    pub fn of(event: &RoomEvent) -> Option<Self> {
        match event {
            RoomEvent::Status {
                to: Status::Lost, ..
            } => Some(Self::StreamLost),
            RoomEvent::Status {
                to: Status::Ended,
                cause: Cause::Grace,
                ..
            } => Some(Self::NotRestored),
            RoomEvent::Status {
                to: Status::Banned, ..
            } => Some(Self::Banned),
            _ => None,
        }
    }

    /// Its name in the log of deliveries.
    pub fn name(self) -> &'static str {
        match self {
            Self::StreamLost => "alert.stream_lost",
            Self::NotRestored => "alert.not_restored",
            Self::Banned => "alert.banned",
            Self::EndpointDisabled => "alert.endpoint_disabled",
            Self::Test => "alert.test",
        }
    }

    /// Alerts of one lane wait for each other: those of one kind about one room or endpoint.
    pub fn lane(self, about: i64) -> i64 {
        let kind = match self {
            Self::StreamLost => 1,
            Self::NotRestored => 2,
            Self::Banned => 3,
            Self::EndpointDisabled => 4,
            Self::Test => return 0,
        };
        about * 8 + kind
    }

    fn title(self) -> &'static str {
        match self {
            Self::StreamLost => "直播中断",
            Self::NotRestored => "直播已自动结束",
            Self::Banned => "直播间已禁播",
            Self::EndpointDisabled => "消息推送已停用",
            Self::Test => "测试消息",
        }
    }
}

impl Trouble<'_> {
    /// The message.
    pub fn text(&self) -> String {
        let (label, what, todo) = match self.alert {
            Alert::StreamLost => (
                "直播间",
                "收不到推流，观众看到的画面已停住".to_owned(),
                format!(
                    "请主播检查网络和推流软件，{} 分钟内恢复推流可继续直播，否则自动结束",
                    self.grace_min
                ),
            ),
            Alert::NotRestored => (
                "直播间",
                format!("推流中断超过 {} 分钟，直播已结束", self.grace_min),
                "如需继续，请新建直播间重新开播".to_owned(),
            ),
            Alert::Banned => (
                "直播间",
                "直播间被禁播，观众已无法观看".to_owned(),
                "请在控制台查看禁播原因，整改后联系管理员解除".to_owned(),
            ),
            Alert::EndpointDisabled => (
                "推送地址",
                "连续 3 天推送失败，已停用".to_owned(),
                "请检查接收服务，恢复后在控制台重新启用，期间的事件会补发".to_owned(),
            ),
            Alert::Test => (
                "机器人",
                "收到这条消息，说明告警可以送达".to_owned(),
                "无需处理".to_owned(),
            ),
        };
        let times = match self.times {
            0 | 1 => String::new(),
            n => format!("（5 分钟内共 {n} 次）"),
        };
        format!(
            "【开播】{}{times}\n{label}：{}\n时间：{}\n情况：{what}\n处理：{todo}\n{}",
            self.alert.title(),
            self.about,
            self.when,
            self.link,
        )
    }
}

/// When a group is told of something that happened `at`; `None`: not at all. `told_at` is when it
/// was last told of the same.
pub fn tell_at(at: UnixMs, told_at: Option<UnixMs>, now: UnixMs) -> Option<UnixMs> {
    if now - at > STALE_MS {
        return None;
    }
    let quiet_until = told_at.map_or(now, |told| told + QUIET_MS);
    // A clock that was set back makes nobody wait longer.
    Some(quiet_until.clamp(now, now + QUIET_MS))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trouble_is_what_people_must_act_on() {
        let status = |to, cause| RoomEvent::Status {
            from: Status::Live,
            to,
            cause,
        };
        let of = |to, cause| Alert::of(&status(to, cause));
        assert_eq!(of(Status::Lost, Cause::Lost), Some(Alert::StreamLost));
        assert_eq!(of(Status::Ended, Cause::Grace), Some(Alert::NotRestored));
        assert_eq!(of(Status::Banned, Cause::Ban), Some(Alert::Banned));
        assert_eq!(of(Status::Ended, Cause::Command), None);
        assert_eq!(of(Status::Live, Cause::Stream), None);
    }

    #[test]
    fn a_group_is_told_of_the_same_once_in_five_minutes() {
        let now = 100 * MINUTE_MS;
        assert_eq!(tell_at(now, None, now), Some(now));
        let told = now - 2 * MINUTE_MS;
        assert_eq!(tell_at(now, Some(told), now), Some(told + QUIET_MS));
        assert_eq!(tell_at(now, Some(now - HOUR_MS), now), Some(now));
        assert_eq!(tell_at(now - HOUR_MS - 1, None, now), None, "stale");
        assert!(tell_at(now, Some(now + HOUR_MS), now) <= Some(now + QUIET_MS));
    }

    #[test]
    fn a_message_says_which_room_what_when_and_what_to_do() {
        let mut trouble = Trouble {
            alert: Alert::StreamLost,
            about: "双十一专场（7）",
            when: "11-25 18:05",
            times: 1,
            link: "https://live.test/console/apps/wx01/rooms/7",
            grace_min: 15,
        };
        assert_eq!(
            trouble.text(),
            "【开播】直播中断\n直播间：双十一专场（7）\n时间：11-25 18:05\n\
             情况：收不到推流，观众看到的画面已停住\n\
             处理：请主播检查网络和推流软件，15 分钟内恢复推流可继续直播，否则自动结束\n\
             https://live.test/console/apps/wx01/rooms/7"
        );
        trouble.times = 3;
        assert!(
            trouble
                .text()
                .starts_with("【开播】直播中断（5 分钟内共 3 次）")
        );
    }

    #[test]
    fn lanes_of_kinds_and_rooms_are_apart() {
        let kinds = [
            Alert::StreamLost,
            Alert::NotRestored,
            Alert::Banned,
            Alert::EndpointDisabled,
        ];
        let mut lanes: Vec<i64> = (1..4)
            .flat_map(|room| kinds.map(|k| k.lane(room)))
            .collect();
        lanes.sort_unstable();
        lanes.dedup();
        assert_eq!(lanes.len(), 12);
        assert_eq!(Alert::Test.lane(7), 0);
    }
}
