//! Kaibo's calls to the world outside, behind `kaibo_app::ports`: webhooks, the events of WeChat at
//! a merchant's message URL, and WeChat's own API. It knows no store and no room.

mod bot;
mod config;
mod http;
mod private;
mod webhook;
mod wechat;

use std::sync::Arc;

use futures_util::future::BoxFuture;
use kaibo_app::ports::{
    BotCall, CallError, MessageCall, Outbound, ReviewCall, SoldToken, WebhookCall, WechatAnswer,
    WechatKey, WechatRequest,
};
use kaibo_domain::UnixMs;
use kaibo_domain::endpoint::MessageSettings;
use kaibo_domain::verdict::Verdict;
use kaibo_domain::wechat::{TokenTrouble, WechatCredentials};

pub use config::OutboundConfig;
pub use http::{Ask, Bounds, Client, Reply};
pub use wechat::api::{InvalidBase, WechatBase};

/// Everything that leaves the house.
pub struct Calls {
    client: Client,
    wechat_base: WechatBase,
}

impl Calls {
    /// Calls within the bounds of `config`.
    pub fn new(config: OutboundConfig) -> Self {
        Self {
            wechat_base: config.wechat_base.clone(),
            client: Client::new(config),
        }
    }

    /// As the use cases take it.
    pub fn shared(config: OutboundConfig) -> Arc<dyn Outbound> {
        Arc::new(Self::new(config))
    }
}

impl Outbound for Calls {
    fn webhook(&self, call: WebhookCall) -> BoxFuture<'_, Result<(), CallError>> {
        Box::pin(webhook::send(&self.client, call))
    }

    fn review(&self, call: ReviewCall) -> BoxFuture<'_, Result<Verdict, CallError>> {
        Box::pin(webhook::review(&self.client, call))
    }

    fn bot(&self, call: BotCall) -> BoxFuture<'_, Result<(), CallError>> {
        Box::pin(bot::send(&self.client, call))
    }

    fn message(&self, call: MessageCall) -> BoxFuture<'_, Result<(), CallError>> {
        Box::pin(wechat::send(&self.client, call))
    }

    fn check_message_url(
        &self,
        to: MessageSettings,
        at: UnixMs,
    ) -> BoxFuture<'_, Result<(), CallError>> {
        Box::pin(wechat::check(&self.client, to, at))
    }

    fn buy_wechat_token(
        &self,
        credentials: WechatCredentials,
        force: bool,
    ) -> BoxFuture<'_, Result<SoldToken, TokenTrouble>> {
        Box::pin(async move {
            wechat::api::buy_token(&self.client, &self.wechat_base, &credentials, force).await
        })
    }

    fn call_wechat(
        &self,
        request: WechatRequest,
        key: WechatKey,
    ) -> BoxFuture<'_, Result<WechatAnswer, CallError>> {
        Box::pin(wechat::api::call(
            &self.client,
            &self.wechat_base,
            request,
            key,
        ))
    }

    fn code_request(&self, page: &str, scene: &str) -> Option<WechatRequest> {
        wechat::code::request(page, scene)
    }
}

/// Digits that nobody can guess.
fn random_digits<const N: usize>() -> String {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the operating system gives random bytes");
    bytes.iter().map(|b| char::from(b'0' + b % 10)).collect()
}

fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |n: u8| char::from(DIGITS[usize::from(n)]);
    let pairs = bytes.iter().flat_map(|b| [digit(b >> 4), digit(b & 15)]);
    pairs.collect()
}
