//! What the operator may set about rooms, people and goods.

use std::path::PathBuf;

use jiff::SignedDuration;
use jiff::tz::TimeZone;
use kaibo_domain::door::Profile;
use kaibo_domain::draft::PlanRules;
use kaibo_domain::id::AppId;
use kaibo_domain::quota::Limits;
use kaibo_domain::room::{RoomRules, StartMode};
use kaibo_domain::shelf::ShelfRules;
use kaibo_domain::words::Words;
use kaibo_domain::{HOUR_MS, UnixMs};
use serde::{Deserialize, Serialize};

/// The part of `kaibo.toml` that the use cases read.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AppConfig {
    /// Rooms.
    pub room: RoomConfig,
    /// Quotas of each app.
    pub limits: Limits,
    /// Anchors.
    pub anchor: AnchorConfig,
    /// Goods and shelves.
    pub goods: GoodsConfig,
    /// Words.
    pub content: ContentConfig,
    /// The WeChat-compatible API.
    pub wechat: WechatConfig,
    /// Share codes and posters.
    pub codes: CodesConfig,
}

/// `[wechat]`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WechatConfig {
    /// How callers are judged whose app has no profile of its own: `tolerant` or `strict`.
    pub profile: Profile,
}

/// `[room]`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RoomConfig {
    /// What starts a room: `stream` or `anchor`.
    pub start: StartMode,
    /// How long before its planned start a stream may start a room.
    pub early: SignedDuration,
    /// How long without media makes a stream lost.
    pub lost: SignedDuration,
    /// How long a room waits for a lost stream.
    pub grace: SignedDuration,
    /// Longest plan and longest broadcast, in hours.
    pub max_hours: u8,
    /// Time zone whose midnight begins a new day for quotas.
    pub time_zone: String,
}

impl Default for RoomConfig {
    fn default() -> Self {
        let rules = RoomRules::default();
        Self {
            start: rules.start,
            early: SignedDuration::from_millis(rules.early_ms),
            lost: SignedDuration::from_millis(rules.lost_ms),
            grace: SignedDuration::from_millis(rules.grace_ms),
            max_hours: 12,
            time_zone: "Asia/Shanghai".into(),
        }
    }
}

/// `[anchor]`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AnchorConfig {
    /// `required`: only verified anchors get rooms. `off`: for rehearsals.
    pub verification: VerificationPolicy,
}

impl Default for AnchorConfig {
    fn default() -> Self {
        Self {
            verification: VerificationPolicy::Required,
        }
    }
}

/// Whether anchors must have shown who they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum VerificationPolicy {
    /// Rooms only for verified anchors.
    Required,
    /// Everybody may broadcast.
    Off,
}

/// `[goods]`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct GoodsConfig {
    /// Who decides whether goods may be sold.
    pub review: ReviewProvider,
    /// Most goods on the shelf of one room.
    pub per_shelf: u32,
    /// How long the card of pushed goods is shown.
    pub card: SignedDuration,
    /// Pictures over 300 pixels are made to fit rather than refused.
    pub resize_images: bool,
}

impl Default for GoodsConfig {
    fn default() -> Self {
        let rules = ShelfRules::default();
        Self {
            review: ReviewProvider::Auto,
            per_shelf: rules.max_goods,
            card: SignedDuration::from_millis(rules.push_ms),
            resize_images: false,
        }
    }
}

/// Who decides whether goods may be sold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ReviewProvider {
    /// Rules about words and pictures, within a second.
    Auto,
    /// People, in the console or by command line.
    Manual,
    /// Somebody outside, whom each app names.
    Webhook,
}

/// `[codes]`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CodesConfig {
    /// Font of posters, with Chinese characters; empty: the first that is found.
    pub font: PathBuf,
    /// The mini-program plugin that shows rooms.
    pub plugin_appid: String,
    /// Page of merchants' mini programs that a code opens; empty: codes open the viewers' page.
    pub page: String,
}

impl Default for CodesConfig {
    fn default() -> Self {
        Self {
            font: PathBuf::new(),
            plugin_appid: "wx2b03c6e691cd7370".into(),
            page: String::new(),
        }
    }
}

/// `[content]`: words beside those that Kaibo brings.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ContentConfig {
    /// Names that have one are refused.
    pub forbidden: Vec<String>,
    /// Goods that have one in their name are not approved by `auto`.
    pub claims: Vec<String>,
}

/// Settings as the use cases take them: checked, in milliseconds.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Address that browsers use, such as `https://live.example.com`; no slash at its end.
    pub public_http: String,
    /// Address that encoders use, such as `rtmp://live.example.com`; no slash at its end.
    pub public_rtmp: String,
    /// Bounds of a plan.
    pub plan: PlanRules,
    /// Times of a room's life.
    pub room: RoomRules,
    /// Quotas of each app.
    pub limits: Limits,
    /// Zone of a day.
    pub zone: TimeZone,
    /// Anchors must be verified.
    pub verification: VerificationPolicy,
    /// Who reviews goods.
    pub review: ReviewProvider,
    /// Bounds of a shelf.
    pub shelf: ShelfRules,
    /// Pictures of goods that are too large are made to fit.
    pub resize_goods_images: bool,
    /// Words that names must not have.
    pub words: Words,
    /// How callers of the WeChat-compatible API are judged.
    pub profile: Profile,
    /// Font of posters; `None`: the first that is found.
    pub font: Option<PathBuf>,
    /// The mini-program plugin that shows rooms.
    pub plugin_appid: String,
    /// Page of merchants' mini programs that a code opens, where there is one.
    pub code_page: Option<String>,
}

/// A setting that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// Not a name of the time zone database.
    #[error("room.time_zone: {0:?} is no time zone; write one such as \"Asia/Shanghai\"")]
    TimeZone(String),
    /// Out of bounds.
    #[error("{key}: must be {bounds}")]
    OutOfBounds {
        /// Which key.
        key: &'static str,
        /// What is allowed.
        bounds: &'static str,
    },
}

impl Settings {
    /// Checks `config` and takes the public addresses beside it.
    pub fn new(
        config: &AppConfig,
        public_http: &str,
        public_rtmp: &str,
    ) -> Result<Self, SettingsError> {
        let room = &config.room;
        let zone = TimeZone::get(&room.time_zone)
            .map_err(|_| SettingsError::TimeZone(room.time_zone.clone()))?;
        check_bounds(config)?;
        let shelf = ShelfRules {
            max_goods: config.goods.per_shelf,
            push_ms: ms(config.goods.card),
        };
        let cap_ms = i64::from(room.max_hours) * HOUR_MS;
        Ok(Self {
            public_http: public_http.trim_end_matches('/').to_owned(),
            public_rtmp: public_rtmp.trim_end_matches('/').to_owned(),
            plan: PlanRules {
                max_length_ms: cap_ms,
                ..PlanRules::default()
            },
            room: RoomRules {
                start: room.start,
                early_ms: ms(room.early),
                lost_ms: ms(room.lost),
                grace_ms: ms(room.grace),
                cap_ms,
            },
            limits: config.limits,
            zone,
            verification: config.anchor.verification,
            review: config.goods.review,
            shelf,
            resize_goods_images: config.goods.resize_images,
            words: Words::new(&config.content.forbidden, &config.content.claims),
            profile: config.wechat.profile,
            font: Some(config.codes.font.clone()).filter(|path| !path.as_os_str().is_empty()),
            plugin_appid: config.codes.plugin_appid.clone(),
            code_page: Some(config.codes.page.clone()).filter(|page| !page.is_empty()),
        })
    }

    /// The date of `now`, for ages.
    pub fn today(&self, now: UnixMs) -> jiff::civil::Date {
        let at = jiff::Timestamp::from_millisecond(now).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
        at.to_zoned(self.zone.clone()).date()
    }

    /// The day of `now` for quotas.
    pub fn day(&self, now: UnixMs) -> i32 {
        kaibo_domain::quota::day(now, &self.zone)
    }
}

/// What the types do not say of numbers and names.
fn check_bounds(config: &AppConfig) -> Result<(), SettingsError> {
    let room = &config.room;
    let bound = |ok: bool, key, bounds| {
        if ok {
            Ok(())
        } else {
            Err(SettingsError::OutOfBounds { key, bounds })
        }
    };
    bound(
        (1..=24).contains(&room.max_hours),
        "room.max_hours",
        "1 to 24",
    )?;
    bound(ms(room.lost) >= 1_000, "room.lost", "at least 1s")?;
    bound(
        ms(room.grace) >= ms(room.lost),
        "room.grace",
        "at least room.lost",
    )?;
    bound(ms(room.early) >= 0, "room.early", "zero or more")?;
    bound(
        (1..=1_000).contains(&config.goods.per_shelf),
        "goods.per_shelf",
        "1 to 1000",
    )?;
    bound(
        (1_000..=600_000).contains(&ms(config.goods.card)),
        "goods.card",
        "1s to 10m",
    )?;
    bound(
        config.codes.plugin_appid.parse::<AppId>().is_ok(),
        "codes.plugin_appid",
        "an appid such as \"wx2b03c6e691cd7370\"",
    )
}

fn ms(duration: SignedDuration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
