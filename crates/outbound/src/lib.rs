//! Kaibo's calls to the world outside, behind `kaibo_app::ports`: webhooks, and the events of
//! WeChat at a merchant's message URL. It knows no store and no room.

mod config;
mod http;
mod private;
mod webhook;
mod wechat;

use std::sync::Arc;

use futures_util::future::BoxFuture;
use kaibo_app::ports::{CallError, MessageCall, Outbound, WebhookCall};
use kaibo_domain::UnixMs;
use kaibo_domain::endpoint::MessageSettings;

pub use config::OutboundConfig;
pub use http::{Ask, Client, Reply};

/// Everything that leaves the house.
pub struct Calls {
    client: Client,
}

impl Calls {
    /// Calls within the bounds of `config`.
    pub fn new(config: OutboundConfig) -> Self {
        Self {
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
