//! The check of an import's rows: pure, so that the preview and the taking over decide alike.

use super::csv_file::{CELL_LIMIT, COLUMNS};
use super::model::{AppointmentFacts, ImportRow, NewResult, Problem, RowError};
use super::rules;
use chrono::{DateTime, Utc};
use std::collections::{HashMap, HashSet};

/// What the database knows of the things that the rows name.
#[derive(Debug, Default)]
pub struct Facts {
    pub appointments: HashMap<String, AppointmentFacts>,
    /// By the ID as partners may know it: the ID that stands for the same person today (accounts are merged).
    pub candidate_ids: HashMap<String, String>,
    pub exam_codes: HashSet<String>,
}

/// Checks every row against the facts at `now`. A row either becomes a result or has errors; both keep the file's order.
pub fn check(rows: &[ImportRow], facts: &Facts, now: DateTime<Utc>) -> (Vec<NewResult>, Vec<RowError>) {
    let (mut results, mut errors) = (vec![], vec![]);
    let mut first_lines: HashMap<&str, u64> = HashMap::new();
    for row in rows {
        let mut row_check = RowCheck { row, errors: vec![] };
        let result = row_check.result(facts, now);
        if !row.appointment_reference.is_empty() {
            let first = *first_lines.entry(&row.appointment_reference).or_insert(row.line);
            if first != row.line {
                row_check.error(COLUMNS[0], &row.appointment_reference, Problem::Duplicate { line: first });
            }
        }
        match result {
            Some(result) if row_check.errors.is_empty() => results.push(result),
            _ => errors.append(&mut row_check.errors),
        }
    }
    (results, errors)
}

/// What is kept of a file does not bring back the candidate IDs of those whose account was erased since the exam.
pub fn forget_erased(rows: &mut [ImportRow], facts: &Facts) {
    for row in rows {
        if let Some(appointment) = facts.appointments.get(&row.appointment_reference).filter(|appointment| appointment.erased) {
            row.candidate_id.clone_from(&appointment.candidate_id);
        }
    }
}

struct RowCheck<'a> {
    row: &'a ImportRow,
    errors: Vec<RowError>,
}

impl RowCheck<'_> {
    fn error(&mut self, column: &str, value: &str, problem: Problem) {
        let value = value.chars().take(CELL_LIMIT).collect();
        self.errors.push(RowError { line: self.row.line, column: column.to_owned(), value, problem });
    }

    /// The cell, if it says something of a possible length.
    fn given<'b>(&mut self, column: &str, value: &'b str) -> Option<&'b str> {
        if value.is_empty() {
            self.error(column, value, Problem::Missing);
            return None;
        }
        if value.chars().count() > CELL_LIMIT {
            self.error(column, value, Problem::TooLong);
            return None;
        }
        Some(value)
    }

    fn number(&mut self, column: &str, value: &str, range: Option<(i32, i32)>) -> Option<i32> {
        let value = self.given(column, value)?;
        // "+5" and "５" are numbers to `parse`, but not what a partner's system writes.
        let Some(number) = value.parse::<i32>().ok().filter(|_| value.trim_start_matches('-').bytes().all(|b| b.is_ascii_digit())) else {
            self.error(column, value, Problem::NotANumber);
            return None;
        };
        match range {
            Some((min, max)) if !(min..=max).contains(&number) => {
                self.error(column, value, Problem::OutOfRange { min, max });
                None
            }
            _ => Some(number),
        }
    }

    fn result(&mut self, facts: &Facts, now: DateTime<Utc>) -> Option<NewResult> {
        let row = self.row;
        let [reference, candidate, exam, taken, raw, scaled] = COLUMNS;
        let appointment = self.given(reference, &row.appointment_reference).and_then(|value| {
            let found = facts.appointments.get(value);
            match found {
                None => self.error(reference, value, Problem::UnknownAppointment),
                Some(found) if found.has_result => self.error(reference, value, Problem::AlreadyHasResult),
                Some(found) if !rules::takes_result(&found.state) => self.error(reference, value, Problem::NotTaken),
                Some(_) => {}
            }
            found
        });
        if let Some(value) = self.given(candidate, &row.candidate_id) {
            match facts.candidate_ids.get(value) {
                _ if appointment.is_some_and(|appointment| appointment.erased) => {}
                None => self.error(candidate, value, Problem::UnknownCandidate),
                Some(today) if appointment.is_some_and(|appointment| appointment.candidate_id != *today) => {
                    self.error(candidate, value, Problem::OtherCandidate);
                }
                Some(_) => {}
            }
        }
        if let Some(value) = self.given(exam, &row.exam_code) {
            if !facts.exam_codes.contains(value) {
                self.error(exam, value, Problem::UnknownExam);
            } else if appointment.is_some_and(|appointment| appointment.exam_code != value) {
                self.error(exam, value, Problem::OtherExam);
            }
        }
        let taken_at = self.given(taken, &row.taken_at).and_then(|value| {
            let at = parse_time(value);
            match at {
                None => self.error(taken, value, Problem::NotATime),
                Some(at) if at > now => self.error(taken, value, Problem::InFuture),
                Some(at) if appointment.is_some_and(|appointment| at < appointment.starts_at) => {
                    self.error(taken, value, Problem::BeforeAppointment);
                }
                Some(_) => {}
            }
            at
        });
        let raw_range = appointment.map(|appointment| (0, appointment.scored_questions));
        let raw_score = if row.raw_score.is_empty() { None } else { self.number(raw, &row.raw_score, raw_range) };
        let scale = appointment.map(|appointment| (appointment.scale.min, appointment.scale.max));
        let scaled_score = self.number(scaled, &row.scaled_score, scale);
        let domains = self.domains(appointment.map(|appointment| appointment.domains));
        let (appointment, taken_at, scaled_score) = (appointment?, taken_at?, scaled_score?);
        Some(NewResult {
            appointment_id: appointment.id,
            account_id: appointment.account_id,
            exam_id: appointment.exam_id,
            taken_at,
            raw_score,
            scaled_score,
            passed: appointment.scale.passes(scaled_score),
            domains,
        })
    }

    fn domains(&mut self, expected: Option<usize>) -> Vec<i32> {
        let row = self.row;
        let found = row.domains.len();
        let mut percents = vec![];
        for (index, value) in row.domains.iter().enumerate() {
            percents.extend(self.number(&format!("domain_{}", index + 1), value, Some((0, 100))));
        }
        if let Some(expected) = expected.filter(|expected| *expected != found) {
            let counts = Problem::DomainCount { expected: expected as u32, found: found as u32 };
            self.error(&format!("domain_{}", expected.min(found) + 1), "", counts);
        }
        percents
    }
}

/// RFC 3339, with or without seconds; the offset is needed, because a time without one is anybody's guess.
fn parse_time(text: &str) -> Option<DateTime<Utc>> {
    let text = text.replacen(' ', "T", 1);
    let parsed =
        DateTime::parse_from_rfc3339(&text).or_else(|_| DateTime::parse_from_str(&text.replace('Z', "+00:00"), "%Y-%m-%dT%H:%M%:z"));
    parsed.ok().map(|at| at.to_utc())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{AccountId, AppointmentId, ExamId};
    use crate::results::rules::Scale;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn facts() -> Facts {
        let appointment = AppointmentFacts {
            id: AppointmentId::from_u128(1),
            account_id: AccountId::from_u128(2),
            candidate_id: "CPAAAAAAAA".into(),
            erased: false,
            exam_id: ExamId::from_u128(3),
            exam_code: "SAA-C03".into(),
            state: "booked".into(),
            starts_at: at("2026-12-01T09:00:00Z"),
            scale: Scale { min: 100, max: 1000, pass_mark: 720 },
            scored_questions: 50,
            domains: 2,
            has_result: false,
        };
        let other = AppointmentFacts { id: AppointmentId::from_u128(9), candidate_id: "CPBBBBBBBB".into(), ..appointment.clone() };
        let cancelled = AppointmentFacts { state: "cancelled".into(), ..appointment.clone() };
        let scored = AppointmentFacts { has_result: true, state: "scored".into(), ..appointment.clone() };
        Facts {
            appointments: [("R1", appointment), ("R2", other), ("GONE", cancelled), ("DONE", scored)]
                .map(|(reference, facts)| (reference.to_owned(), facts))
                .into(),
            candidate_ids: ["CPAAAAAAAA", "CPBBBBBBBB"].map(|id| (id.to_owned(), id.to_owned())).into(),
            exam_codes: ["SAA-C03", "CLF-C02"].map(str::to_owned).into(),
        }
    }

    fn row(change: impl FnOnce(&mut ImportRow)) -> ImportRow {
        let mut row = ImportRow {
            line: 2,
            appointment_reference: "R1".into(),
            candidate_id: "CPAAAAAAAA".into(),
            exam_code: "SAA-C03".into(),
            taken_at: "2026-12-01T12:10:00+01:00".into(),
            raw_score: "40".into(),
            scaled_score: "720".into(),
            domains: vec!["80".into(), "60".into()],
        };
        change(&mut row);
        row
    }

    fn problems(change: impl FnOnce(&mut ImportRow)) -> Vec<(String, Problem)> {
        let (_, errors) = check(&[row(change)], &facts(), at("2026-12-02T00:00:00Z"));
        errors.into_iter().map(|error| (error.column, error.problem)).collect()
    }

    #[test]
    fn a_right_row_becomes_a_result() {
        let (results, errors) = check(&[row(|_| {})], &facts(), at("2026-12-02T00:00:00Z"));
        assert_eq!(errors, []);
        assert!(results[0].passed);
        assert_eq!((results[0].taken_at, &results[0].domains), (at("2026-12-01T11:10:00Z"), &vec![80, 60]));
        assert_eq!(problems(|row| row.raw_score.clear()), [], "the raw score may be missing");
        assert_eq!(problems(|row| row.taken_at = "2026-12-01 11:10Z".into()), []);
    }

    #[test]
    fn every_wrong_cell_is_named() {
        type Case = (fn(&mut ImportRow), &'static str, Problem);
        let cases: &[Case] = &[
            (|row| row.appointment_reference.clear(), "appointment_reference", Problem::Missing),
            (|row| row.appointment_reference = "NONE".into(), "appointment_reference", Problem::UnknownAppointment),
            (|row| row.appointment_reference = "GONE".into(), "appointment_reference", Problem::NotTaken),
            (|row| row.appointment_reference = "DONE".into(), "appointment_reference", Problem::AlreadyHasResult),
            (|row| row.appointment_reference = "R2".into(), "candidate_id", Problem::OtherCandidate),
            (|row| row.candidate_id = "CPZZZZZZZZ".into(), "candidate_id", Problem::UnknownCandidate),
            (|row| row.candidate_id = "x".repeat(101), "candidate_id", Problem::TooLong),
            (|row| row.exam_code = "NOPE".into(), "exam_code", Problem::UnknownExam),
            (|row| row.exam_code = "CLF-C02".into(), "exam_code", Problem::OtherExam),
            (|row| row.taken_at = "2026-12-01T12:10:00".into(), "taken_at", Problem::NotATime),
            (|row| row.taken_at = "01/12/2026".into(), "taken_at", Problem::NotATime),
            (|row| row.taken_at = "2026-12-01T08:59:59Z".into(), "taken_at", Problem::BeforeAppointment),
            (|row| row.taken_at = "2026-12-02T00:00:01Z".into(), "taken_at", Problem::InFuture),
            (|row| row.raw_score = "51".into(), "raw_score", Problem::OutOfRange { min: 0, max: 50 }),
            (|row| row.raw_score = "forty".into(), "raw_score", Problem::NotANumber),
            (|row| row.scaled_score.clear(), "scaled_score", Problem::Missing),
            (|row| row.scaled_score = "99".into(), "scaled_score", Problem::OutOfRange { min: 100, max: 1000 }),
            (|row| row.scaled_score = "1001".into(), "scaled_score", Problem::OutOfRange { min: 100, max: 1000 }),
            (|row| row.scaled_score = "7.5".into(), "scaled_score", Problem::NotANumber),
            (|row| row.scaled_score = "99999999999".into(), "scaled_score", Problem::NotANumber),
            (|row| row.domains[1] = "101".into(), "domain_2", Problem::OutOfRange { min: 0, max: 100 }),
            (|row| row.domains[0] = "-1".into(), "domain_1", Problem::OutOfRange { min: 0, max: 100 }),
            (|row| row.domains[0].clear(), "domain_1", Problem::Missing),
            (|row| row.domains.truncate(1), "domain_2", Problem::DomainCount { expected: 2, found: 1 }),
            (|row| row.domains.push("5".into()), "domain_3", Problem::DomainCount { expected: 2, found: 3 }),
        ];
        for (change, column, problem) in cases {
            assert_eq!(problems(change), [((*column).to_owned(), *problem)]);
        }
    }

    #[test]
    fn a_row_of_an_erased_account_is_not_compared_and_its_id_is_not_kept() {
        let mut facts = facts();
        facts.appointments.get_mut("R1").unwrap().erased = true;
        let mut rows = [row(|row| row.candidate_id = "CPZZZZZZZZ".into()), row(|row| row.appointment_reference = "R2".into())];
        let (results, errors) = check(&rows, &facts, at("2026-12-02T00:00:00Z"));
        assert_eq!(results.len(), 1);
        assert_eq!(errors.iter().map(|error| error.problem).collect::<Vec<_>>(), [Problem::OtherCandidate]);
        forget_erased(&mut rows, &facts);
        assert_eq!(rows.each_ref().map(|row| row.candidate_id.as_str()), ["CPAAAAAAAA", "CPAAAAAAAA"]);
        let (_, errors) = check(&[row(|row| row.candidate_id.clear())], &facts, at("2026-12-02T00:00:00Z"));
        assert_eq!(errors[0].problem, Problem::Missing);
    }

    #[test]
    fn an_appointment_stands_once_in_a_file() {
        let rows = [row(|_| {}), row(|row| row.line = 7)];
        let (results, errors) = check(&rows, &facts(), at("2026-12-02T00:00:00Z"));
        assert_eq!(results.len(), 1);
        assert_eq!((errors[0].line, errors[0].problem), (7, Problem::Duplicate { line: 2 }));
    }
}
