//! The programme's data (name, colours, senders) and its policies: read often, changed rarely, so kept in
//! memory and refreshed in the background.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sqlx::{PgConnection, PgPool};
use std::sync::{Arc, RwLock};

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Programme {
    pub name: String,
    pub short_name: String,
    pub accent: String,
    pub accent_dark: String,
    pub logo_svg: Option<String>,
    pub sender_name: String,
    pub sender_address: String,
    pub support_email: String,
    pub support_phone: Option<String>,
    pub signatory_name: String,
    pub signatory_title: String,
    pub currency: String,
    /// One sentence about the programme, by language.
    pub tagline: serde_json::Value,
    /// What must be said on public pages (trademarks), by language.
    pub legal_note: serde_json::Value,
    pub agreement_version: String,
    pub agreement_text: serde_json::Value,
}

/// The numbers of the product's rules (product.md sections 1 to 7). Stored as JSON in `policy_version`,
/// copied onto what a candidate buys. Nothing decides by `pass_benefit_percent`, `support_after_days_without_result`,
/// `accommodation_decision_business_days` and `language_accommodation_minutes` yet: stored versions have them already.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Policies {
    pub email_verification_hours: i64,
    pub minimum_age: i32,
    pub guardian_consent_age: i32,
    pub lead_time_hours_center: i64,
    pub lead_time_hours_online: i64,
    pub horizon_days: i64,
    pub hold_minutes: i64,
    pub seat_overhead_minutes_center: i32,
    pub seat_overhead_minutes_online: i32,
    pub reschedule_cutoff_hours: i64,
    pub reschedule_limit: i32,
    pub cancel_cutoff_hours: i64,
    pub retake_wait_days: i32,
    pub pass_block_years: i32,
    pub result_business_days: i32,
    pub validity_years: i32,
    pub arrival_minutes: i64,
    pub online_checkin_opens_minutes: i64,
    pub online_checkin_closes_minutes: i64,
    pub pass_benefit_percent: i32,
    pub beta_price_percent: i32,
    /// How often a beta exam may be taken.
    pub beta_attempts: i32,
    /// In the reader's unit of distance.
    pub search_radius_choices: Vec<i32>,
    /// Days before an appointment on which it is called to mind.
    pub reminder_days: Vec<i32>,
    /// Calendar days after which a missing result is a case for support.
    pub support_after_days_without_result: i32,
    pub appeal_days: i32,
    pub accommodation_decision_business_days: i32,
    pub language_accommodation_minutes: i32,
    /// Between the approval of a request to remove lost second factors and their removal (security.md line 23).
    pub factor_recovery_delay_hours: i64,
    /// After so many days a request that nobody decided lapses.
    pub factor_recovery_open_days: i64,
    /// What one person of the staff may refund on an order in all, in minor units of the programme's currency; more takes two
    /// (security.md line 41).
    pub refund_approval_limit_minor: i64,
    /// After so many days a request for an approval that nobody decided lapses.
    pub approval_open_days: i64,
}

impl Policies {
    /// How often an exam may be taken: its own limit, else a beta's (product.md section 3). `None`: any number of times.
    pub fn attempts(&self, max_attempts: Option<i32>, beta: bool) -> Option<i32> {
        max_attempts.or_else(|| beta.then_some(self.beta_attempts))
    }
}

impl Default for Policies {
    fn default() -> Self {
        Self {
            email_verification_hours: 24,
            minimum_age: 13,
            guardian_consent_age: 18,
            lead_time_hours_center: 24,
            lead_time_hours_online: 4,
            horizon_days: 90,
            hold_minutes: 15,
            seat_overhead_minutes_center: 30,
            seat_overhead_minutes_online: 15,
            reschedule_cutoff_hours: 24,
            reschedule_limit: 2,
            cancel_cutoff_hours: 24,
            retake_wait_days: 14,
            pass_block_years: 2,
            result_business_days: 5,
            validity_years: 3,
            arrival_minutes: 30,
            online_checkin_opens_minutes: 30,
            online_checkin_closes_minutes: 15,
            pass_benefit_percent: 50,
            beta_price_percent: 50,
            beta_attempts: 1,
            search_radius_choices: vec![25, 50, 100],
            reminder_days: vec![7, 1],
            support_after_days_without_result: 10,
            appeal_days: 14,
            accommodation_decision_business_days: 10,
            language_accommodation_minutes: 30,
            factor_recovery_delay_hours: 72,
            factor_recovery_open_days: 14,
            refund_approval_limit_minor: 20_000,
            approval_open_days: 14,
        }
    }
}

/// The last good copy of the programme row; survives an outage of the database.
#[derive(Clone, Default)]
pub struct ProgrammeCache(Arc<RwLock<Arc<Programme>>>);

impl ProgrammeCache {
    pub fn get(&self) -> Arc<Programme> {
        self.0.read().unwrap_or_else(std::sync::PoisonError::into_inner).clone()
    }

    /// Reads the row again; keeps the old copy when there is none yet.
    pub async fn refresh(&self, pool: &PgPool) -> Result<(), sqlx::Error> {
        let row = sqlx::query_as!(
            Programme,
            "SELECT name, short_name, accent, accent_dark, logo_svg, sender_name, sender_address, support_email, support_phone,
                    signatory_name, signatory_title, currency, tagline, legal_note,
                    agreement_version, agreement_text
             FROM programme"
        )
        .fetch_optional(pool)
        .await?;
        if let Some(programme) = row {
            *self.0.write().unwrap_or_else(std::sync::PoisonError::into_inner) = Arc::new(programme);
        }
        Ok(())
    }
}

/// The policies in force at `now`; the built-in numbers of product.md while no row has started.
pub async fn policies(conn: &mut PgConnection, now: DateTime<Utc>) -> Result<Policies, sqlx::Error> {
    let rules =
        sqlx::query_scalar!("SELECT rules FROM policy_version WHERE starts_at <= $1 ORDER BY starts_at DESC, version DESC LIMIT 1", now)
            .fetch_optional(conn)
            .await?;
    match rules {
        None => Ok(Policies::default()),
        Some(rules) => serde_json::from_value(rules).map_err(|error| sqlx::Error::Decode(error.into())),
    }
}
