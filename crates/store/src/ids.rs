//! Ids of rooms, goods and audits: a keyed permutation of a counter each, so that nobody can guess
//! an id or count what there is.

use hmac::{Hmac, KeyInit as _, Mac as _};
use kaibo_domain::id::RoomId;
use sha2::Sha256;

use crate::StoreError;
use crate::db::{Conn, args};
use crate::keys::MasterKey;
use crate::rooms::number;

// Luby-Rackoff needs four rounds; twice that costs microseconds once per room.
const ROUNDS: u8 = 8;

/// What has ids of its own.
#[derive(Clone, Copy)]
pub(crate) enum Kind {
    Room,
    Goods,
    Audit,
}

/// The ids of an installation.
pub(crate) struct Ids {
    rooms: Permutation,
    goods: Permutation,
    audits: Permutation,
}

impl Ids {
    pub(crate) fn new(keys: &MasterKey) -> Self {
        let of = |what| Permutation::of_ids(&keys.derive(what));
        Self {
            rooms: of("room id"),
            goods: of("goods id"),
            audits: of("audit id"),
        }
    }

    /// The next id of a kind, counted in the transaction that uses it.
    pub(crate) async fn next(&self, tx: &mut Conn, kind: Kind) -> Result<i64, StoreError> {
        let sql = "INSERT INTO counter (name, value) VALUES ($1, 1) \
             ON CONFLICT (name) DO UPDATE SET value = counter.value + 1 RETURNING value AS n";
        let (name, ids) = match kind {
            Kind::Room => ("room", &self.rooms),
            Kind::Goods => ("goods", &self.goods),
            Kind::Audit => ("audit", &self.audits),
        };
        let count = number(tx.row(sql, args![name]).await?)?;
        ids.id(count).ok_or(StoreError::NoMoreIds)
    }
}

/// A bijection on `0..size`: a balanced Feistel network over the next even number of bits, walked
/// until it lands inside.
struct Permutation {
    keyed: Hmac<Sha256>,
    size: u64,
    half_bits: u32,
}

impl Permutation {
    fn new(key: &[u8; 32], size: u64) -> Self {
        let bits = u64::BITS - size.saturating_sub(1).leading_zeros();
        Self {
            keyed: Hmac::new_from_slice(key).expect("HMAC takes any key length"),
            size,
            half_bits: bits.div_ceil(2).max(1),
        }
    }

    /// The permutation of ids that fit an `int`.
    fn of_ids(key: &[u8; 32]) -> Self {
        Self::new(key, RoomId::MAX as u64)
    }

    /// The `count`th id, `count` from 1; `None` past the last.
    fn id(&self, count: i64) -> Option<i64> {
        let index = u64::try_from(count.checked_sub(1)?).ok()?;
        (index < self.size).then(|| self.at(index) as i64 + 1)
    }

    fn at(&self, index: u64) -> u64 {
        let mut value = self.scramble(index);
        while value >= self.size {
            value = self.scramble(value);
        }
        value
    }

    fn scramble(&self, value: u64) -> u64 {
        let mask = (1 << self.half_bits) - 1;
        let (mut left, mut right) = (value >> self.half_bits, value & mask);
        for round in 0..ROUNDS {
            (left, right) = (right, left ^ (self.mix(round, right) & mask));
        }
        left << self.half_bits | right
    }

    fn mix(&self, round: u8, half: u64) -> u64 {
        let mut mac = self.keyed.clone();
        mac.update(&[round]);
        mac.update(&half.to_be_bytes());
        let digest: [u8; 32] = mac.finalize().into_bytes().into();
        let (head, _) = digest
            .split_first_chunk::<8>()
            .expect("a digest has 32 bytes");
        u64::from_be_bytes(*head)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_small_domain_is_mapped_onto_itself() {
        for size in [1, 2, 3, 7, 64, 1000] {
            let permutation = Permutation::new(&[3; 32], size);
            let mut seen: Vec<u64> = (0..size).map(|i| permutation.at(i)).collect();
            seen.sort_unstable();
            assert_eq!(seen, (0..size).collect::<Vec<_>>());
        }
    }

    #[test]
    fn a_hundred_thousand_ids_fit_an_int_and_none_repeats() {
        let permutation = Permutation::of_ids(&[5; 32]);
        let mut seen = HashSet::new();
        for count in 1..=100_000 {
            let id = permutation.id(count).unwrap();
            assert!((1..=RoomId::MAX).contains(&id), "{id}");
            assert!(seen.insert(id), "{id} twice");
        }
    }

    #[test]
    fn ids_end_with_the_domain() {
        let permutation = Permutation::of_ids(&[5; 32]);
        assert!(permutation.id(RoomId::MAX).is_some());
        assert_eq!(permutation.id(RoomId::MAX + 1), None);
        assert_eq!(permutation.id(0), None);
    }

    #[test]
    fn neighbours_and_other_keys_tell_nothing() {
        let [a, b] = [[1; 32], [2; 32]].map(|key| Permutation::of_ids(&key));
        let ids: Vec<i64> = (1..=4).map(|n| a.id(n).unwrap()).collect();
        assert!(
            ids.windows(2).all(|w| (w[0] - w[1]).abs() > 1000),
            "{ids:?}"
        );
        assert_ne!(a.id(1), b.id(1));
    }
}
