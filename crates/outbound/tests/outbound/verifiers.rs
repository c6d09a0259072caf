//! Submissions all the way to a verifier outside, who decides.

use std::net::Ipv4Addr;

use kaibo_app::ReviewerKind;
use kaibo_domain::MINUTE_MS;
use kaibo_domain::identity::{CONSENT, IdentityForm};
use serde_json::Value;
use test_receiver::{Answer, Receiver};

use crate::deliveries::House;

const WHO: &str = "anchor_77";
/// The example of GB 11643-1999.
const NUMBER: &str = "11010519491231002X";

async fn submit(house: &House) {
    let url = house.kaibo.invite_anchor(&house.app, WHO).await.unwrap();
    let token = url.rsplit_once('/').unwrap().1;
    let form = IdentityForm {
        name: "林小夏".into(),
        number: NUMBER.into(),
        consent: CONSENT.into(),
        pin: "730164".into(),
        ..IdentityForm::default()
    };
    let peer = Ipv4Addr::new(192, 0, 2, 1).into();
    let submitted = house.kaibo.submit_identity(token, &form, peer);
    submitted.await.unwrap().unwrap();
}

async fn verifier(house: &House) -> Receiver {
    let verifier = Receiver::start().await;
    let url = verifier.url("/verify");
    let set = house
        .kaibo
        .set_reviewer(&house.app, ReviewerKind::Anchors, &url);
    set.await.unwrap();
    verifier
}

async fn is_verified(house: &House) -> bool {
    let file = house.kaibo.anchor(&house.app, WHO).await.unwrap();
    file.submission.unwrap().decided_by.as_deref() == Some("verifier")
}

#[tokio::test]
async fn a_verifier_approves_after_a_failure_and_each_telling_is_noted() {
    let house = House::new().await;
    submit(&house).await;
    let verifier = verifier(&house).await;
    verifier.answer(|_| Some(Answer::new(503, "")));
    house.kaibo.deliver_due().await.unwrap();
    assert!(!is_verified(&house).await);
    verifier.answer(|_| Some(Answer::new(200, r#"{"verdict":"approve"}"#)));
    house.pass(MINUTE_MS).await;
    assert!(
        is_verified(&house).await,
        "what was open already is sent too"
    );
    let asked = verifier.got();
    assert_eq!(asked.len(), 2);
    let ids: Vec<_> = asked.iter().map(|r| &r.headers["kaibo-delivery"]).collect();
    assert_eq!(ids[0], ids[1]);
    let told: Value = serde_json::from_str(&asked[1].body).unwrap();
    let data = &told["data"];
    assert_eq!(
        (&data["wechatId"], &data["number"]),
        (&WHO.into(), &NUMBER.into())
    );
    let reveals = house.kaibo.reveals(&house.app, WHO).await.unwrap();
    assert_eq!(reveals.len(), 2);
    assert_eq!(reveals[0].actor, "verifier");

    let endpoint = house.kaibo.reviewer(&house.app, ReviewerKind::Anchors);
    let id = endpoint.await.unwrap().unwrap().id;
    let log = house.kaibo.deliveries(&house.app, id, 0, 10).await.unwrap();
    assert!(
        log[0].done && !log[0].body.contains(NUMBER),
        "{}",
        log[0].body
    );
}

#[tokio::test]
async fn a_verifier_sends_back_with_a_reason_and_what_is_decided_is_not_sent() {
    let house = House::new().await;
    let verifier = verifier(&house).await;
    let no = r#"{"verdict":"reject","reason":"姓名与证件号不一致"}"#;
    verifier.answer(move |_| Some(Answer::new(200, no)));
    submit(&house).await;
    house.kaibo.deliver_due().await.unwrap();
    let file = house.kaibo.anchor(&house.app, WHO).await.unwrap();
    let state = format!("{:?}", file.submission.unwrap().state);
    assert!(state.contains("姓名与证件号不一致"), "{state}");

    verifier.answer(|_| Some(Answer::new(503, "")));
    submit(&house).await;
    house.kaibo.deliver_due().await.unwrap();
    assert_eq!(verifier.got().len(), 2);
    let file = house.kaibo.anchor(&house.app, WHO).await.unwrap();
    let id = file.submission.unwrap().id;
    let by_hand = house.kaibo.approve_submission(&house.app, WHO, id, "boss");
    by_hand.await.unwrap();
    house.pass(MINUTE_MS).await;
    assert_eq!(verifier.got().len(), 2, "a person was faster");
}
