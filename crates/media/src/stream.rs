//! One stream: what its publishers send, stamped and muxed once, for any number of viewers.
//!
//! A stream outlives its publisher: viewers stay, and the next publisher of the name goes on in it.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use kaibo_proto::media::{AudioTrack, MediaEvent, Track, VideoTrack};
use tokio::sync::{Notify, watch};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::block::Batch;
use crate::config::{MediaConfig, ms};
use crate::fan::{self, Fans};
use crate::gate::{Grant, PlayPolicy, SessionId, StreamEvent, StreamName};
use crate::gop::{Cursor, LogLimits, TagLog};
use crate::health::Health;
use crate::meter::ViewerCounts;
use crate::shelf::Shelf;
use crate::timeline::Timeline;

/// Most undelivered events of a stream; the oldest go first, for the newest say what holds now.
const MAX_WAITING_EVENTS: usize = 64;

/// The publisher a stream has now.
#[derive(Debug)]
pub(crate) struct Current {
    pub(crate) session: SessionId,
    pub(crate) peer: SocketAddr,
    /// Cancelled when the publisher must go.
    pub(crate) leave: CancellationToken,
    /// When its last byte came.
    pub(crate) heard: Arc<Heard>,
    pub(crate) lease: Duration,
    pub(crate) lease_until: Instant,
}

/// When a publisher's last byte came; written for each read, so without a lock.
#[derive(Debug)]
pub(crate) struct Heard {
    began: Instant,
    after_ms: AtomicU64,
    bytes: AtomicU64,
}

impl Heard {
    pub(crate) fn new(now: Instant) -> Self {
        Self {
            began: now,
            after_ms: AtomicU64::new(0),
            bytes: AtomicU64::new(0),
        }
    }

    pub(crate) fn note(&self, now: Instant, bytes: usize) {
        self.after_ms
            .store((now - self.began).as_millis() as u64, Ordering::Relaxed);
        self.bytes.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    pub(crate) fn at(&self) -> Instant {
        self.began + ms(self.after_ms.load(Ordering::Relaxed))
    }

    pub(crate) fn began(&self) -> Instant {
        self.began
    }

    pub(crate) fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }
}

/// The part of a stream that changes with each frame.
#[derive(Debug)]
struct Live {
    log: TagLog,
    timeline: Timeline,
    health: Health,
    current: Option<Current>,
    policy: watch::Receiver<PlayPolicy>,
    latency_budget: watch::Receiver<Option<Duration>>,
    last_frame: Instant,
    vacant_since: Instant,
    /// The gate was told that the stream is good and not yet that it was lost.
    told_good: bool,
    events: VecDeque<StreamEvent>,
    ended: bool,
}

/// A stream and its viewers.
#[derive(Debug)]
pub(crate) struct Stream {
    pub(crate) name: StreamName,
    live: Mutex<Live>,
    pub(crate) shelf: Shelf,
    pub(crate) counts: ViewerCounts,
    pub(crate) fans: Fans,
    /// Where the gate does not say another.
    latency_budget: Duration,
    /// Number of the next tag; wakes the fans.
    newest: watch::Sender<u64>,
    /// Cancelled when the stream is over for good.
    pub(crate) over: CancellationToken,
    /// Wakes the task that watches over the stream.
    pub(crate) changed: Notify,
    /// Wakes the task that delivers events.
    pub(crate) has_event: Notify,
}

/// What a stream shows now.
#[derive(Debug)]
pub(crate) struct Look {
    pub(crate) good: bool,
    pub(crate) last_frame: Instant,
    pub(crate) video: Option<VideoTrack>,
    pub(crate) audio: Option<AudioTrack>,
}

/// The publisher is not this stream's any more.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Superseded;

impl Stream {
    /// A stream for its first publisher.
    pub(crate) fn new(name: StreamName, grant: &Grant, config: &MediaConfig, shelf: Shelf) -> Self {
        let limits = LogLimits {
            lag: ms(config.lag_ms),
            max_bytes: config.log_max_bytes,
        };
        let now = Instant::now();
        Self {
            name,
            live: Mutex::new(Live {
                log: TagLog::new(limits),
                timeline: Timeline::default(),
                health: Health::default(),
                current: None,
                policy: grant.policy.clone(),
                latency_budget: grant.latency_budget.clone(),
                last_frame: now,
                vacant_since: now,
                told_good: false,
                events: VecDeque::new(),
                ended: false,
            }),
            shelf,
            counts: ViewerCounts::default(),
            fans: Fans::default(),
            latency_budget: ms(config.latency_budget_ms),
            newest: watch::Sender::new(0),
            over: CancellationToken::new(),
            changed: Notify::new(),
            has_event: Notify::new(),
        }
    }

    fn live(&self) -> MutexGuard<'_, Live> {
        // A panic while it was held ended one publisher; the values are whole, each is set at once.
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets a publisher in. An earlier one must leave. `false`: the stream is over.
    pub(crate) fn attach(&self, current: Current, grant: &Grant) -> bool {
        let mut live = self.live();
        if live.ended {
            return false;
        }
        let session = current.session;
        live.policy = grant.policy.clone();
        live.latency_budget = grant.latency_budget.clone();
        live.log.forget_tracks();
        live.timeline.restart();
        live.health = Health::default();
        if let Some(before) = live.current.replace(current) {
            before.leave.cancel();
            let event = StreamEvent::Unpublished {
                stream: self.name.clone(),
            };
            push_event(&mut live.events, event);
        }
        drop(live);
        self.shelf.change_publisher(session);
        self.changed.notify_one();
        self.has_event.notify_one();
        true
    }

    /// The publisher has gone; nothing happens if another took its place before.
    pub(crate) fn detach(&self, session: SessionId) {
        let mut live = self.live();
        if live
            .current
            .take_if(|current| current.session == session)
            .is_some()
        {
            live.vacant_since = Instant::now();
            let event = StreamEvent::Unpublished {
                stream: self.name.clone(),
            };
            push_event(&mut live.events, event);
        }
        drop(live);
        self.shelf.release(session);
        self.changed.notify_one();
        self.has_event.notify_one();
    }

    /// Takes what the publisher sent.
    pub(crate) fn append(&self, session: SessionId, event: MediaEvent) -> Result<(), Superseded> {
        let (event, next) = self.append_live(session, event)?;
        self.newest.send_replace(next);
        // Not under the lock above, and last: muxing a segment takes longer than viewers should wait.
        self.shelf.push(session, &event);
        Ok(())
    }

    fn append_live(
        &self,
        session: SessionId,
        event: MediaEvent,
    ) -> Result<(MediaEvent, u64), Superseded> {
        let mut live = self.live();
        if live.ended
            || live
                .current
                .as_ref()
                .is_none_or(|current| current.session != session)
        {
            return Err(Superseded);
        }
        let event = match event {
            MediaEvent::Track(track) => {
                if matches!(track, Track::Video(_)) {
                    live.health.expect_video();
                }
                live.log.push_track(&track, Instant::now());
                MediaEvent::Track(track)
            }
            MediaEvent::Frame(mut frame) => {
                frame.dts_ms = live.timeline.map(frame.track, frame.dts_ms);
                let now = Instant::now();
                live.last_frame = now;
                if live.health.frame(&frame) {
                    let event = StreamEvent::Good {
                        stream: self.name.clone(),
                    };
                    push_event(&mut live.events, event);
                    live.told_good = true;
                    self.changed.notify_one();
                    self.has_event.notify_one();
                }
                live.log.push_frame(frame.clone(), now);
                MediaEvent::Frame(frame)
            }
        };
        Ok((event, live.log.next()))
    }

    /// Tells the gate about something that is not seen in the frames.
    pub(crate) fn report(&self, event: StreamEvent) {
        push_event(&mut self.live().events, event);
        self.has_event.notify_one();
    }

    /// The oldest undelivered event.
    pub(crate) fn next_event(&self) -> Option<StreamEvent> {
        self.live().events.pop_front()
    }

    /// Nothing will be reported any more.
    pub(crate) fn is_silent(&self) -> bool {
        let live = self.live();
        live.ended && live.current.is_none() && live.events.is_empty()
    }

    /// Marks the stream lost if it is due.
    pub(crate) fn check_lost(&self, lost_ms: u64) {
        let mut live = self.live();
        if live.told_good && live.last_frame.elapsed() >= ms(lost_ms) {
            live.told_good = false;
            live.health.lose();
            push_event(
                &mut live.events,
                StreamEvent::Lost {
                    stream: self.name.clone(),
                },
            );
            drop(live);
            self.has_event.notify_one();
        }
    }

    /// When the stream must be looked at again, if nothing happens before.
    pub(crate) fn next_look(&self, lost_ms: u64, linger_ms: u64) -> Option<Instant> {
        let live = self.live();
        let lost = live.told_good.then(|| live.last_frame + ms(lost_ms));
        let linger = live
            .current
            .is_none()
            .then(|| live.vacant_since + ms(linger_ms));
        lost.into_iter().chain(linger).min()
    }

    /// Who may watch.
    pub(crate) fn policy(&self) -> watch::Receiver<PlayPolicy> {
        self.live().policy.clone()
    }

    /// Looks at the publisher, if there is one.
    pub(crate) fn with_current<T>(&self, look: impl FnOnce(&mut Current) -> T) -> Option<T> {
        self.live().current.as_mut().map(look)
    }

    /// Nobody has published for so long that the stream is forgotten.
    pub(crate) fn is_stale(&self, linger_ms: u64) -> bool {
        let live = self.live();
        live.current.is_none() && live.vacant_since.elapsed() >= ms(linger_ms)
    }

    /// Ends it: viewers' bodies end, the publisher must leave.
    pub(crate) fn end(&self) {
        let mut live = self.live();
        live.ended = true;
        if let Some(current) = &live.current {
            current.leave.cancel();
        }
        drop(live);
        self.over.cancel();
        self.has_event.notify_one();
    }

    /// What it shows now, for the figures.
    pub(crate) fn look(&self) -> Look {
        let live = self.live();
        Look {
            good: live.health.is_good() && live.current.is_some(),
            last_frame: live.last_frame,
            video: live.log.video().cloned(),
            audio: live.log.audio().cloned(),
        }
    }

    /// What a viewer can read now; see [`TagLog::read`].
    pub(crate) fn read(&self, cursor: Option<Cursor>, now: Instant) -> Option<Batch> {
        self.live().log.read(cursor, now)
    }

    /// What came from the tag `seq` on; see [`TagLog::news`].
    pub(crate) fn news(&self, seq: u64, now: Instant) -> Option<Batch> {
        self.live().log.news(seq, now)
    }

    /// How long a tag may wait for others now.
    pub(crate) fn hold(&self) -> Duration {
        let asked = *self.live().latency_budget.borrow();
        let budget = asked.unwrap_or(self.latency_budget);
        fan::hold(budget, self.counts.viewers())
    }

    /// Wakes for each new tag.
    pub(crate) fn watch_newest(&self) -> watch::Receiver<u64> {
        self.newest.subscribe()
    }
}

fn push_event(events: &mut VecDeque<StreamEvent>, event: StreamEvent) {
    if events.len() == MAX_WAITING_EVENTS {
        events.pop_front();
    }
    events.push_back(event);
}
