//! Starts Kaibo as an operator and a merchant's back end would: an app, a room, its push address.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use anyhow::{Context as _, ensure};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::{Encoder, Process, Running};
use crate::clock::unix_seconds;
use crate::film::Film;
use crate::http::Client;
use crate::view::Target;

/// How long tags may be gathered before they are sent.
const BUDGET: &str = "KAIBO_MEDIA__LATENCY_BUDGET_MS";
/// All viewers come from one address here, and nobody verifies the anchor.
const SETTINGS: &[(&str, &str)] = &[
    ("KAIBO_ANCHOR__VERIFICATION", "off"),
    ("KAIBO_SERVER__MAX_CONNECTIONS", "20000"),
    ("KAIBO_MEDIA__MAX_VIEWERS", "20000"),
    ("KAIBO_SERVER__LOG_FORMAT", "json"),
];

/// The binary with its environment and nothing of ours, not even a `kaibo.toml` that lies here.
fn kaibo(bin: &Path, budget_ms: u64) -> anyhow::Result<Command> {
    let bin = std::path::absolute(bin)?;
    let mut command = Command::new(bin);
    command.current_dir("/");
    command.env_clear().envs(SETTINGS.iter().copied());
    command.env(BUDGET, budget_ms.to_string());
    Ok(command)
}

/// A server without viewers, for its API.
pub(crate) struct House {
    pub(crate) at: SocketAddr,
    process: Process,
}

impl House {
    /// On a data folder that may have been used before.
    pub(crate) fn open(bin: &Path, data: &Path) -> anyhow::Result<Self> {
        let folder = TempDir::with_prefix("kaibo-bench-")?;
        let (process, at) = serve(bin, 100, data, folder)?;
        Ok(Self { at, process })
    }

    pub(crate) fn pid(&self) -> u32 {
        self.process.child.id()
    }
}

pub(super) fn start(bin: &Path, budget_ms: u64, film: &Arc<Film>) -> anyhow::Result<Running> {
    let folder = TempDir::with_prefix("kaibo-bench-")?;
    let data = folder.path().join("data");
    let (mut process, at) = serve(bin, budget_ms, &data, folder)?;
    let app = create_app(bin, &data)?;
    let shop = Shop::open(at, &app)?;
    let room = shop.room()?;
    let encoder = Encoder::start(&shop.push_address(room)?, film)?;
    let stream = format!("/live/{}-{room}", shop.appid);
    let path = format!("{stream}.flv");
    let target = Target::Flv { at, path };
    process.until_picture(&target)?;
    Ok(Running {
        target,
        hls: Some((at, format!("{stream}/ts.m3u8"))),
        encoder: Some(encoder),
        process,
    })
}

fn serve(
    bin: &Path,
    budget_ms: u64,
    data: &Path,
    folder: TempDir,
) -> anyhow::Result<(Process, SocketAddr)> {
    let mut serve = kaibo(bin, budget_ms)?;
    serve.args([
        "serve",
        "--http",
        "127.0.0.1:0",
        "--rtmp",
        "127.0.0.1:0",
        "--data-dir",
    ]);
    serve.arg(data);
    let mut process = Process::start(serve, folder)?;
    let at = process.until("the server is ready", |process| ready(&process.said()))?;
    Ok((process, at))
}

/// An app with its secret, as the command line makes it.
pub(crate) fn create_app(bin: &Path, data: &Path) -> anyhow::Result<Value> {
    let mut create = kaibo(bin, 100)?;
    create.args(["app", "create", "--data-dir"]).arg(data);
    let made = create.output()?;
    let said = String::from_utf8_lossy(&made.stderr);
    ensure!(made.status.success(), "`kaibo app create` failed: {said}");
    Ok(serde_json::from_slice(&made.stdout)?)
}

/// The address of HTTP in the line that says "ready".
fn ready(said: &str) -> Option<SocketAddr> {
    said.lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .find(|line| line["fields"]["message"] == "ready")
        .and_then(|line| {
            let url = line["fields"]["http"].as_str()?;
            url.strip_prefix("http://")?.parse().ok()
        })
}

/// A merchant's back end.
pub(crate) struct Shop {
    at: SocketAddr,
    appid: String,
    token: String,
}

impl Shop {
    pub(crate) fn open(at: SocketAddr, app: &Value) -> anyhow::Result<Self> {
        let (appid, secret) = (text(app, "appid")?, text(app, "secret")?);
        let path =
            format!("/cgi-bin/token?grant_type=client_credential&appid={appid}&secret={secret}");
        let token = text(&get(at, &path)?, "access_token")?;
        Ok(Self { at, appid, token })
    }

    /// A room that its stream may start at once: due in 15 minutes.
    fn room(&self) -> anyhow::Result<i64> {
        let image = self.upload()?;
        let answer = self.post("wxaapi/broadcast/room/create", &plan(&image))?;
        answer["roomId"]
            .as_i64()
            .with_context(|| format!("room/create says {answer}"))
    }

    /// An operation's path with the token.
    pub(crate) fn path(&self, operation: &str) -> String {
        format!("/{operation}?access_token={}", self.token)
    }

    /// Calls an operation; its answer, which must be a success.
    pub(crate) fn post(&self, operation: &str, body: &Value) -> anyhow::Result<Value> {
        let (path, body) = (self.path(operation), body.to_string());
        let answer = Client::connect(self.at)?.post(&path, "application/json", body.as_bytes())?;
        let answer: Value = serde_json::from_slice(&answer)?;
        ensure!(answer["errcode"] == 0, "{operation} says {answer}");
        Ok(answer)
    }

    /// Uploads a grey PNG of 300x300 pixels, which goods may have; its media id.
    pub(crate) fn upload(&self) -> anyhow::Result<String> {
        const HEAD: &[u8] =
            b"--edge\r\nContent-Disposition: form-data; name=\"media\"; filename=\"a.png\"\r\n\r\n";
        const PNG: &[u8] = include_bytes!("picture.png");
        let body = [HEAD, PNG, b"\r\n--edge--\r\n"].concat();
        let path = self.path("cgi-bin/media/upload") + "&type=image";
        let mime = "multipart/form-data; boundary=edge";
        let answer = Client::connect(self.at)?.post(&path, mime, &body)?;
        text(&serde_json::from_slice(&answer)?, "media_id")
    }

    fn push_address(&self, room: i64) -> anyhow::Result<String> {
        let token = &self.token;
        let path = format!("/wxaapi/broadcast/room/getpushurl?roomId={room}&access_token={token}");
        text(&get(self.at, &path)?, "pushAddr")
    }
}

/// A plan with this image, due in 15 minutes.
pub(crate) fn plan(image: &str) -> Value {
    let start = unix_seconds() + 15 * 60;
    json!({
        "name": "每秒的代价专场",
        "coverImg": image, "shareImg": image, "feedsImg": image,
        "startTime": start, "endTime": start + 3_600,
        "anchorName": "小林", "anchorWechat": "anchor_of_bench",
        "type": 1, "closeLike": 0, "closeGoods": 0, "closeComment": 0,
    })
}

fn get(at: SocketAddr, path: &str) -> anyhow::Result<Value> {
    let mut body = Vec::new();
    Client::connect(at)?.get(path, |piece| {
        body.extend_from_slice(piece);
        true
    })?;
    Ok(serde_json::from_slice(&body)?)
}

fn text(value: &Value, field: &str) -> anyhow::Result<String> {
    let text = value[field]
        .as_str()
        .with_context(|| format!("no {field} in {value}"))?;
    Ok(text.to_owned())
}
