//! Ids of threads, runs, messages, calls, interrupts, connections, devices, rooms, owners and users.
//!
//! An id is 1–128 characters of `[A-Za-z0-9._:-]`; those of users and owners may also have `%` and `@`. Ids from a client
//! pass [`check`] first; generated ids are short, because every event of a run repeats them.

use std::fmt;

use rand::RngExt;
use serde::{Deserialize, Serialize};

/// Longest id that a client may choose, in characters.
pub const MAX_CHARS: usize = 128;

const ALPHABET: &[u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";
const RANDOM_CHARS: usize = 8;

/// Prefix of the id of a call in that of its interrupt.
const INTERRUPT: &str = "i_";

/// Error of an id with illegal characters or length.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("must be 1 to {MAX_CHARS} characters of letters, digits, '.', '_', ':' or '-'")]
pub struct BadId;

/// Accepts 1–128 characters of `[A-Za-z0-9._:-]`.
pub fn check(id: &str) -> Result<(), BadId> {
    let legal = |c: u8| c.is_ascii_alphanumeric() || b"._:-".contains(&c);
    if (1..=MAX_CHARS).contains(&id.len()) && id.bytes().all(legal) {
        Ok(())
    } else {
        Err(BadId)
    }
}

fn random(prefix: &str) -> String {
    let mut rng = rand::rng();
    let tail = (0..RANDOM_CHARS).map(|_| char::from(ALPHABET[rng.random_range(0..ALPHABET.len())]));
    prefix.chars().chain(tail).collect()
}

macro_rules! trusted_id {
    ($(#[$doc:meta])* $type:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $type(String);

        impl $type {
            /// Wraps an id from a source that keeps the rule: API Gateway, the tables, or this program.
            pub fn trusted(id: impl Into<String>) -> Self {
                Self(id.into())
            }

            /// Text of the id on the wire and in the tables.
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

macro_rules! id {
    ($(#[$doc:meta])* $type:ident) => {
        trusted_id! {
            $(#[$doc])* $type
        }

        impl $type {
            /// Parses an id that a client chose.
            pub fn parse(id: &str) -> Result<Self, BadId> {
                check(id).map(|()| Self(id.to_owned()))
            }
        }
    };
}

macro_rules! generated {
    ($type:ident, $prefix:literal) => {
        impl $type {
            #[doc = concat!("Generates an id: `", $prefix, "` and eight random characters.")]
            pub fn random() -> Self {
                Self(random($prefix))
            }
        }
    };
}

id! {
    /// Id of a conversation, unique per owner.
    ThreadId
}
id! {
    /// Id of a run: one prompt and its answer on a thread.
    RunId
}
id! {
    /// Id of a message on the wire: a user message, a text block of an answer, or a tool result.
    MessageId
}
id! {
    /// Id of a tool call, generated here instead of taken from the model, so that it is legal and unique.
    CallId
}
id! {
    /// Id of the interrupt of a tool call that needs approval: `i_` and the id of the call.
    InterruptId
}
id! {
    /// Id of a WebSocket connection, as API Gateway assigns it. It may contain `=`; the SDK encodes it in URLs.
    ConnectionId
}
id! {
    /// Id of a device, which its client chose. Of the events that are kept for a user, each device has seen its own part.
    DeviceId
}
id! {
    /// Name of a room, which connections join and leave.
    RoomName
}
trusted_id! {
    /// First part of a thread's partition key: the user that owns the thread.
    Owner
}
trusted_id! {
    /// Id of a user: the subject of a token, percent-encoded where an id has no such character, or one of two users that no
    /// token can name, `@none` and `@token`.
    UserId
}

generated!(ThreadId, "t_");
generated!(RunId, "r_");
generated!(MessageId, "m_");
generated!(CallId, "tc_");

impl InterruptId {
    /// Id of the interrupt of a call.
    pub fn of(call_id: &CallId) -> Self {
        Self(format!("{INTERRUPT}{call_id}"))
    }

    /// Call of the interrupt; `None` for an id that is not that of an interrupt.
    pub fn call_id(&self) -> Option<CallId> {
        CallId::parse(self.0.strip_prefix(INTERRUPT)?).ok()
    }
}

impl Owner {
    /// Owner of the threads of [`UserId::none`]. Those that were written before there were users belong to it, too.
    pub fn anonymous() -> Self {
        Self("anonymous".to_owned())
    }

    /// User whose threads these are.
    pub fn user(&self) -> UserId {
        if *self == Self::anonymous() {
            UserId::none()
        } else {
            UserId(self.0.clone())
        }
    }

    /// Tells whether all clients of the deployment own the threads of this owner.
    pub fn is_shared(&self) -> bool {
        *self == Self::anonymous() || self.0 == UserId::token().0
    }
}

impl UserId {
    /// User of all clients where connections need no credential.
    pub fn none() -> Self {
        Self("@none".to_owned())
    }

    /// User of all clients with the shared token of the deployment.
    pub fn token() -> Self {
        Self("@token".to_owned())
    }

    /// Tells whether this is the one user of all clients, whom no token names.
    pub fn is_shared(&self) -> bool {
        self.owner().is_shared()
    }

    /// Owner of the user's threads.
    pub fn owner(&self) -> Owner {
        if *self == Self::none() {
            Owner::anonymous()
        } else {
            Owner(self.0.clone())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_have_legal_characters_and_length() {
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
            assert_eq!(RunId::parse(bad), Err(BadId), "{bad:?}");
        }
    }

    #[test]
    fn the_threads_of_everybody_are_those_without_a_user() {
        assert_eq!(UserId::none().owner(), Owner::anonymous());
        assert_eq!(UserId::trusted("u_7").owner(), Owner::trusted("u_7"));
        for user in [UserId::none(), UserId::token(), UserId::trusted("u_7")] {
            assert_eq!(user.owner().user(), user);
        }
    }

    #[test]
    fn an_interrupt_names_its_call() {
        let interrupt = InterruptId::of(&CallId::trusted("tc_9x"));
        assert_eq!(interrupt.as_str(), "i_tc_9x");
        assert_eq!(interrupt.call_id(), Some(CallId::trusted("tc_9x")));
        for other in ["tc_9x", "i_", "i_ä"] {
            assert_eq!(InterruptId::trusted(other).call_id(), None, "{other}");
        }
    }

    #[test]
    fn generated_ids_are_legal_and_unique() {
        let (a, b) = (MessageId::random(), MessageId::random());
        assert!(a.as_str().starts_with("m_") && a.as_str().len() == 10);
        assert!(check(a.as_str()).is_ok());
        assert_ne!(a, b);
    }
}
