//! How often the things of an app may have changed since this process began, so that whoever keeps
//! what was read knows whether it is still true.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use kaibo_domain::id::AppId;

use crate::Store;

/// A moment in the life of an app's things; a later one is greater. What was read after asking for
/// it stays true until it changes, times that pass apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Generation(u64);

/// Whose things a write may change.
#[derive(Clone, Debug)]
pub(crate) enum Reach {
    /// Anybody's: who does not say is taken to mean this.
    Everybody,
    /// One app's alone.
    App(AppId),
    /// Nothing that anybody keeps: counts, logs, places in the outbox.
    Nobody,
}

#[derive(Default)]
pub(crate) struct Generations(Mutex<Counts>);

#[derive(Default)]
struct Counts {
    of_everybody: u64,
    of_app: HashMap<AppId, u64>,
}

impl Generations {
    fn of(&self, app_id: &AppId) -> Generation {
        let counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let own = counts.of_app.get(app_id).copied().unwrap_or_default();
        Generation(counts.of_everybody + own)
    }

    /// What a commit changed has changed. To be called after it and before anybody is told.
    pub(crate) fn pass(&self, reach: &Reach) {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match reach {
            Reach::Everybody => counts.of_everybody += 1,
            Reach::App(app_id) => match counts.of_app.get_mut(app_id) {
                Some(count) => *count += 1,
                None => drop(counts.of_app.insert(app_id.clone(), 1)),
            },
            Reach::Nobody => {}
        }
    }
}

impl Store {
    /// The generation of an app's things, to be asked for before they are read. Every write of this
    /// process has begun a new one before it is answered; every event of another process, before
    /// it is given to whoever reads events.
    pub fn generation(&self, app_id: &AppId) -> Generation {
        self.writer().generations().of(app_id)
    }

    /// An app's things have changed, whoever changed them.
    pub(crate) fn heard_of(&self, app_id: &AppId) {
        let reach = Reach::App(app_id.clone());
        self.writer().generations().pass(&reach);
    }
}
