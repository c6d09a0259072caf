//! What every handler of /v1 shares.

use kaibo_app::Kaibo;
use tokio_util::sync::CancellationToken;

use crate::config::ApiConfig;
use crate::sse::StreamSlots;
use crate::v1::room_statuses::RoomStatuses;
use crate::v1::room_views::RoomViews;

/// What every handler of /v1 shares.
pub(crate) struct ApiState {
    /// The use cases.
    pub(crate) kaibo: Kaibo,
    /// Room for event streams.
    pub(crate) streams: StreamSlots,
    /// Views of rooms that many viewers follow.
    pub(crate) views: RoomViews,
    /// Statuses that systems ask for again and again.
    pub(crate) statuses: RoomStatuses,
    /// Cancelled when the server is about to end.
    pub(crate) shutdown: CancellationToken,
}

impl ApiState {
    pub(crate) fn new(kaibo: Kaibo, config: &ApiConfig, shutdown: CancellationToken) -> Self {
        Self {
            views: RoomViews::new(kaibo.clone()),
            kaibo,
            statuses: RoomStatuses::default(),
            streams: StreamSlots::new(config.event_streams, config.event_streams_per_ip),
            shutdown,
        }
    }
}
