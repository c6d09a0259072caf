//! The bus inside one process.

use std::sync::Arc;

use kaibo_domain::event::StoredEvent;
use tokio::sync::broadcast;

use crate::Envelope;

/// Events that a slow subscriber may be behind before it has to read the state anew.
const CAPACITY: usize = 1024;

/// Publishes to every subscriber in this process. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Bus {
    sender: broadcast::Sender<Arc<StoredEvent>>,
}

impl Default for Bus {
    fn default() -> Self {
        Self {
            sender: broadcast::channel(CAPACITY).0,
        }
    }
}

impl Bus {
    /// Tells every present subscriber. Never waits.
    pub fn publish(&self, event: StoredEvent) {
        // An error only says that nobody listens.
        let _ = self.sender.send(Arc::new(event));
    }

    /// Receives every event from now on.
    pub fn subscribe(&self) -> Subscriber {
        Subscriber {
            receiver: self.sender.subscribe(),
        }
    }
}

/// One listener's place in the events.
#[derive(Debug)]
pub struct Subscriber {
    receiver: broadcast::Receiver<Arc<StoredEvent>>,
}

impl Subscriber {
    /// The next envelope; `None` once every [`Bus`] handle is gone.
    pub async fn next(&mut self) -> Option<Envelope> {
        match self.receiver.recv().await {
            Ok(event) => Some(Envelope::Event(event)),
            Err(broadcast::error::RecvError::Lagged(_)) => Some(Envelope::Lagged),
            Err(broadcast::error::RecvError::Closed) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kaibo_domain::event::RoomEvent;
    use kaibo_domain::id::RoomId;

    fn event(offset: i64) -> StoredEvent {
        let app_id = "wx0123456789abcdef".parse().unwrap();
        StoredEvent {
            offset,
            app_id,
            room_id: RoomId(1),
            at: 0,
            event: RoomEvent::Edited,
        }
    }

    async fn next_offset(subscriber: &mut Subscriber) -> i64 {
        match subscriber.next().await {
            Some(Envelope::Event(event)) => event.offset,
            other => panic!("wanted an event, got {other:?}"),
        }
    }

    #[tokio::test]
    async fn every_subscriber_sees_every_event_in_order() {
        let bus = Bus::default();
        let (mut a, mut b) = (bus.subscribe(), bus.subscribe());
        for offset in 1..=3 {
            bus.publish(event(offset));
        }
        for offset in 1..=3 {
            assert_eq!(next_offset(&mut a).await, offset);
            assert_eq!(next_offset(&mut b).await, offset);
        }
    }

    #[tokio::test]
    async fn slow_subscriber_is_told_that_it_missed_something() {
        let bus = Bus::default();
        let mut slow = bus.subscribe();
        for offset in 1..=2000 {
            bus.publish(event(offset));
        }
        assert_eq!(slow.next().await, Some(Envelope::Lagged));
        assert_eq!(next_offset(&mut slow).await, 2000 - 1024 + 1);
    }

    #[tokio::test]
    async fn subscriber_ends_with_the_last_bus() {
        let bus = Bus::default();
        let mut subscriber = bus.subscribe();
        drop(bus);
        assert_eq!(subscriber.next().await, None);
    }
}
