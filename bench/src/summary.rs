//! Many figures in few: percentiles and medians.

use serde::{Deserialize, Serialize};

/// What is told of many durations, in milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Spread {
    pub(crate) count: usize,
    pub(crate) p50_ms: f64,
    pub(crate) p95_ms: f64,
    pub(crate) p99_ms: f64,
    pub(crate) max_ms: f64,
}

impl Spread {
    /// Of nanoseconds in any order; all zero of none.
    pub(crate) fn of(mut all_ns: Vec<u64>) -> Self {
        all_ns.sort_unstable();
        let at = |percent| percentile(&all_ns, percent).map_or(0.0, |ns| ns as f64 / 1e6);
        Self {
            count: all_ns.len(),
            p50_ms: at(50),
            p95_ms: at(95),
            p99_ms: at(99),
            max_ms: at(100),
        }
    }
}

/// The least value that `percent` of all do not exceed (nearest rank).
fn percentile(sorted: &[u64], percent: usize) -> Option<u64> {
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    sorted.get(rank - 1).copied()
}

/// The middle one, or the mean of the middle two.
pub(crate) fn median(values: impl IntoIterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() {
        0 => f64::NAN,
        even if even % 2 == 0 => f64::midpoint(values[middle - 1], values[middle]),
        _ => values[middle],
    }
}

#[cfg(test)]
mod tests {
    use super::{Spread, median, percentile};

    #[test]
    fn percentiles_are_values_that_occurred() {
        let values: Vec<u64> = (1..=20).collect();
        assert_eq!(percentile(&values, 50), Some(10));
        assert_eq!(percentile(&values, 95), Some(19));
        assert_eq!(percentile(&values, 99), Some(20));
        assert_eq!(percentile(&values, 100), Some(20));
        assert_eq!(percentile(&[7], 1), Some(7));
        assert_eq!(percentile(&[], 50), None);
    }

    #[test]
    fn spread_sorts_and_counts_in_milliseconds() {
        let spread = Spread::of(vec![3_000_000, 1_000_000, 2_000_000]);
        assert_eq!((spread.count, spread.p50_ms, spread.max_ms), (3, 2.0, 3.0));
        assert_eq!(Spread::of(vec![]), Spread::default());
    }

    #[test]
    fn median_of_an_even_number_lies_between() {
        assert!((median([4.0, 1.0, 2.0]) - 2.0).abs() < 1e-9);
        assert!((median([4.0, 1.0]) - 2.5).abs() < 1e-9);
        assert!(median([]).is_nan());
    }
}
