//! Callers: without a rest, to see what a call costs; at a fixed rate, to see how long it takes.

use std::fs::File;
use std::io::{Seek as _, Write as _};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;

use anyhow::{anyhow, ensure};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::clock::{MS, SECOND, now_ns, sleep_until};
use crate::http::Client;
use crate::proc;
use crate::summary::{Spread, median};

/// From the first call to the window, so that caches and buffers are warm.
const WARM_NS: u64 = SECOND / 2;

/// A request as it goes over the wire.
#[derive(Clone, Debug)]
pub(crate) struct Call(Vec<u8>);

impl Call {
    pub(crate) fn get(path: &str) -> Self {
        Self(format!("GET {path} HTTP/1.1\r\nHost: bench\r\n\r\n").into_bytes())
    }

    pub(crate) fn post(path: &str, body: &Value) -> Self {
        let body = body.to_string();
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\n\r\n",
            body.len()
        );
        Self((head + &body).into_bytes())
    }
}

/// What calls without a rest gave.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Asked {
    pub(crate) per_s: f64,
    /// For each second of the server's CPU time.
    pub(crate) per_cpu_s: f64,
    pub(crate) cores: f64,
    pub(crate) load: f64,
}

/// One answer's body.
pub(crate) fn once(at: SocketAddr, call: &Call) -> anyhow::Result<Vec<u8>> {
    let mut body = Vec::new();
    Client::connect(at)?.ask(&call.0, |piece| body.extend_from_slice(piece))?;
    Ok(body)
}

/// Nanoseconds from the first byte sent to the last that came.
pub(crate) fn timed(client: &mut Client, call: &Call) -> anyhow::Result<u64> {
    let began = now_ns();
    asked(client, call)?;
    Ok(now_ns() - began)
}

/// An answer that is a refusal would make everything look cheap.
fn asked(client: &mut Client, call: &Call) -> anyhow::Result<()> {
    let mut bytes = 0;
    let mut start = [0; 1];
    client.ask(&call.0, |piece| {
        if bytes == 0 {
            start.copy_from_slice(&piece[..1]);
        }
        bytes += piece.len();
    })?;
    ensure!(
        start == *b"{" && (bytes > 1_000 || call.is_change()),
        "an answer of {bytes} bytes is none"
    );
    Ok(())
}

impl Call {
    /// Changes are answered briefly.
    fn is_change(&self) -> bool {
        self.0.windows(6).any(|part| part == b"/room/")
    }
}

pub(crate) fn without_rest(
    at: SocketAddr,
    pid: u32,
    call: &Call,
    clients: usize,
    window_s: f64,
) -> anyhow::Result<Asked> {
    let (calls, stop) = (AtomicU64::new(0), AtomicBool::new(false));
    let ask = || {
        let mut client = Client::connect(at)?;
        while !stop.load(Ordering::Relaxed) {
            asked(&mut client, call)?;
            calls.fetch_add(1, Ordering::Relaxed);
        }
        anyhow::Ok(())
    };
    let look = || anyhow::Ok((proc::cpu(pid)?, calls.load(Ordering::Relaxed), now_ns()));
    thread::scope(|scope| {
        let clients: Vec<_> = (0..clients).map(|_| scope.spawn(ask)).collect();
        sleep_until(now_ns() + WARM_NS);
        let before = look();
        sleep_until(now_ns() + nanoseconds(window_s));
        let after = look();
        stop.store(true, Ordering::Relaxed);
        for client in clients {
            client.join().map_err(|_| anyhow!("a client panicked"))??;
        }
        let ((cpu_0, calls_0, began), (cpu_1, calls_1, ended)) = (before?, after?);
        let cpu_s = cpu_1.since(cpu_0).total_s();
        let (calls, seconds) = ((calls_1 - calls_0) as f64, (ended - began) as f64 / 1e9);
        Ok(Asked {
            per_s: calls / seconds,
            per_cpu_s: calls / cpu_s,
            cores: cpu_s / seconds,
            load: proc::load(),
        })
    })
}

/// Calls that are due at a fixed rate, whether earlier ones are answered or not: each is timed from
/// when it was due. `changes`: two calls in turns, so many a second.
pub(crate) fn steady(
    at: SocketAddr,
    call: &Call,
    (rate, connections): (u64, usize),
    changes: Option<(&[Call; 2], u64)>,
    seconds: f64,
) -> anyhow::Result<Spread> {
    let began = now_ns() + 50 * MS;
    let warm = rate * WARM_NS / SECOND;
    let most = warm + (seconds * rate as f64) as u64;
    let (next, stop) = (AtomicU64::new(0), AtomicBool::new(false));
    let ask = || {
        let mut client = Client::connect(at)?;
        let mut took = Vec::new();
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= most {
                return anyhow::Ok(took);
            }
            let due = began + number * SECOND / rate;
            sleep_until(due);
            asked(&mut client, call)?;
            if number >= warm {
                took.push(now_ns() - due);
            }
        }
    };
    let change = || {
        let Some((calls, per_s)) = changes else {
            return anyhow::Ok(());
        };
        let mut client = Client::connect(at)?;
        for (number, call) in (1..).zip(calls.iter().cycle()) {
            if stop.load(Ordering::Relaxed) {
                break;
            }
            asked(&mut client, call)?;
            sleep_until(began + number * SECOND / per_s);
        }
        Ok(())
    };
    thread::scope(|scope| {
        let changing = scope.spawn(change);
        let clients: Vec<_> = (0..connections).map(|_| scope.spawn(ask)).collect();
        let mut all = Vec::new();
        let mut failed = None;
        for client in clients {
            match client.join().map_err(|_| anyhow!("a client panicked"))? {
                Ok(took) => all.extend(took),
                Err(error) => failed = Some(error),
            }
        }
        stop.store(true, Ordering::Relaxed);
        changing
            .join()
            .map_err(|_| anyhow!("the changes panicked"))??;
        failed.map_or(Ok(Spread::of(all)), Err)
    })
}

/// Callers of which each waits for its answer before it calls again.
pub(crate) fn callers(
    at: SocketAddr,
    call: &Call,
    callers: usize,
    window_s: f64,
) -> anyhow::Result<(f64, Spread)> {
    let opens = now_ns() + WARM_NS;
    let closes = opens + nanoseconds(window_s);
    let ask = || {
        let mut client = Client::connect(at)?;
        let mut took = Vec::new();
        while now_ns() < closes {
            let began = now_ns();
            let one = timed(&mut client, call)?;
            if began >= opens && began + one <= closes {
                took.push(one);
            }
        }
        anyhow::Ok(took)
    };
    thread::scope(|scope| {
        let callers: Vec<_> = (0..callers).map(|_| scope.spawn(ask)).collect();
        let mut all = Vec::new();
        for caller in callers {
            all.extend(caller.join().map_err(|_| anyhow!("a caller panicked"))??);
        }
        Ok((all.len() as f64 / window_s, Spread::of(all)))
    })
}

/// How long the disk of a folder takes for 4 KiB that are to survive the loss of power.
pub(crate) fn sync_ms(folder: &Path) -> anyhow::Result<f64> {
    let path = folder.join("sync-probe");
    let mut file = File::create(&path)?;
    let mut took = Vec::new();
    for _ in 0..50 {
        let began = now_ns();
        file.rewind()?;
        file.write_all(&[7; 4096])?;
        file.sync_data()?;
        took.push((now_ns() - began) as f64 / 1e6);
    }
    std::fs::remove_file(&path)?;
    Ok(median(took))
}

fn nanoseconds(seconds: f64) -> u64 {
    (seconds * SECOND as f64) as u64
}
