//! The command line.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use kaibo_domain::id::{AppId, GoodsId, RoomId};

/// A self-hosted live-commerce platform that speaks WeChat's live API.
#[derive(Debug, Parser)]
#[command(name = "kaibo", version, about)]
pub(crate) struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run the server.
    Serve(ServeArgs),
    /// Run the server with a demo app, a verified anchor and a live room fed by a test film.
    Demo(ServeArgs),
    /// Apps (merchants' mini programs).
    #[command(subcommand)]
    App(AppCommand),
    /// Anchors.
    #[command(subcommand)]
    Anchor(AnchorCommand),
    /// Rooms.
    #[command(subcommand)]
    Room(RoomCommand),
    /// Goods and their audit.
    #[command(subcommand)]
    Goods(GoodsCommand),
    /// People who use the console.
    #[command(subcommand)]
    User(UserCommand),
    /// The database's tables. Whatever opens an installation takes their missing steps by itself.
    #[command(subcommand)]
    Migrate(MigrateCommand),
    /// The configuration file.
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Find out why a shop's calls do not work: call the server as shops and SDKs do, and explain
    /// each difference. Reads alone, unless --trial is given.
    Doctor(DoctorArgs),
    /// Copy an installation into a folder, also while its server runs.
    Backup(BackupArgs),
    /// Put a backup where there is no installation.
    Restore(RestoreArgs),
}

/// Where the installation lies.
#[derive(Clone, Default, Args)]
pub(crate) struct Place {
    /// Configuration file; without it, `kaibo.toml` in the working folder if it exists.
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Folder of the master key, the images and, where it is SQLite, the database.
    #[arg(long, value_name = "FOLDER")]
    pub(crate) data_dir: Option<PathBuf>,
    /// The PostgreSQL database, as postgres://user:password@host/name; empty: SQLite in the folder.
    /// Others on this machine can see it here: rather use KAIBO_SERVER__DATABASE_URL.
    #[arg(long, value_name = "URL")]
    pub(crate) database_url: Option<String>,
}

/// Without the database's password.
impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Place")
            .field("config", &self.config)
            .field("data_dir", &self.data_dir)
            .finish_non_exhaustive()
    }
}

/// Flags of `serve` and `demo`.
#[derive(Debug, Args)]
pub(crate) struct ServeArgs {
    /// Where the installation lies.
    #[command(flatten)]
    pub(crate) place: Place,
    /// Address for pages, APIs and playback; port 0 takes a free one.
    #[arg(long, value_name = "ADDR")]
    pub(crate) http: Option<SocketAddr>,
    /// Address for encoders; port 0 takes a free one.
    #[arg(long, value_name = "ADDR")]
    pub(crate) rtmp: Option<SocketAddr>,
    /// Address under which browsers reach this server.
    #[arg(long, value_name = "URL")]
    pub(crate) public_http: Option<String>,
    /// Address under which encoders reach this server.
    #[arg(long, value_name = "URL")]
    pub(crate) public_rtmp: Option<String>,
}

/// Flags of `doctor`.
#[derive(Debug, Args)]
pub(crate) struct DoctorArgs {
    /// Where the installation lies: for its configured address, and for --tail.
    #[command(flatten)]
    pub(crate) place: Place,
    /// The app. Its secret is read from the environment variable KAIBO_APP_SECRET.
    #[arg(long)]
    pub(crate) appid: AppId,
    /// The base URL that the shop's SDK has; without it, the configured address.
    #[arg(long, value_name = "URL", conflicts_with = "tail")]
    pub(crate) url: Option<String>,
    /// Also make a room of this anchor, a month ahead, and delete it again.
    #[arg(long, value_name = "WECHAT_ID", conflicts_with = "tail")]
    pub(crate) trial: Option<String>,
    /// Follow the app's real callers and name their mistakes as they happen.
    #[arg(long)]
    pub(crate) tail: bool,
}

/// Flags of `backup`.
#[derive(Debug, Args)]
pub(crate) struct BackupArgs {
    /// Where the installation lies.
    #[command(flatten)]
    pub(crate) place: Place,
    /// Folder for the copy: empty, or not there yet. It holds secrets: keep it as safe as the
    /// installation.
    pub(crate) to: PathBuf,
}

/// Flags of `restore`.
#[derive(Debug, Args)]
pub(crate) struct RestoreArgs {
    /// Where the installation is to be; nothing may be there yet.
    #[command(flatten)]
    pub(crate) place: Place,
    /// Folder of the backup.
    pub(crate) from: PathBuf,
}

/// `kaibo app`.
#[derive(Debug, Subcommand)]
pub(crate) enum AppCommand {
    /// Make an app; prints one JSON line with its id and its secret.
    Create {
        /// Where the installation lies.
        #[command(flatten)]
        place: Place,
        /// Its id; without it, a new one.
        #[arg(long)]
        appid: Option<AppId>,
        /// Its secret; without it, a new one.
        #[arg(long)]
        secret: Option<String>,
        /// Its name for people.
        #[arg(long, default_value = "")]
        name: String,
    },
    /// The app's account with WeChat itself.
    #[command(subcommand)]
    Wechat(WechatCommand),
}

/// `kaibo app wechat`.
#[derive(Debug, Subcommand)]
pub(crate) enum WechatCommand {
    /// Set AppID and AppSecret and buy an access token with them; the secret is read from standard
    /// input, so that it stands in no list of processes.
    Set {
        /// Which.
        #[command(flatten)]
        args: AppArgs,
        /// The mini program's AppID; without it as it is, at first the app's own id.
        #[arg(long, value_name = "APPID")]
        wechat_appid: Option<String>,
    },
    /// Say how it stands.
    Show(AppArgs),
    /// Forget AppID, AppSecret and access token.
    Drop(AppArgs),
}

/// Flags of every `kaibo app wechat` command.
#[derive(Debug, Args)]
pub(crate) struct AppArgs {
    /// Where the installation lies.
    #[command(flatten)]
    pub(crate) place: Place,
    /// The app.
    #[arg(long)]
    pub(crate) appid: AppId,
}

/// `kaibo anchor`.
#[derive(Debug, Subcommand)]
pub(crate) enum AnchorCommand {
    /// Make a WeChat id a verified anchor of an app.
    Verify {
        /// Where the installation lies.
        #[command(flatten)]
        place: Place,
        /// The app.
        #[arg(long)]
        appid: AppId,
        /// The WeChat id.
        name: String,
    },
}

/// Flags of every `kaibo room` command.
#[derive(Debug, Args)]
pub(crate) struct RoomArgs {
    /// Where the installation lies.
    #[command(flatten)]
    pub(crate) place: Place,
    /// The app.
    #[arg(long)]
    pub(crate) appid: AppId,
    /// The room's number.
    pub(crate) room_id: RoomId,
    /// Why, for the merchant and the viewers' page; needed for a ban.
    #[arg(long)]
    pub(crate) reason: Option<String>,
}

/// `kaibo room`: takes effect in a running server before it returns.
#[derive(Debug, Subcommand)]
pub(crate) enum RoomCommand {
    /// Begin; without a good stream the next one begins it.
    Start(RoomArgs),
    /// End for good.
    End(RoomArgs),
    /// Pause.
    Pause(RoomArgs),
    /// Go on after a pause.
    Resume(RoomArgs),
    /// Ban: every output is cut.
    Ban(RoomArgs),
    /// Lift a ban.
    Unban(RoomArgs),
}

/// Flags of every `kaibo goods` command.
#[derive(Debug, Args)]
pub(crate) struct GoodsArgs {
    /// Where the installation lies.
    #[command(flatten)]
    pub(crate) place: Place,
    /// The app.
    #[arg(long = "app", alias = "appid", value_name = "APPID")]
    pub(crate) app: AppId,
    /// The goods' number.
    pub(crate) goods_id: GoodsId,
}

/// `kaibo goods`.
#[derive(Debug, Subcommand)]
pub(crate) enum GoodsCommand {
    /// Approve goods that are in audit.
    Approve(GoodsArgs),
    /// Reject goods that are in audit.
    Reject {
        /// Which.
        #[command(flatten)]
        args: GoodsArgs,
        /// What to mend, for whoever made them.
        #[arg(long, default_value = "")]
        reason: String,
    },
}

/// `kaibo user`.
#[derive(Debug, Subcommand)]
pub(crate) enum UserCommand {
    /// Give a user a new password, printed once, and end their sessions.
    #[command(name = "reset-password")]
    Password {
        /// Where the installation lies.
        #[command(flatten)]
        place: Place,
        /// The user's name.
        name: String,
    },
    /// Take a user's password and sessions away, and print the link with which they choose another.
    #[command(name = "reset-link")]
    Link {
        /// Where the installation lies.
        #[command(flatten)]
        place: Place,
        /// The user's name.
        name: String,
    },
    /// Take the second factor of a user away, who has lost it.
    #[command(name = "reset-two-factor")]
    TwoFactor {
        /// Where the installation lies.
        #[command(flatten)]
        place: Place,
        /// The user's name.
        name: String,
    },
}

/// `kaibo migrate`.
#[derive(Debug, Subcommand)]
pub(crate) enum MigrateCommand {
    /// Say which database it is and which steps its tables have taken; changes nothing.
    Status(Place),
    /// Take the steps that are missing; begins an installation where there is none.
    Up(Place),
}

/// `kaibo config`.
#[derive(Debug, Subcommand)]
pub(crate) enum ConfigCommand {
    /// Print every setting with its default and its reason.
    Default,
    /// Say whether the configuration can be used.
    Check(Place),
}
