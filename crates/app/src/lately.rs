//! What was read of apps lately, so that not every call asks the database for the same.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use kaibo_domain::id::AppId;
use kaibo_store::{Generation, Store};
use tokio::time::Instant;

/// How long what was read holds at most: what another process sets without an event takes effect
/// within this time, all else at once.
const FRESH: Duration = Duration::from_secs(1);
/// Most things that are kept.
const MOST: usize = 10_000;

/// Things of apps, each under a key of its own.
pub(crate) struct Lately<K, T>(Mutex<HashMap<K, Read<T>>>);

struct Read<T> {
    at: Instant,
    app_id: AppId,
    generation: Generation,
    thing: Arc<T>,
}

impl<K, T> Default for Lately<K, T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Eq + Hash, T> Lately<K, T> {
    /// A thing that is still true.
    pub(crate) fn get<Q>(&self, key: &Q, store: &Store) -> Option<Arc<T>>
    where
        K: std::borrow::Borrow<Q>,
        Q: Eq + Hash + ?Sized,
    {
        let held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let read = held.get(key)?;
        let is_true = store.generation(&read.app_id) == read.generation;
        (is_true && read.at.elapsed() < FRESH).then(|| Arc::clone(&read.thing))
    }

    /// Keeps a thing of an app that was read in this generation or a later one.
    pub(crate) fn put(&self, key: K, app_id: &AppId, generation: Generation, thing: Arc<T>) {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if held.len() >= MOST {
            held.clear();
        }
        let read = Read {
            at: Instant::now(),
            app_id: app_id.clone(),
            generation,
            thing,
        };
        held.insert(key, read);
    }
}
