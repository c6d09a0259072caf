//! The OpenAPI document of /v1 and the health routes, made from the routes themselves.

use utoipa::OpenApi;
use utoipa::openapi::path::{HttpMethod, Operation};
use utoipa::openapi::security::{ApiKey, ApiKeyValue, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{self, Components, ContentBuilder, Ref, ResponseBuilder};
use utoipa_axum::router::OpenApiRouter;

use crate::error::ErrorAnswer;
use crate::{health, v1};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Kaibo",
        description = "Kaibo's own API: what viewers, anchors, the console and merchants' own \
                       servers use. All times are Unix milliseconds. Every error has the body \
                       `ErrorAnswer`. Each operation says which credentials open it. Changes by \
                       the console's session need its token in `X-CSRF-Token`. An app's own \
                       server shows the app's access token and reaches what is that app's; its \
                       calls count against `v1/read` and `v1/write`, but for the batch of \
                       statuses, which is answered whatever the rate, and `X-Quota-Limit`, \
                       `X-Quota-Remaining` and `X-Quota-Reset` (Unix seconds) tell what is left. \
                       A POST of either may carry an `Idempotency-Key` (1 to 255 characters): \
                       sent again within 24 hours, the same is done once and answered the same, \
                       with `X-Kaibo-Repeated: true`; refusals are judged anew. Every JSON answer \
                       to a GET has a weak ETag by its content; with `If-None-Match` the same is \
                       304.",
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

/// Names of the credentials.
const SESSION: &str = "session";
const CSRF: &str = "csrf";
const APP: &str = "app";
const BROADCAST: &str = "broadcast";

/// The document that stands in `api/openapi.json`.
pub fn document() -> openapi::OpenApi {
    let v1 = OpenApiRouter::new()
        .merge(open_to(v1::open_routes(), &[]))
        .merge(open_to(v1::broadcast_routes(), &[BROADCAST]))
        .merge(open_to(v1::token_routes(), &[APP]))
        .merge(open_to(v1::app_routes(), &[SESSION, APP]))
        .merge(open_to(v1::poll_routes(), &[SESSION, APP]))
        .merge(open_to(v1::console_routes(), &[SESSION]));
    let v1 = each_operation(v1, |_, operation| add_errors(operation));
    let mut document = OpenApiRouter::with_openapi(Head::openapi())
        .merge(open_to(health::routes(), &[]))
        .nest("/v1", v1)
        .into_openapi();
    add_schemes(document.components.get_or_insert_default());
    document
}

fn each_operation<S: Clone + Send + Sync + 'static>(
    mut routes: OpenApiRouter<S>,
    change: impl Fn(HttpMethod, &mut Operation),
) -> OpenApiRouter<S> {
    for item in routes.get_openapi_mut().paths.paths.values_mut() {
        let operations = [
            (HttpMethod::Get, &mut item.get),
            (HttpMethod::Put, &mut item.put),
            (HttpMethod::Post, &mut item.post),
            (HttpMethod::Delete, &mut item.delete),
        ];
        for (method, operation) in operations {
            if let Some(operation) = operation {
                change(method, operation);
            }
        }
    }
    routes
}

/// States who may call: whoever shows any of the credentials, or everybody where there are none.
fn open_to<S: Clone + Send + Sync + 'static>(
    routes: OpenApiRouter<S>,
    schemes: &[&str],
) -> OpenApiRouter<S> {
    each_operation(routes, |method, operation| {
        let any = schemes.iter().map(|scheme| {
            let shown = SecurityRequirement::new(*scheme, [""; 0]);
            // Beside the cookie, which a browser sends by itself, a change shows that it is meant.
            if *scheme == SESSION && method != HttpMethod::Get {
                shown.add(CSRF, [""; 0])
            } else {
                shown
            }
        });
        operation.security = Some(any.collect());
    })
}

/// Adds what all operations of /v1 share: the body of errors.
fn add_errors(operation: &mut Operation) {
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
}

fn add_schemes(components: &mut Components) {
    let cookie = ApiKeyValue::with_description("kaibo_session", "Set by log-in");
    let session = SecurityScheme::ApiKey(ApiKey::Cookie(cookie));
    components.add_security_scheme(SESSION, session);
    let header = ApiKeyValue::with_description("X-CSRF-Token", "`csrf` of the session");
    components.add_security_scheme(CSRF, SecurityScheme::ApiKey(ApiKey::Header(header)));
    let code = ApiKeyValue::with_description(
        "Authorization",
        "The room that is meant, `Broadcast <roomId>`; beside it the cookie \
         `kaibo_device_<appid>` of a device that is enrolled",
    );
    let code = SecurityScheme::ApiKey(ApiKey::Header(code));
    components.add_security_scheme(BROADCAST, code);
    let token = ApiKeyValue::with_description(
        "Authorization",
        "The app's access token, as `cgi-bin/token` sells it: `Bearer <access_token>`",
    );
    let token = SecurityScheme::ApiKey(ApiKey::Header(token));
    components.add_security_scheme(APP, token);
}
