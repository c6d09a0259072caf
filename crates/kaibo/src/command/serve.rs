//! `kaibo serve`.

use crate::cli::ServeArgs;
use crate::config::Config;
use crate::logging;
use crate::server::Server;

/// Runs it until SIGTERM or Ctrl-C.
pub(crate) async fn run(args: ServeArgs) -> anyhow::Result<()> {
    let config = Config::for_server(&args)?;
    logging::start(&config)?;
    let server = Server::start(&config).await?;
    if let Some(link) = &server.setup_link {
        println!("Nobody owns this installation yet. Set up its console here, once:\n  {link}");
    }
    server.until_stopped().await
}
