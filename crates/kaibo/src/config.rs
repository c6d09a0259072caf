//! The configuration: defaults, then the file, then `KAIBO_SECTION__KEY`, then flags. Unknown keys
//! are refused, so that a typing error never turns a setting off.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;

use anyhow::{Context as _, anyhow, bail};
use kaibo_api::ApiConfig;
use kaibo_app::AppConfig;
use kaibo_app::settings::{
    AnchorConfig, CodesConfig, ContentConfig, GoodsConfig, RoomConfig, WechatConfig,
};
use kaibo_domain::quota::Limits;
use kaibo_media::MediaConfig;
use kaibo_outbound::OutboundConfig;
use kaibo_store::Database;
use serde::Deserialize;
use toml::{Table, Value};
use tracing_subscriber::EnvFilter;

use crate::cli::{Place, ServeArgs};

/// `kaibo.toml` as it lies in the repository: every key, its default, its reason.
pub(crate) const DEFAULT_TEXT: &str = include_str!("../../../kaibo.toml");
const ENV_PREFIX: &str = "KAIBO_";

/// The whole file.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Config {
    /// Listeners, folders, logs.
    pub(crate) server: ServerConfig,
    /// Rooms.
    pub(crate) room: RoomConfig,
    /// Quotas of each app.
    pub(crate) limits: Limits,
    /// Anchors.
    pub(crate) anchor: AnchorConfig,
    /// Goods and shelves.
    pub(crate) goods: GoodsConfig,
    /// Words.
    pub(crate) content: ContentConfig,
    /// The WeChat-compatible API.
    pub(crate) wechat: WechatConfig,
    /// Share codes and posters.
    pub(crate) codes: CodesConfig,
    /// Pages and APIs.
    pub(crate) api: ApiConfig,
    /// The media server.
    pub(crate) media: MediaConfig,
    /// Calls that leave the house.
    pub(crate) outbound: OutboundConfig,
}

/// `[server]`.
#[derive(Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct ServerConfig {
    /// Folder of the master key, the images and, where it is SQLite, the database.
    pub(crate) data_dir: PathBuf,
    /// The PostgreSQL database, with its password; empty: SQLite in the folder.
    pub(crate) database_url: String,
    /// Most connections that read the database at once.
    pub(crate) database_readers: usize,
    /// Address for pages, APIs and playback.
    pub(crate) http: SocketAddr,
    /// Address for encoders.
    pub(crate) rtmp: SocketAddr,
    /// Address under which browsers reach this server; empty: the listener's own.
    pub(crate) public_http: String,
    /// Address under which encoders reach this server; empty: the listener's own.
    pub(crate) public_rtmp: String,
    /// Most HTTP connections at once.
    pub(crate) max_connections: usize,
    /// Opens `/metrics`, as `Authorization: Bearer <token>`; empty: there is no `/metrics`.
    pub(crate) metrics_token: String,
    /// Which log lines are written.
    pub(crate) log: String,
    /// How log lines look.
    pub(crate) log_format: LogFormat,
}

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// Without the token, and without the database's password.
impl fmt::Debug for ServerConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerConfig")
            .field("data_dir", &self.data_dir)
            .field("http", &self.http)
            .field("rtmp", &self.rtmp)
            .finish_non_exhaustive()
    }
}

impl Default for ServerConfig {
    fn default() -> Self {
        Self {
            data_dir: "data".into(),
            database_url: String::new(),
            database_readers: 4,
            http: ([0, 0, 0, 0], 8080).into(),
            rtmp: ([0, 0, 0, 0], 1935).into(),
            public_http: String::new(),
            public_rtmp: String::new(),
            max_connections: 20_000,
            metrics_token: String::new(),
            log: "info".into(),
            log_format: LogFormat::Text,
        }
    }
}

impl Config {
    /// Reads the configuration for a command.
    pub(crate) fn load(place: &Place) -> anyhow::Result<Self> {
        let file = match &place.config {
            Some(path) => Some(path.clone()),
            None => Some(PathBuf::from("kaibo.toml")).filter(|path| path.exists()),
        };
        let text = match &file {
            Some(path) => std::fs::read_to_string(path)
                .with_context(|| format!("cannot read {}", path.display()))?,
            None => String::new(),
        };
        let mut config = Self::parse(&text, std::env::vars()).with_context(|| match &file {
            Some(path) => format!("the configuration in {} cannot be used", path.display()),
            None => "the configuration cannot be used".into(),
        })?;
        if let Some(folder) = &place.data_dir {
            config.server.data_dir.clone_from(folder);
        }
        if let Some(url) = &place.database_url {
            config.server.database_url.clone_from(url);
        }
        Ok(config)
    }

    /// Reads the configuration for `serve` and `demo`.
    pub(crate) fn for_server(args: &ServeArgs) -> anyhow::Result<Self> {
        let mut config = Self::load(&args.place)?;
        config.server.http = args.http.unwrap_or(config.server.http);
        config.server.rtmp = args.rtmp.unwrap_or(config.server.rtmp);
        if let Some(url) = &args.public_http {
            config.server.public_http.clone_from(url);
        }
        if let Some(url) = &args.public_rtmp {
            config.server.public_rtmp.clone_from(url);
        }
        config.check()?;
        Ok(config)
    }

    fn parse(text: &str, env: impl Iterator<Item = (String, String)>) -> anyhow::Result<Self> {
        let mut table = read_table(text)?;
        let defaults: Table = DEFAULT_TEXT.parse().expect("a test reads it");
        for (name, value) in env.filter(|(name, _)| is_setting(name)) {
            overlay(&mut table, &defaults, &name, &value)?;
        }
        let mut config: Self = table.try_into()?;
        // One rule, one key: how long without media makes a stream lost.
        config.media.lost_ms = u64::try_from(config.room.lost.as_millis()).unwrap_or(10_000);
        Ok(config)
    }

    /// What can only be said of values together, or not by their types.
    pub(crate) fn check(&self) -> anyhow::Result<()> {
        let server = &self.server;
        check_scheme(
            "server.public_http",
            &server.public_http,
            &["http://", "https://"],
        )?;
        check_scheme(
            "server.public_rtmp",
            &server.public_rtmp,
            &["rtmp://", "rtmps://"],
        )?;
        self.log_filter()?;
        self.database()?;
        let settings =
            kaibo_app::Settings::new(&self.app(), "http://localhost", "rtmp://localhost")?;
        if let Some(font) = &settings.font {
            std::fs::File::open(font)
                .with_context(|| format!("codes.font: cannot read {}", font.display()))?;
        }
        Ok(())
    }

    /// Which log lines are written.
    pub(crate) fn log_filter(&self) -> anyhow::Result<EnvFilter> {
        EnvFilter::try_new(&self.server.log)
            .map_err(|error| anyhow!("server.log: {error}; write one such as \"info\""))
    }

    /// Where the rows are.
    pub(crate) fn database(&self) -> anyhow::Result<Database> {
        let server = &self.server;
        if server.database_readers == 0 {
            bail!("server.database_readers must be at least 1");
        }
        Ok(Database::from_url(&server.database_url)?.with_readers(server.database_readers))
    }

    /// The part that the use cases read.
    pub(crate) fn app(&self) -> AppConfig {
        AppConfig {
            room: self.room.clone(),
            limits: self.limits,
            anchor: self.anchor.clone(),
            goods: self.goods.clone(),
            content: self.content.clone(),
            wechat: self.wechat.clone(),
            codes: self.codes.clone(),
        }
    }
}

/// Reads the file. A mistake is told by its line's number, not its text, which may hold a password.
fn read_table(text: &str) -> anyhow::Result<Table> {
    text.parse().map_err(|error: toml::de::Error| {
        let before = error.span().and_then(|span| text.get(..span.start));
        let line = before.map_or(1, |before| before.matches('\n').count() + 1);
        anyhow!("line {line}: {}", error.message())
    })
}

/// Whether an environment variable is meant for us. Kubernetes sets `KAIBO_PORT…` and
/// `KAIBO_SERVICE_…` in every container beside a service of this name; those are not.
fn is_setting(name: &str) -> bool {
    let of_a_service = |rest: &str| rest == "PORT" || rest.starts_with("PORT_");
    name.strip_prefix(ENV_PREFIX)
        .is_some_and(|rest| !of_a_service(rest) && !rest.starts_with("SERVICE_"))
}

/// Lays `KAIBO_SECTION__KEY=value` over the file. The default's type says how to read the value.
fn overlay(table: &mut Table, defaults: &Table, name: &str, value: &str) -> anyhow::Result<()> {
    let path = name[ENV_PREFIX.len()..].to_ascii_lowercase();
    let Some((section, key)) = path.split_once("__") else {
        bail!("{name}: settings are named KAIBO_SECTION__KEY, such as KAIBO_SERVER__HTTP");
    };
    let default = defaults.get(section).and_then(|section| section.get(key));
    let parsed = match default {
        None => bail!("{name}: there is no setting {section}.{key}; see `kaibo config default`"),
        Some(Value::String(_)) => Value::String(value.to_owned()),
        Some(_) => format!("value = {value}")
            .parse::<Table>()
            .ok()
            .and_then(|mut table| table.remove("value"))
            .ok_or_else(|| anyhow!("{name}: cannot read {value:?}"))?,
    };
    let entry = table
        .entry(section)
        .or_insert_with(|| Value::Table(Table::new()));
    let section_table = entry
        .as_table_mut()
        .ok_or_else(|| anyhow!("[{section}] must be a section"))?;
    section_table.insert(key.to_owned(), parsed);
    Ok(())
}

fn check_scheme(key: &str, url: &str, schemes: &[&str]) -> anyhow::Result<()> {
    if url.is_empty() || schemes.iter().any(|scheme| url.starts_with(scheme)) {
        return Ok(());
    }
    bail!("{key}: {url:?} must begin with {}", schemes.join(" or "))
}

/// What browsers or encoders use: the setting, or the listener's own address. A listener on every
/// address is reached as this machine.
pub(crate) fn public_address(
    setting: &str,
    scheme: &str,
    default_port: u16,
    at: SocketAddr,
) -> String {
    if !setting.is_empty() {
        return setting.trim_end_matches('/').to_owned();
    }
    let host = match at {
        SocketAddr::V4(at) if at.ip().is_unspecified() => "127.0.0.1".to_owned(),
        SocketAddr::V6(at) if at.ip().is_unspecified() => "[::1]".to_owned(),
        SocketAddr::V4(at) => at.ip().to_string(),
        SocketAddr::V6(at) => format!("[{}]", at.ip()),
    };
    match at.port() {
        port if port == default_port => format!("{scheme}://{host}"),
        port => format!("{scheme}://{host}:{port}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str, env: &[(&str, &str)]) -> anyhow::Result<Config> {
        Config::parse(
            text,
            env.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())),
        )
    }

    #[test]
    fn the_printed_default_is_the_default() {
        assert_eq!(parse(DEFAULT_TEXT, &[]).unwrap(), Config::default());
    }

    #[test]
    fn environment_beats_the_file() {
        let env = [
            ("KAIBO_ROOM__GRACE", "20m"),
            ("KAIBO_LIMITS__ROOMS_PER_DAY", "7"),
            ("HOME", "/"),
        ];
        let config = parse("[limits]\nrooms_per_day = 3\n", &env).unwrap();
        assert_eq!(config.limits.rooms_per_day, 7);
        assert_eq!(config.room.grace.as_secs(), 1200);
    }

    #[test]
    fn unknown_keys_are_refused_wherever_they_come_from() {
        assert!(parse("[server]\nhtttp = \"0.0.0.0:1\"\n", &[]).is_err());
        assert!(parse("[sever]\n", &[]).is_err());
        assert!(parse("", &[("KAIBO_SERVER__HTTTP", "x")]).is_err());
        assert!(parse("", &[("KAIBO_HTTP", "x")]).is_err());
    }

    #[test]
    fn variables_of_a_kubernetes_service_are_not_settings() {
        let env = [
            ("KAIBO_PORT", "tcp://10.0.0.1:80"),
            ("KAIBO_PORT_8080_TCP_ADDR", "10.0.0.1"),
            ("KAIBO_SERVICE_HOST", "10.0.0.1"),
        ];
        assert_eq!(parse("", &env).unwrap(), Config::default());
    }

    #[test]
    fn values_that_cannot_be_used_are_named() {
        for (text, key) in [
            (
                "[server]\npublic_http = \"live.example.com\"",
                "server.public_http",
            ),
            (
                "[server]\npublic_rtmp = \"http://live.example.com\"",
                "server.public_rtmp",
            ),
            ("[server]\nlog = \"a=b=c\"", "server.log"),
            (
                "[server]\ndatabase_url = \"mysql://kaibo@db/kaibo\"",
                "server.database_url",
            ),
            ("[server]\ndatabase_readers = 0", "server.database_readers"),
            ("[room]\nmax_hours = 25", "room.max_hours"),
            ("[room]\ntime_zone = \"Mars\"", "room.time_zone"),
            ("[codes]\nfont = \"/none.ttc\"", "codes.font"),
            ("[codes]\nplugin_appid = \"a-b\"", "codes.plugin_appid"),
        ] {
            let said = parse(text, &[]).unwrap().check().unwrap_err().to_string();
            assert!(said.contains(key), "{said}");
        }
    }

    #[test]
    fn the_databases_password_is_in_no_message() {
        for text in [
            "[server]\ndatabase_url = \"mysql://kaibo:canary@db/kaibo\"",
            "[server]\ndatabase_url = \"postgres://kaibo:canary@db:many/kaibo\"",
            "[server]\ndatabase_url = \"postgres://kaibo:canary@db/kaibo?sslmode=maybe\"",
            "[server]\ndatabase_url = \"postgres://kaibo:canary@db/kaibo",
            "[server]\ndatabase_urll = \"postgres://kaibo:canary@db/kaibo\"",
            "[server]\ndatabase_url = postgres://kaibo:canary@db/kaibo",
        ] {
            let read = parse(text, &[]);
            let error = read.and_then(|config| config.check()).unwrap_err();
            let said = format!("{error:#} {error:?}");
            assert!(!said.contains("canary"), "{said}");
        }
        let text = "[server]\ndatabase_url = \"postgres://kaibo:canary@db/kaibo\"";
        let config = parse(text, &[]).unwrap();
        let said = format!("{config:?} {:?}", config.database().unwrap());
        assert!(!said.contains("canary"), "{said}");
        assert!(said.contains("postgres://kaibo@db:5432/kaibo"), "{said}");
    }

    #[test]
    fn a_mistake_in_the_file_is_told_by_its_line() {
        let error = parse("[room]\nearly = \"30m\"\nlost =\n", &[]).unwrap_err();
        assert!(error.to_string().starts_with("line 3:"), "{error}");
    }

    #[test]
    fn public_address_falls_back_to_the_listener() {
        let at = |text: &str| text.parse().unwrap();
        assert_eq!(
            public_address("", "http", 80, at("0.0.0.0:8080")),
            "http://127.0.0.1:8080"
        );
        assert_eq!(
            public_address("", "rtmp", 1935, at("10.0.0.7:1935")),
            "rtmp://10.0.0.7"
        );
        assert_eq!(
            public_address("", "http", 80, at("[::]:8080")),
            "http://[::1]:8080"
        );
        assert_eq!(
            public_address("https://live.example/", "http", 80, at("0.0.0.0:1")),
            "https://live.example"
        );
    }
}
