//! What people submit to be verified.

use kaibo_domain::anchor::Verification;
use kaibo_domain::id::AppId;
use kaibo_domain::identity::{Identity, SubmissionState};
use kaibo_domain::role::Role;
use kaibo_store::{Decided, NewSubmission, Store, Submitted};

use crate::{House, NOW, add_app};

const NUMBER: &str = "11010519491231002X";
const DUE: i64 = NOW + 1_000_000;

fn identity() -> Identity {
    Identity {
        name: "林小夏".into(),
        number: NUMBER.into(),
        guardian: None,
    }
}

pub(crate) async fn submit(store: &Store, app_id: &AppId, wechat_id: &str, now: i64) -> Submitted {
    let new = NewSubmission {
        app_id,
        wechat_id,
        identity: &identity(),
        consent: "2026-11",
        pin_hash: "a hash of a PIN",
        most: 3,
        since: now - 10,
    };
    store.submit_identity(new, now).await.unwrap()
}

async fn asked(store: &Store, app_id: &AppId) {
    let asked = store.request_anchor(app_id, "lin", "token", NOW).await;
    asked.unwrap();
}

async fn reject(store: &Store, app_id: &AppId, id: i64, now: i64) -> Decided {
    let why = ("boss", "照片不清晰");
    let rejected = store.reject_submission(app_id, "lin", id, why, now);
    rejected.await.unwrap()
}

async fn what_is_submitted_is_sealed_and_decided_once(house: House) {
    let (store, one) = house.store().await;
    let two = add_app(&store, "wx_two").await;
    asked(&store, &one).await;
    assert_eq!(store.submission(&one, "lin").await.unwrap(), None);
    assert_eq!(submit(&store, &one, "lin", NOW).await, Submitted::Done);
    assert_eq!(submit(&store, &one, "lin", NOW + 1).await, Submitted::Open);
    let open = store.submission(&one, "lin").await.unwrap().unwrap();
    assert_eq!(
        (&open.identity, &open.state),
        (&identity(), &SubmissionState::Open)
    );
    assert!(!format!("{open:?}").contains(NUMBER));
    assert!(!house.holds(NUMBER.as_bytes()).await);
    assert!(!house.holds("林小夏".as_bytes()).await);

    let approve = async |app, who, id| {
        let approved = store.approve_submission(app, who, id, "boss", DUE, NOW + 5);
        approved.await.unwrap()
    };
    for (app, who, id) in [
        (&two, "lin", open.id),
        (&one, "li", open.id),
        (&one, "lin", 99),
    ] {
        assert_eq!(approve(app, who, id).await, Decided::NotOpen);
    }
    assert_eq!(store.pin_hash(&one, "lin").await.unwrap(), None);
    assert_eq!(approve(&one, "lin", open.id).await, Decided::Done);
    let pin = store.pin_hash(&one, "lin").await.unwrap();
    assert_eq!(pin.as_deref(), Some("a hash of a PIN"));
    assert_eq!(store.pin_hash(&two, "lin").await.unwrap(), None);
    assert_eq!(approve(&one, "lin", open.id).await, Decided::NotOpen);
    assert_eq!(reject(&store, &one, open.id, NOW).await, Decided::NotOpen);
    let anchor = store.anchor(&one, "lin").await.unwrap().unwrap();
    assert_eq!(anchor.state, Verification::Verified);
    assert_eq!(
        (anchor.verified_at, anchor.due_at),
        (Some(NOW + 5), Some(DUE))
    );
    assert!(store.has_role(&one, "lin", Role::Anchor).await.unwrap());
    let done = store.submission(&one, "lin").await.unwrap().unwrap();
    assert_eq!(
        (done.state, done.decided_by.as_deref()),
        (SubmissionState::Approved, Some("boss"))
    );
}

async fn whoever_was_sent_back_submits_again_within_a_limit(house: House) {
    let (store, one) = house.store().await;
    asked(&store, &one).await;
    for n in 0..3 {
        assert_eq!(submit(&store, &one, "lin", NOW + n).await, Submitted::Done);
        let id = store.submission(&one, "lin").await.unwrap().unwrap().id;
        assert_eq!(reject(&store, &one, id, NOW + n).await, Decided::Done);
    }
    let last = store.submission(&one, "lin").await.unwrap().unwrap();
    let reason = "照片不清晰".to_owned();
    assert_eq!(last.state, SubmissionState::Rejected { reason });
    assert_eq!(submit(&store, &one, "lin", NOW + 3).await, Submitted::Limit);
    assert_eq!(submit(&store, &one, "lin", NOW + 10).await, Submitted::Done);
    let latest = store.submissions(&one).await.unwrap();
    assert_eq!(latest.len(), 1);
    assert_eq!(latest["lin"].state, SubmissionState::Open);
    let anchor = store.anchor(&one, "lin").await.unwrap().unwrap();
    assert_eq!(anchor.state, Verification::Pending);
}

async fn nobody_becomes_an_anchor_beyond_those_who_may(house: House) {
    let (store, one) = house.store().await;
    asked(&store, &one).await;
    submit(&store, &one, "lin", NOW).await;
    for n in 0..Role::Anchor.most() {
        let id = format!("anchor_{n}");
        store.give_role(&one, &id, Role::Anchor, NOW).await.unwrap();
    }
    let id = store.submission(&one, "lin").await.unwrap().unwrap().id;
    let approved = store.approve_submission(&one, "lin", id, "boss", DUE, NOW);
    assert_eq!(approved.await.unwrap(), Decided::RoleFull);
    let still = store.submission(&one, "lin").await.unwrap().unwrap();
    assert_eq!(still.state, SubmissionState::Open);
}

async fn who_sees_a_number_is_kept(house: House) {
    let (store, one) = house.store().await;
    let two = add_app(&store, "wx_two").await;
    asked(&store, &one).await;
    submit(&store, &one, "lin", NOW).await;
    let id = store.submission(&one, "lin").await.unwrap().unwrap().id;
    let reveal = async |app, id, at| {
        let revealed = store.reveal_identity(app, "lin", id, ("boss", "核对身份"), at);
        revealed.await.unwrap()
    };
    assert_eq!(reveal(&one, id, NOW + 1).await, Some(identity()));
    assert_eq!(reveal(&one, id, NOW + 2).await, Some(identity()));
    assert_eq!(reveal(&one, id + 1, NOW + 3).await, None);
    assert_eq!(reveal(&two, id, NOW + 4).await, None);
    let seen = store.reveals(&one, "lin").await.unwrap();
    let at: Vec<i64> = seen.iter().map(|s| s.at).collect();
    assert_eq!(at, [NOW + 2, NOW + 1]);
    assert_eq!(
        (seen[0].actor.as_str(), seen[0].reason.as_str()),
        ("boss", "核对身份")
    );
    assert_eq!(store.reveals(&two, "lin").await.unwrap(), []);
}

cases![
    what_is_submitted_is_sealed_and_decided_once,
    whoever_was_sent_back_submits_again_within_a_limit,
    nobody_becomes_an_anchor_beyond_those_who_may,
    who_sees_a_number_is_kept,
];
