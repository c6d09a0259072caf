//! The OpenAPI document is the one in the repository.

use std::path::Path;

use serde_json::Value;

#[test]
fn the_document_in_the_repository_is_that_of_the_routes() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../api/openapi.json");
    let mut made = kaibo_api::openapi::document().to_pretty_json().unwrap();
    made.push('\n');
    if std::env::var_os("KAIBO_BLESS").is_some() {
        std::fs::write(&path, &made).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        kept == made,
        "api/openapi.json is not what the routes say; run `KAIBO_BLESS=1 cargo test -p kaibo-api`"
    );
}

#[test]
fn every_answer_is_described_and_every_reference_leads_somewhere() {
    let document = kaibo_api::openapi::document().to_json().unwrap();
    let document: Value = serde_json::from_str(&document).unwrap();
    let schemas = document["components"]["schemas"].as_object().unwrap();
    let text = document.to_string();
    for reference in text.split("#/components/schemas/").skip(1) {
        let name = reference.split('"').next().unwrap();
        assert!(schemas.contains_key(name), "{name}");
    }
    for (name, _) in schemas {
        assert!(
            name.starts_with(char::is_uppercase),
            "{name} is no view of ours"
        );
    }
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            for (status, answer) in operation["responses"].as_object().unwrap() {
                let described = answer["description"]
                    .as_str()
                    .is_some_and(|d| !d.is_empty());
                assert!(described, "{method} {path} {status}");
            }
        }
    }
}
