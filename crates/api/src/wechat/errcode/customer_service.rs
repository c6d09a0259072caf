//! WeChat's numbers for customer service.

use kaibo_domain::customer_service::CustomerServiceRefusal;

use super::Verdict;

pub(super) fn verdict(refusal: CustomerServiceRefusal) -> Verdict {
    match refusal {
        CustomerServiceRefusal::Missing => {
            Verdict::new(300_038, "customer service is not configured")
        }
        // No operation of WeChat's leads to this.
        CustomerServiceRefusal::Link => Verdict::new(200_002, "customer service link is invalid"),
    }
}
