//! Who is at the other end: the connection's peer, or whom a trusted proxy names.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use axum::extract::{ConnectInfo, FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::middleware::Next;
use axum::response::Response;
pub use kaibo_domain::net::{InvalidIpNet, IpNet};

use crate::error::ApiError;

/// The client's address, set on every request by [`find`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClientIp(pub IpAddr);

impl ClientIp {
    /// What counts as one client: with IPv6 a customer holds at least a /64.
    pub(crate) fn household(self) -> IpAddr {
        match self.0 {
            IpAddr::V4(_) => self.0,
            IpAddr::V6(six) => Ipv6Addr::from_bits(six.to_bits() >> 64 << 64).into(),
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for ClientIp {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, ApiError> {
        let unknown = Self(Ipv4Addr::UNSPECIFIED.into());
        Ok(parts.extensions.get().copied().unwrap_or(unknown))
    }
}

/// Whether the request came to our outermost proxy by https, set on every request by [`find`].
/// Kaibo itself speaks http alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Https(pub(crate) bool);

/// Finds the client of a request and how it came, and notes both for [`ClientIp`] and [`Https`].
/// Needs the listener to give `ConnectInfo<SocketAddr>`; without it all requests count as one
/// client.
pub(crate) async fn find(
    State(proxies): State<Arc<[IpNet]>>,
    mut request: Request,
    next: Next,
) -> Response {
    let peer = request
        .extensions()
        .get::<ConnectInfo<SocketAddr>>()
        .map_or(Ipv4Addr::UNSPECIFIED.into(), |info| info.0.ip());
    let (client, hops) = client_of(peer, lines(&request, "x-forwarded-for"), &proxies);
    let is_trusted = proxies.iter().any(|net| net.contains(peer));
    let https = is_trusted && came_by_https(lines(&request, "x-forwarded-proto"), hops);
    request.extensions_mut().insert(ClientIp(client));
    request.extensions_mut().insert(Https(https));
    next.run(request).await
}

fn lines<'a>(request: &'a Request, name: &str) -> impl DoubleEndedIterator<Item = &'a str> {
    let lines = request.headers().get_all(name).into_iter();
    lines.filter_map(|value| value.to_str().ok())
}

/// Walks `X-Forwarded-For` from its end, where our own proxy wrote, to the first address that is
/// no trusted proxy: what stands before that is the client's own claim. With how many addresses
/// were walked.
fn client_of<'a>(
    peer: IpAddr,
    forwarded: impl DoubleEndedIterator<Item = &'a str>,
    proxies: &[IpNet],
) -> (IpAddr, usize) {
    let trusted = |ip: IpAddr| proxies.iter().any(|net| net.contains(ip));
    let mut client = peer.to_canonical();
    let mut walked = 0;
    let hops = forwarded.rev().flat_map(|line| line.rsplit(','));
    for hop in hops {
        if !trusted(client) {
            break;
        }
        match hop.trim().parse::<IpAddr>() {
            Ok(address) => client = address.to_canonical(),
            Err(_) => break,
        }
        walked += 1;
    }
    (client, walked)
}

/// What our outermost proxy, which is `hops` entries from the end, wrote into
/// `X-Forwarded-Proto`. Proxies that replace the header instead of adding to it leave one entry.
fn came_by_https<'a>(protos: impl DoubleEndedIterator<Item = &'a str>, hops: usize) -> bool {
    let entries = protos.rev().flat_map(|line| line.rsplit(','));
    let ours = entries.take(hops.max(1)).last();
    ours.is_some_and(|proto| proto.trim().eq_ignore_ascii_case("https"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(peer: &str, forwarded: &[&str], proxies: &[&str]) -> String {
        let proxies: Vec<IpNet> = proxies.iter().map(|net| net.parse().unwrap()).collect();
        let found = client_of(peer.parse().unwrap(), forwarded.iter().copied(), &proxies);
        found.0.to_string()
    }

    #[test]
    fn a_strangers_forwarded_header_is_ignored() {
        assert_eq!(client("192.0.2.9", &["1.1.1.1"], &[]), "192.0.2.9");
        assert_eq!(
            client("192.0.2.9", &["1.1.1.1"], &["10.0.0.0/8"]),
            "192.0.2.9"
        );
    }

    #[test]
    fn a_trusted_proxy_names_the_client_and_the_clients_own_claim_is_not_believed() {
        let proxies = &["10.0.0.0/8"];
        assert_eq!(client("10.1.1.1", &["192.0.2.9"], proxies), "192.0.2.9");
        assert_eq!(
            client("10.1.1.1", &["8.8.8.8, 192.0.2.9"], proxies),
            "192.0.2.9"
        );
        assert_eq!(
            client("10.1.1.1", &["192.0.2.9, 10.2.2.2"], proxies),
            "192.0.2.9"
        );
        assert_eq!(
            client("10.1.1.1", &["8.8.8.8", "192.0.2.9"], proxies),
            "192.0.2.9"
        );
    }

    #[test]
    fn garbage_in_the_header_leaves_the_last_known_address() {
        assert_eq!(
            client("10.1.1.1", &["unknown"], &["10.0.0.0/8"]),
            "10.1.1.1"
        );
    }

    #[test]
    fn a_claim_of_https_counts_where_our_outermost_proxy_made_it() {
        let https = |protos: &[&str], hops| came_by_https(protos.iter().copied(), hops);
        assert!(https(&["https"], 1));
        assert!(https(&["HTTPS"], 0), "a proxy that names no client");
        assert!(https(&["https"], 2), "the inner proxy hands it through");
        assert!(https(&["https, http"], 2), "the inner proxy adds its own");
        assert!(!https(&["https, http"], 1), "the client's own claim");
        assert!(!https(&["https", "http"], 1));
        assert!(!https(&[], 1));
    }
}
