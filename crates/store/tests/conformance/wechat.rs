//! Accounts with WeChat: one for an app, with what it bought.

use kaibo_domain::id::AppId;
use kaibo_domain::wechat::{TokenTrouble, WechatCredentials, WechatToken};
use kaibo_store::{Bought, Store, WechatAccount};

use crate::{House, NOW, add_app, app_id};

/// Each letter has its own.
pub(crate) fn credentials(letter: char) -> WechatCredentials {
    WechatCredentials {
        appid: format!("wx000000000000000{letter}"),
        secret: letter.to_string().repeat(32),
    }
}

pub(crate) fn a_token(token: &str, forced: bool) -> Bought {
    let token = WechatToken {
        token: token.into(),
        expires_at: NOW + 7_200_000,
    };
    Bought::Token { token, forced }
}

pub(crate) async fn account(store: &Store, app_id: &AppId) -> WechatAccount {
    store.wechat_account(app_id).await.unwrap().unwrap()
}

async fn an_account_is_set_replaced_and_forgotten_for_one_app_alone(house: House) {
    let (store, one) = house.store().await;
    let two = add_app(&store, "wx_two").await;
    let nobody = app_id("wx_none");
    let set = async |app: &AppId, letter| {
        let credentials = credentials(letter);
        let set = store.set_wechat_account(app, &credentials, NOW);
        set.await.unwrap()
    };
    assert!(set(&one, 'a').await);
    assert!(set(&two, 'b').await);
    assert!(!set(&nobody, 'c').await);
    assert_eq!(account(&store, &one).await.credentials, credentials('a'));
    assert!(set(&one, 'd').await);
    assert_eq!(account(&store, &one).await.credentials, credentials('d'));
    assert_eq!(account(&store, &two).await.credentials, credentials('b'));
    assert!(store.drop_wechat_account(&one).await.unwrap());
    assert!(!store.drop_wechat_account(&one).await.unwrap());
    assert_eq!(store.wechat_account(&one).await.unwrap(), None);
    assert!(store.wechat_account(&two).await.unwrap().is_some());
}

async fn what_was_bought_is_kept_until_the_credentials_change(house: House) {
    let (store, one) = house.store().await;
    let set = async |letter| {
        let credentials = credentials(letter);
        let set = store.set_wechat_account(&one, &credentials, NOW);
        assert!(set.await.unwrap());
    };
    set('a').await;
    let first = account(&store, &one).await;
    assert_eq!((&first.token, &first.trouble), (&None, &None));
    let note = async |with: &WechatAccount, bought: Bought, at| {
        store.note_wechat_token(with, &bought, at).await.unwrap()
    };
    assert!(note(&first, a_token("one", true), NOW).await);
    let bought = account(&store, &one).await;
    let token = bought.token.clone().unwrap();
    assert_eq!((&*token.token, token.expires_at), ("one", NOW + 7_200_000));
    assert_eq!((bought.bought_at, bought.forced_at), (Some(NOW), Some(NOW)));

    let wrong = TokenTrouble::AddressNotAllowed {
        address: "203.0.113.7".into(),
    };
    assert!(note(&bought, Bought::Trouble(wrong.clone()), NOW + 1).await);
    let failed = account(&store, &one).await;
    assert_eq!(failed.token, Some(token), "it may serve yet");
    let trouble = (failed.trouble.clone(), failed.failed_at);
    assert_eq!(trouble, (Some(wrong), Some(NOW + 1)));
    assert!(note(&failed, a_token("two", false), NOW + 2).await);
    let again = account(&store, &one).await;
    assert_eq!((again.trouble, again.failed_at), (None, None));
    assert_eq!(
        (again.bought_at, again.forced_at),
        (Some(NOW + 2), Some(NOW))
    );

    set('a').await;
    assert!(!note(&failed, a_token("late", false), NOW + 3).await);
    assert_eq!(account(&store, &one).await.token, None);
}

cases![
    an_account_is_set_replaced_and_forgotten_for_one_app_alone,
    what_was_bought_is_kept_until_the_credentials_change,
];
