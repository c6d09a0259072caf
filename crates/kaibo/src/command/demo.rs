//! `kaibo demo`: a merchant's shop front in one command, every part of it real. The film goes the
//! way of any encoder: over RTMP, with the room's own push key.

use std::time::Duration;

use anyhow::Context as _;
use bytes::Bytes;
use kaibo_app::domain::draft::{Draft, RoomKind, Switches};
use kaibo_app::domain::id::AppId;
use kaibo_app::domain::room::{Command, Room, Status};
use kaibo_app::domain::{HOUR_MS, MINUTE_MS};
use kaibo_app::{DraftInput, Kaibo, RoomQuery};
use kaibo_media::push;
use kaibo_proto::flv;
use kaibo_proto::media::MediaEvent;

use crate::cli::ServeArgs;
use crate::config::Config;
use crate::logging;
use crate::server::Server;

/// Bars, a clock and a tone; made by us (see `assets/README.md`).
const FILM: &[u8] = include_bytes!("../../../../assets/film.flv");
/// After this it runs on from its beginning without a seam.
const FILM_LENGTH: Duration = Duration::from_secs(32);
const APP_NAME: &str = "开播演示店";
const ANCHOR: &str = "kaibo_demo_anchor";
const FILM_ROOM: &str = "开播演示直播间";
const OWN_ROOM: &str = "你的第一场直播";

/// Runs it until SIGTERM or Ctrl-C.
pub(crate) async fn run(args: ServeArgs) -> anyhow::Result<()> {
    let mut config = Config::for_server(&args)?;
    if config.server.log == "info" {
        config.server.log = "warn".into();
    }
    logging::start(&config)?;
    let server = Server::start(&config).await?;
    let app_id = demo_app(&server.kaibo).await?;
    let film_room = room_named(&server.kaibo, &app_id, FILM_ROOM).await?;
    let own_room = room_named(&server.kaibo, &app_id, OWN_ROOM).await?;
    show_film(&server, &film_room).await?;
    print_addresses(&server, &film_room, &own_room).await?;
    server.until_stopped().await
}

/// The demo's app; made the first time.
async fn demo_app(kaibo: &Kaibo) -> anyhow::Result<AppId> {
    let known = kaibo
        .apps()
        .await?
        .into_iter()
        .find(|app| app.name == APP_NAME);
    let app_id = match known {
        Some(app) => app.app_id,
        None => kaibo.create_app(None, None, APP_NAME).await?.app_id,
    };
    kaibo.verify_anchor(&app_id, ANCHOR).await?;
    Ok(app_id)
}

/// The demo's room with this title: the one of an earlier run while it can still be used, else a
/// new one, armed so that the first good stream starts it.
async fn room_named(kaibo: &Kaibo, app_id: &AppId, name: &str) -> anyhow::Result<Room> {
    let statuses = vec![Status::Live, Status::Planned, Status::Lost];
    let query = RoomQuery {
        statuses,
        limit: 50,
        ..RoomQuery::default()
    };
    let (_, rooms) = kaibo.rooms(app_id, &query).await?;
    if let Some(room) = rooms.into_iter().find(|room| room.draft.name == name) {
        return Ok(room);
    }
    let start_at = kaibo.now() + 11 * MINUTE_MS;
    let draft = Draft {
        name: name.into(),
        start_at,
        end_at: start_at + 2 * HOUR_MS,
        anchor_name: "小开".into(),
        anchor_wechat: ANCHOR.into(),
        kind: RoomKind::Push,
        switches: Switches {
            close_replay: false,
            ..Switches::default()
        },
        ..Draft::default()
    };
    let room = kaibo
        .create_room(
            app_id,
            DraftInput {
                draft,
                images_required: false,
            },
        )
        .await?;
    Ok(kaibo.apply(app_id, room.id, Command::Start).await?.room)
}

/// Pushes the film into the room, again whenever it breaks off while the room takes it.
async fn show_film(server: &Server, room: &Room) -> anyhow::Result<()> {
    let film: Vec<MediaEvent> = flv::Reader::new(Bytes::from_static(FILM))
        .and_then(Iterator::collect)
        .context("the demo's film cannot be read")?;
    let push = server.kaibo.push_address(room).await?;
    let url = format!("{}/live/{}", server.rtmp_local, push.key);
    let stop = server.shutdown.clone();
    server.spawn(async move {
        while !stop.is_cancelled() {
            if let Err(error) = push::push_film(&url, &film, FILM_LENGTH, stop.clone()).await {
                tracing::warn!(%error, "the film broke off; trying again");
            }
            tokio::select! {
                () = tokio::time::sleep(Duration::from_secs(2)) => {}
                () = stop.cancelled() => {}
            }
        }
    });
    Ok(())
}

async fn print_addresses(server: &Server, film: &Room, own: &Room) -> anyhow::Result<()> {
    let kaibo = &server.kaibo;
    let access = kaibo.room_access(&own.app_id, own.id).await?;
    let code = kaibo
        .create_broadcast_code(&own.app_id, own.id, "demo")
        .await?;
    let http = &kaibo.settings().public_http;
    let console = server
        .setup_link
        .clone()
        .unwrap_or_else(|| format!("{http}/console/"));
    println!(
        "
  开播 Kaibo

  观看直播间   Watch the live room         {film}
  控制台       Console                     {console}

  用你自己的 OBS 或 FFmpeg 开播 / Go live with your own encoder
  主播页       Anchor's page, for 10 min   {anchor}
  观看页       Viewers' page               {viewer}
  服务器       OBS server                  {server}
  串流密钥     OBS stream key              {key}

  FFmpeg:  ffmpeg -re -i film.mp4 -c:v libx264 -g 60 -bf 0 -c:a aac -f flv '{address}'

  Ctrl-C 停止 / stops it
",
        film = kaibo.viewer_url(film.id),
        anchor = code.url,
        viewer = access.viewer_url,
        server = access.push.server,
        key = access.push.key,
        address = access.push.address,
    );
    Ok(())
}
