//! Publishers who may not publish learn nothing, and nobody learns a key from the server's output.

use std::time::Duration;

use kaibo_media::push::PushError;
use serde_json::Value;
use tokio::time::Instant;

use crate::console::{Owner, PASSWORD};
use crate::encoder::Encoder;
use crate::house::{House, Server};
use crate::shop::Shop;

/// What every refusal takes at least (`media.refuse_after_ms`).
const REFUSED_AFTER: Duration = Duration::from_millis(200);
const WRONG: &str = "deadbeefcafef00d0123456789abcdef";

#[tokio::test]
async fn refused_pushes_look_alike_and_no_key_is_ever_logged() {
    let house = House::new().with("KAIBO_SERVER__LOG", "trace");
    let server = house.serve().await;
    let owner = Owner::set_up(&server).await;
    let shop = Shop::new(&house, &server).await;
    let room = shop.room().await;
    let live = shop.push_address(room).await;
    let mut encoder = Encoder::start(&live).await.unwrap();
    shop.until_status(room, 101).await;

    let (bad, mut secrets) = bad_addresses(&house, &server, &owner, &shop, &live).await;
    for (case, address) in &bad {
        let began = Instant::now();
        let (code, description) = refusal(address).await;
        assert!(began.elapsed() >= REFUSED_AFTER, "{case} is told too soon");
        assert_eq!(code, "NetStream.Publish.BadName", "{case}");
        let same = "stream name or key not accepted; ask for a new push address";
        assert_eq!(description, same, "{case}");
    }
    let (code, description) = refusal(&live).await;
    assert_eq!(code, "NetStream.Publish.BadName");
    assert_eq!(description, "already publishing", "only after a valid key");
    assert!(encoder.is_running(), "nobody was disturbed");

    let ended = server.stop().await;
    for reason in ["unknown_room", "wrong_key", "revoked_key", "room_over"] {
        assert!(ended.said.contains(reason), "the log says why: {reason}");
    }
    secrets.extend([secret_of(&live), WRONG.into(), shop.token, PASSWORD.into()]);
    for secret in secrets {
        let line = ended.said.lines().find(|line| line.contains(&secret));
        assert_eq!(line, None, "{secret} was logged");
    }
}

/// Addresses that must not work, and the keys in them that once did.
async fn bad_addresses(
    house: &House,
    server: &Server,
    owner: &Owner,
    shop: &Shop,
    live: &str,
) -> (Vec<(&'static str, String)>, Vec<String>) {
    let (revoked_room, other_room, over_room) =
        (shop.room().await, shop.room().await, shop.room().await);
    let revoked = shop.push_address(revoked_room).await;
    let rooms = format!("/v1/apps/{}/rooms", shop.appid);
    let revoke = format!("{rooms}/{revoked_room}/access/revoke-push");
    owner.done("POST", &revoke, Value::Null).await;
    let over = shop.push_address(over_room).await;
    let id = over_room.to_string();
    let ban = ["room", "ban", "--appid", &shop.appid, &id, "--reason", "x"];
    assert_eq!(house.order(&ban).await.json()["status"], 104);
    let other = shop.push_address(other_room).await;

    let (name, query) = live.split_once('?').unwrap();
    let good = secret_of(live);
    let (_, other_query) = other.split_once('?').unwrap();
    let unknown = format!("rtmp://{}/live/{}?{query}", server.rtmp, shop.stream(1));
    let nonsense = format!("rtmp://{}/live/nonsense?{query}", server.rtmp);
    let cases = vec![
        ("a wrong key", live.replace(&good, WRONG)),
        ("a key cut short", live.replace(&good, &good[..31])),
        (
            "another time",
            format!("{name}?txSecret={good}&txTime=7FFFFFFF"),
        ),
        ("another room's key", format!("{name}?{other_query}")),
        ("no key", name.to_owned()),
        ("an unknown room", unknown),
        ("no room's name", nonsense),
        ("a revoked key", revoked.clone()),
        ("a banned room", over.clone()),
        ("another application", other.replace("/live/", "/vod/")),
    ];
    let secrets = [&revoked, &over, &other].map(|address| secret_of(address));
    (cases, secrets.to_vec())
}

async fn refusal(address: &str) -> (String, String) {
    match Encoder::start(address).await {
        Err(PushError::Rejected { code, description }) => (code, description),
        Err(error) => panic!("not a refusal: {error}"),
        Ok(_) => panic!("let in"),
    }
}

fn secret_of(address: &str) -> String {
    let (_, rest) = address.split_once("txSecret=").unwrap();
    rest.split('&').next().unwrap().to_owned()
}
