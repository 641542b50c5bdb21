//! Reading of stored values that a newer version may have written, for a release that was rolled back.

use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer};

#[derive(Deserialize)]
#[serde(untagged)]
enum Stored<T> {
    Known(T),
    Unknown(IgnoredAny),
}

/// Deserializes a value, or the default in place of one that this version does not know.
pub fn or_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + Default,
{
    Ok(match Stored::deserialize(deserializer)? {
        Stored::Known(value) => value,
        Stored::Unknown(IgnoredAny) => T::default(),
    })
}
