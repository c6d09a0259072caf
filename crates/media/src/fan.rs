//! Fan-out: a few tasks write one stream to all its viewers' connections.
//!
//! What a viewer costs is the system's call that sends to it, so a fan makes few: what comes within the
//! stream's latency budget goes out in one write, and nothing is done, allocated or woken for a viewer in
//! between. A viewer whose connection is full is left alone until the system says otherwise.

use std::any::Any;
use std::io::{self, ErrorKind, IoSlice, Read, Write};
use std::net::TcpStream;
use std::os::fd::OwnedFd;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rustix::buffer::spare_capacity;
use rustix::event::{Timespec, epoll};
use rustix::net::{SendAncillaryBuffer, SendFlags, sendmsg};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;
use tokio::sync::{mpsc, watch};
use tokio::task::yield_now;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until};

use crate::config::{MediaConfig, ms};
use crate::gate::PlayPolicy;
use crate::stream::Stream;
use crate::subscriber::{News, Subscriber};

/// A fan takes so many viewers before another one is opened for the stream.
const VIEWERS_PER_FAN: usize = 1_000;
/// Viewers on their way into one fan.
const WAITING_VIEWERS: usize = 256;
/// Up to here every tag goes out at once; from [`MANY_VIEWERS`] on they wait for the whole budget.
const FEW_VIEWERS: usize = 50;
const MANY_VIEWERS: usize = 500;
/// After so many writes others may run, and who joins is let in.
const WRITES_PER_TURN: usize = 32;
/// Connections that the system tells about at once.
const EVENTS: usize = 256;
/// How often connections that take nothing are looked for.
const STALL_LOOK: Duration = Duration::from_secs(1);
/// A viewer has nothing to say; one that says more than this at once is cut.
const MOST_HEARD_BYTES: usize = 64 * 1024;

/// A connection on its way to a fan.
pub(crate) struct Viewer {
    pub(crate) socket: TcpStream,
    pub(crate) subscriber: Subscriber,
    pub(crate) token: Option<String>,
    /// What is held for as long as it watches.
    pub(crate) _held: Box<dyn Any + Send>,
}

/// A viewer with its share of the fan that was chosen for it. Boxed, since most places of a queue are
/// empty, and those of one who left.
type Joining = Box<Seat>;

/// A viewer in its fan.
struct Seat {
    viewer: Viewer,
    _load: Load,
}

/// The way into one fan.
#[derive(Debug)]
struct Fan {
    way_in: mpsc::Sender<Joining>,
    viewers: Arc<AtomicUsize>,
}

/// One viewer's share of a fan until dropped.
struct Load(Arc<AtomicUsize>);

impl Drop for Load {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The fans of one stream.
#[derive(Debug, Default)]
pub(crate) struct Fans(Mutex<Vec<Fan>>);

impl Fans {
    /// Hands a viewer to the fan with the fewest. Opens another one, which `spawn` must run, while all
    /// are well filled and the machine has cores for it.
    pub(crate) async fn take(&self, viewer: Viewer, spawn: impl FnOnce(WayOut)) {
        let (way_in, load) = self.pick(spawn);
        let seat = Seat {
            viewer,
            _load: load,
        };
        // An error says that the fan has ended: so does the connection.
        let _ = way_in.send(Box::new(seat)).await;
    }

    fn pick(&self, spawn: impl FnOnce(WayOut)) -> (mpsc::Sender<Joining>, Load) {
        let mut fans = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        fans.retain(|fan| !fan.way_in.is_closed());
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let load = |fan: &Fan| fan.viewers.load(Ordering::Relaxed);
        let full = |fan: &Fan| load(fan) >= VIEWERS_PER_FAN;
        if fans.len() < cores && fans.iter().all(full) {
            let (way_in, way_out) = mpsc::channel(WAITING_VIEWERS);
            let viewers = Arc::default();
            fans.push(Fan { way_in, viewers });
            spawn(WayOut(way_out));
        }
        let fan = fans.iter().min_by_key(|fan| load(fan));
        let fan = fan.expect("one was opened if there was none");
        fan.viewers.fetch_add(1, Ordering::Relaxed);
        (fan.way_in.clone(), Load(fan.viewers.clone()))
    }
}

/// Where a fan's viewers come from.
pub(crate) struct WayOut(mpsc::Receiver<Joining>);

/// The task that serves some viewers of a stream; ends with the stream.
pub(crate) struct FanTask {
    stream: Arc<Stream>,
    policy: watch::Receiver<PlayPolicy>,
    joining: mpsc::Receiver<Joining>,
    system: AsyncFd<OwnedFd>,
    /// The system knows each connection by its place here.
    seats: Vec<Option<Joining>>,
    free: Vec<usize>,
    /// Who has read everything is about to read this tag.
    next: u64,
    stall: Duration,
}

enum Wake {
    Over,
    Policy,
    Joins(Joining),
    Connections,
    Tag,
    Look,
}

impl FanTask {
    pub(crate) fn new(
        stream: Arc<Stream>,
        policy: watch::Receiver<PlayPolicy>,
        way_out: WayOut,
        config: &MediaConfig,
    ) -> io::Result<Self> {
        #[expect(
            deprecated,
            reason = "an `OwnedFd` is the file it says; the successor is for what might not be"
        )]
        let system = AsyncFd::new(epoll::create(epoll::CreateFlags::CLOEXEC)?)?;
        Ok(Self {
            stream,
            policy,
            joining: way_out.0,
            system,
            seats: Vec::new(),
            free: Vec::new(),
            next: 0,
            stall: ms(config.stall_ms),
        })
    }

    pub(crate) async fn run(mut self) {
        let stream = self.stream.clone();
        let mut newest = stream.watch_newest();
        let mut look = interval(STALL_LOOK);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut told = Instant::now();
        let mut due: Option<Instant> = None;
        loop {
            let waiting = due.is_some();
            let watched = self.free.len() < self.seats.len();
            let wake = tokio::select! {
                biased;
                () = stream.over.cancelled() => Wake::Over,
                known = self.policy.changed() => match known {
                    Ok(()) => Wake::Policy,
                    Err(_) => Wake::Over,
                },
                Some(joining) = self.joining.recv() => Wake::Joins(joining),
                ready = self.system.readable() => match ready {
                    Ok(_) => Wake::Connections,
                    Err(_) => Wake::Over,
                },
                () = sleep_until(due.unwrap_or_else(Instant::now)), if waiting => Wake::Tag,
                _ = newest.changed(), if watched && !waiting => Wake::Tag,
                _ = look.tick() => Wake::Look,
            };
            match wake {
                Wake::Over => return,
                Wake::Policy => self.turn_out(),
                Wake::Joins(joining) => self.seat(joining),
                Wake::Connections => self.hear(),
                Wake::Look => self.cut_stalled(),
                Wake::Tag => {
                    let now = Instant::now();
                    // Counted from the last time, so that a tag waits for half of it on average.
                    let at = told + stream.hold();
                    due = (at > now).then_some(at);
                    if due.is_none() {
                        told = now;
                        newest.mark_unchanged();
                        self.tell(now).await;
                    }
                }
            }
        }
    }

    /// Lets a viewer in, and sends what there is for it.
    fn seat(&mut self, joining: Joining) {
        let viewer = &joining.viewer;
        if !self.policy.borrow().admits(viewer.token.as_deref()) {
            return;
        }
        let place = self.free.pop().unwrap_or_else(|| {
            self.seats.push(None);
            self.seats.len() - 1
        });
        // Told once for each change, so that a connection costs nothing while it takes all.
        let wanted = epoll::EventFlags::OUT
            | epoll::EventFlags::IN
            | epoll::EventFlags::RDHUP
            | epoll::EventFlags::ET;
        let data = epoll::EventData::new_u64(place as u64);
        if epoll::add(self.system.get_ref(), &viewer.socket, data, wanted).is_err() {
            // The system has no memory for one more.
            self.free.push(place);
            return;
        }
        self.seats[place] = Some(joining);
        self.catch_up(place, Instant::now());
    }

    fn catch_up(&mut self, place: usize, now: Instant) {
        if let Some(seat) = &mut self.seats[place] {
            let viewer = &mut seat.viewer;
            match viewer.subscriber.catch_up(&mut Wire(&viewer.socket), now) {
                Ok(bytes) => self.stream.counts.sent(bytes as u64),
                Err(_) => self.unseat(place),
            }
        }
    }

    /// Closes a viewer's connection.
    fn unseat(&mut self, place: usize) {
        self.seats[place] = None;
        self.free.push(place);
    }

    /// Writes what is new to everybody.
    async fn tell(&mut self, began: Instant) {
        let Some(batch) = self.stream.news(self.next, began) else {
            return;
        };
        self.next = batch.end().seq;
        let news = News::new(&batch);
        let mut sent = 0;
        for place in 0..self.seats.len() {
            if place % WRITES_PER_TURN == WRITES_PER_TURN - 1 {
                yield_now().await;
                if self.stream.over.is_cancelled() || self.policy.has_changed().unwrap_or(true) {
                    break;
                }
                while let Ok(joining) = self.joining.try_recv() {
                    self.seat(joining);
                }
            }
            let Some(seat) = &mut self.seats[place] else {
                continue;
            };
            let Viewer {
                subscriber, socket, ..
            } = &mut seat.viewer;
            if subscriber.blocked_since().is_some() {
                continue;
            }
            match subscriber.keep_up(&news, &mut Wire(socket), began) {
                Ok(Some(bytes)) => sent += bytes,
                Ok(None) => self.catch_up(place, began),
                Err(_) => self.unseat(place),
            }
        }
        self.stream.counts.sent(sent as u64);
    }

    /// Looks at the connections that the system has told about.
    fn hear(&mut self) {
        let now = Instant::now();
        let Ok(events) = self.system.try_io(Interest::READABLE, events) else {
            return;
        };
        for event in events {
            let place = event.data.u64() as usize;
            let Some(Some(seat)) = self.seats.get_mut(place) else {
                continue;
            };
            let full = seat.viewer.subscriber.blocked_since().is_some();
            let flags = event.flags;
            if !flags.difference(epoll::EventFlags::OUT).is_empty() && has_gone(&seat.viewer.socket)
            {
                self.unseat(place);
            } else if full && flags.contains(epoll::EventFlags::OUT) {
                self.catch_up(place, now);
            }
        }
    }

    fn cut_stalled(&mut self) {
        for place in 0..self.seats.len() {
            let since = |seat: &Joining| seat.viewer.subscriber.blocked_since();
            let blocked = self.seats[place].as_ref().and_then(since);
            if blocked.is_some_and(|since| since.elapsed() >= self.stall) {
                self.unseat(place);
            }
        }
    }

    /// Closes the connections of those who may not watch any more.
    fn turn_out(&mut self) {
        for place in 0..self.seats.len() {
            let token = self.seats[place]
                .as_ref()
                .map(|seat| seat.viewer.token.as_deref());
            if token.is_some_and(|token| !self.policy.borrow().admits(token)) {
                self.unseat(place);
            }
        }
    }
}

/// How long a tag may wait for others: nothing while few watch, the whole `budget` when many do.
pub(crate) fn hold(budget: Duration, viewers: usize) -> Duration {
    let many = viewers.saturating_sub(FEW_VIEWERS) as u32;
    let most = (MANY_VIEWERS - FEW_VIEWERS) as u32;
    budget * many.min(most) / most
}

/// What the system has to tell now; `WouldBlock` when that is nothing.
fn events(system: &OwnedFd) -> io::Result<Vec<epoll::Event>> {
    let mut events = Vec::with_capacity(EVENTS);
    let at_once = Timespec::default();
    epoll::wait(system, spare_capacity(&mut events), Some(&at_once))?;
    if events.is_empty() {
        return Err(ErrorKind::WouldBlock.into());
    }
    Ok(events)
}

/// Sends by `sendmsg`: the `writev` of the standard library locks the file first, which a socket
/// does not need.
struct Wire<'a>(&'a TcpStream);

impl Write for Wire<'_> {
    fn write(&mut self, piece: &[u8]) -> io::Result<usize> {
        self.write_vectored(&[IoSlice::new(piece)])
    }

    fn write_vectored(&mut self, pieces: &[IoSlice<'_>]) -> io::Result<usize> {
        let nothing_else = &mut SendAncillaryBuffer::default();
        Ok(sendmsg(self.0, pieces, nothing_else, SendFlags::NOSIGNAL)?)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The other side has closed, or talks instead of listening.
fn has_gone(mut socket: &TcpStream) -> bool {
    let mut heard = [0; 4096];
    for _ in 0..MOST_HEARD_BYTES / heard.len() {
        match socket.read(&mut heard) {
            Ok(0) => return true,
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return error.kind() != ErrorKind::WouldBlock,
        }
    }
    true
}
