//! The figures media counts, under the names they are scraped by.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

/// Publishers now.
const PUBLISHERS: &str = "kaibo_media_publishers";
/// HTTP-FLV viewers now.
const VIEWERS: &str = "kaibo_media_viewers";
/// Bytes of media sent to viewers.
const BYTES_OUT: &str = "kaibo_media_bytes_out_total";
/// Times a slow viewer went on at the newest keyframe.
const SKIPS: &str = "kaibo_media_viewer_skips_total";
/// Viewers cut because they were slow too often.
const CUT: &str = "kaibo_media_viewers_cut_total";
/// Publishers turned away.
const REFUSED: &str = "kaibo_media_refused_total";
/// Faults of our own that ended one connection or one question to the gate.
const PANICS: &str = "kaibo_media_panics_total";

/// Gives the figures their help texts. Once, after a recorder was installed.
pub(crate) fn describe() {
    metrics::describe_gauge!(PUBLISHERS, "Publishers connected now");
    metrics::describe_gauge!(VIEWERS, "HTTP-FLV viewers connected now");
    metrics::describe_counter!(BYTES_OUT, "Bytes of media sent to viewers");
    metrics::describe_counter!(SKIPS, "Times a slow viewer skipped to the newest keyframe");
    metrics::describe_counter!(CUT, "Viewers cut because they skipped too often");
    metrics::describe_counter!(REFUSED, "Publishers turned away, by reason");
    metrics::describe_counter!(
        PANICS,
        "Faults of Kaibo that one connection or event paid for"
    );
}

/// A publisher was turned away; `reason` is one of few fixed words.
pub(crate) fn refused(reason: &'static str) {
    metrics::counter!(REFUSED, "reason" => reason).increment(1);
}

/// Something panicked; all else goes on.
pub(crate) fn panicked() {
    metrics::counter!(PANICS).increment(1);
}

/// One more publisher until dropped.
#[derive(Debug)]
pub(crate) struct PublisherCount(());

impl PublisherCount {
    pub(crate) fn new() -> Self {
        metrics::gauge!(PUBLISHERS).increment(1.0);
        Self(())
    }
}

impl Drop for PublisherCount {
    fn drop(&mut self) {
        metrics::gauge!(PUBLISHERS).decrement(1.0);
    }
}

/// One stream's viewers and what they were sent, since it began.
#[derive(Debug, Default)]
pub(crate) struct ViewerCounts {
    viewers: AtomicUsize,
    bytes_out: AtomicU64,
    skips: AtomicU64,
    cut: AtomicU64,
}

impl ViewerCounts {
    pub(crate) fn joined(&self) {
        self.viewers.fetch_add(1, Ordering::Relaxed);
        metrics::gauge!(VIEWERS).increment(1.0);
    }

    pub(crate) fn left(&self) {
        self.viewers.fetch_sub(1, Ordering::Relaxed);
        metrics::gauge!(VIEWERS).decrement(1.0);
    }

    pub(crate) fn sent(&self, bytes: u64) {
        self.bytes_out.fetch_add(bytes, Ordering::Relaxed);
        metrics::counter!(BYTES_OUT).increment(bytes);
    }

    pub(crate) fn skipped(&self) {
        self.skips.fetch_add(1, Ordering::Relaxed);
        metrics::counter!(SKIPS).increment(1);
    }

    pub(crate) fn cut_one(&self) {
        self.cut.fetch_add(1, Ordering::Relaxed);
        metrics::counter!(CUT).increment(1);
    }

    pub(crate) fn viewers(&self) -> usize {
        self.viewers.load(Ordering::Relaxed)
    }

    pub(crate) fn bytes_out(&self) -> u64 {
        self.bytes_out.load(Ordering::Relaxed)
    }

    pub(crate) fn skips(&self) -> u64 {
        self.skips.load(Ordering::Relaxed)
    }

    pub(crate) fn cut(&self) -> u64 {
        self.cut.load(Ordering::Relaxed)
    }
}
