//! WeChat's numbers for goods and shelves (spec sections 6, 7 and 11).

use kaibo_domain::goods::{GoodsField, GoodsRefusal, GoodsRule};
use kaibo_domain::shelf::ShelfRefusal;

use super::{Verdict, invalid, missing, status_not_allowed};

/// Which part of a call could not be done, where WeChat has a number for that part alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Part {
    /// Reading rooms.
    Rooms,
    /// Reading the goods of rooms.
    RoomGoods,
    /// Reading or saving a shelf.
    Shelf,
    /// Putting goods on a shelf.
    Import,
}

pub(super) fn of_part(part: Part) -> Verdict {
    match part {
        Part::Rooms => Verdict::new(9_410_001, "get room list failed"),
        Part::RoomGoods => Verdict::new(9_410_002, "get goods list failed"),
        Part::Shelf => Verdict::new(300_048, "get room goods list failed"),
        Part::Import => Verdict::new(300_027, "import goods failed"),
    }
}

pub(super) fn of_goods(refusal: &GoodsRefusal) -> Verdict {
    use GoodsRefusal as No;
    match refusal {
        No::Fields(fields) => match fields.first() {
            Some((field, rule)) => of_field(*field, *rule),
            None => Verdict::new(200_002, "parameter error"),
        },
        No::Unknown => Verdict::new(300_024, "goods not exist"),
        No::MadeElsewhere(_) => Verdict::new(300_011, "goods is not added by api"),
        No::InAudit => Verdict::new(300_010, "goods is auditing"),
        No::OnlyPrice => Verdict::new(300_010, "goods is approved, only price can be updated"),
        No::NotSubmittable(_) => Verdict::new(300_010, "goods auditStatus can not submit audit"),
        No::NeverSubmitted => Verdict::new(300_017, "goods is not submitted"),
        // "rest" is WeChat's own spelling, and callers match on it.
        No::NotWithdrawable => Verdict::new(300_009, "goods audit rest fail"),
        // No operation of WeChat's decides an audit.
        No::NotInAudit => Verdict::new(300_010, "goods is not auditing"),
        No::SubmissionsPerDay(_) => Verdict::new(300_012, "goods audit quota is used up"),
        No::LibraryFull(_) => Verdict::new(300_008, "add goods failed, goods list is full"),
        No::NotReviewed { made: true, .. } => {
            Verdict::new(300_021, "add goods success, but submit audit failed")
        }
        No::NotReviewed { made: false, .. } => Verdict::new(300_013, "submit audit failed"),
        No::Disabled => Verdict::new(300_001, "goods is forbidden for this account"),
    }
}

/// What goods that are to be deleted have against it: other numbers than elsewhere.
pub(super) fn of_deleting(refusal: &GoodsRefusal) -> Verdict {
    match refusal {
        GoodsRefusal::Unknown => Verdict::new(300_015, "goods not exist, can not delete"),
        GoodsRefusal::InAudit => Verdict::new(300_014, "goods is auditing, can not delete"),
        other => of_goods(other),
    }
}

pub(super) fn of_shelf(refusal: ShelfRefusal) -> Verdict {
    use ShelfRefusal as No;
    match refusal {
        No::NotAllowed(_) | No::NothingExplained => status_not_allowed(),
        No::NotOnShelf => Verdict::new(300_053, "room has no such goods"),
        No::NotApproved => Verdict::new(300_025, "goods is not approved"),
        No::Full(_) => Verdict::new(300_026, "room goods list is full"),
        No::TooMany(_) => Verdict::new(300_033, "goods exceed the limit of room"),
        No::Empty => Verdict::new(300_050, "goods list is empty"),
        No::PushUnderWay => Verdict::new(300_047, "a goods is being pushed, try again later"),
        No::BeingPushed => Verdict::new(300_049, "goods is being pushed, can not be changed"),
        No::OffSale => Verdict::new(300_052, "goods is off shelf, can not be pushed"),
    }
}

fn of_field(field: GoodsField, rule: GoodsRule) -> Verdict {
    use GoodsField as Field;
    use GoodsRule as Rule;
    match (field, rule) {
        (_, Rule::Required) => missing(name_of(field)),
        (Field::Name, Rule::TooShort | Rule::TooLong) => {
            Verdict::new(300_002, "name length invalid")
        }
        (Field::Name, Rule::Forbidden) => Verdict::new(300_004, "goods name is illegal"),
        (Field::Cover, Rule::ImageTooLarge) => {
            Verdict::new(300_018, "product image width or height more than 300px")
        }
        (Field::Cover, Rule::ImageUnknown) => Verdict::new(300_006, "upload image failed"),
        (Field::Price, _) => Verdict::new(300_003, "price invalid"),
        (Field::Url, Rule::PageUnknown) => Verdict::new(300_007, "url is not a published page"),
        _ => invalid(name_of(field)),
    }
}

fn name_of(field: GoodsField) -> &'static str {
    match field {
        GoodsField::Name => "name",
        GoodsField::Cover => "coverImgUrl",
        GoodsField::Price => "price",
        GoodsField::Url => "url",
        GoodsField::ThirdPartyAppid => "thirdPartyAppid",
        GoodsField::GoodsKey => "goodsKey",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the official pages of goods and their appendix list (spec sections 7 and 11.1).
    const DOCUMENTED: [i32; 8] = [
        200_002, 300_002, 300_003, 300_004, 300_005, 300_006, 300_007, 300_018,
    ];

    #[test]
    fn every_rule_of_every_field_of_goods_has_a_documented_code() {
        use {GoodsField as F, GoodsRule as R};
        let fields = [
            F::Name,
            F::Cover,
            F::Price,
            F::Url,
            F::ThirdPartyAppid,
            F::GoodsKey,
        ];
        let rules = [
            R::Required,
            R::TooShort,
            R::TooLong,
            R::BadCharacters,
            R::Forbidden,
            R::ImageUnknown,
            R::ImageTooLarge,
            R::NotAnAmount,
            R::RangeReversed,
            R::NoDiscount,
            R::PageUnknown,
        ];
        for (field, rule) in fields.iter().flat_map(|f| rules.map(|r| (*f, r))) {
            let verdict = of_field(field, rule);
            let known = DOCUMENTED.contains(&verdict.code);
            assert!(known, "{field:?} {rule:?} {verdict:?}");
        }
    }

    #[test]
    fn parts_that_fail_have_codes_of_their_own() {
        let codes = [Part::Rooms, Part::RoomGoods, Part::Shelf, Part::Import]
            .map(|part| of_part(part).code);
        assert_eq!(codes, [9_410_001, 9_410_002, 300_048, 300_027]);
    }
}
