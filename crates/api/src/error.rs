//! Every "no" of /v1 as an answer: `{"error":{"code","message","field"?,"fields"?,"retryAfterMs"?}}`.

mod goods;

use std::collections::BTreeMap;

use axum::Json;
use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use kaibo_domain::customer_service::CustomerServiceRefusal;
use kaibo_domain::endpoint::EndpointRefusal;
use kaibo_domain::person::PersonRefusal;
use kaibo_domain::refusal::{Field, FieldRefusal, FieldRule, ImageRefusal, Refusal};
use kaibo_domain::share_code::ShareRefusal;
use kaibo_domain::subscription::SubscriptionRefusal;
use kaibo_domain::wechat::WechatRefusal;
use serde::Serialize;
use utoipa::ToSchema;

use crate::language::Language;
use crate::message::message;

/// An answer other than the wanted one; [`render`] puts it into words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiError {
    status: StatusCode,
    code: &'static str,
    field: Option<&'static str>,
    fields: BTreeMap<&'static str, &'static str>,
    retry_after_ms: Option<i64>,
    detail: Option<String>,
}

/// A result whose error is an answer.
pub(crate) type ApiResult<T> = Result<T, ApiError>;

/// The body of every error.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ErrorAnswer {
    error: ErrorDetail,
}

/// What went wrong.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ErrorDetail {
    /// For programs, such as `room_not_found`. `invalid`: see `fields`.
    #[schema(example = "room_not_found")]
    code: &'static str,
    /// For people, in the language of `Accept-Language` (zh, en).
    #[schema(example = "直播间不存在")]
    message: &'static str,
    /// The field that `code` is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<&'static str>,
    /// With `invalid`: every field that breaks a rule, with the code of the rule.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[schema(value_type = BTreeMap<String, String>)]
    fields: BTreeMap<&'static str, &'static str>,
    /// Trying again before this many milliseconds is in vain.
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after_ms: Option<i64>,
    /// What somebody else's server did, where `code` is about that.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
}

impl ApiError {
    /// An error with a code of [`message`].
    pub(crate) fn new(status: StatusCode, code: &'static str) -> Self {
        Self {
            status,
            code,
            field: None,
            fields: BTreeMap::new(),
            retry_after_ms: None,
            detail: None,
        }
    }

    /// 404.
    pub(crate) fn not_found(code: &'static str) -> Self {
        Self::new(StatusCode::NOT_FOUND, code)
    }

    /// 409.
    pub(crate) fn conflict(code: &'static str) -> Self {
        Self::new(StatusCode::CONFLICT, code)
    }

    /// 401: no session.
    pub(crate) fn not_signed_in() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "not_signed_in")
    }

    /// 422: one field breaks a rule.
    pub(crate) fn invalid(field: &'static str, rule: &'static str) -> Self {
        Self::invalid_fields([(field, rule)])
    }

    /// 422: fields break rules.
    pub(crate) fn invalid_fields(
        fields: impl IntoIterator<Item = (&'static str, &'static str)>,
    ) -> Self {
        let mut error = Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid");
        for (field, rule) in fields {
            // The first rule of a field is the one to mend first.
            error.fields.entry(field).or_insert(rule);
        }
        error
    }

    /// Names the field the code is about.
    pub(crate) fn about(mut self, field: &'static str) -> Self {
        self.field = Some(field);
        self
    }

    /// Says when trying again makes sense.
    pub(crate) fn after(mut self, retry_after_ms: i64) -> Self {
        self.retry_after_ms = Some(retry_after_ms);
        self
    }

    /// Says what somebody else's server did.
    pub(crate) fn because(mut self, detail: &str) -> Self {
        self.detail = Some(detail.to_owned());
        self
    }

    /// 500: the reason goes to the log, once, and not to the reader.
    pub(crate) fn internal(reason: &dyn std::error::Error) -> Self {
        let mut causes = reason.to_string();
        let mut next = reason.source();
        while let Some(cause) = next {
            causes.push_str(": ");
            causes.push_str(&cause.to_string());
            next = cause.source();
        }
        tracing::error!(error = causes, "request failed");
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal")
    }

    fn answer(self, language: Language) -> Response {
        let message = message(self.code, language);
        let retry_after_s = self.retry_after_ms.map(|ms| (ms.max(0) + 999) / 1000);
        let detail = ErrorDetail {
            code: self.code,
            message,
            field: self.field,
            fields: self.fields,
            retry_after_ms: self.retry_after_ms,
            detail: self.detail,
        };
        let mut response = (self.status, Json(ErrorAnswer { error: detail })).into_response();
        let headers = response.headers_mut();
        headers.insert(header::VARY, HeaderValue::from_static("accept-language"));
        if let Some(seconds) = retry_after_s {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = self.status;
        response.extensions_mut().insert(self);
        response
    }
}

/// Puts an [`ApiError`] on its way out into the reader's language.
pub(crate) async fn render(request: Request, next: Next) -> Response {
    let language = Language::of(request.headers());
    let mut response = next.run(request).await;
    match response.extensions_mut().remove::<ApiError>() {
        Some(error) => error.answer(language),
        None => response,
    }
}

impl From<kaibo_app::Error> for ApiError {
    fn from(error: kaibo_app::Error) -> Self {
        match error {
            kaibo_app::Error::Refused(refusal) => refusal.into(),
            failure => Self::internal(&failure),
        }
    }
}

impl From<Refusal> for ApiError {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Fields(broken) => Self::invalid_fields(broken.into_iter().map(field_code)),
            Refusal::RoomUnknown => Self::not_found("room_not_found"),
            Refusal::NotAllowed(_) => Self::conflict("not_allowed_in_status"),
            Refusal::EditWhileLive => Self::conflict("editing_while_live"),
            Refusal::RoomsPerDay(_) => Self::conflict("room_limit"),
            Refusal::LiveAtOnce(_) => Self::conflict("live_limit"),
            Refusal::AnchorUnverified { .. } => {
                Self::invalid("anchorWechat", "anchor_not_verified")
            }
            Refusal::SubAnchorUnverified => Self::invalid("subAnchorWechat", "anchor_not_verified"),
            Refusal::PersonUnknown => Self::not_found("anchor_not_found"),
            Refusal::Person(person) => person_error(person),
            Refusal::AppUnknown => Self::not_found("app_not_found"),
            Refusal::LatencyBudget(_) => {
                Self::invalid("latencyBudgetMs", "latency_budget_too_long")
            }
            Refusal::AppExists => Self::conflict("app_exists").about("appid"),
            Refusal::Image(image) => Self::invalid("media", image_code(image)),
            Refusal::Subscription(refusal) => of_subscription(refusal),
            Refusal::Endpoint(refusal) => of_endpoint(&refusal),
            Refusal::CustomerService(CustomerServiceRefusal::Missing) => {
                Self::invalid("closeKf", "customer_service_missing")
            }
            Refusal::CustomerService(CustomerServiceRefusal::Link) => {
                Self::invalid("link", "link_invalid")
            }
            Refusal::Goods(refusal) => refusal.into(),
            Refusal::Shelf(refusal) => refusal.into(),
            Refusal::Share(ShareRefusal::Params) => {
                Self::invalid("params", "custom_params_invalid")
            }
            Refusal::Share(ShareRefusal::Unknown) => Self::not_found("share_code_not_found"),
            Refusal::Share(ShareRefusal::TooMany) => Self::conflict("share_code_limit"),
            Refusal::Wechat(WechatRefusal::NotSet) => Self::not_found("wechat_not_set"),
            Refusal::Wechat(WechatRefusal::AppId) => Self::invalid("appid", "wechat_appid_form"),
            Refusal::Wechat(WechatRefusal::Secret) => Self::invalid("secret", "wechat_secret_form"),
        }
    }
}

fn person_error(refusal: PersonRefusal) -> ApiError {
    match refusal {
        PersonRefusal::NotAcceptable => ApiError::invalid("wechatId", "wechat_id_invalid"),
        PersonRefusal::Nickname => ApiError::invalid("nickname", "nickname_invalid"),
        PersonRefusal::VerificationOver => ApiError::conflict("verification_over"),
        PersonRefusal::NothingSubmitted => ApiError::conflict("nothing_submitted"),
        PersonRefusal::DeviceUnknown => ApiError::not_found("device_unknown"),
        PersonRefusal::Reason => ApiError::invalid("reason", "reason_needed"),
        PersonRefusal::OwnerIsFixed => ApiError::invalid("role", "role_unknown"),
        PersonRefusal::RoleFull(_) => ApiError::conflict("role_limit"),
        PersonRefusal::RoleHeld => ApiError::conflict("role_held"),
        PersonRefusal::RoomPlanned => ApiError::conflict("anchor_has_room"),
        PersonRefusal::NotAnAnchor => ApiError::invalid("anchorWechat", "not_an_anchor"),
        PersonRefusal::SubAnchorNotAcceptable => {
            ApiError::invalid("subAnchorWechat", "not_an_anchor")
        }
        PersonRefusal::SubAnchorSet | PersonRefusal::SubAnchorSame => {
            ApiError::conflict("sub_anchor_set")
        }
        PersonRefusal::SubAnchorIsAnchor => ApiError::invalid("subAnchorWechat", "same_as_anchor"),
        PersonRefusal::AssistantHeld => ApiError::conflict("assistant_held"),
        PersonRefusal::AssistantsFull => ApiError::conflict("assistant_limit"),
        PersonRefusal::AssistantUnknown => ApiError::not_found("person_not_found"),
    }
}

fn field_code(broken: FieldRefusal) -> (&'static str, &'static str) {
    let field = match broken.field {
        Field::Name => "name",
        Field::StartAt => "startAt",
        Field::EndAt => "endAt",
        Field::AnchorName => "anchorName",
        Field::AnchorWechat => "anchorWechat",
        Field::SubAnchorWechat => "subAnchorWechat",
        Field::CreatorWechat => "creatorWechat",
        Field::Cover => "coverImg",
        Field::Share => "shareImg",
        Field::Feeds => "feedsImg",
    };
    (field, rule_code(broken.field, broken.rule))
}

fn rule_code(field: Field, rule: FieldRule) -> &'static str {
    let anchor = field == Field::AnchorName;
    match rule {
        FieldRule::Required => "required",
        FieldRule::TooShort if anchor => "anchor_name_too_short",
        FieldRule::TooShort => "name_too_short",
        FieldRule::TooLong if anchor => "anchor_name_too_long",
        FieldRule::TooLong => "name_too_long",
        FieldRule::BadCharacters if anchor => "anchor_name_bad_characters",
        FieldRule::BadCharacters => "name_bad_characters",
        FieldRule::Forbidden => "text_forbidden",
        FieldRule::NotAnId => "wechat_id_invalid",
        FieldRule::StartsTooSoon => "start_too_soon",
        FieldRule::StartsTooLate => "start_too_late",
        FieldRule::LastsTooShort => "length_too_short",
        FieldRule::LastsTooLong => "length_too_long",
        FieldRule::ImageUnknown => "image_unknown",
        FieldRule::SameAsAnchor => "same_as_anchor",
    }
}

fn of_endpoint(refusal: &EndpointRefusal) -> ApiError {
    match refusal {
        EndpointRefusal::Unknown => ApiError::not_found("endpoint_not_found"),
        EndpointRefusal::DeliveryUnknown => ApiError::not_found("delivery_not_found"),
        EndpointRefusal::Url => ApiError::invalid("url", "url_invalid"),
        EndpointRefusal::Event => ApiError::invalid("events", "event_unknown"),
        EndpointRefusal::TooMany => ApiError::conflict("webhook_limit"),
        EndpointRefusal::Token => ApiError::invalid("token", "token_form"),
        EndpointRefusal::AesKey => ApiError::invalid("encodingAesKey", "aes_key_form"),
        EndpointRefusal::OriginalId => ApiError::invalid("originalId", "original_id_form"),
        EndpointRefusal::Check(why) => ApiError::conflict("message_url_failed").because(why),
    }
}

fn of_subscription(refusal: SubscriptionRefusal) -> ApiError {
    match refusal {
        SubscriptionRefusal::OpenId => ApiError::invalid("openid", "openid_invalid"),
        SubscriptionRefusal::Started | SubscriptionRefusal::NotLive => {
            ApiError::conflict("not_allowed_in_status")
        }
        SubscriptionRefusal::Recipients => ApiError::invalid("openids", "too_many_recipients"),
        SubscriptionRefusal::PushedToday => ApiError::conflict("pushed_today"),
    }
}

fn image_code(refusal: ImageRefusal) -> &'static str {
    match refusal {
        ImageRefusal::Empty => "required",
        ImageRefusal::TooLarge => "image_too_large",
        ImageRefusal::TooManyPixels => "image_too_many_pixels",
        ImageRefusal::UnknownFormat => "image_format",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_broken_field_is_named_with_the_code_of_its_rule() {
        let broken = |field, rule| FieldRefusal { field, rule };
        let error = ApiError::from(Refusal::Fields(vec![
            broken(Field::Name, FieldRule::TooShort),
            broken(Field::AnchorName, FieldRule::TooShort),
            broken(Field::StartAt, FieldRule::StartsTooSoon),
        ]));
        assert_eq!(error.status, StatusCode::UNPROCESSABLE_ENTITY);
        let fields: Vec<_> = error.fields.into_iter().collect();
        assert_eq!(
            fields,
            [
                ("anchorName", "anchor_name_too_short"),
                ("name", "name_too_short"),
                ("startAt", "start_too_soon"),
            ]
        );
    }

    #[test]
    fn limits_and_states_are_conflicts() {
        let code = |refusal: Refusal| {
            let error = ApiError::from(refusal);
            (error.status.as_u16(), error.code)
        };
        assert_eq!(code(Refusal::LiveAtOnce(50)), (409, "live_limit"));
        assert_eq!(code(Refusal::RoomsPerDay(50)), (409, "room_limit"));
        assert_eq!(code(Refusal::EditWhileLive), (409, "editing_while_live"));
        assert_eq!(code(Refusal::RoomUnknown), (404, "room_not_found"));
    }
}
