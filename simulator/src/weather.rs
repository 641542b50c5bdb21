//! Weather service: Open-Meteo's geocoding and current weather for a table of cities.

pub(crate) mod cities;
pub(crate) mod routes;
