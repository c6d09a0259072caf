//! A merchant's back end: calls the WeChat-compatible API as its SDK would.

use std::io;
use std::net::SocketAddr;

use kaibo_app::Clock;
use serde_json::{Value, json};

use crate::house::{House, Server, until, within};
use crate::http;

pub(crate) const ANCHOR: &str = "anchor_of_walks";

/// An app with a token, an image and a verified anchor.
#[derive(Clone)]
pub(crate) struct Shop {
    pub(crate) appid: String,
    pub(crate) token: String,
    http: SocketAddr,
    image: String,
}

impl Shop {
    /// A new app, made beside the running server.
    pub(crate) async fn new(house: &House, server: &Server) -> Self {
        let app = house.order(&["app", "create"]).await.json();
        let appid = app["appid"].as_str().unwrap();
        let verify = ["anchor", "verify", "--appid", appid, ANCHOR];
        assert_eq!(house.order(&verify).await.json()["state"], "verified");
        Self::open(server, appid, app["secret"].as_str().unwrap()).await
    }

    /// An app that is there, with its anchor.
    pub(crate) async fn open(server: &Server, appid: &str, secret: &str) -> Self {
        let path =
            format!("/cgi-bin/token?grant_type=client_credential&appid={appid}&secret={secret}");
        let sold = http::get(server.http, &path).await.json().await.unwrap();
        let mut shop = Self {
            appid: appid.into(),
            token: sold["access_token"].as_str().expect("a token").into(),
            http: server.http,
            image: String::new(),
        };
        shop.image = shop.upload().await;
        shop
    }

    /// The same app, with the same token, at another server.
    pub(crate) fn at(&self, server: &Server) -> Self {
        Self {
            http: server.http,
            ..self.clone()
        }
    }

    /// Uploads a PNG of one pixel; its media id.
    pub(crate) async fn upload(&self) -> String {
        const HEAD: &[u8] =
            b"--edge\r\nContent-Disposition: form-data; name=\"media\"; filename=\"a.png\"\r\n\r\n";
        const PNG: &[u8] =
            b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x02\0\0\0\x90wS\xde\
            \0\0\0\x0cIDATx\x9cc```\0\0\0\x04\0\x01\xf6\x178U\0\0\0\0IEND\xaeB`\x82";
        let body = [HEAD, PNG, b"\r\n--edge--\r\n"].concat();
        let path = format!(
            "/cgi-bin/media/upload?type=image&access_token={}",
            self.token
        );
        let mime = [("Content-Type", "multipart/form-data; boundary=edge")];
        let sent = http::send(self.http, "POST", &path, &mime, &body);
        let answer = within("an upload", sent).await.unwrap();
        assert_eq!(answer.status, 200);
        let answer = answer.json().await.unwrap();
        answer["media_id"].as_str().expect("a media id").into()
    }

    /// Calls the API; every answer is HTTP 200, whatever it says.
    pub(crate) async fn post(&self, path: &str, body: &Value) -> io::Result<Value> {
        let path = format!("{path}?access_token={}", self.token);
        let mime = ("Content-Type", "application/json");
        let body = body.to_string();
        let answer = http::send(self.http, "POST", &path, &[mime], body.as_bytes()).await?;
        assert_eq!(answer.status, 200);
        answer.json().await
    }

    /// A good body for `room/create`, for an hour from `due_in_s` seconds on.
    pub(crate) fn plan(&self, name: &str, due_in_s: i64) -> Value {
        let start = Clock::System.now() / 1_000 + due_in_s;
        json!({
            "name": name,
            "coverImg": self.image,
            "shareImg": self.image,
            "feedsImg": self.image,
            "startTime": start,
            "endTime": start + 3_600,
            "anchorName": "小林",
            "anchorWechat": ANCHOR,
            "type": 1,
            "closeLike": 0,
            "closeGoods": 0,
            "closeComment": 0,
        })
    }

    /// `room/create`; `Err` when the server goes away before it answers.
    pub(crate) async fn create(&self, plan: &Value) -> io::Result<Value> {
        self.post("/wxaapi/broadcast/room/create", plan).await
    }

    /// A room whose stream may start it at once: due in 15 minutes.
    pub(crate) async fn room(&self) -> i64 {
        let plan = self.plan("晚间新品专场", 15 * 60);
        let answer = within("room/create", self.create(&plan)).await.unwrap();
        assert_eq!(answer["errcode"], 0, "{answer}");
        answer["roomId"].as_i64().unwrap()
    }

    /// `room/getpushurl` as it answers.
    pub(crate) async fn push_answer(&self, room: i64) -> Value {
        let token = &self.token;
        let path = format!("/wxaapi/broadcast/room/getpushurl?roomId={room}&access_token={token}");
        http::get(self.http, &path).await.json().await.unwrap()
    }

    pub(crate) async fn push_address(&self, room: i64) -> String {
        let answer = self.push_answer(room).await;
        assert_eq!(answer["errcode"], 0, "{answer}");
        answer["pushAddr"].as_str().unwrap().into()
    }

    /// Every row of `getliveinfo`.
    pub(crate) async fn rooms(&self) -> Vec<Value> {
        let mut rows = Vec::new();
        loop {
            let page = json!({"start": rows.len(), "limit": 30});
            let listed = self.post("/wxa/business/getliveinfo", &page);
            let answer = within("getliveinfo", listed).await.unwrap();
            assert_eq!(answer["errcode"], 0, "{answer}");
            rows.extend_from_slice(answer["room_info"].as_array().unwrap());
            if rows.len() as i64 >= answer["total"].as_i64().unwrap() {
                return rows;
            }
        }
    }

    pub(crate) async fn status(&self, room: i64) -> i64 {
        let rows = self.rooms().await;
        let row = rows.iter().find(|row| row["roomid"] == room);
        row.expect("the room is listed")["live_status"]
            .as_i64()
            .unwrap()
    }

    pub(crate) async fn until_status(&self, room: i64, status: i64) {
        let what = format!("room {room} turns {status}");
        until(&what, async || self.status(room).await == status).await;
    }

    pub(crate) fn stream(&self, room: i64) -> String {
        format!("{}-{room}", self.appid)
    }

    pub(crate) fn flv(&self, room: i64) -> String {
        format!("/live/{}.flv", self.stream(room))
    }
}
