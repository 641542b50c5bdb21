//! Names of things: threads, runs, messages, calls, connections, owners.
//!
//! A name is 1–128 characters of `[A-Za-z0-9._:-]`. Names from a client pass [`check`] first; names we
//! make ourselves are short, because they are repeated on every line of a run.

use std::fmt;

use rand::RngExt;
use serde::{Deserialize, Serialize};

/// The longest name a client may give, in characters.
pub const MAX_CHARS: usize = 128;

const ALPHABET: &[u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";
const RANDOM_CHARS: usize = 8;

/// Why a name was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("must be 1 to {MAX_CHARS} characters of letters, digits, '.', '_', ':' or '-'")]
pub struct BadName;

/// Accepts 1–128 characters of `[A-Za-z0-9._:-]`, nothing else.
pub fn check(name: &str) -> Result<(), BadName> {
    let legal = |c: u8| c.is_ascii_alphanumeric() || b"._:-".contains(&c);
    if (1..=MAX_CHARS).contains(&name.len()) && name.bytes().all(legal) {
        Ok(())
    } else {
        Err(BadName)
    }
}

fn random(prefix: &str) -> String {
    let mut rng = rand::rng();
    let tail = (0..RANDOM_CHARS).map(|_| char::from(ALPHABET[rng.random_range(0..ALPHABET.len())]));
    prefix.chars().chain(tail).collect()
}

macro_rules! name {
    ($(#[$doc:meta])* $type:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $type(String);

        impl $type {
            /// Takes a name that a client gave, if it is a legal one.
            pub fn parse(name: &str) -> Result<Self, BadName> {
                check(name).map(|()| Self(name.to_owned()))
            }

            /// Takes a name from a source that is trusted to keep the rule: API Gateway, our own tables.
            pub fn trusted(name: impl Into<String>) -> Self {
                Self(name.into())
            }

            /// The name as it stands on the wire and in the tables.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

macro_rules! made {
    ($type:ident, $prefix:literal) => {
        impl $type {
            #[doc = concat!("Makes a new one: `", $prefix, "` and eight random characters.")]
            pub fn random() -> Self {
                Self(random($prefix))
            }
        }
    };
}

name! {
    /// A conversation, unique for its owner.
    ThreadId
}
name! {
    /// One answer on a thread.
    RunId
}
name! {
    /// A message as clients know it: the user's, a text block of the assistant's, a tool's result.
    MessageId
}
name! {
    /// One call of a tool. It is ours, not the model's, so that it is always legal and never repeated.
    CallId
}
name! {
    /// One socket, as API Gateway names it. It may hold `=`; the SDK encodes it in URLs.
    ConnectionId
}
name! {
    /// Whose thread it is: the user the connection was authorised as.
    Owner
}

made!(ThreadId, "t_");
made!(RunId, "r_");
made!(MessageId, "m_");
made!(CallId, "tc_");

impl Owner {
    /// Everybody, as long as the deployment has no authorizer.
    pub fn anonymous() -> Self {
        Self("anonymous".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_keep_to_their_characters_and_length() {
        for good in ["a", "A.z_0:9-", &"x".repeat(MAX_CHARS)] {
            assert!(RunId::parse(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            " ",
            "a b",
            "ä",
            "a/b",
            "a\n",
            &"x".repeat(MAX_CHARS + 1),
        ] {
            assert_eq!(RunId::parse(bad), Err(BadName), "{bad:?}");
        }
    }

    #[test]
    fn made_names_are_legal_and_differ() {
        let (a, b) = (MessageId::random(), MessageId::random());
        assert!(a.as_str().starts_with("m_") && a.as_str().len() == 10);
        assert!(check(a.as_str()).is_ok());
        assert_ne!(a, b);
    }
}
