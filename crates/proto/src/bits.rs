//! Reads single bits, most significant first, out of codec headers.

/// A cursor over bits; every read past the end gives `None`.
#[derive(Debug)]
pub(crate) struct BitReader<'a> {
    data: &'a [u8],
    at: usize,
}

impl<'a> BitReader<'a> {
    /// Starts at the first bit of `data`.
    pub(crate) fn new(data: &'a [u8]) -> Self {
        Self { data, at: 0 }
    }

    /// The next bit.
    pub(crate) fn bit(&mut self) -> Option<bool> {
        let byte = self.data.get(self.at / 8)?;
        let bit = byte >> (7 - self.at % 8) & 1;
        self.at += 1;
        Some(bit == 1)
    }

    /// The next `count` bits (at most 32) as an unsigned number.
    pub(crate) fn bits(&mut self, count: u32) -> Option<u32> {
        debug_assert!(count <= 32, "a u32 holds 32 bits");
        (0..count).try_fold(0u32, |value, _| Some(value << 1 | u32::from(self.bit()?)))
    }

    /// Passes over `count` bits.
    pub(crate) fn skip(&mut self, count: usize) -> Option<()> {
        let at = self.at.checked_add(count)?;
        (at <= self.data.len() * 8).then(|| self.at = at)
    }

    /// Unsigned Exp-Golomb number, `ue(v)` (ISO/IEC 14496-10, 9.1).
    pub(crate) fn unsigned_golomb(&mut self) -> Option<u32> {
        let mut zeros = 0;
        while !self.bit()? {
            zeros += 1;
            if zeros > 31 {
                return None;
            }
        }
        Some((1u32 << zeros) - 1 + self.bits(zeros)?)
    }

    /// Signed Exp-Golomb number, `se(v)` (ISO/IEC 14496-10, 9.1.1).
    pub(crate) fn signed_golomb(&mut self) -> Option<i32> {
        let code = i64::from(self.unsigned_golomb()?);
        let magnitude = (code + 1) / 2;
        Some(if code % 2 == 1 { magnitude } else { -magnitude } as i32)
    }
}

#[cfg(test)]
mod tests {
    use super::BitReader;

    #[test]
    fn bits_come_most_significant_first() {
        let mut bits = BitReader::new(&[0b1010_0101, 0xff]);
        assert_eq!(bits.bits(4), Some(0b1010));
        assert_eq!(bits.bit(), Some(false));
        assert_eq!(bits.bits(5), Some(0b10111));
        assert_eq!(bits.skip(7), None);
        assert_eq!(bits.skip(6), Some(()));
        assert_eq!(bits.bit(), None);
    }

    #[test]
    fn golomb_numbers_follow_the_table() {
        // 1 | 010 | 011 | 00100 | 00101 | pad
        let mut bits = BitReader::new(&[0b1010_0110, 0b0100_0010, 0b1000_0000]);
        let values: Vec<_> = (0..5).map_while(|_| bits.unsigned_golomb()).collect();
        assert_eq!(values, [0, 1, 2, 3, 4]);
        let mut bits = BitReader::new(&[0b1010_0110, 0b0100_0010, 0b1000_0000]);
        let values: Vec<_> = (0..5).map_while(|_| bits.signed_golomb()).collect();
        assert_eq!(values, [0, 1, -1, 2, -2]);
    }

    #[test]
    fn overlong_golomb_is_refused() {
        assert_eq!(BitReader::new(&[0; 16]).unsigned_golomb(), None);
        let largest = [0, 0, 0, 1, 0xff, 0xff, 0xff, 0xff];
        assert_eq!(
            BitReader::new(&largest).unsigned_golomb(),
            Some(u32::MAX - 1)
        );
    }
}
