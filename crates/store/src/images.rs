//! Images: rows in the database, bytes in files `images/ab/<name>` of the data folder.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use kaibo_domain::UnixMs;
use kaibo_domain::id::AppId;

use crate::crash;
use crate::db::{Row, args};
use crate::keys::{hex, random};
use crate::{Store, StoreError};

/// A stored image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    /// Its public name, which nobody can guess: 32 of `a-z0-9`.
    pub name: String,
    /// What the API calls it.
    pub media_id: String,
    /// Whose it is.
    pub app_id: AppId,
    /// `png`, `jpeg` or `gif`.
    pub format: String,
    /// Pixels across.
    pub width: i32,
    /// Pixels down.
    pub height: i32,
    /// Size of the file.
    pub bytes: i64,
    /// Size of what was sent, of which the file was made.
    pub sent_bytes: i64,
    /// When it was stored.
    pub created_at: UnixMs,
}

impl Store {
    /// Stores an image: first its bytes, durably, then its row. A name in use is an error, and
    /// keeps its image.
    pub async fn put_image(&self, image: &Image, data: &[u8]) -> Result<(), StoreError> {
        let path = self.image_path(&image.name)?;
        let (file, data) = (path.clone(), data.to_vec());
        on_disk(move || write_whole(&file, &data)).await?;
        let sql = "INSERT INTO image \
             (name, media_id, app_id, format, width, height, bytes, sent_bytes, created_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
        let args = args![
            image.name.as_str(),
            image.media_id.as_str(),
            &image.app_id,
            image.format.as_str(),
            image.width,
            image.height,
            image.bytes,
            image.sent_bytes,
            image.created_at,
        ];
        let saved = self
            .writer()
            .of(&image.app_id)
            .execute(sql, args)
            .await
            .map(drop);
        // Without its row nobody would ever find it; but the row may be there.
        if saved
            .as_ref()
            .is_err_and(|e| !matches!(e, StoreError::Uncertain(_)))
        {
            on_disk(move || fs::remove_file(&path).map_err(|e| (path, e))).await?;
        }
        saved
    }

    /// An app's image by what the API calls it.
    pub async fn image_by_media_id(
        &self,
        app_id: &AppId,
        media_id: &str,
    ) -> Result<Option<Image>, StoreError> {
        let sql = "SELECT name, media_id, app_id, format, width, height, bytes, \
             COALESCE(sent_bytes, bytes) AS sent_bytes, created_at \
             FROM image WHERE app_id = $1 AND media_id = $2";
        let row = self.readers().row(sql, args![app_id, media_id]).await?;
        row.as_ref().map(image_of).transpose()
    }

    /// An app's image by its public name.
    pub async fn image_of(&self, app_id: &AppId, name: &str) -> Result<Option<Image>, StoreError> {
        let sql = "SELECT name, media_id, app_id, format, width, height, bytes, \
             COALESCE(sent_bytes, bytes) AS sent_bytes, created_at \
             FROM image WHERE app_id = $1 AND name = $2";
        let row = self.readers().row(sql, args![app_id, name]).await?;
        row.as_ref().map(image_of).transpose()
    }

    /// An image and its bytes by its public name, which is all that a viewer needs.
    pub async fn image(&self, name: &str) -> Result<Option<(Image, Vec<u8>)>, StoreError> {
        let Some((image, mut file)) = self.image_file(name).await? else {
            return Ok(None);
        };
        let path = self.image_path(name)?;
        let data = on_disk(move || {
            let mut data = Vec::new();
            let read = file.read_to_end(&mut data);
            read.map(|_| data).map_err(|e| (path, e))
        });
        Ok(Some((image, data.await?)))
    }

    /// As [`Store::image`], with its bytes still in their file.
    pub async fn image_file(&self, name: &str) -> Result<Option<(Image, File)>, StoreError> {
        let Ok(path) = self.image_path(name) else {
            return Ok(None);
        };
        let sql = "SELECT name, media_id, app_id, format, width, height, bytes, \
             COALESCE(sent_bytes, bytes) AS sent_bytes, created_at \
             FROM image WHERE name = $1";
        let Some(row) = self.readers().row(sql, args![name]).await? else {
            return Ok(None);
        };
        let image = image_of(&row)?;
        let file = on_disk(move || match File::open(&path) {
            Ok(file) => Ok(Some(file)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                tracing::warn!(path = %path.display(), "an image's file is missing; restore it from a backup");
                Ok(None)
            }
            Err(error) => Err((path, error)),
        });
        Ok(file.await?.map(|file| (image, file)))
    }

    /// Forgets images that came before `before` and that neither a room nor goods nor share codes
    /// show, deleted ones included, since their records stay. At most 256 at once; how many went.
    pub async fn purge_images(&self, before: UnixMs) -> Result<usize, StoreError> {
        let sql = "DELETE FROM image WHERE name IN ( \
             SELECT name FROM image WHERE created_at < $1 AND NOT EXISTS ( \
             SELECT 1 FROM room WHERE room.app_id = image.app_id \
             AND (cover = image.name OR share = image.name OR feeds = image.name)) \
             AND NOT EXISTS (SELECT 1 FROM goods WHERE goods.cover = image.name) \
             AND NOT EXISTS (SELECT 1 FROM share_code WHERE share_code.picture = image.name) \
             LIMIT 256) RETURNING name";
        let gone = self.writer().write(move |conn| {
            Box::pin(async move {
                let rows = conn.rows(sql, args![before]).await?;
                let names = rows.iter().map(|row| row.get::<String>("name"));
                names.collect::<Result<Vec<_>, _>>()
            })
        });
        let gone = gone.await?;
        let paths = gone.iter().map(|name| self.image_path(name));
        let paths: Vec<_> = paths.collect::<Result<_, _>>()?;
        on_disk(move || {
            for path in paths {
                crash::point("image forgotten");
                // The rows are gone, so one file that stays must not keep the others.
                if let Err(error) = fs::remove_file(&path) {
                    tracing::warn!(%error, path = %path.display(), "an old image's file stays");
                }
            }
            Ok(())
        })
        .await?;
        Ok(gone.len())
    }

    fn image_path(&self, name: &str) -> Result<PathBuf, StoreError> {
        let plain = name.len() == 32
            && name
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
        if !plain {
            return Err(StoreError::ImageName);
        }
        Ok(self.data_dir().join("images").join(&name[..2]).join(name))
    }
}

/// Runs file work where it may block.
pub(crate) async fn on_disk<T, F>(work: F) -> Result<T, StoreError>
where
    T: Send + 'static,
    F: FnOnce() -> Result<T, (PathBuf, io::Error)> + Send + 'static,
{
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|_| StoreError::Closed)?
        .map_err(|(path, error)| StoreError::file(path, error))
}

/// The file is there whole, or not at all, even when the power goes.
fn write_whole(path: &Path, data: &[u8]) -> Result<(), (PathBuf, io::Error)> {
    let dir = path.parent().expect("an image's path has a folder");
    let draft = dir.join(format!(".{}", hex(&random::<8>())));
    let write = || {
        fs::create_dir_all(dir)?;
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&draft)?;
        crash::point("image begun");
        file.write_all(data)?;
        crash::point("image written");
        file.sync_all()?;
        crash::point("image synced");
        // A hard link fails where a file of this name already is; a rename would replace it.
        fs::hard_link(&draft, path)?;
        crash::point("image linked");
        fs::remove_file(&draft)?;
        crash::point("image's draft removed");
        File::open(dir)?.sync_all()?;
        // The folder itself may be new.
        dir.parent().map_or(Ok(()), |d| File::open(d)?.sync_all())
    };
    write().map_err(|error| {
        // Nothing to tell if the draft was never made.
        drop(fs::remove_file(&draft));
        (path.to_owned(), error)
    })
}

fn image_of(row: &Row) -> Result<Image, StoreError> {
    Ok(Image {
        name: row.get("name")?,
        media_id: row.get("media_id")?,
        app_id: row.app_id()?,
        format: row.get("format")?,
        width: row.get::<i64>("width")? as i32,
        height: row.get::<i64>("height")? as i32,
        bytes: row.get("bytes")?,
        sent_bytes: row.get("sent_bytes")?,
        created_at: row.get("created_at")?,
    })
}
