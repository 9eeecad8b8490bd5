//! Who comes: the name as on the ID, and the age.

use crate::error::{Code, FieldError};
use crate::server::programme::Policies;
use chrono::{Datelike, NaiveDate};
use unicode_normalization::UnicodeNormalization;

/// A name in the form in which it is compared with the account's: width and composition of letters, capitals and spaces
/// are forgiven; accents and letters are not, because they are what an ID check looks at.
pub fn comparable_name(name: &str) -> String {
    let folded: String = name.nfkc().collect::<String>().to_lowercase().nfkc().collect();
    folded.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Completed years of life.
pub fn age(born: NaiveDate, today: NaiveDate) -> i32 {
    let birthday_is_ahead = (today.month(), today.day()) < (born.month(), born.day());
    today.year() - born.year() - i32::from(birthday_is_ahead)
}

/// A date of birth as typed.
///
/// # Errors
/// At `field`: no date, or in the future.
pub fn date_of_birth(field: &str, typed: (&str, &str, &str), today: NaiveDate) -> Result<NaiveDate, FieldError> {
    let (day, month, year) = (typed.0.trim(), typed.1.trim(), typed.2.trim());
    if [day, month, year].iter().all(|part| part.is_empty()) {
        return Err(FieldError::new(field, Code::Required));
    }
    let date = match (day.parse(), month.parse(), year.parse()) {
        (Ok(day), Ok(month), Ok(year)) if year >= today.year() - 130 => NaiveDate::from_ymd_opt(year, month, day),
        _ => None,
    };
    let date = date.ok_or_else(|| FieldError::new(field, Code::DateInvalid))?;
    if date > today {
        return Err(FieldError::new(field, Code::DateInFuture));
    }
    Ok(date)
}

/// Whether somebody born then is under the age at which nobody has to consent for them: until the day before the birthday.
pub fn needs_guardian(born: NaiveDate, today: NaiveDate, policies: &Policies) -> bool {
    age(born, today) < policies.guardian_consent_age
}

/// Whether somebody born then may book today (product.md section 1). `consented`: a guardian's consent holds; below the minimum age nobody's consent helps.
///
/// # Errors
/// At `field`: [`Code::TooYoung`] or [`Code::GuardianNeeded`], with the age as parameter.
pub fn old_enough(field: &str, born: NaiveDate, today: NaiveDate, policies: &Policies, consented: bool) -> Result<(), FieldError> {
    if age(born, today) < policies.minimum_age {
        return Err(FieldError::with(field, Code::TooYoung, policies.minimum_age));
    }
    if needs_guardian(born, today, policies) && !consented {
        return Err(FieldError::with(field, Code::GuardianNeeded, policies.guardian_consent_age));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn names_are_compared_strictly_but_not_pedantically() {
        assert_eq!(comparable_name("  Ｍaya   LINDQVIST "), comparable_name("maya lindqvist"));
        assert_eq!(comparable_name("Jose\u{301}"), comparable_name("José"));
        assert_ne!(comparable_name("Jose"), comparable_name("José"));
        assert_ne!(comparable_name("Anne Marie"), comparable_name("Annemarie"));
        assert_eq!(comparable_name("STRASSE"), comparable_name("strasse"));
    }

    #[test]
    fn age_turns_on_the_birthday() {
        let policies = Policies::default();
        let birth = |year: &str, today: &str| {
            let born = date_of_birth("dob", ("24", "11", year), day(today));
            born.and_then(|born| old_enough("dob", born, day(today), &policies, false).map(|()| born)).map_err(|e| e.code)
        };
        assert_eq!(birth("2013", "2026-11-23"), Err(Code::TooYoung));
        assert_eq!(birth("2013", "2026-11-24"), Err(Code::GuardianNeeded));
        assert_eq!(birth("2008", "2026-11-23"), Err(Code::GuardianNeeded));
        assert_eq!(birth("2008", "2026-11-24"), Ok(day("2008-11-24")));
        // With a guardian's consent from the thirteenth birthday on.
        assert_eq!(old_enough("dob", day("2013-11-24"), day("2026-11-24"), &policies, true), Ok(()));
        assert!(old_enough("dob", day("2013-11-24"), day("2026-11-23"), &policies, true).is_err());
        assert_eq!(birth("2027", "2026-11-24"), Err(Code::DateInFuture));
        assert_eq!(birth("1850", "2026-11-24"), Err(Code::DateInvalid));
        assert_eq!(age(day("2008-02-29"), day("2026-02-28")), 17);
        assert_eq!(age(day("2008-02-29"), day("2026-03-01")), 18);
    }
}
