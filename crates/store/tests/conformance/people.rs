//! People whom an app knows.

use kaibo_domain::id::AppId;
use kaibo_domain::role::Role;
use kaibo_store::{Holding, PeopleQuery, Store};

use crate::{House, NOW, a_room, add_app};

async fn found(store: &Store, app_id: &AppId, holding: Holding, keyword: &str) -> Vec<String> {
    let query = PeopleQuery {
        holding,
        keyword: keyword.into(),
        offset: 0,
        limit: 100,
    };
    let (total, people) = store.people(app_id, &query).await.unwrap();
    assert_eq!(total, people.len() as i64);
    people.into_iter().map(|p| p.wechat_id).collect()
}

async fn whoever_is_invited_is_known_by_their_latest_name(house: House) {
    let (store, one) = house.store().await;
    let two = add_app(&store, "wx_two").await;
    assert_eq!(store.person(&one, "lin").await.unwrap(), None);
    store.invite_person(&one, "lin", "小林", NOW).await.unwrap();
    store
        .invite_person(&one, "lin", "林姐", NOW + 5)
        .await
        .unwrap();
    let lin = store.person(&one, "lin").await.unwrap().unwrap();
    assert_eq!((lin.nickname.as_str(), lin.known_at), ("林姐", NOW));
    assert_eq!((lin.roles, lin.roles_at), (vec![], NOW));
    assert_eq!(store.person(&two, "lin").await.unwrap(), None);
    assert_eq!(
        found(&store, &one, Holding::Anything, "小林").await,
        [""; 0]
    );
    assert_eq!(found(&store, &one, Holding::Anything, "林").await, ["lin"]);
}

async fn a_room_names_an_anchor_who_has_no_name(house: House) {
    let (store, one) = house.store().await;
    let name = async || {
        let person = store.person(&one, "anchor_01").await.unwrap();
        person.map(|p| p.nickname)
    };
    a_room(&store, &one, "first").await;
    assert_eq!(name().await, None, "a room makes nobody known");
    let verified = store.verify_anchor(&one, "anchor_01", "token", NOW + 1, NOW);
    verified.await.unwrap().unwrap();
    assert_eq!(name().await.unwrap(), "");
    a_room(&store, &one, "second").await;
    assert_eq!(name().await.unwrap(), "小王");
    let invited = store.invite_person(&one, "anchor_01", "王姐", NOW);
    invited.await.unwrap();
    a_room(&store, &one, "third").await;
    assert_eq!(name().await.unwrap(), "王姐");
}

async fn people_are_found_by_role_and_by_parts_of_their_names(house: House) {
    use Holding::{Anything, Some};
    let (store, one) = house.store().await;
    for (n, (id, name)) in [("Anna_1", "安娜"), ("bob", "100%_Bob!"), ("cy", "Cy")]
        .into_iter()
        .enumerate()
    {
        let invited = store.invite_person(&one, id, name, NOW + n as i64);
        invited.await.unwrap();
    }
    let give = async |id: &str, role, at| store.give_role(&one, id, role, at).await.unwrap();
    give("bob", Role::Operator, NOW + 10).await;
    give("Anna_1", Role::Operator, NOW + 20).await;
    give("Anna_1", Role::Admin, NOW + 30).await;
    assert_eq!(
        found(&store, &one, Anything, "").await,
        ["Anna_1", "bob", "cy"]
    );
    assert_eq!(found(&store, &one, Some, "").await, ["Anna_1", "bob"]);
    let role = |role| Holding::Role(role);
    assert_eq!(found(&store, &one, role(Role::Admin), "").await, ["Anna_1"]);
    assert_eq!(found(&store, &one, role(Role::Owner), "").await, [""; 0]);
    for (keyword, who) in [
        ("aNNa", "Anna_1"),
        ("娜", "Anna_1"),
        ("%_b", "bob"),
        ("b!", "bob"),
    ] {
        assert_eq!(
            found(&store, &one, Anything, keyword).await,
            [who],
            "{keyword}"
        );
    }
    assert_eq!(found(&store, &one, Anything, "a%1").await, [""; 0]);
    let anna = store.person(&one, "Anna_1").await.unwrap().unwrap();
    assert_eq!(anna.roles, [Role::Admin, Role::Operator]);

    let page = PeopleQuery {
        offset: 1,
        limit: 1,
        ..PeopleQuery::default()
    };
    let (total, people) = store.people(&one, &page).await.unwrap();
    assert_eq!((total, people[0].wechat_id.as_str()), (3, "bob"));
}

cases![
    whoever_is_invited_is_known_by_their_latest_name,
    a_room_names_an_anchor_who_has_no_name,
    people_are_found_by_role_and_by_parts_of_their_names,
];
