//! Apps and their access tokens.

use kaibo_domain::HOUR_MS;
use kaibo_domain::id::AppId;
use kaibo_store::{AccessToken, App, TokenKind};

use crate::{House, NOW, add_app, app_id};

fn token(id: u8, app_id: &AppId, kind: TokenKind, issued_at: i64) -> AccessToken {
    AccessToken {
        id: vec![id; 16],
        app_id: app_id.clone(),
        kind,
        issued_at,
        expires_at: issued_at + 2 * HOUR_MS,
        superseded_at: None,
    }
}

async fn an_app_is_made_once(house: House) {
    let (store, one) = house.store().await;
    let again = App {
        app_id: one.clone(),
        name: "Another".into(),
        secret_hash: vec![],
        created_at: 1,
        latency_budget_ms: None,
    };
    assert!(!store.create_app(&again).await.unwrap());
    let kept = store.app(&one).await.unwrap().unwrap();
    assert_eq!(
        (kept.name.as_str(), &kept.secret_hash[..]),
        ("Shop wx_one", &[1, 2, 3][..])
    );
    assert!(!format!("{kept:?}").contains("secret"));
    assert_eq!(store.app(&app_id("wx_none")).await.unwrap(), None);
    let two = add_app(&store, "wx_two").await;
    let ids: Vec<AppId> = store
        .apps()
        .await
        .unwrap()
        .into_iter()
        .map(|a| a.app_id)
        .collect();
    assert_eq!(ids, [one, two]);
}

async fn an_apps_latency_budget_is_set_and_taken_back(house: House) {
    let (store, one) = house.store().await;
    let two = add_app(&store, "wx_two").await;
    let budget = async |id| store.app(id).await.unwrap().unwrap().latency_budget_ms;
    assert_eq!(budget(&one).await, None);
    for budget_ms in [Some(350), Some(0), None] {
        assert!(store.set_latency_budget(&one, budget_ms).await.unwrap());
        assert_eq!(budget(&one).await, budget_ms);
        assert_eq!(budget(&two).await, None);
    }
    let nobodys = store.set_latency_budget(&app_id("wx_none"), Some(1)).await;
    assert!(!nobodys.unwrap());
}

async fn a_new_token_lets_the_old_ones_of_its_kind_die(house: House) {
    let (store, one) = house.store().await;
    let two = add_app(&store, "wx_two").await;
    let (plain, stable) = (TokenKind::Plain, TokenKind::Stable);
    let old = token(1, &one, plain, NOW);
    for other in [
        &old,
        &token(2, &one, stable, NOW),
        &token(3, &two, plain, NOW),
    ] {
        store.issue_token(other, NOW).await.unwrap();
    }
    let new = token(4, &one, plain, NOW + 1);
    store.issue_token(&new, NOW + 300_000).await.unwrap();
    let dies = async |id| store.token(&[id; 16]).await.unwrap().unwrap().superseded_at;
    assert_eq!(dies(1).await, Some(NOW + 300_000));
    assert_eq!(
        (dies(2).await, dies(3).await, dies(4).await),
        (None, None, None)
    );
    assert_eq!(store.newest_token(&one, plain).await.unwrap(), Some(new));
    // An earlier death stands; a later one is brought forward.
    store
        .issue_token(&token(5, &one, plain, NOW + 2), NOW + 400_000)
        .await
        .unwrap();
    assert_eq!(
        (dies(1).await, dies(4).await),
        (Some(NOW + 300_000), Some(NOW + 400_000))
    );
    store
        .issue_token(&token(6, &one, plain, NOW + 3), NOW + 10)
        .await
        .unwrap();
    assert_eq!(
        (dies(1).await, dies(4).await),
        (Some(NOW + 10), Some(NOW + 10))
    );
    assert_eq!(store.newest_token(&two, stable).await.unwrap(), None);
    assert_eq!(store.token(&[99; 16]).await.unwrap(), None);
}

async fn the_newest_of_two_tokens_of_one_millisecond_is_the_one_that_holds(house: House) {
    let (store, one) = house.store().await;
    for id in [9, 1, 5] {
        let token = token(id, &one, TokenKind::Plain, NOW);
        store.issue_token(&token, NOW).await.unwrap();
        let newest = store.newest_token(&one, TokenKind::Plain).await.unwrap();
        assert_eq!(newest.unwrap().id, [id; 16]);
    }
}

async fn tokens_go_a_day_after_they_expired(house: House) {
    let (store, one) = house.store().await;
    let old = token(1, &one, TokenKind::Plain, NOW);
    store.issue_token(&old, NOW).await.unwrap();
    let day_past = old.expires_at + 24 * HOUR_MS;
    store
        .issue_token(&token(2, &one, TokenKind::Plain, day_past), day_past)
        .await
        .unwrap();
    assert!(store.token(&old.id).await.unwrap().is_some());
    store
        .issue_token(&token(3, &one, TokenKind::Plain, day_past + 1), day_past)
        .await
        .unwrap();
    assert!(store.token(&old.id).await.unwrap().is_none());
}

async fn a_token_that_is_to_follow_another_follows_no_third(house: House) {
    let (store, one) = house.store().await;
    let stable = TokenKind::Stable;
    let (first, second) = (token(1, &one, stable, NOW), token(2, &one, stable, NOW));
    assert!(store.issue_token_after(&first, NOW, None).await.unwrap());
    assert!(!store.issue_token_after(&second, NOW, None).await.unwrap());
    let newest = store.newest_token(&one, stable).await.unwrap();
    assert_eq!(newest.as_ref(), Some(&first));
    assert_eq!(store.token(&second.id).await.unwrap(), None);
    let follows = store.issue_token_after(&second, NOW, Some(&first.id));
    assert!(follows.await.unwrap());
    let newest = store.newest_token(&one, stable).await.unwrap();
    assert_eq!(newest, Some(second));
}

cases![
    an_app_is_made_once,
    an_apps_latency_budget_is_set_and_taken_back,
    a_new_token_lets_the_old_ones_of_its_kind_die,
    the_newest_of_two_tokens_of_one_millisecond_is_the_one_that_holds,
    tokens_go_a_day_after_they_expired,
    a_token_that_is_to_follow_another_follows_no_third,
];
