//! `POST /wxaapi/broadcast/room/create` (cases E01).

use kaibo_app::AppConfig;
use serde_json::{Value, json};

use crate::world::{ANCHOR, CREATE, World, form_of, png, verdict};

const PLAN: (i64, &str) = (200_002, "parameter startTime or endTime is invalid");
const HOUR: i64 = 3_600;

#[tokio::test]
async fn a_good_plan_makes_a_room_that_an_int_holds() {
    let world = World::new().await;
    let answer = world.post(CREATE, &world.plan()).await;
    assert_eq!(verdict(&answer), (0, "ok"));
    let room = answer["roomId"].as_i64().unwrap();
    assert!((1..1 << 31).contains(&room));
    assert!(answer.get("qrcode_url").is_none());
}

/// `plan` with some keys replaced.
fn with(plan: &Value, changes: &Value) -> Value {
    let mut plan = plan.clone();
    for (key, value) in changes.as_object().unwrap() {
        plan[key] = value.clone();
    }
    plan
}

async fn assert_verdicts(world: &World, cases: Vec<(Value, (i64, &str))>) {
    for (changes, wanted) in cases {
        let answer = world.post(CREATE, &with(&world.plan(), &changes)).await;
        assert_eq!(verdict(&answer), wanted, "{changes}");
        assert!(answer.get("roomId").is_none(), "{changes}");
    }
}

#[tokio::test]
async fn each_rule_for_names_and_people_has_its_code() {
    let world = World::new().await;
    let name_length = (300_002, "name length invalid");
    let name_characters = (300_040, "name has special characters");
    let nickname_length = (300_034, "anchorName length invalid");
    let same = (200_002, "anchorWechat and subAnchorWechat can not be same");
    let cases = vec![
        (json!({"name": "直播"}), name_length),
        (json!({"name": "播".repeat(18)}), name_length),
        (json!({"name": "新品★专场★"}), name_characters),
        (json!({"name": "<b>新品</b>"}), name_characters),
        (json!({"anchorName": "林"}), nickname_length),
        (json!({"anchorName": "林".repeat(16)}), nickname_length),
        (
            json!({"anchorName": "小林🎉🎉"}),
            (300_029, "anchorName invalid"),
        ),
        (
            json!({"anchorWechat": "bad id"}),
            (300_035, "anchorWechat not exist"),
        ),
        (
            json!({"subAnchorWechat": "bad id"}),
            (300_039, "subAnchorWechat invalid"),
        ),
        (
            json!({"subAnchorWechat": "anchor_b"}),
            (500_002, "sub anchor has no realName"),
        ),
        (json!({"subAnchorWechat": ANCHOR}), same),
        (
            json!({"createrWechat": "bad id"}),
            (300_041, "createrWechat invalid"),
        ),
    ];
    assert_verdicts(&world, cases).await;
}

#[tokio::test]
async fn a_plan_out_of_bounds_is_refused() {
    let world = World::new().await;
    let now = world.now();
    let six_months = 184 * 24 * HOUR;
    let plans = [
        (300, 2 * HOUR),
        (599, 2 * HOUR),
        (six_months + 1, six_months + HOUR),
        (HOUR, HOUR + 1_200),
        (HOUR, 13 * HOUR + 1),
        (2 * HOUR, HOUR),
        (i64::MAX / 2, i64::MAX / 2 + HOUR),
        (-now, i64::MIN / 2),
    ];
    let mut cases: Vec<_> = plans
        .iter()
        .map(|(start, end)| {
            (
                json!({"startTime": now + start, "endTime": now + end}),
                PLAN,
            )
        })
        .collect();
    cases.push((json!({"startTime": "soon"}), PLAN));
    cases.push((json!({"endTime": 1e300}), PLAN));
    assert_verdicts(&world, cases).await;
}

#[tokio::test]
async fn values_of_the_wrong_kind_are_named() {
    let world = World::new().await;
    let cases = vec![
        (json!({"coverImg": "nope"}), (300_031, "coverimg invalid")),
        (
            json!({"coverImg": "https://evil.test/a.png"}),
            (300_031, "coverimg invalid"),
        ),
        (
            json!({"coverImg": "/media/../../etc/passwd"}),
            (300_031, "coverimg invalid"),
        ),
        (json!({"shareImg": "nope"}), (300_032, "shareimg invalid")),
        (json!({"feedsImg": "nope"}), (300_037, "feedsimg invalid")),
        (json!({"type": 2}), (200_002, "parameter type is invalid")),
        (
            json!({"closeKf": 7}),
            (200_002, "parameter closeKf is invalid"),
        ),
        (
            json!({"name": ["a"]}),
            (200_002, "parameter name is invalid"),
        ),
    ];
    assert_verdicts(&world, cases).await;
}

#[tokio::test]
async fn what_must_be_there_is_named_when_it_is_not() {
    let world = World::new().await;
    for key in [
        "name",
        "coverImg",
        "startTime",
        "endTime",
        "anchorName",
        "anchorWechat",
        "shareImg",
        "feedsImg",
        "type",
        "closeLike",
        "closeGoods",
        "closeComment",
    ] {
        for blank in [None, Some(Value::Null), Some(json!(""))] {
            let mut plan = world.plan();
            match &blank {
                None => drop(plan.as_object_mut().unwrap().remove(key)),
                Some(value) => plan[key] = value.clone(),
            }
            let answer = world.post(CREATE, &plan).await;
            let text = match key {
                "startTime" | "endTime" => PLAN.1.to_owned(),
                _ => format!("parameter {key} must no be null"),
            };
            assert_eq!(
                verdict(&answer),
                (200_002, text.as_str()),
                "{key} {blank:?}"
            );
        }
    }
}

#[tokio::test]
async fn the_narrowest_and_widest_plans_pass() {
    let world = World::new().await;
    let now = world.now();
    let mut plan = world.plan();
    for name in ["abcdef", "一二三四五六七八九十一二三四五六七"] {
        plan["name"] = json!(name);
        world.room_with(plan.clone()).await;
    }
    let far = 184 * 24 * HOUR;
    for (start, end) in [(600, 2_400), (HOUR, 13 * HOUR), (far, far + HOUR)] {
        plan["startTime"] = json!(now + start);
        plan["endTime"] = json!(now + end);
        world.room_with(plan.clone()).await;
    }
}

#[tokio::test]
async fn a_day_long_plan_passes_where_the_operator_allows_it() {
    let mut config = AppConfig::default();
    config.room.max_hours = 24;
    let world = World::with(config).await;
    let mut plan = world.plan();
    plan["endTime"] = json!(world.now() + 25 * HOUR);
    world.room_with(plan.clone()).await;
    plan["endTime"] = json!(world.now() + 25 * HOUR + 1);
    assert_eq!(verdict(&world.post(CREATE, &plan).await), PLAN);
}

#[tokio::test]
async fn an_unverified_anchor_is_sent_to_a_page_that_exists() {
    let world = World::new().await;
    let mut plan = world.plan();
    plan["anchorWechat"] = json!("stranger_01");
    let answer = world.post(CREATE, &plan).await;
    let text =
        "anchorWechat has no realName, please open the codeUrl and scan the code for certification";
    assert_eq!(verdict(&answer), (300_036, text));
    assert!(answer.get("roomId").is_none());
    let url = answer["qrcode_url"].as_str().unwrap();
    let token = url.strip_prefix("https://live.test/verify/").unwrap();
    assert!(world.kaibo.verification(token).await.unwrap().is_some());

    let again = world.post(CREATE, &plan).await;
    assert_eq!(again["qrcode_url"], answer["qrcode_url"]);
    world
        .kaibo
        .verify_anchor(&world.app_id, "stranger_01")
        .await
        .unwrap();
    world.room_with(plan).await;
}

#[tokio::test]
async fn images_are_held_to_the_size_for_their_place() {
    let world = World::new().await;
    let (small, big) = (
        world.upload(png(100 * 1024)).await,
        world.upload(png(100 * 1024 + 1)).await,
    );
    let huge = world.upload(png(1024 * 1024 + 1)).await;
    let mut plan = world.plan();
    plan["feedsImg"] = json!(small);
    plan["shareImg"] = json!(big);
    plan["coverImg"] = json!(huge);
    world.room_with(plan.clone()).await;
    plan["feedsImg"] = json!(big);
    assert_eq!(
        verdict(&world.post(CREATE, &plan).await),
        (300_037, "feedsimg invalid")
    );
    plan["feedsImg"] = json!(small);
    plan["shareImg"] = json!(huge);
    assert_eq!(
        verdict(&world.post(CREATE, &plan).await),
        (300_032, "shareimg invalid")
    );
    plan["shareImg"] = json!(small);
    let two_mebibytes = 2 * 1024 * 1024;
    plan["coverImg"] = json!(world.upload(png(two_mebibytes)).await);
    world.room_with(plan.clone()).await;
    plan["coverImg"] = json!(world.upload(png(two_mebibytes + 1)).await);
    assert_eq!(
        verdict(&world.post(CREATE, &plan).await),
        (300_031, "coverimg invalid")
    );
}

#[tokio::test]
async fn an_address_is_held_to_the_size_for_its_place_too() {
    let world = World::new().await;
    let mut plan = world.plan();
    plan["coverImg"] = json!(world.upload(png(100 * 1024 + 1)).await);
    let room = world.room_with(plan.clone()).await;
    plan["feedsImg"] = world.row(room).await["cover_img"].clone();
    assert_eq!(
        verdict(&world.post(CREATE, &plan).await),
        (300_037, "feedsimg invalid")
    );
}

#[tokio::test]
async fn an_image_whose_file_is_gone_makes_no_room() {
    let world = World::new().await;
    std::fs::remove_dir_all(world.data_dir.path().join("images")).unwrap();
    let answer = world.post(CREATE, &world.plan()).await;
    assert_eq!(verdict(&answer), (1_007, "get no data"));
    assert!(answer.get("roomId").is_none());
}

#[tokio::test]
async fn a_media_id_lasts_three_days_and_belongs_to_its_app() {
    let mut world = World::new().await;
    world.advance_far(3 * 24 * HOUR).await;
    world.room().await;
    world.advance_far(1).await;
    let answer = world.post(CREATE, &world.plan()).await;
    assert_eq!(answer["errcode"], 300_031);

    let fresh = world.upload(png(500)).await;
    let mut plan = world.plan();
    for key in ["coverImg", "shareImg", "feedsImg"] {
        plan[key] = json!(fresh);
    }
    world.token = world.other_app().await;
    let app_id = world
        .kaibo
        .apps()
        .await
        .unwrap()
        .into_iter()
        .map(|app| app.app_id);
    for app_id in app_id.filter(|id| *id != world.app_id) {
        world.kaibo.verify_anchor(&app_id, ANCHOR).await.unwrap();
    }
    assert_eq!(world.post(CREATE, &plan).await["errcode"], 300_031);
}

#[tokio::test]
async fn what_shops_and_sdks_send_is_taken() {
    let world = World::new().await;
    let plan = world.plan();
    let changed = |changes: Value| with(&plan, &changes);
    let strings: Value = plan
        .as_object()
        .unwrap()
        .iter()
        .map(|(key, value)| {
            let text = value
                .as_str()
                .map_or_else(|| value.to_string(), str::to_owned);
            (key.clone(), Value::String(text))
        })
        .collect();
    let bodies = [
        ("lilishop: all strings", strings),
        (
            "WxJava: legacy keys",
            changed(json!({"screenType": 0, "anchorImg": "any", "merchantId": 7})),
        ),
        (
            "likeshop: blank options",
            changed(json!({"subAnchorWechat": "", "createrWechat": null})),
        ),
        (
            "booleans",
            changed(json!({"closeLike": true, "closeGoods": false})),
        ),
        (
            "numeric anchor name",
            changed(json!({"anchorName": 123_456})),
        ),
    ];
    for (case, body) in bodies {
        assert_eq!(world.post(CREATE, &body).await["errcode"], 0, "{case}");
    }
    let form = Some("application/x-www-form-urlencoded");
    let answer = world.post_as(CREATE, form, form_of(&plan)).await;
    let room = answer["roomId"].as_i64().unwrap();
    assert_eq!(world.row(room).await["name"], "晚间新品专场");
    let answer = world.post_as(CREATE, None, plan.to_string()).await;
    assert_eq!(answer["errcode"], 0, "easy-swoole: no Content-Type");
}

#[tokio::test]
async fn switches_that_are_not_sent_have_wechats_defaults() {
    let world = World::new().await;
    let mut plan = world.plan();
    for key in ["closeReplay", "closeShare", "closeKf", "isFeedsPublic"] {
        plan.as_object_mut().unwrap().remove(key);
    }
    let row = world.row(world.room_with(plan).await).await;
    assert_eq!(row["close_replay"], 1);
    assert_eq!(row["close_kf"], 1);
    assert_eq!(row["is_feeds_public"], 1);
}

#[tokio::test]
async fn the_fifty_first_room_of_a_day_is_over_the_quota() {
    let mut world = World::new().await;
    let first = world.room().await;
    for _ in 1..50 {
        world.room().await;
    }
    let over = (45_009, "reach max api daily quota limit");
    assert_eq!(verdict(&world.post(CREATE, &world.plan()).await), over);
    let gone = world
        .post(crate::world::DELETE, &json!({"id": first}))
        .await;
    assert_eq!(gone["errcode"], 0);
    assert_eq!(verdict(&world.post(CREATE, &world.plan()).await), over);
    // 10:40 + 13 h 20 min: midnight in Shanghai.
    world.advance_far(48_000).await;
    world.room().await;
}
