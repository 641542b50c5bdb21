//! Origin of a run: the user, or a service whose event started it.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Most characters of a service's name. The name stands in the control row of the run and in its first event.
const MAX_NAME: usize = 128;

/// Beginning of the text for a service.
const SERVICE: &str = "service:";

/// Origin of a run: `user`, or `service:<name>`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum Origin {
    /// A request of the user.
    #[default]
    User,
    /// An event of a service.
    Service(String),
}

impl Origin {
    /// Origin of a run that an event with this `source` starts. Of a long source the first 128 characters count.
    pub fn service(source: &str) -> Self {
        Self::Service(source.chars().take(MAX_NAME).collect())
    }

    /// Tells whether the user started the run.
    pub fn is_user(&self) -> bool {
        *self == Self::User
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User => f.write_str("user"),
            Self::Service(name) => write!(f, "{SERVICE}{name}"),
        }
    }
}

impl From<String> for Origin {
    fn from(text: String) -> Self {
        let name = text.strip_prefix(SERVICE);
        name.map_or(Self::User, |name| Self::Service(name.to_owned()))
    }
}

impl From<Origin> for String {
    fn from(origin: Origin) -> Self {
        origin.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_read_back() {
        for origin in [Origin::User, Origin::service("/orders")] {
            assert_eq!(Origin::from(origin.to_string()), origin);
        }
        assert_eq!(Origin::service("/orders").to_string(), "service:/orders");
    }

    #[test]
    fn the_name_of_a_service_is_bounded() {
        let Origin::Service(name) = Origin::service(&"é".repeat(200)) else {
            panic!("a service");
        };
        assert_eq!(name.chars().count(), MAX_NAME);
    }
}
