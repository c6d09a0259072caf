//! `/v1/verifications/{token}` and the console's decisions about it.

use serde_json::{Value, json};

use crate::world::{ANCHOR, APP, Owner, World};

const NUMBER: &str = "11010519491231002X";

fn form() -> Value {
    json!({
        "name": "林小夏", "number": NUMBER, "consent": "2026-11", "pin": "730164",
    })
}

fn of(who: &str, rest: &str) -> String {
    format!("/v1/apps/{APP}/people/{who}/verification{rest}")
}

/// The path behind the link that the console gives out.
async fn link(owner: &Owner<'_>, who: &str) -> String {
    let invited = owner.post(&of(who, ""), json!({})).await.ok();
    let url = invited["verifyUrl"].as_str().unwrap();
    let token = url.strip_prefix("https://live.test/verify/").unwrap();
    format!("/v1/verifications/{token}")
}

/// The console's view of somebody.
async fn anchor(owner: &Owner<'_>, who: &str) -> Value {
    let all = owner.get(&format!("/v1/apps/{APP}/anchors")).await.ok();
    let mut all = all.as_array().unwrap().iter();
    all.find(|a| a["wechatId"] == who).unwrap().clone()
}

#[tokio::test]
async fn a_person_submits_and_the_console_decides() {
    let world = World::new().await;
    let owner = world.owner().await;
    let path = link(&owner, "anchor_77").await;
    let sent = world.post(&path, form()).await.ok();
    assert_eq!(
        (&sent["state"], &sent["maySubmit"]),
        (&json!("submitted"), &json!(false))
    );
    assert!(!sent.to_string().contains("1949"));
    let again = world.post(&path, form()).await;
    assert_eq!(again.refusal(), (409, "verification_waits"));

    let seen = anchor(&owner, "anchor_77").await;
    let submission = seen["submission"].clone();
    assert_eq!(
        (&submission["name"], &submission["state"]),
        (&json!("林小夏"), &json!("open"))
    );
    assert_eq!(submission["numberMasked"], "110*************2X");
    assert_eq!(submission["age"], 76);
    assert!(!seen.to_string().contains("1949"));

    let why = json!({"submission": submission["id"], "reason": "姓名与证件不符"});
    let rejected = owner.post(&of("anchor_77", "/reject"), why).await.ok();
    assert_eq!(rejected["state"], "rejected");
    let page = world.get(&path).await.ok();
    assert_eq!(
        (&page["reason"], &page["maySubmit"]),
        (&json!("姓名与证件不符"), &json!(true))
    );

    world.post(&path, form()).await.ok();
    let id = anchor(&owner, "anchor_77").await["submission"]["id"].clone();
    let approval = json!({"submission": id});
    let approve = of("anchor_77", "/approve");
    let approved = owner.post(&approve, approval.clone()).await.ok();
    assert_eq!(approved["state"], "verified");
    assert_eq!(approved["submission"]["decidedBy"], "owner");
    let twice = owner.post(&approve, approval).await;
    assert_eq!(twice.refusal(), (409, "nothing_submitted"));
    let done = world.post(&path, form()).await;
    assert_eq!(done.refusal(), (409, "verification_done"));
    assert_eq!(world.get(&path).await.ok()["dueAt"], approved["dueAt"]);
}

#[tokio::test]
async fn every_field_that_is_wrong_is_named() {
    let world = World::new().await;
    let owner = world.owner().await;
    let path = link(&owner, "anchor_77").await;
    let all = json!({
        "name": "x", "number": "110105194912310021", "consent": "", "pin": "12345",
    });
    let refused = world.post(&path, all).await;
    assert_eq!(refused.refusal(), (422, "invalid"));
    let fields = json!({
        "name": "name_invalid", "number": "number_invalid", "consent": "required",
        "pin": "pin_invalid",
    });
    assert_eq!(refused.body["error"]["fields"], fields);
    // 17 years old on 2026-01-15.
    let mut young = form();
    young["number"] = json!("110000200812010020");
    let refused = world.post(&path, young.clone()).await;
    assert_eq!(
        refused.body["error"]["fields"],
        json!({"guardian": "required"})
    );
    young["guardian"] = json!("林大海");
    let refused = world.post(&path, young.clone()).await;
    assert_eq!(
        refused.body["error"]["fields"],
        json!({"guardianAgrees": "required"})
    );
    young["guardianAgrees"] = json!(true);
    world.post(&path, young).await.ok();
    assert_eq!(
        anchor(&owner, "anchor_77").await["submission"]["guardian"],
        "林大海"
    );
    let unknown = world.post("/v1/verifications/unknown", form()).await;
    assert_eq!(unknown.refusal(), (404, "verification_not_found"));
}

#[tokio::test]
async fn a_full_number_is_shown_for_a_reason_that_is_kept() {
    let world = World::new().await;
    let owner = world.owner().await;
    let path = link(&owner, "anchor_77").await;
    world.post(&path, form()).await.ok();
    let id = anchor(&owner, "anchor_77").await["submission"]["id"].clone();
    let ask = async |who: &str, reason: &str| {
        let body = json!({"submission": id, "reason": reason});
        owner.post(&of(who, "/reveal"), body).await
    };
    assert_eq!(ask("anchor_77", "").await.refusal(), (422, "invalid"));
    assert_eq!(
        ask(ANCHOR, "与证件核对").await.refusal(),
        (404, "anchor_not_found")
    );
    assert_eq!(ask("anchor_77", "与证件核对").await.ok()["number"], NUMBER);
    let seen = owner.get(&of("anchor_77", "/reveals")).await.ok();
    let at = world.kaibo.now();
    assert_eq!(
        seen,
        json!([{"actor": "owner", "reason": "与证件核对", "at": at}])
    );
    assert_eq!(world.get(&of("anchor_77", "/reveals")).await.status, 401);
}

#[tokio::test]
async fn tries_are_counted() {
    let world = World::new().await;
    let owner = world.owner().await;
    let path = link(&owner, "anchor_77").await;
    let mut wrong = form();
    wrong["pin"] = json!("111111");
    for _ in 0..10 {
        assert_eq!(world.post(&path, wrong.clone()).await.status, 422);
    }
    let refused = world.post(&path, form()).await;
    assert_eq!(refused.refusal(), (429, "too_many_tries"));
}
