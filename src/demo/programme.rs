//! The demo programme: `seed/demo/programme.toml` and the candidate agreement beside it, into tables.

use crate::server::programme::Policies;
use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use serde::Deserialize;
use serde_json::{Value, json};
use sqlx::PgPool;
use std::error::Error;
use toml::value::Datetime;

const FILE: &str = include_str!("../../seed/demo/programme.toml");
const AGREEMENT_EN: &str = include_str!("../../seed/demo/agreement.en.txt");
const AGREEMENT_ES: &str = include_str!("../../seed/demo/agreement.es.txt");

/// Rules of the file that no code reads yet: each moves into [`Policies`] with the capability that acts on it. A key that
/// is neither there nor here is refused.
const NOT_YET_READ: &[&str] = &[
    "merge_undo_days",
    "erasure_grace_days",
    "password_policy",
    "password_min_length",
    "password_max_length",
    "nist_password_min_length",
    "nist_password_min_length_with_second_factor",
    "password_reminder_months",
    "backup_codes",
    "totp_step_tolerance",
    "trusted_device_days",
    "lockout_failures",
    "lockout_window_minutes",
    "lockout_first_minutes",
    "lockout_next_minutes",
    "lockout_total_failures",
    "reset_link_hours",
    "session_idle_minutes_staff",
    "session_idle_hours_candidate",
    "session_absolute_days",
    "step_up_minutes",
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

#[derive(Debug, Deserialize)]
struct File {
    programme: ProgrammeEntry,
    mail: MailEntry,
    support: SupportEntry,
    colors: Colors,
    signatory: Signatory,
    agreement: Agreement,
    policies: toml::Table,
}

#[derive(Debug, Deserialize)]
struct ProgrammeEntry {
    name: String,
    short_name: String,
    tagline_en: String,
    tagline_es: String,
    trademark_note_en: String,
    trademark_note_es: String,
    default_currency: String,
}

#[derive(Debug, Deserialize)]
struct MailEntry {
    from_name: String,
    from_address: String,
}

#[derive(Debug, Deserialize)]
struct SupportEntry {
    email: String,
    phone: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Colors {
    accent_light: String,
    accent_dark: String,
}

#[derive(Debug, Deserialize)]
struct Signatory {
    name: String,
    title: String,
}

#[derive(Debug, Deserialize)]
struct Agreement {
    version: String,
}

/// The first version of the policies.
struct FirstPolicies {
    version: i32,
    starts_at: DateTime<Utc>,
    rules: Policies,
}

/// Writes the programme and the first version of its policies where there are none yet. What staff have changed stays.
pub async fn load(pool: &PgPool, now: DateTime<Utc>) -> Result<(), Box<dyn Error>> {
    let file: File = toml::from_str(FILE)?;
    let policies = first_policies(file.policies)?;
    let mut tx = pool.begin().await?;
    sqlx::query!(
        "INSERT INTO programme (name, short_name, accent, accent_dark, sender_name, sender_address, support_email, support_phone,
                                signatory_name, signatory_title, currency, tagline, legal_note, agreement_version, agreement_text)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
         ON CONFLICT (only_one) DO NOTHING",
        file.programme.name,
        file.programme.short_name,
        file.colors.accent_light,
        file.colors.accent_dark,
        file.mail.from_name,
        file.mail.from_address,
        file.support.email,
        file.support.phone,
        file.signatory.name,
        file.signatory.title,
        file.programme.default_currency,
        texts(&file.programme.tagline_en, &file.programme.tagline_es),
        texts(&file.programme.trademark_note_en, &file.programme.trademark_note_es),
        file.agreement.version,
        texts(AGREEMENT_EN.trim_end(), AGREEMENT_ES.trim_end()),
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query!(
        "INSERT INTO policy_version (version, starts_at, rules, created_at) VALUES ($1, $2, $3, $4) ON CONFLICT (version) DO NOTHING",
        policies.version,
        policies.starts_at,
        serde_json::to_value(&policies.rules)?,
        now,
    )
    .execute(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(())
}

fn texts(en: &str, es: &str) -> Value {
    json!({ "en": en, "es": es })
}

fn first_policies(mut table: toml::Table) -> Result<FirstPolicies, Box<dyn Error>> {
    let version = table.remove("version").and_then(|version| version.as_integer()).ok_or("policies: no version")?;
    let day: Datetime = table.remove("valid_from").ok_or("policies: no first day")?.try_into()?;
    let day: NaiveDate = day.to_string().parse()?;
    for key in NOT_YET_READ {
        table.remove(*key);
    }
    Ok(FirstPolicies {
        version: version.try_into()?,
        starts_at: day.and_time(NaiveTime::MIN).and_utc(),
        rules: toml::Value::Table(table).try_into()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_demo_starts_with_the_numbers_of_the_product() {
        let file: File = toml::from_str(FILE).unwrap();
        let keys = file.policies.clone();
        let policies = first_policies(file.policies).unwrap();
        assert_eq!(policies.rules, Policies::default());
        let read = serde_json::to_value(Policies::default()).unwrap();
        for key in read.as_object().unwrap().keys() {
            assert!(keys.contains_key(key), "{key} is missing in programme.toml");
        }
        for key in NOT_YET_READ {
            assert!(keys.contains_key(*key), "{key} is not in programme.toml any more");
            assert!(read.get(key).is_none(), "{key} is read now");
        }
    }

    #[test]
    fn the_agreement_says_the_same_in_both_languages() {
        let numbers = |text: &str| -> Vec<String> {
            text.split("\n\n").map(|paragraph| paragraph.split('.').next().unwrap_or_default().to_owned()).collect()
        };
        assert_eq!(numbers(AGREEMENT_EN), numbers(AGREEMENT_ES));
        assert_eq!(numbers(AGREEMENT_EN).len(), 10);
    }
}
