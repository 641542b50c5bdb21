//! Settings of an issuer.

use reqwest::Url;

/// Claim with the groups of a user, unless another one is named.
const GROUPS: &str = "groups";

/// Error of a setting.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SettingError {
    /// The issuer is not a URL.
    #[error("the issuer must be a URL such as https://login.example.com")]
    NoUrl,
    /// The issuer is not reached over TLS.
    #[error("the issuer must begin with https://, unless it is on this machine")]
    NoTls,
    /// The issuer has a query or a fragment (OpenID Connect Discovery 1.0, section 2).
    #[error("the issuer must have neither a query nor a fragment")]
    Query,
    /// No audience is set, so the tokens for every application of the issuer would be accepted.
    #[error("the audience must not be empty")]
    NoAudience,
}

/// Issuer whose tokens are accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Issuer, as its tokens write it (`iss`).
    pub issuer: String,
    /// Application for which a token must be: its `aud`, or the `client_id` of an access token without one.
    pub audience: String,
    /// Claim with the groups of the user, a list of texts or one text.
    pub groups_claim: String,
}

impl Settings {
    /// Checks the settings of an issuer. The claim with the groups is `groups` unless another one is named.
    pub fn new(
        issuer: &str,
        audience: &str,
        groups_claim: Option<&str>,
    ) -> Result<Self, SettingError> {
        let url = Url::parse(issuer).map_err(|_| SettingError::NoUrl)?;
        if url.query().is_some() || url.fragment().is_some() {
            return Err(SettingError::Query);
        }
        if !is_secure(&url) {
            return Err(SettingError::NoTls);
        }
        if audience.is_empty() {
            return Err(SettingError::NoAudience);
        }
        Ok(Self {
            issuer: issuer.to_owned(),
            audience: audience.to_owned(),
            groups_claim: groups_claim.unwrap_or(GROUPS).to_owned(),
        })
    }

    /// Address of the issuer's discovery document.
    pub(crate) fn discovery(&self) -> String {
        let issuer = self.issuer.trim_end_matches('/');
        format!("{issuer}/.well-known/openid-configuration")
    }
}

/// Tells whether an address is read over TLS or is on this machine, so that nobody can change the answer on its way.
pub(crate) fn is_secure(url: &Url) -> bool {
    match url.scheme() {
        "https" => true,
        "http" => matches!(url.host_str(), Some("127.0.0.1" | "[::1]" | "localhost")),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn issuer(issuer: &str) -> Result<Settings, SettingError> {
        Settings::new(issuer, "app", None)
    }

    #[test]
    fn an_issuer_is_reached_over_tls_or_on_this_machine() {
        assert!(issuer("https://login.example.com/tenant").is_ok());
        assert!(issuer("http://127.0.0.1:8080").is_ok());
        assert_eq!(issuer("http://login.example.com"), Err(SettingError::NoTls));
        assert_eq!(
            issuer("http://127.0.0.1.example.com"),
            Err(SettingError::NoTls)
        );
        assert_eq!(issuer("file:///etc/keys"), Err(SettingError::NoTls));
        assert_eq!(issuer("login.example.com"), Err(SettingError::NoUrl));
        assert_eq!(
            issuer("https://login.example.com?a=b"),
            Err(SettingError::Query)
        );
    }

    #[test]
    fn an_empty_audience_is_refused() {
        let settings = Settings::new("https://login.example.com", "", None);
        assert_eq!(settings, Err(SettingError::NoAudience));
    }

    #[test]
    fn the_discovery_document_is_below_the_issuer() {
        let discovery = |name| issuer(name).expect("an issuer").discovery();
        let expected = "https://login.example.com/tenant/.well-known/openid-configuration";
        assert_eq!(discovery("https://login.example.com/tenant"), expected);
        assert_eq!(discovery("https://login.example.com/tenant/"), expected);
    }
}
