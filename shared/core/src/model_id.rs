//! Ids of models.

/// Tells whether a model id begins like this. It may be the id of an inference profile (`us.…`, `eu.…`, `global.…`), whose
/// geography does not count, or an ARN that ends with an id.
pub fn begins_with(model_id: &str, begin: &str) -> bool {
    let id = model_id.rsplit('/').next().unwrap_or(model_id);
    // The geographies change, so whatever stands before the first dot may be one.
    let bare = id.split_once('.').map_or(id, |(_, rest)| rest);
    id.starts_with(begin) || bare.starts_with(begin)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn geographies_and_arns_do_not_count() {
        for id in [
            "amazon.nova-pro-v1:0",
            "jp.amazon.nova-pro-v1:0",
            "arn:aws:bedrock:eu-west-1:123456789012:inference-profile/eu.amazon.nova-pro-v1:0",
        ] {
            assert!(begins_with(id, "amazon.nova-pro"), "{id}");
            assert!(!begins_with(id, "nova-lite"), "{id}");
        }
    }
}
