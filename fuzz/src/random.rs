//! Numbers that look random and come out the same for the same seed (xorshift64*, Vigna 2016).

/// A generator; the same seed gives the same numbers on every machine.
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// Starts; any seed will do.
    pub fn new(seed: u64) -> Self {
        // Zero would stay zero, and neighbouring seeds would begin alike.
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// One that depends on the bytes, so that whoever reads them again chooses the same.
    pub fn of(bytes: &[u8]) -> Self {
        Self::new(fingerprint(bytes))
    }

    /// The next 64 bits.
    pub fn bits(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    /// A number below `end`; 0 if that is 0.
    pub fn below(&mut self, end: usize) -> usize {
        if end == 0 {
            return 0;
        }
        (((self.bits() >> 32) * end as u64) >> 32) as usize
    }

    /// True once in `count` times.
    pub fn one_in(&mut self, count: usize) -> bool {
        self.below(count) == 0
    }

    /// One of the items, which are not none.
    pub fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len())]
    }

    /// A number below `end`, small ones far more often: headers stand in front.
    pub fn small(&mut self, end: usize) -> usize {
        let bound = end >> self.below(usize::BITS as usize - end.leading_zeros() as usize);
        self.below(bound.max(1).min(end))
    }
}

/// FNV-1a of the bytes: names inputs, and seeds choices that depend on them.
pub fn fingerprint(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::Random;

    #[test]
    fn the_same_seed_gives_the_same_numbers_and_another_does_not() {
        let numbers = |seed| {
            let mut random = Random::new(seed);
            [random.bits(), random.bits(), random.bits()]
        };
        assert_eq!(numbers(7), numbers(7));
        assert_ne!(numbers(7), numbers(8));
        assert_ne!(numbers(0)[0], numbers(0)[1]);
    }

    #[test]
    fn every_number_below_the_end_comes_and_none_above() {
        let mut random = Random::new(3);
        let mut seen = [0; 10];
        for _ in 0..1000 {
            seen[random.below(10)] += 1;
            assert!(random.small(10) < 10);
        }
        assert!(seen.iter().all(|count| *count > 50), "{seen:?}");
        assert_eq!((random.below(0), random.small(0)), (0, 0));
    }
}
