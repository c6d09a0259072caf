//! Viewers: of HTTP-FLV, and of a room's page as it follows the room.

use std::io;
use std::net::SocketAddr;

use bytes::Bytes;
use kaibo_proto::flv;
use kaibo_proto::media::{Frame, MediaEvent, Track, TrackKind};
use serde_json::Value;

use crate::house::{Server, until, within};
use crate::http::{self, Body};

/// Somebody who watches over HTTP-FLV.
pub(crate) struct Viewer {
    body: Body,
    seen: Vec<u8>,
}

impl Viewer {
    /// Joins; `Err` holds the HTTP status of a refusal.
    pub(crate) async fn join(at: SocketAddr, path: &str) -> Result<Self, u16> {
        let answer = http::get(at, path).await;
        if answer.status != 200 {
            return Err(answer.status);
        }
        assert_eq!(answer.header("content-type"), Some("video/x-flv"));
        Ok(Self {
            body: answer.body,
            seen: Vec::new(),
        })
    }

    /// Joins as soon as that is possible.
    pub(crate) async fn join_when_open(at: SocketAddr, path: &str) -> Self {
        let mut viewer = None;
        until("viewers are let in", async || {
            viewer = Self::join(at, path).await.ok();
            viewer.is_some()
        })
        .await;
        viewer.unwrap()
    }

    /// Watches until `enough` of what came so far.
    pub(crate) async fn watch(&mut self, what: &str, enough: impl Fn(&[MediaEvent]) -> bool) {
        within(what, async {
            while !enough(&self.events()) {
                let piece = self.body.piece().await.unwrap();
                self.seen.extend(piece.expect("the stream goes on"));
            }
        })
        .await;
    }

    /// Watches `count` more pictures.
    pub(crate) async fn watch_more(&mut self, count: usize) {
        let wanted = pictures(&self.events()).count() + count;
        let enough = |events: &[MediaEvent]| pictures(events).count() >= wanted;
        self.watch("the picture moves", enough).await;
    }

    /// Watches to the end; an error when the connection breaks instead.
    pub(crate) async fn until_end(mut self) -> io::Result<()> {
        while self.body.piece().await?.is_some() {}
        Ok(())
    }

    /// The bytes so far.
    pub(crate) fn seen(&self) -> &[u8] {
        &self.seen
    }

    /// What the whole tags so far hold.
    pub(crate) fn events(&self) -> Vec<MediaEvent> {
        match flv::Reader::new(Bytes::copy_from_slice(&self.seen)) {
            Ok(reader) => reader.map_while(Result::ok).collect(),
            Err(_) => Vec::new(),
        }
    }
}

/// The pictures among some events.
pub(crate) fn pictures(events: &[MediaEvent]) -> impl Iterator<Item = &Frame> {
    events.iter().filter_map(|event| match event {
        MediaEvent::Frame(frame) if frame.track == TrackKind::Video => Some(frame),
        _ => None,
    })
}

/// The configurations among some events.
pub(crate) fn tracks(events: &[MediaEvent]) -> impl Iterator<Item = &Track> {
    events.iter().filter_map(|event| match event {
        MediaEvent::Track(track) => Some(track),
        MediaEvent::Frame(_) => None,
    })
}

/// An open page of a room, as its event stream feeds it.
pub(crate) struct Page {
    body: Body,
    text: String,
}

impl Page {
    pub(crate) async fn open(server: &Server, room: i64) -> Self {
        let answer = http::get(server.http, &format!("/v1/rooms/{room}/events")).await;
        assert_eq!(answer.status, 200);
        Self {
            body: answer.body,
            text: String::new(),
        }
    }

    /// The next view of the room; `None` when the stream ends.
    pub(crate) async fn next(&mut self) -> Option<Value> {
        within("the page is told", async {
            loop {
                if let Some((event, rest)) = self.text.split_once("\n\n") {
                    let data = event.lines().find_map(|line| line.strip_prefix("data:"));
                    let view = data.map(|data| serde_json::from_str(data).unwrap());
                    self.text = rest.into();
                    if view.is_some() {
                        return view;
                    }
                    continue;
                }
                let piece = self.body.piece().await.unwrap()?;
                self.text.push_str(std::str::from_utf8(&piece).unwrap());
            }
        })
        .await
    }

    /// The next status that the page shows.
    pub(crate) async fn next_status(&mut self) -> i64 {
        let view = self.next().await.expect("the page goes on");
        view["status"].as_i64().unwrap()
    }

    /// Waits until the page shows this status. What it shows first may come twice: loaded by
    /// itself, and told by the change that led to it.
    pub(crate) async fn until_status(&mut self, status: i64) {
        while self.next_status().await != status {}
    }
}
