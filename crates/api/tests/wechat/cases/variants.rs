//! What holds for every operation: made from the contract's ordinary calls.

use serde_json::Value;

use super::fill::names;
use super::scene::Scene;
use super::{Call, Case, NOT_YET, Stage, all, matching, reason_in};
use crate::world::Base;
use kaibo_domain::door::Profile;

const FORM: &str = "application/x-www-form-urlencoded";

/// The ordinary call to each live operation, E01-ok to E38-ok.
fn ordinary(cases: &[Case]) -> Vec<(&Case, &Call)> {
    let is_ordinary = |case: &&Case| case.name.starts_with('E') && case.name.len() == 6;
    let cases = cases.iter().filter(|case| case.name.ends_with("-ok"));
    let cases = cases.filter(is_ordinary);
    cases
        .filter_map(|case| Some((case, case.request.as_ref()?)))
        .collect()
}

/// Ids of rooms, goods and audits that a call names.
fn owned(call: &Call) -> Vec<String> {
    let mut found = Vec::new();
    names(&Value::Object(call.query.clone()), &mut found);
    names(call.body.as_ref().unwrap_or(&Value::Null), &mut found);
    let is_owned = |name: &String| ["room", "goods", "goods 2", "audit"].contains(&name.as_str());
    found.retain(is_owned);
    found
}

/// EasyWeChat 5 sends most of them so, PHP's nested keys included (spec section 12).
#[tokio::test]
async fn every_posted_operation_takes_a_form() {
    let stage = Stage::new(Base::Sqlite, Profile::Tolerant).await;
    let cases = all();
    let mut tried = 0;
    for (case, call) in ordinary(&cases) {
        let has_fields = call.body.as_ref().is_some_and(Value::is_object);
        if call.method != "POST" || !has_fields || reason_in(NOT_YET, case).is_some() {
            continue;
        }
        let scene = Scene::new(&stage, case, call).await.unwrap();
        let form = Call {
            content_type: Some(FORM.into()),
            ..call.clone()
        };
        let answer = scene.send(&form).await.unwrap();
        let wanted = case.wanted(Profile::Tolerant).unwrap();
        let matched = matching::matches(wanted, &answer, &scene.values);
        assert_eq!(matched, Ok(()), "{}: {answer}", case.name);
        tried += 1;
    }
    assert!(tried >= 27, "{tried}");
}

/// With another app's token, what belongs to the first looks as if it were not there.
#[tokio::test]
async fn no_operation_reaches_into_another_app() {
    let stage = Stage::new(Base::Sqlite, Profile::Tolerant).await;
    let cases = all();
    let mut tried = 0;
    for (case, call) in ordinary(&cases) {
        let mut scene = Scene::new(&stage, case, call).await.unwrap();
        let before = scene.send(call).await.unwrap();
        scene = Scene::new(&stage, case, call).await.unwrap();
        let theirs = scene.world.other_app().await;
        scene.put("token", theirs);
        let answer = scene.send(call).await.unwrap();
        let code = answer["errcode"].as_i64().unwrap();
        if owned(call).is_empty() {
            // A list: nothing of the first app is in it. Anything else makes what is their own.
            let rows = ["room_info", "goods", "list", "followers"].map(|key| &answer[key]);
            let rows = rows.iter().filter_map(|rows| rows.as_array());
            assert_eq!(rows.flatten().count(), 0, "{}: {answer}", case.name);
        } else if call.path.ends_with("getgoodswarehouse") {
            assert_eq!(answer["goods"].as_array().unwrap().len(), 0, "{answer}");
            assert_eq!(before["goods"].as_array().unwrap().len(), 1, "{before}");
        } else {
            // The numbers of what is not there.
            let absent = [300_015, 300_022, 300_024];
            assert!(absent.contains(&code), "{}: {answer}", case.name);
            tried += 1;
        }
    }
    assert!(tried >= 24, "{tried}");
}
