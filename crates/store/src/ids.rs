//! Room ids: a keyed permutation of a counter, so that nobody can guess an id or count the rooms.

use hmac::{Hmac, KeyInit as _, Mac as _};
use kaibo_domain::id::RoomId;
use sha2::Sha256;

// Luby-Rackoff needs four rounds; twice that costs microseconds once per room.
const ROUNDS: u8 = 8;

/// A bijection on `0..size`: a balanced Feistel network over the next even number of bits, walked
/// until it lands inside.
pub(crate) struct Permutation {
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

    /// The permutation of room ids.
    pub(crate) fn of_rooms(key: &[u8; 32]) -> Self {
        Self::new(key, RoomId::MAX as u64)
    }

    /// The id of the `count`th room, `count` from 1; `None` past the last.
    pub(crate) fn room_id(&self, count: i64) -> Option<RoomId> {
        let index = u64::try_from(count.checked_sub(1)?).ok()?;
        (index < self.size).then(|| RoomId(self.at(index) as i64 + 1))
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
    fn a_hundred_thousand_room_ids_fit_an_int_and_none_repeats() {
        let permutation = Permutation::of_rooms(&[5; 32]);
        let mut seen = HashSet::new();
        for count in 1..=100_000 {
            let id = permutation.room_id(count).unwrap();
            assert!((1..=RoomId::MAX).contains(&id.0), "{id}");
            assert!(seen.insert(id), "{id} twice");
        }
    }

    #[test]
    fn ids_end_with_the_domain() {
        let permutation = Permutation::of_rooms(&[5; 32]);
        assert!(permutation.room_id(RoomId::MAX).is_some());
        assert_eq!(permutation.room_id(RoomId::MAX + 1), None);
        assert_eq!(permutation.room_id(0), None);
    }

    #[test]
    fn neighbours_and_other_keys_tell_nothing() {
        let [a, b] = [[1; 32], [2; 32]].map(|key| Permutation::of_rooms(&key));
        let ids: Vec<i64> = (1..=4).map(|n| a.room_id(n).unwrap().0).collect();
        assert!(
            ids.windows(2).all(|w| (w[0] - w[1]).abs() > 1000),
            "{ids:?}"
        );
        assert_ne!(a.room_id(1), b.room_id(1));
    }
}
