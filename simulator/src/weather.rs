//! Open-Meteo's two services over a small table: geocoding and the current weather.

pub(crate) mod cities;
pub(crate) mod routes;
