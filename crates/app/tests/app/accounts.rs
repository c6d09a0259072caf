//! The console's people: the set-up link, log-in, sessions.

use std::net::{IpAddr, Ipv4Addr};

use crate::house::House;
use kaibo_app::domain::HOUR_MS;
use kaibo_app::{AccountRefusal, SignedIn};

const PEER: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
const PASSWORD: &str = "correct horse";

async fn owner(house: &House) -> SignedIn {
    let token = house
        .kaibo
        .open_setup()
        .await
        .unwrap()
        .expect("nobody owns it yet");
    let made = house
        .kaibo
        .setup_owner(&token, "owner", PASSWORD)
        .await
        .unwrap();
    let Ok(signed_in) = made else {
        panic!("the link is good")
    };
    signed_in
}

async fn sign_in(house: &House, name: &str, password: &str) -> Result<SignedIn, AccountRefusal> {
    house
        .kaibo
        .sign_in(name, password, None, PEER)
        .await
        .unwrap()
}

#[tokio::test]
async fn set_up_link_makes_one_owner_and_then_is_closed() {
    let house = House::new().await;
    let first = house.kaibo.open_setup().await.unwrap().unwrap();
    let token = house.kaibo.open_setup().await.unwrap().unwrap();
    assert!(
        !house.kaibo.setup_open(&first).await.unwrap(),
        "the next start voids it"
    );
    let short = house
        .kaibo
        .setup_owner(&token, "owner", "short")
        .await
        .unwrap()
        .err();
    assert_eq!(short, Some(AccountRefusal::PasswordTooShort));
    assert!(
        house
            .kaibo
            .setup_owner(&token, "owner", PASSWORD)
            .await
            .unwrap()
            .is_ok()
    );
    let again = house
        .kaibo
        .setup_owner(&token, "second", PASSWORD)
        .await
        .unwrap()
        .err();
    assert_eq!(again, Some(AccountRefusal::SetupClosed));
    assert!(house.kaibo.open_setup().await.unwrap().is_none());
}

#[tokio::test]
async fn session_lives_a_week_or_until_sign_out() {
    let house = House::new().await;
    let signed_in = owner(&house).await;
    let session = house
        .kaibo
        .session(&signed_in.session)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        (session.name.as_str(), &session.csrf),
        ("owner", &signed_in.found.csrf)
    );
    house.clock.advance(7 * 24 * HOUR_MS);
    assert!(
        house
            .kaibo
            .session(&signed_in.session)
            .await
            .unwrap()
            .is_none()
    );
    let again = sign_in(&house, "owner", PASSWORD).await.ok().unwrap();
    house.kaibo.sign_out(&again.session).await.unwrap();
    assert!(house.kaibo.session(&again.session).await.unwrap().is_none());
}

#[tokio::test]
async fn sixth_wrong_password_in_a_minute_waits() {
    let house = House::new().await;
    owner(&house).await;
    for _ in 0..5 {
        let wrong = sign_in(&house, "owner", "wrong password").await.err();
        assert_eq!(wrong, Some(AccountRefusal::BadCredentials));
    }
    let waits = sign_in(&house, "owner", PASSWORD).await.err();
    assert!(matches!(
        waits,
        Some(AccountRefusal::TooManyTries {
            retry_after_ms: 1..=60_000
        })
    ));
    house.clock.advance(60_000);
    assert!(sign_in(&house, "owner", PASSWORD).await.is_ok());
}

#[tokio::test]
async fn address_that_must_wait_uses_up_no_one_else_s_tries() {
    let house = House::new().await;
    owner(&house).await;
    for name in ["a", "b", "c", "d", "e"] {
        let wrong = sign_in(&house, name, PASSWORD).await.err();
        assert_eq!(wrong, Some(AccountRefusal::BadCredentials));
    }
    for _ in 0..5 {
        let waits = sign_in(&house, "owner", "wrong password").await.err();
        assert!(matches!(waits, Some(AccountRefusal::TooManyTries { .. })));
    }
    let elsewhere = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));
    let owner = house
        .kaibo
        .sign_in("owner", PASSWORD, None, elsewhere)
        .await;
    assert!(owner.unwrap().is_ok());
}

#[tokio::test]
async fn reset_password_ends_every_session() {
    let house = House::new().await;
    let signed_in = owner(&house).await;
    let fresh = house.kaibo.reset_password("owner").await.unwrap().unwrap();
    assert!(
        house
            .kaibo
            .session(&signed_in.session)
            .await
            .unwrap()
            .is_none()
    );
    assert!(sign_in(&house, "owner", PASSWORD).await.is_err());
    assert!(sign_in(&house, "owner", &fresh).await.is_ok());
    assert!(
        house
            .kaibo
            .reset_password("nobody")
            .await
            .unwrap()
            .is_none()
    );
}
