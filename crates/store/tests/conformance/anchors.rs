//! Anchors and their verification.

use kaibo_domain::anchor::Verification;
use kaibo_domain::id::AppId;
use kaibo_domain::role::Role;
use kaibo_store::{Anchor, Store};

use crate::{House, NOW, add_app};

const DUE: i64 = NOW + 1_000;

async fn verify(store: &Store, app_id: &AppId, id: &str, token: &str, now: i64) -> Anchor {
    let verified = store.verify_anchor(app_id, id, token, now + 1_000, now);
    verified.await.unwrap().unwrap()
}

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
    let done = verify(&store, &one, "wang", "token-2", NOW + 5).await;
    assert_eq!(
        (done.state, done.verified_at),
        (Verification::Verified, Some(NOW + 5))
    );
    assert_eq!((done.token.as_str(), done.requested_at), ("token-1", NOW));
    assert_eq!(done.due_at, Some(DUE + 5));
    let twice = verify(&store, &one, "wang", "token-3", NOW + 9).await;
    assert_eq!(twice.due_at, Some(DUE + 9));
    let due_at = done.due_at;
    assert_eq!(Anchor { due_at, ..twice }, done);
    assert!(store.has_role(&one, "wang", Role::Anchor).await.unwrap());
    assert!(!store.has_role(&one, "wang", Role::Admin).await.unwrap());
    assert!(!store.has_role(&two, "wang", Role::Anchor).await.unwrap());
    assert_eq!(store.anchor(&two, "wang").await.unwrap(), None);
}

async fn somebody_not_heard_of_can_be_verified_and_stays_so(house: House) {
    let (store, one) = house.store().await;
    let done = verify(&store, &one, "li", "token", NOW).await;
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

async fn nobody_is_verified_beyond_the_anchors_that_may_be(house: House) {
    let (store, one) = house.store().await;
    let most = Role::Anchor.most();
    for n in 0..most {
        verify(
            &store,
            &one,
            &format!("anchor_{n}"),
            &format!("token-{n}"),
            NOW,
        )
        .await;
    }
    let refused = store.verify_anchor(&one, "one_more", "token", DUE, NOW);
    assert_eq!(refused.await.unwrap(), None);
    assert_eq!(store.anchor(&one, "one_more").await.unwrap(), None);
    assert_eq!(store.person(&one, "one_more").await.unwrap(), None);
    verify(&store, &one, "anchor_0", "token", NOW + 1).await;
}

cases![
    nobody_is_verified_beyond_the_anchors_that_may_be,
    a_request_is_kept_with_its_first_token,
    verifying_gives_the_role_in_this_app_alone,
    somebody_not_heard_of_can_be_verified_and_stays_so,
];
