//! Identity of a connection, and its form in the context of an authorizer.

use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::ids::UserId;

/// Longest name of a group, in bytes.
const MAX_GROUP_BYTES: usize = 64;

/// Most groups of an identity: the context of an authorizer and the row of a connection hold them.
const MAX_GROUPS: usize = 32;

/// User of a connection, with its groups and the time until which it is valid.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Identity {
    /// User.
    pub user: UserId,
    /// Groups of the user, sorted; 32 at most.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<String>,
    /// Expiry in seconds since 1970; `None` for an identity that does not expire.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<u64>,
}

impl Identity {
    /// Makes an identity. Names that cannot be groups are left out, and groups beyond 32.
    pub fn new(
        user: UserId,
        groups: impl IntoIterator<Item = String>,
        expires_at: Option<u64>,
    ) -> Self {
        let mut groups: Vec<String> = groups.into_iter().filter(|name| is_group(name)).collect();
        groups.sort();
        groups.dedup();
        groups.truncate(MAX_GROUPS);
        Self {
            user,
            groups,
            expires_at,
        }
    }

    /// Makes the identity of a user without groups that does not expire.
    pub fn permanent(user: UserId) -> Self {
        Self::new(user, [], None)
    }
}

/// Tells whether a group may have this name: 1 to 64 bytes without control characters.
pub(crate) fn is_group(name: &str) -> bool {
    (1..=MAX_GROUP_BYTES).contains(&name.len()) && !name.chars().any(char::is_control)
}

/// Context of an authorizer, which API Gateway adds to the events of the connection. All values are text, because API
/// Gateway makes text of numbers and takes neither lists nor objects ("Create a Lambda REQUEST authorizer function").
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuthorizerContext {
    user: UserId,
    /// Groups, as the text of a JSON array; absent without groups.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    groups: Option<String>,
    /// Expiry in seconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    exp: Option<String>,
}

impl From<&Identity> for AuthorizerContext {
    fn from(identity: &Identity) -> Self {
        Self {
            user: identity.user.clone(),
            groups: (!identity.groups.is_empty()).then(|| json!(identity.groups).to_string()),
            exp: identity.expires_at.map(|seconds| seconds.to_string()),
        }
    }
}

impl AuthorizerContext {
    /// Identity in the context; `None` when its expiry is not a number, or its groups are not a list.
    pub fn identity(self) -> Option<Identity> {
        let expires_at = self.exp.map(|seconds| seconds.parse()).transpose().ok()?;
        let groups = self.groups.as_deref().unwrap_or("[]");
        let groups: Vec<String> = serde_json::from_str(groups).ok()?;
        Some(Identity::new(self.user, groups, expires_at))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn identity(groups: &[&str], expires_at: Option<u64>) -> Identity {
        let groups = groups.iter().map(|&group| group.to_owned());
        Identity::new(UserId::trusted("u_7"), groups, expires_at)
    }

    #[test]
    fn a_context_returns_the_identity_from_which_it_was_made() {
        let identities = [
            identity(&[], None),
            identity(&["staff"], Some(1_764_000_000)),
            identity(&["Büro 2", "staff"], None),
        ];
        for identity in identities {
            let context = AuthorizerContext::from(&identity);
            assert_eq!(context.identity(), Some(identity));
        }
    }

    #[test]
    fn a_context_contains_text_only() {
        let context = AuthorizerContext::from(&identity(&["b", "a"], Some(7)));
        let expected = json!({ "user": "u_7", "groups": r#"["a","b"]"#, "exp": "7" });
        assert_eq!(json!(context), expected);
    }

    #[test]
    fn an_unreadable_context_is_no_identity() {
        for (groups, exp) in [
            ("[]", ""),
            ("[]", "-1"),
            ("[]", "soon"),
            ("", "7"),
            ("a", "7"),
        ] {
            let context = json!({ "user": "u_7", "groups": groups, "exp": exp });
            let context: AuthorizerContext = serde_json::from_value(context).expect("a context");
            assert_eq!(context.identity(), None, "{groups:?}, {exp:?}");
        }
    }

    #[test]
    fn names_that_are_empty_too_long_or_have_control_characters_are_no_groups() {
        let long = "x".repeat(MAX_GROUP_BYTES + 1);
        let identity = identity(&["b", "", "a", "b", "guest\nadmin", &long], None);
        assert_eq!(identity.groups, ["a", "b"]);
    }

    #[test]
    fn an_identity_has_32_groups_at_most() {
        let names: Vec<String> = (10..60).map(|number| number.to_string()).collect();
        let identity = Identity::new(UserId::trusted("u_7"), names.clone(), None);
        assert_eq!(identity.groups, names[..MAX_GROUPS]);
    }
}
