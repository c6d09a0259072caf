//! The command line: what it prints, what it refuses, and in which words.

use std::fs;

use serde_json::{Value, json};

use crate::console::{Owner, PASSWORD};
use crate::house::{House, KAIBO, Server, within};
use crate::http;
use crate::shop::{ANCHOR, Shop};

const APPID: &str = "wx0123456789abcdef";
const SECRET: &str = "0123456789abcdef0123456789abcdef";

#[tokio::test]
async fn the_printed_default_is_the_repositorys_and_can_be_used() {
    let house = House::new();
    let default = house.run(&["config", "default"]).await;
    assert_eq!(default.code, Some(0));
    assert_eq!(default.out, include_str!("../../../../kaibo.toml"));
    fs::write(house.folder().join("mine.toml"), &default.out).unwrap();
    let check = house
        .run(&["config", "check", "--config", "mine.toml"])
        .await;
    assert_eq!((check.code, check.err.as_str()), (Some(0), ""));
}

#[tokio::test]
async fn settings_that_cannot_be_used_are_refused_in_words_that_help() {
    let refused = async |text: &str, words: &[&str]| {
        let house = House::new();
        // The file in the working folder is taken without being named.
        fs::write(house.folder().join("kaibo.toml"), text).unwrap();
        for command in [&["config", "check"][..], &["serve"]] {
            let ran = house.run(command).await;
            ran.refused_with("kaibo.toml");
            for word in words {
                ran.refused_with(word);
            }
        }
    };
    refused("[server]\nhtttp = \"127.0.0.1:0\"\n", &["htttp", "http"]).await;
    refused("[sever]\n", &["sever", "server"]).await;
    refused("[limits]\nrooms_per_day = \"many\"\n", &["rooms_per_day"]).await;

    let house = House::new().with("KAIBO_SERVER__HTTTP", "127.0.0.1:0");
    let ran = house.run(&["config", "check"]).await;
    ran.refused_with("KAIBO_SERVER__HTTTP: there is no setting server.htttp");
    let house = House::new().with("KAIBO_ROOM__TIME_ZONE", "Mars/Olympus");
    let ran = house.run(&["config", "check"]).await;
    ran.refused_with("room.time_zone: \"Mars/Olympus\"");
    let ran = House::new()
        .run(&["config", "check", "--config", "none.toml"])
        .await;
    ran.refused_with("cannot read none.toml");
}

async fn an_app_is_made_once_and_its_secret_buys_tokens(house: House) {
    let create = ["app", "create", "--appid", APPID, "--secret", SECRET];
    let made = house.order(&create).await.json();
    assert_eq!(made, json!({"appid": APPID, "secret": SECRET}));
    house.order(&create).await.refused_with("app");
    let other = house
        .order(&["app", "create", "--name", "第二家"])
        .await
        .json();
    let other = (
        other["appid"].as_str().unwrap(),
        other["secret"].as_str().unwrap(),
    );
    assert_eq!((other.0.len(), other.1.len()), (18, 32));
    let bad = house.order(&["app", "create", "--appid", "wx-1"]).await;
    assert_eq!(bad.code, Some(2), "{bad:?}");
    assert!(
        bad.err.contains("letters, digits or underscores"),
        "{bad:?}"
    );

    let server = house.serve().await;
    let shop = Shop::open(&server, APPID, SECRET).await;
    Shop::open(&server, other.0, other.1).await;
    let before = shop
        .create(&shop.plan("没有认证的主播", 3_600))
        .await
        .unwrap();
    assert_eq!(before["errcode"], 300_036);
    assert!(before["qrcode_url"].as_str().unwrap().contains("/verify/"));
    let verify = ["anchor", "verify", "--appid", APPID, ANCHOR];
    let verified = house.order(&verify).await.json();
    let wanted = json!({"wechatId": ANCHOR, "state": "verified", "role": 2});
    assert_eq!(verified, wanted);
    shop.room().await;
}

#[tokio::test]
async fn orders_that_cannot_be_carried_out_say_why_and_change_nothing() {
    let house = House::new();
    let server = house.serve().await;
    let shop = Shop::new(&house, &server).await;
    let room = shop.room().await;
    let order = async |verb: &str, room: i64| {
        let room = room.to_string();
        house
            .order(&["room", verb, "--appid", &shop.appid, &room])
            .await
    };
    order("pause", room)
        .await
        .refused_with("a room in status 102");
    order("ban", room).await.refused_with("--reason");
    order("end", 1).await.refused_with("no such room");
    assert_eq!(shop.status(room).await, 102);
    let armed = json!({"roomId": room, "status": 102, "armed": true});
    assert_eq!(order("start", room).await.json(), armed);
}

#[tokio::test]
async fn a_new_password_replaces_the_old_and_ends_its_sessions() {
    let house = House::new();
    let server = house.serve().await;
    let owner = Owner::set_up(&server).await;
    owner.done("GET", "/v1/apps", Value::Null).await;
    let reset = house.order(&["user", "reset-password", "owner"]).await;
    assert_eq!((reset.code, reset.err.as_str()), (Some(0), ""));
    let password = reset.out.trim_end();
    assert!(password.len() >= 10, "{password}");

    let old = owner.call("GET", "/v1/apps", &Value::Null).await;
    assert_eq!(old.status, 401);
    assert_eq!(Owner::log_in(&server, PASSWORD).await.err(), Some(401));
    let owner = Owner::log_in(&server, password).await.unwrap();
    owner.done("GET", "/v1/apps", Value::Null).await;
    let nobody = house.order(&["user", "reset-password", "nobody"]).await;
    nobody.refused_with("there is no user \"nobody\"");
}

/// The database is named by a flag here.
async fn tables_are_shown_and_brought_up_to_date(of: House) {
    let house = House::new();
    let url = of.database_url();
    let name = match url.split_once('@') {
        None => house.data_dir().join("kaibo.db").display().to_string(),
        Some((_, place)) => format!("postgres://kaibo@{place}"),
    };
    let migrate = async |what: &str| {
        let ran = house.order(&["migrate", what, "--database-url", url]).await;
        assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""));
        ran.out
    };
    let all = |state: &str| {
        let steps = [
            "house",
            "latency budget",
            "goods",
            "people",
            "subscription",
            "webhook",
            "door",
            "admission",
            "pictures",
            "calendar",
            "wechat",
        ];
        let lines = steps.into_iter().zip((1..=10).chain([12]));
        let lines = lines.map(|(step, n)| format!("{n:04}  {step}  {state}\n"));
        lines.fold(format!("{name}\n"), |all, line| all + &line)
    };
    assert_eq!(migrate("status").await, all("pending"));
    assert!(!house.data_dir().exists(), "asking changes nothing");
    assert_eq!(migrate("up").await, all("applied now") + "up to date\n");
    assert_eq!(migrate("up").await, format!("{name}\nup to date\n"));
    assert_eq!(migrate("status").await, all("applied"));
}

#[tokio::test]
async fn a_mistyped_folder_is_told_and_not_filled() {
    let house = House::new();
    for order in [
        &["user", "reset-password", "owner"][..],
        &["room", "end", "--appid", "wx0123456789abcdef", "7"],
        &[
            "anchor",
            "verify",
            "--appid",
            "wx0123456789abcdef",
            "anchor_one",
        ],
    ] {
        let refused = house.order(order).await;
        refused.refused_with("there is no installation in");
    }
    assert!(!house.data_dir().join("kaibo.db").exists());
}

async fn a_second_server_on_the_same_folder_is_refused_and_harms_nobody(house: House) {
    let server = house.serve().await;
    let shop = Shop::new(&house, &server).await;
    let mut second = house.program(KAIBO);
    second.args(house.serve_args());
    let Err(ended) = within("the second server ends", Server::start(second)).await else {
        panic!("two servers on one folder");
    };
    assert_eq!(ended.status.code(), Some(1));
    let message = format!(
        "kaibo: another kaibo server runs on {} or its database; stop it first\n",
        house.data_dir().display()
    );
    assert_eq!(ended.said, message);
    shop.room().await;
    assert_eq!(http::get(server.http, "/readyz").await.status, 200);
}

#[tokio::test]
async fn an_address_that_is_taken_is_named_with_its_setting() {
    let taken = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = taken.local_addr().unwrap().to_string();
    let house = House::new();
    let ran = house
        .order(&["serve", "--http", "127.0.0.1:0", "--rtmp", &at])
        .await;
    ran.refused_with(&format!("cannot listen on {at}"));
    ran.refused_with("server.rtmp");
}

on_each_database![
    an_app_is_made_once_and_its_secret_buys_tokens,
    tables_are_shown_and_brought_up_to_date,
    a_second_server_on_the_same_folder_is_refused_and_harms_nobody,
];
