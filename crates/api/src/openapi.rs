//! The OpenAPI document of /v1 and the health routes, made from the routes themselves.

use utoipa::OpenApi;
use utoipa::openapi::path::Operation;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{self, Components, ContentBuilder, Ref, ResponseBuilder};
use utoipa_axum::router::OpenApiRouter;

use crate::error::ErrorAnswer;
use crate::{health, v1};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Kaibo",
        description = "Kaibo's own API: what viewers, anchors and the console use. All times are \
                       Unix milliseconds. Every error has the body `ErrorAnswer`. The console's \
                       changes need the session's token in `X-CSRF-Token`. A POST of the console \
                       may carry an `Idempotency-Key` (1 to 255 characters): sent again \
                       within 24 hours, the same is done once and answered the same, with \
                       `X-Kaibo-Repeated: true`; refusals are judged anew. Every JSON answer to a GET has a weak \
                       ETag by its content; with `If-None-Match` the same is 304.",
        license(name = "Apache-2.0", identifier = "Apache-2.0"),
    ),
    components(schemas(ErrorAnswer)),
    tags(
        (name = "viewer", description = "Viewers' pages; no log-in"),
        (name = "broadcast", description = "The anchor's page; for devices of the anchor"),
        (name = "session", description = "Set-up, log-in, log-out"),
        (name = "apps", description = "Apps and their quotas"),
        (name = "calls", description = "How an app's calls of WeChat's API are let in"),
        (name = "rooms", description = "An app's rooms"),
        (name = "webhooks", description = "Where an app's events go"),
        (name = "subscriptions", description = "Who wants to be told of lives"),
        (name = "access", description = "Codes and push address of a room"),
        (name = "people", description = "Whom an app knows, and what they may do"),
        (name = "anchors", description = "Who may broadcast, and who they are"),
        (name = "media", description = "Images"),
        (name = "health", description = "For whoever runs the server"),
    )
)]
struct Head;

/// The document that stands in `api/openapi.json`.
pub fn document() -> openapi::OpenApi {
    let v1 = OpenApiRouter::new()
        .merge(with_errors(v1::open_routes(), &[]))
        .merge(with_errors(v1::broadcast_routes(), &["broadcast"]))
        .merge(with_errors(v1::token_routes(), &["app"]))
        .merge(with_errors(v1::app_routes(), &["session", "app"]))
        .merge(with_errors(v1::reviewer_routes(), &["session", "reviewer"]))
        .merge(with_errors(v1::console_routes(), &["session"]));
    let mut document = OpenApiRouter::with_openapi(Head::openapi())
        .merge(health::routes())
        .nest("/v1", v1)
        .into_openapi();
    add_schemes(document.components.get_or_insert_default());
    document
}

fn with_errors<S: Clone + Send + Sync + 'static>(
    mut routes: OpenApiRouter<S>,
    schemes: &[&str],
) -> OpenApiRouter<S> {
    for item in routes.get_openapi_mut().paths.paths.values_mut() {
        let operations = [
            &mut item.get,
            &mut item.put,
            &mut item.post,
            &mut item.delete,
        ];
        for operation in operations.into_iter().flatten() {
            complete(operation, schemes);
        }
    }
    routes
}

/// Adds what all operations of a group share: the body of errors, and the credential.
fn complete(operation: &mut Operation, schemes: &[&str]) {
    let body = || {
        let schema = Ref::from_schema_name("ErrorAnswer");
        ContentBuilder::new().schema(Some(schema)).build()
    };
    for (status, response) in &mut operation.responses.responses {
        let openapi::RefOr::T(response) = response else {
            continue;
        };
        if response.description.is_empty() {
            response.description = "Done".into();
        }
        if status.starts_with('4') {
            response
                .content
                .insert("application/json".into(), body().into());
        }
    }
    let default = ResponseBuilder::new()
        .description("Any other error")
        .content("application/json", body());
    let responses = &mut operation.responses.responses;
    responses.insert("default".into(), default.build().into());
    if !schemes.is_empty() {
        // Either of them is enough.
        let either = schemes
            .iter()
            .map(|scheme| SecurityRequirement::new(*scheme, [""; 0]));
        operation.security = Some(either.collect());
    }
}

fn add_schemes(components: &mut Components) {
    let cookie = ApiKeyValue::with_description(
        "kaibo_session",
        "Set by log-in; changes also need the header `X-CSRF-Token`",
    );
    let session = SecurityScheme::ApiKey(ApiKey::Cookie(cookie));
    components.add_security_scheme("session", session);
    let code = ApiKeyValue::with_description(
        "Authorization",
        "The room that is meant, `Broadcast <roomId>`; beside it the cookie \
         `kaibo_device_<appid>` of a device that is enrolled",
    );
    let code = SecurityScheme::ApiKey(ApiKey::Header(code));
    components.add_security_scheme("broadcast", code);
    let token = ApiKeyValue::with_description(
        "Authorization",
        "The app's access token, as `cgi-bin/token` sells it: `Bearer <access_token>`",
    );
    let token = SecurityScheme::ApiKey(ApiKey::Header(token));
    components.add_security_scheme("app", token);
    let secret = ApiKeyValue::with_description(
        "Authorization",
        "The secret of the app's reviewer of goods: `Reviewer <secret>`",
    );
    let secret = SecurityScheme::ApiKey(ApiKey::Header(secret));
    components.add_security_scheme("reviewer", secret);
}
