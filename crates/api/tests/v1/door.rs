//! `/v1/apps/{appid}/door`: how an app's calls are let in.

use std::net::IpAddr;

use axum::http::Method;
use serde_json::{Value, json};

use crate::world::{APP, World};

#[tokio::test]
async fn profile_and_addresses_are_set_together_and_taken_back() {
    let world = World::new().await;
    let owner = world.owner().await;
    let path = format!("/v1/apps/{APP}/door");
    let set = async |body: Value| owner.call(Method::PUT, &path, Some(body)).await;
    let door = async || {
        let mut door = owner.get(&path).await.ok();
        let your_ip = door.as_object_mut().unwrap().remove("yourIp").unwrap();
        assert!(your_ip.as_str().unwrap().parse::<IpAddr>().is_ok());
        door
    };
    let open = json!({"profile": null, "profileInForce": "tolerant", "allowedIps": []});
    assert_eq!(door().await, open);
    let form = json!({"profile": "strict", "allowedIps": ["203.0.113.7", " 10.0.0.0/8 "]});
    assert_eq!(set(form).await.status, 204);
    assert_eq!(
        door().await,
        json!({
            "profile": "strict", "profileInForce": "strict",
            "allowedIps": ["203.0.113.7/32", "10.0.0.0/8"],
        })
    );
    for (ips, rule) in [
        (json!(["10.0.0.0/33"]), "ip_invalid"),
        (json!(["example.com"]), "ip_invalid"),
        (json!(vec!["10.0.0.1"; 201]), "too_many_ips"),
    ] {
        let refused = set(json!({"allowedIps": ips})).await;
        let fields = &refused.body["error"]["fields"];
        assert_eq!(*fields, json!({"allowedIps": rule}));
    }
    assert_eq!(set(json!({})).await.status, 204);
    assert_eq!(door().await, open);
    let lax = set(json!({"profile": "lax"})).await;
    assert_eq!(lax.status, 400);
}
