//! HLS out: playlists and files that are ready before anybody asks.

use std::time::Duration;

use axum::http::Uri;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use kaibo_proto::hls::Playlist;
use tokio::time::timeout;

use crate::registry::Registry;
use crate::server::viewing::{Viewing, admit, media_headers, not_found};
use crate::shelf::Playlists;

/// A playlist that is asked for before the first segment is ready waits this long: some players take
/// a 404 for the end.
const FIRST_SEGMENT_WAIT: Duration = Duration::from_secs(4);

/// Answers `GET /live/{name}/{file}`.
pub(crate) async fn answer(registry: &Registry, name: &str, file: &str, uri: &Uri) -> Response {
    let Some(viewing) = admit(registry, name, uri) else {
        return not_found();
    };
    let answer = match Playlist::by_name(file) {
        Some(playlist) => answer_playlist(viewing, playlist).await,
        None => answer_file(&viewing, file),
    };
    answer.unwrap_or_else(not_found)
}

async fn answer_playlist(mut viewing: Viewing, playlist: Playlist) -> Option<Response> {
    let mut playlists = viewing.stream.shelf.playlists();
    let token = viewing.token.as_deref();
    tokio::select! {
        biased;
        _ = viewing.policy.wait_for(|policy| !policy.admits(token)) => return None,
        () = viewing.stream.over.cancelled() => return None,
        ready = timeout(FIRST_SEGMENT_WAIT, playlists.wait_for(Playlists::is_ready)) => {
            ready.ok()?.ok()?;
        }
    }
    let text: Bytes = match token {
        None => playlists.borrow().get(playlist)?,
        // What a playlist names can be fetched with the token only.
        Some(token) => viewing
            .stream
            .shelf
            .playlist_with(playlist, &format!("token={token}"))?,
    };
    viewing.stream.counts.sent(text.len() as u64);
    Some((media_headers(Playlist::CONTENT_TYPE, "no-store"), text).into_response())
}

fn answer_file(viewing: &Viewing, name: &str) -> Option<Response> {
    let file = viewing.stream.shelf.file(name)?;
    viewing.stream.counts.sent(file.bytes.len() as u64);
    // A file never changes under its name, and is of no use once its playlist is gone.
    let cache = match viewing.token {
        None => "public, max-age=60, immutable",
        Some(_) => "private, max-age=60, immutable",
    };
    Some((media_headers(file.content_type, cache), file.bytes).into_response())
}
