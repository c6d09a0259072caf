//! Media's settings, each with its default.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Settings of the media server. Times in milliseconds, sizes in bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MediaConfig {
    /// A stream without a frame for this long is lost.
    pub lost_ms: u64,
    /// A stream without publisher is forgotten after this long; longer than the grace of a room.
    pub linger_ms: u64,
    /// A viewer that left something unread for longer than this goes on at the newest keyframe.
    /// What was old already when it came does not count, so that long GOPs harm nobody.
    pub lag_ms: u64,
    /// A viewer that skipped more often than this within a minute, or lost half of it, is cut.
    pub max_skips: u32,
    /// With many viewers a tag waits for others up to this long, so that they go out together; with
    /// few it never waits.
    pub latency_budget_ms: u64,
    /// A connection that takes no byte for this long is closed.
    pub stall_ms: u64,
    /// Most HTTP-FLV viewers at once.
    pub max_viewers: usize,
    /// Most memory for one stream's newest tags, from which HTTP-FLV viewers read.
    pub log_max_bytes: usize,
    /// A refused publish command is answered no earlier than this, so that all refusals look alike.
    pub refuse_after_ms: u64,
    /// An RTMP connection must have been let in to publish within this time.
    pub half_open_ms: u64,
    /// A publisher that sends no byte for this long is closed.
    pub publisher_idle_ms: u64,
    /// A publisher that takes no byte of an answer for this long is closed.
    pub publisher_write_ms: u64,
    /// A newcomer with a valid key replaces a publisher that sent no byte for this long.
    pub takeover_ms: u64,
    /// The gate must answer a publish request within this time; else it is refused.
    pub gate_ms: u64,
    /// Most RTMP connections at once.
    pub max_connections: usize,
    /// Most RTMP connections at once from one address; an IPv6 network of 64 bits counts as one.
    pub max_connections_per_ip: usize,
    /// An HLS segment ends at the first keyframe after this much media.
    pub hls_segment_ms: u64,
    /// HLS segments in a playlist; as many again, which have left it, can still be fetched.
    pub hls_window: usize,
    /// Most memory for one stream's HLS segments, all forms together.
    pub hls_max_bytes: usize,
    /// At shutdown, publishers have this long to take their last bytes.
    pub drain_ms: u64,
}

impl Default for MediaConfig {
    fn default() -> Self {
        Self {
            lost_ms: 10_000,
            linger_ms: 20 * 60_000,
            lag_ms: 3_000,
            max_skips: 10,
            latency_budget_ms: 100,
            stall_ms: 20_000,
            max_viewers: 20_000,
            log_max_bytes: 32 << 20,
            refuse_after_ms: 200,
            half_open_ms: 10_000,
            publisher_idle_ms: 30_000,
            publisher_write_ms: 10_000,
            takeover_ms: 5_000,
            gate_ms: 5_000,
            max_connections: 2_000,
            max_connections_per_ip: 100,
            hls_segment_ms: 2_000,
            hls_window: 6,
            hls_max_bytes: 96 << 20,
            drain_ms: 3_000,
        }
    }
}

/// A setting in milliseconds as a duration.
pub(crate) fn ms(value: u64) -> Duration {
    Duration::from_millis(value)
}
