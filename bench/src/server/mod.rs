//! Servers under measurement: started in a folder of their own, ready when `start` returns, ended by
//! their process number.

mod floor;
mod kaibo;
mod peer;

pub(crate) use self::floor::READY as FLOOR_READY;
pub(crate) use self::kaibo::{House, Shop, create_app, plan};
pub(crate) use self::peer::{
    Peer, StaticFiles, node_media_server_package, start_nginx_static, start_static_files,
};

use std::fs::File;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use anyhow::{Context as _, anyhow, bail};
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use crate::clock::{MS, SECOND, now_ns, sleep_until};
use crate::film::Film;
use crate::publish::Publisher;
use crate::view::{self, Target};

/// Longer than any server here needs to start or to end.
const PATIENCE_NS: u64 = 20 * SECOND;

/// Which server, and how it is set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Floor { batch_ms: u64 },
    Kaibo { bin: PathBuf, batch_ms: u64 },
    Peer(Peer),
}

impl Kind {
    pub(crate) fn name(&self) -> String {
        match self {
            Self::Floor { .. } => "floor".into(),
            Self::Kaibo { .. } => "kaibo".into(),
            Self::Peer(peer) => peer.name().into(),
        }
    }

    /// How long it gathers tags before it sends them; 0: every tag at once.
    pub(crate) fn batch_ms(&self) -> u64 {
        match self {
            Self::Floor { batch_ms } | Self::Kaibo { batch_ms, .. } => *batch_ms,
            Self::Peer(peer) => peer.batch_ms(),
        }
    }
}

/// What runs, with the film flowing in.
pub(crate) struct Running {
    pub(crate) target: Target,
    /// Where its HLS playlist of whole segments is, if it has one.
    pub(crate) hls: Option<(SocketAddr, String)>,
    encoder: Option<Encoder>,
    process: Process,
}

struct Encoder {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<anyhow::Result<()>>>,
}

/// A child process with its folder. It is ended when dropped.
pub(crate) struct Process {
    child: Child,
    folder: TempDir,
}

/// Starts a server and a publisher where it needs one; a viewer can come when this returns.
pub(crate) fn start(kind: &Kind, film: &Arc<Film>, cache: &Path) -> anyhow::Result<Running> {
    match kind {
        Kind::Floor { batch_ms } => floor::start(*batch_ms, cache),
        Kind::Kaibo { bin, batch_ms } => kaibo::start(bin, *batch_ms, film),
        Kind::Peer(peer) => peer::start(peer, film, cache),
    }
}

impl Running {
    pub(crate) fn pid(&self) -> u32 {
        self.process.child.id()
    }

    /// An error if the server or its publisher ended meanwhile: then a figure means nothing.
    pub(crate) fn check(&mut self) -> anyhow::Result<()> {
        if let Some(status) = self.process.child.try_wait()? {
            bail!(
                "the server ended ({status}); it said:\n{}",
                self.process.said()
            );
        }
        match &mut self.encoder {
            Some(encoder) => encoder.check(),
            None => Ok(()),
        }
    }
}

impl Encoder {
    /// Publishes to `url`, over and over until told to stop.
    fn start(url: &str, film: &Arc<Film>) -> anyhow::Result<Self> {
        let publisher = Publisher::connect(url)?;
        let stop = Arc::new(AtomicBool::new(false));
        let (film, told) = (film.clone(), stop.clone());
        let thread = thread::Builder::new()
            .name("publisher".into())
            .spawn(move || publisher.play(&film, &told))?;
        Ok(Self {
            stop,
            thread: Some(thread),
        })
    }

    fn check(&mut self) -> anyhow::Result<()> {
        let Some(thread) = self.thread.take_if(|thread| thread.is_finished()) else {
            return Ok(());
        };
        let ended = thread
            .join()
            .map_err(|_| anyhow!("the publisher panicked"))?;
        ended.context("the publisher ended while it was measured")?;
        bail!("the publisher ended while it was measured")
    }
}

impl Drop for Encoder {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Process {
    /// Starts `command` in `folder`; what it says goes into a file there.
    fn start(mut command: Command, folder: TempDir) -> anyhow::Result<Self> {
        let out = File::create(folder.path().join("out.log"))?;
        let err = out.try_clone()?;
        command.current_dir(folder.path());
        command.stdin(Stdio::null()).stdout(out).stderr(err);
        let name = command.get_program().to_string_lossy().into_owned();
        let child = command
            .spawn()
            .with_context(|| format!("{name} does not start"))?;
        Ok(Self { child, folder })
    }

    /// All that it said so far.
    fn said(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("out.log")).unwrap_or_default()
    }

    /// Looks again and again until `look` finds it.
    fn until<T>(
        &mut self,
        what: &str,
        mut look: impl FnMut(&Self) -> Option<T>,
    ) -> anyhow::Result<T> {
        let give_up = now_ns() + PATIENCE_NS;
        loop {
            if let Some(found) = look(self) {
                return Ok(found);
            }
            if let Some(status) = self.child.try_wait()? {
                bail!(
                    "the server ended ({status}) before {what}; it said:\n{}",
                    self.said()
                );
            }
            if now_ns() > give_up {
                bail!("{what}: not within 20 s; the server said:\n{}", self.said());
            }
            sleep_until(now_ns() + 20 * MS);
        }
    }

    /// Waits until a viewer sees a picture.
    fn until_picture(&mut self, target: &Target) -> anyhow::Result<()> {
        self.until("a viewer sees a picture", |_| {
            view::sees_picture(target).then_some(())
        })
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Asked to end rather than killed, so that those that fork take their children along.
        let _ = kill_process(Pid::from_child(&self.child), Signal::TERM);
        let give_up = now_ns() + PATIENCE_NS;
        while matches!(self.child.try_wait(), Ok(None)) {
            if now_ns() > give_up {
                let _ = self.child.kill();
            }
            thread::sleep(Duration::from_millis(10));
        }
    }
}
