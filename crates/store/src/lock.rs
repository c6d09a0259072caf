//! File locks: one server per folder, one opening at a time.

use std::fs::{DirBuilder, File, OpenOptions};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::Path;
use std::time::Duration;

use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;

use crate::Store;
use crate::error::StoreError;

/// Name of the file that a running server keeps locked.
pub const SERVER_LOCK_FILE: &str = "server.lock";

const OPEN_LOCK_FILE: &str = "open.lock";

/// Held by the one server that runs on a folder; freed when dropped, and by the system when the
/// process ends in whatever way.
#[derive(Debug)]
pub struct ServerLock {
    _file: File,
}

impl Store {
    /// Becomes the folder's server; `None`: another one runs.
    pub fn lock_server(&self) -> Result<Option<ServerLock>, StoreError> {
        // Somebody who merely asks whether a server runs holds the lock for an instant.
        const TRIES: u32 = 10;
        let path = self.data_dir().join(SERVER_LOCK_FILE);
        let file = lock_file(&path)?;
        for _ in 0..TRIES {
            match flock(&file, FlockOperation::NonBlockingLockExclusive) {
                Ok(()) => return Ok(Some(ServerLock { _file: file })),
                Err(Errno::WOULDBLOCK) => std::thread::sleep(Duration::from_millis(5)),
                Err(errno) => return Err(StoreError::file(path, errno.into())),
            }
        }
        Ok(None)
    }

    /// Whether a server, of this or another process, runs on the folder.
    pub fn server_is_running(&self) -> bool {
        lock_file(&self.data_dir().join(SERVER_LOCK_FILE)).is_ok_and(|file| {
            flock(&file, FlockOperation::NonBlockingLockShared) == Err(Errno::WOULDBLOCK)
        })
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
