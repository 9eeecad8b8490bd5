//! `programme.toml` and the candidate agreement beside it.

use super::Files;
use crate::server::data_file::{Fields, Problems};
use crate::server::programme::{Policies, Programme};
use crate::server::svg;
use chrono::{DateTime, NaiveTime, Utc};
use lettre::Address;
use serde_json::{Value, json};

pub const NAME: &str = "programme.toml";
pub const LOGO: &str = "logo.svg";

/// The languages that every text for candidates is written in.
pub const LANGUAGES: [&str; 2] = ["en", "es"];

/// Numbers of capabilities that do not exist yet: the file may state them. A name that is neither here nor in [`Policies`] is refused.
/// The limits of accounts, sessions and factors are no policies but constants of the program (`accounts/rules.rs`,
/// `server/http/sessions.rs`, CERTPORTAL_PASSWORD_POLICY …), each proved by a test of docs/security.md, so that no edited row can
/// weaken them.
const NOT_YET_READ: &[&str] = &[
    "waiting_list_offer_hours",
    "waiting_list_latest_hours",
    "online_room_pictures",
    "ce_cycle_years",
    "ce_credits_required",
    "ce_credits_extend_years",
    "ce_review_weeks_min",
    "ce_review_weeks_max",
    "ce_document_max_mib",
    "ce_appeals",
    "ce_audit_days",
    "renewal_reminder_months",
];

/// A version of the policies.
#[derive(Debug, Clone, PartialEq)]
pub struct PolicyVersion {
    pub version: i32,
    pub starts_at: DateTime<Utc>,
    pub rules: Policies,
}

/// Reads the programme with its agreement and logo, and the version of its policies.
pub fn read(files: &Files, problems: &Problems) -> Option<(Programme, PolicyVersion)> {
    let file = Fields::of(NAME, &files.programme, problems)?;
    let identity = file.section("programme");
    let mail = file.section("mail");
    let support = file.section("support");
    let colors = file.section("colors");
    let signatory = file.section("signatory");
    let agreement = file.section("agreement");
    let is_address = |text: &str| text.parse::<Address>().is_ok();
    let programme = Programme {
        name: identity.text("name"),
        short_name: identity.text("short_name"),
        accent: colors.color("accent_light"),
        accent_dark: colors.color("accent_dark"),
        logo_svg: files.logo.clone(),
        sender_name: mail.text("from_name"),
        sender_address: mail.fitting("from_address", "an e-mail address", is_address),
        support_email: support.fitting("email", "an e-mail address", is_address),
        support_phone: support.optional_text("phone"),
        signatory_name: signatory.text("name"),
        signatory_title: signatory.text("title"),
        currency: identity.fitting("default_currency", "an ISO 4217 code such as USD", |code| {
            code.len() == 3 && code.bytes().all(|b| b.is_ascii_uppercase())
        }),
        tagline: identity.words("tagline"),
        legal_note: identity.optional_words("trademark_note"),
        agreement_version: agreement.text("version"),
        agreement_text: agreement_text(files, problems),
    };
    if let Some(Err(error)) = files.logo.as_deref().map(svg::logo) {
        problems.add(LOGO, "", format!("cannot be read as a picture: {error}"));
    }
    let policies = policies(&file.section("policies"));
    // What is said of a programme and shown nowhere yet.
    identity.unread(&["slug", "legal_name", "website", "default_language", "languages", "currencies", "default_timezone"]);
    mail.unread(&["reply_to"]);
    support.unread(&["hours_en", "hours_es", "first_answer_business_days"]);
    agreement.unread(&["valid_from"]);
    file.unread(&["address"]);
    for section in [&identity, &mail, &support, &colors, &signatory, &agreement, &file] {
        section.end();
    }
    Some((programme, policies))
}

fn agreement_text(files: &Files, problems: &Problems) -> Value {
    let mut texts = json!({});
    for language in LANGUAGES {
        let text = files.agreement.get(language).map(|text| text.trim_end()).unwrap_or_default();
        if text.is_empty() {
            problems.add(&super::agreement_file(language), "", "is missing or empty");
        }
        texts[language] = text.into();
    }
    texts
}

fn policies(section: &Fields) -> PolicyVersion {
    let version = section.small("version", 1..=i32::MAX);
    let starts_at = section.day("valid_from");
    if !section.has("valid_from") {
        section.problem("valid_from", "is missing");
    }
    section.unread(NOT_YET_READ);
    let mut rules = serde_json::to_value(Policies::default()).unwrap_or_default();
    for (name, value) in section.pairs() {
        if matches!(name.as_str(), "version" | "valid_from") || NOT_YET_READ.contains(&name.as_str()) {
            continue;
        }
        let Some(rule) = rules.get_mut(&name) else {
            section.problem(&name, "is not known here");
            continue;
        };
        let number = |value: &toml::Value| {
            let most = if name.ends_with("_percent") { 100 } else { i64::from(i32::MAX) };
            value.as_integer().filter(|number| (0..=most).contains(number))
        };
        if rule.is_array() {
            let numbers: Option<Vec<i64>> = value.as_array().and_then(|values| values.iter().map(&number).collect());
            match numbers.filter(|numbers| !numbers.is_empty() && numbers.iter().all(|number| *number > 0)) {
                Some(numbers) => *rule = numbers.into(),
                None => section.problem(&name, "is not a list of whole numbers above 0"),
            }
        } else {
            let least = i64::from(MORE_THAN_NOTHING.contains(&name.as_str()));
            match number(&value).filter(|number| *number >= least) {
                Some(number) => *rule = number.into(),
                None => section.problem(&name, format!("{value} cannot be used: it is not a whole number in its range")),
            }
        }
    }
    PolicyVersion {
        version,
        starts_at: starts_at.unwrap_or_default().and_time(NaiveTime::MIN).and_utc(),
        // Every name is one of the struct's and every value a number in its range.
        rules: serde_json::from_value(rules).unwrap_or_default(),
    }
}

/// Rules that mean nothing when they are 0.
const MORE_THAN_NOTHING: &[&str] = &[
    "email_verification_hours",
    "horizon_days",
    "hold_minutes",
    "validity_years",
    "beta_attempts",
    "factor_recovery_open_days",
    "approval_open_days",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn read_demo(change: impl Fn(String) -> String) -> (Option<(Programme, PolicyVersion)>, Vec<String>) {
        let problems = Problems::default();
        let mut files = Files::demo();
        files.programme = change(files.programme);
        let read = read(&files, &problems);
        (read, problems.into_vec().into_iter().map(|problem| problem.field).collect())
    }

    #[test]
    fn the_demo_starts_with_the_numbers_of_the_product() {
        let (read, problems) = read_demo(|text| text);
        assert_eq!(problems, Vec::<String>::new());
        assert_eq!(read.unwrap().1.rules, Policies::default());
        let table: toml::Table = Files::demo().programme.parse().unwrap();
        let stated = table["policies"].as_table().unwrap();
        let read = serde_json::to_value(Policies::default()).unwrap();
        for key in read.as_object().unwrap().keys() {
            assert!(stated.contains_key(key), "{key} is missing in programme.toml");
        }
        for key in NOT_YET_READ {
            assert!(stated.contains_key(*key), "{key} is not in programme.toml any more");
            assert!(read.get(key).is_none(), "{key} is read now");
        }
    }

    #[test]
    fn every_problem_of_a_programme_is_told_by_its_field() {
        let (_, problems) = read_demo(|text| {
            text.replacen("name = \"Northlight Cloud Certification\"\n", "", 1)
                .replace("certification@northlight.example", "nobody")
                .replace("accent_dark = \"#86cbd3\"", "accent_dark = \"blue\"")
                .replace("default_currency = \"USD\"", "default_currency = \"dollars\"")
                .replace("hold_minutes = 15", "hold_minutes = 0\nhold_minuets = 15")
                .replace("beta_price_percent = 50", "beta_price_percent = 150")
                .replace("reminder_days = [7, 1]", "reminder_days = 7")
        });
        assert_eq!(
            problems,
            [
                "programme.name",
                "colors.accent_dark",
                "mail.from_address",
                "programme.default_currency",
                "policies.beta_price_percent",
                "policies.hold_minuets",
                "policies.hold_minutes",
                "policies.reminder_days",
            ]
        );
    }

    #[test]
    fn the_agreement_says_the_same_in_both_languages() {
        let files = Files::demo();
        let numbers = |text: &str| -> Vec<String> {
            text.split("\n\n").map(|paragraph| paragraph.split('.').next().unwrap_or_default().to_owned()).collect()
        };
        assert_eq!(numbers(&files.agreement["en"]), numbers(&files.agreement["es"]));
        assert_eq!(numbers(&files.agreement["en"]).len(), 10);
    }
}
