//! Issuer of tokens: that of the simulator, with real keys and signatures.

use std::future::pending;

use anyhow::{Context as _, Result};
use reqwest::Client;
use serde_json::{Value, json};
use simulator::options::Options;
use simulator::server;
use tokio::net::TcpListener;

use crate::fakes::server::bind;

/// Application for which the tokens are.
pub(crate) const AUDIENCE: &str = "longwire-bench";

/// Issuer of tokens.
#[derive(Debug)]
pub(crate) struct Issuer {
    url: String,
    client: Client,
}

impl Issuer {
    /// Serves the issuer on a free port. Its keys are generated with the first token.
    pub(crate) fn serve() -> Result<Self> {
        let (listener, address) = bind()?;
        let listener = TcpListener::from_std(listener)?;
        tokio::spawn(server::serve(listener, Options::default(), pending()));
        Ok(Self {
            url: format!("http://{address}/issuer"),
            client: Client::builder().no_proxy().build()?,
        })
    }

    /// URL of the issuer.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Signs a token of a user, which is valid for an hour. The RSA key has 2,048 bits.
    pub(crate) async fn token(&self, algorithm: &str, user: &str) -> Result<String> {
        let request = json!({ "sub": user, "audience": AUDIENCE, "alg": algorithm });
        let url = format!("{}/token", self.url);
        let response = self.client.post(url).json(&request).send().await?;
        let response: Value = response.error_for_status()?.json().await?;
        let token = response["access_token"].as_str();
        Ok(token.context("the issuer signed no token")?.to_owned())
    }
}
