//! WMO weather codes as words that follow "it is" (Open-Meteo documentation, "WMO Weather interpretation
//! codes").

/// Describes the sky; `None` for a code that is not in the table.
pub(super) fn describe(code: u16, day: bool) -> Option<&'static str> {
    Some(match (code, day) {
        (0, true) => "sunny",
        (0, false) => "clear",
        (1, true) => "mostly sunny",
        (1, false) => "mostly clear",
        (2, _) => "partly cloudy",
        (3, _) => "overcast",
        (45 | 48, _) => "foggy",
        (51 | 53 | 55, _) => "drizzling",
        (56 | 57, _) => "drizzling and freezing",
        (61, _) => "raining lightly",
        (63, _) => "raining",
        (65, _) => "raining heavily",
        (66 | 67, _) => "raining and freezing",
        (71, _) => "snowing lightly",
        (73 | 77, _) => "snowing",
        (75, _) => "snowing heavily",
        (80 | 81, _) => "showery",
        (82, _) => "pouring in showers",
        (85 | 86, _) => "snowing in showers",
        (95, _) => "thundery",
        (96 | 99, _) => "thundery with hail",
        _ => return None,
    })
}
