//! A stream's HLS: files muxed once, playlists written once for each new segment.

use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use kaibo_proto::hls::{Cutting, File, Packager, PackagerConfig, Playlist};
use kaibo_proto::media::MediaEvent;
use tokio::sync::watch;

use crate::config::MediaConfig;
use crate::gate::SessionId;
use crate::registry::NowMs;

/// The playlists of this moment, without query.
#[derive(Debug, Default)]
pub(crate) struct Playlists {
    index: Option<Bytes>,
    video: Option<Bytes>,
    audio: Option<Bytes>,
    ts: Option<Bytes>,
}

impl Playlists {
    /// The text of one, if there is any yet.
    pub(crate) fn get(&self, playlist: Playlist) -> Option<Bytes> {
        match playlist {
            Playlist::Index => self.index.clone(),
            Playlist::Video => self.video.clone(),
            Playlist::Audio => self.audio.clone(),
            Playlist::Ts => self.ts.clone(),
        }
    }

    /// The stream has had a segment.
    pub(crate) fn is_ready(&self) -> bool {
        self.index.is_some()
    }
}

/// The packager and whose frames it takes.
struct Work {
    packager: Packager,
    session: Option<SessionId>,
}

/// One stream's HLS files and playlists.
pub(crate) struct Shelf {
    work: Mutex<Work>,
    playlists: watch::Sender<Playlists>,
    now_ms: NowMs,
}

impl std::fmt::Debug for Shelf {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shelf").finish_non_exhaustive()
    }
}

impl Shelf {
    pub(crate) fn new(config: &MediaConfig, now_ms: NowMs) -> Self {
        let cutting = Cutting {
            target_ms: config.hls_segment_ms as i64,
            ..Cutting::default()
        };
        let config = PackagerConfig {
            cutting,
            window: config.hls_window,
            max_bytes: config.hls_max_bytes,
            mpegts: true,
        };
        // File names differ from those of an earlier run, which caches may still hold.
        let run = now_ms() as u64;
        let work = Work {
            packager: Packager::new(config, run),
            session: None,
        };
        Self {
            work: Mutex::new(work),
            playlists: watch::Sender::default(),
            now_ms,
        }
    }

    fn work(&self) -> MutexGuard<'_, Work> {
        self.work.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// From now on frames come from this publisher: they do not continue what came before.
    pub(crate) fn change_publisher(&self, session: SessionId) {
        let mut work = self.work();
        work.session = Some(session);
        if work.packager.discontinuity() {
            self.publish(&work.packager);
        }
    }

    /// The publisher has gone: what it sent last becomes a segment of its own.
    pub(crate) fn release(&self, session: SessionId) {
        let mut work = self.work();
        if work.session.take_if(|now| *now == session).is_some() && work.packager.discontinuity() {
            self.publish(&work.packager);
        }
    }

    /// Takes what the publisher sent; dropped if it is not the publisher any more.
    pub(crate) fn push(&self, session: SessionId, event: &MediaEvent) {
        let wall_ms = (self.now_ms)();
        let mut work = self.work();
        if work.session == Some(session) && work.packager.push(event, wall_ms) {
            self.publish(&work.packager);
        }
    }

    fn publish(&self, packager: &Packager) {
        let write = |playlist| packager.playlist(playlist, "").map(Bytes::from);
        self.playlists.send_replace(Playlists {
            index: write(Playlist::Index),
            video: write(Playlist::Video),
            audio: write(Playlist::Audio),
            ts: write(Playlist::Ts),
        });
    }

    /// The playlists as they change.
    pub(crate) fn playlists(&self) -> watch::Receiver<Playlists> {
        self.playlists.subscribe()
    }

    /// A playlist whose addresses carry `query`.
    pub(crate) fn playlist_with(&self, playlist: Playlist, query: &str) -> Option<Bytes> {
        self.work()
            .packager
            .playlist(playlist, query)
            .map(Bytes::from)
    }

    /// A file that a playlist names.
    pub(crate) fn file(&self, name: &str) -> Option<File> {
        self.work().packager.file(name)
    }
}
