//! Uploaded images: temporary media ids for the API, lasting addresses for pages.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use kaibo_domain::draft::Draft;
use kaibo_domain::id::AppId;
use kaibo_domain::refusal::{Field, FieldRefusal, FieldRule, ImageRefusal, Refusal};
use kaibo_domain::{HOUR_MS, UnixMs};
use kaibo_pictures::{Clean, Format, Unreadable, clean, pixels_said};
use kaibo_store::Image;
use tokio::fs::File;
use tokio_util::sync::CancellationToken;

use crate::{Error, Kaibo, Result, secret};

/// Largest image that is taken in (spec P3). What a place of a room takes is less.
const MAX_BYTES: usize = 10 * 1024 * 1024;
/// Life of a media id; the image itself stays for the rooms that took it.
const MEDIA_LIFE_MS: i64 = 3 * 24 * HOUR_MS;
/// Images that no room took are kept this much longer than their media ids.
const PURGE_AFTER_MS: i64 = MEDIA_LIFE_MS + HOUR_MS;
/// How often they are looked for.
const PURGE_EVERY: Duration = Duration::from_hours(1);

/// An image that was taken in.
#[derive(Clone, Debug)]
pub struct StoredImage {
    /// Names it in requests for three days.
    pub media_id: String,
    /// Its lasting name, 32 hex digits.
    pub name: String,
    /// Its lasting address.
    pub url: String,
    /// Width in pixels.
    pub width: i32,
    /// Height in pixels.
    pub height: i32,
    /// When it came.
    pub created_at: UnixMs,
}

/// An image in its file.
#[derive(Debug)]
pub struct ImageFile {
    /// Its media type.
    pub kind: String,
    /// Size in bytes.
    pub bytes: i64,
    /// At its beginning.
    pub file: File,
}

/// What a media id or an address stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedImage {
    /// Its lasting name.
    pub name: String,
    /// Size in bytes as it was sent.
    pub sent_bytes: i64,
    /// False when its file is gone from the data folder.
    pub is_there: bool,
}

impl Kaibo {
    /// Takes in a PNG, JPEG or GIF of at most 10 MiB. The bytes decide what it is, not its name. It
    /// is written anew: what it said beside the picture, such as where it was taken, is not kept.
    pub async fn upload_image(&self, app_id: &AppId, bytes: Bytes) -> Result<StoredImage> {
        if bytes.is_empty() {
            return Err(Refusal::Image(ImageRefusal::Empty).into());
        }
        if bytes.len() > MAX_BYTES {
            return Err(Refusal::Image(ImageRefusal::TooLarge).into());
        }
        let image = self.take_in(app_id, bytes, None).await?;
        Ok(StoredImage {
            url: self.image_url(&image.name),
            media_id: image.media_id,
            name: image.name,
            width: image.width,
            height: image.height,
            created_at: image.created_at,
        })
    }

    /// Keeps another image of `image` that fits in a square of `side` pixels; `None`: its file is
    /// gone, or cannot be read.
    pub(crate) async fn made_to_fit(&self, image: &Image, side: u32) -> Result<Option<Image>> {
        let Some((_, bytes)) = self.store().image(&image.name).await? else {
            return Ok(None);
        };
        match self.take_in(&image.app_id, bytes.into(), Some(side)).await {
            Err(Error::Refused(_)) => Ok(None),
            made => made.map(Some),
        }
    }

    /// Keeps a picture, written anew.
    pub(crate) async fn take_in(
        &self,
        app_id: &AppId,
        sent: Bytes,
        side: Option<u32>,
    ) -> Result<Image> {
        let pixels = pixels_said(&sent).map_err(refused)?;
        let sent_bytes = sent.len();
        let work = move || clean(&sent, MAX_BYTES, side);
        let Clean {
            format,
            width,
            height,
            bytes,
        } = self.work_on_picture(pixels, work).await?.map_err(refused)?;
        let image = Image {
            name: secret::random_hex::<16>(),
            media_id: URL_SAFE_NO_PAD.encode(secret::random::<48>()),
            app_id: app_id.clone(),
            format: name_of(format).to_owned(),
            width: width as i32,
            height: height as i32,
            bytes: bytes.len() as i64,
            sent_bytes: sent_bytes as i64,
            created_at: self.now(),
        };
        self.store().put_image(&image, &bytes).await?;
        Ok(image)
    }

    /// Type and bytes of the image with a lasting name.
    pub async fn image(&self, name: &str) -> Result<Option<(String, Bytes)>> {
        let found = self.store().image(name).await?;
        Ok(found.map(|(image, bytes)| (format!("image/{}", image.format), Bytes::from(bytes))))
    }

    /// The image with a lasting name, to be read as it is sent: strangers ask for images, and may
    /// take them as slowly as they like.
    pub async fn image_file(&self, name: &str) -> Result<Option<ImageFile>> {
        let found = self.store().image_file(name).await?;
        Ok(found.map(|(image, file)| ImageFile {
            kind: format!("image/{}", image.format),
            bytes: image.bytes,
            file: File::from_std(file),
        }))
    }

    /// Type and bytes of the image that an app uploaded under `media_id`, within its three days.
    pub async fn image_by_media_id(
        &self,
        app_id: &AppId,
        media_id: &str,
    ) -> Result<Option<(String, Bytes)>> {
        match self.store().image_by_media_id(app_id, media_id).await? {
            Some(image) if !self.is_past(&image) => self.image(&image.name).await,
            _ => Ok(None),
        }
    }

    /// The image that a draft means by `text`, a media id or an address. `None`: not this app's,
    /// or past its three days.
    pub async fn named_image(&self, app_id: &AppId, text: &str) -> Result<Option<NamedImage>> {
        let Some(image) = self.resolve(app_id, text).await? else {
            return Ok(None);
        };
        let is_there = self.store().image_file(&image.name).await?.is_some();
        Ok(Some(NamedImage {
            name: image.name,
            sent_bytes: image.sent_bytes,
            is_there,
        }))
    }

    /// Address of the image with a lasting name.
    pub fn image_url(&self, name: &str) -> String {
        format!("{}/media/{name}", self.settings().public_http)
    }

    /// Forgets uploads that no room took, until `shutdown`.
    pub async fn run_image_purge(&self, shutdown: CancellationToken) {
        while !shutdown.is_cancelled() {
            match self.store().purge_images(self.now() - PURGE_AFTER_MS).await {
                // There may be more than one batch.
                Ok(gone) if gone > 0 => {
                    tracing::info!(gone, "uploads that no room took are forgotten");
                    continue;
                }
                Ok(_) => {}
                Err(error) => tracing::warn!(%error, "old uploads stay for now"),
            }
            tokio::select! {
                () = tokio::time::sleep(PURGE_EVERY) => {}
                () = shutdown.cancelled() => {}
            }
        }
    }

    /// Turns what the caller sent (media id or address) into lasting names. `before`: what an edit
    /// keeps where nothing was sent.
    pub(crate) async fn resolve_images(
        &self,
        app_id: &AppId,
        draft: &mut Draft,
        before: Option<&Draft>,
        required: bool,
    ) -> Result<()> {
        let mut broken = Vec::new();
        let fields = [
            (
                Field::Cover,
                &mut draft.cover,
                before.and_then(|b| b.cover.as_ref()),
            ),
            (
                Field::Share,
                &mut draft.share,
                before.and_then(|b| b.share.as_ref()),
            ),
            (
                Field::Feeds,
                &mut draft.feeds,
                before.and_then(|b| b.feeds.as_ref()),
            ),
        ];
        for (field, value, kept) in fields {
            let sent = value.take().filter(|text| !text.is_empty());
            match sent {
                None => *value = kept.cloned(),
                Some(text) => match self.resolve(app_id, &text).await? {
                    Some(image) => *value = Some(image.name),
                    None => broken.push(FieldRefusal {
                        field,
                        rule: FieldRule::ImageUnknown,
                    }),
                },
            }
            if required && value.is_none() && !broken.iter().any(|b| b.field == field) {
                broken.push(FieldRefusal {
                    field,
                    rule: FieldRule::Required,
                });
            }
        }
        if broken.is_empty() {
            Ok(())
        } else {
            Err(Refusal::Fields(broken).into())
        }
    }

    /// The image that a media id, within its three days, or a lasting name or address stands for.
    pub(crate) async fn resolve(&self, app_id: &AppId, text: &str) -> Result<Option<Image>> {
        let own = text.rsplit_once("/media/").map_or(text, |(_, name)| name);
        if let Some(image) = self.store().image_of(app_id, own).await? {
            return Ok(Some(image));
        }
        let image = self.store().image_by_media_id(app_id, text).await?;
        Ok(image.filter(|image| !self.is_past(image)))
    }

    fn is_past(&self, image: &Image) -> bool {
        self.now() - image.created_at > MEDIA_LIFE_MS
    }
}

fn name_of(format: Format) -> &'static str {
    match format {
        Format::Png => "png",
        Format::Jpeg => "jpeg",
        Format::Gif => "gif",
    }
}

fn refused(why: Unreadable) -> Refusal {
    Refusal::Image(match why {
        Unreadable::Format => ImageRefusal::UnknownFormat,
        Unreadable::TooLarge => ImageRefusal::TooManyPixels,
    })
}
