//! `kaibo doctor`: what it finds at a good server, at a strict one, and where something else answers.

use test_receiver::{Answer, Receiver};

use crate::house::{House, KAIBO, Ran, Running, Server, finish};
use crate::http;
use crate::shop::{ANCHOR, Shop};

const APPID: &str = "wx0123456789abcdef";
const SECRET: &str = "0123456789abcdef0123456789abcdef";

/// An app whose secret is known.
async fn shop(house: &House, server: &Server) -> Shop {
    let create = ["app", "create", "--appid", APPID, "--secret", SECRET];
    house.order(&create).await.json();
    let verify = ["anchor", "verify", "--appid", APPID, ANCHOR];
    house.order(&verify).await.json();
    Shop::open(server, APPID, SECRET).await
}

async fn doctor(house: &House, url: &str, more: &[&str]) -> Ran {
    let mut command = house.program(KAIBO);
    command
        .args(["doctor", "--appid", APPID, "--url", url])
        .args(more)
        .env("KAIBO_APP_SECRET", SECRET);
    finish(command).await
}

/// Its lines that tell of a difference.
fn differences(ran: &Ran) -> Vec<&str> {
    let lines = ran.out.lines();
    lines.filter(|line| line.contains("DIFFERS")).collect()
}

#[tokio::test]
async fn every_call_of_every_sdk_is_understood_and_a_trial_leaves_nothing() {
    let house = House::new();
    let server = house.serve().await;
    let shop = shop(&house, &server).await;
    let room = shop.room().await;
    let url = format!("http://{}", server.http);
    let ran = doctor(&house, &url, &["--trial", ANCHOR]).await;
    assert_eq!(differences(&ran), Vec::<&str>::new(), "{ran:?}");
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let told = |line: &str| assert!(ran.out.contains(line), "{line:?} in {}", ran.out);
    told("ok       WxJava               asks for 80 rooms at once");
    told("ok       EasyWeChat 5         deletes it by a form");
    told("0 differ, 0 not tried");
    let rooms = shop.rooms().await;
    assert_eq!(rooms.len(), 1, "{rooms:?}");
    assert_eq!(rooms[0]["roomid"], room);
    // The shop's own token is as good as before.
    shop.room().await;
}

#[tokio::test]
async fn what_a_strict_server_refuses_is_explained() {
    let house = House::new()
        .with("KAIBO_WECHAT__PROFILE", "strict")
        .with("KAIBO_API__PROXIES", "[\"127.0.0.1/32\"]");
    let server = house.serve().await;
    let create = ["app", "create", "--appid", APPID, "--secret", SECRET];
    house.order(&create).await.json();
    let ran = doctor(&house, &format!("http://{}", server.http), &[]).await;
    assert_eq!(ran.code, Some(1), "{ran:?}");
    for words in [
        "43003 require https",
        "transport: the call came over http",
        "X-Forwarded-Proto",
    ] {
        assert!(ran.out.contains(words), "{words:?} in {}", ran.out);
    }
    assert!(ran.err.contains("without a token"), "{ran:?}");
}

#[tokio::test]
async fn what_stands_before_the_server_is_told_apart_from_it() {
    let house = House::new();
    let receiver = Receiver::start().await;
    for (status, header, words) in [
        (
            308,
            Some("location: https://shop.example/"),
            "a redirected POST loses its body",
        ),
        (413, None, "client_max_body_size"),
        (200, None, "something before Kaibo answers in its place"),
        (502, None, "the proxy does not reach Kaibo"),
    ] {
        receiver.answer(move |_| {
            Some(Answer {
                header: header.map(str::to_owned),
                ..Answer::new(status, "<html>a page")
            })
        });
        let ran = doctor(&house, &receiver.url(""), &[]).await;
        assert_eq!(ran.code, Some(1), "{ran:?}");
        assert!(ran.out.contains(words), "{words:?} in {}", ran.out);
    }
    let ran = doctor(&house, "http://127.0.0.1:1", &[]).await;
    assert!(ran.out.contains("cannot connect"), "{ran:?}");
}

#[tokio::test]
async fn without_the_secret_it_says_where_to_put_it() {
    let house = House::new();
    let ran = house
        .run(&["doctor", "--appid", APPID, "--url", "http://127.0.0.1:1"])
        .await;
    ran.refused_with("KAIBO_APP_SECRET");
}

async fn mistakes_are_named_as_they_happen(house: House) {
    let server = house.serve().await;
    let shop = shop(&house, &server).await;
    let mut command = house.program(KAIBO);
    command
        .args(["doctor", "--tail", "--appid", APPID, "--data-dir"])
        .arg(house.data_dir());
    let tail = Running::start(command);
    tail.says("following ").await;
    let path = format!(
        "/wxaapi/broadcast/room/getpushurl?roomId=1&access_token={}",
        shop.token
    );
    let answer = http::get(server.http, &path).await;
    let rid = answer.header("x-kaibo-rid").unwrap().to_owned();
    let line = tail.says("room/getpushurl ").await;
    assert!(line.contains("300022") && line.contains(&rid), "{line}");
    let remedy = tail.says("do   ").await;
    assert!(
        remedy.contains("deleted, or belongs to another app"),
        "{remedy}"
    );
}

on_each_database![mistakes_are_named_as_they_happen];
