//! Crash points: named places at which a test has its own process killed, to see what is left
//! (docs/why/crash-matrix.md). A release has none.

/// A place is passed. `KAIBO_CRASH_AT=name:n` kills the process at the n-th place whose name begins
/// so, as `kill -9` does, and has each place named on the way.
#[cfg(debug_assertions)]
pub(crate) fn point(name: &str) {
    use std::sync::LazyLock;
    use std::sync::atomic::{AtomicU32, Ordering};

    use rustix::process::{Signal, getpid, kill_process};

    static AT: LazyLock<Option<(String, u32)>> = LazyLock::new(|| {
        let at = std::env::var("KAIBO_CRASH_AT").ok()?;
        let (name, n) = at.rsplit_once(':').expect("KAIBO_CRASH_AT is name:n");
        Some((name.to_owned(), n.parse().expect("a number")))
    });
    static PASSED: AtomicU32 = AtomicU32::new(0);
    let Some((at, n)) = &*AT else { return };
    eprintln!("point:{name}");
    if name.starts_with(at) && PASSED.fetch_add(1, Ordering::Relaxed) + 1 == *n {
        kill_process(getpid(), Signal::KILL).expect("a process may end itself");
    }
}

#[cfg(not(debug_assertions))]
pub(crate) const fn point(_: &str) {}
