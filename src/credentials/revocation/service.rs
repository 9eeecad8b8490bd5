//! One function a use case.

use super::model::{Cause, FoundCredential, Revocation, StaffCredential};
use super::store;
use crate::accounts::factor_recovery::parse_text;
use crate::credentials::model::StoredState;
use crate::credentials::{CredentialId, service as credentials, store as all};
use crate::error::{AppError, AppResult, Code, Conflict, FieldError};
use crate::ids::{AccountId, ApprovalId, CredentialKey, ResultId};
use crate::server::database::{DbError, retrying};
use crate::server::programme::policies;
use crate::server::{Permission, RequestContext, audit};
use crate::staff::approvals::model::{Act, Approved, Kind, NewRequest, Request};
use crate::staff::approvals::service as approvals;
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;
use sqlx::PgConnection;

/// Lines of a search.
const SEARCH_LIMIT: i64 = 50;

/// What a search found, and whether there is more.
#[derive(Debug)]
pub struct Search {
    pub found: Vec<FoundCredential>,
    pub more: bool,
}

/// Looks for credentials by their ID, a candidate's ID or a part of the holder's name.
///
/// # Errors
/// [`AppError::Forbidden`] without [`Permission::ReadCredentials`].
pub async fn search(cx: &RequestContext, wanted: &str) -> AppResult<Search> {
    cx.staff(Permission::ReadCredentials)?;
    let wanted = wanted.trim();
    let public_id = CredentialId::parse(wanted).ok().map(CredentialId::compact);
    let mut tx = cx.state.db.begin().await?;
    let mut found = store::search(&mut tx, wanted, public_id.as_deref(), SEARCH_LIMIT + 1).await?;
    let more = found.len() > SEARCH_LIMIT as usize;
    found.truncate(SEARCH_LIMIT as usize);
    audit::record(&mut tx, cx, "staff.credentials_searched", "credentials", json!({ "found": found.len() })).await?;
    tx.commit().await?;
    Ok(Search { found, more })
}

/// A credential, and the requests to revoke it.
#[derive(Debug)]
pub struct Look {
    pub found: StaffCredential,
    pub requests: Vec<Request>,
}

/// # Errors
/// [`AppError::NotFound`]; [`AppError::Forbidden`] without [`Permission::ReadCredentials`].
pub async fn look(cx: &RequestContext, public_id: &str) -> AppResult<Look> {
    cx.staff(Permission::ReadCredentials)?;
    let public_id = CredentialId::parse(public_id).map_err(|_| AppError::NotFound)?;
    let credential = credentials::any(cx, public_id).await?;
    let mut tx = cx.state.db.begin().await?;
    let origin = store::origin(&mut tx, credential.id).await?.ok_or(AppError::NotFound)?;
    let requests = approvals::about(&mut tx, vec![credential.id.into()]).await?;
    let detail = json!({ "account": credential.account_id });
    audit::record(&mut tx, cx, "staff.credential_read", &credential.compact_id(), detail).await?;
    tx.commit().await?;
    let found = StaffCredential {
        candidate_id: origin.candidate_id,
        account_name: origin.account_name,
        result_id: origin.result_id,
        reference: origin.reference,
        credential,
    };
    Ok(Look { found, requests })
}

/// What the form of a revocation says.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    pub public_id: &'a str,
    /// Made with the form: sending it twice asks once.
    pub intent: &'a str,
    pub cause: &'a str,
    pub reason: &'a str,
}

/// Asks for the revocation of a credential; a second person decides. Gives the request.
///
/// # Errors
/// Those of a staff act; [`AppError::NotFound`]; [`AppError::Validation`] of `cause` and `reason`; [`Conflict::Stale`]: it is revoked;
/// [`Conflict::ApprovalPending`]; [`Conflict::OwnAccount`].
pub async fn ask(cx: &RequestContext, asked: &Asked<'_>) -> AppResult<ApprovalId> {
    cx.staff_with_fresh_proof(Permission::RevokeCredentials)?;
    let public_id = CredentialId::parse(asked.public_id).map_err(|_| AppError::NotFound)?;
    let intent: ApprovalId = asked.intent.parse().map_err(|_| AppError::NotFound)?;
    let credential = credentials::any(cx, public_id).await?;
    let mut errors = vec![];
    let cause = Cause::chosen(asked.cause);
    if cause.is_none() {
        errors.push(FieldError::new("cause", if asked.cause.is_empty() { Code::Required } else { Code::NotAChoice }));
    }
    let reason = parse_text("reason", asked.reason).map_err(|error| errors.push(error)).ok();
    let Some((cause, reason)) = cause.zip(reason) else { return Err(AppError::Validation(errors)) };
    retrying(|| async {
        let mut tx = cx.state.db.begin().await?;
        let locked = all::lock(&mut tx, Some(credential.id), None).await?.ok_or(AppError::NotFound)?;
        if approvals::is_asked(&mut tx, cx, intent, Kind::CredentialRevocation, locked.id.into()).await? {
            return Ok(intent);
        }
        if locked.state == StoredState::Revoked.as_str() {
            return Err(Conflict::Stale.into());
        }
        let act = Act::CredentialRevocation(Revocation {
            public_id: locked.public_id,
            certification: locked.certification,
            state_before: locked.state,
            cause,
        });
        let new = NewRequest { id: intent, act, subject_id: locked.id.into(), account_id: locked.account_id, reason: reason.clone() };
        approvals::ask(&mut tx, cx, &new).await?;
        tx.commit().await?;
        Ok(intent)
    })
    .await
}

/// Whether the credential is not any more as a request saw it.
pub async fn is_stale(conn: &mut PgConnection, credential_id: CredentialKey, revocation: &Revocation) -> Result<bool, sqlx::Error> {
    Ok(store::state(conn, credential_id).await?.is_none_or(|state| state != revocation.state_before))
}

/// Revokes a credential, in the transaction of its approval.
///
/// # Errors
/// [`Conflict::ApprovalStale`]: the credential is not as the request saw it.
pub async fn carry_out(
    tx: &mut PgConnection,
    cx: &RequestContext,
    approved: &Approved<'_>,
    revocation: &Revocation,
) -> Result<(), DbError> {
    let locked = all::lock(tx, Some(approved.subject_id.into()), None).await?.filter(|locked| locked.state == revocation.state_before);
    let locked = locked.ok_or(Conflict::ApprovalStale)?;
    credentials::revoke(tx, cx, &locked, revocation.cause, Some(approved.reason)).await
}

/// Revokes the credential of a result that is a pass no more; nothing where it awarded none. What had given way to it stands on a pass of
/// its own and is active again, if it would be valid still. (A revocation for a cause of its own restores nothing: it says that the
/// person is not to be certified, and two people have decided so.)
pub async fn revoke_of_result(
    tx: &mut PgConnection,
    cx: &RequestContext,
    account_id: AccountId,
    result_id: ResultId,
) -> Result<(), DbError> {
    // In the order of an award: the holder before their credentials.
    all::lock_holder(tx, account_id).await?;
    let Some(locked) = all::lock(tx, None, Some(result_id)).await? else { return Ok(()) };
    if locked.state == StoredState::Revoked.as_str() {
        return Ok(());
    }
    credentials::revoke(tx, cx, &locked, Cause::ScoreCorrected, None).await?;
    all::detach(tx, locked.id).await?;
    if let Some(older) = all::restore_superseded(tx, locked.account_id, locked.certification_id, cx.now()).await? {
        audit::record(tx, cx, "credentials.restored", &older, json!({ "instead_of": locked.public_id })).await?;
    }
    Ok(())
}

/// Until when the holder of a credential that was revoked at `at` can appeal: the days of the policies in force then.
pub async fn appeal_until(cx: &RequestContext, at: DateTime<Utc>) -> AppResult<DateTime<Utc>> {
    let mut conn = cx.state.db.acquire().await?;
    let days = policies(&mut conn, at).await?.appeal_days;
    Ok(at + TimeDelta::days(i64::from(days)))
}
