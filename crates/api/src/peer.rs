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

/// Finds the client of a request and notes it for [`ClientIp`]. Needs the listener to give
/// `ConnectInfo<SocketAddr>`; without it all requests count as one client.
pub(crate) async fn find(
    State(proxies): State<Arc<[IpNet]>>,
    mut request: Request,
    next: Next,
) -> Response {
    let peer = request
        .extensions()
        .get::<ConnectInfo<SocketAddr>>()
        .map_or(Ipv4Addr::UNSPECIFIED.into(), |info| info.0.ip());
    let forwarded = request
        .headers()
        .get_all("x-forwarded-for")
        .iter()
        .filter_map(|value| value.to_str().ok());
    let client = client_of(peer, forwarded, &proxies);
    request.extensions_mut().insert(ClientIp(client));
    next.run(request).await
}

/// Walks `X-Forwarded-For` from its end, where our own proxy wrote, to the first address that is
/// no trusted proxy: what stands before that is the client's own claim.
fn client_of<'a>(
    peer: IpAddr,
    forwarded: impl DoubleEndedIterator<Item = &'a str>,
    proxies: &[IpNet],
) -> IpAddr {
    let trusted = |ip: IpAddr| proxies.iter().any(|net| net.contains(ip));
    let mut client = peer.to_canonical();
    let hops = forwarded.rev().flat_map(|line| line.rsplit(','));
    for hop in hops {
        if !trusted(client) {
            break;
        }
        match hop.trim().parse::<IpAddr>() {
            Ok(address) => client = address.to_canonical(),
            Err(_) => break,
        }
    }
    client
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(peer: &str, forwarded: &[&str], proxies: &[&str]) -> String {
        let proxies: Vec<IpNet> = proxies.iter().map(|net| net.parse().unwrap()).collect();
        client_of(peer.parse().unwrap(), forwarded.iter().copied(), &proxies).to_string()
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
}
