//! Time zones to choose from: the IANA list without its aliases of old, by part of the world.

use crate::ui::Choice;
use chrono_tz::{TZ_VARIANTS, Tz};

const AREAS: [&str; 10] = ["Africa", "America", "Antarctica", "Arctic", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific"];

/// Zones that people choose. `Etc/…`, `US/…` and the like are other names of these.
fn choosable(zone: &Tz) -> bool {
    zone.name().split_once('/').is_some_and(|(area, _)| AREAS.contains(&area))
}

/// The zone of a name, if it may be chosen.
pub fn parse(name: &str) -> Option<Tz> {
    let zone: Tz = name.parse().ok()?;
    (zone == Tz::UTC || choosable(&zone)).then_some(zone)
}

/// `Europe` → `Madrid`, `America` → `Argentina, Buenos Aires`.
pub fn choices() -> Vec<Choice> {
    let utc = Choice::new("UTC", "UTC").in_group("UTC");
    TZ_VARIANTS
        .iter()
        .filter(|zone| choosable(zone))
        .filter_map(|zone| {
            let (area, place) = zone.name().split_once('/')?;
            Some(Choice::new(zone.name(), place.replace('/', ", ").replace('_', " ")).in_group(area))
        })
        .chain([utc])
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_choice_is_a_zone() {
        let choices = choices();
        assert!(choices.len() > 300);
        assert!(choices.iter().all(|choice| parse(&choice.value).is_some()));
        assert!(choices.is_sorted_by_key(|choice| choice.group.clone()));
        assert!(parse("US/Pacific").is_none() && parse("nowhere").is_none() && parse("Europe/Madrid").is_some());
    }
}
