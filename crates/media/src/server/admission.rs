//! How many connections may be open, in all and from one address.

use std::collections::HashMap;
use std::net::IpAddr;
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
    by_ip: HashMap<IpAddr, usize>,
}

/// Room for one connection until dropped.
#[derive(Debug)]
pub(crate) struct Admitted {
    admission: Arc<Admission>,
    ip: IpAddr,
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
        let ip = ip.to_canonical();
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let mine = open.by_ip.get(&ip).copied().unwrap_or(0);
        if open.all >= self.max || mine >= self.max_per_ip {
            return None;
        }
        open.all += 1;
        open.by_ip.insert(ip, mine + 1);
        Some(Admitted {
            admission: self.clone(),
            ip,
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
        let left = open.by_ip.get(&self.ip).map_or(0, |count| count - 1);
        if left == 0 {
            open.by_ip.remove(&self.ip);
        } else {
            open.by_ip.insert(self.ip, left);
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
}
