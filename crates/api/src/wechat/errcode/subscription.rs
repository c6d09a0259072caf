//! WeChat's numbers for subscriptions and pushes.

use kaibo_domain::subscription::SubscriptionRefusal;

use super::Verdict;

pub(super) fn verdict(refusal: SubscriptionRefusal) -> Verdict {
    match refusal {
        SubscriptionRefusal::Recipients => {
            Verdict::new(200_002, "user_openid must have 1 to 2000 items")
        }
        SubscriptionRefusal::NotLive => Verdict::new(9_410_006, "the room is not living"),
        SubscriptionRefusal::PushedToday => {
            Verdict::new(9_410_005, "another room has pushed today")
        }
        // No operation of WeChat's leads to these.
        SubscriptionRefusal::OpenId => Verdict::new(40003, "invalid openid"),
        SubscriptionRefusal::Started => Verdict::new(300_023, "the room has started"),
    }
}
