//! Calls that are sent again: whoever got no answer sends the same under the same key, and it is
//! done once.

use std::collections::HashSet;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};

use kaibo_domain::HOUR_MS;
use kaibo_store::Repeat;
use tokio_util::task::TaskTracker;

use crate::{Error, Kaibo, Result, secret};

/// How long a key stands for its call.
const LIFE_MS: i64 = 24 * HOUR_MS;

/// Whose call, under which key, and what it is.
#[derive(Clone, Copy)]
pub struct RepeatKey<'a> {
    /// Whose keys these are.
    pub scope: &'a str,
    /// The caller's own.
    pub key: &'a str,
    /// All that makes the call this one: operation and body.
    pub call: &'a [&'a [u8]],
}

/// What becomes of a call with a key.
#[derive(Debug, PartialEq, Eq)]
pub enum Repeated {
    /// It was done just now.
    Done(Vec<u8>),
    /// It was done before, with this answer.
    Again(Vec<u8>),
    /// The key stands for another call; nothing was done.
    OtherCall,
    /// The same call is being done right now.
    Running,
    /// The same call was begun and cut off: nobody knows whether it was done.
    CutOff,
}

/// A scope and the digest of a key.
type Own = (String, [u8; 32]);

#[derive(Default)]
pub(crate) struct Repeats {
    running: Arc<Mutex<HashSet<Own>>>,
    tasks: TaskTracker,
}

impl Repeats {
    /// Waits for what runs.
    pub(crate) async fn close(&self) {
        self.tasks.close();
        self.tasks.wait().await;
    }
}

/// Its call is running, until this is dropped.
struct Running {
    all: Arc<Mutex<HashSet<Own>>>,
    own: Own,
}

impl Drop for Running {
    fn drop(&mut self) {
        let mut all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        all.remove(&self.own);
    }
}

impl Kaibo {
    /// Does a call once: `work` is done to its end, whether its caller stays or not. What it gives
    /// is remembered for a day and given again; `false` beside it: nothing was done, so that the
    /// same key may try anew.
    pub async fn once<F>(&self, wanted: RepeatKey<'_>, work: F) -> Result<Repeated>
    where
        F: Future<Output = (Vec<u8>, bool)> + Send + 'static,
    {
        let mac = |parts: &[&[u8]]| secret::mac(&self.store().keys().derive("repeat key"), parts);
        let (key, call) = (mac(&[wanted.key.as_bytes()]), mac(wanted.call));
        let scope = wanted.scope.to_owned();
        let Some(running) = self.begin_running(&scope, key) else {
            return Ok(Repeated::Running);
        };
        let kaibo = self.clone();
        let task = self.inner.repeats.tasks.spawn(async move {
            let _running = running;
            let (store, now) = (kaibo.store(), kaibo.now());
            let begun = store.begin_repeat(&scope, &key, &call, now, now - LIFE_MS);
            match begun.await? {
                Repeat::First => {}
                Repeat::Answered(answer) => return Ok(Repeated::Again(answer)),
                Repeat::Begun => return Ok(Repeated::CutOff),
                Repeat::Other => return Ok(Repeated::OtherCall),
            }
            let (answer, was_done) = work.await;
            let kept = if was_done {
                store.answer_repeat(&scope, &key, &answer).await
            } else {
                store.forget_repeat(&scope, &key).await
            };
            if let Err(error) = kept {
                tracing::warn!(%error, "an answer could not be kept for who asks again");
            }
            Ok(Repeated::Done(answer))
        });
        task.await.map_err(|_| Error::Interrupted)?
    }

    fn begin_running(&self, scope: &str, key: [u8; 32]) -> Option<Running> {
        let own = (scope.to_owned(), key);
        let all = &self.inner.repeats.running;
        let mut held = all.lock().unwrap_or_else(PoisonError::into_inner);
        held.insert(own.clone()).then(|| Running {
            all: Arc::clone(all),
            own,
        })
    }
}
