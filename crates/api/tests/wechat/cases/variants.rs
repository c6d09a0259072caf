//! What holds for every operation: made from the contract's ordinary calls.

use serde_json::Value;

use super::ordinary::ordinary;
use super::{Call, Stage};
use crate::world::Base;
use kaibo_domain::door::Profile;

const FORM: &str = "application/x-www-form-urlencoded";

/// EasyWeChat 5 sends most of them so, PHP's nested keys included (spec section 12).
#[tokio::test]
async fn every_posted_operation_takes_a_form() {
    let stage = Stage::new(Base::Sqlite, Profile::Tolerant).await;
    let mut tried = 0;
    for one in ordinary() {
        let call = &one.call;
        let is_live = one.name().starts_with('E');
        let has_fields = call.body.as_ref().is_some_and(Value::is_object);
        if !is_live || call.method != "POST" || !has_fields || one.is_to_come() {
            continue;
        }
        let scene = one.scene(&stage).await;
        let form = Call {
            content_type: Some(FORM.into()),
            ..call.clone()
        };
        let answer = scene.send(&form).await.unwrap();
        assert_eq!(
            one.judge(&scene, &answer),
            Ok(()),
            "{}: {answer}",
            one.name()
        );
        tried += 1;
    }
    assert!(tried >= 27, "{tried}");
}
