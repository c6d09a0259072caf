//! What HLS costs: clients that fetch the playlist and its newest segment, again and again, without a rest.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;

use anyhow::{Context as _, anyhow, bail, ensure};
use serde::{Deserialize, Serialize};
use tempfile::TempDir;

use crate::clock::{MS, SECOND, now_ns, sleep_until};
use crate::film::{self, Film};
use crate::http::Client;
use crate::proc;
use crate::server::{self, Kind, Running};

const CLIENTS: usize = 8;
/// A playlist with so many segments is measured.
const SEGMENTS: usize = 3;

/// What was measured.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct HlsFigure {
    pub(crate) server: String,
    pub(crate) requests_per_s: f64,
    /// Requests for each second of the server's CPU time.
    pub(crate) requests_per_cpu_s: f64,
    pub(crate) cpu_s_per_gb: f64,
    pub(crate) cores: f64,
    pub(crate) load: f64,
}

#[derive(Default)]
struct Counts {
    requests: AtomicU64,
    bytes: AtomicU64,
    stop: AtomicBool,
}

/// Kaibo, or any server that muxes HLS itself.
pub(crate) fn measure_live(
    kind: &Kind,
    film: &Arc<Film>,
    cache: &Path,
    window_s: f64,
) -> anyhow::Result<HlsFigure> {
    measure(kind.name(), server::start(kind, film, cache)?, window_s)
}

/// nginx with finished files: what an operator would put in front.
pub(crate) fn measure_nginx(cache: &Path, window_s: f64) -> anyhow::Result<HlsFigure> {
    let folder = TempDir::with_prefix("kaibo-bench-")?;
    let mut ffmpeg = Command::new("ffmpeg");
    ffmpeg.args(["-hide_banner", "-loglevel", "error", "-i"]);
    ffmpeg.arg(std::path::absolute(film::file(cache)?)?);
    ffmpeg.args([
        "-t",
        "12",
        "-c",
        "copy",
        "-f",
        "hls",
        "-hls_time",
        "2",
        "film.m3u8",
    ]);
    let status = ffmpeg.current_dir(folder.path()).status()?;
    ensure!(
        status.success(),
        "ffmpeg could not cut the film for nginx: {status}"
    );
    let server = server::start_nginx_static(folder, "/film.m3u8")?;
    measure("nginx, static files".into(), server, window_s)
}

fn measure(name: String, mut server: Running, window_s: f64) -> anyhow::Result<HlsFigure> {
    let (at, playlist) = server.hls.clone().context("this server has no HLS")?;
    until_filled(at, &playlist)?;
    let counts = Arc::new(Counts::default());
    let clients: Vec<_> = (0..CLIENTS)
        .map(|_| {
            let (counts, playlist) = (counts.clone(), playlist.clone());
            thread::spawn(move || watch(at, &playlist, &counts))
        })
        .collect();
    sleep_until(now_ns() + SECOND / 2);
    let sum = || {
        let load = |count: &AtomicU64| count.load(Ordering::Relaxed);
        (load(&counts.requests), load(&counts.bytes), now_ns())
    };
    let (cpu_0, (requests_0, bytes_0, began)) = (proc::cpu(server.pid())?, sum());
    sleep_until(began + (window_s * SECOND as f64) as u64);
    let (cpu_1, (requests_1, bytes_1, ended)) = (proc::cpu(server.pid())?, sum());
    counts.stop.store(true, Ordering::Relaxed);
    for client in clients {
        client
            .join()
            .map_err(|_| anyhow!("an HLS client panicked"))??;
    }
    server.check()?;
    let cpu_s = cpu_1.since(cpu_0).total_s();
    let (requests, seconds) = (
        (requests_1 - requests_0) as f64,
        (ended - began) as f64 / 1e9,
    );
    Ok(HlsFigure {
        server: name,
        requests_per_s: requests / seconds,
        requests_per_cpu_s: requests / cpu_s,
        cpu_s_per_gb: cpu_s / ((bytes_1 - bytes_0) as f64 / 1e9),
        cores: cpu_s / seconds,
        load: proc::load(),
    })
}

/// A live playlist grows while the film runs.
fn until_filled(at: SocketAddr, playlist: &str) -> anyhow::Result<()> {
    let give_up = now_ns() + 30 * SECOND;
    while now_ns() < give_up {
        let text = fetch(&mut Client::connect(at)?, playlist)?;
        if segments(&text).count() >= SEGMENTS {
            return Ok(());
        }
        sleep_until(now_ns() + 100 * MS);
    }
    bail!("the playlist at {playlist} has no {SEGMENTS} segments after 30 s")
}

fn watch(at: SocketAddr, playlist: &str, counts: &Counts) -> anyhow::Result<()> {
    let mut client = Client::connect(at)?;
    let (folder, _) = playlist.rsplit_once('/').context("a playlist has a path")?;
    while !counts.stop.load(Ordering::Relaxed) {
        let text = fetch(&mut client, playlist)?;
        let newest = segments(&text).last().context("the playlist is empty")?;
        let mut bytes = text.len() as u64;
        client.get(&format!("{folder}/{newest}"), |piece| {
            bytes += piece.len() as u64;
            true
        })?;
        counts.requests.fetch_add(2, Ordering::Relaxed);
        counts.bytes.fetch_add(bytes, Ordering::Relaxed);
    }
    Ok(())
}

fn fetch(client: &mut Client, path: &str) -> anyhow::Result<String> {
    let mut text = Vec::new();
    client.get(path, |piece| {
        text.extend_from_slice(piece);
        true
    })?;
    Ok(String::from_utf8(text)?)
}

/// The names in a playlist, oldest first.
fn segments(playlist: &str) -> impl Iterator<Item = &str> {
    let lines = playlist.lines().map(str::trim);
    lines.filter(|line| !line.is_empty() && !line.starts_with('#'))
}

#[cfg(test)]
mod tests {
    use super::segments;

    #[test]
    fn newest_segment_is_the_last_name_of_the_playlist() {
        let text = "#EXTM3U\r\n#EXTINF:2,\r\na-1.ts\r\n#EXTINF:2,\r\na-2.ts?x=1\r\n\r\n";
        assert_eq!(segments(text).last(), Some("a-2.ts?x=1"));
        assert_eq!(segments("#EXTM3U\n").last(), None);
    }
}
