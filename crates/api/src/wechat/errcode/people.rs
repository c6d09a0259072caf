//! WeChat's numbers for people, their roles and a room's helpers (spec sections 6, 8 and 11).

use kaibo_domain::person::PersonRefusal;

use super::{Verdict, invalid};

/// WeChat's number and text. Those of the texts that nobody has seen are ours.
pub(super) fn of_person(refusal: PersonRefusal) -> Verdict {
    match refusal {
        PersonRefusal::NotAcceptable => Verdict::new(400_001, "username invalid"),
        PersonRefusal::Nickname => invalid("nickname"),
        // No operation of WeChat's leads to these.
        PersonRefusal::VerificationOver
        | PersonRefusal::NothingSubmitted
        | PersonRefusal::DeviceUnknown
        | PersonRefusal::Reason => Verdict::new(200_001, "system error"),
        PersonRefusal::OwnerIsFixed => invalid("role"),
        PersonRefusal::RoleFull(_) => Verdict::new(400_003, "role number reach limit"),
        PersonRefusal::RoleHeld => Verdict::new(400_004, "the user already has the role"),
        PersonRefusal::RoomPlanned => Verdict::new(
            400_005,
            "anchor role can not be deleted, there is a room not yet live",
        ),
        PersonRefusal::NotAnAnchor => {
            Verdict::new(300_030, "room wxnumber not have an anchor role")
        }
        PersonRefusal::SubAnchorNotAcceptable => Verdict::new(500_001, "sub anchor invalid"),
        PersonRefusal::SubAnchorSet => Verdict::new(500_003, "sub anchor has been set"),
        PersonRefusal::SubAnchorSame => Verdict::new(500_004, "the same sub anchor"),
        PersonRefusal::SubAnchorIsAnchor => {
            Verdict::new(500_005, "sub anchor can not be same as anchor")
        }
        PersonRefusal::AssistantHeld => Verdict::new(600_001, "user is already assistant"),
        PersonRefusal::AssistantsFull => invalid("users"),
        PersonRefusal::AssistantUnknown => Verdict::new(600_002, "user not found"),
    }
}

/// Somebody is to become an anchor and is not verified yet; the address is to stand beside.
pub(super) fn role_unverified() -> Verdict {
    Verdict::new(
        400_002,
        "the user has no realName, please open the codeurl for certification",
    )
}

/// WeChat's own text.
pub(super) fn role_filter() -> Verdict {
    Verdict::new(200_002, "role invalid, role must be -1 or 0 or 1 or 2 or 3")
}
