//! How each app's calls are let in.

use std::collections::BTreeMap;

use kaibo_domain::door::{Door, Profile};
use kaibo_domain::net::IpNet;
use kaibo_domain::quota::{AppQuotas, CallQuota};

use crate::{House, add_app, app_id};

fn own() -> AppQuotas {
    let call = CallQuota {
        per_day: Some(7),
        per_minute: None,
    };
    AppQuotas {
        max_hours: Some(24),
        calls: BTreeMap::from([("room/create".to_owned(), call)]),
        ..AppQuotas::default()
    }
}

async fn what_is_set_for_a_door_leaves_the_rest_of_it(house: House) {
    let (store, one) = house.store().await;
    let two = add_app(&store, "wx_two").await;
    assert_eq!(store.door(&one).await.unwrap(), Door::default());
    let nets: [IpNet; 2] = ["10.0.0.0/8".parse().unwrap(), "::1".parse().unwrap()];
    let strict = Some(Profile::Strict);
    assert!(store.set_quotas(&one, &own()).await.unwrap());
    assert!(store.set_door(&one, strict, &nets).await.unwrap());
    let mut door = Door {
        profile: strict,
        allowed: nets.to_vec(),
        quotas: own(),
    };
    assert_eq!(store.door(&one).await.unwrap(), door);
    assert!(store.set_quotas(&one, &AppQuotas::default()).await.unwrap());
    door.quotas = AppQuotas::default();
    assert_eq!(store.door(&one).await.unwrap(), door);
    assert!(store.set_door(&one, None, &[]).await.unwrap());
    assert_eq!(store.door(&one).await.unwrap(), Door::default());
    assert_eq!(store.door(&two).await.unwrap(), Door::default());
}

async fn nobodys_door_is_not_set(house: House) {
    let (store, _) = house.store().await;
    let nobody = app_id("wx_none");
    assert!(!store.set_door(&nobody, None, &[]).await.unwrap());
    assert!(!store.set_quotas(&nobody, &own()).await.unwrap());
    assert_eq!(store.door(&nobody).await.unwrap(), Door::default());
}

cases![
    what_is_set_for_a_door_leaves_the_rest_of_it,
    nobodys_door_is_not_set,
];
