//! Locks: one server per folder and per database, one opening at a time.

use std::fs::{DirBuilder, File, OpenOptions};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::Path;
use std::time::Duration;

use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;
use tokio::time::sleep;

use crate::Store;
use crate::db::{Claim, Claimed, Place, args};
use crate::error::StoreError;

/// Name of the file that a running server keeps locked.
pub const SERVER_LOCK_FILE: &str = "server.lock";

const OPEN_LOCK_FILE: &str = "open.lock";

/// How often the claim on a database is looked after.
const LOOK: Duration = Duration::from_secs(2);

/// Held by the one server that runs on a folder and its database; freed when dropped, and by the
/// system when the process ends in whatever way.
#[derive(Debug)]
pub struct ServerLock {
    _file: File,
    database: Option<Claim>,
}

impl ServerLock {
    /// Resolves when another server has taken the database, which can happen only after it was
    /// away: this one must stop then. Until then the claim is renewed whenever it was lost.
    pub async fn taken(&mut self) {
        let Some(claim) = &mut self.database else {
            // A file's lock cannot be lost.
            return std::future::pending().await;
        };
        let mut warned = false;
        loop {
            match claim.renew().await {
                Ok(Claimed::Ours) => warned = false,
                Ok(Claimed::Theirs) => return,
                Err(error) if !warned => {
                    warned = true;
                    tracing::warn!(%error, "cannot reach the database to keep it for this server; trying on");
                }
                Ok(Claimed::Unsettled) | Err(_) => {}
            }
            sleep(LOOK).await;
        }
    }
}

impl Store {
    /// Becomes the folder's and the database's server; `None`: another one runs.
    pub async fn lock_server(&self) -> Result<Option<ServerLock>, StoreError> {
        // Somebody who merely asks whether a server runs holds the lock for an instant.
        const TRIES: u32 = 10;
        let path = self.data_dir().join(SERVER_LOCK_FILE);
        let file = lock_file(&path)?;
        for _ in 0..TRIES {
            match flock(&file, FlockOperation::NonBlockingLockExclusive) {
                Ok(()) => return self.lock_database(file).await,
                Err(Errno::WOULDBLOCK) => sleep(Duration::from_millis(5)).await,
                Err(errno) => return Err(StoreError::file(path, errno.into())),
            }
        }
        Ok(None)
    }

    async fn lock_database(&self, file: File) -> Result<Option<ServerLock>, StoreError> {
        // PostgreSQL notices an instant late that a server which was killed is gone.
        const TRIES: u32 = 50;
        let database = match &self.0.place {
            Place::Sqlite(_) => None,
            Place::Postgres(place) => {
                let mut claim = Claim::new(place.clone());
                let mut tries = 0;
                while claim.renew().await? != Claimed::Ours {
                    tries += 1;
                    if tries == TRIES {
                        return Ok(None);
                    }
                    sleep(Duration::from_millis(20)).await;
                }
                Some(claim)
            }
        };
        Ok(Some(ServerLock {
            _file: file,
            database,
        }))
    }

    /// Whether a server, of this or another process, folder or host, runs on the database.
    pub async fn server_is_running(&self) -> Result<bool, StoreError> {
        if let Place::Postgres(_) = &self.0.place {
            let claimed = self.readers().row(Claim::HOLDER, args![]).await?;
            return Ok(claimed.is_some());
        }
        Ok(
            lock_file(&self.data_dir().join(SERVER_LOCK_FILE)).is_ok_and(|file| {
                flock(&file, FlockOperation::NonBlockingLockShared) == Err(Errno::WOULDBLOCK)
            }),
        )
    }
}

/// Makes the folder and waits until nobody else is opening it.
pub(crate) async fn opening(data_dir: &Path) -> Result<File, StoreError> {
    let dir = data_dir.to_owned();
    let task = tokio::task::spawn_blocking(move || {
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&dir)
            .map_err(|e| StoreError::file(&dir, e))?;
        let path = dir.join(OPEN_LOCK_FILE);
        let file = lock_file(&path)?;
        flock(&file, FlockOperation::LockExclusive)
            .map_err(|e| StoreError::file(&path, e.into()))?;
        Ok(file)
    });
    task.await.map_err(|_| StoreError::Closed)?
}

fn lock_file(path: &Path) -> Result<File, StoreError> {
    OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .mode(0o600)
        .open(path)
        .map_err(|e| StoreError::file(path, e))
}
