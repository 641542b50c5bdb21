//! `options` of a prompt.

use std::fmt;

use longwire_core::options::{IfBusy, Notify, OnGone};
use serde::de::value::MapAccessDeserializer;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use crate::request::fields::{Fields, or_default};
use crate::response::error::ErrorResponse;

/// Options of a run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Options {
    /// Sends the model's reasoning to the client.
    #[serde(deserialize_with = "or_default")]
    pub reasoning: bool,
    /// Policy for a run without subscribers; absent: the deployment's.
    pub on_gone: Option<OnGone>,
    /// Policy for a prompt on a thread that has an active run.
    #[serde(deserialize_with = "or_default")]
    pub if_busy: IfBusy,
    /// Event on the bus when the run has ended.
    #[serde(deserialize_with = "notify")]
    pub notify: Notify,
}

/// Value of `notify`: `true`, `false`, or an object.
struct Requested(Notify);

/// Object of `notify`.
#[derive(Deserialize)]
struct NotifyFields {
    /// Adds the text of the answer.
    #[serde(default, deserialize_with = "or_default")]
    content: bool,
}

/// Deserializes `notify`: `true`, `false` or an object. `null` counts as absent.
pub fn notify<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Notify, D::Error> {
    let requested: Option<Requested> = Option::deserialize(deserializer)?;
    Ok(requested.map_or(Notify::None, |Requested(notify)| notify))
}

impl<'de> Deserialize<'de> for Requested {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Value;

        impl<'de> Visitor<'de> for Value {
            type Value = Requested;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("true, false or an object")
            }

            fn visit_bool<E>(self, asked: bool) -> Result<Requested, E> {
                Ok(Requested(if asked { Notify::Ids } else { Notify::None }))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Requested, A::Error> {
                let fields = NotifyFields::deserialize(MapAccessDeserializer::new(map))?;
                let asked = if fields.content {
                    Notify::Content
                } else {
                    Notify::Ids
                };
                Ok(Requested(asked))
            }
        }

        deserializer.deserialize_any(Value)
    }
}

/// Parses the field `options`.
pub(super) fn parse(fields: &Fields<'_>) -> Result<Options, ErrorResponse> {
    Ok(fields.object("options")?.unwrap_or_default())
}
