//! What the use cases want of the world outside. The binary puts `kaibo-outbound` behind it.

use bytes::Bytes;
use futures_util::future::BoxFuture;
use kaibo_domain::UnixMs;
use kaibo_domain::alert::BotBrand;
use kaibo_domain::endpoint::MessageSettings;
use kaibo_domain::event::StoredEvent;
use kaibo_domain::verdict::Verdict;
use kaibo_domain::wechat::{ApiPath, TokenTrouble, WechatCredentials, WechatToken};

/// One call to a webhook.
#[derive(Clone)]
pub struct WebhookCall {
    /// Where.
    pub url: String,
    /// What it is signed with.
    pub secret: String,
    /// The delivery's id, the same at each try.
    pub id: String,
    /// What is told, such as `room.status`.
    pub kind: String,
    /// JSON, the same at each try.
    pub body: String,
    /// Now.
    pub at: UnixMs,
}

/// A question to somebody outside who decides.
#[derive(Clone)]
pub struct ReviewCall {
    /// Signed and sent as a webhook is.
    pub call: WebhookCall,
    /// It tells of a person: over https alone, but for listed private networks.
    pub is_personal: bool,
}

/// One message to a group of people by a bot of their chat.
#[derive(Clone)]
pub struct BotCall {
    /// Whose bot.
    pub brand: BotBrand,
    /// Where; a key is in it.
    pub url: String,
    /// What it is signed with, where the bot wants that.
    pub secret: Option<String>,
    /// What is said.
    pub text: String,
    /// Now.
    pub at: UnixMs,
}

/// One event to a merchant's message URL.
#[derive(Clone)]
pub struct MessageCall {
    /// Where and how.
    pub to: MessageSettings,
    /// The app's id.
    pub appid: String,
    /// What happened.
    pub event: StoredEvent,
    /// Now.
    pub at: UnixMs,
}

/// What WeChat's API is asked.
#[derive(Clone)]
pub struct WechatRequest {
    /// `GET`, `POST`.
    pub method: String,
    /// Where, at WeChat's.
    pub path: ApiPath,
    /// Without `?`, and without what opens the door.
    pub query: String,
    /// What the body is.
    pub content_type: Option<String>,
    /// What is sent.
    pub body: Bytes,
}

/// What opens WeChat's door for a call.
#[derive(Clone)]
pub enum WechatKey {
    /// As nearly all calls want it.
    Token(WechatToken),
    /// For the few that want AppID and AppSecret.
    Credentials(WechatCredentials),
}

/// What WeChat answered.
#[derive(Clone)]
pub struct WechatAnswer {
    /// HTTP status.
    pub status: u16,
    /// What the body is.
    pub content_type: Option<String>,
    /// Under which name it is to be saved.
    pub disposition: Option<String>,
    /// The body, whole.
    pub body: Bytes,
    /// The number in it, where it is JSON that has one.
    pub code: Option<i64>,
    /// It says that the token is not good, so that nothing was done.
    pub token_refused: bool,
}

/// A token as WeChat sold it.
#[derive(Clone)]
pub struct SoldToken {
    /// It.
    pub token: String,
    /// How long it lives, in milliseconds.
    pub life_ms: i64,
}

/// Why a call did not do what it should.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// Nothing leaves this process.
    #[error("nothing leaves this process")]
    NoWayOut,
    /// Not an address that is called.
    #[error("not an address of the web")]
    Url,
    /// All that the name stands for is private, and not listed in the settings.
    #[error("{0} is a private address; [outbound] allow_private may list it")]
    Private(String),
    /// What is told of people goes nowhere unencrypted.
    #[error("data about people is sent over https alone")]
    NeedsHttps,
    /// The name is nobody's.
    #[error("the name cannot be resolved")]
    Resolve,
    /// Nobody takes the connection.
    #[error("cannot connect: {0}")]
    Connect(String),
    /// The certificate is not good, or nobody speaks TLS there.
    #[error("TLS: {0}")]
    Tls(String),
    /// No answer in time.
    #[error("no answer in time")]
    Timeout,
    /// An answer that breaks off or is no HTTP.
    #[error("the answer broke off")]
    Broken,
    /// An answer longer than it may be.
    #[error("the answer is too large")]
    TooLarge,
    /// An answer that repeats what it was asked with.
    #[error("the answer held a secret, so it is kept back")]
    Secret,
    /// An answer other than the wanted one.
    #[error("answered {status}: {body}")]
    Answer {
        /// HTTP status.
        status: u16,
        /// The beginning of what it said.
        body: String,
    },
}

/// Calls that leave the house.
pub trait Outbound: Send + Sync + 'static {
    /// Hands a webhook over; a 2xx says that it arrived.
    fn webhook(&self, call: WebhookCall) -> BoxFuture<'_, Result<(), CallError>>;
    /// Asks somebody outside to decide, within five seconds; a 2xx says that they took it.
    fn review(&self, call: ReviewCall) -> BoxFuture<'_, Result<Verdict, CallError>>;
    /// Says something by a bot; its own answer says whether it arrived.
    fn bot(&self, call: BotCall) -> BoxFuture<'_, Result<(), CallError>>;
    /// Hands an event to a message URL; `success` or an empty body says that it arrived.
    fn message(&self, call: MessageCall) -> BoxFuture<'_, Result<(), CallError>>;
    /// Asks a message URL to show that it knows its token.
    fn check_message_url(
        &self,
        to: MessageSettings,
        at: UnixMs,
    ) -> BoxFuture<'_, Result<(), CallError>>;
    /// Buys an access token of WeChat's; `force`: another one than WeChat would give.
    fn buy_wechat_token(
        &self,
        credentials: WechatCredentials,
        force: bool,
    ) -> BoxFuture<'_, Result<SoldToken, TokenTrouble>>;
    /// Asks WeChat's API.
    fn call_wechat(
        &self,
        request: WechatRequest,
        key: WechatKey,
    ) -> BoxFuture<'_, Result<WechatAnswer, CallError>>;
    /// How WeChat is asked for a mini program's code that opens `page` with `scene`; `None`: not at
    /// all.
    fn code_request(&self, page: &str, scene: &str) -> Option<WechatRequest>;
}

/// A process that calls nobody: a command line.
pub(crate) struct NoWayOut;

impl Outbound for NoWayOut {
    fn webhook(&self, _: WebhookCall) -> BoxFuture<'_, Result<(), CallError>> {
        Box::pin(async { Err(CallError::NoWayOut) })
    }

    fn review(&self, _: ReviewCall) -> BoxFuture<'_, Result<Verdict, CallError>> {
        Box::pin(async { Err(CallError::NoWayOut) })
    }

    fn bot(&self, _: BotCall) -> BoxFuture<'_, Result<(), CallError>> {
        Box::pin(async { Err(CallError::NoWayOut) })
    }

    fn message(&self, _: MessageCall) -> BoxFuture<'_, Result<(), CallError>> {
        Box::pin(async { Err(CallError::NoWayOut) })
    }

    fn check_message_url(
        &self,
        _: MessageSettings,
        _: UnixMs,
    ) -> BoxFuture<'_, Result<(), CallError>> {
        Box::pin(async { Err(CallError::NoWayOut) })
    }

    fn buy_wechat_token(
        &self,
        _: WechatCredentials,
        _: bool,
    ) -> BoxFuture<'_, Result<SoldToken, TokenTrouble>> {
        let why = CallError::NoWayOut.to_string();
        Box::pin(async { Err(TokenTrouble::Unreachable { why }) })
    }

    fn call_wechat(
        &self,
        _: WechatRequest,
        _: WechatKey,
    ) -> BoxFuture<'_, Result<WechatAnswer, CallError>> {
        Box::pin(async { Err(CallError::NoWayOut) })
    }
    fn code_request(&self, _: &str, _: &str) -> Option<WechatRequest> {
        None
    }
}
