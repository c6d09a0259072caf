//! How many connections may be open, in all and from one place.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, PoisonError};

/// Counts open connections.
#[derive(Debug)]
pub(crate) struct Admission {
    max: usize,
    max_per_ip: usize,
    open: Mutex<Open>,
}

#[derive(Debug, Default)]
struct Open {
    all: usize,
    by_place: HashMap<IpAddr, usize>,
}

/// Room for one connection until dropped.
#[derive(Debug)]
pub(crate) struct Admitted {
    admission: Arc<Admission>,
    place: IpAddr,
}

/// Bits of an IPv6 address that one customer of a network usually has for himself: the lower half.
const HOST_BITS: u32 = 64;

/// What counts as one address. A single host can take any address of its IPv6 network.
fn place_of(ip: IpAddr) -> IpAddr {
    match ip.to_canonical() {
        IpAddr::V6(ip) => Ipv6Addr::from_bits(ip.to_bits() >> HOST_BITS << HOST_BITS).into(),
        v4 @ IpAddr::V4(_) => v4,
    }
}

impl Admission {
    pub(crate) fn new(max: usize, max_per_ip: usize) -> Arc<Self> {
        Arc::new(Self {
            max,
            max_per_ip,
            open: Mutex::default(),
        })
    }

    /// Room for a connection from `ip`, if there is.
    pub(crate) fn admit(self: &Arc<Self>, ip: IpAddr) -> Option<Admitted> {
        let place = place_of(ip);
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let mine = open.by_place.get(&place).copied().unwrap_or(0);
        if open.all >= self.max || mine >= self.max_per_ip {
            return None;
        }
        open.all += 1;
        open.by_place.insert(place, mine + 1);
        Some(Admitted {
            admission: self.clone(),
            place,
        })
    }
}

impl Drop for Admitted {
    fn drop(&mut self) {
        let mut open = self
            .admission
            .open
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        open.all -= 1;
        let left = open.by_place.get(&self.place).map_or(0, |count| count - 1);
        if left == 0 {
            open.by_place.remove(&self.place);
        } else {
            open.by_place.insert(self.place, left);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn caps_hold_and_leaving_makes_room() {
        let admission = Admission::new(3, 2);
        let (one, two): (IpAddr, IpAddr) = ([10, 0, 0, 1].into(), [10, 0, 0, 2].into());
        let first = admission.admit(one).unwrap();
        let _second = admission.admit(one).unwrap();
        assert!(admission.admit(one).is_none(), "two from one address");
        let mapped: IpAddr = "::ffff:10.0.0.1".parse().unwrap();
        assert!(
            admission.admit(mapped).is_none(),
            "the same address in other clothes"
        );
        let _third = admission.admit(two).unwrap();
        assert!(admission.admit(two).is_none(), "three in all");
        drop(first);
        assert!(admission.admit(two).is_some());
    }

    #[test]
    fn addresses_of_one_ipv6_network_count_together() {
        let admission = Admission::new(9, 1);
        let ip = |text: &str| text.parse::<IpAddr>().unwrap();
        let _first = admission.admit(ip("2001:db8:0:1::1")).unwrap();
        assert!(admission.admit(ip("2001:db8:0:1:ffff::2")).is_none());
        assert!(admission.admit(ip("2001:db8:0:2::1")).is_some());
    }
}
