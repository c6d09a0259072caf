//! Access tokens: how long they live and what kills them.

use crate::house::House;
use kaibo_app::domain::MINUTE_MS;
use kaibo_app::domain::id::AppId;
use kaibo_app::{CredentialRefusal, Kaibo, TokenRefusal};

async fn app(house: &House) -> (AppId, String) {
    let app = house.kaibo.create_app(None, None, "店").await.unwrap();
    (app.app_id, app.secret)
}

async fn whose(kaibo: &Kaibo, token: &str) -> Result<AppId, TokenRefusal> {
    kaibo.authenticate(token).await.unwrap()
}

async fn plain(house: &House, app: &(AppId, String)) -> String {
    house.kaibo.issue_token(&app.0).await.unwrap().token
}

async fn stable(house: &House, app: &(AppId, String), force: bool) -> String {
    let issued = house.kaibo.stable_token(&app.0, force);
    issued.await.unwrap().unwrap().token
}

#[tokio::test]
async fn token_opens_its_own_app_for_two_hours() {
    let house = House::new().await;
    let app = app(&house).await;
    let token = plain(&house, &app).await;
    assert!(token.len() <= 512);
    assert_eq!(whose(&house.kaibo, &token).await, Ok(app.0));
    house.clock.advance(120 * MINUTE_MS - 1);
    assert!(whose(&house.kaibo, &token).await.is_ok());
    house.clock.advance(1);
    assert_eq!(
        whose(&house.kaibo, &token).await,
        Err(TokenRefusal::Expired)
    );
}

#[tokio::test]
async fn older_token_dies_five_minutes_after_its_successor() {
    let house = House::new().await;
    let app = app(&house).await;
    let (old, new) = (plain(&house, &app).await, plain(&house, &app).await);
    assert_ne!(old, new);
    assert!(whose(&house.kaibo, &old).await.is_ok());
    house.clock.advance(5 * MINUTE_MS);
    assert_eq!(whose(&house.kaibo, &old).await, Err(TokenRefusal::Unknown));
    assert!(whose(&house.kaibo, &new).await.is_ok());
}

#[tokio::test]
async fn stable_token_stays_until_its_last_five_minutes() {
    let house = House::new().await;
    let app = app(&house).await;
    let first = stable(&house, &app, false).await;
    plain(&house, &app).await;
    house.clock.advance(114 * MINUTE_MS);
    assert_eq!(stable(&house, &app, false).await, first);
    house.clock.advance(MINUTE_MS);
    let second = stable(&house, &app, false).await;
    assert_ne!(second, first);
    assert!(
        whose(&house.kaibo, &first).await.is_ok(),
        "both work in the overlap"
    );
}

#[tokio::test]
async fn forced_refresh_kills_the_old_token_at_most_every_thirty_seconds() {
    let house = House::new().await;
    let app = app(&house).await;
    let first = stable(&house, &app, false).await;
    assert_eq!(stable(&house, &app, true).await, first, "too soon");
    house.clock.advance(30_000);
    let second = stable(&house, &app, true).await;
    assert_ne!(second, first);
    assert_eq!(
        whose(&house.kaibo, &first).await,
        Err(TokenRefusal::Unknown)
    );
}

#[tokio::test]
async fn servers_that_ask_at_once_get_the_same_stable_token() {
    let house = House::new().await;
    let app = app(&house).await;
    for force in [false, true] {
        let (a, b, c) = tokio::join!(
            stable(&house, &app, force),
            stable(&house, &app, force),
            stable(&house, &app, force)
        );
        assert_eq!((&a, &a), (&b, &c), "force: {force}");
        assert!(whose(&house.kaibo, &a).await.is_ok());
        house.clock.advance(MINUTE_MS);
    }
}

#[tokio::test]
async fn forged_and_malformed_tokens_open_nothing() {
    let house = House::new().await;
    let app = app(&house).await;
    let token = plain(&house, &app).await;
    let mut forged = token.clone().into_bytes();
    let last = forged.len() - 2;
    forged[last] = if forged[last] == b'A' { b'B' } else { b'A' };
    let forged = String::from_utf8(forged).unwrap();
    assert_eq!(
        whose(&house.kaibo, &forged).await,
        Err(TokenRefusal::Unknown)
    );
    for bad in ["", "x", "stale", &"A".repeat(500)] {
        assert_eq!(
            whose(&house.kaibo, bad).await,
            Err(TokenRefusal::Malformed),
            "{bad}"
        );
    }
}

#[tokio::test]
async fn credentials_are_told_apart_as_wechat_does() {
    let house = House::new().await;
    let app = app(&house).await;
    let owner = async |id: &str, secret: &str| {
        let owner = house.kaibo.app_of_secret(id, secret).await;
        owner.unwrap()
    };
    let unknown = Err(CredentialRefusal::UnknownApp);
    assert_eq!(owner("wx-none", &app.1).await, unknown);
    assert_eq!(owner("wx_none", &app.1).await, unknown);
    let id = app.0.as_str();
    assert_eq!(owner(id, "nope").await, Err(CredentialRefusal::WrongSecret));
    assert_eq!(owner(id, &app.1).await, Ok(app.0.clone()));
}
