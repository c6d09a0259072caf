//! What a person shows of themselves to be verified: name and resident identity number
//! (GB 11643-1999), within the ages that the law allows.

use std::fmt;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// The consent text that a person agrees to; another text gets another name.
pub const CONSENT: &str = "2026-11";
/// From this age on somebody may broadcast, with a guardian's consent.
pub const LEAST_AGE: i16 = 16;
/// From this age on without one.
pub const FULL_AGE: i16 = 18;
/// Nobody is older.
const GREATEST_AGE: i16 = 120;

/// Who somebody is. Never printed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// Full name.
    pub name: String,
    /// Resident identity number, 18 characters, `X` in upper case.
    pub number: String,
    /// Name of the guardian who agreed, of somebody who is not of full age.
    pub guardian: Option<String>,
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Identity(…)")
    }
}

/// What a person fills in.
#[derive(Clone, Default)]
pub struct IdentityForm {
    /// Full name.
    pub name: String,
    /// Resident identity number.
    pub number: String,
    /// Name of the guardian.
    pub guardian: String,
    /// The guardian agrees.
    pub guardian_agrees: bool,
    /// Name of the text that the person agreed to; empty: they did not.
    pub consent: String,
    /// Six digits that confirm their devices later.
    pub pin: String,
}

impl fmt::Debug for IdentityForm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("IdentityForm(…)")
    }
}

/// Where something that was submitted stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SubmissionState {
    /// To be decided.
    Open,
    /// The person was verified by it.
    Approved,
    /// It was not enough.
    Rejected {
        /// Why, for the person.
        reason: String,
    },
}

/// A field of the form that is wrong, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IdentityRefusal {
    /// Not a name.
    Name,
    /// Not an identity number.
    Number,
    /// Younger than [`LEAST_AGE`].
    TooYoung,
    /// Younger than [`FULL_AGE`], and no guardian is named.
    GuardianMissing,
    /// Younger than [`FULL_AGE`], and the guardian does not agree.
    GuardianDisagrees,
    /// The person did not agree to the text that is in force.
    Consent,
    /// Not six digits.
    Pin,
    /// Six digits that everybody would try first.
    PinTooEasy,
}

/// Reads the form as of `today`: who it is, or all that is wrong with it.
pub fn check(form: &IdentityForm, today: Date) -> Result<Identity, Vec<IdentityRefusal>> {
    let mut wrong = Vec::new();
    let name = form.name.trim();
    if !is_name(name) {
        wrong.push(IdentityRefusal::Name);
    }
    let number = form.number.trim().to_ascii_uppercase();
    let guardian = form.guardian.trim();
    let mut under_age = false;
    match born(&number).map(|born| age(born, today)) {
        Some(age) if (0..LEAST_AGE).contains(&age) => wrong.push(IdentityRefusal::TooYoung),
        Some(age) if (LEAST_AGE..FULL_AGE).contains(&age) => {
            under_age = true;
            if !is_name(guardian) {
                wrong.push(IdentityRefusal::GuardianMissing);
            } else if !form.guardian_agrees {
                wrong.push(IdentityRefusal::GuardianDisagrees);
            }
        }
        Some(age) if (FULL_AGE..=GREATEST_AGE).contains(&age) => {}
        _ => wrong.push(IdentityRefusal::Number),
    }
    if form.consent != CONSENT {
        wrong.push(IdentityRefusal::Consent);
    }
    if form.pin.len() != 6 || !form.pin.bytes().all(|b| b.is_ascii_digit()) {
        wrong.push(IdentityRefusal::Pin);
    } else if is_easy(form.pin.as_bytes()) || number.contains(&form.pin) {
        wrong.push(IdentityRefusal::PinTooEasy);
    }
    if wrong.is_empty() {
        Ok(Identity {
            name: name.to_owned(),
            number,
            guardian: under_age.then(|| guardian.to_owned()),
        })
    } else {
        Err(wrong)
    }
}

/// An identity number with all but its first three and last two characters hidden.
pub fn masked_number(number: &str) -> String {
    match (number.get(..3), number.get(16..)) {
        (Some(head), Some(tail)) => format!("{head}*************{tail}"),
        _ => "*".repeat(18),
    }
}

/// How old somebody with this number is; `None`: not an identity number.
pub fn age_of(number: &str, today: Date) -> Option<i16> {
    born(number).map(|born| age(born, today))
}

/// 2 to 40 letters of any script; a middle dot, a space, a hyphen or an apostrophe may part them.
fn is_name(text: &str) -> bool {
    let part = |c: char| "·• -'’.".contains(c);
    (2..=40).contains(&text.chars().count())
        && text.chars().all(|c| c.is_alphabetic() || part(c))
        && text.chars().filter(|c| c.is_alphabetic()).count() >= 2
}

/// The date of birth in a number with a good place, date and check character.
fn born(number: &str) -> Option<Date> {
    let digits: &[u8; 18] = number.as_bytes().try_into().ok()?;
    if !digits[..17].iter().all(u8::is_ascii_digit) || check_character(digits) != digits[17] {
        return None;
    }
    let place: u8 = number[..2].parse().ok()?;
    let is_place = matches!(
        place,
        11..=15 | 21..=23 | 31..=37 | 41..=46 | 50..=54 | 61..=65 | 71 | 81..=83
    );
    let (year, month, day) = (&number[6..10], &number[10..12], &number[12..14]);
    let born = Date::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?);
    born.ok().filter(|_| is_place)
}

/// ISO 7064 MOD 11-2 over the first 17 digits (GB 11643-1999, appendix).
fn check_character(digits: &[u8; 18]) -> u8 {
    const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let pairs = digits.iter().zip(WEIGHTS);
    let sum: u32 = pairs
        .map(|(digit, weight)| u32::from(digit - b'0') * weight)
        .sum();
    b"10X98765432"[(sum % 11) as usize]
}

fn age(born: Date, today: Date) -> i16 {
    let had_birthday = (today.month(), today.day()) >= (born.month(), born.day());
    today.year() - born.year() - i16::from(!had_birthday)
}

/// All the same, up or down by one each, or one pair or triple again and again.
fn is_easy(pin: &[u8]) -> bool {
    let steps = |by: i16| {
        pin.windows(2)
            .all(|w| i16::from(w[1]) - i16::from(w[0]) == by)
    };
    let repeats = |n: usize| pin.chunks(n).all(|chunk| *chunk == pin[..n]);
    [0, 1, -1].into_iter().any(steps) || [2, 3].into_iter().any(repeats)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TODAY: Date = jiff::civil::date(2026, 11, 25);

    /// The number of nobody: its place is one that no county has.
    fn number(born: &str) -> String {
        let first = format!("110000{born}002");
        let mut digits = [b'0'; 18];
        digits[..17].copy_from_slice(first.as_bytes());
        format!("{first}{}", char::from(check_character(&digits)))
    }

    fn form(number: String) -> IdentityForm {
        IdentityForm {
            name: "林小夏".into(),
            number,
            consent: CONSENT.into(),
            pin: "730164".into(),
            ..IdentityForm::default()
        }
    }

    fn wrong(form: &IdentityForm) -> Vec<IdentityRefusal> {
        check(form, TODAY).err().unwrap_or_default()
    }

    #[test]
    fn a_number_is_good_with_its_check_character_alone() {
        // The example of GB 11643-1999.
        assert!(born("11010519491231002X").is_some());
        for end in "0123456789".chars() {
            assert!(born(&format!("11010519491231002{end}")).is_none(), "{end}");
        }
        for bad in [
            "",
            "110105491231002",
            "1101051949123100２X",
            "11010519491231002x9",
        ] {
            assert!(born(bad).is_none(), "{bad}");
        }
        let lower = form("11010519491231002x".into());
        assert_eq!(check(&lower, TODAY).unwrap().number, "11010519491231002X");
    }

    #[test]
    fn places_and_dates_that_are_none_are_refused() {
        for born in ["19900230", "19901301", "19900100", "18900101", "20270101"] {
            let refused = wrong(&form(number(born)));
            assert_eq!(refused, [IdentityRefusal::Number], "{born}");
        }
        let mut digits = *b"990000199001010020";
        digits[17] = check_character(&digits);
        let nowhere = String::from_utf8(digits.to_vec()).unwrap();
        assert_eq!(wrong(&form(nowhere)), [IdentityRefusal::Number]);
    }

    #[test]
    fn sixteen_is_the_least_age_and_a_guardian_agrees_below_eighteen() {
        assert_eq!(
            wrong(&form(number("20101126"))),
            [IdentityRefusal::TooYoung]
        );
        let young = form(number("20101125"));
        assert_eq!(wrong(&young), [IdentityRefusal::GuardianMissing]);
        let named = IdentityForm {
            guardian: "林大海".into(),
            ..young
        };
        assert_eq!(wrong(&named), [IdentityRefusal::GuardianDisagrees]);
        let agreed = IdentityForm {
            guardian_agrees: true,
            ..named
        };
        assert_eq!(
            check(&agreed, TODAY).unwrap().guardian.as_deref(),
            Some("林大海")
        );
        assert_eq!(
            wrong(&form(number("20081126"))),
            [IdentityRefusal::GuardianMissing]
        );
        let grown = IdentityForm {
            number: number("20081125"),
            ..agreed
        };
        assert_eq!(
            check(&grown, TODAY).unwrap().guardian,
            None,
            "not kept in vain"
        );
    }

    #[test]
    fn names_consent_and_pin_are_looked_at_together() {
        use IdentityRefusal::{Consent, Name, Pin};
        let bad = IdentityForm {
            name: "<b>".into(),
            consent: "2020-01".into(),
            pin: "12345".into(),
            ..form(number("19900101"))
        };
        assert_eq!(wrong(&bad), [Name, Consent, Pin]);
        for name in ["林夏", "阿卜杜拉·买买提", "Mary O’Neil"] {
            let mut good = form(number("19900101"));
            good.name = name.into();
            assert_eq!(wrong(&good), [], "{name}");
        }
    }

    #[test]
    fn a_pin_is_not_what_everybody_tries_first() {
        for pin in ["000000", "123456", "987654", "121212", "123123", "900101"] {
            let mut easy = form(number("19900101"));
            easy.pin = pin.into();
            assert_eq!(wrong(&easy), [IdentityRefusal::PinTooEasy], "{pin}");
        }
    }

    #[test]
    fn numbers_are_masked_and_nothing_is_printed() {
        assert_eq!(masked_number("11010519491231002X"), "110*************2X");
        assert_eq!(masked_number("11"), "*".repeat(18));
        let form = form(number("19900101"));
        let identity = check(&form, TODAY).unwrap();
        for text in [format!("{form:?}"), format!("{identity:?}")] {
            assert!(!text.contains("1990") && !text.contains('林'), "{text}");
        }
    }
}
