//! Console users, set-up, sessions.

use kaibo_domain::HOUR_MS;

use crate::{House, NOW};

async fn one_set_up_token_makes_one_owner(house: House) {
    let (store, _) = house.store().await;
    assert!(!store.has_user().await.unwrap());
    assert!(!store.setup_token_open(b"one").await.unwrap());
    store.set_setup_token(b"one").await.unwrap();
    store.set_setup_token(b"two").await.unwrap();
    assert!(!store.setup_token_open(b"one").await.unwrap());
    assert!(store.setup_token_open(b"two").await.unwrap());
    assert_eq!(
        store
            .create_owner("boss", "hash", b"one", NOW)
            .await
            .unwrap(),
        None
    );
    let owner = store
        .create_owner("boss", "hash", b"two", NOW)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        (owner.name.as_str(), owner.password_hash.as_str()),
        ("boss", "hash")
    );
    assert!(!format!("{owner:?}").contains("hash"));
    assert!(!store.setup_token_open(b"two").await.unwrap());
    assert_eq!(
        store.create_owner("thief", "x", b"two", NOW).await.unwrap(),
        None
    );
    assert!(store.has_user().await.unwrap());
    assert_eq!(store.user_by_name("boss").await.unwrap(), Some(owner));
    assert_eq!(store.user_by_name("thief").await.unwrap(), None);
}

async fn a_taken_name_leaves_the_set_up_token_open(house: House) {
    let (store, _) = house.store().await;
    store.set_setup_token(b"one").await.unwrap();
    store
        .create_owner("boss", "hash", b"one", NOW)
        .await
        .unwrap();
    store.set_setup_token(b"two").await.unwrap();
    assert_eq!(
        store
            .create_owner("boss", "other", b"two", NOW)
            .await
            .unwrap(),
        None
    );
    assert!(store.setup_token_open(b"two").await.unwrap());
}

async fn of_many_who_hold_the_token_one_becomes_the_owner(house: House) {
    let (store, _) = house.store().await;
    store.set_setup_token(b"one").await.unwrap();
    let names: Vec<String> = (0..20).map(|n| format!("user{n}")).collect();
    let all = names
        .iter()
        .map(|n| store.create_owner(n, "hash", b"one", NOW));
    let made = futures_util::future::join_all(all).await;
    assert_eq!(
        made.iter()
            .filter(|m| m.as_ref().unwrap().is_some())
            .count(),
        1
    );
}

async fn sessions_end_by_time_by_leaving_and_by_a_new_password(house: House) {
    let (store, _) = house.store().await;
    store.set_setup_token(b"one").await.unwrap();
    let owner = store
        .create_owner("boss", "hash", b"one", NOW)
        .await
        .unwrap()
        .unwrap();
    let ends = NOW + HOUR_MS;
    for hash in [b"a", b"b", b"c"] {
        let begun = store.create_session(hash, &owner, "csrf", ends, NOW);
        assert!(begun.await.unwrap());
    }
    let user = async |hash: &[u8], now| store.session(hash, now).await.unwrap();
    assert_eq!(
        user(b"a", ends - 1).await,
        Some((owner.clone(), "csrf".into()))
    );
    assert_eq!(user(b"a", ends).await, None);
    store.drop_session(b"a").await.unwrap();
    assert_eq!(user(b"a", NOW).await, None);
    assert!(user(b"b", NOW).await.is_some());
    assert!(store.set_password("boss", "new").await.unwrap());
    assert_eq!(user(b"b", NOW).await, None);
    let kept = store.user_by_name("boss").await.unwrap().unwrap();
    assert_eq!(kept.password_hash, "new");
    assert!(!store.set_password("nobody", "new").await.unwrap());
    let late = store.create_session(b"d", &owner, "csrf", ends, NOW);
    assert!(!late.await.unwrap(), "judged by the old password");
    assert_eq!(user(b"d", NOW).await, None);
}

async fn a_user_sees_and_ends_their_own_sessions_alone(house: House) {
    let (store, _) = house.store().await;
    store.set_setup_token(b"one").await.unwrap();
    let made = store.create_owner("boss", "hash", b"one", NOW).await;
    let owner = made.unwrap().unwrap();
    for (at, hash) in [b"a", b"b"].into_iter().enumerate() {
        let begun_at = NOW + at as i64;
        let begun = store.create_session(hash, &owner, "csrf", NOW + 10, begun_at);
        assert!(begun.await.unwrap());
    }
    let hashes = async |user_id, now| {
        let sessions = store.sessions(user_id, now).await.unwrap();
        sessions.into_iter().map(|s| s.0).collect::<Vec<_>>()
    };
    assert_eq!(hashes(owner.id, NOW).await, [b"b", b"a"]);
    assert_eq!(hashes(owner.id, NOW + 10).await, [[0_u8; 1]; 0]);
    assert_eq!(hashes(owner.id + 1, NOW).await, [[0_u8; 1]; 0]);
    assert!(!store.drop_session_of(owner.id + 1, b"a").await.unwrap());
    assert!(store.drop_session_of(owner.id, b"a").await.unwrap());
    assert!(!store.drop_session_of(owner.id, b"a").await.unwrap());
    assert_eq!(hashes(owner.id, NOW).await, [b"b"]);
}

cases![
    a_user_sees_and_ends_their_own_sessions_alone,
    one_set_up_token_makes_one_owner,
    a_taken_name_leaves_the_set_up_token_open,
    of_many_who_hold_the_token_one_becomes_the_owner,
    sessions_end_by_time_by_leaving_and_by_a_new_password,
];
