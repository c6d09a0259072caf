//! Many viewers in one thread: an epoll loop that lets them in, reads for them and keeps their records.
//!
//! Those whose moments count (probes, and whoever waits for a first keyframe) are served at once. The
//! rest is only counted and swept up every 5 ms: the generator shares the machine with the
//! server, and a network card would not wake it for every packet either.

use std::os::fd::OwnedFd;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use rustix::buffer::spare_capacity;
use rustix::event::epoll::{self, CreateFlags, Event, EventData, EventFlags};
use rustix::io::Errno;

use super::talk::Target;
use super::viewer::{Arrival, Gone, Pace, TRICKLE_STEP_MS, Viewer};
use crate::clock::{MS, now_ns, until};

/// Read at once; longer than what any socket here holds at a time.
const BUFFER_BYTES: usize = 1024 * 1024;
const EVENTS: usize = 1_024;
/// Those that are only counted are read once in this time.
const SWEEP_MS: u64 = 5;

/// What the threads of one measurement share.
#[derive(Debug)]
pub(crate) struct Shared {
    /// Bytes that all viewers together received.
    pub(crate) received: AtomicU64,
    /// When the window was opened; `u64::MAX` before.
    pub(crate) opened_ns: AtomicU64,
    pub(crate) stop: AtomicBool,
}

impl Shared {
    pub(crate) fn new() -> Self {
        Self {
            received: AtomicU64::new(0),
            opened_ns: AtomicU64::new(u64::MAX),
            stop: AtomicBool::new(false),
        }
    }
}

/// What became of one viewer.
#[derive(Clone, Debug)]
pub(crate) struct Outcome {
    pub(crate) arrival: Arrival,
    pub(crate) first_key_ns: Option<u64>,
    pub(crate) stalled: bool,
    pub(crate) latencies_ns: Vec<u64>,
    pub(crate) gone: Option<Gone>,
}

struct Crowd<'a> {
    target: &'a Target,
    shared: &'a Shared,
    /// Whose moments count.
    prompt: OwnedFd,
    /// Who is only counted.
    counted: OwnedFd,
    sweep_ns: u64,
    viewers: Vec<Viewer>,
    buffer: Vec<u8>,
    /// The slow ones' next step.
    step_ns: u64,
    /// Those of `viewers` that are slow.
    slow: Vec<usize>,
}

/// Lets viewers in by their times, which count from `began_ns` on, and reads until told to stop.
pub(crate) fn watch(
    target: &Target,
    arrivals: &[Arrival],
    began_ns: u64,
    shared: &Shared,
) -> anyhow::Result<Vec<Outcome>> {
    let mut crowd = Crowd {
        target,
        shared,
        prompt: epoll::create(CreateFlags::CLOEXEC)?,
        counted: epoll::create(CreateFlags::CLOEXEC)?,
        sweep_ns: 0,
        viewers: Vec::with_capacity(arrivals.len()),
        buffer: vec![0; BUFFER_BYTES],
        step_ns: 0,
        slow: Vec::new(),
    };
    let mut events = Vec::with_capacity(EVENTS);
    while !shared.stop.load(Ordering::Relaxed) {
        let now = now_ns();
        while let Some(arrival) = arrivals.get(crowd.viewers.len())
            && began_ns + arrival.at_ns <= now
        {
            crowd.let_in(*arrival)?;
        }
        let next = arrivals.get(crowd.viewers.len());
        let next_ns = next.map_or(u64::MAX, |arrival| began_ns + arrival.at_ns);
        crowd.step(now);
        crowd.sweep(now, &mut events)?;
        events.clear();
        let wait = until(next_ns.min(crowd.sweep_ns), now_ns());
        epoll::wait(&crowd.prompt, spare_capacity(&mut events), Some(&wait))?;
        for event in &events {
            crowd.serve(event.data.u64() as usize, event.flags);
        }
    }
    Ok(crowd.outcomes())
}

impl Crowd<'_> {
    fn let_in(&mut self, arrival: Arrival) -> anyhow::Result<()> {
        let viewer = Viewer::join(self.target, arrival)?;
        let data = EventData::new_u64(self.viewers.len() as u64);
        epoll::add(&self.prompt, &viewer.socket, data, wanted(&viewer))?;
        if arrival.pace != Pace::Healthy {
            self.slow.push(self.viewers.len());
        }
        self.viewers.push(viewer);
        Ok(())
    }

    /// Reads for those that are only counted, when it is time.
    fn sweep(&mut self, now: u64, events: &mut Vec<Event>) -> Result<(), Errno> {
        if now < self.sweep_ns {
            return Ok(());
        }
        self.sweep_ns = now + SWEEP_MS * MS;
        // One event for each at most: what comes meanwhile waits for the next sweep.
        for _ in 0..=self.viewers.len() / EVENTS {
            events.clear();
            epoll::wait(&self.counted, spare_capacity(events), Some(&until(0, 0)))?;
            for event in events.iter() {
                self.serve(event.data.u64() as usize, event.flags);
            }
            if events.len() < EVENTS {
                break;
            }
        }
        Ok(())
    }

    fn serve(&mut self, at: usize, flags: EventFlags) {
        let opened_ns = self.shared.opened_ns.load(Ordering::Relaxed);
        let viewer = &mut self.viewers[at];
        let (sent_before, prompt_before) = (viewer.has_unsent(), viewer.is_prompt());
        let broken = flags.intersects(EventFlags::ERR | EventFlags::HUP);
        let slow = viewer.arrival.pace != Pace::Healthy;
        let result = if slow && broken {
            Err(Gone::Closed)
        } else if flags.contains(EventFlags::IN) || broken {
            viewer.read(&mut self.buffer, opened_ns)
        } else {
            Ok(0)
        };
        let result = result.and_then(|read| viewer.flush().map(|()| read));
        let (waits, prompt) = (viewer.has_unsent(), viewer.is_prompt());
        self.note(at, result);
        if prompt_before != prompt {
            self.settle(at);
        } else if sent_before != waits {
            self.listen(at);
        }
    }

    /// Lets the slow ones read a little when it is time.
    fn step(&mut self, now: u64) {
        if self.slow.is_empty() || now < self.step_ns {
            return;
        }
        self.step_ns = now + TRICKLE_STEP_MS * MS;
        let opened_ns = self.shared.opened_ns.load(Ordering::Relaxed);
        for at in self.slow.clone() {
            if self.viewers[at].gone.is_none() {
                let result = self.viewers[at].read_slowly(&mut self.buffer, opened_ns);
                self.note(at, result);
            }
        }
    }

    fn note(&mut self, at: usize, result: Result<usize, Gone>) {
        match result {
            Ok(read) => {
                self.shared
                    .received
                    .fetch_add(read as u64, Ordering::Relaxed);
            }
            Err(gone) => {
                let viewer = &mut self.viewers[at];
                viewer.gone = Some(gone);
                // It stays in the list for its record, but nothing more is to be heard of it.
                let _ = epoll::delete(self.list(at), &self.viewers[at].socket);
            }
        }
    }

    fn list(&self, at: usize) -> &OwnedFd {
        if self.viewers[at].is_counted {
            &self.counted
        } else {
            &self.prompt
        }
    }

    fn listen(&self, at: usize) {
        let viewer = &self.viewers[at];
        if viewer.gone.is_none() {
            let data = EventData::new_u64(at as u64);
            epoll::modify(self.list(at), &viewer.socket, data, wanted(viewer))
                .expect("the socket was added and not deleted");
        }
    }

    /// It has seen its keyframe: from now on it is only counted.
    fn settle(&mut self, at: usize) {
        let viewer = &mut self.viewers[at];
        if viewer.gone.is_none() {
            viewer.is_counted = true;
            let data = EventData::new_u64(at as u64);
            epoll::delete(&self.prompt, &viewer.socket).expect("the socket was added");
            epoll::add(&self.counted, &viewer.socket, data, wanted(viewer))
                .expect("the socket is in no other list");
        }
    }

    fn outcomes(self) -> Vec<Outcome> {
        let now = now_ns();
        let opened_ns = self.shared.opened_ns.load(Ordering::Relaxed);
        let outcome = |mut viewer: Viewer| Outcome {
            arrival: viewer.arrival,
            first_key_ns: viewer.first_key_ns,
            stalled: viewer.stalled(now, opened_ns),
            latencies_ns: std::mem::take(&mut viewer.latencies_ns),
            gone: viewer.gone.take(),
        };
        self.viewers.into_iter().map(outcome).collect()
    }
}

/// What a viewer waits for. A slow one reads by the clock instead.
fn wanted(viewer: &Viewer) -> EventFlags {
    let mut flags = EventFlags::empty();
    flags.set(EventFlags::OUT, viewer.has_unsent());
    flags.set(EventFlags::IN, viewer.arrival.pace == Pace::Healthy);
    flags
}
