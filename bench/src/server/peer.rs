//! Other servers, by name and with settings of our own: nginx-rtmp and node-media-server, which
//! `scripts/bench` installs, and those whose binary the caller names.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use anyhow::ensure;
use tempfile::TempDir;

use super::{Encoder, Process, Running};
use crate::film::Film;
use crate::view::Target;

/// Debian's, from libnginx-mod-rtmp.
const NGINX: &str = "/usr/sbin/nginx";
const RTMP_MODULE: &str = "/usr/lib/nginx/modules/ngx_rtmp_module.so";
/// Below the cache's folder.
const NODE_MEDIA_SERVER: &str = "peers/node_modules/node-media-server";

/// A server that is not ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Peer {
    /// RTMP.
    NginxRtmp,
    /// HTTP-FLV.
    NodeMediaServer,
    /// SRS, with its usual merging of 350 ms.
    SrsFlv(PathBuf),
    /// The same over RTMP.
    SrsRtmp(PathBuf),
    /// ZLMediaKit, HTTP-FLV, merging 350 ms.
    Zlm(PathBuf),
    /// MediaMTX, RTMP.
    MediaMtx(PathBuf),
}

/// How to start one, and where to watch.
struct Recipe {
    program: PathBuf,
    args: Vec<String>,
    config: (&'static str, String),
    target: Target,
}

impl Peer {
    /// Those that can be measured here, beside nginx and node-media-server.
    pub(crate) fn named_by_caller() -> Vec<Self> {
        let named = |name| std::env::var_os(name).map(PathBuf::from);
        let srs = named("SRS").into_iter();
        srs.flat_map(|bin| [Self::SrsFlv(bin.clone()), Self::SrsRtmp(bin)])
            .chain(named("ZLM").map(Self::Zlm))
            .chain(named("MEDIAMTX").map(Self::MediaMtx))
            .collect()
    }

    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::NginxRtmp => "nginx-rtmp (RTMP)",
            Self::NodeMediaServer => "node-media-server",
            Self::SrsFlv(_) => "SRS",
            Self::SrsRtmp(_) => "SRS (RTMP)",
            Self::Zlm(_) => "ZLMediaKit",
            Self::MediaMtx(_) => "MediaMTX (RTMP)",
        }
    }

    pub(crate) fn batch_ms(&self) -> u64 {
        match self {
            Self::NginxRtmp | Self::NodeMediaServer | Self::MediaMtx(_) => 0,
            Self::SrsFlv(_) | Self::SrsRtmp(_) | Self::Zlm(_) => 350,
        }
    }

    fn recipe(&self, ports: Ports, cache: &Path) -> anyhow::Result<Recipe> {
        Ok(match self {
            Self::NginxRtmp => {
                ensure!(
                    Path::new(RTMP_MODULE).exists(),
                    "nginx has no RTMP module; install it (Debian: apt-get install libnginx-mod-rtmp)"
                );
                Recipe {
                    program: NGINX.into(),
                    args: words("-p . -e stderr -c nginx.conf"),
                    config: ("nginx.conf", nginx_rtmp(ports)),
                    target: ports.rtmp(),
                }
            }
            Self::NodeMediaServer => {
                let package = std::path::absolute(node_media_server_package(cache))?;
                ensure!(
                    package.exists(),
                    "node-media-server is missing; scripts/bench installs it"
                );
                Recipe {
                    program: "node".into(),
                    args: words("server.cjs"),
                    config: ("server.cjs", node_media_server(&package, ports)),
                    target: ports.flv("/live/film.flv"),
                }
            }
            Self::SrsFlv(bin) | Self::SrsRtmp(bin) => Recipe {
                program: bin.clone(),
                args: words("-c srs.conf"),
                config: ("srs.conf", srs(ports)),
                target: match self {
                    Self::SrsFlv(_) => ports.flv("/live/film.flv"),
                    _ => ports.rtmp(),
                },
            },
            Self::Zlm(bin) => Recipe {
                program: bin.clone(),
                args: words("-c config.ini"),
                config: ("config.ini", zlm(ports)),
                target: ports.flv("/live/film.live.flv"),
            },
            Self::MediaMtx(bin) => Recipe {
                program: bin.clone(),
                args: words("mediamtx.yml"),
                config: ("mediamtx.yml", mediamtx(ports)),
                target: ports.rtmp(),
            },
        })
    }
}

/// Where `scripts/bench` installs it.
pub(crate) fn node_media_server_package(cache: &Path) -> PathBuf {
    cache.join(NODE_MEDIA_SERVER)
}

/// Free when they were looked for.
#[derive(Clone, Copy)]
struct Ports {
    http: u16,
    rtmp: u16,
}

impl Ports {
    fn flv(self, path: &str) -> Target {
        Target::Flv {
            at: local(self.http),
            path: path.into(),
        }
    }

    fn rtmp(self) -> Target {
        Target::Rtmp {
            at: local(self.rtmp),
            app: "live".into(),
            stream: "film".into(),
        }
    }
}

fn local(port: u16) -> SocketAddr {
    (Ipv4Addr::LOCALHOST, port).into()
}

/// A port that nobody listens on.
pub(super) fn free_port() -> anyhow::Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    Ok(listener.local_addr()?.port())
}

fn words(text: &str) -> Vec<String> {
    text.split(' ').map(str::to_owned).collect()
}

/// Starts a peer with its configuration in a folder of its own, and publishes to it.
pub(super) fn start(peer: &Peer, film: &Arc<Film>, cache: &Path) -> anyhow::Result<Running> {
    let ports = Ports {
        http: free_port()?,
        rtmp: free_port()?,
    };
    let recipe = peer.recipe(ports, cache)?;
    let mut process = launch(&recipe.program, &recipe.args, &recipe.config)?;
    let url = format!("rtmp://127.0.0.1:{}/live/film", ports.rtmp);
    let encoder = process.until("it takes a publisher", |_| Encoder::start(&url, film).ok())?;
    process.until_picture(&recipe.target)?;
    Ok(Running {
        target: recipe.target,
        hls: None,
        encoder: Some(encoder),
        process,
    })
}

fn launch(
    program: &Path,
    args: &[String],
    (name, text): &(&'static str, String),
) -> anyhow::Result<Process> {
    let folder = TempDir::with_prefix("kaibo-bench-")?;
    std::fs::write(folder.path().join(name), text)?;
    let mut command = Command::new(program);
    command.args(args);
    Process::start(command, folder)
}

/// What every nginx here begins with: in the foreground, one worker, nothing outside its folder.
fn nginx(body: &str) -> String {
    // Started by root it would give up rights that reading its own folder needs.
    format!(
        "user root;\ndaemon off;\npid nginx.pid;\nworker_processes 1;\nworker_rlimit_nofile 20000;\n\
         error_log stderr error;\nevents {{ worker_connections 20000; }}\n{body}"
    )
}

fn nginx_rtmp(Ports { rtmp, .. }: Ports) -> String {
    let server = format!(
        "rtmp {{ access_log off; server {{ listen 127.0.0.1:{rtmp}; chunk_size 4096; \
         application live {{ live on; }} }} }}\n"
    );
    format!("load_module {RTMP_MODULE};\n{}", nginx(&server))
}

/// Static files of HLS: `folder` holds them. Nothing is published to it.
pub(crate) fn start_nginx_static(folder: TempDir, playlist: &str) -> anyhow::Result<Running> {
    let StaticFiles { at, process } = start_static_files(folder)?;
    Ok(Running {
        target: Target::Flv {
            at,
            path: "/".into(),
        },
        hls: Some((at, playlist.to_owned())),
        encoder: None,
        process,
    })
}

/// nginx with the files of a folder.
pub(crate) struct StaticFiles {
    at: SocketAddr,
    process: Process,
}

impl StaticFiles {
    pub(crate) fn at(&self) -> SocketAddr {
        self.at
    }

    pub(crate) fn pid(&self) -> u32 {
        self.process.child.id()
    }
}

/// One worker that looks a file up once and sends it from the kernel's memory.
pub(crate) fn start_static_files(folder: TempDir) -> anyhow::Result<StaticFiles> {
    let port = free_port()?;
    let body = format!(
        "http {{ access_log off; sendfile on; tcp_nopush on; keepalive_requests 10000000; \
         default_type application/json; open_file_cache max=100; \
         server {{ listen 127.0.0.1:{port}; root .; }} }}\n"
    );
    std::fs::write(folder.path().join("nginx.conf"), nginx(&body))?;
    let mut command = Command::new(NGINX);
    command.args(["-p", ".", "-e", "stderr", "-c", "nginx.conf"]);
    let mut process = Process::start(command, folder)?;
    let at = local(port);
    process.until("nginx answers", |_| crate::http::Client::connect(at).ok())?;
    Ok(StaticFiles { at, process })
}

fn node_media_server(package: &Path, Ports { http, rtmp }: Ports) -> String {
    let package = package.display();
    format!(
        "const Server = require('{package}');\n\
         const server = new Server({{ bind: '127.0.0.1', rtmp: {{ port: {rtmp} }}, \
         http: {{ port: {http} }}, webadmin: {{ enable: false }} }});\n\
         require('{package}/src/core/logger.js').level = 'error';\n\
         server.run();\n"
    )
}

fn srs(Ports { http, rtmp }: Ports) -> String {
    format!(
        "listen {rtmp};\nmax_connections 20000;\ndaemon off;\npid ./srs.pid;\n\
         srs_log_tank console;\nsrs_log_level error;\n\
         http_server {{ enabled on; listen {http}; dir .; }}\n\
         vhost __defaultVhost__ {{\n\
         play {{ mw_latency 350; gop_cache on; }}\n\
         http_remux {{ enabled on; mount [vhost]/[app]/[stream].flv; }}\n}}\n"
    )
}

fn zlm(Ports { http, rtmp }: Ports) -> String {
    format!(
        "[general]\nmergeWriteMS=350\n[http]\nport={http}\nsslport=0\n[rtmp]\nport={rtmp}\nsslport=0\n\
         [rtsp]\nport=0\nsslport=0\n[rtp_proxy]\nport=0\n[rtc]\nport=0\ntcpPort=0\n[srt]\nport=0\n\
         [shell]\nport=0\n[hook]\nenable=0\n"
    )
}

fn mediamtx(Ports { rtmp, .. }: Ports) -> String {
    format!(
        "logLevel: error\nrtmpAddress: 127.0.0.1:{rtmp}\nrtsp: no\nhls: no\nwebrtc: no\nsrt: no\n\
         paths:\n  all_others:\n"
    )
}
