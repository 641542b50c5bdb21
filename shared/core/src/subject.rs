//! User ids from the subjects of tokens.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::ids::{BadId, MAX_CHARS, Owner, UserId};

/// Characters that are encoded: all that an id may not have. The percent sign is one of them, so that two subjects never
/// become one user.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'.')
    .remove(b'_')
    .remove(b':')
    .remove(b'-');

impl UserId {
    /// User of a subject (`sub`): the subject, percent-encoded outside of `[A-Za-z0-9._:-]`. Fails when it is empty, or
    /// longer than 128 characters when it is encoded.
    ///
    /// The subject `anonymous` is encoded, too: its threads would be those of everybody (`@none`).
    pub fn of_subject(subject: &str) -> Result<Self, BadId> {
        let encoded = if subject == Owner::anonymous().as_str() {
            format!("%61{}", &subject[1..])
        } else {
            utf8_percent_encode(subject, ENCODED).to_string()
        };
        if (1..=MAX_CHARS).contains(&encoded.len()) {
            Ok(Self::trusted(encoded))
        } else {
            Err(BadId)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(subject: &str) -> Result<UserId, BadId> {
        UserId::of_subject(subject)
    }

    #[test]
    fn a_plain_subject_is_the_user() {
        assert_eq!(
            user("auth0:5f.7-a_B").expect("a user").as_str(),
            "auth0:5f.7-a_B"
        );
    }

    #[test]
    fn other_characters_are_encoded_so_that_no_two_subjects_are_one_user() {
        let encoded = |subject| user(subject).expect("a user").as_str().to_owned();
        assert_eq!(encoded("auth0|1"), "auth0%7C1");
        assert_eq!(encoded("auth0%7C1"), "auth0%257C1");
        assert_eq!(encoded("a/b"), "a%2Fb");
        assert_eq!(encoded("@none"), "%40none", "no token makes a user of ours");
        assert_eq!(encoded("ä"), "%C3%A4");
    }

    #[test]
    fn no_subject_has_the_threads_of_everybody() {
        for subject in ["anonymous", "@none"] {
            let user = user(subject).expect("a user");
            assert_ne!(user.owner(), Owner::anonymous(), "{subject}");
        }
    }

    #[test]
    fn an_empty_and_a_long_subject_are_refused() {
        assert!(user("").is_err());
        assert!(user(&"x".repeat(128)).is_ok());
        assert!(user(&"x".repeat(129)).is_err());
        assert!(
            user(&"|".repeat(43)).is_err(),
            "129 characters when it is encoded"
        );
    }
}
