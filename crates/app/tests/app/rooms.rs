//! Rooms: who may make them, how many, and who sees them.

use crate::house::{House, NOW, plan_in};
use kaibo_app::domain::anchor::Standing;
use kaibo_app::domain::draft::Draft;
use kaibo_app::domain::id::RoomId;
use kaibo_app::domain::refusal::{Field, FieldRule, Refusal};
use kaibo_app::domain::room::{Command, Status};
use kaibo_app::domain::{HOUR_MS, MINUTE_MS};
use kaibo_app::settings::{AnchorConfig, VerificationPolicy};
use kaibo_app::{AppConfig, DraftInput, Error, RoomQuery};

fn refusal<T: std::fmt::Debug>(result: kaibo_app::Result<T>) -> Refusal {
    match result.unwrap_err() {
        Error::Refused(refusal) => refusal,
        other => panic!("wanted a refusal, got {other:?}"),
    }
}

fn with_anchor(name: &str) -> DraftInput {
    let input = plan_in(15, NOW);
    DraftInput {
        draft: Draft {
            anchor_wechat: name.into(),
            ..input.draft
        },
        ..input
    }
}

#[tokio::test]
async fn unverified_anchor_gets_a_link_that_opens_until_they_are_verified() {
    let house = House::new().await;
    let first = refusal(
        house
            .kaibo
            .create_room(&house.app, with_anchor("new_anchor"))
            .await,
    );
    let Refusal::AnchorUnverified { token } = first.clone() else {
        panic!("{first:?}")
    };
    let page = house.kaibo.verification(&token).await.unwrap().unwrap();
    assert_eq!(
        (page.wechat_id_masked.as_str(), page.standing),
        ("ne****or", Standing::Pending)
    );
    let again = refusal(
        house
            .kaibo
            .create_room(&house.app, with_anchor("new_anchor"))
            .await,
    );
    assert_eq!(first, again, "the link stays the same");
    house
        .kaibo
        .verify_anchor(&house.app, "new_anchor")
        .await
        .unwrap();
    let page = house.kaibo.verification(&token).await.unwrap().unwrap();
    assert_eq!(page.standing, Standing::Verified);
    house
        .kaibo
        .create_room(&house.app, with_anchor("new_anchor"))
        .await
        .unwrap();
}

#[tokio::test]
async fn rehearsals_need_no_verified_anchor() {
    let anchor = AnchorConfig {
        verification: VerificationPolicy::Off,
    };
    let house = House::with(AppConfig {
        anchor,
        ..AppConfig::default()
    })
    .await;
    house
        .kaibo
        .create_room(&house.app, with_anchor("anybody"))
        .await
        .unwrap();
}

#[tokio::test]
async fn fifty_first_room_of_a_day_waits_for_midnight_in_shanghai() {
    let house = House::new().await;
    for _ in 0..50 {
        let room = house.room_in(15).await;
        house
            .kaibo
            .apply(&house.app, room.id, Command::Delete)
            .await
            .unwrap();
    }
    let plan = || plan_in(15, house.kaibo.now());
    assert_eq!(
        refusal(house.kaibo.create_room(&house.app, plan()).await),
        Refusal::RoomsPerDay(50)
    );
    house.clock.advance(14 * HOUR_MS - 1);
    assert_eq!(
        refusal(house.kaibo.create_room(&house.app, plan()).await),
        Refusal::RoomsPerDay(50)
    );
    house.clock.advance(1);
    house.kaibo.create_room(&house.app, plan()).await.unwrap();
}

#[tokio::test]
async fn another_app_s_room_is_unknown() {
    let house = House::new().await;
    let room = house.room_in(15).await;
    let other = house
        .kaibo
        .create_app(None, None, "别家")
        .await
        .unwrap()
        .app_id;
    assert_eq!(
        refusal(house.kaibo.room(&other, room.id).await),
        Refusal::RoomUnknown
    );
    assert_eq!(
        refusal(house.kaibo.room_access(&other, room.id).await.map(|_| ())),
        Refusal::RoomUnknown
    );
    assert_eq!(
        refusal(house.kaibo.apply(&other, room.id, Command::Delete).await),
        Refusal::RoomUnknown
    );
    assert_eq!(
        refusal(house.kaibo.revoke_push(&other, room.id).await),
        Refusal::RoomUnknown
    );
    assert_eq!(
        refusal(
            house
                .kaibo
                .edit_room(&other, room.id, plan_in(15, NOW))
                .await
        ),
        Refusal::RoomUnknown
    );
    let query = RoomQuery {
        limit: 10,
        ..RoomQuery::default()
    };
    assert_eq!(house.kaibo.rooms(&other, &query).await.unwrap().0, 0);
}

#[tokio::test]
async fn status_is_never_older_than_the_clock() {
    let house = House::new().await;
    let room = house.room_in(15).await;
    house.clock.advance(75 * MINUTE_MS);
    let read = house.kaibo.room(&house.app, room.id).await.unwrap();
    assert_eq!(read.status, Status::Expired);
    let query = RoomQuery {
        limit: 10,
        ..RoomQuery::default()
    };
    assert_eq!(
        house.kaibo.rooms(&house.app, &query).await.unwrap().1[0].status,
        Status::Expired
    );
}

#[tokio::test]
async fn edit_keeps_images_that_are_not_sent_and_refuses_foreign_ones() {
    let house = House::new().await;
    // The smallest GIF.
    let gif = b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff\
        ,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;";
    let image = house
        .kaibo
        .upload_image(&house.app, bytes::Bytes::from_static(gif))
        .await
        .unwrap();
    let mut input = plan_in(15, NOW);
    input.draft.cover = Some(image.media_id.clone());
    let room = house.kaibo.create_room(&house.app, input).await.unwrap();
    assert_eq!(room.draft.cover.as_deref(), Some(image.name.as_str()));
    let edited = house
        .kaibo
        .edit_room(&house.app, room.id, plan_in(20, NOW))
        .await
        .unwrap();
    assert_eq!(edited.draft.cover, room.draft.cover);

    let other = house
        .kaibo
        .create_app(None, None, "别家")
        .await
        .unwrap()
        .app_id;
    house
        .kaibo
        .verify_anchor(&other, crate::house::ANCHOR)
        .await
        .unwrap();
    let mut foreign = plan_in(15, NOW);
    foreign.draft.cover = Some(image.media_id.clone());
    let Refusal::Fields(broken) = refusal(house.kaibo.create_room(&other, foreign).await) else {
        panic!("wanted a field")
    };
    assert_eq!(
        (broken[0].field, broken[0].rule),
        (Field::Cover, FieldRule::ImageUnknown)
    );

    house.clock.advance(3 * 24 * HOUR_MS + 1);
    let mut late = plan_in(15, house.kaibo.now());
    late.draft.cover = Some(image.media_id);
    assert!(matches!(
        refusal(house.kaibo.create_room(&house.app, late).await),
        Refusal::Fields(_)
    ));
    let mut by_address = plan_in(15, house.kaibo.now());
    by_address.draft.cover = Some(image.url);
    house
        .kaibo
        .create_room(&house.app, by_address)
        .await
        .unwrap();
}

#[tokio::test]
async fn live_room_is_not_edited() {
    let house = House::new().await;
    let room = house.room_in(15).await;
    let stream = format!("{}-{}", house.app, room.id);
    assert!(house.kaibo.good_stream(&stream).await.unwrap());
    let edit = house
        .kaibo
        .edit_room(&house.app, room.id, plan_in(15, NOW))
        .await;
    assert_eq!(refusal(edit), Refusal::EditWhileLive);
}

#[tokio::test]
async fn unknown_room_is_refused_everywhere() {
    let house = House::new().await;
    let nobody = RoomId(7);
    assert_eq!(
        refusal(house.kaibo.public_room(nobody).await),
        Refusal::RoomUnknown
    );
    assert_eq!(
        refusal(house.kaibo.apply(&house.app, nobody, Command::End).await),
        Refusal::RoomUnknown
    );
}
