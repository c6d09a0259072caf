//! People who use the console: what they may do, and what they may be called.

use std::fmt;
use std::str::FromStr;

/// Longest name, in characters.
const MAX_NAME: usize = 64;
/// What an app's own server does is written down under a name that begins so.
const OF_APPS: &str = "app:";

/// What a user of the console may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UserRole {
    /// Everything, in every app.
    Owner,
    /// What an app needs day by day, in the apps they were invited to.
    Operator,
}

impl UserRole {
    /// How it is written.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Operator => "operator",
        }
    }
}

impl fmt::Display for UserRole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Not a role of the console.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a user is an owner or an operator")]
pub struct UnknownUserRole;

impl FromStr for UserRole {
    type Err = UnknownUserRole;

    fn from_str(text: &str) -> Result<Self, UnknownUserRole> {
        match text {
            "owner" => Ok(Self::Owner),
            "operator" => Ok(Self::Operator),
            _ => Err(UnknownUserRole),
        }
    }
}

/// Whether a user may be called so: 1 to 64 visible characters, and not as apps are.
pub fn is_user_name(name: &str) -> bool {
    let is_visible = name.trim() == name && !name.chars().any(char::is_control);
    is_visible && (1..=MAX_NAME).contains(&name.chars().count()) && !name.starts_with(OF_APPS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_are_read_as_they_are_written() {
        for role in [UserRole::Owner, UserRole::Operator] {
            assert_eq!(role.to_string().parse(), Ok(role));
        }
        assert_eq!("admin".parse::<UserRole>(), Err(UnknownUserRole));
    }

    #[test]
    fn nobody_is_called_as_apps_are() {
        for good in ["小王", "a b", &"x".repeat(64)] {
            assert!(is_user_name(good), "{good}");
        }
        for bad in ["", " a", "a\n", "app:wx01", &"x".repeat(65)] {
            assert!(!is_user_name(bad), "{bad:?}");
        }
    }
}
