//! An installation in a folder of its own, the servers that run on it, and commands beside them.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::thread;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tempfile::TempDir;
use tokio::sync::watch;
use tokio::task::spawn_blocking;
use tokio::time::{MissedTickBehavior, interval, timeout};

pub(crate) const KAIBO: &str = env!("CARGO_BIN_EXE_kaibo");
const DATABASE_URL: &str = "KAIBO_SERVER__DATABASE_URL";
/// Nothing here takes this long; a test that waits longer waits for something that does not happen.
const PATIENCE: Duration = Duration::from_secs(20);

/// Waits for `future`, but not for ever.
pub(crate) async fn within<T>(what: &str, future: impl Future<Output = T>) -> T {
    let Ok(value) = timeout(PATIENCE, future).await else {
        panic!("{what}: not within {PATIENCE:?}");
    };
    value
}

/// Looks again and again until `look` says yes.
pub(crate) async fn until(what: &str, mut look: impl AsyncFnMut() -> bool) {
    let mut tick = interval(Duration::from_millis(10));
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    within(what, async {
        while !look().await {
            tick.tick().await;
        }
    })
    .await;
}

/// A data folder and the settings under which everything in it runs.
pub(crate) struct House {
    folder: TempDir,
    settings: Vec<(&'static str, String)>,
}

impl House {
    pub(crate) fn new() -> Self {
        Self {
            folder: TempDir::with_prefix("kaibo-walk-").unwrap(),
            settings: Vec::new(),
        }
    }

    /// With its rows in a PostgreSQL database of its own.
    pub(crate) async fn postgres() -> Self {
        let url = test_postgres::shared().await.database().await;
        Self::new().with(DATABASE_URL, &url)
    }

    /// Empty: SQLite in the folder.
    pub(crate) fn database_url(&self) -> &str {
        let set = self.settings.iter().find(|(name, _)| *name == DATABASE_URL);
        set.map_or("", |(_, url)| url)
    }

    /// With a setting as environment variable, such as `KAIBO_ROOM__LOST`.
    pub(crate) fn with(mut self, name: &'static str, value: &str) -> Self {
        self.settings.push((name, value.to_owned()));
        self
    }

    /// Does not exist before somebody opens it.
    pub(crate) fn data_dir(&self) -> std::path::PathBuf {
        self.folder.path().join("data")
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// `program`, in this house's environment and nobody else's.
    pub(crate) fn program(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command
            .current_dir(self.folder.path())
            .env_clear()
            .envs(std::env::var_os("PATH").map(|path| ("PATH", path)))
            .envs(self.settings.iter().map(|(k, v)| (*k, v)))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// What `serve` is called with, after the program's name.
    pub(crate) fn serve_args(&self) -> Vec<std::ffi::OsString> {
        let flags = ["serve", "--http", "127.0.0.1:0", "--rtmp", "127.0.0.1:0"];
        let mut args: Vec<_> = flags.into_iter().map(Into::into).collect();
        args.push("--data-dir".into());
        args.push(self.data_dir().into());
        args
    }

    /// Starts a server; it is ready when this returns.
    pub(crate) async fn serve(&self) -> Server {
        let mut command = self.program(KAIBO);
        command.args(self.serve_args());
        let server = Server::start(command).await;
        let server = server.expect("the server starts");
        let in_folder = self.data_dir().join("kaibo.db").exists();
        assert_eq!(in_folder, self.database_url().is_empty());
        server
    }

    /// Runs `kaibo` with exactly these arguments.
    pub(crate) async fn run<S: AsRef<OsStr>>(&self, args: &[S]) -> Ran {
        let mut command = self.program(KAIBO);
        command.args(args);
        finish(command).await
    }

    /// As [`House::order`], with a text on standard input.
    pub(crate) async fn order_with(&self, args: &[&str], input: &str) -> Ran {
        let file = self.folder().join("standard-input");
        std::fs::write(&file, input).unwrap();
        let mut command = self.program(KAIBO);
        command.args(args).arg("--data-dir").arg(self.data_dir());
        command.stdin(std::fs::File::open(file).unwrap());
        finish(command).await
    }

    /// Runs `kaibo` on this house's data folder.
    pub(crate) async fn order(&self, args: &[&str]) -> Ran {
        let folder = self.data_dir();
        let mut all: Vec<&OsStr> = args.iter().map(OsStr::new).collect();
        all.extend([OsStr::new("--data-dir"), folder.as_os_str()]);
        self.run(&all).await
    }
}

/// A command that has ended.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ran {
    /// The one line of JSON that it printed.
    pub(crate) fn json(&self) -> Value {
        assert_eq!(self.code, Some(0), "{self:?}");
        assert_eq!(self.out.lines().count(), 1, "one line: {self:?}");
        serde_json::from_str(&self.out).unwrap()
    }

    /// It failed, and said so in a line that begins with its name and holds `part`.
    pub(crate) fn refused_with(&self, part: &str) {
        assert_eq!(self.code, Some(1), "{self:?}");
        assert!(self.err.starts_with("kaibo: "), "{self:?}");
        assert!(self.err.contains(part), "{part:?} in {self:?}");
        assert_eq!(self.out, "", "nothing but the message");
    }
}

pub(crate) async fn finish(mut command: Command) -> Ran {
    let child = command.spawn().unwrap();
    let pid = Pid::from_child(&child);
    let done = timeout(PATIENCE, spawn_blocking(|| child.wait_with_output())).await;
    let Ok(done) = done else {
        kill_process(pid, Signal::KILL).unwrap();
        panic!("{command:?} did not end");
    };
    let Output {
        status,
        stdout,
        stderr,
    } = done.unwrap().unwrap();
    Ran {
        code: status.code(),
        out: String::from_utf8(stdout).unwrap(),
        err: String::from_utf8(stderr).unwrap(),
    }
}

/// A program that runs, and what it says. It is killed when dropped.
pub(crate) struct Running {
    pid: Pid,
    child: Option<Child>,
    said: watch::Receiver<String>,
}

/// A running server.
pub(crate) struct Server {
    pub(crate) http: SocketAddr,
    pub(crate) rtmp: SocketAddr,
    pub(crate) pid: Pid,
    running: Running,
}

/// A server that has ended, and all that it said.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) status: ExitStatus,
    pub(crate) said: String,
}

impl Server {
    /// Starts it; `Err` holds what it said if it ended before it was ready.
    pub(crate) async fn start(mut command: Command) -> Result<Self, Ended> {
        command.env("KAIBO_SERVER__LOG_FORMAT", "json");
        let mut running = Running::start(command);
        let ready = running.said.wait_for(|text| ready_line(text).is_some());
        let line = match within("the server is ready", ready).await {
            Ok(text) => ready_line(&text),
            Err(_) => None,
        };
        let Some(fields) = line else {
            return Err(running.ended().await);
        };
        Ok(Self {
            http: address(&fields["http"], "http://"),
            rtmp: address(&fields["rtmp"], "rtmp://"),
            pid: running.pid,
            running,
        })
    }

    /// As [`Running::says`].
    pub(crate) async fn says(&self, before: &str) -> String {
        self.running.says(before).await
    }

    /// As a power cut would.
    pub(crate) async fn kill(self) {
        self.signal(Signal::KILL);
        self.ended().await;
    }

    pub(crate) fn signal(&self, signal: Signal) {
        self.running.signal(signal);
    }

    /// Asks it to end and waits for it.
    pub(crate) async fn stop(self) -> Ended {
        self.signal(Signal::TERM);
        self.ended().await
    }

    /// Waits for its end.
    pub(crate) async fn ended(self) -> Ended {
        self.running.ended().await
    }
}

impl Running {
    /// Starts a program.
    pub(crate) fn start(mut command: Command) -> Self {
        let mut child = command.spawn().unwrap();
        let said = watch::Sender::new(String::new());
        collect(child.stdout.take().unwrap(), said.clone());
        collect(child.stderr.take().unwrap(), said.clone());
        Self {
            pid: Pid::from_child(&child),
            child: Some(child),
            said: said.subscribe(),
        }
    }

    /// The first thing after `before` that it says, up to the line's end.
    pub(crate) async fn says(&self, before: &str) -> String {
        let mut said = self.said.clone();
        let after = |text: &String| {
            let (_, after) = text.split_once(before)?;
            after.split_once('\n').map(|(line, _)| line.to_owned())
        };
        let text = within(before, said.wait_for(|text| after(text).is_some())).await;
        after(&text.unwrap()).unwrap()
    }

    fn signal(&self, signal: Signal) {
        kill_process(self.pid, signal).unwrap();
    }

    async fn ended(mut self) -> Ended {
        let mut child = self.child.take().unwrap();
        let waiting = spawn_blocking(move || child.wait().unwrap());
        let Ok(status) = timeout(PATIENCE, waiting).await else {
            self.signal(Signal::KILL);
            panic!("the program did not end; it said:\n{}", *self.said.borrow());
        };
        // The last lines are in when both pipes are closed.
        within("the pipes close", async {
            while self.said.changed().await.is_ok() {}
        })
        .await;
        Ended {
            status: status.unwrap(),
            said: self.said.borrow().clone(),
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            // Either fails only if it has ended already.
            let _ = child.kill();
            let _ = child.wait();
            if thread::panicking() {
                eprintln!("--- the program said:\n{}", *self.said.borrow());
            }
        }
    }
}

fn collect(pipe: impl Read + Send + 'static, said: watch::Sender<String>) {
    thread::spawn(move || {
        for line in BufReader::new(pipe).lines().map_while(Result::ok) {
            said.send_modify(|text| {
                text.push_str(&line);
                text.push('\n');
            });
        }
    });
}

fn ready_line(said: &str) -> Option<Value> {
    said.lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .map(|line| line["fields"].clone())
        .find(|fields| fields["message"] == "ready")
}

fn address(field: &Value, scheme: &str) -> SocketAddr {
    let url = field.as_str().unwrap();
    url.strip_prefix(scheme).unwrap().parse().unwrap()
}
