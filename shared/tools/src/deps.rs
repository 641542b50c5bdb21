//! Clients and settings that the tools share.

use jiff::Timestamp;

use crate::get_weather::open_meteo::Service;
use crate::kb_lookup::retrieve::Retrieve;

/// Clients and settings that the tools share. A tool is not offered when it needs something that is absent here.
#[derive(Clone)]
pub struct Deps {
    /// HTTP client of all tools ([`crate::web::client`]).
    pub http: reqwest::Client,
    /// Weather service.
    pub weather: Service,
    /// Knowledge base, if one is configured.
    pub retrieve: Option<Retrieve>,
    /// Wall clock.
    pub clock: fn() -> Timestamp,
}
