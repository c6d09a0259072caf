//! Starting, stopping, killing it.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use rustix::process::{Pid, Signal, geteuid, kill_process};
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, Executor as _};
use tempfile::TempDir;
use tokio::task::{spawn_blocking, yield_now};
use tokio::time::Instant;

/// Debian's.
const VERSIONS: &str = "/usr/lib/postgresql";
const MISSING: &str = "PostgreSQL is missing: install the Debian package postgresql-15 \
     (apt-get install --no-install-recommends postgresql-15), or another that puts its programs \
     under /usr/lib/postgresql/*/bin";
/// Who runs it when the tests run as root, which PostgreSQL refuses to be.
const NOBODY: u32 = 65_534;
/// Copied for each new database, which is quicker than to begin from nothing.
pub(crate) const EMPTY: &str = "kaibo_empty";
/// Nothing here takes this long.
const PATIENCE: Duration = Duration::from_mins(1);

/// Ends the server and removes its folder when the pipe from the test's process closes, which it
/// does however that process ends.
const KEEPER: &str = r#"read -r never
pid=$(head -n 1 "$0/data/postmaster.pid" 2>/dev/null) && kill -QUIT "$pid" 2>/dev/null
while [ -n "$pid" ] && kill -0 "$pid" 2>/dev/null; do sleep 0.05; done
rm -rf "$0""#;

/// A server.
#[derive(Debug)]
pub struct Server {
    folder: PathBuf,
    programs: PathBuf,
    password: String,
    port: u16,
    durable: bool,
    running: Mutex<Option<Child>>,
    // Ends when dropped.
    _keeper: Child,
}

impl Server {
    /// A server of the caller's own, which keeps its promises through a crash.
    pub async fn start() -> Self {
        Self::new(true).await
    }

    pub(crate) async fn new(durable: bool) -> Self {
        let programs = programs();
        let folder = folder();
        let keeper = Command::new("sh")
            .args(["-c", KEEPER])
            .arg(&folder)
            .stdin(Stdio::piped())
            .spawn()
            .expect("sh is there");
        let mut server = Self {
            password: fs::read_to_string("/proc/sys/kernel/random/uuid")
                .expect("Linux gives random names")
                .trim()
                .to_owned(),
            folder,
            programs,
            port: 0,
            durable,
            running: Mutex::default(),
            _keeper: keeper,
        };
        server.init();
        server.port = free_port();
        server.start_again().await;
        server.create(EMPTY, "template0").await;
        server
    }

    /// The URL of a database.
    pub fn url(&self, database: &str) -> String {
        let (password, port) = (&self.password, self.port);
        format!("postgres://kaibo:{password}@127.0.0.1:{port}/{database}")
    }

    /// What no message may show.
    pub fn password(&self) -> &str {
        &self.password
    }

    /// Its first process, which all others belong to.
    pub fn pid(&self) -> Pid {
        let text = fs::read_to_string(self.folder.join("data/postmaster.pid"));
        let text = text.expect("the server runs");
        let pid = text.lines().next().and_then(|line| line.parse().ok());
        pid.and_then(Pid::from_raw).expect("a process")
    }

    /// Ends every connection and the server, in order.
    pub async fn stop(&self) {
        self.end(Signal::INT).await;
    }

    /// As a power cut would.
    pub async fn kill(&self) {
        self.end(Signal::KILL).await;
    }

    /// A database as plain SQL, which needs no program of PostgreSQL's to be read again.
    pub fn dump(&self, url: &str) -> String {
        let mut dump = self.program("pg_dump");
        dump.args(["--inserts", "--no-owner", "--no-privileges", url]);
        let made = dump.output().expect("pg_dump runs");
        let said = String::from_utf8_lossy(&made.stderr);
        assert!(made.status.success(), "pg_dump failed: {said}");
        let text = String::from_utf8(made.stdout).expect("the database is in UTF-8");
        // Orders to psql and remarks.
        let kept = text
            .lines()
            .filter(|line| !["\\", "--"].iter().any(|s| line.starts_with(s)) && !line.is_empty());
        kept.fold(String::new(), |all, line| all + line + "\n")
    }

    /// A connection to a database.
    pub async fn connect(&self, database: &str) -> PgConnection {
        self.try_connect(database).await.expect("it can be reached")
    }

    pub(crate) async fn create(&self, name: &str, from: &str) {
        let mut conn = self.connect("postgres").await;
        let sql = format!("CREATE DATABASE {name} TEMPLATE {from}");
        let made = conn.execute(AssertSqlSafe(sql)).await;
        made.expect("a database can be made");
        conn.close().await.expect("the connection closes");
    }

    async fn try_connect(&self, database: &str) -> Result<PgConnection, sqlx::Error> {
        let options: PgConnectOptions = self.url(database).parse()?;
        options.disable_statement_logging().connect().await
    }

    fn init(&self) {
        let secret = self.folder.join("password");
        fs::write(&secret, &self.password).expect("the folder can be written");
        own(&secret);
        // SCRAM takes a debug build 20 ms for each connection.
        let auth = if self.durable {
            "scram-sha-256"
        } else {
            "password"
        };
        let mut init = self.program("initdb");
        init.args(["--username=kaibo", "--no-sync", &format!("--auth={auth}")])
            .args(["--encoding=UTF8", "--locale=C", "--no-instructions"])
            .arg(format!("--pwfile={}", secret.display()))
            .arg(self.folder.join("data"));
        let made = init.output().expect("initdb runs");
        let said = String::from_utf8_lossy(&made.stderr);
        assert!(made.status.success(), "initdb failed: {said}");
    }

    /// Starts it, on the same port each time, and waits until it takes connections.
    pub async fn start_again(&self) {
        let mut postgres = self.program("postgres");
        postgres.arg("-D").arg(self.folder.join("data"));
        let settings = [
            "listen_addresses=127.0.0.1".to_owned(),
            format!("port={}", self.port),
            format!("unix_socket_directories={}", self.folder.display()),
            format!("fsync={}", if self.durable { "on" } else { "off" }),
            "max_connections=200".into(),
            "shared_buffers=16MB".into(),
            "log_min_messages=fatal".into(),
        ];
        for setting in settings {
            postgres.args(["-c", &setting]);
        }
        let log = fs::File::create(self.folder.join("log")).expect("a log can be made");
        postgres.stdout(Stdio::null()).stderr(log);
        let mut child = postgres.spawn().expect("postgres runs");
        let began = Instant::now();
        while self.try_connect("postgres").await.is_err() {
            let ended = child.try_wait().expect("it can be asked");
            let said = || fs::read_to_string(self.folder.join("log")).unwrap_or_default();
            assert!(ended.is_none(), "postgres ended: {}", said());
            assert!(
                began.elapsed() < PATIENCE,
                "postgres takes no connections: {}",
                said()
            );
            yield_now().await;
        }
        *self.running() = Some(child);
    }

    async fn end(&self, signal: Signal) {
        let pid = self.pid();
        kill_process(pid, signal).expect("it runs");
        let child = self.running().take();
        if let Some(mut child) = child {
            let waiting = spawn_blocking(move || child.wait());
            let ended = waiting.await.expect("nothing panics here");
            ended.expect("it can be waited for");
        }
    }

    /// A program of PostgreSQL, never as root.
    fn program(&self, name: &str) -> Command {
        let path = self.programs.join(name);
        let mut command = if geteuid().is_root() {
            let mut command = Command::new("setpriv");
            command.arg(format!("--reuid={NOBODY}"));
            command.args([&format!("--regid={NOBODY}"), "--clear-groups"]);
            command.arg(path);
            command
        } else {
            Command::new(path)
        };
        // A name of somebody else's locale would be in its messages.
        command.env("LC_ALL", "C").current_dir(&self.folder);
        command.stdin(Stdio::null());
        command
    }

    fn running(&self) -> std::sync::MutexGuard<'_, Option<Child>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The newest there is.
fn programs() -> PathBuf {
    let found = fs::read_dir(VERSIONS).into_iter().flatten().flatten();
    found
        .map(|entry| entry.path().join("bin"))
        .filter(|bin| bin.join("initdb").exists() && bin.join("postgres").exists())
        .max_by_key(|bin| version(bin))
        .expect(MISSING)
}

fn version(bin: &Path) -> Option<u32> {
    bin.parent()?.file_name()?.to_str()?.parse().ok()
}

/// In memory, where the system has that.
fn folder() -> PathBuf {
    let folder = TempDir::with_prefix_in("kaibo-postgres-", "/dev/shm")
        .or_else(|_| TempDir::with_prefix("kaibo-postgres-"))
        .expect("a temporary folder can be made");
    own(folder.path());
    let all = fs::Permissions::from_mode(0o711);
    fs::set_permissions(folder.path(), all).expect("the folder is ours");
    folder.keep()
}

/// Gives it to whoever runs the server.
fn own(path: &Path) {
    if geteuid().is_root() {
        chown(path, Some(NOBODY), Some(NOBODY)).expect("root gives away what it has");
    }
}

/// Somebody else may take it before the server does, which then fails to start and says so.
fn free_port() -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port is free");
    listener.local_addr().expect("it is bound").port()
}
