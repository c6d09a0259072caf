//! The one writer with group commit: jobs that arrive together share a commit, and each is
//! acknowledged only after it. A batch that a collision or a lost connection has undone is run
//! again, so each job must be fit to run more than once.

use std::any::Any;
use std::panic::{AssertUnwindSafe, resume_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use kaibo_domain::id::AppId;
use tokio::sync::{mpsc, oneshot, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::crash;
use crate::db::{self, Conn, Place, Value, args};
use crate::error::StoreError;
use crate::generation::{Generations, Reach};

/// Most jobs in one commit.
const BATCH: usize = 64;
/// Most jobs that wait; further callers wait to queue.
const QUEUE: usize = 1024;
/// How often a batch is run at most.
const TRIES: u32 = 3;

/// What a job's caller gets: its answer, or the panic that ended it.
type Outcome<T> = Result<Result<T, StoreError>, Box<dyn Any + Send>>;

/// A handle on the writer task.
pub(crate) struct Writer {
    jobs: mpsc::Sender<Box<dyn Job>>,
    stop: CancellationToken,
    tasks: TaskTracker,
    commits: Arc<AtomicU64>,
    committed: watch::Sender<u64>,
    generations: Arc<Generations>,
}

/// A writer for jobs that say whose things they may change.
pub(crate) struct Within<'a> {
    writer: &'a Writer,
    reach: Reach,
}

impl Writer {
    /// Starts the task on `conn`.
    pub(crate) fn start(place: Place, conn: Conn) -> Self {
        let (jobs, queue) = mpsc::channel(QUEUE);
        let stop = CancellationToken::new();
        let tasks = TaskTracker::new();
        let commits = Arc::new(AtomicU64::new(0));
        let (committed, _) = watch::channel(0);
        let generations = Arc::<Generations>::default();
        let task = Task {
            place,
            conn: Some(conn),
            queue,
            stop: stop.clone(),
            commits: commits.clone(),
            committed: committed.clone(),
            generations: generations.clone(),
        };
        tasks.spawn(task.run());
        tasks.close();
        Self {
            jobs,
            stop,
            tasks,
            commits,
            committed,
            generations,
        }
    }

    /// For jobs that change things of one app alone.
    pub(crate) fn of(&self, app_id: &AppId) -> Within<'_> {
        let reach = Reach::App(app_id.clone());
        Within {
            writer: self,
            reach,
        }
    }

    /// For jobs that change nothing that anybody keeps.
    pub(crate) fn aside(&self) -> Within<'_> {
        Within {
            writer: self,
            reach: Reach::Nobody,
        }
    }

    /// As [`Within::write`], of a job that may change anybody's things.
    pub(crate) async fn write<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: for<'c> FnOnce(&'c mut Conn) -> BoxFuture<'c, Result<T, StoreError>>
            + Clone
            + Send
            + 'static,
    {
        let within = Within {
            writer: self,
            reach: Reach::Everybody,
        };
        within.write(work).await
    }

    /// Runs one statement, as [`Writer::write`] does; how many rows it touched.
    pub(crate) async fn execute(
        &self,
        sql: &'static str,
        args: Vec<Value>,
    ) -> Result<u64, StoreError> {
        self.write(move |tx| Box::pin(tx.execute(sql, args))).await
    }

    /// Commits so far.
    pub(crate) fn commits(&self) -> u64 {
        self.commits.load(Ordering::Relaxed)
    }

    /// Changes with every commit of this process.
    pub(crate) fn committed(&self) -> watch::Receiver<u64> {
        self.committed.subscribe()
    }

    /// What commits have changed.
    pub(crate) fn generations(&self) -> &Generations {
        &self.generations
    }

    /// Writes what is queued, then ends; resolves when the file is closed.
    pub(crate) async fn close(&self) {
        self.stop.cancel();
        self.tasks.wait().await;
    }
}

impl Within<'_> {
    /// Runs `work` inside a transaction and answers once it is durable. An error of `work` takes
    /// back only what `work` wrote. A caller that goes away does not stop its job. A clone of
    /// `work` is run each time, and all but the last leave no trace.
    pub(crate) async fn write<T, F>(self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: for<'c> FnOnce(&'c mut Conn) -> BoxFuture<'c, Result<T, StoreError>>
            + Clone
            + Send
            + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let job = Queued {
            reach: self.reach,
            work,
            outcome: None,
            reply,
        };
        self.writer
            .jobs
            .send(Box::new(job))
            .await
            .map_err(|_| StoreError::Closed)?;
        match answer.await.map_err(|_| StoreError::Closed)? {
            Ok(result) => result,
            Err(panic) => resume_unwind(panic),
        }
    }

    /// Runs one statement, as [`Within::write`] does; how many rows it touched.
    pub(crate) async fn execute(
        self,
        sql: &'static str,
        args: Vec<Value>,
    ) -> Result<u64, StoreError> {
        self.write(move |tx| Box::pin(tx.execute(sql, args))).await
    }
}

/// A job failed; the error is there unless it panicked.
struct Failed(Option<StoreError>);

/// A job whose answer's type is hidden.
trait Job: Send {
    /// Runs the work. If it failed, by an error or a panic, what it wrote must be taken back.
    fn run<'a>(&'a mut self, conn: &'a mut Conn) -> BoxFuture<'a, Result<(), Failed>>;
    /// Whose things the work may change.
    fn reach(&self) -> &Reach;
    /// Answers the caller: with the job's own outcome, unless the batch failed.
    fn answer(self: Box<Self>, batch: Result<(), StoreError>);
}

struct Queued<F, T> {
    reach: Reach,
    work: F,
    outcome: Option<Outcome<T>>,
    reply: oneshot::Sender<Outcome<T>>,
}

impl<F, T> Job for Queued<F, T>
where
    T: Send + 'static,
    F: for<'c> FnOnce(&'c mut Conn) -> BoxFuture<'c, Result<T, StoreError>>
        + Clone
        + Send
        + 'static,
{
    fn run<'a>(&'a mut self, conn: &'a mut Conn) -> BoxFuture<'a, Result<(), Failed>> {
        async move {
            let work = self.work.clone();
            // The closure may panic before it gives a future, so it is called inside one.
            let outcome = AssertUnwindSafe(async { work(conn).await })
                .catch_unwind()
                .await;
            let kept = match &outcome {
                Ok(Ok(_)) => Ok(()),
                Ok(Err(error)) => Err(Failed(Some(error.clone()))),
                Err(_) => Err(Failed(None)),
            };
            self.outcome = Some(outcome);
            kept
        }
        .boxed()
    }

    fn reach(&self) -> &Reach {
        &self.reach
    }

    fn answer(self: Box<Self>, batch: Result<(), StoreError>) {
        let outcome = match (self.outcome, batch) {
            (Some(Err(panic)), _) => Err(panic),
            // Its own error says more than the batch's.
            (Some(Ok(Err(error))), _) | (_, Err(error)) => Ok(Err(error)),
            (Some(Ok(Ok(value))), Ok(())) => Ok(Ok(value)),
            (None, Ok(())) => unreachable!("a batch commits only when each of its jobs has run"),
        };
        // A caller that went away wants no answer.
        drop(self.reply.send(outcome));
    }
}

struct Task {
    place: Place,
    conn: Option<Conn>,
    queue: mpsc::Receiver<Box<dyn Job>>,
    stop: CancellationToken,
    commits: Arc<AtomicU64>,
    committed: watch::Sender<u64>,
    generations: Arc<Generations>,
}

impl Task {
    async fn run(mut self) {
        let mut batch = Vec::with_capacity(BATCH);
        loop {
            let taken = tokio::select! {
                biased;
                () = self.stop.cancelled(), if !self.queue.is_closed() => {
                    self.queue.close();
                    continue;
                }
                taken = self.queue.recv_many(&mut batch, BATCH) => taken,
            };
            if taken == 0 {
                break;
            }
            let result = self.commit(&mut batch).await;
            // After a failure too: of a commit without an answer nobody knows what became.
            for job in &batch {
                self.generations.pass(job.reach());
            }
            if result.is_ok() {
                self.commits.fetch_add(1, Ordering::Relaxed);
                self.committed.send_modify(|n| *n += 1);
            }
            for job in batch.drain(..) {
                job.answer(result.clone());
            }
        }
        if let Some(conn) = self.conn.take() {
            conn.close().await;
        }
    }

    async fn commit(&mut self, batch: &mut [Box<dyn Job>]) -> Result<(), StoreError> {
        for _ in 1..TRIES {
            match self.try_commit(batch).await {
                Err(Failure::Undone(error)) if error.is_collision() => {
                    tracing::debug!(%error, "writes collided; running them again");
                }
                Err(Failure::Undone(error)) if error.is_lost_connection() => {
                    tracing::warn!(%error, "the database connection was lost; trying another");
                }
                result => return result.map_err(Failure::into_error),
            }
        }
        self.try_commit(batch).await.map_err(Failure::into_error)
    }

    async fn try_commit(&mut self, batch: &mut [Box<dyn Job>]) -> Result<(), Failure> {
        let mut conn = match self.conn.take() {
            Some(conn) => conn,
            None => self.place.writer().await.map_err(Failure::Final)?,
        };
        let result = write_batch(&mut conn, batch).await;
        match &result {
            Ok(()) => self.conn = Some(conn),
            Err(failure) if failure.error().breaks_connection() => {}
            // Fails where the database has already rolled back by itself.
            Err(_) => match conn.execute("ROLLBACK", args![]).await {
                Err(error) if error.breaks_connection() => {}
                _ => self.conn = Some(conn),
            },
        }
        result
    }
}

/// Why a batch was not saved.
enum Failure {
    /// It left no trace, so it may be run again.
    Undone(StoreError),
    /// Running it again would not help, or might save it twice.
    Final(StoreError),
}

impl Failure {
    fn error(&self) -> &StoreError {
        match self {
            Self::Undone(error) | Self::Final(error) => error,
        }
    }

    fn into_error(self) -> StoreError {
        match self {
            Self::Undone(error) | Self::Final(error) => error,
        }
    }
}

async fn write_batch(conn: &mut Conn, batch: &mut [Box<dyn Job>]) -> Result<(), Failure> {
    run_jobs(conn, batch).await.map_err(Failure::Undone)?;
    match conn.execute("COMMIT", args![]).await {
        Ok(_) => {
            crash::point("committed");
            Ok(())
        }
        // An answer says that nothing was saved; without one, nobody knows.
        Err(StoreError::Database(error)) if db::breaks_connection(&error) => {
            Err(Failure::Final(StoreError::Uncertain(error)))
        }
        Err(error) => Err(Failure::Undone(error)),
    }
}

async fn run_jobs(conn: &mut Conn, batch: &mut [Box<dyn Job>]) -> Result<(), StoreError> {
    conn.begin().await?;
    for job in batch {
        conn.execute("SAVEPOINT job", args![]).await?;
        if let Err(Failed(cause)) = job.run(conn).await {
            if let Some(error) = cause.as_ref().filter(|e| e.undoes_batch()) {
                return Err(error.clone());
            }
            // After some failures (disk full) SQLite rolls back everything by itself. Then this
            // fails, and with it the batch, whose earlier jobs are gone.
            let taken_back = conn.execute("ROLLBACK TO job", args![]).await;
            taken_back.map_err(|error| cause.unwrap_or(error))?;
        }
        conn.execute("RELEASE job", args![]).await?;
    }
    conn.announce().await
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::sync::Mutex;

    use futures_util::future::join_all;

    use super::*;
    use crate::db::Database;

    async fn writer(dir: &Path) -> (Arc<Writer>, Conn) {
        let place = Database::default().place(dir);
        let mut conn = place.create().await.unwrap();
        let table = "CREATE TABLE note (text TEXT NOT NULL)";
        conn.execute(table, args![]).await.unwrap();
        let reader = place.reader().await.unwrap();
        (Arc::new(Writer::start(place, conn)), reader)
    }

    async fn note(writer: &Writer, text: &str) -> Result<u64, StoreError> {
        let sql = "INSERT INTO note (text) VALUES ($1)";
        writer.execute(sql, args![text]).await
    }

    async fn notes(reader: &mut Conn) -> Vec<String> {
        let sql = "SELECT text FROM note ORDER BY text";
        let rows = reader.rows(sql, args![]).await.unwrap();
        rows.iter().map(|r| r.get("text").unwrap()).collect()
    }

    /// A job that keeps the writer busy until the permit comes, so that others gather behind it.
    async fn hold(
        writer: &Arc<Writer>,
    ) -> (
        oneshot::Sender<()>,
        impl Future<Output = Result<(), StoreError>>,
    ) {
        let (go, wait) = oneshot::channel::<()>();
        let (started, running) = oneshot::channel::<()>();
        let once = Arc::new(Mutex::new(Some((started, wait))));
        let holder = writer.clone();
        let held = TaskTracker::new().spawn(async move {
            let work = holder.write(move |_| {
                Box::pin(async move {
                    let (started, wait) = once.lock().unwrap().take().unwrap();
                    started.send(()).unwrap();
                    wait.await.unwrap();
                    Ok(())
                })
            });
            work.await
        });
        running.await.unwrap();
        (go, async { held.await.unwrap() })
    }

    #[tokio::test]
    async fn jobs_that_wait_together_share_a_commit() {
        let dir = tempfile::tempdir().unwrap();
        let (writer, mut reader) = writer(dir.path()).await;
        let (go, held) = hold(&writer).await;
        let texts: Vec<String> = (0..100).map(|n| format!("{n:03}")).collect();
        let all = join_all(texts.iter().map(|t| note(&writer, t)));
        let release = async {
            // `all` has queued everything by the time this is polled.
            go.send(()).unwrap();
        };
        let (results, (), ()) = tokio::join!(all, release, async { held.await.unwrap() });
        assert!(results.iter().all(|r| matches!(r, Ok(1))));
        assert_eq!(notes(&mut reader).await, texts);
        assert_eq!(writer.commits(), 3, "one for the holder, then 64 and 36");
    }

    #[tokio::test]
    async fn a_job_that_fails_takes_back_its_own_writes_alone() {
        let dir = tempfile::tempdir().unwrap();
        let (writer, mut reader) = writer(dir.path()).await;
        let (go, held) = hold(&writer).await;
        let failing = writer.write(|tx| {
            Box::pin(async move {
                let sql = "INSERT INTO note (text) VALUES ('half')";
                tx.execute(sql, args![]).await?;
                tx.execute("INSERT INTO note (text) VALUES (NULL)", args![])
                    .await
            })
        });
        let (a, failed, b, (), ()) = tokio::join!(
            note(&writer, "a"),
            failing,
            note(&writer, "b"),
            async { go.send(()).unwrap() },
            async { held.await.unwrap() }
        );
        assert_eq!((a.unwrap(), b.unwrap()), (1, 1));
        assert!(matches!(failed, Err(StoreError::Database(_))));
        assert_eq!(notes(&mut reader).await, ["a", "b"]);
        assert_eq!(writer.commits(), 2);
    }

    #[tokio::test]
    async fn a_job_that_panics_ends_its_caller_alone() {
        let dir = tempfile::tempdir().unwrap();
        let (writer, mut reader) = writer(dir.path()).await;
        let doomed = writer.clone();
        let ended = TaskTracker::new().spawn(async move {
            let work = doomed.write(|tx| {
                Box::pin(async move {
                    let sql = "INSERT INTO note (text) VALUES ('half')";
                    tx.execute(sql, args![]).await?;
                    assert!(notes(tx).await.is_empty(), "a bug of this job");
                    Ok(())
                })
            });
            work.await
        });
        assert!(ended.await.unwrap_err().is_panic());
        note(&writer, "after").await.unwrap();
        assert_eq!(notes(&mut reader).await, ["after"]);
    }

    #[tokio::test]
    async fn a_full_disk_fails_whole_jobs_and_writing_goes_on_when_space_returns() {
        let dir = tempfile::tempdir().unwrap();
        let (writer, mut reader) = writer(dir.path()).await;
        note(&writer, "before").await.unwrap();
        writer
            .execute("PRAGMA max_page_count = 8", args![])
            .await
            .unwrap();
        let big = "x".repeat(3000);
        let two = writer.write(move |tx| {
            Box::pin(async move {
                for text in ["half".to_owned(), big.repeat(20)] {
                    let sql = "INSERT INTO note (text) VALUES ($1)";
                    tx.execute(sql, args![text]).await?;
                }
                Ok(())
            })
        });
        let failed = two.await;
        assert!(matches!(failed, Err(StoreError::Full(_))), "{failed:?}");
        assert_eq!(notes(&mut reader).await, ["before"]);
        writer
            .execute("PRAGMA max_page_count = 1000000", args![])
            .await
            .unwrap();
        note(&writer, "later").await.unwrap();
        assert_eq!(notes(&mut reader).await, ["before", "later"]);
    }

    #[tokio::test]
    async fn a_batch_that_cannot_commit_fails_every_job_and_leaves_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let (writer, mut reader) = writer(dir.path()).await;
        let child = "CREATE TABLE child (of TEXT REFERENCES parent (id) \
             DEFERRABLE INITIALLY DEFERRED)";
        writer
            .execute("CREATE TABLE parent (id TEXT PRIMARY KEY)", args![])
            .await
            .unwrap();
        writer.execute(child, args![]).await.unwrap();
        let commits = writer.commits();
        let (go, held) = hold(&writer).await;
        // A deferred foreign key is looked at by COMMIT alone, which then fails.
        let orphan = writer.execute("INSERT INTO child (of) VALUES ('nobody')", args![]);
        let (a, b, (), held) = tokio::join!(
            note(&writer, "a"),
            orphan,
            async { go.send(()).unwrap() },
            held
        );
        held.unwrap();
        assert!(a.is_err() && b.is_err());
        assert!(notes(&mut reader).await.is_empty());
        assert_eq!(writer.commits(), commits + 1);
        note(&writer, "b").await.unwrap();
        assert_eq!(notes(&mut reader).await, ["b"]);
    }

    #[tokio::test]
    async fn closing_saves_what_is_queued_and_refuses_the_rest() {
        let dir = tempfile::tempdir().unwrap();
        let (writer, mut reader) = writer(dir.path()).await;
        let (go, held) = hold(&writer).await;
        let (queued, (), (), held) = tokio::join!(
            note(&writer, "queued"),
            writer.close(),
            async { go.send(()).unwrap() },
            held
        );
        held.unwrap();
        queued.unwrap();
        assert!(matches!(
            note(&writer, "late").await,
            Err(StoreError::Closed)
        ));
        assert_eq!(notes(&mut reader).await, ["queued"]);
    }
}
