//! Work on pictures: on threads that may be kept busy, so much of it at once, and what was drawn
//! lately kept, since strangers may ask for it as often as they like.

use std::collections::HashMap;
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::available_parallelism;

use bytes::Bytes;
use kaibo_pictures::MAX_PIXELS;
use tokio::sync::Semaphore;

use crate::{Error, Kaibo, Result};

/// Millions of pixels that are worked on at once: one picture of the largest, or several small ones.
const MOST: u32 = (MAX_PIXELS / 1_000_000) as u32;
/// What a poster and its cover count as.
pub(crate) const POSTER: u64 = MAX_PIXELS / 2;
/// Most bytes of drawn pictures that are kept.
const KEPT_BYTES: usize = 32 * 1024 * 1024;
/// A font's file is no larger.
const MAX_FONT_BYTES: u64 = 64 * 1024 * 1024;

/// Where systems keep a font with Chinese characters: Debian, Fedora, Arch, Alpine, macOS.
const FONTS: [&str; 12] = [
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/google-noto-sans-cjk-fonts/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/google-noto-cjk/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/noto-cjk/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/noto/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/truetype/wqy/wqy-microhei.ttc",
    "/usr/share/fonts/wqy-microhei/wqy-microhei.ttc",
    "/usr/share/fonts/truetype/wqy/wqy-zenhei.ttc",
    "/usr/share/fonts/wqy-zenhei/wqy-zenhei.ttc",
    "/usr/share/fonts/truetype/droid/DroidSansFallbackFull.ttf",
    "/System/Library/Fonts/PingFang.ttc",
    "/System/Library/Fonts/Hiragino Sans GB.ttc",
];

/// Turns at the work, and what came of it lately.
pub(crate) struct Pictures {
    turns: Arc<Semaphore>,
    /// Least that a picture counts as, so that no more are worked on than there are processors.
    least: u32,
    kept: Mutex<HashMap<String, Bytes>>,
}

impl Default for Pictures {
    fn default() -> Self {
        let processors = available_parallelism().map_or(1, usize::from);
        Self {
            turns: Arc::new(Semaphore::new(MOST as usize)),
            least: MOST.div_ceil(processors.min(MOST as usize) as u32),
            kept: Mutex::default(),
        }
    }
}

impl Pictures {
    fn kept(&self, name: &str) -> Option<Bytes> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.get(name).cloned()
    }

    fn keep(&self, name: String, picture: Bytes) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let held: usize = kept.values().map(Bytes::len).sum();
        if held + picture.len() > KEPT_BYTES {
            kept.clear();
        }
        kept.insert(name, picture);
    }
}

impl Kaibo {
    /// Works on a picture of so many pixels when it is its turn.
    pub(crate) async fn work_on_picture<T: Send + 'static>(
        &self,
        pixels: u64,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T> {
        let pictures = &self.inner.pictures;
        let size = u32::try_from(pixels.div_ceil(1_000_000)).unwrap_or(MOST);
        let size = size.clamp(pictures.least, MOST);
        let turn = Arc::clone(&pictures.turns).acquire_many_owned(size).await;
        let turn = turn.map_err(|_| Error::Interrupted)?;
        // A caller who goes away does not end the work, so its turn goes with the work.
        let done = tokio::task::spawn_blocking(move || {
            let done = work();
            drop(turn);
            done
        });
        done.await.map_err(|_| Error::Interrupted)
    }

    /// As [`Kaibo::work_on_picture`], unless it was drawn lately under this name. `None`: it could
    /// not be drawn.
    pub(crate) async fn drawn(
        &self,
        name: String,
        pixels: u64,
        draw: impl FnOnce() -> Option<Vec<u8>> + Send + 'static,
    ) -> Result<Option<Bytes>> {
        if let Some(kept) = self.inner.pictures.kept(&name) {
            return Ok(Some(kept));
        }
        let kaibo = self.clone();
        let work = move || {
            // Whoever waited for a turn may find that somebody else drew it.
            if let Some(kept) = kaibo.inner.pictures.kept(&name) {
                return Some(kept);
            }
            let drawn = Bytes::from(draw()?);
            kaibo.inner.pictures.keep(name, drawn.clone());
            Some(drawn)
        };
        self.work_on_picture(pixels, work).await
    }
}

/// The font's bytes: of the one that is set, or the first that the system has. Read each time, since
/// it takes a moment and tens of megabytes.
pub(crate) fn font(set: Option<&Path>) -> Option<Vec<u8>> {
    if let Some(path) = set {
        let font = read(path);
        if font.is_none() {
            tracing::warn!(path = %path.display(), "codes.font cannot be read: posters are without text");
        }
        return font;
    }
    FONTS.iter().map(PathBuf::from).find_map(|path| read(&path))
}

fn read(path: &Path) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let file = File::open(path).ok()?;
    file.take(MAX_FONT_BYTES).read_to_end(&mut bytes).ok()?;
    Some(bytes)
}
