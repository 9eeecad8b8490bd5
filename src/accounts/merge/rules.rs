//! The decisions about merges, as pure functions.

use crate::scheduling::rules::comparable_name;
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

/// How long a merge can be undone (product.md section 1).
pub const UNDO: TimeDelta = TimeDelta::days(14);
/// How long the proof of the other account counts.
pub const PROOF: TimeDelta = TimeDelta::minutes(15);

pub fn can_be_undone(merged_at: DateTime<Utc>, now: DateTime<Utc>) -> bool {
    now <= merged_at + UNDO
}

/// Two dates of birth that are both known and differ are two people's.
pub fn two_people(mine: Option<NaiveDate>, other: Option<NaiveDate>) -> bool {
    matches!((mine, other), (Some(mine), Some(other)) if mine != other)
}

/// Dates of birth that are both known and equal: names that differ may be one person's, after a marriage say. Otherwise two people could
/// put their results together by ticking a box.
pub fn known_to_be_one(mine: Option<NaiveDate>, other: Option<NaiveDate>) -> bool {
    mine.is_some() && mine == other
}

/// Whether the legal names are the same, compared as the name on an ID is with the account's.
pub fn same_name(mine: (&str, &str), other: (&str, &str)) -> bool {
    let plain = |(given, family): (&str, &str)| comparable_name(&format!("{given} {family}"));
    plain(mine) == plain(other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_merge_can_be_undone_for_fourteen_days() {
        let at = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        assert!(can_be_undone(at, at + TimeDelta::days(14)));
        assert!(!can_be_undone(at, at + TimeDelta::days(14) + TimeDelta::seconds(1)));
    }

    #[test]
    fn only_known_births_can_differ() {
        let (a, b) = (NaiveDate::from_ymd_opt(1990, 1, 2), NaiveDate::from_ymd_opt(1990, 2, 1));
        assert!(two_people(a, b));
        assert!(!two_people(a, a) && !two_people(a, None) && !two_people(None, None));
        assert!(same_name(("Ana", "Prueba"), ("ANA ", "Prueba")));
        assert!(same_name(("Ana  María", "Prueba"), ("ana maría", " PRUEBA")));
        assert!(!same_name(("Ana", "Prueba"), ("Eva", "Prueba")));
        assert!(known_to_be_one(a, a));
        assert!(!known_to_be_one(a, b) && !known_to_be_one(a, None) && !known_to_be_one(None, None));
    }
}
