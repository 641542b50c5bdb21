//! Rooms of a deployment: which groups may be in which room.

use std::collections::{BTreeMap, BTreeSet};

use crate::identity::is_group;
use crate::ids::{BadId, MAX_CHARS, RoomName, check};

/// End of a pattern for all rooms whose names begin like it.
const ANY_END: char = '*';

/// Group that stands for everybody.
const EVERYBODY: &str = "*";

/// Rooms, by the patterns of their names. Without a pattern there is no room.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rooms {
    /// Groups of single rooms, by name.
    named: BTreeMap<String, Groups>,
    /// Groups of the rooms whose names begin with a text.
    beginnings: BTreeMap<String, Groups>,
}

/// Groups whose users may be in a room.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Groups {
    /// All users, also those without a group.
    Everybody,
    /// Users who have one of these; nobody if there is none.
    OneOf(BTreeSet<String>),
}

/// Reason for which a text does not describe the rooms of a deployment.
#[derive(Debug, thiserror::Error)]
pub enum BadRooms {
    /// Text that is not JSON, or of another shape.
    #[error("must be a JSON object with a list of groups for each pattern of rooms: {0}")]
    Unreadable(#[from] serde_json::Error),
    /// Pattern that no room can match.
    #[error(
        "must have patterns of 1 to {MAX_CHARS} characters: the name of a room, or the beginning of names and \"*\"; {0:?} {1}"
    )]
    Pattern(String, BadId),
    /// Group that no user can have.
    #[error(
        "must have groups of 1 to 64 bytes without control characters; one of {0:?} has others"
    )]
    Group(String),
}

impl TryFrom<String> for Rooms {
    type Error = BadRooms;

    /// Parses the JSON of the setting: `{"ops":["staff"],"lobby-*":["*"]}`.
    fn try_from(json: String) -> Result<Self, BadRooms> {
        let patterns: BTreeMap<String, BTreeSet<String>> = serde_json::from_str(&json)?;
        let mut rooms = Self::default();
        for (pattern, groups) in patterns {
            rooms.add(pattern, groups)?;
        }
        Ok(rooms)
    }
}

impl Rooms {
    /// Tells whether there are no rooms.
    pub fn is_empty(&self) -> bool {
        self.named.is_empty() && self.beginnings.is_empty()
    }

    /// Tells whether a pattern covers the room.
    pub fn has(&self, room: &RoomName) -> bool {
        self.groups(room).is_some()
    }

    /// Tells whether a user of these groups may be in the room.
    pub fn admit(&self, room: &RoomName, groups: &[String]) -> bool {
        match self.groups(room) {
            None => false,
            Some(Groups::Everybody) => true,
            Some(Groups::OneOf(some)) => groups.iter().any(|group| some.contains(group)),
        }
    }

    /// Groups of the most specific pattern: that of the room alone, or else the longest beginning.
    fn groups(&self, room: &RoomName) -> Option<&Groups> {
        let name = room.as_str();
        // A name has ASCII characters only.
        let beginnings = (0..=name.len()).rev().filter_map(|end| name.get(..end));
        let mut covering = beginnings.filter_map(|beginning| self.beginnings.get(beginning));
        self.named.get(name).or_else(|| covering.next())
    }

    fn add(&mut self, pattern: String, groups: BTreeSet<String>) -> Result<(), BadRooms> {
        if !groups.iter().all(|group| is_group(group)) {
            return Err(BadRooms::Group(pattern));
        }
        let groups = match groups.contains(EVERYBODY) {
            true => Groups::Everybody,
            false => Groups::OneOf(groups),
        };
        let (patterns, name) = match pattern.strip_suffix(ANY_END) {
            Some(beginning) => (&mut self.beginnings, beginning),
            None => (&mut self.named, pattern.as_str()),
        };
        // A "*" alone covers all rooms.
        let valid = if name.is_empty() && pattern != name {
            Ok(())
        } else {
            check(name)
        };
        match valid {
            Ok(()) => patterns.insert(name.to_owned(), groups),
            Err(error) => return Err(BadRooms::Pattern(pattern, error)),
        };
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rooms(json: &str) -> Rooms {
        Rooms::try_from(json.to_owned()).expect("rooms")
    }

    fn admits(rooms: &Rooms, room: &str, groups: &[&str]) -> bool {
        let groups: Vec<String> = groups.iter().map(|&group| group.to_owned()).collect();
        rooms.admit(&RoomName::trusted(room), &groups)
    }

    #[test]
    fn the_most_specific_pattern_counts() {
        let rooms = rooms(
            r#"{"*":["admin"],"team-*":["staff","guest"],"team-ops*":["ops"],"team-ops":["lead"],"lobby":["*"],"team-old":[]}"#,
        );
        for (room, groups, admitted) in [
            ("lobby", vec![], true),
            ("lobby", vec!["guest"], true),
            ("team-a", vec!["guest", "other"], true),
            ("team-a", vec!["admin"], false),
            ("team-", vec!["staff"], true),
            ("team", vec!["staff"], false),
            ("team", vec!["admin"], true),
            ("team-ops", vec!["lead"], true),
            ("team-ops", vec!["ops", "staff"], false),
            ("team-ops-2", vec!["ops"], true),
            ("team-ops-2", vec!["staff"], false),
            ("team-old", vec!["staff", "admin"], false),
        ] {
            assert_eq!(admits(&rooms, room, &groups), admitted, "{room} {groups:?}");
            assert!(rooms.has(&RoomName::trusted(room)), "{room}");
        }
    }

    #[test]
    fn a_group_of_a_token_is_not_everybody() {
        let rooms = rooms(r#"{"ops":["staff"]}"#);
        assert!(!admits(&rooms, "ops", &["*"]));
        assert!(!rooms.has(&RoomName::trusted("lobby")));
    }

    #[test]
    fn without_a_pattern_there_is_no_room() {
        assert!(rooms("{}").is_empty() && Rooms::default().is_empty());
        assert!(!admits(&rooms("{}"), "lobby", &["staff"]));
        assert!(!rooms(r#"{"*":[]}"#).is_empty());
    }

    #[test]
    fn what_describes_no_rooms_is_refused() {
        for (json, expected) in [
            ("", "must be a JSON object with a list of groups"),
            ("[]", "must be a JSON object with a list of groups"),
            (
                r#"{"ops":"staff"}"#,
                "must be a JSON object with a list of groups",
            ),
            (
                r#"{"":["staff"]}"#,
                "must have patterns of 1 to 128 characters",
            ),
            (
                r#"{"a b":["staff"]}"#,
                r#""a b" must be 1 to 128 characters"#,
            ),
            (r#"{"a*b":["staff"]}"#, r#""a*b" must be"#),
            (r#"{"ops**":["staff"]}"#, r#""ops**" must be"#),
            (r#"{"ops":[""]}"#, r#"one of "ops" has others"#),
            (r#"{"ops":["a\nb"]}"#, r#"one of "ops" has others"#),
        ] {
            let error = Rooms::try_from(json.to_owned()).expect_err(json);
            assert!(error.to_string().contains(expected), "{json}: {error}");
        }
        let long = "x".repeat(MAX_CHARS);
        assert!(Rooms::try_from(format!(r#"{{"{long}*":["*"]}}"#)).is_ok());
        assert!(Rooms::try_from(format!(r#"{{"{long}x":["*"]}}"#)).is_err());
    }
}
