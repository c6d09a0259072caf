//! A stand-in for WeChat's own API: it sells tokens as `stable_token` does, and takes calls with the
//! last one alone.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::{Value, json};

use crate::{Answer, Receiver, Request};

/// The mini program that it knows.
pub const APPID: &str = "wxfedcba9876543210";
/// Its AppSecret.
pub const SECRET: &str = "ba5eba11ba5eba11ba5eba11ba5eba11";

/// The stand-in, gone when dropped.
pub struct Wechat {
    /// What it is sent.
    pub receiver: Receiver,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    sold: usize,
    /// The token that `stable_token` sells.
    token: Option<String>,
    /// It is sold and not taken.
    disowned: bool,
    trouble: Option<Value>,
    answers: HashMap<String, Answer>,
}

impl Wechat {
    /// One that knows [`APPID`] and has sold nothing.
    pub async fn start() -> Self {
        let receiver = Receiver::start().await;
        let state = Arc::new(Mutex::new(State::default()));
        let judge = Arc::clone(&state);
        receiver.answer(move |request| Some(locked(&judge).answer(request)));
        Self { receiver, state }
    }

    /// Its address.
    pub fn base(&self) -> String {
        self.receiver.url("")
    }

    /// The token that it takes.
    pub fn token(&self) -> Option<String> {
        locked(&self.state).token.clone()
    }

    /// How many it sold.
    pub fn sold(&self) -> usize {
        locked(&self.state).sold
    }

    /// Somebody else had the token renewed: the last one is not taken any more.
    pub fn renew(&self) {
        locked(&self.state).token = None;
    }

    /// The last token is not taken any more, though it is still sold to who does not insist.
    pub fn disown(&self) {
        locked(&self.state).disowned = true;
    }

    /// From now on sells none, with this answer; `None`: sells again.
    pub fn trouble(&self, trouble: Option<Value>) {
        locked(&self.state).trouble = trouble;
    }

    /// Answers a path so.
    pub fn set(&self, path: &str, answer: Answer) {
        locked(&self.state).answers.insert(path.to_owned(), answer);
    }

    /// What it was sent at a path.
    pub fn got(&self, path: &str) -> Vec<Request> {
        let mut got = self.receiver.got();
        got.retain(|request| path_of(request) == path);
        got
    }
}

fn locked(state: &Mutex<State>) -> std::sync::MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

fn path_of(request: &Request) -> &str {
    request.path.split('?').next().unwrap_or_default()
}

fn said(answer: &Value) -> Answer {
    Answer {
        header: Some("content-type: application/json; encoding=utf-8".into()),
        ..Answer::new(200, &answer.to_string())
    }
}

impl State {
    fn answer(&mut self, request: &Request) -> Answer {
        let path = path_of(request);
        let with_secret =
            request.query("appid") == Some(APPID) && request.query("secret") == Some(SECRET);
        match path {
            "/cgi-bin/stable_token" => said(&self.sell(&request.body)),
            "/sns/jscode2session" if with_secret => {
                said(&json!({"openid": "o_visitor", "session_key": "c2Vzc2lvbg=="}))
            }
            "/sns/jscode2session" => {
                said(&json!({"errcode": 40125, "errmsg": "invalid appsecret rid: 1-2-3"}))
            }
            _ if self.disowned || request.query("access_token") != self.token.as_deref() => said(
                &json!({"errcode": 40001, "errmsg": "invalid credential, access_token is invalid or not latest rid: 1-2-3"}),
            ),
            _ => match self.answers.get(path) {
                Some(answer) => answer.clone(),
                None => said(&json!({"errcode": 0, "errmsg": "ok", "at": path})),
            },
        }
    }

    fn sell(&mut self, body: &str) -> Value {
        let body: Value = serde_json::from_str(body).unwrap_or_default();
        if let Some(trouble) = &self.trouble {
            return trouble.clone();
        }
        if body["grant_type"] != "client_credential" {
            return json!({"errcode": 40002, "errmsg": "invalid grant_type rid: 1-2-3"});
        }
        if body["appid"] != APPID {
            return json!({"errcode": 40013, "errmsg": "invalid appid rid: 1-2-3"});
        }
        if body["secret"] != SECRET {
            return json!({"errcode": 40125, "errmsg": "invalid appsecret rid: 1-2-3"});
        }
        if body["force_refresh"] == true {
            self.token = None;
            self.disowned = false;
        }
        let token = self.token.get_or_insert_with(|| {
            self.sold += 1;
            format!("91_real-token-{}", self.sold)
        });
        json!({"access_token": token, "expires_in": 7200})
    }
}
