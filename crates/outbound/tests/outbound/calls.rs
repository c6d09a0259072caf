//! One call: where it may go, how it is signed, what comes back.

use std::time::Duration;

use jiff::SignedDuration;
use kaibo_app::ports::{CallError, Outbound, WebhookCall};
use kaibo_domain::endpoint::{MessageFormat, MessageSettings};
use kaibo_outbound::{Calls, OutboundConfig};
use test_receiver::{Answer, Receiver};
use tokio::time::timeout;

fn config() -> OutboundConfig {
    OutboundConfig {
        allow_private: vec!["127.0.0.0/8".parse().unwrap()],
        ..OutboundConfig::default()
    }
}

fn webhook(url: &str) -> WebhookCall {
    WebhookCall {
        url: url.into(),
        secret: "whsec_test".into(),
        id: "d1".into(),
        kind: "room.status".into(),
        body: r#"{"a":1}"#.into(),
        at: 1_800_000_000_123,
    }
}

async fn call(config: OutboundConfig, url: &str) -> Result<(), CallError> {
    Calls::new(config).webhook(webhook(url)).await
}

#[tokio::test]
async fn a_webhook_is_signed_over_its_time_and_body() {
    let receiver = Receiver::start().await;
    call(config(), &receiver.url("/hook?a=1")).await.unwrap();
    let got = receiver.got().remove(0);
    assert_eq!(
        (got.method.as_str(), got.path.as_str()),
        ("POST", "/hook?a=1")
    );
    assert_eq!(got.body, r#"{"a":1}"#);
    assert_eq!(got.headers["kaibo-delivery"], "d1");
    assert_eq!(got.headers["kaibo-event"], "room.status");
    assert_eq!(got.headers["host"], receiver.at.to_string());
    let signature =
        "t=1800000000,v1=7de5e6bbc99c65ef0ddccacd4308ba03a5a12eb8859a0db070c5ca731c4fdc19";
    assert_eq!(got.headers["kaibo-signature"], signature);
}

#[tokio::test]
async fn nobody_inside_is_called_however_the_address_is_written() {
    let trap = Receiver::start().await;
    let port = trap.at.port();
    for host in [
        "127.0.0.1",
        "localhost",
        "2130706433",
        "0x7f.1",
        "127.1",
        "0",
        "[::ffff:127.0.0.1]",
        "[::1]",
        "[::ffff:7f00:1]",
        "127.0.0.1.",
        "0177.0.0.1",
        "%31%32%37.0.0.1",
    ] {
        let called = call(OutboundConfig::default(), &format!("http://{host}:{port}/")).await;
        let refused = called.unwrap_err();
        assert!(
            matches!(refused, CallError::Private(_)),
            "{host}: {refused}"
        );
    }
    for url in [
        "file:///etc/passwd",
        "gopher://127.0.0.1/",
        "http://",
        "ftp://a.example/",
    ] {
        assert_eq!(call(config(), url).await, Err(CallError::Url), "{url}");
    }
    assert_eq!(trap.got().len(), 0);
}

#[tokio::test]
async fn a_listed_network_is_called_and_its_neighbours_are_not() {
    let receiver = Receiver::start().await;
    let mut config = config();
    config.allow_private = vec!["127.0.0.2/32".parse().unwrap()];
    let refused = call(config, &receiver.url("/")).await;
    assert_eq!(refused, Err(CallError::Private("127.0.0.1".into())));
}

#[tokio::test]
async fn a_redirect_is_an_answer_and_is_not_followed() {
    let receiver = Receiver::start().await;
    receiver.answer(|request| {
        let moved = Answer {
            header: Some("location: /b".into()),
            ..Answer::new(302, "moved")
        };
        Some(if request.path == "/a" {
            moved
        } else {
            Answer::new(200, "")
        })
    });
    let answer = call(config(), &receiver.url("/a")).await.unwrap_err();
    let body = "moved".into();
    assert_eq!(answer, CallError::Answer { status: 302, body });
    assert_eq!(receiver.got().len(), 1);
}

#[tokio::test]
async fn a_huge_answer_is_read_to_its_first_part() {
    let receiver = Receiver::start().await;
    receiver.answer(|_| {
        Some(Answer {
            status: 500,
            header: None,
            body: vec![b'x'; 32 * 1024 * 1024],
        })
    });
    let answer = call(config(), &receiver.url("/")).await.unwrap_err();
    let body = "x".repeat(200);
    assert_eq!(answer, CallError::Answer { status: 500, body });
}

#[tokio::test]
async fn silence_is_not_waited_for_longer_than_the_settings_say() {
    let receiver = Receiver::start().await;
    receiver.answer(|_| None);
    let mut config = config();
    config.timeout = SignedDuration::from_millis(50);
    let answer = call(config, &receiver.url("/")).await;
    assert_eq!(answer, Err(CallError::Timeout));
}

#[tokio::test]
async fn one_host_gets_so_many_calls_at_once_and_another_is_not_held_up() {
    let (slow, quick) = (Receiver::start().await, Receiver::start().await);
    slow.answer(|_| None);
    let mut config = config();
    config.connections_per_host = 2;
    let calls = std::sync::Arc::new(Calls::new(config));
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..3 {
        let (calls, url) = (calls.clone(), slow.url("/"));
        tasks.spawn(async move { calls.webhook(webhook(&url)).await });
    }
    slow.wait_for(2).await;
    calls.webhook(webhook(&quick.url("/"))).await.unwrap();
    assert!(
        timeout(Duration::from_millis(200), slow.wait_for(3))
            .await
            .is_err()
    );
}

fn settings(url: String) -> MessageSettings {
    MessageSettings {
        url,
        token: "token123".into(),
        aes_key: None,
        format: MessageFormat::Xml,
        original_id: "gh_x".into(),
    }
}

#[tokio::test]
async fn a_message_url_is_asked_to_give_back_what_it_gets() {
    let receiver = Receiver::start().await;
    receiver.answer(|request| Some(Answer::new(200, request.query("echostr").unwrap())));
    let calls = Calls::new(config());
    let url = || settings(receiver.url("/wx?own=1"));
    calls
        .check_message_url(url(), 1_800_000_000_000)
        .await
        .unwrap();
    let got = receiver.got().remove(0);
    assert_eq!((got.method.as_str(), got.query("own")), ("GET", Some("1")));
    assert_eq!(got.query("timestamp"), Some("1800000000"));
    assert_eq!(got.query("signature").unwrap().len(), 40);
    receiver.answer(|_| Some(Answer::new(200, "success")));
    let refused = calls.check_message_url(url(), 1_800_000_000_000).await;
    assert!(matches!(
        refused,
        Err(CallError::Answer { status: 200, .. })
    ));
}

#[tokio::test]
async fn what_is_no_server_of_tls_is_not_spoken_to() {
    let receiver = Receiver::start().await;
    let url = receiver.url("/").replace("http:", "https:");
    assert!(matches!(call(config(), &url).await, Err(CallError::Tls(_))));
}
