//! Every write that there is, done once to a house that holds something of everything.

use std::sync::LazyLock;

use futures_util::future::join_all;
use jiff::civil::date;
use kaibo_domain::HOUR_MS;
use kaibo_domain::admission::{Admission, Fact, FactKind, Source};
use kaibo_domain::door::Profile;
use kaibo_domain::event::{Cause, RoomEvent};
use kaibo_domain::goods::Goods;
use kaibo_domain::id::{AppId, RoomId};
use kaibo_domain::quota::AppQuotas;
use kaibo_domain::role::Role;
use kaibo_domain::room::{Change, Status};
use kaibo_domain::subscription::SubscriptionKind;
use kaibo_domain::user::UserRole;
use kaibo_store::{
    AccessToken, Added, CallCount, CallRecord, Decided, Given, GoodsQuery, GoodsSetting, Image,
    NewUser, PushRefusal, Repeat, Saved, Store, Submitted, Taken, TokenKind, Tried, UserChange,
};

use crate::deliveries::{delivery, endpoint, new};
use crate::devices::make_code;
use crate::goods::{approved_goods, save, some_goods};
use crate::identities::submit;
use crate::released::fill;
use crate::share_codes::share_code;
use crate::shelf::shelf_with;
use crate::subscriptions::{push, start, subscription};
use crate::wechat::{a_token, account, credentials};
use crate::{DAY, NOW, a_room, add_app, app_id};

static ONE: LazyLock<AppId> = LazyLock::new(|| app_id("wx_one"));

const ALL_GOODS: GoodsQuery = GoodsQuery {
    audit: None,
    offset: 0,
    limit: 10,
};

/// Writes by name. A method of [`Store`] has its own; some more are several methods at once.
macro_rules! writes {
    ($($name:ident($store:ident) $write:block)*) => {
        pub(super) const NAMES: &[&str] = &[$(stringify!($name)),*];

        pub(super) async fn write(name: &str, store: &Store) {
            match name {
                $(stringify!($name) => {
                    let $store = store;
                    Box::pin(async move $write).await;
                })*
                _ => panic!("there is no write {name}"),
            }
        }
    };
}

fn new_user(name: &str) -> NewUser {
    NewUser {
        name: name.to_owned(),
        role: UserRole::Operator,
        apps: vec![ONE.clone()],
        token_hash: name.as_bytes().to_vec(),
        expires_at: NOW + 10,
    }
}

/// The number of the user who was invited.
async fn helper(store: &Store) -> i64 {
    store.user_by_name("helper").await.unwrap().unwrap().id
}

/// Whose second factor was begun.
async fn starter(store: &Store) -> i64 {
    store.user_by_name("starter").await.unwrap().unwrap().id
}

/// A set-up link, somebody with a second factor, and two who are invited.
async fn furnish_users(store: &Store) {
    store.set_setup_token(b"next").await.unwrap();
    let boss = store.user_by_name("boss").await.unwrap().unwrap();
    store.begin_two_factor(boss.id, b"shared").await.unwrap();
    let codes = vec![b"one".to_vec(), b"two".to_vec()];
    assert!(
        store
            .turn_two_factor_on(boss.id, 7, codes, NOW)
            .await
            .unwrap()
    );
    for name in ["helper", "starter"] {
        let invited = store.invite_user(new_user(name), NOW).await;
        assert!(invited.unwrap().is_some());
    }
    let begun = store.begin_two_factor(starter(store).await, b"shared");
    assert!(begun.await.unwrap());
}

/// What the writes find.
pub(super) async fn furnish(store: &Store) {
    fill(store).await;
    furnish_users(store).await;
    let link = "https://kf.example/1";
    store.set_customer_service(&ONE, link).await.unwrap();
    let third = a_room(store, &ONE, "furnished-code").await;
    for of in [SubscriptionKind::Room, SubscriptionKind::Follow] {
        let wanted = subscription(&third, "furnished", of);
        assert!(store.subscribe(&wanted, NOW).await.unwrap());
    }
    let code = share_code(&third, "furnished", "");
    let added = store.add_share_code(&code, 10, NOW).await;
    assert!(added.unwrap().is_some());
    start(store, &third).await;
    push(store, &third, &["furnished", "nobody"]).await.unwrap();
    let to = endpoint(store, &ONE).await;
    let (range, all) = (
        (to.seen, to.seen + 1),
        [delivery("waits", 1, 1), delivery("over", 2, 2)],
    );
    assert!(store.spread(to.id, &ONE, range, &all, NOW).await.unwrap());
    store
        .note_try("over", to.id, &Tried::Arrived, NOW)
        .await
        .unwrap();
    let given = store.give_role(&ONE, "operator", Role::Operator, NOW).await;
    assert_eq!(given.unwrap(), Given::Done);
    let helper = [("helper_a".to_owned(), "小帮手".to_owned())];
    let id = second_room(store).await;
    let added = store.add_assistants(&ONE, id, &helper, true, NOW).await;
    assert!(matches!(added.unwrap(), Added::Done { .. }));
    make_code(store, &ONE, id, "used").await;
    let enrolled = store.enrol_device("used", "iPhone", b"phone", NOW).await;
    assert!(enrolled.unwrap().is_some());
    make_code(store, &ONE, id, "enrolling").await;
    store
        .request_anchor(&ONE, "anchor_04", "fourth", NOW)
        .await
        .unwrap();
    assert_eq!(submit(store, &ONE, "anchor_04", NOW).await, Submitted::Done);
    for name in ["cd", "ef", "gh"] {
        put_image(store, name, NOW - 1).await;
    }
    let room = store.room(&ONE, id).await.unwrap().unwrap();
    let [on_shelf, _] = [
        approved_goods(store, &ONE).await,
        approved_goods(store, &ONE).await,
    ];
    shelf_with(store, &room, &[on_shelf.id]).await;
    let set = store.set_wechat_account(&ONE, &credentials('a'), NOW).await;
    assert!(set.unwrap());
    furnish_the_door(store).await;
}

async fn furnish_the_door(store: &Store) {
    let facts = [fact(FactKind::Payment, 1), fact(FactKind::Followers, 24)];
    store
        .add_facts(&ONE, &facts, date(2026, 1, 1))
        .await
        .unwrap();
    let counts = [count(DAY - 1, 3), count(DAY, 5)];
    store.save_call_counts(&counts, DAY - 1).await.unwrap();
    let calls = ["a", "b", "c"].map(call);
    store.add_call_records(&calls).await.unwrap();
    for key in [&b"begun"[..], b"other"] {
        let begun = store.begin_repeat("wx_one", key, b"body", NOW, NOW);
        assert_eq!(begun.await.unwrap(), Repeat::First);
    }
}

fn fact(kind: FactKind, day: i8) -> Fact {
    Fact {
        kind,
        date: date(2026, 11, day),
        value: 7,
        source: Source::Operator,
        noted_at: NOW,
    }
}

fn count(day: i32, made: u32) -> CallCount {
    CallCount {
        app_id: ONE.clone(),
        op: "room/create".into(),
        day,
        made,
    }
}

fn call(rid: &str) -> CallRecord {
    CallRecord {
        app_id: ONE.clone(),
        rid: rid.into(),
        at: NOW,
        op: "room/create".into(),
        code: 200_002,
        reason: Some("field: name is missing".into()),
        peer: "192.0.2.1".into(),
        took_us: 1_250,
    }
}

async fn submission(store: &Store) -> i64 {
    store
        .submission(&ONE, "anchor_04")
        .await
        .unwrap()
        .unwrap()
        .id
}

async fn device(store: &Store) -> i64 {
    store.device(b"phone").await.unwrap().unwrap().id
}

async fn second_room(store: &Store) -> RoomId {
    store.room_by_code("second-code").await.unwrap().unwrap().1
}

fn token(id: u8) -> AccessToken {
    AccessToken {
        id: vec![id; 16],
        app_id: ONE.clone(),
        kind: TokenKind::Stable,
        issued_at: NOW + 100 * HOUR_MS,
        expires_at: NOW + 102 * HOUR_MS,
        superseded_at: None,
    }
}

async fn put_image(store: &Store, name: &str, at: i64) {
    let data = name.repeat(5_000);
    let image = Image {
        name: name.repeat(16),
        media_id: format!("media-{name}"),
        app_id: ONE.clone(),
        format: "png".into(),
        width: 800,
        height: 640,
        bytes: data.len() as i64,
        sent_bytes: data.len() as i64,
        created_at: at,
    };
    store.put_image(&image, data.as_bytes()).await.unwrap();
}

async fn end_first_room(store: &Store) {
    let (_, id) = store.room_by_code("canary-code").await.unwrap().unwrap();
    let mut room = store.room(&ONE, id).await.unwrap().unwrap();
    let (from, to, cause) = (room.status, Status::Ended, Cause::Command);
    room.status = to;
    let events = vec![RoomEvent::StreamLost, RoomEvent::Status { from, to, cause }];
    let change = Change {
        room,
        events,
        dirty: true,
    };
    let saved = store.save_room(&change, None, None, NOW).await.unwrap();
    assert!(matches!(saved, Saved::Done { .. }));
}

writes! {
    ping(store) {
        store.ping().await.unwrap();
    }
    create_app(store) {
        add_app(store, "wx_two").await;
    }
    set_latency_budget(store) {
        assert!(store.set_latency_budget(&ONE, Some(350)).await.unwrap());
    }
    set_door(store) {
        let nets = ["10.0.0.0/8".parse().unwrap()];
        let set = store.set_door(&ONE, Some(Profile::Strict), &nets).await;
        assert!(set.unwrap());
    }
    set_quotas(store) {
        let own = AppQuotas { rooms_per_day: Some(5), ..AppQuotas::default() };
        assert!(store.set_quotas(&ONE, &own).await.unwrap());
    }
    set_admission(store) {
        let set = Admission { disabled: true, ..Admission::default() };
        assert!(store.set_admission(&ONE, &set).await.unwrap());
    }
    add_facts(store) {
        let facts = [fact(FactKind::Payment, 25), fact(FactKind::Followers, 24)];
        store.add_facts(&ONE, &facts, date(2026, 11, 2)).await.unwrap();
    }
    save_call_counts(store) {
        let counts = [count(DAY, 9), count(DAY + 1, 1)];
        store.save_call_counts(&counts, DAY).await.unwrap();
    }
    add_call_records(store) {
        let calls = [call("one"), call("two")];
        store.add_call_records(&calls).await.unwrap();
    }
    trim_call_log(store) {
        store.trim_call_log(NOW, 1).await.unwrap();
    }
    begin_repeat(store) {
        let begun = store.begin_repeat("wx_one", b"new", b"body", NOW + 1, NOW + 1);
        assert_eq!(begun.await.unwrap(), Repeat::First);
    }
    answer_repeat(store) {
        store.answer_repeat("wx_one", b"begun", b"answer").await.unwrap();
    }
    forget_repeat(store) {
        store.forget_repeat("wx_one", b"begun").await.unwrap();
    }
    set_customer_service(store) {
        store.set_customer_service(&ONE, "https://kf.example/new").await.unwrap();
    }
    drop_customer_service(store) {
        store.drop_customer_service(&ONE).await.unwrap();
    }
    set_wechat_account(store) {
        let set = store.set_wechat_account(&ONE, &credentials('b'), NOW + 1).await;
        assert!(set.unwrap());
    }
    drop_wechat_account(store) {
        assert!(store.drop_wechat_account(&ONE).await.unwrap());
    }
    note_wechat_token(store) {
        let mine = account(store, &ONE).await;
        let noted = store.note_wechat_token(&mine, &a_token("token", true), NOW + 1).await;
        assert!(noted.unwrap());
    }
    subscribe(store) {
        let (_, id) = store.room_by_code("second-code").await.unwrap().unwrap();
        let room = store.room(&ONE, id).await.unwrap().unwrap();
        let wanted = subscription(&room, "somebody", SubscriptionKind::Follow);
        assert!(store.subscribe(&wanted, NOW).await.unwrap());
    }
    unsubscribe(store) {
        let (_, id) = store.room_by_code("furnished-code").await.unwrap().unwrap();
        let room = store.room(&ONE, id).await.unwrap().unwrap();
        let unwanted = subscription(&room, "furnished", SubscriptionKind::Room);
        assert!(store.unsubscribe(&unwanted, NOW).await.unwrap());
    }
    accept_push(store) {
        let (_, id) = store.room_by_code("furnished-code").await.unwrap().unwrap();
        let who = ["furnished".to_owned()];
        store.accept_push(&ONE, id, &who, DAY + 1, NOW).await.unwrap().unwrap();
    }
    settle_push(store) {
        let open = store.open_pushes(1).await.unwrap().remove(0);
        assert!(store.settle_push(&open, true, NOW).await.unwrap());
    }
    tell_subscribers(store) {
        assert!(store.tell_subscribers(NOW).await.unwrap());
    }
    create_endpoint(store) {
        endpoint(store, &ONE).await;
    }
    change_endpoint(store) {
        let to = new(&ONE, "https://b.example");
        assert!(store.change_endpoint(1, &to).await.unwrap());
    }
    enable_endpoint(store) {
        assert!(store.enable_endpoint(&ONE, 1, NOW + 1).await.unwrap());
    }
    drop_endpoint(store) {
        assert!(store.drop_endpoint(&ONE, 1).await.unwrap());
    }
    spread(store) {
        let to = store.endpoint(&ONE, 1).await.unwrap().unwrap();
        let all = [delivery("next", 1, 3), delivery("other", 3, 4)];
        let range = (to.seen, to.seen + 4);
        assert!(store.spread(1, &ONE, range, &all, NOW).await.unwrap());
    }
    add_delivery(store) {
        assert!(store.add_delivery(1, &ONE, &delivery("test", 0, 0), NOW).await.unwrap());
    }
    note_try(store) {
        let failed = Tried::Failed { error: "503".into(), next: None, patience_ms: 0 };
        assert!(store.note_try("waits", 1, &failed, NOW).await.unwrap());
    }
    redeliver(store) {
        assert!(store.redeliver(&ONE, 1, "over", NOW).await.unwrap());
    }
    purge_deliveries(store) {
        assert_eq!(store.purge_deliveries(NOW + 1).await.unwrap(), 1);
    }
    note_applied(store) {
        store.note_applied(4, NOW).await.unwrap();
    }
    put_image(store) {
        put_image(store, "zz", NOW).await;
    }
    purge_images(store) {
        assert_eq!(store.purge_images(NOW).await.unwrap(), 3);
    }
    request_anchor(store) {
        store.request_anchor(&ONE, "anchor_02", "gate", NOW).await.unwrap();
    }
    verify_anchor(store) {
        let verified = store.verify_anchor(&ONE, "anchor_03", "gate", NOW + 9, NOW);
        assert!(verified.await.unwrap().is_some());
    }
    submit_identity(store) {
        assert_eq!(submit(store, &ONE, "newcomer", NOW).await, Submitted::Done);
    }
    approve_submission(store) {
        let id = submission(store).await;
        let approved = store.approve_submission(&ONE, "anchor_04", id, "boss", NOW + 9, NOW);
        assert_eq!(approved.await.unwrap(), Decided::Done);
    }
    reject_submission(store) {
        let id = submission(store).await;
        let rejected = store.reject_submission(&ONE, "anchor_04", id, ("boss", "why"), NOW);
        assert_eq!(rejected.await.unwrap(), Decided::Done);
    }
    reveal_identity(store) {
        let id = submission(store).await;
        let revealed = store.reveal_identity(&ONE, "anchor_04", id, ("boss", "why"), NOW);
        assert!(revealed.await.unwrap().is_some());
    }
    create_enrolment(store) {
        let id = second_room(store).await;
        make_code(store, &ONE, id, "next").await;
    }
    enrol_device(store) {
        let enrolled = store.enrol_device("enrolling", "iPad", b"credential", NOW);
        assert!(enrolled.await.unwrap().is_some());
    }
    note_device(store) {
        store.note_device(device(store).await, NOW + 5).await.unwrap();
    }
    revoke_device(store) {
        let revoked = store.revoke_device(&ONE, device(store).await, "boss", NOW);
        assert!(revoked.await.unwrap().is_some());
    }
    invite_person(store) {
        store.invite_person(&ONE, "helper_b", "小帮手", NOW).await.unwrap();
    }
    give_role(store) {
        let given = store.give_role(&ONE, "admin_01", Role::Admin, NOW).await;
        assert_eq!(given.unwrap(), Given::Done);
    }
    take_role(store) {
        let taken = store.take_role(&ONE, "operator", Role::Operator, NOW).await;
        assert_eq!(taken.unwrap(), Taken::Done);
    }
    add_assistants(store) {
        let users = ["helper_b", "helper_c"].map(|id| (id.to_owned(), "小帮手".to_owned()));
        let id = second_room(store).await;
        let added = store.add_assistants(&ONE, id, &users, true, NOW).await;
        assert!(matches!(added.unwrap(), Added::Done { .. }));
    }
    rename_assistant(store) {
        let id = second_room(store).await;
        let renamed = store.rename_assistant(&ONE, id, "helper_a", "助理", NOW).await;
        assert!(renamed.unwrap().is_some());
    }
    remove_assistant(store) {
        let id = second_room(store).await;
        assert!(store.remove_assistant(&ONE, id, "helper_a", NOW).await.unwrap().is_some());
    }
    revoke_push(store) {
        let (_, id) = store.room_by_code("second-code").await.unwrap().unwrap();
        store.revoke_push(&ONE, id, NOW).await.unwrap().unwrap();
    }
    renew_code(store) {
        let (_, id) = store.room_by_code("second-code").await.unwrap().unwrap();
        store.renew_code(&ONE, id, "new-code", NOW).await.unwrap().unwrap();
    }
    note_push_refusal(store) {
        let (_, id) = store.room_by_code("second-code").await.unwrap().unwrap();
        let refusal = PushRefusal {
            at: NOW,
            reason: "codec".into(),
            detail: Some("VP6".into()),
        };
        store.note_push_refusal(&ONE, id, &refusal).await.unwrap();
    }
    create_room(store) {
        a_room(store, &ONE, "third-code").await;
    }
    save_room(store) {
        end_first_room(store).await;
    }
    create_goods(store) {
        some_goods(store, &ONE).await;
    }
    save_goods(store) {
        let (_, id) = store.room_by_code("second-code").await.unwrap().unwrap();
        let on_shelf = store.shelved(&ONE, &[id]).await.unwrap();
        let goods = Goods {
            deleted_at: Some(NOW),
            ..on_shelf[0].goods.clone()
        };
        save(store, &goods).await;
    }
    set_goods_key(store) {
        store.set_goods_key(&ONE, &["id".to_owned()]).await.unwrap();
    }
    set_goods_setting(store) {
        let disabled = GoodsSetting {
            disabled: true,
            ..GoodsSetting::default()
        };
        store.set_goods_setting(&ONE, &disabled).await.unwrap();
    }
    save_shelf(store) {
        let (_, id) = store.room_by_code("second-code").await.unwrap().unwrap();
        let room = store.room(&ONE, id).await.unwrap().unwrap();
        let (_, held) = store.goods_page(&ONE, ALL_GOODS).await.unwrap();
        let ids: Vec<_> = held.iter().map(|goods| goods.id).collect();
        shelf_with(store, &room, &ids).await;
    }
    add_share_code(store) {
        let (_, id) = store.room_by_code("second-code").await.unwrap().unwrap();
        let room = store.room(&ONE, id).await.unwrap().unwrap();
        let code = share_code(&room, "shared", r#"{"pid":1}"#);
        let added = store.add_share_code(&code, 10, NOW).await;
        assert!(added.unwrap().is_some());
    }
    set_share_code_picture(store) {
        store.set_share_code_picture("furnished", "a picture").await.unwrap();
    }
    issue_token(store) {
        store.issue_token(&token(8), NOW).await.unwrap();
    }
    issue_token_after(store) {
        let issued = store.issue_token_after(&token(9), NOW, Some(&[7; 16])).await;
        assert!(issued.unwrap());
    }
    create_owner(store) {
        let made = store.create_owner("second", "hash", b"next", NOW).await;
        made.unwrap().unwrap();
    }
    set_setup_token(store) {
        store.set_setup_token(b"another").await.unwrap();
    }
    set_password(store) {
        assert!(store.set_password("boss", "new hash").await.unwrap());
    }
    create_session(store) {
        let boss = store.user_by_name("boss").await.unwrap().unwrap();
        // The one that is there is over.
        let begun = store.create_session(b"new", &boss, "csrf", NOW + 10, NOW + 5);
        assert!(begun.await.unwrap());
    }
    drop_session_of(store) {
        let boss = store.user_by_name("boss").await.unwrap().unwrap();
        assert!(store.drop_session_of(boss.id, b"cookie").await.unwrap());
    }
    drop_session(store) {
        store.drop_session(b"cookie").await.unwrap();
    }
    invite_user(store) {
        assert!(store.invite_user(new_user("hand"), NOW).await.unwrap().is_some());
    }
    renew_user_link(store) {
        let id = helper(store).await;
        assert!(store.renew_user_link(id, b"newer", NOW + 10).await.unwrap());
    }
    use_user_link(store) {
        let used = store.use_user_link(b"helper", "chosen", NOW).await;
        assert_eq!(used.unwrap().unwrap().password_hash, "chosen");
    }
    change_user(store) {
        let id = helper(store).await;
        let changed = store.change_user(id, UserRole::Operator, vec![], Some(NOW));
        assert_eq!(changed.await.unwrap(), UserChange::Done);
    }
    drop_user(store) {
        let id = helper(store).await;
        assert_eq!(store.drop_user(id).await.unwrap(), UserChange::Done);
    }
    begin_two_factor(store) {
        let id = helper(store).await;
        assert!(store.begin_two_factor(id, b"shared").await.unwrap());
    }
    turn_two_factor_on(store) {
        let id = starter(store).await;
        let codes = vec![b"one".to_vec(), b"two".to_vec()];
        assert!(store.turn_two_factor_on(id, 7, codes, NOW).await.unwrap());
    }
    use_step(store) {
        let boss = store.user_by_name("boss").await.unwrap().unwrap();
        assert!(store.use_step(boss.id, 8).await.unwrap());
    }
    use_recovery_code(store) {
        let boss = store.user_by_name("boss").await.unwrap().unwrap();
        assert!(store.use_recovery_code(boss.id, b"one").await.unwrap());
    }
    drop_two_factor(store) {
        let boss = store.user_by_name("boss").await.unwrap().unwrap();
        assert!(store.drop_two_factor(boss.id).await.unwrap());
    }
    demand_two_factor(store) {
        store.demand_two_factor(true).await.unwrap();
    }
    several_in_one_commit(store) {
        let boss = store.user_by_name("boss").await.unwrap().unwrap();
        let commits = store.commits();
        let (_, failed, _) = tokio::join!(
            join_all(["a", "b", "c"].map(|code| a_room(store, &ONE, code))),
            // Its hash is taken.
            store.create_session(b"cookie", &boss, "", NOW, NOW),
            add_app(store, "wx_two"),
        );
        assert!(failed.is_err());
        assert_eq!(store.commits(), commits + 1);
    }
}
