//! What Kaibo remembers: apps, rooms and their events, goods, people, images, keys. The key and the images
//! are in a folder; all else is in a database, which is a file of that folder or a PostgreSQL.
//!
//! One [`Store`] per process; several processes may share a folder. One method is one transaction,
//! and a write that was answered survives the loss of power.

mod admission;
mod anchors;
mod apps;
mod assistants;
mod backup;
mod calendar;
mod call_log;
mod calls;
mod crash;
mod customer_service;
mod db;
mod deliveries;
mod devices;
mod door;
mod endpoints;
mod error;
mod events;
mod generation;
mod goods;
mod goods_row;
mod identities;
mod ids;
mod images;
mod keys;
mod lock;
mod people;
mod pushes;
mod repeats;
mod roles;
mod room_access;
mod room_row;
mod rooms;
mod share_codes;
mod shelf;
mod subscriptions;
mod tokens;
mod users;
mod watch;
mod wechat;
mod writer;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use tempfile::TempDir;

use crate::db::{Conn, Place, Readers, args};
use crate::ids::Ids;
use crate::writer::Writer;

pub use anchors::Anchor;
pub use apps::App;
pub use assistants::Added;
pub use backup::Copied;
pub use call_log::{CallQuery, CallRecord};
pub use calls::CallCount;
pub use db::{BUSY_MS, DATABASE_FILE, Database, Migration};
pub use deliveries::{Delivery, NewDelivery, Tried};
pub use devices::{Device, Enrolment};
pub use endpoints::{Endpoint, EndpointKind, NewEndpoint};
pub use error::StoreError;
pub use generation::Generation;
pub use goods::{GoodsQuery, GoodsSetting, MadeGoods, NewGoods, SavedGoods, Submissions};
pub use identities::{Decided, NewSubmission, Reveal, Submission, Submitted};
pub use images::Image;
pub use keys::{KEY_FILE, KeyError, MasterKey, SealError};
pub use lock::{SERVER_LOCK_FILE, ServerLock};
pub use people::{Holding, PeopleQuery, Person};
pub use pushes::OpenPush;
pub use repeats::Repeat;
pub use roles::{Given, Taken};
pub use room_access::{PushRefusal, RoomAccess};
pub use rooms::{NewRoom, RoomQuery, Saved};
pub use share_codes::ShareCode;
pub use shelf::Shelved;
pub use subscriptions::{Follower, Subscription};
pub use tokens::{AccessToken, TokenKind};
pub use users::User;
pub use watch::Watcher;
pub use wechat::{Bought, WechatAccount};

/// A handle on the data folder; clones share it.
#[derive(Clone)]
pub struct Store(Arc<Inner>);

struct Inner {
    data_dir: PathBuf,
    place: Place,
    keys: MasterKey,
    ids: Ids,
    readers: Readers,
    writer: Writer,
    // Last, so that the folder goes after everything that uses it.
    _temporary: Option<TempDir>,
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Store").field(&self.0.data_dir).finish()
    }
}

impl Store {
    /// Whether an installation was begun in the folder.
    pub fn is_in(data_dir: &Path) -> bool {
        [KEY_FILE, DATABASE_FILE]
            .iter()
            .any(|file| data_dir.join(file).exists())
    }

    /// Opens the folder with SQLite in it, as [`Store::open_with`] does.
    pub async fn open(data_dir: &Path) -> Result<Self, StoreError> {
        Self::open_with(data_dir, &Database::default()).await
    }

    /// Opens the folder, which is made (mode 0700) when missing, and its database; at the first
    /// start with a master key and tables. Tables of an older version are brought to this one's
    /// shape. Processes that open one installation at the same time wait for each other.
    /// Must be called inside a tokio runtime, which then carries the writer.
    pub async fn open_with(data_dir: &Path, database: &Database) -> Result<Self, StoreError> {
        Self::open_in(data_dir, database, None).await
    }

    /// A store of its own for a test: a temporary folder, in memory (`/dev/shm`) where the system
    /// has that, which is removed with the last clone.
    pub async fn open_in_memory() -> Result<Self, StoreError> {
        let memory = Path::new("/dev/shm");
        let temporary = TempDir::with_prefix_in("kaibo-", memory)
            .or_else(|_| TempDir::with_prefix("kaibo-"))
            .map_err(|e| StoreError::file(memory, e))?;
        let dir = temporary.path().to_owned();
        Self::open_in(&dir, &Database::default(), Some(temporary)).await
    }

    async fn open_in(
        data_dir: &Path,
        database: &Database,
        temporary: Option<TempDir>,
    ) -> Result<Self, StoreError> {
        let data_dir = std::path::absolute(data_dir).map_err(|e| StoreError::file(data_dir, e))?;
        let _opening = lock::opening(&data_dir).await?;
        crash::point("folder made");
        let place = database.place(&data_dir);
        let mut conn = place.opener().await?;
        // First the key, then the database: whoever sees a database must find its key.
        let keys = MasterKey::load_or_create(&data_dir, is_somebodys(conn.as_mut()).await?)?;
        crash::point("key there");
        let mut conn = match conn {
            Some(conn) => conn,
            None => place.create().await?,
        };
        crash::point("database there");
        conn.migrate().await?;
        crash::point("tables there");
        check_key(&mut conn, &keys, &data_dir).await?;
        conn.close().await;
        Ok(Self(Arc::new(Inner {
            ids: Ids::new(&keys),
            readers: Readers::new(place.clone(), database.readers()),
            writer: Writer::start(place.clone(), place.writer().await?),
            data_dir,
            place,
            keys,
            _temporary: temporary,
        })))
    }

    /// The installation's keys.
    pub fn keys(&self) -> &MasterKey {
        &self.0.keys
    }

    /// The folder.
    pub fn data_dir(&self) -> &Path {
        &self.0.data_dir
    }

    /// Whether the database answers and takes writes (for readiness). It writes a value that
    /// differs each time: an empty commit, or one of equal bytes, succeeds on a full disk.
    pub async fn ping(&self) -> Result<(), StoreError> {
        let sql = "SELECT value FROM meta WHERE name = $1";
        self.readers().row(sql, args!["ping"]).await?;
        let sql = "INSERT INTO meta (name, value) VALUES ($1, $2) \
             ON CONFLICT (name) DO UPDATE SET value = excluded.value";
        let beat = keys::random::<8>().to_vec();
        let written = self.writer().aside().execute(sql, args!["ping", beat]);
        written.await.map(drop)
    }

    /// Commits that this handle's writer made; writes that arrive together share one.
    pub fn commits(&self) -> u64 {
        self.writer().commits()
    }

    /// Saves what is queued and closes the files. Whatever is asked afterwards, of any clone,
    /// answers [`StoreError::Closed`].
    pub async fn close(&self) {
        self.writer().close().await;
        self.readers().close().await;
    }

    fn readers(&self) -> &Readers {
        &self.0.readers
    }

    fn writer(&self) -> &Writer {
        &self.0.writer
    }
}

const KEY_CHECK: &str = "key check";

/// Whether the database holds, or may hold, what was sealed with some key.
async fn is_somebodys(conn: Option<&mut Conn>) -> Result<bool, StoreError> {
    match conn {
        None => Ok(false),
        // The file is made after the key.
        Some(Conn::Sqlite(_)) => Ok(true),
        // An empty database is made by somebody else, before the key.
        Some(conn) => conn.has_table("meta").await,
    }
}

/// Refuses a key that is whole but not this database's: ids would repeat and no secret would open.
async fn check_key(conn: &mut Conn, keys: &MasterKey, dir: &Path) -> Result<(), StoreError> {
    let stored = conn
        .row("SELECT value FROM meta WHERE name = $1", args![KEY_CHECK])
        .await?;
    let Some(row) = stored else {
        let sealed = keys.seal(KEY_CHECK, b"kaibo");
        let sql = "INSERT INTO meta (name, value) VALUES ($1, $2)";
        conn.execute(sql, args![KEY_CHECK, sealed]).await?;
        return Ok(());
    };
    keys.open(KEY_CHECK, &row.get::<Vec<u8>>("value")?)
        .map(drop)
        .map_err(|_| KeyError::Foreign(dir.join(KEY_FILE)).into())
}
