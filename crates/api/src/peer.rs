//! Who is at the other end: the connection's peer, or whom a trusted proxy names.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::str::FromStr;
use std::sync::Arc;

use axum::extract::{ConnectInfo, FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::middleware::Next;
use axum::response::Response;
use serde::{Deserialize, Deserializer};

use crate::error::ApiError;

/// A network such as `10.0.0.0/8`, or one address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IpNet {
    address: IpAddr,
    prefix: u8,
}

/// A text is no address or network.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is neither an address (192.0.2.1) nor a network (192.0.2.0/24)")]
pub struct InvalidIpNet(String);

impl IpNet {
    /// Whether `address` lies in this network. An IPv4 address written as IPv6 counts as IPv4.
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.address, address.to_canonical()) {
            (IpAddr::V4(net), IpAddr::V4(ip)) => {
                let shift = 32 - u32::from(self.prefix);
                (net.to_bits() ^ ip.to_bits())
                    .checked_shr(shift)
                    .unwrap_or(0)
                    == 0
            }
            (IpAddr::V6(net), IpAddr::V6(ip)) => {
                let shift = 128 - u32::from(self.prefix);
                (net.to_bits() ^ ip.to_bits())
                    .checked_shr(shift)
                    .unwrap_or(0)
                    == 0
            }
            _ => false,
        }
    }
}

impl FromStr for IpNet {
    type Err = InvalidIpNet;

    fn from_str(text: &str) -> Result<Self, InvalidIpNet> {
        let invalid = || InvalidIpNet(text.to_owned());
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| invalid())?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let prefix = match prefix {
            Some(prefix) => prefix.parse().map_err(|_| invalid())?,
            None => most,
        };
        if prefix > most {
            return Err(invalid());
        }
        Ok(Self { address, prefix })
    }
}

impl fmt::Display for IpNet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.prefix)
    }
}

impl<'de> Deserialize<'de> for IpNet {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

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

    #[test]
    fn networks_hold_their_addresses_in_both_families() {
        let net: IpNet = "10.0.0.0/8".parse().unwrap();
        assert!(net.contains("10.255.0.1".parse().unwrap()));
        assert!(net.contains("::ffff:10.0.0.1".parse().unwrap()));
        assert!(!net.contains("11.0.0.1".parse().unwrap()));
        let all: IpNet = "0.0.0.0/0".parse().unwrap();
        assert!(all.contains("203.0.113.7".parse().unwrap()));
        assert!(!all.contains("::1".parse().unwrap()));
        let six: IpNet = "2001:db8::/32".parse().unwrap();
        assert!(six.contains("2001:db8:1::1".parse().unwrap()));
        assert!(!six.contains("2001:db9::1".parse().unwrap()));
        assert!("10.0.0.0/x".parse::<IpNet>().is_err());
    }
}
