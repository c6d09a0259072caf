//! Every "no" that is part of an answer. Mapped to a protocol's words once per edge.

use crate::customer_service::CustomerServiceRefusal;
use crate::endpoint::EndpointRefusal;
use crate::goods::GoodsRefusal;
use crate::person::PersonRefusal;
use crate::share_code::ShareRefusal;
use crate::shelf::ShelfRefusal;
use crate::status::Status;
use crate::subscription::SubscriptionRefusal;
use crate::wechat::WechatRefusal;

/// A rule that a field breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FieldRule {
    /// It must be there.
    Required,
    /// Shorter than the least length.
    TooShort,
    /// Longer than the greatest length.
    TooLong,
    /// Characters outside letters, digits and everyday punctuation.
    BadCharacters,
    /// A word that nothing may be called by.
    Forbidden,
    /// Not a WeChat id.
    NotAnId,
    /// Starts less than 10 minutes from now.
    StartsTooSoon,
    /// Starts more than 6 months from now.
    StartsTooLate,
    /// Plan shorter than 30 minutes.
    LastsTooShort,
    /// Plan longer than `room.max_hours`.
    LastsTooLong,
    /// Neither a known media id nor the address of a stored image.
    ImageUnknown,
    /// The same person as the anchor.
    SameAsAnchor,
}

/// A field of a room that can be wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Field {
    /// Title.
    Name,
    /// Planned start.
    StartAt,
    /// Planned end.
    EndAt,
    /// Anchor's nickname.
    AnchorName,
    /// Anchor's WeChat id.
    AnchorWechat,
    /// Sub-anchor's WeChat id.
    SubAnchorWechat,
    /// Creator's WeChat id.
    CreatorWechat,
    /// Background image.
    Cover,
    /// Share-card image.
    Share,
    /// Listing image.
    Feeds,
}

/// A field and the rule it breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FieldRefusal {
    /// Which field.
    pub field: Field,
    /// Which rule.
    pub rule: FieldRule,
}

/// Why something was not done. Nothing has changed when one is returned.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// One or more fields break a rule.
    #[error("fields break a rule: {0:?}")]
    Fields(Vec<FieldRefusal>),
    /// No such room for this app.
    #[error("no such room")]
    RoomUnknown,
    /// The room's status does not allow it.
    #[error("a room in status {} does not allow this", .0.number())]
    NotAllowed(Status),
    /// Edit while the room is live.
    #[error("a live room cannot be edited")]
    EditWhileLive,
    /// The app made its rooms for today.
    #[error("the app made its {0} rooms for today")]
    RoomsPerDay(u32),
    /// The app has as many live rooms as it may.
    #[error("the app has {0} live rooms, as many as it may")]
    LiveAtOnce(u32),
    /// The person is not yet verified. The token opens the verification page.
    #[error("the anchor is not verified yet")]
    AnchorUnverified {
        /// Opens `/verify/{token}`.
        token: String,
    },
    /// The sub-anchor is not yet verified.
    #[error("the sub-anchor is not verified yet")]
    SubAnchorUnverified,
    /// No such person for this app.
    #[error("no such person")]
    PersonUnknown,
    /// Something about people, their roles and a room's helpers.
    #[error(transparent)]
    Person(PersonRefusal),
    /// An app with this id exists.
    #[error("an app with this id exists")]
    AppExists,
    /// No such app.
    #[error("no such app")]
    AppUnknown,
    /// More than a tag may wait for others, in milliseconds.
    #[error("a tag may wait for at most {0} ms")]
    LatencyBudget(u32),
    /// An upload is not taken in.
    #[error("{0}")]
    Image(ImageRefusal),
    /// Customer service is not there, or cannot be.
    #[error(transparent)]
    CustomerService(#[from] CustomerServiceRefusal),
    /// An endpoint for events is not taken.
    #[error(transparent)]
    Endpoint(#[from] EndpointRefusal),
    /// Nobody subscribes, or is told.
    #[error(transparent)]
    Subscription(#[from] SubscriptionRefusal),
    /// Something about goods or a library.
    #[error(transparent)]
    Goods(#[from] GoodsRefusal),
    /// Something about a room's shelf.
    #[error(transparent)]
    Shelf(#[from] ShelfRefusal),
    /// A room is not shared.
    #[error(transparent)]
    Share(#[from] ShareRefusal),
    /// Something about an app's account with WeChat.
    #[error(transparent)]
    Wechat(#[from] WechatRefusal),
}

impl From<PersonRefusal> for Refusal {
    fn from(refusal: PersonRefusal) -> Self {
        Self::Person(refusal)
    }
}

/// What is wrong with an uploaded image.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ImageRefusal {
    /// No bytes.
    #[error("the image is empty")]
    Empty,
    /// More than the app takes.
    #[error("the image is too large")]
    TooLarge,
    /// More pixels than are taken, or a file that would be too large without what is not kept.
    #[error("the image has too many pixels")]
    TooManyPixels,
    /// Not a whole PNG, JPEG or GIF.
    #[error("the image is no whole PNG, JPEG or GIF")]
    UnknownFormat,
}
