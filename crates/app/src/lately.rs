//! What was read of apps lately, so that not every call asks the database for the same.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use kaibo_domain::id::AppId;
use tokio::time::Instant;

/// How long what was read holds: what another process sets takes effect within this time, what
/// this one sets at once.
const FRESH: Duration = Duration::from_secs(1);
/// Most apps of which something is kept.
const MOST: usize = 10_000;

/// One thing of each app.
pub(crate) struct Lately<T>(Mutex<HashMap<AppId, (Instant, Arc<T>)>>);

impl<T> Default for Lately<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T> Lately<T> {
    pub(crate) fn get(&self, app_id: &AppId) -> Option<Arc<T>> {
        let held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (read_at, thing) = held.get(app_id)?;
        (read_at.elapsed() < FRESH).then(|| Arc::clone(thing))
    }

    pub(crate) fn put(&self, app_id: &AppId, thing: Arc<T>) {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if held.len() >= MOST {
            held.clear();
        }
        held.insert(app_id.clone(), (Instant::now(), thing));
    }

    pub(crate) fn forget(&self, app_id: &AppId) {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        held.remove(app_id);
    }
}
