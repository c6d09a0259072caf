//! What Kaibo tells others: room events, in the order of their offsets. The database decides, the
//! bus only tells; whoever lags reads the database again.

mod local;

use std::sync::Arc;

pub use kaibo_domain::event::StoredEvent;
pub use local::{Bus, Subscriber};

/// What a subscriber receives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Envelope {
    /// An event, shared by all subscribers.
    Event(Arc<StoredEvent>),
    /// Events were missed, because this subscriber was slow: read the state anew.
    Lagged,
}
