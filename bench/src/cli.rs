//! The command line.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::server::{Kind, Peer};
use crate::view::{Plan, Target};

#[derive(Parser)]
#[command(name = "kaibo-bench", about)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Measure everything; writes bench/RESULTS.md and docs/images/cost-by-viewers.svg (a quick run: beside the cache)
    Run {
        /// Kaibo's binary
        #[arg(long, default_value = "target/release/kaibo")]
        bin: PathBuf,
        /// A part of it, in 3 minutes
        #[arg(long)]
        quick: bool,
        #[command(flatten)]
        cache: Cache,
    },
    /// Measure the API; writes bench/RESULTS-api.md (a quick run: beside the cache)
    Api {
        /// Kaibo's binary
        #[arg(long, default_value = "target/release/kaibo")]
        bin: PathBuf,
        /// A part of it, in a minute
        #[arg(long)]
        quick: bool,
        #[command(flatten)]
        cache: Cache,
    },
    /// Write both files anew from the figures of the last run
    Report {
        #[command(flatten)]
        cache: Cache,
    },
    /// Measure one server once; prints a line of JSON
    Once(Once),
    /// Watch a server that runs already; prints a line of JSON
    View {
        /// Such as http://127.0.0.1:8080/live/film.flv or rtmp://127.0.0.1:1935/live/film
        target: Target,
        /// The server's process, whose cost is taken
        #[arg(long)]
        pid: u32,
        #[command(flatten)]
        plan: PlanArgs,
    },
    /// Measure HLS once: requests for each second of CPU; prints a line of JSON
    Hls {
        /// Kaibo's binary; without it nginx with static files
        #[arg(long)]
        bin: Option<PathBuf>,
        /// Seconds that are measured
        #[arg(long, default_value_t = 5.0)]
        window: f64,
        #[command(flatten)]
        cache: Cache,
    },
    /// Publish the film over RTMP in real time until interrupted
    Publish {
        /// Such as rtmp://127.0.0.1/live/film
        url: String,
        #[command(flatten)]
        cache: Cache,
    },
    /// Be the floor: serve the film over HTTP-FLV with the least work there is
    Floor {
        /// Milliseconds of tags in one send; 0: every tag at once
        #[arg(long, default_value_t = 0)]
        batch: u64,
        #[command(flatten)]
        cache: Cache,
    },
}

#[derive(Args)]
pub(crate) struct Cache {
    /// Where the encoded film is kept
    #[arg(long, default_value = "target/bench")]
    pub(crate) cache: PathBuf,
}

#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Name {
    Floor,
    Kaibo,
    NginxRtmp,
    NodeMediaServer,
    /// The binary that $SRS names
    SrsFlv,
    SrsRtmp,
    /// The binary that $ZLM names
    Zlm,
    /// The binary that $MEDIAMTX names
    MediaMtx,
}

#[derive(Args)]
pub(crate) struct Once {
    #[arg(long)]
    pub(crate) server: Name,
    /// Kaibo's binary
    #[arg(long, default_value = "target/release/kaibo")]
    pub(crate) bin: PathBuf,
    /// Milliseconds of tags that may be gathered; 0: every tag at once
    #[arg(long, default_value_t = 100)]
    pub(crate) batch: u64,
    /// Seconds from the start of the stream to the first viewer (30 for memory: HLS fills up first)
    #[arg(long, default_value_t = 2.0)]
    pub(crate) warm: f64,
    #[command(flatten)]
    pub(crate) plan: PlanArgs,
    #[command(flatten)]
    pub(crate) cache: Cache,
}

/// Who comes when.
#[derive(Args)]
pub(crate) struct PlanArgs {
    #[arg(long, default_value_t = 1_000)]
    viewers: usize,
    /// Viewers let in a second
    #[arg(long, default_value_t = 250)]
    rate: usize,
    /// Seconds from the last viewer to the window
    #[arg(long, default_value_t = 3.0)]
    settle: f64,
    /// Seconds that are measured
    #[arg(long, default_value_t = 6.0)]
    window: f64,
    /// Slow ones among each hundred viewers: half at 50 kbit/s, half stop reading
    #[arg(long, default_value_t = 0)]
    slow: usize,
    /// More viewers, that come from the opening of the window on
    #[arg(long, default_value_t = 0)]
    joins: usize,
    /// Seconds over which they come
    #[arg(long, default_value_t = 4.0)]
    over: f64,
}

impl PlanArgs {
    pub(crate) fn plan(&self) -> Plan {
        Plan {
            viewers: self.viewers,
            rate: self.rate,
            settle_s: self.settle,
            window_s: self.window,
            slow_percent: self.slow,
            joins: self.joins,
            joins_over_s: self.over,
        }
    }
}

impl Once {
    /// The server that is meant; some are where the environment says.
    pub(crate) fn kind(&self) -> anyhow::Result<Kind> {
        let batch_ms = self.batch;
        let named = |variable: &str| {
            let path = std::env::var_os(variable).map(PathBuf::from);
            path.with_context(|| format!("${variable} does not name that server's binary"))
        };
        Ok(match self.server {
            Name::Floor => Kind::Floor { batch_ms },
            Name::Kaibo => Kind::Kaibo {
                bin: self.bin.clone(),
                batch_ms,
            },
            Name::NginxRtmp => Kind::Peer(Peer::NginxRtmp),
            Name::NodeMediaServer => Kind::Peer(Peer::NodeMediaServer),
            Name::SrsFlv => Kind::Peer(Peer::SrsFlv(named("SRS")?)),
            Name::SrsRtmp => Kind::Peer(Peer::SrsRtmp(named("SRS")?)),
            Name::Zlm => Kind::Peer(Peer::Zlm(named("ZLM")?)),
            Name::MediaMtx => Kind::Peer(Peer::MediaMtx(named("MEDIAMTX")?)),
        })
    }
}
