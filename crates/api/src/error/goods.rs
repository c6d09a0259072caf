//! The answers of /v1 about goods and shelves.

use axum::http::StatusCode;
use kaibo_domain::goods::{GoodsField, GoodsRefusal, GoodsRule};
use kaibo_domain::shelf::ShelfRefusal;

use super::ApiError;

impl From<GoodsRefusal> for ApiError {
    fn from(refusal: GoodsRefusal) -> Self {
        use GoodsRefusal as No;
        match refusal {
            No::Fields(broken) => Self::invalid_fields(broken.into_iter().map(field_code)),
            No::Unknown => Self::not_found("goods_not_found"),
            No::MadeElsewhere(_) => Self::conflict("goods_made_elsewhere"),
            No::InAudit => Self::conflict("goods_in_audit"),
            No::OnlyPrice => Self::conflict("goods_only_price"),
            No::NotSubmittable(_) => Self::conflict("goods_not_submittable"),
            No::NeverSubmitted | No::NotWithdrawable | No::NotInAudit => {
                Self::conflict("goods_not_in_audit")
            }
            No::SubmissionsPerDay(_) => Self::conflict("submission_limit"),
            No::LibraryFull(_) => Self::conflict("goods_limit"),
            No::NotReviewed { why, .. } => Self::conflict("reviewer_failed").because(&why),
            No::Disabled => Self::new(StatusCode::FORBIDDEN, "goods_disabled"),
        }
    }
}

impl From<ShelfRefusal> for ApiError {
    fn from(refusal: ShelfRefusal) -> Self {
        use ShelfRefusal as No;
        match refusal {
            No::NotAllowed(_) => Self::conflict("not_allowed_in_status"),
            No::NotOnShelf => Self::not_found("goods_not_on_shelf"),
            No::NotApproved => Self::conflict("goods_not_approved"),
            No::Full(_) | No::TooMany(_) => Self::conflict("shelf_full"),
            No::Empty => Self::invalid("goods", "required"),
            No::PushUnderWay | No::BeingPushed => Self::conflict("push_under_way"),
            No::OffSale => Self::conflict("goods_off_sale"),
            No::NothingExplained => Self::conflict("nothing_explained"),
        }
    }
}

fn field_code((field, rule): (GoodsField, GoodsRule)) -> (&'static str, &'static str) {
    let name = match field {
        GoodsField::Name => "name",
        GoodsField::Cover => "cover",
        GoodsField::Price => "price",
        GoodsField::Url => "url",
        GoodsField::ThirdPartyAppid => "thirdPartyAppid",
        GoodsField::GoodsKey => "goodsKey",
    };
    (name, rule_code(field, rule))
}

fn rule_code(field: GoodsField, rule: GoodsRule) -> &'static str {
    match rule {
        GoodsRule::Required => "required",
        GoodsRule::TooShort => "goods_name_too_short",
        GoodsRule::TooLong if field == GoodsField::Name => "goods_name_too_long",
        GoodsRule::TooLong => "text_too_long",
        GoodsRule::BadCharacters => "text_bad_characters",
        GoodsRule::Forbidden => "text_forbidden",
        GoodsRule::ImageUnknown => "image_unknown",
        GoodsRule::ImageTooLarge => "goods_image_too_large",
        GoodsRule::NotAnAmount => "price_invalid",
        GoodsRule::RangeReversed => "price_range_reversed",
        GoodsRule::NoDiscount => "price_no_discount",
        GoodsRule::PageUnknown => "page_unknown",
    }
}
