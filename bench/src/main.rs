//! What a viewer costs: on Kaibo, at the least that a kernel can do it for, and on other servers.
#![expect(
    clippy::cast_precision_loss,
    reason = "figures of measurements stay far below 2^53"
)]

mod api;
mod cli;
mod clock;
mod figure;
mod film;
mod floor;
mod goal;
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
use clap::Parser as _;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use serde::Serialize;

use crate::cli::{Cache, Cli, Command, Once};
use crate::figure::{Figure, Subject};
use crate::film::Film;
use crate::matrix::Run;
use crate::server::Kind;

const RESULTS: &str = "bench/RESULTS.md";
const API_RESULTS: &str = "bench/RESULTS-api.md";
const PLOT: &str = "docs/images/cost-by-viewers.svg";

fn main() -> anyhow::Result<()> {
    raise_open_files()?;
    match Cli::parse().command {
        Command::Run { bin, quick, cache } => {
            let run = matrix::run(&bin, &cache.cache, quick)?;
            fs::write(cache.figures(), serde_json::to_string_pretty(&run)?)?;
            report(&run, &cache)
        }
        Command::Api { bin, quick, cache } => {
            let run = api::run(&bin, quick)?;
            write(API_RESULTS, &api::page(&run), quick, &cache)?;
            eprint!("\n{}", api::goals(&run));
            Ok(())
        }
        Command::Report { cache } => {
            let text = fs::read_to_string(cache.figures())
                .context("there are no figures yet; run `make bench` first")?;
            report(&serde_json::from_str(&text)?, &cache)
        }
        Command::Once(args) => print(&once(&args)?),
        Command::View { target, pid, plan } => {
            let subject = Subject {
                name: target.to_string(),
                batch_ms: 0,
                pid,
                target: &target,
            };
            print(&figure::watch(&subject, &plan.plan())?)
        }
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
            print(&figure)
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

fn report(run: &Run, cache: &Cache) -> anyhow::Result<()> {
    for (path, text) in [(RESULTS, results::page(run)), (PLOT, plot::svg(run))] {
        write(path, &text, run.quick, cache)?;
    }
    eprint!("\n{}", goals::table(run));
    Ok(())
}

/// Writes what people read. A quick run does not replace the whole one that the repository keeps.
fn write(path: &str, text: &str, quick: bool, cache: &Cache) -> anyhow::Result<()> {
    let path = match (quick, Path::new(path).file_name()) {
        (true, Some(name)) => {
            fs::create_dir_all(&cache.cache)?;
            cache.cache.join(name)
        }
        _ => PathBuf::from(path),
    };
    let told = "cannot be written; start this in the repository's root";
    fs::write(&path, text).with_context(|| format!("{} {told}", path.display()))?;
    eprintln!("wrote {}", path.display());
    Ok(())
}

fn once(once: &Once) -> anyhow::Result<Figure> {
    let cache = &once.cache.cache;
    let film = Arc::new(Film::load(cache)?);
    figure::measure(&once.kind()?, &once.plan.plan(), once.warm, &film, cache)
}

fn print(figure: &impl Serialize) -> anyhow::Result<()> {
    println!("{}", serde_json::to_string(figure)?);
    Ok(())
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
