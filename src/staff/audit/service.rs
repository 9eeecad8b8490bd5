use crate::error::AppResult;
use crate::server::audit::{self, Entry, Filter};
use crate::server::{Permission, RequestContext, csv, format};
use crate::tr;
use chrono::{Days, NaiveDate};
use serde_json::json;

/// Events on a page.
const PAGE: i64 = 50;
/// Events in a file.
const FILE: i64 = 50_000;

/// A page of the log, and whether there is another one.
pub struct Found {
    pub entries: Vec<Entry>,
    pub more: bool,
}

/// The filter that the address of the page (or of the file) tells. What cannot be read is left out.
pub fn filter(cx: &RequestContext) -> Filter {
    let zone = cx.time_zone();
    let midnight = |day| format::midnight(zone, day);
    let day = |name: &str| cx.query(name).and_then(|day| day.parse::<NaiveDate>().ok());
    Filter {
        actor: cx.query("actor").and_then(|id| id.parse().ok()),
        subject: cx.query("subject").map(str::to_owned),
        about: None,
        action: cx.query("action").map(str::to_owned),
        refused_only: cx.query("refused").is_some(),
        from: day("from").map(midnight),
        until: day("until").and_then(|day| day.checked_add_days(Days::new(1))).map(midnight),
        before: cx.query("before").and_then(|id| id.parse().ok()),
    }
}

/// A page of the log. That it was read is in the log as well.
///
/// # Errors
/// [`crate::error::AppError::Forbidden`] without [`Permission::ReadAuditLog`].
pub async fn page(cx: &RequestContext) -> AppResult<Found> {
    let mut entries = read(cx, PAGE + 1, "staff.audit_read").await?;
    let more = entries.len() > PAGE as usize;
    entries.truncate(PAGE as usize);
    Ok(Found { entries, more })
}

/// The log as a file: the newest [`FILE`] events that fit.
///
/// # Errors
/// As [`page`].
pub async fn file(cx: &RequestContext) -> AppResult<String> {
    let entries = read(cx, FILE, "staff.audit_exported").await?;
    let header =
        ["id", "at", "actor", "actor_name", "action", "subject", "outcome", "detail", "address", "user_agent", "on_behalf_of", "note"];
    let rows = entries.into_iter().map(|entry| {
        let note = if entry.note_erased() { tr!(cx.locale, staff.audit_note_erased).to_owned() } else { entry.note.unwrap_or_default() };
        vec![
            entry.id.to_string(),
            entry.at.to_rfc3339(),
            entry.actor_id.map(|id| id.to_string()).unwrap_or_default(),
            entry.actor_name.unwrap_or_default(),
            entry.action,
            entry.subject,
            entry.outcome,
            entry.detail.to_string(),
            entry.address.unwrap_or_default(),
            entry.user_agent.unwrap_or_default(),
            entry.on_behalf_of.map(|id| id.to_string()).unwrap_or_default(),
            note,
        ]
    });
    Ok(csv::write(&header.map(str::to_owned), rows))
}

async fn read(cx: &RequestContext, limit: i64, action: &str) -> AppResult<Vec<Entry>> {
    cx.staff(Permission::ReadAuditLog)?;
    let mut tx = cx.state.db.begin().await?;
    let entries = audit::find(&mut tx, &filter(cx), limit).await?;
    audit::record(&mut tx, cx, action, "audit_log", json!({ "events": entries.len() })).await?;
    tx.commit().await?;
    Ok(entries)
}
