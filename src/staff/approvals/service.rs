//! One function a use case.

use super::mails;
use super::model::{Act, Approved, Kind, NewRequest, Request, State};
use super::rules;
use super::store::{self, Filter};
use crate::accounts::factor_recovery::parse_text;
use crate::error::{AppError, AppResult, Conflict};
use crate::ids::{ApprovalId, SubjectId};
use crate::server::database::{DbError, OnConstraint, expect_one, internal, retrying};
use crate::server::programme::policies;
use crate::server::{AppState, Permission, RequestContext, audit};
use crate::{checkout, credentials, results};
use chrono::TimeDelta;
use serde_json::json;
use sqlx::PgConnection;

/// Requests in the list of those that have ended.
const ENDED: i64 = 50;
/// Open requests that are listed at once.
const OPEN: i64 = 200;

// What the capabilities call.

/// Asks for an act, in the transaction of the caller, who has locked its subject: the second of two asks for one thing finds the first.
/// Asking again with the same id changes nothing.
///
/// # Errors
/// Those of a staff act; [`Conflict::OwnAccount`]: it concerns the asker; [`Conflict::ApprovalPending`]: somebody has asked already.
pub async fn ask(tx: &mut PgConnection, cx: &RequestContext, new: &NewRequest) -> Result<(), DbError> {
    let kind = new.act.kind();
    let viewer = cx.staff_with_fresh_proof(kind.act())?.account_id;
    if new.account_id == viewer {
        return Err(Conflict::OwnAccount.into());
    }
    if is_asked(tx, cx, new.id, kind, new.subject_id).await? {
        return Ok(());
    }
    let open = Filter { subjects: Some(vec![new.subject_id]), pending: Some(true), ..Filter::default() };
    for old in store::find(tx, &open, OPEN).await? {
        if old.state(cx.now()) == State::Lapsed {
            lapse(tx, &cx.state, old.id).await?;
        }
    }
    let days = policies(tx, cx.now()).await?.approval_open_days;
    let payload = new.act.to_json().map_err(|error| internal(&error))?;
    store::insert(tx, new, &payload, viewer, cx.now(), cx.now() + TimeDelta::days(days))
        .await
        .on_constraint("approval_request_pending_key", || Conflict::ApprovalPending.into())?;
    let note = audit::note(tx, cx.now(), new.account_id, &new.reason).await?;
    let detail = json!({
        "kind": kind.as_str(), "subject": new.subject_id, "account": new.account_id, "act": payload, audit::NOTE: note,
    });
    audit::record(tx, cx, "approvals.asked", &new.id.to_string(), detail).await?;
    Ok(())
}

/// Whether the viewer has asked for this with this form already.
///
/// # Errors
/// [`Conflict::Stale`]: the id is another request's.
pub async fn is_asked(
    tx: &mut PgConnection,
    cx: &RequestContext,
    id: ApprovalId,
    kind: Kind,
    subject_id: SubjectId,
) -> Result<bool, DbError> {
    let viewer = cx.viewer()?.account_id;
    match store::request(tx, id).await? {
        None => Ok(false),
        Some(known) if known.requested_by == viewer && known.act.kind() == kind && known.subject_id == subject_id => Ok(true),
        Some(_) => Err(Conflict::Stale.into()),
    }
}

/// The requests about these subjects, open ones first; for their pages.
pub async fn about(conn: &mut PgConnection, subjects: Vec<SubjectId>) -> Result<Vec<Request>, sqlx::Error> {
    store::find(conn, &Filter { subjects: Some(subjects), ..Filter::default() }, ENDED).await
}

// The staff's pages.

/// What waits for whom.
#[derive(Debug, Default)]
pub struct Queue {
    /// The viewer may decide.
    pub waiting: Vec<Request>,
    /// The viewer has asked.
    pub mine: Vec<Request>,
    /// Open, for others to decide.
    pub others: Vec<Request>,
    /// The last that were decided, taken back or lapsed.
    pub ended: Vec<Request>,
}

fn kinds(cx: &RequestContext, permission: fn(Kind) -> Permission) -> Vec<String> {
    Kind::ALL.into_iter().filter(|kind| cx.staff(permission(*kind)).is_ok()).map(|kind| kind.as_str().to_owned()).collect()
}

fn may_decide(cx: &RequestContext, request: &Request) -> bool {
    let allowed = cx.staff(Permission::DecideApprovals).and_then(|_| cx.staff(request.act.kind().act()));
    allowed.is_ok_and(|viewer| rules::may_decide(request, viewer.account_id, cx.now()).is_ok())
}

/// Everything the viewer may read of. That it was read is in the audit log.
///
/// # Errors
/// [`AppError::Forbidden`] without [`Permission::ReadApprovals`].
pub async fn queue(cx: &RequestContext) -> AppResult<Queue> {
    let viewer = cx.staff(Permission::ReadApprovals)?.account_id;
    let kinds = kinds(cx, Kind::read);
    let mut tx = cx.state.db.begin().await?;
    let open = Filter { kinds: Some(kinds.clone()), pending: Some(true), ..Filter::default() };
    let ended = Filter { kinds: Some(kinds), pending: Some(false), ..Filter::default() };
    let mut queue = Queue { ended: store::find(&mut tx, &ended, ENDED).await?, ..Queue::default() };
    for request in store::find(&mut tx, &open, OPEN).await? {
        if request.state(cx.now()) == State::Lapsed {
            queue.ended.insert(0, request);
        } else if request.requested_by == viewer {
            queue.mine.push(request);
        } else if may_decide(cx, &request) {
            queue.waiting.push(request);
        } else {
            queue.others.push(request);
        }
    }
    let shown = queue.waiting.len() + queue.mine.len() + queue.others.len() + queue.ended.len();
    audit::record(&mut tx, cx, "staff.approvals_read", "approvals", json!({ "requests": shown })).await?;
    tx.commit().await?;
    Ok(queue)
}

/// How many requests the viewer may decide on.
pub async fn count_waiting(cx: &RequestContext) -> AppResult<i64> {
    let viewer = cx.staff(Permission::DecideApprovals)?.account_id;
    let mut conn = cx.state.db.acquire().await?;
    Ok(store::count_waiting(&mut conn, &kinds(cx, Kind::act), viewer, cx.now()).await?)
}

/// A request as its page shows it.
#[derive(Debug)]
pub struct Look {
    pub request: Request,
    /// What it is about has changed since: it can be refused, not approved.
    pub stale: bool,
    pub decidable: bool,
    pub withdrawable: bool,
    /// The viewer has asked, and waits for somebody else.
    pub own: bool,
}

/// # Errors
/// [`AppError::NotFound`]; [`AppError::Forbidden`]: not a kind of act the viewer may read of.
pub async fn look(cx: &RequestContext, id: &str) -> AppResult<Look> {
    let viewer = cx.staff(Permission::ReadApprovals)?.account_id;
    let id: ApprovalId = id.parse().map_err(|_| AppError::NotFound)?;
    let mut tx = cx.state.db.begin().await?;
    let request = store::request(&mut tx, id).await?.ok_or(AppError::NotFound)?;
    cx.staff(request.act.kind().read())?;
    let open = request.state(cx.now()) == State::Pending;
    let stale = open && is_stale(&mut tx, &request).await?;
    audit::record(&mut tx, cx, "staff.approval_read", &id.to_string(), json!({ "account": request.account_id })).await?;
    tx.commit().await?;
    let own = request.requested_by == viewer;
    Ok(Look {
        stale,
        decidable: may_decide(cx, &request),
        withdrawable: rules::may_withdraw(&request, viewer, cx.now()) && cx.staff(Permission::DecideApprovals).is_ok(),
        own,
        request,
    })
}

async fn is_stale(conn: &mut PgConnection, request: &Request) -> Result<bool, sqlx::Error> {
    match &request.act {
        Act::ScoreCorrection(act) => results::corrections::service::is_stale(conn, request.subject_id.into(), act).await,
        Act::CredentialRevocation(act) => credentials::revocation::service::is_stale(conn, request.subject_id.into(), act).await,
        Act::Refund(act) => checkout::staff_orders::service::is_stale(conn, request.subject_id.into(), act).await,
    }
}

async fn carry_out(tx: &mut PgConnection, cx: &RequestContext, request: &Request) -> Result<(), DbError> {
    let approved =
        Approved { request_id: request.id, subject_id: request.subject_id, requested_by: request.requested_by, reason: &request.reason };
    match &request.act {
        Act::ScoreCorrection(act) => results::corrections::service::carry_out(tx, cx, &approved, act).await,
        Act::CredentialRevocation(act) => credentials::revocation::service::carry_out(tx, cx, &approved, act).await,
        Act::Refund(act) => checkout::staff_orders::service::carry_out(tx, cx, &approved, act).await,
    }
}

/// The request that the viewer is about to decide on, locked until the transaction ends. `None`: they have done so already.
async fn to_decide(
    tx: &mut PgConnection,
    cx: &RequestContext,
    id: ApprovalId,
    action: &str,
    to: State,
) -> Result<Option<Request>, DbError> {
    let request = store::locked(tx, id).await?.ok_or(AppError::NotFound)?;
    let viewer = cx.staff_with_fresh_proof(request.act.kind().act())?.account_id;
    if request.stored_state == to && request.decided_by == Some(viewer) {
        return Ok(None);
    }
    match rules::may_decide(&request, viewer, cx.now()) {
        Ok(()) => Ok(Some(request)),
        Err(conflict) => {
            let detail = json!({ "kind": request.act.kind().as_str(), "conflict": conflict, "requested_by": request.requested_by });
            audit::refused(cx, action, &id.to_string(), detail).await;
            Err(conflict.into())
        }
    }
}

/// Approves a request and does what it asks for, in one transaction. A second click changes nothing.
///
/// # Errors
/// Those of a staff act, for the permission that the act itself needs; [`AppError::NotFound`]; [`Conflict::ApprovalOwn`]: the viewer
/// has asked for it; [`Conflict::OwnAccount`]: it concerns the viewer; [`Conflict::ApprovalDecided`]; [`Conflict::ApprovalStale`]: what
/// it is about is not as the request saw it.
pub async fn approve(cx: &RequestContext, id: &str) -> AppResult<()> {
    let viewer = cx.staff_with_fresh_proof(Permission::DecideApprovals)?.account_id;
    let id: ApprovalId = id.parse().map_err(|_| AppError::NotFound)?;
    retrying(|| async {
        let mut tx = cx.state.db.begin().await?;
        let Some(request) = to_decide(&mut tx, cx, id, "approvals.approved", State::Approved).await? else { return Ok(()) };
        carry_out(&mut tx, cx, &request).await?;
        expect_one(store::end(&mut tx, id, State::Approved, Some(viewer), None, cx.now()).await?)?;
        finish(&mut tx, cx, &request, State::Approved, None).await?;
        tx.commit().await?;
        Ok(())
    })
    .await
}

/// Refuses a request; who asked reads the reason. A second click changes nothing.
///
/// # Errors
/// As [`approve`]; [`AppError::Validation`] of `refusal`.
pub async fn refuse(cx: &RequestContext, id: &str, reason: &str) -> AppResult<()> {
    let viewer = cx.staff_with_fresh_proof(Permission::DecideApprovals)?.account_id;
    let id: ApprovalId = id.parse().map_err(|_| AppError::NotFound)?;
    let reason = parse_text("refusal", reason).map_err(|error| AppError::Validation(vec![error]))?;
    retrying(|| async {
        let mut tx = cx.state.db.begin().await?;
        let Some(request) = to_decide(&mut tx, cx, id, "approvals.refused", State::Refused).await? else { return Ok(()) };
        expect_one(store::end(&mut tx, id, State::Refused, Some(viewer), Some(&reason), cx.now()).await?)?;
        finish(&mut tx, cx, &request, State::Refused, Some(&reason)).await?;
        tx.commit().await?;
        Ok(())
    })
    .await
}

/// What both decisions write: who asked and who decided, and the mail to who asked.
async fn finish(
    tx: &mut PgConnection,
    cx: &RequestContext,
    request: &Request,
    state: State,
    decision: Option<&str>,
) -> Result<(), DbError> {
    let viewer = cx.viewer()?;
    let mut detail = json!({
        "kind": request.act.kind().as_str(), "subject": request.subject_id, "account": request.account_id,
        "requested_by": request.requested_by, "decided_by": viewer.account_id,
    });
    if let Some(decision) = decision {
        detail[audit::NOTE] = json!(audit::note(tx, cx.now(), request.account_id, decision).await?);
    }
    audit::record(tx, cx, &format!("approvals.{}", state.as_str()), &request.id.to_string(), detail).await?;
    mails::ended(tx, &cx.state, cx.now(), request, state, Some(&viewer.full_name()), decision).await?;
    Ok(())
}

/// Takes one's own request back. Doing it twice changes nothing.
///
/// # Errors
/// [`AppError::NotFound`]: unknown, or somebody else's; [`Conflict::ApprovalDecided`].
pub async fn withdraw(cx: &RequestContext, id: &str) -> AppResult<()> {
    let viewer = cx.staff(Permission::DecideApprovals)?.account_id;
    let id: ApprovalId = id.parse().map_err(|_| AppError::NotFound)?;
    let mut tx = cx.state.db.begin().await?;
    let request = store::locked(&mut tx, id).await?.filter(|request| request.requested_by == viewer).ok_or(AppError::NotFound)?;
    if request.stored_state == State::Withdrawn {
        return Ok(());
    }
    if !rules::may_withdraw(&request, viewer, cx.now()) {
        return Err(Conflict::ApprovalDecided.into());
    }
    expect_one(store::end(&mut tx, id, State::Withdrawn, None, None, cx.now()).await?)?;
    let detail = json!({ "kind": request.act.kind().as_str(), "subject": request.subject_id, "requested_by": viewer });
    audit::record(&mut tx, cx, "approvals.withdrawn", &id.to_string(), detail).await?;
    tx.commit().await?;
    Ok(())
}

/// Writes down that a request has lapsed and tells who asked; one that has ended otherwise is left alone.
pub(super) async fn lapse(tx: &mut PgConnection, state: &AppState, id: ApprovalId) -> Result<(), sqlx::Error> {
    let now = state.clock.now();
    let Some(request) = store::locked(tx, id).await? else { return Ok(()) };
    if request.stored_state != State::Pending || request.state(now) != State::Lapsed {
        return Ok(());
    }
    store::end(tx, id, State::Lapsed, None, None, now).await?;
    let detail = json!({ "kind": request.act.kind().as_str(), "subject": request.subject_id, "requested_by": request.requested_by });
    audit::record_by_program(tx, now, "approvals.lapsed", &id.to_string(), detail, true).await?;
    mails::ended(tx, state, now, &request, State::Lapsed, None, None).await
}
