//! The second factor of users: codes of an app (TOTP, RFC 6238), and codes for who has lost it.

use std::fmt::Write as _;

use hmac::{Hmac, KeyInit as _, Mac as _};
use kaibo_domain::UnixMs;
use kaibo_store::{TwoFactor, User};
use sha1::Sha1;

use crate::accounts::{hash, verify_password};
use crate::{AccountRefusal, Kaibo, Result, secret};

/// How long a code counts, and how many digits it has: what every app for codes takes.
const STEP_MS: i64 = 30_000;
const DIGITS: usize = 6;
/// Steps by which the user's clock may be off.
const LEEWAY: i64 = 1;
/// Codes for who has lost the device, each of which opens once.
const RECOVERY_CODES: usize = 10;
const ISSUER: &str = "Kaibo";

/// How a user's second factor stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TwoFactorStanding {
    /// Whether logging in takes a code.
    pub is_on: bool,
    /// How many recovery codes are left.
    pub recovery_codes: i64,
    /// Whether every user must have one.
    pub is_demanded: bool,
}

/// What a user takes into their app for codes.
#[derive(Clone, PartialEq, Eq)]
pub struct TwoFactorBegun {
    /// In base 32, as people type it.
    pub secret: String,
    /// The same as an address, which such apps read from a QR code.
    pub url: String,
}

/// Why a second factor is not turned on or off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TwoFactorRefusal {
    /// It is on already.
    IsOn,
    /// It was not begun, or is off.
    IsOff,
    /// Every user must have one.
    Demanded,
    /// The password is wrong.
    PasswordWrong,
    /// The code is wrong, or was used before.
    CodeWrong,
    /// Too many tries.
    TooManyTries {
        /// How long to wait.
        retry_after_ms: i64,
    },
}

type Outcome<T> = Result<std::result::Result<T, TwoFactorRefusal>>;

impl Kaibo {
    /// How a user's second factor stands.
    pub async fn two_factor(&self, user_id: i64) -> Result<TwoFactorStanding> {
        let store = self.store();
        let begun = store.two_factor(user_id).await?;
        Ok(TwoFactorStanding {
            is_on: begun.is_some_and(|begun| begun.on_at.is_some()),
            recovery_codes: store.recovery_codes(user_id).await?,
            is_demanded: store.demands_two_factor().await?,
        })
    }

    /// Begins a second factor; the password, since a session alone may be somebody else's at an open
    /// screen.
    pub async fn begin_two_factor(&self, name: &str, password: &str) -> Outcome<TwoFactorBegun> {
        if let Err(retry_after_ms) = self.take_try(name) {
            return Ok(Err(TwoFactorRefusal::TooManyTries { retry_after_ms }));
        }
        let user = self.store().user_by_name(name).await?;
        let stored = user.as_ref().map(|user| user.password_hash.clone());
        let is_right = verify_password(password.to_owned(), stored).await?;
        let Some(user) = user.filter(|_| is_right) else {
            return Ok(Err(TwoFactorRefusal::PasswordWrong));
        };
        self.clear_tries(name);
        let shared = secret::random::<20>();
        if !self.store().begin_two_factor(user.id, &shared).await? {
            return Ok(Err(TwoFactorRefusal::IsOn));
        }
        Ok(Ok(TwoFactorBegun {
            secret: base32(&shared),
            url: otpauth_url(name, &shared),
        }))
    }

    /// Turns it on by a code of the app; the recovery codes, which nobody is shown again.
    pub async fn turn_two_factor_on(
        &self,
        (user_id, name): (i64, &str),
        code: &str,
    ) -> Outcome<Vec<String>> {
        if let Err(retry_after_ms) = self.take_try(name) {
            return Ok(Err(TwoFactorRefusal::TooManyTries { retry_after_ms }));
        }
        let step = match self.store().two_factor(user_id).await? {
            None => return Ok(Err(TwoFactorRefusal::IsOff)),
            Some(TwoFactor { on_at: Some(_), .. }) => return Ok(Err(TwoFactorRefusal::IsOn)),
            Some(begun) => step_of(&begun, code, self.now()),
        };
        let Some(step) = step else {
            return Ok(Err(TwoFactorRefusal::CodeWrong));
        };
        self.clear_tries(name);
        let codes: Vec<String> = (0..RECOVERY_CODES).map(|_| recovery_code()).collect();
        let hashes = codes.iter().map(|code| hash(code)).collect();
        let store = self.store();
        let is_on = store.turn_two_factor_on(user_id, step, hashes, self.now());
        Ok(if is_on.await? {
            Ok(codes)
        } else {
            Err(TwoFactorRefusal::IsOn)
        })
    }

    /// Turns a user's own off by a code.
    pub async fn turn_two_factor_off(
        &self,
        (user_id, name): (i64, &str),
        code: &str,
    ) -> Outcome<()> {
        if self.store().demands_two_factor().await? {
            return Ok(Err(TwoFactorRefusal::Demanded));
        }
        if let Err(retry_after_ms) = self.take_try(name) {
            return Ok(Err(TwoFactorRefusal::TooManyTries { retry_after_ms }));
        }
        let begun = self.store().two_factor(user_id).await?;
        let Some(begun) = begun.filter(|begun| begun.on_at.is_some()) else {
            return Ok(Err(TwoFactorRefusal::IsOff));
        };
        if !self.use_code(user_id, &begun, code).await? {
            return Ok(Err(TwoFactorRefusal::CodeWrong));
        }
        self.clear_tries(name);
        self.store().drop_two_factor(user_id).await?;
        Ok(Ok(()))
    }

    /// Takes another's second factor away, who has lost it; `false`: no such user.
    pub async fn reset_two_factor(&self, user_id: i64) -> Result<bool> {
        Ok(self.store().drop_two_factor(user_id).await?)
    }

    /// As [`Kaibo::reset_two_factor`], for whoever has the machine.
    pub async fn reset_two_factor_by_name(&self, name: &str) -> Result<bool> {
        match self.store().user_by_name(name).await? {
            Some(user) => self.reset_two_factor(user.id).await,
            None => Ok(false),
        }
    }

    /// Whether every user must have a second factor.
    pub async fn demands_two_factor(&self) -> Result<bool> {
        Ok(self.store().demands_two_factor().await?)
    }

    /// Says whether every user must have one; who has none does nothing else until then.
    pub async fn demand_two_factor(&self, demanded: bool) -> Result<()> {
        Ok(self.store().demand_two_factor(demanded).await?)
    }

    /// Whether a user who showed the right password may go on.
    pub(crate) async fn check_code(
        &self,
        user: &User,
        code: Option<&str>,
    ) -> Result<std::result::Result<(), AccountRefusal>> {
        let begun = self.store().two_factor(user.id).await?;
        let Some(begun) = begun.filter(|begun| begun.on_at.is_some()) else {
            return Ok(Ok(()));
        };
        let Some(code) = code else {
            return Ok(Err(AccountRefusal::CodeNeeded));
        };
        let is_good = self.use_code(user.id, &begun, code).await?;
        Ok(is_good.then_some(()).ok_or(AccountRefusal::CodeWrong))
    }

    /// Uses a code up, of the app or for recovery; `false`: it is none, or was used before.
    async fn use_code(&self, user_id: i64, begun: &TwoFactor, code: &str) -> Result<bool> {
        if let Some(step) = step_of(begun, code, self.now()) {
            return Ok(self.store().use_step(user_id, step).await?);
        }
        let code = code.trim().to_lowercase();
        Ok(self
            .store()
            .use_recovery_code(user_id, &hash(&code))
            .await?)
    }

    fn take_try(&self, name: &str) -> std::result::Result<(), i64> {
        self.inner.sign_ins.take(&name_key(name), self.now())
    }

    fn clear_tries(&self, name: &str) {
        self.inner.sign_ins.clear(&name_key(name));
    }
}

/// A name is counted by its hash, which takes as little memory as any other's.
pub(crate) fn name_key(name: &str) -> String {
    format!("name {}", secret::hex(&hash(name)))
}

/// The step whose code this is, among those that count now and were not used.
fn step_of(begun: &TwoFactor, code: &str, now: UnixMs) -> Option<i64> {
    let code: String = code.chars().filter(|c| !c.is_whitespace()).collect();
    let current = now.div_euclid(STEP_MS);
    let mut steps = (current - LEEWAY..=current + LEEWAY).filter(|step| *step > begun.step);
    steps.find(|step| secret::equal(code_of(&begun.secret, *step).as_bytes(), code.as_bytes()))
}

/// RFC 4226, section 5.3, over the steps of RFC 6238.
fn code_of(shared: &[u8], step: i64) -> String {
    let mut mac = Hmac::<Sha1>::new_from_slice(shared).expect("any length of key will do");
    mac.update(&step.to_be_bytes());
    let digest = mac.finalize().into_bytes();
    let at = usize::from(digest[19] & 0x0f);
    let four = [
        digest[at] & 0x7f,
        digest[at + 1],
        digest[at + 2],
        digest[at + 3],
    ];
    let number = u32::from_be_bytes(four) % 10_u32.pow(DIGITS as u32);
    format!("{number:0DIGITS$}")
}

/// Some 60 bits, in two groups that people can read out.
fn recovery_code() -> String {
    let text = secret::random_text(12).to_lowercase();
    format!("{}-{}", &text[..6], &text[6..])
}

/// RFC 4648, without padding.
fn base32(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let mut text = String::new();
    let (mut held, mut bits) = (0_u32, 0);
    for byte in bytes {
        held = held << 8 | u32::from(*byte);
        bits += 8;
        while bits >= 5 {
            bits -= 5;
            text.push(char::from(ALPHABET[(held >> bits & 31) as usize]));
        }
    }
    if bits > 0 {
        text.push(char::from(ALPHABET[(held << (5 - bits) & 31) as usize]));
    }
    text
}

/// What apps for codes read: the key URI format that all of them know.
fn otpauth_url(name: &str, shared: &[u8]) -> String {
    let mut label = String::new();
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() {
            label.push(char::from(byte));
        } else {
            let _ = write!(label, "%{byte:02X}");
        }
    }
    let secret = base32(shared);
    format!("otpauth://totp/{ISSUER}:{label}?secret={secret}&issuer={ISSUER}")
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHARED: &[u8] = b"12345678901234567890";

    fn begun(step: i64) -> TwoFactor {
        TwoFactor {
            secret: SHARED.to_vec(),
            on_at: None,
            step,
        }
    }

    #[test]
    fn codes_are_those_of_rfc_6238() {
        // Appendix B, the last six of its eight digits.
        for (seconds, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_234_567_890, "005924"),
            (20_000_000_000, "353130"),
        ] {
            assert_eq!(code_of(SHARED, seconds / 30), code);
        }
    }

    #[test]
    fn a_code_counts_one_step_before_and_after_its_own_and_once() {
        let now = 59_000;
        for (at, found) in [
            (0, Some(1)),
            (-30_000, Some(1)),
            (30_000, Some(1)),
            (60_000, None),
        ] {
            assert_eq!(step_of(&begun(0), "287 082", now + at), found, "{at}");
        }
        assert_eq!(step_of(&begun(1), "287082", now), None, "it was used");
        assert_eq!(step_of(&begun(0), "287083", now), None);
        assert_eq!(step_of(&begun(0), "", now), None);
    }

    #[test]
    fn a_secret_is_typed_in_base_32() {
        for (bytes, text) in [
            ("", ""),
            ("f", "MY"),
            ("foo", "MZXW6"),
            ("foobar", "MZXW6YTBOI"),
        ] {
            assert_eq!(base32(bytes.as_bytes()), text);
        }
        let url = otpauth_url("小 a", b"foobar");
        assert_eq!(
            url,
            "otpauth://totp/Kaibo:%E5%B0%8F%20a?secret=MZXW6YTBOI&issuer=Kaibo"
        );
    }
}
