//! A backup: a folder that is itself a data folder, taken while a server may run.

use std::fs::{self, File, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use crate::db::{Conn, DATABASE_FILE, args};
use crate::images::on_disk;
use crate::keys::KEY_FILE;
use crate::{Store, StoreError};

const IMAGES: &str = "images";

/// What was copied.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Copied {
    /// The database is in it; a PostgreSQL is not, and has tools of its own.
    pub database: bool,
    /// Images.
    pub images: u64,
    /// Bytes of all files.
    pub bytes: u64,
}

type Failed = (PathBuf, io::Error);

impl Store {
    /// Copies the installation into `to`, which must be empty or not there: the database as it is
    /// at one moment, then the key and the images. Nothing waits for it. Whatever the copy of the
    /// database names is in it, since images come before their rows and go after them.
    pub async fn backup(&self, to: &Path) -> Result<Copied, StoreError> {
        let draft = Draft::beside(to)?;
        let mut copied = Copied::default();
        let file = draft.path.join(DATABASE_FILE);
        // A connection of its own: the snapshot may take long.
        let mut conn = self.0.place.writer().await?;
        if let Conn::Sqlite(_) = conn {
            let name = file.to_string_lossy().into_owned();
            conn.execute("VACUUM INTO $1", args![name]).await?;
            copied.database = true;
        }
        conn.close().await;
        let from = self.data_dir().to_owned();
        on_disk(move || {
            if copied.database {
                copied.bytes += secured(&file)?;
            }
            let key = draft.path.join(KEY_FILE);
            copied.bytes += copy(&from.join(KEY_FILE), &key)?;
            copy_images(&from.join(IMAGES), &draft.path.join(IMAGES), &mut copied)?;
            draft.keep()?;
            Ok(copied)
        })
        .await
    }

    /// Copies a backup into `to`, which must be empty or not there. Open it afterwards to see that
    /// key and database belong together.
    pub async fn restore(from: &Path, to: &Path) -> Result<Copied, StoreError> {
        let draft = Draft::beside(to)?;
        let from = from.to_owned();
        on_disk(move || {
            let mut copied = Copied::default();
            for name in [KEY_FILE, DATABASE_FILE] {
                let file = from.join(name);
                // Of a PostgreSQL the backup has no file.
                if name == DATABASE_FILE && !file.exists() {
                    continue;
                }
                copied.bytes += copy(&file, &draft.path.join(name))?;
                copied.database |= name == DATABASE_FILE;
            }
            copy_images(&from.join(IMAGES), &draft.path.join(IMAGES), &mut copied)?;
            draft.keep()?;
            Ok(copied)
        })
        .await
    }

    /// Whether every page of a SQLite database is sound; what is wrong, where not. A PostgreSQL
    /// looks after itself.
    pub async fn check_database(&self) -> Result<Option<String>, StoreError> {
        let mut conn = self.0.place.reader().await?;
        let Conn::Sqlite(_) = conn else {
            conn.close().await;
            return Ok(None);
        };
        let rows = conn.rows("PRAGMA integrity_check(10)", args![]).await?;
        conn.close().await;
        let said = rows.iter().map(|row| row.get::<String>("integrity_check"));
        let said: Vec<String> = said.collect::<Result<_, _>>()?;
        Ok((said != ["ok"]).then(|| said.join("; ")))
    }
}

/// A folder beside the wanted one, which takes its place when it is whole.
struct Draft {
    path: PathBuf,
    wanted: PathBuf,
}

impl Draft {
    fn beside(wanted: &Path) -> Result<Self, StoreError> {
        let wanted = std::path::absolute(wanted).map_err(|e| StoreError::file(wanted, e))?;
        let mut name = wanted.file_name().unwrap_or_default().to_owned();
        name.push(".partial");
        let path = wanted.with_file_name(name);
        // What an earlier try has left.
        match fs::remove_dir_all(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(StoreError::file(path, error));
            }
            _ => {}
        }
        folder(&path).map_err(|(path, error)| StoreError::file(path, error))?;
        Ok(Self { path, wanted })
    }

    fn keep(self) -> Result<(), Failed> {
        synced(&self.path)?;
        // Takes the place of an empty folder, and fails over a full one.
        fs::rename(&self.path, &self.wanted).map_err(|e| (self.wanted.clone(), e))?;
        self.wanted.parent().map_or(Ok(()), synced)
    }
}

fn copy_images(from: &Path, to: &Path, copied: &mut Copied) -> Result<(), Failed> {
    let entries = match fs::read_dir(from) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err((from.to_owned(), error)),
    };
    folder(to)?;
    for entry in entries {
        let entry = entry.map_err(|e| (from.to_owned(), e))?;
        let (path, name) = (entry.path(), entry.file_name());
        if path.is_dir() {
            copy_images(&path, &to.join(name), copied)?;
        } else if !name.to_string_lossy().starts_with('.') {
            match copy(&path, &to.join(name)) {
                Ok(bytes) => {
                    copied.images += 1;
                    copied.bytes += bytes;
                }
                // Forgotten meanwhile, since nothing showed it.
                Err((_, error)) if error.kind() == io::ErrorKind::NotFound => {}
                Err(failed) => return Err(failed),
            }
        }
    }
    synced(to)
}

fn folder(path: &Path) -> Result<(), Failed> {
    let mut builder = fs::DirBuilder::new();
    let made = builder.recursive(true).mode(0o700).create(path);
    made.map_err(|e| (path.to_owned(), e))
}

fn copy(from: &Path, to: &Path) -> Result<u64, Failed> {
    fs::copy(from, to).map_err(|e| (from.to_owned(), e))?;
    secured(to)
}

/// Only its owner reads it, and it is on the disk; its size.
fn secured(path: &Path) -> Result<u64, Failed> {
    let secure = || {
        fs::set_permissions(path, Permissions::from_mode(0o600))?;
        File::open(path)?.sync_all()?;
        Ok(fs::metadata(path)?.len())
    };
    secure().map_err(|e| (path.to_owned(), e))
}

fn synced(folder: &Path) -> Result<(), Failed> {
    let sync = || File::open(folder)?.sync_all();
    sync().map_err(|e| (folder.to_owned(), e))
}
