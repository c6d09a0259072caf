//! The only place with WeChat's error numbers and texts (spec section 11): every refusal and
//! fault becomes one of them here.

mod customer_service;
mod goods;
mod pass_through;
mod people;
mod subscription;

use std::borrow::Cow;
use std::net::IpAddr;

use kaibo_app::{CredentialRefusal, TokenRefusal, WechatFault};
use kaibo_domain::goods::GoodsRefusal;
use kaibo_domain::refusal::{Field, FieldRefusal, FieldRule, ImageRefusal, Refusal};
use kaibo_domain::share_code::ShareRefusal;
use serde_json::{Map, Value, json};

pub(super) use goods::Part;
pub(super) use pass_through::NotPassed;

/// What is wrong with a call before any rule of a room is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CallFault {
    /// No `access_token` in the query.
    TokenMissing,
    /// `grant_type` is not `client_credential`.
    GrantType,
    /// No `appid`.
    AppIdMissing,
    /// No `secret`.
    SecretMissing,
    /// Another method than GET.
    NeedsGet,
    /// Another method than POST.
    NeedsPost,
    /// Not by https.
    NeedsHttps,
    /// The app takes no calls from this address.
    AddressNotAllowed(IpAddr),
    /// A POST without a body.
    BodyEmpty,
    /// Neither JSON nor a form, or broken off.
    BodyUnreadable,
    /// A body past its cap.
    BodyTooLarge,
    /// The app made all its calls of this kind for today.
    DailyQuota,
    /// The app may not use live.
    NotAdmitted,
    /// The app made all its calls of this kind for this minute.
    MinuteQuota,
    /// The key of a call that may be sent again stands for another.
    KeyTaken,
    /// The call with this key is being done.
    KeyRunning,
    /// The call with this key was cut off.
    KeyCutOff,
    /// Not a key.
    KeyInvalid,
    /// No such path.
    UrlUnknown(NotPassed),
    /// A parameter that must be there is not.
    Missing(&'static str),
    /// A parameter is of the wrong kind or out of its range.
    Invalid(&'static str),
    /// Goods without the object around them, or with an empty one.
    NoGoodsInfo,
    /// Keys of goods that are no list of texts.
    GoodsKeyNoList,
    /// A room's goods have no recorded explanation.
    NoTalkVideo,
    /// An app that asks for live has had no payment for too long.
    NoPayment,
    /// An app that asks for live does not get it.
    LiveClosed,
    /// An upload of another type than `image`.
    MediaType,
    /// An upload without a file.
    MediaMissing,
    /// A media id that this app does not hold.
    MediaUnknown,
    /// No rooms, or none from this offset on; no replays.
    ListEmpty,
    /// A list of people by a role that there is not.
    RoleFilter,
    /// An edit names an anchor who is not verified.
    NotAnAnchor,
    /// An image beyond the size for its place.
    ImageTooLarge(Field),
    /// Parameters of a share code that cannot be read.
    BadParameters,
    /// An image whose file is gone from the data folder.
    ImageGone,
}

/// Why a call did not succeed.
#[derive(Debug, thiserror::Error)]
pub(super) enum Fault {
    /// The call itself is wrong.
    #[error("{0:?}")]
    Call(CallFault),
    /// The access token is not good.
    #[error("{0:?}")]
    Token(TokenRefusal),
    /// The appid or the secret is not good.
    #[error("{0:?}")]
    Credential(CredentialRefusal),
    /// A rule says no.
    #[error(transparent)]
    Refused(Refusal),
    /// The anchor of a new room has yet to be verified, at this address.
    #[error("the anchor is not verified yet")]
    AnchorUnverified {
        /// Opens the verification page.
        qrcode_url: String,
    },
    /// Whoever is to become an anchor has yet to be verified, at this address.
    #[error("the person is not verified yet")]
    RoleUnverified {
        /// Opens the verification page.
        codeurl: String,
    },
    /// It could not be done.
    #[error(transparent)]
    Failed(kaibo_app::Error),
    /// A part of it could not be done.
    #[error("{1}")]
    PartFailed(Part, #[source] kaibo_app::Error),
    /// Goods that are to be deleted stay.
    #[error(transparent)]
    NotDeleted(GoodsRefusal),
    /// WeChat itself was not asked, or did not answer.
    #[error(transparent)]
    Wechat(Box<WechatFault>),
}

impl Fault {
    /// As the general conversion, with the number of a part where it is a failure.
    pub(super) fn at(part: Part) -> impl Fn(kaibo_app::Error) -> Self {
        move |error| match Self::from(error) {
            Self::Failed(failure) => Self::PartFailed(part, failure),
            refused => refused,
        }
    }
}

impl Fault {
    /// What did not work, so that nothing was done; `None`: a refusal.
    pub(super) fn failure(&self) -> Option<&kaibo_app::Error> {
        match self {
            Self::Failed(failure) | Self::PartFailed(_, failure) => Some(failure),
            _ => None,
        }
    }
}

impl From<CallFault> for Fault {
    fn from(fault: CallFault) -> Self {
        Self::Call(fault)
    }
}

impl From<NotPassed> for Fault {
    fn from(why: NotPassed) -> Self {
        Self::Call(CallFault::UrlUnknown(why))
    }
}

impl From<Box<WechatFault>> for Fault {
    fn from(fault: Box<WechatFault>) -> Self {
        Self::Wechat(fault)
    }
}

impl From<kaibo_app::Error> for Fault {
    fn from(error: kaibo_app::Error) -> Self {
        match error {
            kaibo_app::Error::Refused(refusal) => Self::Refused(refusal),
            failure => Self::Failed(failure),
        }
    }
}

/// A fault in WeChat's words, without the rid.
#[derive(Debug, PartialEq)]
pub(super) struct Verdict {
    /// `errcode`.
    pub(super) code: i32,
    /// `errmsg` without its tail.
    pub(super) message: Cow<'static, str>,
    /// Keys beside them at top level.
    pub(super) beside: Map<String, Value>,
}

/// The number of a success.
pub(super) const OK: i32 = 0;

impl Verdict {
    fn new(code: i32, message: impl Into<Cow<'static, str>>) -> Self {
        Self {
            code,
            message: message.into(),
            beside: Map::new(),
        }
    }

    fn with(mut self, key: &str, value: Value) -> Self {
        self.beside.insert(key.to_owned(), value);
        self
    }
}

/// WeChat's number and text for a fault.
pub(super) fn verdict(fault: &Fault) -> Verdict {
    match fault {
        Fault::Call(fault) => of_call(*fault),
        Fault::Token(refusal) => of_token(*refusal),
        Fault::Credential(CredentialRefusal::UnknownApp) => Verdict::new(40013, "invalid appid"),
        Fault::Credential(CredentialRefusal::WrongSecret) => {
            Verdict::new(40125, "invalid appsecret")
        }
        Fault::Refused(refusal) => of_refusal(refusal),
        Fault::AnchorUnverified { qrcode_url } => {
            anchor_unverified().with("qrcode_url", json!(qrcode_url))
        }
        Fault::RoleUnverified { codeurl } => {
            people::role_unverified().with("codeurl", json!(codeurl))
        }
        Fault::Failed(_) => Verdict::new(-1, "system error"),
        Fault::PartFailed(part, _) => goods::of_part(*part),
        Fault::NotDeleted(refusal) => goods::of_deleting(refusal),
        Fault::Wechat(fault) => pass_through::verdict(fault),
    }
}

fn of_call(fault: CallFault) -> Verdict {
    match fault {
        CallFault::TokenMissing => Verdict::new(41001, "access_token missing"),
        CallFault::GrantType => Verdict::new(40002, "invalid grant_type"),
        CallFault::AppIdMissing => Verdict::new(41002, "appid missing"),
        CallFault::SecretMissing => Verdict::new(41004, "appsecret missing"),
        CallFault::NeedsGet => Verdict::new(43001, "require GET method"),
        CallFault::NeedsPost => Verdict::new(43002, "require POST method"),
        CallFault::NeedsHttps => Verdict::new(43003, "require https"),
        CallFault::AddressNotAllowed(address) => address_not_allowed(address),
        CallFault::BodyEmpty => Verdict::new(44002, "empty post data"),
        CallFault::BodyUnreadable => Verdict::new(47001, "data format error"),
        CallFault::BodyTooLarge => Verdict::new(45002, "content size out of limit"),
        CallFault::DailyQuota => daily_quota(),
        CallFault::NotAdmitted => Verdict::new(48001, "api unauthorized"),
        CallFault::MinuteQuota => Verdict::new(
            45011,
            "api minute-quota reach limit must slower retry next minute",
        ),
        CallFault::KeyTaken => Verdict::new(200_002, "Idempotency-Key was used for another call"),
        CallFault::KeyInvalid => Verdict::new(200_002, "Idempotency-Key is invalid"),
        // Every SDK tries again on this, and then gets the answer.
        CallFault::KeyRunning => Verdict::new(-1, "system error"),
        CallFault::KeyCutOff => Verdict::new(
            200_001,
            "the call with this Idempotency-Key was cut off, see whether it was done",
        ),
        CallFault::UrlUnknown(_) => pass_through::unknown_url(),
        CallFault::Missing("startTime" | "endTime")
        | CallFault::Invalid("startTime" | "endTime") => plan_invalid(),
        CallFault::Missing(key) => missing(key),
        CallFault::Invalid(key) => invalid(key),
        CallFault::NoGoodsInfo => Verdict::new(200_002, "goodsInfo must not be empty"),
        CallFault::GoodsKeyNoList => Verdict::new(200_002, "goodsKey must be Array<string>"),
        CallFault::NoPayment => Verdict::new(2, "no payment in the last 90 days"),
        CallFault::LiveClosed => Verdict::new(268_489_001, "live can not be opened"),
        CallFault::NoTalkVideo => Verdict::new(300_044, "goods has no talk video"),
        CallFault::MediaType => Verdict::new(40004, "invalid media type"),
        CallFault::MediaMissing => Verdict::new(41005, "media data missing"),
        CallFault::MediaUnknown => Verdict::new(40007, "invalid media_id"),
        CallFault::ListEmpty => Verdict::new(9_410_000, "empty room list")
            .with("room_info", json!([]))
            .with("live_replay", json!([])),
        CallFault::RoleFilter => people::role_filter(),
        CallFault::NotAnAnchor => Verdict::new(300_030, "room wxnumber not have an anchor role"),
        CallFault::ImageTooLarge(field) => of_field(FieldRefusal {
            field,
            rule: FieldRule::TooLong,
        }),
        CallFault::BadParameters => bad_parameters(),
        CallFault::ImageGone => Verdict::new(1007, "get no data"),
    }
}

/// WeChat names the address twice, the second time as IPv6.
fn address_not_allowed(address: IpAddr) -> Verdict {
    let six = match address {
        IpAddr::V4(four) => four.to_ipv6_mapped(),
        IpAddr::V6(six) => six,
    };
    let message = format!("invalid ip {address} ipv6 {six}, not in whitelist");
    Verdict::new(40164, message)
}

fn of_token(refusal: TokenRefusal) -> Verdict {
    match refusal {
        TokenRefusal::Malformed => Verdict::new(40014, "invalid access_token"),
        TokenRefusal::Unknown => Verdict::new(
            40001,
            "invalid credential, access_token is invalid or not latest",
        ),
        TokenRefusal::Expired => Verdict::new(42001, "access_token expired"),
    }
}

fn of_refusal(refusal: &Refusal) -> Verdict {
    match refusal {
        Refusal::Fields(fields) => match fields.first() {
            Some(first) => of_field(*first),
            None => Verdict::new(200_002, "parameter error"),
        },
        Refusal::RoomUnknown => Verdict::new(300_022, "room not exist"),
        // A room over its live limit cannot be started; no WeChat call starts one.
        Refusal::NotAllowed(_) | Refusal::LiveAtOnce(_) => status_not_allowed(),
        Refusal::EditWhileLive => {
            Verdict::new(300_042, "the room is pushing stream, edit is forbidden")
        }
        Refusal::RoomsPerDay(_) | Refusal::Share(ShareRefusal::TooMany) => daily_quota(),
        Refusal::AnchorUnverified { .. } => anchor_unverified(),
        Refusal::SubAnchorUnverified => Verdict::new(500_002, "sub anchor has no realName"),
        Refusal::PersonUnknown => Verdict::new(600_002, "user not found"),
        Refusal::Person(refusal) => people::of_person(*refusal),
        // No operation of WeChat's leads to these.
        Refusal::AppUnknown
        | Refusal::LatencyBudget(_)
        | Refusal::Endpoint(_)
        | Refusal::Wechat(_) => Verdict::new(200_001, "invalid app"),
        Refusal::AppExists => Verdict::new(200_001, "appid exists"),
        Refusal::Goods(refusal) => goods::of_goods(refusal),
        Refusal::Shelf(refusal) => goods::of_shelf(*refusal),
        Refusal::Image(ImageRefusal::Empty) => Verdict::new(41005, "media data missing"),
        Refusal::Image(ImageRefusal::TooLarge | ImageRefusal::TooManyPixels) => {
            Verdict::new(45001, "media size out of limit")
        }
        Refusal::Image(ImageRefusal::UnknownFormat) => Verdict::new(40004, "invalid media type"),
        Refusal::CustomerService(refusal) => customer_service::verdict(*refusal),
        Refusal::Subscription(refusal) => subscription::verdict(*refusal),
        // No operation of WeChat's asks for a code by its id.
        Refusal::Share(ShareRefusal::Params | ShareRefusal::Unknown) => bad_parameters(),
    }
}

fn of_field(FieldRefusal { field, rule }: FieldRefusal) -> Verdict {
    use FieldRule as Rule;
    match (field, rule) {
        (Field::StartAt | Field::EndAt, _) => plan_invalid(),
        (Field::SubAnchorWechat, Rule::SameAsAnchor) => {
            Verdict::new(200_002, "anchorWechat and subAnchorWechat can not be same")
        }
        (_, Rule::Required) => missing(name_of(field)),
        (Field::Name, Rule::TooShort | Rule::TooLong) => {
            Verdict::new(300_002, "name length invalid")
        }
        (Field::Name, Rule::Forbidden) => Verdict::new(300_028, "room name is illegal"),
        (Field::AnchorName, Rule::Forbidden) => Verdict::new(300_029, "anchorName is illegal"),
        (Field::Name, Rule::BadCharacters) => Verdict::new(300_040, "name has special characters"),
        (Field::AnchorName, Rule::TooShort | Rule::TooLong) => {
            Verdict::new(300_034, "anchorName length invalid")
        }
        (Field::AnchorName, Rule::BadCharacters) => Verdict::new(300_029, "anchorName invalid"),
        (Field::AnchorWechat, Rule::NotAnId) => Verdict::new(300_035, "anchorWechat not exist"),
        (Field::SubAnchorWechat, Rule::NotAnId) => Verdict::new(300_039, "subAnchorWechat invalid"),
        (Field::CreatorWechat, Rule::NotAnId) => Verdict::new(300_041, "createrWechat invalid"),
        (Field::Cover, _) => Verdict::new(300_031, "coverimg invalid"),
        (Field::Share, _) => Verdict::new(300_032, "shareimg invalid"),
        (Field::Feeds, _) => Verdict::new(300_037, "feedsimg invalid"),
        // Rules of other fields: the domain does not pair them.
        (
            Field::Name
            | Field::AnchorName
            | Field::AnchorWechat
            | Field::SubAnchorWechat
            | Field::CreatorWechat,
            _,
        ) => invalid(name_of(field)),
    }
}

/// WeChat's spelling of a field (`creater` is theirs).
fn name_of(field: Field) -> &'static str {
    match field {
        Field::Name => "name",
        Field::StartAt => "startTime",
        Field::EndAt => "endTime",
        Field::AnchorName => "anchorName",
        Field::AnchorWechat => "anchorWechat",
        Field::SubAnchorWechat => "subAnchorWechat",
        Field::CreatorWechat => "createrWechat",
        Field::Cover => "coverImg",
        Field::Share => "shareImg",
        Field::Feeds => "feedsImg",
    }
}

/// "must no be null" is WeChat's own text, and callers match on it.
fn missing(key: &str) -> Verdict {
    Verdict::new(200_002, format!("parameter {key} must no be null"))
}

fn invalid(key: &str) -> Verdict {
    Verdict::new(200_002, format!("parameter {key} is invalid"))
}

/// The one number of `room/getsharedcode` (spec E06).
fn bad_parameters() -> Verdict {
    Verdict::new(1001, "request parameters invalid")
}

fn plan_invalid() -> Verdict {
    Verdict::new(200_002, "parameter startTime or endTime is invalid")
}

fn status_not_allowed() -> Verdict {
    Verdict::new(
        300_023,
        "the current room status does not allow this operation",
    )
}

fn daily_quota() -> Verdict {
    Verdict::new(45009, "reach max api daily quota limit")
}

fn anchor_unverified() -> Verdict {
    Verdict::new(
        300_036,
        "anchorWechat has no realName, please open the codeUrl and scan the code for certification",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the official page of `room/create` and its appendix list (spec E01).
    const DOCUMENTED: [i32; 12] = [
        200_002, 300_002, 300_028, 300_029, 300_031, 300_032, 300_034, 300_035, 300_037, 300_039,
        300_040, 300_041,
    ];

    #[test]
    fn every_rule_of_every_field_has_a_documented_code() {
        use {Field as F, FieldRule as R};
        for field in [
            F::Name,
            F::StartAt,
            F::EndAt,
            F::AnchorName,
            F::AnchorWechat,
            F::SubAnchorWechat,
            F::CreatorWechat,
            F::Cover,
            F::Share,
            F::Feeds,
        ] {
            for rule in [
                R::Required,
                R::TooShort,
                R::TooLong,
                R::BadCharacters,
                R::Forbidden,
                R::NotAnId,
                R::StartsTooSoon,
                R::StartsTooLate,
                R::LastsTooShort,
                R::LastsTooLong,
                R::ImageUnknown,
                R::SameAsAnchor,
            ] {
                let verdict = of_field(FieldRefusal { field, rule });
                let known = DOCUMENTED.contains(&verdict.code);
                assert!(known, "{field:?} {rule:?} {verdict:?}");
                let required = rule == R::Required;
                assert!(!required || verdict.code == 200_002, "{field:?}");
            }
        }
    }

    #[test]
    fn only_a_failure_gets_the_number_of_its_part() {
        let at = |error| verdict(&Fault::at(Part::Rooms)(error)).code;
        assert_eq!(at(kaibo_app::Error::Interrupted), 9_410_001);
        assert_eq!(at(Refusal::RoomUnknown.into()), 300_022);
        assert_eq!(verdict(&kaibo_app::Error::Interrupted.into()).code, -1);
    }

    #[test]
    fn the_first_broken_field_decides() {
        let broken = |field, rule| FieldRefusal { field, rule };
        let refusal = Refusal::Fields(vec![
            broken(Field::AnchorName, FieldRule::TooShort),
            broken(Field::Name, FieldRule::TooShort),
        ]);
        assert_eq!(verdict(&Fault::Refused(refusal)).code, 300_034);
    }
}
