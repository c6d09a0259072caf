//! What somebody outside decides about goods or a person: a reviewer, a verifier.

use crate::goods::{Decision, Rejection};

/// Longest reason that is taken, in characters.
const MAX_REASON: usize = 200;
/// Longest id of a rule.
const MAX_RULE: usize = 64;
/// The rule of a rejection that names none.
const NO_RULE: &str = "reviewer";
/// For whoever was rejected without a word.
const NO_REASON: &str = "审核未通过，请检查信息后重新提交";

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Good.
    Approve,
    /// Not good.
    Reject(Rejection),
    /// Taken, to be decided later.
    Pending,
}

impl Verdict {
    /// A rejection with what was said of it, within bounds.
    pub fn reject(rule: &str, reason: &str) -> Self {
        let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"._-".contains(&b);
        let good_rule = (1..=MAX_RULE).contains(&rule.len()) && rule.bytes().all(plain);
        let reason: String = reason.trim().chars().take(MAX_REASON).collect();
        Self::Reject(Rejection {
            rule: if good_rule { rule } else { NO_RULE }.to_owned(),
            reason: if reason.is_empty() {
                NO_REASON.to_owned()
            } else {
                reason
            },
        })
    }

    /// As a decision about goods; `None`: there is none yet.
    pub fn decision(self) -> Option<Decision> {
        match self {
            Self::Approve => Some(Decision::Approved),
            Self::Reject(why) => Some(Decision::Rejected(why)),
            Self::Pending => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rejection_is_kept_within_bounds() {
        let of = |rule: &str, reason: &str| match Verdict::reject(rule, reason) {
            Verdict::Reject(why) => (why.rule, why.reason),
            other => panic!("{other:?}"),
        };
        let (rule, reason) = of("image.blurred", " 图片模糊 ");
        assert_eq!(
            (rule.as_str(), reason.as_str()),
            ("image.blurred", "图片模糊")
        );
        let (rule, reason) = of("<script>", "");
        assert_eq!((rule.as_str(), reason.as_str()), (NO_RULE, NO_REASON));
        assert_eq!(of("", &"长".repeat(300)).1.chars().count(), MAX_REASON);
    }
}
