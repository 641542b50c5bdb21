//! Verifies tokens.

use jsonwebtoken::errors::{Error, ErrorKind};
use jsonwebtoken::{Header, Validation, decode, decode_header};
use longwire_core::identity::Identity;
use longwire_core::ids::UserId;

use crate::claims::Claims;
use crate::issuer::Issuer;
use crate::key_cache::KeyCache;
use crate::key_set::Key;
use crate::settings::Settings;

/// Longest token, in bytes. API Gateway takes 10,240 bytes of headers ("Quotas for configuring and running a REST API").
const MAX_BYTES: usize = 10_240;

/// Time by which the clocks of the issuer and of this machine may differ, in seconds.
const LEEWAY: u64 = 60;

/// Reason for which a token is refused. None of them contains a part of the token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// Not a JWT, or longer than 10 KB.
    #[error("the token is not a JSON Web Token")]
    Malformed,
    /// The header names a key by other means than the issuer's set, or an extension.
    #[error("the header of the token has a field that is not accepted")]
    Header,
    /// The issuer has published no such key.
    #[error("the key of the token is not known")]
    UnknownKey,
    /// The signature is wrong, or made with another algorithm than that of the key.
    #[error("the signature of the token is wrong")]
    Signature,
    /// The token is of another issuer.
    #[error("the token is of another issuer")]
    Issuer,
    /// The token is for another application.
    #[error("the token is for another application")]
    Audience,
    /// The token has expired.
    #[error("the token has expired")]
    Expired,
    /// The token is not valid yet.
    #[error("the token is not valid yet")]
    Early,
    /// A claim is missing or of the wrong type, or the subject is too long for a user id.
    #[error("a claim of the token is missing or cannot be used")]
    Claims,
    /// The keys of the issuer were never read.
    #[error("the keys of the issuer are not available")]
    Unavailable,
}

/// Verifier of the tokens of one issuer.
#[derive(Debug)]
pub struct Verifier {
    settings: Settings,
    keys: KeyCache,
}

impl Verifier {
    /// Makes a verifier. It reads no keys yet.
    pub fn new(settings: Settings) -> reqwest::Result<Self> {
        let keys = KeyCache::new(Issuer::new(&settings)?);
        Ok(Self { settings, keys })
    }

    /// Reads the keys, so that the first token does not wait for them. A failure is logged only.
    pub async fn warm_up(&self) {
        self.keys.keys(None).await;
    }

    /// Verifies a token, and returns the identity that it gives.
    pub async fn verify(&self, token: &str) -> Result<Identity, TokenError> {
        if token.len() > MAX_BYTES {
            return Err(TokenError::Malformed);
        }
        let header = decode_header(token).map_err(|_| TokenError::Malformed)?;
        if has_refused_field(&header) {
            return Err(TokenError::Header);
        }
        let id = header.kid.as_deref();
        let keys = self.keys.keys(id).await.ok_or(TokenError::Unavailable)?;
        let key = keys.find(id).ok_or(TokenError::UnknownKey)?;
        self.claims(token, key)?.identity(&self.settings)
    }

    /// Checks signature, issuer and times of a token with this key.
    fn claims(&self, token: &str, key: &Key) -> Result<Claims, TokenError> {
        let mut validation = Validation::new(key.algorithm);
        validation.leeway = LEEWAY;
        validation.validate_nbf = true;
        validation.set_issuer(&[&self.settings.issuer]);
        validation.set_required_spec_claims(&["exp", "iss", "sub"]);
        // `Claims::is_for` compares the audience: access tokens of Cognito have none.
        validation.validate_aud = false;
        let decoded = decode::<Claims>(token, &key.decoding, &validation);
        Ok(decoded.map_err(|error| refusal(&error))?.claims)
    }
}

impl Claims {
    fn identity(&self, settings: &Settings) -> Result<Identity, TokenError> {
        if !self.is_for(settings) {
            return Err(TokenError::Audience);
        }
        let user = UserId::of_subject(&self.sub).map_err(|_| TokenError::Claims)?;
        let groups = self.groups(settings).map(str::to_owned);
        Ok(Identity::new(user, groups, Some(self.expires_at())))
    }
}

/// Tells whether the header brings or names a key of its own (RFC 7515, section 4.1), or an extension that must be
/// understood.
fn has_refused_field(header: &Header) -> bool {
    header.jku.is_some() || header.jwk.is_some() || header.x5u.is_some() || header.crit.is_some()
}

fn refusal(error: &Error) -> TokenError {
    match error.kind() {
        ErrorKind::ExpiredSignature => TokenError::Expired,
        ErrorKind::ImmatureSignature => TokenError::Early,
        ErrorKind::InvalidIssuer => TokenError::Issuer,
        ErrorKind::InvalidSignature | ErrorKind::InvalidAlgorithm => TokenError::Signature,
        ErrorKind::MissingRequiredClaim(_)
        | ErrorKind::Json(_)
        | ErrorKind::InvalidClaimFormat(_) => TokenError::Claims,
        _ => TokenError::Malformed,
    }
}
