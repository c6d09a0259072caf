//! Console users, set-up, sessions.

use kaibo_domain::HOUR_MS;
use kaibo_domain::user::UserRole;
use kaibo_store::{NewUser, UserChange};

use crate::{House, NOW, add_app, app_id};

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

fn invited(name: &str, role: UserRole) -> NewUser {
    NewUser {
        name: name.to_owned(),
        role,
        apps: Vec::new(),
        token_hash: name.as_bytes().to_vec(),
        expires_at: NOW + 100,
    }
}

async fn a_link_makes_a_user_once_and_while_it_works(house: House) {
    let (store, _) = house.store().await;
    let apps = [app_id("wx_one"), app_id("wx_two")];
    add_app(&store, "wx_two").await;
    let mut new = invited("helper", UserRole::Operator);
    // One that is not there is left out.
    new.apps = vec![apps[1].clone(), apps[0].clone(), app_id("wx_none")];
    let id = store.invite_user(new.clone(), NOW).await.unwrap().unwrap();
    assert_eq!(store.invite_user(new, NOW).await.unwrap(), None, "taken");
    assert_eq!(store.apps_of_user(id).await.unwrap(), apps);
    let (user, until) = store.user_of_link(b"helper", NOW).await.unwrap().unwrap();
    assert_eq!(
        (user.id, user.password_hash.as_str(), until),
        (id, "", NOW + 100)
    );
    assert_eq!(
        store.user_of_link(b"helper", NOW + 100).await.unwrap(),
        None
    );
    let late = store.use_user_link(b"helper", "hash", NOW + 100).await;
    assert_eq!(late.unwrap(), None);
    let used = store.use_user_link(b"helper", "hash", NOW).await.unwrap();
    assert_eq!(used.unwrap().password_hash, "hash");
    let again = store.use_user_link(b"helper", "thief", NOW).await;
    assert_eq!(again.unwrap(), None);

    let user = store.user_by_name("helper").await.unwrap().unwrap();
    let begun = store.create_session(b"a", &user, "csrf", NOW + 10, NOW);
    assert!(begun.await.unwrap());
    assert!(store.renew_user_link(id, b"new", NOW + 9).await.unwrap());
    assert_eq!(store.session(b"a", NOW).await.unwrap(), None);
    assert_eq!(store.user_links().await.unwrap(), [(id, NOW + 9)]);
    store.set_password("helper", "by hand").await.unwrap();
    assert_eq!(store.user_of_link(b"new", NOW).await.unwrap(), None);
    assert!(!store.renew_user_link(id + 9, b"x", NOW).await.unwrap());
}

async fn who_is_shut_out_is_out_at_once_and_one_owner_stays(house: House) {
    let (store, _) = house.store().await;
    store.set_setup_token(b"one").await.unwrap();
    let owner = store.create_owner("boss", "hash", b"one", NOW).await;
    let owner = owner.unwrap().unwrap();
    // Who has no password yet keeps no house.
    let second = invited("second", UserRole::Owner);
    let second = store.invite_user(second, NOW).await.unwrap().unwrap();
    let change = async |id, role, disabled_at| {
        let changed = store.change_user(id, role, Vec::new(), disabled_at);
        changed.await.unwrap()
    };
    let operator = UserRole::Operator;
    assert_eq!(
        change(owner.id, operator, None).await,
        UserChange::LastOwner
    );
    let shut = change(owner.id, UserRole::Owner, Some(NOW)).await;
    assert_eq!(shut, UserChange::LastOwner);
    assert_eq!(
        store.drop_user(owner.id).await.unwrap(),
        UserChange::LastOwner
    );
    let joined = store.use_user_link(b"second", "hash", NOW).await.unwrap();
    let joined = joined.unwrap();
    let begun = store.create_session(b"s", &joined, "csrf", NOW + 10, NOW);
    assert!(begun.await.unwrap());

    let shut = change(second, UserRole::Owner, Some(NOW + 5)).await;
    assert_eq!(shut, UserChange::Done);
    assert_eq!(store.session(b"s", NOW).await.unwrap(), None);
    let user = store.user_by_name("second").await.unwrap().unwrap();
    assert_eq!(user.disabled_at, Some(NOW + 5));
    let begun = store.create_session(b"t", &user, "csrf", NOW + 10, NOW);
    assert!(!begun.await.unwrap());
    assert_eq!(change(second, operator, None).await, UserChange::Done);
    assert_eq!(store.drop_user(second).await.unwrap(), UserChange::Done);
    assert_eq!(store.drop_user(second).await.unwrap(), UserChange::Unknown);
    assert_eq!(change(second, operator, None).await, UserChange::Unknown);
    assert_eq!(store.users().await.unwrap(), [owner]);
}

async fn codes_of_a_second_factor_are_used_once(house: House) {
    let (store, _) = house.store().await;
    let new = invited("helper", UserRole::Owner);
    let id = store.invite_user(new, NOW).await.unwrap().unwrap();
    assert_eq!(store.two_factor(id).await.unwrap(), None);
    assert!(!store.turn_two_factor_on(id, 1, vec![], NOW).await.unwrap());
    assert!(store.begin_two_factor(id, b"first").await.unwrap());
    assert!(store.begin_two_factor(id, b"shared").await.unwrap());
    assert!(!store.use_step(id, 9).await.unwrap(), "it is not on");
    let codes = vec![b"one".to_vec(), b"two".to_vec()];
    assert!(store.turn_two_factor_on(id, 7, codes, NOW).await.unwrap());
    let begun = store.two_factor(id).await.unwrap().unwrap();
    assert_eq!(
        (begun.secret.as_slice(), begun.on_at, begun.step),
        (&b"shared"[..], Some(NOW), 7)
    );
    assert!(!store.begin_two_factor(id, b"other").await.unwrap());
    assert!(!store.use_step(id, 7).await.unwrap());
    assert!(store.use_step(id, 8).await.unwrap());
    assert!(!store.use_step(id, 8).await.unwrap());
    assert!(store.use_recovery_code(id, b"one").await.unwrap());
    assert!(!store.use_recovery_code(id, b"one").await.unwrap());
    assert_eq!(store.recovery_codes(id).await.unwrap(), 1);
    assert!(store.drop_two_factor(id).await.unwrap());
    assert_eq!(store.recovery_codes(id).await.unwrap(), 0);
    assert_eq!(store.two_factor(id).await.unwrap(), None);
    assert!(!store.demands_two_factor().await.unwrap());
    store.demand_two_factor(true).await.unwrap();
    assert!(store.demands_two_factor().await.unwrap());
}

cases![
    a_link_makes_a_user_once_and_while_it_works,
    who_is_shut_out_is_out_at_once_and_one_owner_stays,
    codes_of_a_second_factor_are_used_once,
    a_user_sees_and_ends_their_own_sessions_alone,
    one_set_up_token_makes_one_owner,
    a_taken_name_leaves_the_set_up_token_open,
    of_many_who_hold_the_token_one_becomes_the_owner,
    sessions_end_by_time_by_leaving_and_by_a_new_password,
];
