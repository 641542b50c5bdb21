//! Time that the authorizer takes for a handshake.

use std::io::{Write as _, stderr};
use std::path::Path;

use anyhow::{Context as _, Result};
use serde::Serialize;

use crate::figures::{count, in_millis, percentile};
use crate::function::Function;
use crate::handshake::{Authorized, Clients, Kind};
use crate::stage::Stage;

/// Name of the function, and of its measurement among the cells.
pub(crate) const AUTHORIZER: &str = "authorizer";

/// Figures of the handshakes of one process with one kind of credential. Times are in milliseconds.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct HandshakeFigures {
    /// Kind of credential.
    pub(crate) credential: &'static str,
    /// Number of handshakes.
    pub(crate) handshakes: usize,
    /// Median time from the event to the response.
    pub(crate) response_p50: f64,
    /// 99th percentile of the same.
    pub(crate) response_p99: f64,
    /// Median number of requests to the table.
    pub(crate) storage_requests: f64,
    /// Median time that these requests took at the table, in all.
    pub(crate) storage_p50: f64,
    /// Median time from the event to the response, without that of the table.
    pub(crate) own_p50: f64,
    /// 99th percentile of the same.
    pub(crate) own_p99: f64,
}

/// Measures handshakes with each kind of credential, each kind with a process of its own.
pub(crate) async fn measure(
    stage: &Stage,
    folder: &Path,
    handshakes: usize,
) -> Result<Vec<HandshakeFigures>> {
    let clients = Clients::start(stage, folder).await?;
    let mut all = Vec::new();
    for kind in Kind::ALL {
        let authorized = authorized(stage, folder, &clients, kind, handshakes).await;
        let authorized = authorized.with_context(|| format!("handshakes with {}", kind.name()))?;
        let figures = HandshakeFigures::join(kind, &authorized);
        progress(&figures)?;
        all.push(figures);
    }
    Ok(all)
}

/// Lets one process authorize so many handshakes. One more comes first: it warms the process up and does not count.
async fn authorized(
    stage: &Stage,
    folder: &Path,
    clients: &Clients<'_>,
    kind: Kind,
    handshakes: usize,
) -> Result<Vec<Authorized>> {
    let log = stage.log(&format!("{AUTHORIZER}-{}", kind.name()));
    let environment = stage.environment_with_users();
    let authorizer = Function::start_ready(&folder.join(AUTHORIZER), &environment, &log).await?;
    let mut all = Vec::new();
    for number in 0..=handshakes {
        let user = format!("{}-{number}", kind.name());
        let handshake = clients.handshake(kind, &user).await?;
        let authorized = clients.authorize(&authorizer, &handshake).await?;
        if number > 0 {
            all.push(authorized);
        }
    }
    Ok(all)
}

impl HandshakeFigures {
    fn join(kind: Kind, authorized: &[Authorized]) -> Self {
        let all = |figure: fn(&Authorized) -> f64| -> Vec<f64> {
            authorized.iter().map(figure).collect()
        };
        let response = all(|authorized| in_millis(authorized.response));
        let storage = all(|authorized| in_millis(authorized.storage));
        let storage_requests = all(|authorized| count(authorized.storage_requests));
        let own = all(|authorized| in_millis(authorized.own()));
        Self {
            credential: kind.name(),
            handshakes: authorized.len(),
            response_p50: percentile(&response, 0.5),
            response_p99: percentile(&response, 0.99),
            storage_requests: percentile(&storage_requests, 0.5),
            storage_p50: percentile(&storage, 0.5),
            own_p50: percentile(&own, 0.5),
            own_p99: percentile(&own, 0.99),
        }
    }
}

/// Tells that a kind of credential is done.
fn progress(figures: &HandshakeFigures) -> Result<()> {
    writeln!(
        stderr(),
        "{AUTHORIZER} {}: own work {:.2} ms, p99 {:.2} ms",
        figures.credential,
        figures.own_p50,
        figures.own_p99
    )?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn percentiles_of_own_work_are_those_of_the_differences() {
        let authorized = |response, storage| Authorized {
            response: Duration::from_millis(response),
            storage: Duration::from_millis(storage),
            storage_requests: 1,
        };
        let all = [authorized(10, 9), authorized(8, 4), authorized(7, 5)];
        let figures = HandshakeFigures::join(Kind::Rs256, &all);
        assert_eq!(figures.handshakes, 3);
        assert_eq!((figures.response_p50, figures.response_p99), (8.0, 10.0));
        assert_eq!((figures.own_p50, figures.own_p99), (2.0, 4.0));
        assert_eq!((figures.storage_p50, figures.storage_requests), (5.0, 1.0));
    }
}
