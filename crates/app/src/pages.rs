//! Pages of lists as they were written lately, kept for as long as they are true ([why]).
//!
//! [why]: ../../../docs/why/list-cache.md

use std::collections::HashMap;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use kaibo_domain::UnixMs;
use kaibo_domain::id::AppId;
use kaibo_store::Generation;

use crate::Kaibo;

/// Most bytes that all pages have together.
const MOST_BYTES: usize = 64 * 1024 * 1024;
/// Most pages, however small.
const MOST_PAGES: usize = 4_096;
/// What a page takes beside its bytes, about.
const BESIDE: usize = 256;
/// Pages that can be written at the same time.
const TURNS: usize = 64;

/// Which page.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PageKey {
    /// Whose.
    pub app_id: AppId,
    /// Of which list; each writes its pages in one way.
    pub list: &'static str,
    /// Rows that come before it.
    pub start: i64,
    /// Rows that it has at most.
    pub limit: i64,
}

/// A page as it is sent.
#[derive(Clone, Debug)]
pub struct Page {
    /// Its bytes.
    pub body: Bytes,
    /// From when on it may not be true any more, even if nobody changes anything.
    pub until: UnixMs,
}

/// The pages that are kept.
pub(crate) struct Pages {
    held: Mutex<Held>,
    /// Whoever writes a page holds one of these, chosen by its key: others that want the same page
    /// wait for it instead of writing it too.
    turns: Vec<tokio::sync::Mutex<()>>,
    chance: RandomState,
}

#[derive(Default)]
struct Held {
    pages: HashMap<PageKey, Kept>,
    bytes: usize,
    /// Counts looks, to know which page nobody has looked at for longest.
    looks: u64,
    most_bytes: usize,
}

struct Kept {
    page: Page,
    /// True from then on: a clock that was set back is not told the future.
    from: UnixMs,
    generation: Generation,
    looked: u64,
}

impl Default for Pages {
    fn default() -> Self {
        Self::within(MOST_BYTES)
    }
}

impl Pages {
    fn within(most_bytes: usize) -> Self {
        Self {
            held: Mutex::new(Held {
                most_bytes,
                ..Held::default()
            }),
            turns: (0..TURNS).map(|_| tokio::sync::Mutex::default()).collect(),
            chance: RandomState::new(),
        }
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn turn(&self, key: &PageKey) -> &tokio::sync::Mutex<()> {
        &self.turns[self.chance.hash_one(key) as usize % TURNS]
    }
}

impl Held {
    /// A page that was read in `wanted` or later and is true at `now`.
    fn get(&mut self, key: &PageKey, wanted: Generation, now: UnixMs) -> Option<Bytes> {
        self.looks += 1;
        let kept = self.pages.get_mut(key)?;
        let is_true = kept.generation >= wanted && (kept.from..kept.page.until).contains(&now);
        is_true.then(|| {
            kept.looked = self.looks;
            kept.page.body.clone()
        })
    }

    fn put(&mut self, key: PageKey, kept: Kept) {
        self.remove(&key);
        let size = size(&kept.page);
        if size > self.most_bytes {
            return;
        }
        while self.bytes + size > self.most_bytes || self.pages.len() >= MOST_PAGES {
            let oldest = self.pages.iter().min_by_key(|(_, kept)| kept.looked);
            let Some(oldest) = oldest.map(|(key, _)| key.clone()) else {
                break;
            };
            self.remove(&oldest);
        }
        self.bytes += size;
        self.pages.insert(key, kept);
    }

    fn remove(&mut self, key: &PageKey) {
        if let Some(kept) = self.pages.remove(key) {
            self.bytes -= size(&kept.page);
        }
    }
}

fn size(page: &Page) -> usize {
    page.body.len() + BESIDE
}

impl Kaibo {
    /// A page as it is now: one that is kept and still true, else what `write` gives, once for all
    /// who wait for it. `write` must read all of it from this handle, and only things of its app.
    pub async fn page<E, Fut>(&self, key: PageKey, write: impl FnOnce() -> Fut) -> Result<Bytes, E>
    where
        Fut: Future<Output = Result<Page, E>>,
    {
        let pages = &self.inner.pages;
        // What was committed and answered before this call began is in this generation.
        let wanted = self.store().generation(&key.app_id);
        if let Some(body) = pages.held().get(&key, wanted, self.now()) {
            return Ok(body);
        }
        let _turn = pages.turn(&key).lock().await;
        if let Some(body) = pages.held().get(&key, wanted, self.now()) {
            return Ok(body);
        }
        let generation = self.store().generation(&key.app_id);
        let from = self.now();
        let page = write().await?;
        let body = page.body.clone();
        let kept = Kept {
            page,
            from,
            generation,
            looked: pages.held().looks,
        };
        pages.held().put(key, kept);
        Ok(body)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use futures_util::future::join_all;
    use kaibo_store::Store;

    use super::*;
    use crate::{AppConfig, Clock, Error, Settings};

    const NOW: UnixMs = 1_800_000_000_000;

    async fn kaibo() -> Kaibo {
        let store = Store::open_in_memory().await.unwrap();
        let settings = Settings::new(&AppConfig::default(), "http://x", "rtmp://x").unwrap();
        Kaibo::new(store, Clock::manual(NOW), settings)
    }

    fn key(start: i64) -> PageKey {
        PageKey {
            app_id: "wx_one".parse().unwrap(),
            list: "rooms",
            start,
            limit: 50,
        }
    }

    fn page(bytes: usize) -> Page {
        Page {
            body: vec![b'x'; bytes].into(),
            until: NOW + 1,
        }
    }

    #[tokio::test]
    async fn bytes_have_an_end_and_what_nobody_looked_at_for_longest_goes_first() {
        let generation = kaibo().await.store().generation(&key(0).app_id);
        let pages = Pages::within(3_000);
        let mut held = pages.held();
        let put = |held: &mut Held, start, bytes| {
            let kept = Kept {
                page: page(bytes),
                from: NOW,
                generation,
                looked: held.looks,
            };
            held.put(key(start), kept);
            assert!(held.bytes <= 3_000, "{} bytes", held.bytes);
        };
        let there = |held: &mut Held| {
            let those = (0..6).filter(|start| held.get(&key(*start), generation, NOW).is_some());
            those.collect::<Vec<_>>()
        };
        for start in 0..3 {
            put(&mut held, start, 700);
            assert!(held.get(&key(start), generation, NOW).is_some());
        }
        assert!(held.get(&key(0), generation, NOW).is_some());
        put(&mut held, 3, 700);
        assert_eq!(there(&mut held), [0, 2, 3]);
        put(&mut held, 2, 10);
        put(&mut held, 4, 1_400);
        assert_eq!(there(&mut held).last(), Some(&4));
        put(&mut held, 5, 3_000);
        assert!(!there(&mut held).contains(&5), "more than there may be");
        let counted: usize = held.pages.values().map(|kept| size(&kept.page)).sum();
        assert_eq!(held.bytes, counted);
    }

    #[tokio::test]
    async fn small_pages_have_an_end_too() {
        let generation = kaibo().await.store().generation(&key(0).app_id);
        let pages = Pages::default();
        let mut held = pages.held();
        for start in 0..MOST_PAGES as i64 + 10 {
            let kept = Kept {
                page: page(1),
                from: NOW,
                generation,
                looked: held.looks,
            };
            held.put(key(start), kept);
        }
        assert_eq!(held.pages.len(), MOST_PAGES);
    }

    #[tokio::test]
    async fn many_who_wait_for_a_page_have_it_written_once() {
        let kaibo = kaibo().await;
        let written = AtomicUsize::new(0);
        let ask = async || {
            let write = || async {
                written.fetch_add(1, Ordering::SeqCst);
                tokio::task::yield_now().await;
                Ok::<_, Error>(page(1))
            };
            kaibo.page(key(0), write).await.unwrap()
        };
        join_all((0..20).map(|_| ask())).await;
        assert_eq!(written.load(Ordering::SeqCst), 1);
    }

    #[tokio::test]
    async fn who_comes_after_a_change_does_not_get_what_was_read_before_it() {
        let kaibo = kaibo().await;
        let app = kaibo.create_app(None, None, "Shop").await.unwrap().app_id;
        let key = PageKey {
            app_id: app.clone(),
            ..key(0)
        };
        let of = |text: &'static str| Page {
            body: Bytes::from_static(text.as_bytes()),
            until: UnixMs::MAX,
        };
        // Reads, and before it has its page a change is committed and answered.
        let early = kaibo.page(key.clone(), || async {
            let read = of("before");
            kaibo.set_goods_key(&app, &["id".to_owned()]).await?;
            Ok::<_, Error>(read)
        });
        assert_eq!(early.await.unwrap(), "before");
        let late = kaibo.page(key.clone(), || async { Ok::<_, Error>(of("after")) });
        assert_eq!(late.await.unwrap(), "after");
        let kept = kaibo.page(key, || async { Ok::<_, Error>(of("nobody reads")) });
        assert_eq!(kept.await.unwrap(), "after");
    }

    #[tokio::test]
    async fn what_was_not_read_is_not_kept() {
        let kaibo = kaibo().await;
        let failed = kaibo.page(key(0), || async { Err(Error::Interrupted) });
        assert!(failed.await.is_err());
        let read = kaibo.page(key(0), || async { Ok::<_, Error>(page(1)) });
        assert_eq!(read.await.unwrap(), "x");
    }
}
