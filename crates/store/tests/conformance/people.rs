//! Anchors, verification, roles.

use kaibo_domain::anchor::Verification;
use kaibo_domain::role::Role;

use crate::{House, NOW, add_app};

async fn a_request_is_kept_with_its_first_token(house: House) {
    let (store, one) = house.store().await;
    let asked = store
        .request_anchor(&one, "wang", "token-1", NOW)
        .await
        .unwrap();
    assert_eq!(
        (asked.state, asked.verified_at),
        (Verification::Pending, None)
    );
    assert!(!format!("{asked:?}").contains("token-1"));
    let again = store
        .request_anchor(&one, "wang", "token-2", NOW + 1)
        .await
        .unwrap();
    assert_eq!(again, asked);
    assert_eq!(
        store.anchor(&one, "wang").await.unwrap().as_ref(),
        Some(&asked)
    );
    assert_eq!(store.anchor_by_token("token-1").await.unwrap(), Some(asked));
    assert_eq!(store.anchor_by_token("token-2").await.unwrap(), None);
    assert!(!store.has_role(&one, "wang", Role::Anchor).await.unwrap());
}

async fn verifying_gives_the_role_in_this_app_alone(house: House) {
    let (store, one) = house.store().await;
    let two = add_app(&store, "wx_two").await;
    store
        .request_anchor(&one, "wang", "token-1", NOW)
        .await
        .unwrap();
    let done = store
        .verify_anchor(&one, "wang", "token-2", NOW + 5)
        .await
        .unwrap();
    assert_eq!(
        (done.state, done.verified_at),
        (Verification::Verified, Some(NOW + 5))
    );
    assert_eq!((done.token.as_str(), done.requested_at), ("token-1", NOW));
    let twice = store
        .verify_anchor(&one, "wang", "token-3", NOW + 9)
        .await
        .unwrap();
    assert_eq!(twice, done);
    assert!(store.has_role(&one, "wang", Role::Anchor).await.unwrap());
    assert!(!store.has_role(&one, "wang", Role::Admin).await.unwrap());
    assert!(!store.has_role(&two, "wang", Role::Anchor).await.unwrap());
    assert_eq!(store.anchor(&two, "wang").await.unwrap(), None);
}

async fn somebody_not_heard_of_can_be_verified_and_stays_so(house: House) {
    let (store, one) = house.store().await;
    let done = store.verify_anchor(&one, "li", "token", NOW).await.unwrap();
    assert_eq!((done.requested_at, done.verified_at), (NOW, Some(NOW)));
    let asked = store
        .request_anchor(&one, "li", "other", NOW + 1)
        .await
        .unwrap();
    assert_eq!(asked, done);
    store
        .request_anchor(&one, "wang", "third", NOW + 1)
        .await
        .unwrap();
    let all = store.anchors(&one).await.unwrap();
    let ids: Vec<&str> = all.iter().map(|a| a.wechat_id.as_str()).collect();
    assert_eq!(ids, ["wang", "li"]);
}

cases![
    a_request_is_kept_with_its_first_token,
    verifying_gives_the_role_in_this_app_alone,
    somebody_not_heard_of_can_be_verified_and_stays_so,
];
