//! The owner of an installation, signed in to the console.

use std::net::SocketAddr;

use serde_json::{Value, json};

use crate::house::{Server, within};
use crate::http::{self, Answer};

pub(crate) const PASSWORD: &str = "correct horse battery";

/// A session.
pub(crate) struct Owner {
    http: SocketAddr,
    cookie: String,
    csrf: String,
}

impl Owner {
    /// Uses the set-up link that a server prints at its first start.
    pub(crate) async fn set_up(server: &Server) -> Self {
        let token = server.says("/console/setup#token=").await;
        let form = json!({"token": token, "name": "owner", "password": PASSWORD});
        Self::begin(server, "/v1/setup", &form).await.unwrap()
    }

    /// Logs in; `Err` holds the HTTP status of a refusal.
    pub(crate) async fn log_in(server: &Server, password: &str) -> Result<Self, u16> {
        let form = json!({"name": "owner", "password": password});
        Self::begin(server, "/v1/session", &form).await
    }

    async fn begin(server: &Server, path: &str, form: &Value) -> Result<Self, u16> {
        let mime = [("Content-Type", "application/json")];
        let form = form.to_string();
        let sent = http::send(server.http, "POST", path, &mime, form.as_bytes());
        let answer = within(path, sent).await.unwrap();
        if answer.status != 200 {
            return Err(answer.status);
        }
        let cookie = answer.header("set-cookie").unwrap();
        let cookie = cookie.split(';').next().unwrap().to_owned();
        let session = answer.json().await.unwrap();
        Ok(Self {
            http: server.http,
            cookie,
            csrf: session["csrf"].as_str().unwrap().to_owned(),
        })
    }

    pub(crate) async fn call(&self, method: &str, path: &str, body: &Value) -> Answer {
        let headers = [
            ("Content-Type", "application/json"),
            ("Cookie", self.cookie.as_str()),
            ("X-CSRF-Token", self.csrf.as_str()),
        ];
        let body = if body.is_null() {
            String::new()
        } else {
            body.to_string()
        };
        let sent = http::send(self.http, method, path, &headers, body.as_bytes());
        within(path, sent).await.unwrap()
    }

    /// A call that succeeds.
    pub(crate) async fn done(&self, method: &str, path: &str, body: Value) -> Value {
        let answer = self.call(method, path, &body).await;
        let status = answer.status;
        let text = answer.text().await;
        assert!(
            (200..300).contains(&status),
            "{method} {path}: {status} {text}"
        );
        serde_json::from_str(&text).unwrap_or(Value::Null)
    }
}
