//! The programme's SQL, one function a statement.

use super::file::PolicyVersion;
use crate::server::programme::{Policies, Programme};
use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::PgConnection;

pub async fn loaded_version(conn: &mut PgConnection, name: &str) -> Result<Option<String>, sqlx::Error> {
    sqlx::query_scalar!("SELECT version FROM reference_data WHERE name = $1", name).fetch_optional(conn).await
}

pub async fn put_loaded_version(conn: &mut PgConnection, name: &str, version: &str) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO reference_data (name, version) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET version = excluded.version",
        name,
        version
    )
    .execute(conn)
    .await?;
    Ok(())
}

pub async fn put_programme(conn: &mut PgConnection, row: &Programme) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO programme (name, short_name, accent, accent_dark, logo_svg, sender_name, sender_address, support_email, support_phone,
                                signatory_name, signatory_title, currency, tagline, legal_note, agreement_version, agreement_text)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
         ON CONFLICT (only_one) DO UPDATE SET name = excluded.name, short_name = excluded.short_name, accent = excluded.accent,
             accent_dark = excluded.accent_dark, logo_svg = excluded.logo_svg, sender_name = excluded.sender_name,
             sender_address = excluded.sender_address, support_email = excluded.support_email, support_phone = excluded.support_phone,
             signatory_name = excluded.signatory_name, signatory_title = excluded.signatory_title, currency = excluded.currency,
             tagline = excluded.tagline, legal_note = excluded.legal_note, agreement_version = excluded.agreement_version,
             agreement_text = excluded.agreement_text",
        row.name,
        row.short_name,
        row.accent,
        row.accent_dark,
        row.logo_svg,
        row.sender_name,
        row.sender_address,
        row.support_email,
        row.support_phone,
        row.signatory_name,
        row.signatory_title,
        row.currency,
        row.tagline,
        row.legal_note,
        row.agreement_version,
        row.agreement_text,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// When a version starts, and its rules.
pub async fn policy_version(conn: &mut PgConnection, version: i32) -> Result<Option<(DateTime<Utc>, Policies)>, sqlx::Error> {
    let row = sqlx::query!("SELECT starts_at, rules FROM policy_version WHERE version = $1", version).fetch_optional(conn).await?;
    row.map(|row| {
        let rules = serde_json::from_value(row.rules).map_err(|error| sqlx::Error::Decode(error.into()))?;
        Ok((row.starts_at, rules))
    })
    .transpose()
}

pub async fn put_policies(conn: &mut PgConnection, policies: &PolicyVersion, now: DateTime<Utc>) -> Result<(), sqlx::Error> {
    let rules = serde_json::to_value(&policies.rules).map_err(|error| sqlx::Error::Encode(error.into()))?;
    sqlx::query!(
        "INSERT INTO policy_version (version, starts_at, rules, created_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (version) DO UPDATE SET starts_at = excluded.starts_at, rules = excluded.rules, created_at = excluded.created_at",
        policies.version,
        policies.starts_at,
        rules,
        now,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// The words of an agreement's version, if it is in force and somebody has accepted it.
pub async fn accepted_agreement(conn: &mut PgConnection, version: &str) -> Result<Option<Value>, sqlx::Error> {
    sqlx::query_scalar!(
        "SELECT agreement_text FROM programme
         WHERE agreement_version = $1 AND EXISTS (SELECT FROM agreement_acceptance WHERE version = $1)",
        version
    )
    .fetch_optional(conn)
    .await
}
