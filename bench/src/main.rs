//! What a viewer costs: on Kaibo, at the least that a kernel can do it for, and on other servers.
#![expect(
    clippy::cast_precision_loss,
    reason = "figures of measurements stay far below 2^53"
)]

mod clock;
mod figure;
mod film;
mod floor;
mod goals;
mod hls;
mod http;
mod matrix;
mod plot;
mod proc;
mod publish;
mod results;
mod server;
mod stamp;
mod summary;
mod view;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use anyhow::Context as _;
use clap::{Args, Parser, Subcommand, ValueEnum};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::film::Film;
use crate::matrix::Run;
use crate::server::{Kind, Peer};
use crate::view::Plan;

const RESULTS: &str = "bench/RESULTS.md";
const PLOT: &str = "docs/images/cost-by-viewers.svg";

#[derive(Parser)]
#[command(name = "kaibo-bench", about)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
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
    /// Write both files anew from the figures of the last run
    Report {
        #[command(flatten)]
        cache: Cache,
    },
    /// Measure one server once; prints a line of JSON
    Once(Once),
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
struct Cache {
    /// Where the encoded film is kept
    #[arg(long, default_value = "target/bench")]
    cache: PathBuf,
}

#[derive(Clone, Copy, ValueEnum)]
enum Name {
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
struct Once {
    #[arg(long)]
    server: Name,
    /// Kaibo's binary
    #[arg(long, default_value = "target/release/kaibo")]
    bin: PathBuf,
    /// Milliseconds of tags that may be gathered; 0: every tag at once
    #[arg(long, default_value_t = 100)]
    batch: u64,
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
    /// Seconds from the start of the stream to the first viewer (30 for memory: HLS fills up first)
    #[arg(long, default_value_t = 2.0)]
    warm: f64,
    /// Slow ones among each hundred viewers: half at 50 kbit/s, half stop reading
    #[arg(long, default_value_t = 0)]
    slow: usize,
    /// More viewers, that come from the opening of the window on
    #[arg(long, default_value_t = 0)]
    joins: usize,
    /// Seconds over which they come
    #[arg(long, default_value_t = 4.0)]
    over: f64,
    #[command(flatten)]
    cache: Cache,
}

fn main() -> anyhow::Result<()> {
    raise_open_files()?;
    match Cli::parse().command {
        Command::Run { bin, quick, cache } => {
            let run = matrix::run(&bin, &cache.cache, quick)?;
            fs::write(cache.figures(), serde_json::to_string_pretty(&run)?)?;
            report(&run, &cache)
        }
        Command::Report { cache } => {
            let text = fs::read_to_string(cache.figures())
                .context("there are no figures yet; run `make bench` first")?;
            report(&serde_json::from_str(&text)?, &cache)
        }
        Command::Once(once) => once.run(),
        Command::Hls { bin, window, cache } => {
            let cache = cache.cache;
            let film = Arc::new(Film::load(&cache)?);
            let figure = match bin {
                Some(bin) => {
                    let kind = Kind::Kaibo { bin, batch_ms: 100 };
                    hls::measure_live(&kind, &film, &cache, window)?
                }
                None => hls::measure_nginx(&cache, window)?,
            };
            println!("{}", serde_json::to_string(&figure)?);
            Ok(())
        }
        Command::Publish { url, cache } => {
            let film = Film::load(&cache.cache)?;
            publish::Publisher::connect(&url)?.play(&film, &AtomicBool::new(false))
        }
        Command::Floor { batch, cache } => {
            let floor = floor::Floor::new(Film::load(&cache.cache)?)?;
            println!("{}{}", server::FLOOR_READY, floor.address()?);
            floor.serve(batch)
        }
    }
}

impl Cache {
    /// The figures of the last run.
    fn figures(&self) -> PathBuf {
        self.cache.join("figures.json")
    }
}

/// Writes what people read. A quick run does not replace the whole one that the repository keeps.
fn report(run: &Run, cache: &Cache) -> anyhow::Result<()> {
    let place = |path: &str| match (run.quick, Path::new(path).file_name()) {
        (true, Some(name)) => cache.cache.join(name),
        _ => PathBuf::from(path),
    };
    for (path, text) in [(RESULTS, results::page(run)), (PLOT, plot::svg(run))] {
        let path = place(path);
        let told = "cannot be written; start this in the repository's root";
        fs::write(&path, text).with_context(|| format!("{} {told}", path.display()))?;
        eprintln!("wrote {}", path.display());
    }
    eprint!("\n{}", goals::table(run));
    Ok(())
}

impl Once {
    fn run(self) -> anyhow::Result<()> {
        let plan = Plan {
            viewers: self.viewers,
            rate: self.rate,
            settle_s: self.settle,
            window_s: self.window,
            slow_percent: self.slow,
            joins: self.joins,
            joins_over_s: self.over,
        };
        let batch_ms = self.batch;
        let named = |variable: &str| {
            let path = std::env::var_os(variable).map(PathBuf::from);
            path.with_context(|| format!("${variable} does not name that server's binary"))
        };
        let kind = match self.server {
            Name::Floor => Kind::Floor { batch_ms },
            Name::Kaibo => Kind::Kaibo {
                bin: self.bin,
                batch_ms,
            },
            Name::NginxRtmp => Kind::Peer(Peer::NginxRtmp),
            Name::NodeMediaServer => Kind::Peer(Peer::NodeMediaServer),
            Name::SrsFlv => Kind::Peer(Peer::SrsFlv(named("SRS")?)),
            Name::SrsRtmp => Kind::Peer(Peer::SrsRtmp(named("SRS")?)),
            Name::Zlm => Kind::Peer(Peer::Zlm(named("ZLM")?)),
            Name::MediaMtx => Kind::Peer(Peer::MediaMtx(named("MEDIAMTX")?)),
        };
        let cache = self.cache.cache;
        let film = Arc::new(Film::load(&cache)?);
        let figure = figure::measure(&kind, &plan, self.warm, &film, &cache)?;
        println!("{}", serde_json::to_string(&figure)?);
        Ok(())
    }
}

/// Each viewer holds a file here and one in the server, which inherits this limit.
fn raise_open_files() -> anyhow::Result<()> {
    let limit = getrlimit(Resource::Nofile);
    setrlimit(
        Resource::Nofile,
        Rlimit {
            current: limit.maximum,
            maximum: limit.maximum,
        },
    )?;
    Ok(())
}
