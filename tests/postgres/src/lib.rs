//! A real PostgreSQL server for tests: in a temporary folder, on a free port of this machine alone,
//! gone with the process that asked for it, however that ends.

mod server;

use std::sync::atomic::{AtomicU32, Ordering};

use tokio::sync::OnceCell;

pub use server::Server;

use server::EMPTY;

static SHARED: OnceCell<Server> = OnceCell::const_new();
static DATABASES: AtomicU32 = AtomicU32::new(1);

/// The server that all tests of this process share. It does not care about power cuts.
pub async fn shared() -> &'static Server {
    SHARED.get_or_init(|| Server::new(false)).await
}

impl Server {
    /// A new, empty database; its URL.
    pub async fn database(&self) -> String {
        let name = format!("kaibo_{}", DATABASES.fetch_add(1, Ordering::Relaxed));
        self.create(&name, EMPTY).await;
        self.url(&name)
    }

    /// A copy of a database that nobody uses.
    pub async fn copy_of(&self, url: &str) -> String {
        let name = format!("kaibo_{}", DATABASES.fetch_add(1, Ordering::Relaxed));
        let from = url.rsplit('/').next().expect("a URL ends in its database");
        self.create(&name, from).await;
        self.url(&name)
    }
}
