//! When advice is given.

use chrono::{DateTime, Months, Utc};

/// How old a password is before a new one is advised, and how long the advice stays away (product.md section 2). A nudge:
/// passwords do not expire (security.md line 6).
const PASSWORD: Months = Months::new(6);

/// Whether a new password is advised: half a year after the last change, or after the advice was put away.
pub fn password_is_due(changed_at: Option<DateTime<Utc>>, dismissed_at: Option<DateTime<Utc>>, now: DateTime<Utc>) -> bool {
    // Nobody is advised to change a password that there is none of.
    changed_at.is_some_and(|changed| {
        let last = dismissed_at.map_or(changed, |dismissed| dismissed.max(changed));
        last.checked_add_months(PASSWORD).is_some_and(|due| due <= now)
    })
}

/// Whether another address is advised: the only verified one may be an employer's, and whether it is cannot be told from
/// looking at it. Once put away it stays away.
pub fn second_address_is_due(verified: i64, dismissed_at: Option<DateTime<Utc>>) -> bool {
    verified == 1 && dismissed_at.is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> DateTime<Utc> {
        format!("{text}T12:00:00Z").parse().unwrap()
    }

    #[test]
    fn a_password_is_due_half_a_year_after_its_change_and_after_the_advice() {
        let changed = Some(day("2026-08-31"));
        assert!(!password_is_due(changed, None, day("2027-02-27")));
        assert!(password_is_due(changed, None, day("2027-02-28")));
        assert!(!password_is_due(changed, Some(day("2027-03-01")), day("2027-08-31")));
        assert!(password_is_due(changed, Some(day("2027-03-01")), day("2027-09-01")));
        // Put away long ago and changed since.
        assert!(!password_is_due(Some(day("2027-08-01")), Some(day("2027-03-01")), day("2027-10-01")));
        assert!(!password_is_due(None, None, day("2030-01-01")));
    }

    #[test]
    fn one_address_is_too_few_and_none_is_another_matter() {
        assert!(second_address_is_due(1, None));
        assert!(!second_address_is_due(1, Some(day("2026-08-31"))));
        assert!(!second_address_is_due(0, None) && !second_address_is_due(2, None));
    }
}
