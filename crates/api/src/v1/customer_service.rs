//! Where viewers of an app's rooms turn to with a question.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::auth::AppPath;
use crate::body::JsonBody;
use crate::error::ApiResult;
use crate::state::ApiState;

/// An app's customer service.
#[derive(Serialize, Deserialize, ToSchema)]
pub(crate) struct CustomerService {
    /// An address that begins with https:// or http://, such as one of WeChat's customer service;
    /// null: the app has none, and its rooms cannot show it.
    #[schema(
        required,
        example = "https://work.weixin.qq.com/kfid/kfc0123456789abcdef"
    )]
    link: Option<String>,
}

/// An app's customer service
#[utoipa::path(
    get, path = "/apps/{appid}/customer-service", tag = "apps",
    operation_id = "getCustomerService", params(("appid" = String, Path)),
    responses(
        (status = 200, body = CustomerService),
        (status = 404, description = "`app_not_found`"),
    )
)]
pub(crate) async fn read(
    State(api): State<Arc<ApiState>>,
    AppPath(app_id): AppPath,
) -> ApiResult<Json<CustomerService>> {
    let link = api.kaibo.customer_service(&app_id).await?;
    Ok(Json(CustomerService { link }))
}

/// Sets an app's customer service, or takes it away
#[utoipa::path(
    put, path = "/apps/{appid}/customer-service", tag = "apps",
    operation_id = "setCustomerService", params(("appid" = String, Path)),
    request_body = CustomerService,
    responses(
        (status = 204),
        (status = 404, description = "`app_not_found`"),
        (status = 422, description = "`link`: `link_invalid`"),
    )
)]
pub(crate) async fn set(
    State(api): State<Arc<ApiState>>,
    AppPath(app_id): AppPath,
    JsonBody(form): JsonBody<CustomerService>,
) -> ApiResult<StatusCode> {
    let kaibo = &api.kaibo;
    kaibo
        .set_customer_service(&app_id, form.link.as_deref())
        .await?;
    Ok(StatusCode::NO_CONTENT)
}
