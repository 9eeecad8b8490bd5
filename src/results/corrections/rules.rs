//! What a correction may say, as a pure function.

use super::model::{Change, Correction, DomainChange, StaffResult};
use crate::error::{Code, FieldError};

/// Names of the form's fields for the domains' percents, in the exam's order.
pub fn domain_field(index: usize) -> String {
    format!("domains[{index}]")
}

/// A whole number of a range, as it is typed.
fn number(field: &str, typed: &str, (min, max): (i32, i32), errors: &mut Vec<FieldError>) -> Option<i32> {
    let typed = typed.trim();
    if typed.is_empty() {
        errors.push(FieldError::new(field, Code::Required));
        return None;
    }
    // "+5" and "５" are numbers to `parse`, but not what anybody types on purpose.
    let digits = typed.bytes().all(|byte| byte.is_ascii_digit());
    let number = typed.parse::<i32>().ok().filter(|number| digits && (min..=max).contains(number));
    if number.is_none() {
        errors.push(FieldError::with(field, Code::WholeNumber, format!("{min}–{max}")));
    }
    number
}

/// Reads a correction of a result: the total on the exam's scale, a percent for each domain. Whether it is a pass follows from the
/// pass mark (compensatory scoring).
///
/// # Errors
/// Each at its field; [`Code::NothingChanged`] at the total when everything is as it was.
pub fn correction(result: &StaffResult, scaled: &str, percents: &[String]) -> Result<Correction, Vec<FieldError>> {
    let mut errors = vec![];
    let scaled = number("scaled_score", scaled, (result.scale.min, result.scale.max), &mut errors);
    let mut domains = vec![];
    for (index, domain) in result.domains.iter().enumerate() {
        let typed = percents.get(index).map(String::as_str).unwrap_or_default();
        if let Some(after) = number(&domain_field(index), typed, (0, 100), &mut errors) {
            domains.push(DomainChange { name: domain.name.clone(), percent: Change { before: domain.percent, after } });
        }
    }
    let Some(scaled) = scaled.filter(|_| errors.is_empty()) else { return Err(errors) };
    let correction = Correction {
        exam_code: result.exam_code.clone(),
        reference: result.reference.clone(),
        scaled: Change { before: result.scaled_score, after: scaled },
        passed: Change { before: result.passed, after: result.scale.passes(scaled) },
        domains,
    };
    let changes = correction.scaled.changes() || correction.domains.iter().any(|domain| domain.percent.changes());
    if changes { Ok(correction) } else { Err(vec![FieldError::new("scaled_score", Code::NothingChanged)]) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{AccountId, CertificationId, ExamId, ResultId};
    use crate::results::corrections::model::StaffDomain;
    use crate::results::rules::Scale;
    use chrono::DateTime;
    use serde_json::json;

    fn result() -> StaffResult {
        StaffResult {
            id: ResultId::from_u128(0),
            account_id: AccountId::from_u128(0),
            candidate_id: None,
            candidate_name: String::new(),
            exam_id: ExamId::from_u128(0),
            exam_code: "SAA-C03".into(),
            certification_id: CertificationId::from_u128(0),
            certification: String::new(),
            reference: "NLX".into(),
            taken_at: DateTime::UNIX_EPOCH,
            time_zone: "UTC".into(),
            received_at: DateTime::UNIX_EPOCH,
            released_at: None,
            released_by: None,
            raw_score: Some(41),
            scaled_score: 700,
            passed: false,
            scale: Scale { min: 100, max: 1000, pass_mark: 720 },
            import: None,
            credential: None,
            policies: json!({}),
            domains: [80, 60].map(|percent| StaffDomain { name: json!({"en": "D"}), weight: 50, percent }).to_vec(),
        }
    }

    fn percents(typed: [&str; 2]) -> Vec<String> {
        typed.map(str::to_owned).to_vec()
    }

    #[test]
    fn the_pass_mark_decides_about_the_corrected_score() {
        let corrected = correction(&result(), " 720 ", &percents(["80", "64"])).unwrap();
        assert_eq!((corrected.scaled.after, corrected.passed.before, corrected.passed.after), (720, false, true));
        assert_eq!(corrected.domains[1].percent, Change { before: 60, after: 64 });
        assert!(!correction(&result(), "719", &percents(["80", "60"])).unwrap().passed.after);
        assert!(corrected.fits(700, false, &[80, 60]));
        assert!(!corrected.fits(701, false, &[80, 60]) && !corrected.fits(700, false, &[80, 61]) && !corrected.fits(700, false, &[80]));
    }

    #[test]
    fn every_wrong_number_is_told_at_its_field() {
        let wrong = |scaled: &str, typed: [&str; 2]| -> Vec<(String, Code)> {
            let errors = correction(&result(), scaled, &percents(typed)).unwrap_err();
            errors.into_iter().map(|error| (error.field, error.code)).collect()
        };
        assert_eq!(
            wrong("99", ["", "101"]),
            [
                ("scaled_score".to_owned(), Code::WholeNumber),
                ("domains[0]".to_owned(), Code::Required),
                ("domains[1]".to_owned(), Code::WholeNumber)
            ]
        );
        for typed in ["1001", "-5", "+720", "7 20", "720.5", "７２０", "99999999999"] {
            assert_eq!(wrong(typed, ["80", "60"]), [("scaled_score".to_owned(), Code::WholeNumber)], "{typed}");
        }
        assert_eq!(wrong("700", ["80", "60"]), [("scaled_score".to_owned(), Code::NothingChanged)]);
        assert!(correction(&result(), "710", &[]).is_err(), "every domain is asked for");
    }
}
