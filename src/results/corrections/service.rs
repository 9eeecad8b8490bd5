//! One function a use case.

use super::model::{Correction, FoundResult, Made, StaffResult};
use super::{mails, rules, store};
use crate::accounts::factor_recovery::parse_text;
use crate::credentials;
use crate::error::{AppError, AppResult, Conflict};
use crate::ids::{ApprovalId, ResultId};
use crate::server::database::{DbError, expect_one, retrying};
use crate::server::{Permission, RequestContext, audit, random};
use crate::staff::approvals::model::{Act, Approved, Kind, NewRequest, Request};
use crate::staff::approvals::service as approvals;
use serde_json::json;
use sqlx::PgConnection;

/// Lines of a search.
const SEARCH_LIMIT: i64 = 50;

/// What a search found, and whether there is more.
#[derive(Debug)]
pub struct Search {
    pub found: Vec<FoundResult>,
    pub more: bool,
}

/// Looks for results by a whole appointment reference or candidate ID, released or not.
///
/// # Errors
/// [`AppError::Forbidden`] without [`Permission::ReadResults`].
pub async fn search(cx: &RequestContext, wanted: &str) -> AppResult<Search> {
    cx.staff(Permission::ReadResults)?;
    let mut tx = cx.state.db.begin().await?;
    let mut found = store::search(&mut tx, wanted.trim(), SEARCH_LIMIT + 1).await?;
    let more = found.len() > SEARCH_LIMIT as usize;
    found.truncate(SEARCH_LIMIT as usize);
    audit::record(&mut tx, cx, "staff.results_searched", "results", json!({ "found": found.len() })).await?;
    tx.commit().await?;
    Ok(Search { found, more })
}

/// A result, what it said before, and the requests to correct it.
#[derive(Debug)]
pub struct Look {
    pub result: StaffResult,
    pub history: Vec<Made>,
    pub requests: Vec<Request>,
}

/// # Errors
/// [`AppError::NotFound`]; [`AppError::Forbidden`] without [`Permission::ReadResults`].
pub async fn look(cx: &RequestContext, id: &str) -> AppResult<Look> {
    cx.staff(Permission::ReadResults)?;
    let id: ResultId = id.parse().map_err(|_| AppError::NotFound)?;
    let mut tx = cx.state.db.begin().await?;
    let result = store::result(&mut tx, id).await?.ok_or(AppError::NotFound)?;
    let history = store::history(&mut tx, id).await?;
    let requests = approvals::about(&mut tx, vec![id.into()]).await?;
    audit::record(&mut tx, cx, "staff.result_read", &id.to_string(), json!({ "account": result.account_id })).await?;
    tx.commit().await?;
    Ok(Look { result, history, requests })
}

/// What the form of a correction says.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// The result.
    pub result: &'a str,
    /// Made with the form: sending it twice asks once.
    pub intent: &'a str,
    pub scaled_score: &'a str,
    pub percents: &'a [String],
    pub reason: &'a str,
}

/// Asks for the correction of a result; a second person decides. Gives the request.
///
/// # Errors
/// Those of a staff act; [`AppError::NotFound`]; [`AppError::Validation`] of `scaled_score`, `domains[n]` and `reason`;
/// [`Conflict::ApprovalPending`]; [`Conflict::OwnAccount`].
pub async fn ask(cx: &RequestContext, asked: &Asked<'_>) -> AppResult<ApprovalId> {
    cx.staff_with_fresh_proof(Permission::ManageResults)?;
    let (id, intent): (ResultId, ApprovalId) =
        asked.result.parse().and_then(|id| Ok((id, asked.intent.parse()?))).map_err(|_| AppError::NotFound)?;
    retrying(|| async {
        let mut tx = cx.state.db.begin().await?;
        let result = store::locked(&mut tx, id).await?.ok_or(AppError::NotFound)?;
        if approvals::is_asked(&mut tx, cx, intent, Kind::ScoreCorrection, id.into()).await? {
            return Ok(intent);
        }
        let correction = rules::correction(&result, asked.scaled_score, asked.percents);
        let reason = parse_text("reason", asked.reason);
        let (act, reason) = match (correction, reason) {
            (Ok(correction), Ok(reason)) => (Act::ScoreCorrection(correction), reason),
            (correction, reason) => {
                let mut errors = correction.err().unwrap_or_default();
                errors.extend(reason.err());
                return Err(AppError::Validation(errors).into());
            }
        };
        approvals::ask(&mut tx, cx, &NewRequest { id: intent, act, subject_id: id.into(), account_id: result.account_id, reason }).await?;
        tx.commit().await?;
        Ok(intent)
    })
    .await
}

/// Whether the result is not any more as a correction saw it.
pub async fn is_stale(conn: &mut PgConnection, result_id: ResultId, correction: &Correction) -> Result<bool, sqlx::Error> {
    let result = store::result(conn, result_id).await?;
    Ok(!result.is_some_and(|result| still_fits(&result, correction)))
}

/// The scores are those the correction saw, and the exam's scale makes of the new one what it made then.
fn still_fits(result: &StaffResult, correction: &Correction) -> bool {
    correction.fits(result.scaled_score, result.passed, &result.percents())
        && result.scale.holds(correction.scaled.after)
        && result.scale.passes(correction.scaled.after) == correction.passed.after
}

/// Corrects a result, in the transaction of its approval. What it said is kept, the raw score stays. If the candidate has read it, they
/// get a mail; a pass out of a fail awards the certification, a fail out of a pass revokes it and
/// gives back what had given way to it.
///
/// # Errors
/// [`Conflict::ApprovalStale`]: the result is not as the request saw it.
pub async fn carry_out(
    tx: &mut PgConnection,
    cx: &RequestContext,
    approved: &Approved<'_>,
    correction: &Correction,
) -> Result<(), DbError> {
    let result = store::locked(tx, approved.subject_id.into()).await?.filter(|result| still_fits(result, correction));
    let result = result.ok_or(Conflict::ApprovalStale)?;
    let id = random::id();
    expect_one(store::correct(tx, id, approved.request_id, &result, correction, cx.now()).await?)?;
    let domains: Vec<_> = correction.domains.iter().map(|domain| domain.percent).collect();
    let note = audit::note(tx, cx.now(), result.account_id, approved.reason).await?;
    let detail = json!({
        "request": approved.request_id, "requested_by": approved.requested_by, audit::NOTE: note, "account": result.account_id,
        "scaled_score": correction.scaled, "passed": correction.passed, "domains": domains,
    });
    audit::record(tx, cx, "results.corrected", &result.id.to_string(), detail).await?;
    if result.released_at.is_none() {
        return Ok(());
    }
    match (correction.passed.before, correction.passed.after) {
        (false, true) => {
            let pass = credentials::service::Pass {
                result_id: result.id,
                account_id: result.account_id,
                certification_id: result.certification_id,
                exam_id: result.exam_id,
            };
            credentials::service::award(tx, cx, &pass).await?;
        }
        (true, false) => credentials::revocation::service::revoke_of_result(tx, cx, result.account_id, result.id).await?,
        _ => {}
    }
    mails::corrected(tx, cx, &result, id).await?;
    Ok(())
}
