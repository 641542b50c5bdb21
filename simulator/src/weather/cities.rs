//! Cities and their weather.

/// One city.
#[derive(Debug)]
pub(crate) struct City {
    pub(crate) name: &'static str,
    pub(crate) country: &'static str,
    pub(crate) country_code: &'static str,
    pub(crate) timezone: &'static str,
    pub(crate) latitude: f64,
    pub(crate) longitude: f64,
    /// Temperature in °C.
    pub(crate) temperature: f64,
    /// WMO weather interpretation code.
    pub(crate) weather_code: u8,
}

/// City whose forecast takes 60 s.
pub(crate) const SLOW_CITY: &str = "Slowville";
/// City whose forecast fails with status 500.
pub(crate) const FAILING_CITY: &str = "Stormbridge";

#[rustfmt::skip]
pub(crate) const CITIES: [City; 18] = [
    city("New York", "United States", "US", "America/New_York", (40.71427, -74.00597), 24.3, 0),
    city("San Francisco", "United States", "US", "America/Los_Angeles", (37.77493, -122.41942), 16.1, 45),
    city("London", "United Kingdom", "GB", "Europe/London", (51.50853, -0.12574), 13.4, 61),
    city("Paris", "France", "FR", "Europe/Paris", (48.85341, 2.3488), 18.2, 2),
    city("Berlin", "Germany", "DE", "Europe/Berlin", (52.52437, 13.41053), 15.7, 3),
    city("Hamburg", "Germany", "DE", "Europe/Berlin", (53.55073, 9.99302), 12.0, 80),
    city("Madrid", "Spain", "ES", "Europe/Madrid", (40.4165, -3.70256), 29.5, 0),
    city("Rome", "Italy", "IT", "Europe/Rome", (41.89193, 12.51133), 26.8, 1),
    city("Oslo", "Norway", "NO", "Europe/Oslo", (59.91273, 10.74609), -3.2, 73),
    city("Reykjavík", "Iceland", "IS", "Atlantic/Reykjavik", (64.13548, -21.89541), 1.4, 51),
    city("Cairo", "Egypt", "EG", "Africa/Cairo", (30.06263, 31.24967), 34.9, 0),
    city("Mumbai", "India", "IN", "Asia/Kolkata", (19.07283, 72.88261), 30.2, 95),
    city("Singapore", "Singapore", "SG", "Asia/Singapore", (1.28967, 103.85007), 31.0, 81),
    city("Tokyo", "Japan", "JP", "Asia/Tokyo", (35.6895, 139.69171), 21.6, 63),
    city("Sydney", "Australia", "AU", "Australia/Sydney", (-33.86785, 151.20732), 22.9, 1),
    city("São Paulo", "Brazil", "BR", "America/Sao_Paulo", (-23.5475, -46.63611), 25.1, 2),
    city(SLOW_CITY, "Testland", "XX", "UTC", (10.0, 10.0), 20.0, 0),
    city(FAILING_CITY, "Testland", "XX", "UTC", (11.0, 11.0), 20.0, 95),
];

const fn city(
    name: &'static str,
    country: &'static str,
    country_code: &'static str,
    timezone: &'static str,
    (latitude, longitude): (f64, f64),
    temperature: f64,
    weather_code: u8,
) -> City {
    City {
        name,
        country,
        country_code,
        timezone,
        latitude,
        longitude,
        temperature,
        weather_code,
    }
}

/// Returns the city with this name, ignoring case and the part after a comma, as in "Berlin, Germany".
pub(crate) fn by_name(name: &str) -> Option<&'static City> {
    let name = name
        .split(',')
        .next()
        .unwrap_or_default()
        .trim()
        .to_lowercase();
    CITIES.iter().find(|city| city.name.to_lowercase() == name)
}

/// Returns the city within a tenth of a degree of these coordinates.
pub(crate) fn by_coordinates(latitude: f64, longitude: f64) -> Option<&'static City> {
    CITIES.iter().find(|city| {
        (city.latitude - latitude).abs() < 0.1 && (city.longitude - longitude).abs() < 0.1
    })
}
