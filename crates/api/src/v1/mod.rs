//! Kaibo's own JSON API: viewers, the anchor's page, the console.

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::{from_fn, from_fn_with_state};
use tower_http::set_header::SetResponseHeaderLayer;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::auth::{require_login, require_owner, require_session};
use crate::body::MAX_UPLOAD;
use crate::caller;
use crate::error::{ApiError, render};
use crate::etag;
use crate::repeat;
use crate::state::ApiState;

mod access;
mod admission;
mod anchors;
mod apps;
mod bots;
mod broadcast;
mod customer_service;
mod devices;
mod door;
mod goods;
mod identities;
mod message_url;
mod people;
mod quota;
mod requests;
mod reviewers;
mod room_form;
pub(crate) mod room_statuses;
pub(crate) mod room_views;
mod rooms;
mod session;
mod share_codes;
mod shelf;
mod subscriptions;
mod switches;
mod two_factor;
mod users;
mod view;
mod viewer;
mod webhooks;
mod wechat;

/// Routes that need no session: viewers', the anchor's, the way into the console.
pub(crate) fn open_routes() -> OpenApiRouter<Arc<ApiState>> {
    OpenApiRouter::new()
        .routes(routes!(viewer::room))
        .routes(routes!(viewer::room_events))
        .routes(routes!(shelf::public))
        .routes(routes!(share_codes::shared))
        .routes(routes!(identities::verification, identities::submit))
        .routes(routes!(devices::enrolment, devices::enrol))
        .routes(routes!(session::check_setup, session::set_up))
        .routes(routes!(session::sign_in))
        .routes(routes!(users::link, users::use_link))
}

/// Routes for an anchor's devices, which each handler asks for by its `ByDevice` argument.
pub(crate) fn broadcast_routes() -> OpenApiRouter<Arc<ApiState>> {
    OpenApiRouter::new()
        .routes(routes!(broadcast::broadcast))
        .routes(routes!(broadcast::start))
        .routes(routes!(broadcast::end))
        .routes(routes!(broadcast::events))
}

/// Routes behind an app's access token, which each handler asks for by its `ByToken` argument.
pub(crate) fn token_routes() -> OpenApiRouter<Arc<ApiState>> {
    OpenApiRouter::new().routes(routes!(quota::own))
}

/// Routes for an app's own server, by its access token, and for the console; [`router`] puts all
/// of them behind either.
pub(crate) fn app_routes() -> OpenApiRouter<Arc<ApiState>> {
    OpenApiRouter::new()
        .merge(app_room_routes())
        .merge(app_goods_routes())
        .merge(app_telling_routes())
        .routes(routes!(quota::read))
        .routes(routes!(requests::list))
        .routes(routes!(admission::read))
        .routes(routes!(people::list, people::invite))
        .routes(routes!(people::give_role, people::take_role))
        .routes(routes!(anchors::anchors))
        .routes(routes!(anchors::upload_image))
        .routes(routes!(identities::invite))
        .routes(routes!(share_codes::share))
}

/// As [`app_routes`], but that its calls are not counted: a poll of statuses is always answered.
pub(crate) fn poll_routes() -> OpenApiRouter<Arc<ApiState>> {
    OpenApiRouter::new().routes(routes!(room_statuses::read))
}

fn app_room_routes() -> OpenApiRouter<Arc<ApiState>> {
    OpenApiRouter::new()
        .routes(routes!(apps::events))
        .routes(routes!(rooms::list, rooms::create))
        .routes(routes!(rooms::read, rooms::edit, rooms::delete))
        .routes(routes!(rooms::start))
        .routes(routes!(rooms::end))
        .routes(routes!(rooms::pause))
        .routes(routes!(rooms::resume))
        .routes(routes!(switches::turn))
        .routes(routes!(access::read))
        .routes(routes!(access::revoke_push))
        .routes(routes!(devices::create_code))
}

fn app_goods_routes() -> OpenApiRouter<Arc<ApiState>> {
    OpenApiRouter::new()
        .routes(routes!(goods::list, goods::create))
        .routes(routes!(goods::read, goods::edit, goods::delete))
        .routes(routes!(goods::submit))
        .routes(routes!(goods::withdraw))
        .routes(routes!(shelf::read, shelf::add))
        .routes(routes!(shelf::sort))
        .routes(routes!(shelf::remove))
        .routes(routes!(shelf::set_on_sale))
        .routes(routes!(shelf::push))
        .routes(routes!(shelf::explain))
        .routes(routes!(shelf::end_explanation))
}

/// Where an app's events go, and who subscribes.
fn app_telling_routes() -> OpenApiRouter<Arc<ApiState>> {
    OpenApiRouter::new()
        .routes(routes!(
            message_url::read,
            message_url::set,
            message_url::drop
        ))
        .routes(routes!(message_url::enable))
        .routes(routes!(message_url::deliveries))
        .routes(routes!(message_url::redeliver))
        .routes(routes!(webhooks::list, webhooks::create))
        .routes(routes!(webhooks::change, webhooks::drop))
        .routes(routes!(webhooks::renew_secret))
        .routes(routes!(webhooks::enable))
        .routes(routes!(webhooks::test))
        .routes(routes!(webhooks::deliveries))
        .routes(routes!(webhooks::redeliver))
        .routes(routes!(bots::list, bots::create))
        .routes(routes!(bots::drop))
        .routes(routes!(bots::test))
        .routes(routes!(subscriptions::rooms))
        .routes(routes!(subscriptions::followers))
        .routes(routes!(
            subscriptions::counts,
            subscriptions::subscribe,
            subscriptions::unsubscribe
        ))
}

/// Routes for an app's reviewer of goods, by its secret, and for the console; [`router`] puts all of
/// them behind either.
pub(crate) fn reviewer_routes() -> OpenApiRouter<Arc<ApiState>> {
    OpenApiRouter::new()
        .routes(routes!(goods::approve))
        .routes(routes!(goods::reject))
}

/// A user's own account; [`router`] puts all of it behind the log-in alone.
pub(crate) fn account_routes() -> OpenApiRouter<Arc<ApiState>> {
    OpenApiRouter::new()
        .routes(routes!(session::session, session::sign_out))
        .routes(routes!(session::list))
        .routes(routes!(session::end))
        .routes(routes!(two_factor::read, two_factor::begin))
        .routes(routes!(two_factor::turn_on))
        .routes(routes!(two_factor::turn_off))
}

/// What only owners do: users, apps, and how much an app may.
pub(crate) fn owner_routes() -> OpenApiRouter<Arc<ApiState>> {
    OpenApiRouter::new()
        .routes(routes!(users::list, users::invite))
        .routes(routes!(users::change, users::remove))
        .routes(routes!(users::reset))
        .routes(routes!(users::reset_two_factor))
        .routes(routes!(two_factor::policy, two_factor::set_policy))
        .routes(routes!(apps::create_app))
        .routes(routes!(apps::set_latency_budget))
        .routes(routes!(door::set))
        .routes(routes!(quota::set))
        .routes(routes!(admission::set))
        .routes(routes!(admission::add_facts))
}

/// The console's routes; [`router`] puts all of them behind the session.
pub(crate) fn console_routes() -> OpenApiRouter<Arc<ApiState>> {
    OpenApiRouter::new()
        .routes(routes!(apps::apps))
        .routes(routes!(apps::limits))
        .routes(routes!(door::read))
        .routes(routes!(admission::facts))
        .routes(routes!(customer_service::read, customer_service::set))
        .routes(routes!(wechat::read, wechat::set, wechat::drop))
        .routes(routes!(
            reviewers::read_goods,
            reviewers::set_goods,
            reviewers::drop_goods
        ))
        .routes(routes!(
            reviewers::read_anchors,
            reviewers::set_anchors,
            reviewers::drop_anchors
        ))
        .routes(routes!(rooms::ban))
        .routes(routes!(rooms::unban))
        .routes(routes!(goods::setting, goods::set_setting))
        .merge(identity_routes())
}

/// Who people are, which the operator alone decides and sees in full.
fn identity_routes() -> OpenApiRouter<Arc<ApiState>> {
    OpenApiRouter::new()
        .routes(routes!(devices::list))
        .routes(routes!(devices::revoke))
        .routes(routes!(anchors::verify_anchor))
        .routes(routes!(identities::approve))
        .routes(routes!(identities::reject))
        .routes(routes!(identities::reveal))
        .routes(routes!(identities::reveals))
}

/// Everything under /v1.
pub(crate) fn router(api: Arc<ApiState>) -> Router {
    let once = || from_fn_with_state(Arc::clone(&api), repeat::once);
    let account = Router::from(account_routes())
        .route_layer(once())
        .route_layer(from_fn_with_state(Arc::clone(&api), require_login));
    let console = Router::from(console_routes())
        .route_layer(once())
        .route_layer(from_fn_with_state(Arc::clone(&api), require_session));
    let owner = Router::from(owner_routes())
        .route_layer(once())
        .route_layer(from_fn_with_state(Arc::clone(&api), require_owner));
    let app = Router::from(app_routes())
        .route_layer(once())
        .route_layer(from_fn_with_state(Arc::clone(&api), caller::count))
        .merge(Router::from(poll_routes()))
        .route_layer(from_fn_with_state(Arc::clone(&api), caller::require_app));
    let reviewer = Router::from(reviewer_routes())
        .route_layer(once())
        .route_layer(from_fn_with_state(
            Arc::clone(&api),
            caller::require_reviewer,
        ));
    let no_store = HeaderValue::from_static("no-store");
    Router::from(open_routes())
        .merge(Router::from(broadcast_routes()))
        .merge(Router::from(token_routes()))
        .merge(account)
        .merge(console)
        .merge(owner)
        .merge(app)
        .merge(reviewer)
        .fallback(async || ApiError::not_found("not_found"))
        .method_not_allowed_fallback(async || {
            ApiError::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed")
        })
        .with_state(api)
        .layer(DefaultBodyLimit::max(MAX_UPLOAD))
        .layer(from_fn(render))
        .layer(from_fn(etag::mark))
        .layer(SetResponseHeaderLayer::overriding(
            header::CACHE_CONTROL,
            no_store,
        ))
}
