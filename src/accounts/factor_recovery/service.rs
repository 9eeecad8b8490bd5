//! One function a use case.

use super::rules::parse_text;
use super::store::{self, Line, Person, Recovery, State};
use crate::accounts::mails::SecurityChange;
use crate::accounts::service::announce;
use crate::accounts::store::{self as accounts, Account};
use crate::error::{AppError, AppResult, Conflict};
use crate::ids::FactorRecoveryId;
use crate::server::database::DbError;
use crate::server::limits::Limit;
use crate::server::programme::policies;
use crate::server::{Permission, RequestContext, audit, random};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;
use sqlx::PgConnection;

/// Requests of an account: who is refused or has stopped one may ask again, not without end.
const REQUESTS: Limit = Limit::new("factor_recovery", 3, TimeDelta::hours(12));
const LABEL: &str = "stop factor recovery";

/// The address of the page that stops a request. Its token is made from the server key: nothing of it is stored, and every message
/// about the request carries the same one.
pub(super) fn stop_address(cx: &RequestContext, id: FactorRecoveryId) -> String {
    let token = URL_SAFE_NO_PAD.encode(cx.state.key.mac(LABEL, id.as_bytes()));
    cx.state.config.url(&format!("/login/recovery/stop?request={id}&token={token}"))
}

fn id_of_link(cx: &RequestContext, id: &str, token: &str) -> Result<FactorRecoveryId, Conflict> {
    let id: FactorRecoveryId = id.parse().map_err(|_| Conflict::LinkUnknown)?;
    let token = URL_SAFE_NO_PAD.decode(token).map_err(|_| Conflict::LinkUnknown)?;
    if cx.state.key.verify_mac(LABEL, id.as_bytes(), &token) { Ok(id) } else { Err(Conflict::LinkUnknown) }
}

/// Asks for the removal of all factors of the account whose password was just given.
///
/// # Errors
/// [`AppError::Unauthenticated`]: nobody waits for a code; [`AppError::Validation`] of `reason`; [`Conflict::RecoveryOpen`];
/// [`AppError::RateLimited`].
pub async fn request(cx: &RequestContext, reason: &str) -> AppResult<()> {
    let viewer = cx.viewer.as_ref().filter(|viewer| viewer.awaiting_factor).ok_or(AppError::Unauthenticated)?;
    let reason = parse_text("reason", reason).map_err(|error| AppError::Validation(vec![error]))?;
    let now = cx.now();
    let mut tx = cx.state.db.begin().await?;
    accounts::lock_account(&mut tx, viewer.account_id).await?;
    let account = accounts::by_id(&mut tx, viewer.account_id).await?.ok_or(AppError::Unauthenticated)?;
    if store::open_of(&mut tx, account.id).await?.is_some() {
        return Err(Conflict::RecoveryOpen.into());
    }
    REQUESTS.spend(&mut *tx, now, &account.id.to_string()).await?;
    let id = random::id();
    let days = policies(&mut tx, now).await?.factor_recovery_open_days;
    store::insert(&mut tx, id, account.id, &reason, now, now + TimeDelta::days(days)).await?;
    announce(&mut tx, cx, &account, SecurityChange::RecoveryRequested { stop: stop_address(cx, id) }).await?;
    audit::record(&mut tx, cx, "account.factor_recovery_requested", &account.id.to_string(), json!({"request": id})).await?;
    tx.commit().await?;
    Ok(())
}

/// The open request of the account whose password was just given, and the delay in hours that follows an approval.
pub async fn open_request(cx: &RequestContext) -> AppResult<(Option<Recovery>, i64)> {
    let viewer = cx.viewer.as_ref().ok_or(AppError::Unauthenticated)?;
    let mut conn = cx.state.db.acquire().await?;
    let hours = policies(&mut conn, cx.now()).await?.factor_recovery_delay_hours;
    let open = store::open_of(&mut conn, viewer.account_id).await?;
    Ok((open.filter(|open| open.state == State::Approved || cx.now() < open.expires_at), hours))
}

/// What the page behind the link of a message says: the state of the request. `None`: no such request, or the link is not whole.
pub async fn link_state(cx: &RequestContext, id: &str, token: &str) -> AppResult<Option<State>> {
    let Ok(id) = id_of_link(cx, id, token) else { return Ok(None) };
    let mut conn = cx.state.db.acquire().await?;
    Ok(store::recovery(&mut conn, id).await?.map(|recovery| recovery.state))
}

/// Stops a request by the link of a message. Stopping it twice is fine.
///
/// # Errors
/// [`Conflict::LinkUnknown`]; [`Conflict::LinkExpired`]: it has ended otherwise.
pub async fn stop(cx: &RequestContext, id: &str, token: &str) -> AppResult<()> {
    let id = id_of_link(cx, id, token)?;
    let mut tx = cx.state.db.begin().await?;
    let recovery = store::locked(&mut tx, id).await?.ok_or(Conflict::LinkUnknown)?;
    match recovery.state {
        State::Stopped => return Ok(()),
        state if !state.is_open() => return Err(Conflict::LinkExpired.into()),
        _ => {}
    }
    store::end(&mut tx, id, State::Stopped, cx.now()).await?;
    if let Some(account) = accounts::by_id(&mut tx, recovery.account_id).await? {
        announce(&mut tx, cx, &account, SecurityChange::RecoveryStopped).await?;
    }
    let detail = json!({"request": id, "by": "link"});
    audit::record(&mut tx, cx, "account.factor_recovery_stopped", &recovery.account_id.to_string(), detail).await?;
    tx.commit().await?;
    Ok(())
}

/// Who signs in with a factor has not lost them all; and what was asked for with an old password is not done after a new one. `by`: which
/// of these, for the log.
pub async fn stopped_by(conn: &mut PgConnection, cx: &RequestContext, account: &Account, by: &str) -> Result<(), DbError> {
    let Some(recovery) = store::open_of(conn, account.id).await? else { return Ok(()) };
    store::end(conn, recovery.id, State::Stopped, cx.now()).await?;
    announce(conn, cx, account, SecurityChange::RecoveryStopped).await?;
    let detail = json!({"request": recovery.id, "by": by});
    audit::record(conn, cx, "account.factor_recovery_stopped", &account.id.to_string(), detail).await?;
    Ok(())
}

/// What waits for staff.
///
/// # Errors
/// [`AppError::Forbidden`].
pub async fn queue(cx: &RequestContext) -> AppResult<Vec<Line>> {
    cx.staff(Permission::CheckIdentity)?;
    let mut conn = cx.state.db.acquire().await?;
    Ok(store::queue(&mut conn, cx.now()).await?)
}

/// How many requests nobody has decided.
///
/// # Errors
/// [`AppError::Forbidden`].
pub async fn undecided(cx: &RequestContext) -> AppResult<i64> {
    cx.staff(Permission::CheckIdentity)?;
    Ok(store::count_undecided(&cx.state.db, cx.now()).await?)
}

/// A request with what there is to compare.
#[derive(Debug, Clone)]
pub struct Case {
    pub recovery: Recovery,
    pub person: Person,
    /// `(reference, exam, start)`.
    pub bookings: Vec<(String, String, DateTime<Utc>)>,
    /// The viewer may decide: it is undecided, not their own, and within their roles.
    pub decidable: bool,
}

/// # Errors
/// [`AppError::Forbidden`]; [`AppError::NotFound`].
pub async fn case(cx: &RequestContext, id: &str) -> AppResult<Case> {
    let viewer = cx.staff(Permission::CheckIdentity)?;
    let id: FactorRecoveryId = id.parse().map_err(|_| AppError::NotFound)?;
    let mut conn = cx.state.db.acquire().await?;
    let recovery = store::recovery(&mut conn, id).await?.ok_or(AppError::NotFound)?;
    let person = store::person(&mut conn, recovery.account_id).await?.ok_or(AppError::NotFound)?;
    let bookings = store::last_bookings(&mut conn, recovery.account_id).await?;
    let undecided = recovery.state == State::Requested && cx.now() < recovery.expires_at;
    let of_staff = accounts::by_id(&mut conn, recovery.account_id).await?.is_some_and(|account| account.is_staff);
    let decidable = undecided && viewer.account_id != recovery.account_id && (!of_staff || cx.staff(Permission::GrantRoles).is_ok());
    Ok(Case { recovery, person, bookings, decidable })
}

/// Approves a request: the factors go after the delay of the policy (72 hours), unless it is stopped.
///
/// # Errors
/// [`AppError::Forbidden`]: not the role, one's own request, or a colleague's without the right to grant roles;
/// [`AppError::StepUpRequired`]; [`AppError::NotFound`]; [`Conflict::RecoveryDecided`]; [`AppError::Validation`] of `check`.
pub async fn approve(cx: &RequestContext, id: &str, check: &str) -> AppResult<()> {
    let (mut tx, recovery, account) = to_decide(cx, id).await?;
    let check = parse_text("check", check).map_err(|error| AppError::Validation(vec![error]))?;
    let due_at = cx.now() + TimeDelta::hours(policies(&mut tx, cx.now()).await?.factor_recovery_delay_hours);
    store::decide(&mut tx, recovery.id, cx.viewer()?.account_id, &check, Some(due_at), cx.now()).await?;
    let stop = stop_address(cx, recovery.id);
    announce(&mut tx, cx, &account, SecurityChange::RecoveryApproved { stop, due_at }).await?;
    let detail = json!({"request": recovery.id, "due_at": due_at});
    audit::record(&mut tx, cx, "account.factor_recovery_approved", &account.id.to_string(), detail).await?;
    tx.commit().await?;
    Ok(())
}

/// Refuses a request; the person reads the reason.
///
/// # Errors
/// Those of [`approve`], of `reason`.
pub async fn refuse(cx: &RequestContext, id: &str, reason: &str) -> AppResult<()> {
    let (mut tx, recovery, account) = to_decide(cx, id).await?;
    let reason = parse_text("refusal", reason).map_err(|error| AppError::Validation(vec![error]))?;
    store::decide(&mut tx, recovery.id, cx.viewer()?.account_id, &reason, None, cx.now()).await?;
    announce(&mut tx, cx, &account, SecurityChange::RecoveryRefused { reason }).await?;
    audit::record(&mut tx, cx, "account.factor_recovery_refused", &account.id.to_string(), json!({"request": recovery.id})).await?;
    tx.commit().await?;
    Ok(())
}

/// The request that the viewer is about to decide on, locked.
async fn to_decide(cx: &RequestContext, id: &str) -> AppResult<(sqlx::Transaction<'static, sqlx::Postgres>, Recovery, Account)> {
    let viewer = cx.staff_with_fresh_proof(Permission::CheckIdentity)?;
    let id: FactorRecoveryId = id.parse().map_err(|_| AppError::NotFound)?;
    let mut tx = cx.state.db.begin().await?;
    let recovery = store::locked(&mut tx, id).await?.ok_or(AppError::NotFound)?;
    let account = accounts::by_id(&mut tx, recovery.account_id).await?.ok_or(AppError::NotFound)?;
    // Nobody opens their own door, and a colleague's is opened only by who could invite them anew.
    if recovery.account_id == viewer.account_id || account.is_staff && cx.staff(Permission::GrantRoles).is_err() {
        audit::refused(cx, "account.factor_recovery_decided", &account.id.to_string(), json!({"request": id})).await;
        return Err(AppError::Forbidden);
    }
    if recovery.state != State::Requested || cx.now() >= recovery.expires_at {
        return Err(Conflict::RecoveryDecided.into());
    }
    Ok((tx, recovery, account))
}
