//! Verification: submitted, decided, due again, and what an anchor may do meanwhile.

use std::net::{IpAddr, Ipv4Addr};

use crate::house::{ANCHOR, House, plan_in};
use kaibo_app::domain::HOUR_MS;
use kaibo_app::domain::anchor::{RECHECK_MS, RENEWAL_MS, Standing};
use kaibo_app::domain::id::stream_name;
use kaibo_app::domain::identity::{CONSENT, IdentityForm, IdentityRefusal};
use kaibo_app::domain::person::PersonRefusal;
use kaibo_app::domain::refusal::Refusal;
use kaibo_app::domain::room::{Command, Status};
use kaibo_app::{Admission, Error, RefusedPush, SubmitRefusal, VerificationView};

const WHO: &str = "anchor_77";
const DAY_MS: i64 = 24 * HOUR_MS;

fn peer(n: u8) -> IpAddr {
    Ipv4Addr::new(192, 0, 2, n).into()
}

fn form() -> IdentityForm {
    IdentityForm {
        name: "林小夏".into(),
        // The example of GB 11643-1999.
        number: "11010519491231002X".into(),
        consent: CONSENT.into(),
        pin: "730164".into(),
        ..IdentityForm::default()
    }
}

async fn link(house: &House) -> String {
    let url = house.kaibo.invite_anchor(&house.app, WHO).await.unwrap();
    url.rsplit_once('/').unwrap().1.to_owned()
}

async fn submit(
    house: &House,
    token: &str,
    form: &IdentityForm,
) -> Result<VerificationView, SubmitRefusal> {
    let submitted = house.kaibo.submit_identity(token, form, peer(1));
    submitted.await.unwrap()
}

async fn submission(house: &House) -> i64 {
    let file = house.kaibo.anchor(&house.app, WHO).await.unwrap();
    file.submission.unwrap().id
}

fn refusal<T>(answer: kaibo_app::Result<T>) -> Refusal {
    match answer.err() {
        Some(Error::Refused(refusal)) => refusal,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_person_submits_is_sent_back_and_is_verified_in_the_end() {
    let house = House::new().await;
    let token = link(&house).await;
    assert_eq!(link(&house).await, token, "one person, one link");
    let mut wrong = form();
    wrong.number = "110105194912310021".into();
    let refused = submit(&house, &token, &wrong).await.unwrap_err();
    assert_eq!(
        refused,
        SubmitRefusal::Fields(vec![IdentityRefusal::Number])
    );

    let page = submit(&house, &token, &form()).await.unwrap();
    assert_eq!(
        (page.standing, page.may_submit),
        (Standing::Submitted, false)
    );
    let again = submit(&house, &token, &form()).await.unwrap_err();
    assert_eq!(again, SubmitRefusal::Waits);
    let first = &house.kaibo.anchors(&house.app).await.unwrap()[0];
    assert_eq!(first.anchor.wechat_id, WHO);
    assert!(first.waits_for_decision());

    let id = submission(&house).await;
    let (kaibo, app) = (&house.kaibo, &house.app);
    for reason in ["", "x", "a\nb", &"长".repeat(201)] {
        let sent_back = kaibo.reject_submission(app, WHO, id, ("boss", reason));
        assert_eq!(refusal(sent_back.await), PersonRefusal::Reason.into());
    }
    let sent_back = kaibo.reject_submission(app, WHO, id, ("boss", "姓名与证件不符"));
    assert_eq!(sent_back.await.unwrap().standing, Standing::Rejected);
    let page = kaibo.verification(&token).await.unwrap().unwrap();
    assert_eq!(page.reason.as_deref(), Some("姓名与证件不符"));

    submit(&house, &token, &form()).await.unwrap();
    let old = kaibo.approve_submission(app, WHO, id, "boss").await;
    assert_eq!(refusal(old), PersonRefusal::NothingSubmitted.into());
    let id = submission(&house).await;
    let file = kaibo
        .approve_submission(app, WHO, id, "boss")
        .await
        .unwrap();
    assert_eq!(file.standing, Standing::Verified);
    assert_eq!(
        (file.age, file.anchor.due_at),
        (76, Some(kaibo.now() + RECHECK_MS))
    );
    let done = submit(&house, &token, &form()).await.unwrap_err();
    assert_eq!(done, SubmitRefusal::Done);
    let mut plan = plan_in(30, kaibo.now());
    plan.draft.anchor_wechat = WHO.into();
    kaibo.create_room(app, plan).await.unwrap();
}

#[tokio::test]
async fn strangers_cannot_try_for_ever() {
    let house = House::new().await;
    let token = link(&house).await;
    let mut wrong = form();
    wrong.pin = "123456".into();
    let easy = SubmitRefusal::Fields(vec![IdentityRefusal::PinTooEasy]);
    let from = async |n: u8, token: &str| {
        let tried = house.kaibo.submit_identity(token, &wrong, peer(n));
        tried.await.unwrap().unwrap_err()
    };
    for _ in 0..10 {
        assert_eq!(from(1, &token).await, easy);
    }
    let wait = |refusal| matches!(refusal, SubmitRefusal::TooManyTries { .. });
    assert!(wait(from(2, &token).await), "the link is tried out");
    assert!(wait(from(1, "another").await), "the address is");
    assert_eq!(from(3, "another").await, SubmitRefusal::Unknown);
    house.clock.advance(10 * 60_000);
    assert_eq!(from(1, &token).await, easy);
}

#[tokio::test]
async fn five_submissions_of_a_person_are_enough_for_a_day() {
    let house = House::new().await;
    let token = link(&house).await;
    for _ in 0..5 {
        submit(&house, &token, &form()).await.unwrap();
        let (kaibo, app) = (&house.kaibo, &house.app);
        let id = submission(&house).await;
        let sent_back = kaibo.reject_submission(app, WHO, id, ("boss", "照片不清晰"));
        sent_back.await.unwrap();
        house.clock.advance(10 * 60_000);
    }
    let sixth = submit(&house, &token, &form()).await.unwrap_err();
    assert!(matches!(sixth, SubmitRefusal::TooManyTries { .. }));
    house.clock.advance(DAY_MS);
    submit(&house, &token, &form()).await.unwrap();
}

#[tokio::test]
async fn a_number_is_shown_with_a_reason_that_is_kept() {
    let house = House::new().await;
    let token = link(&house).await;
    submit(&house, &token, &form()).await.unwrap();
    let id = submission(&house).await;
    let (kaibo, app) = (&house.kaibo, &house.app);
    let without = kaibo.reveal_number(app, WHO, id, ("boss", " ")).await;
    assert_eq!(refusal(without), PersonRefusal::Reason.into());
    assert_eq!(kaibo.reveals(app, WHO).await.unwrap(), []);
    let number = kaibo.reveal_number(app, WHO, id, ("boss", "与身份证核对"));
    assert_eq!(number.await.unwrap(), "11010519491231002X");
    let seen = kaibo.reveals(app, WHO).await.unwrap();
    assert_eq!((seen[0].actor.as_str(), seen[0].at), ("boss", kaibo.now()));
    let unknown = kaibo.reveal_number(app, WHO, id + 1, ("boss", "与身份证核对"));
    assert_eq!(refusal(unknown.await), Refusal::PersonUnknown);
}

#[tokio::test]
async fn whoever_is_due_gets_no_rooms_and_goes_not_on_air() {
    let house = House::new().await;
    let (kaibo, app) = (&house.kaibo, &house.app);
    let file = kaibo.anchor(app, ANCHOR).await.unwrap();
    let due_at = file.anchor.due_at.unwrap();
    house.clock.advance(due_at - kaibo.now() - 60 * 60_000);
    let on_air = house.room_in(20).await;
    let planned = house.room_in(120).await;
    let stream = |room: &kaibo_app::domain::room::Room| stream_name(&room.app_id, room.id);
    assert!(kaibo.good_stream(&stream(&on_air)).await.unwrap());
    assert!(
        kaibo.good_stream(&stream(&planned)).await.unwrap(),
        "a preview"
    );
    house.clock.advance(60 * 60_000);
    assert_eq!(
        kaibo.anchor(app, ANCHOR).await.unwrap().standing,
        Standing::Due
    );

    let no_room = kaibo.create_room(app, plan_in(30, kaibo.now())).await;
    assert!(matches!(refusal(no_room), Refusal::AnchorUnverified { .. }));
    // What is on air goes on, also after a break.
    kaibo.lost_stream(&stream(&on_air)).await.unwrap();
    assert!(kaibo.good_stream(&stream(&on_air)).await.unwrap());
    assert_eq!(
        kaibo.room(app, on_air.id).await.unwrap().status,
        Status::Live
    );
    // What is not stays so, by whatever door it comes.
    let over = PersonRefusal::VerificationOver.into();
    let start = kaibo.apply(app, planned.id, Command::Start).await;
    assert_eq!(refusal(start), over);
    house.clock.advance(35 * 60_000);
    assert!(!kaibo.good_stream(&stream(&planned)).await.unwrap());
    let key = kaibo.push_address(&planned).await.unwrap().key;
    let (name, query) = key.split_once('?').unwrap();
    let admitted = kaibo.admit(name, query).await.unwrap();
    assert!(admitted == Admission::Refused(RefusedPush::AnchorUnverified));
    let told = kaibo.push_refusal(app, planned.id).await.unwrap().unwrap();
    assert_eq!(told.reason, "anchor_unverified");
    let still = kaibo.room(app, planned.id).await.unwrap();
    assert_eq!((still.status, still.good), (Status::Planned, false));

    kaibo.verify_anchor(app, ANCHOR).await.unwrap();
    assert!(kaibo.good_stream(&stream(&planned)).await.unwrap());
    assert_eq!(
        kaibo.room(app, planned.id).await.unwrap().status,
        Status::Live
    );
}

#[tokio::test]
async fn a_verification_may_be_renewed_before_it_is_due() {
    let house = House::new().await;
    let token = link(&house).await;
    submit(&house, &token, &form()).await.unwrap();
    let (kaibo, app) = (&house.kaibo, &house.app);
    let approve = async || {
        let id = submission(&house).await;
        kaibo
            .approve_submission(app, WHO, id, "boss")
            .await
            .unwrap()
    };
    approve().await;
    house.clock.advance(RECHECK_MS - RENEWAL_MS);
    let page = submit(&house, &token, &form()).await.unwrap();
    assert_eq!(
        (page.standing, page.may_submit),
        (Standing::Verified, false)
    );
    let renewed = approve().await;
    assert_eq!(renewed.anchor.due_at, Some(kaibo.now() + RECHECK_MS));
}
