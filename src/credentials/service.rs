use super::CredentialId;
use super::model::Credential;
use super::open_badge::STATUS_LIST_BITS;
use super::revocation::model::Cause;
use super::{revocation, rules, store};
use crate::error::{AppError, AppResult};
use crate::ids::{AccountId, CertificationId, ExamId, ResultId};
use crate::server::database::DbError;
use crate::server::limits::{Limit, address_key};
use crate::server::{RequestContext, audit, random};
use chrono::TimeDelta;
use serde_json::json;
use sqlx::PgConnection;

/// A released, passed result.
#[derive(Debug, Clone, Copy)]
pub struct Pass {
    pub result_id: ResultId,
    pub account_id: AccountId,
    pub certification_id: CertificationId,
    pub exam_id: ExamId,
}

/// Awards the certification of a pass, inside the transaction of its release: issued now, valid to the end of the day so
/// many years later. An active credential of the same certification gives way. One credential a pass: doing it twice
/// changes nothing. A pass of an account that was erased awards nothing.
pub async fn award(tx: &mut PgConnection, cx: &RequestContext, pass: &Pass) -> Result<(), DbError> {
    let Some(holder_name) = store::lock_holder(tx, pass.account_id).await? else { return Ok(()) };
    if store::of_result(tx, pass.result_id).await?.is_some() {
        return Ok(());
    }
    let compact = CredentialId::from_random(random::bytes()).compact();
    let years = store::validity_years(tx, pass.certification_id).await?;
    let superseded = store::supersede_active(tx, pass.account_id, pass.certification_id, cx.now()).await?;
    let new = store::NewCredential {
        id: random::id(),
        public_id: &compact,
        account_id: pass.account_id,
        certification_id: pass.certification_id,
        exam_id: pass.exam_id,
        result_id: pass.result_id,
        holder_name: &holder_name,
        issued_at: cx.now(),
        expires_at: rules::expires_at(cx.now(), years),
    };
    // Somebody who is awarded another credential at this moment may take the same place in the list of revocations.
    let mut placed = false;
    for _ in 0..PLACE_TRIES {
        let places: [u32; 16] = std::array::from_fn(|_| u32::from_be_bytes(random::bytes()) % STATUS_LIST_BITS);
        placed = store::insert(tx, &new, &places.map(|place| place as i32)).await?;
        if placed {
            break;
        }
    }
    if !placed {
        return Err(crate::server::database::internal(&"no place in the list of revocations was found").into());
    }
    for old in superseded {
        audit::record(tx, cx, "credentials.superseded", &old, json!({ "by": compact })).await?;
    }
    audit::record(tx, cx, "credentials.awarded", &compact, json!({ "result": pass.result_id })).await?;
    Ok(())
}

/// Each try looks at 16 places, half of which are free at least.
const PLACE_TRIES: usize = 8;

/// Revokes a credential, inside the transaction of whatever decided so, and tells its holder why and until when they can appeal.
/// One that is revoked already stays as it is.
pub async fn revoke(
    tx: &mut PgConnection,
    cx: &RequestContext,
    credential: &store::Locked,
    cause: Cause,
    note: Option<&str>,
) -> Result<(), DbError> {
    if store::revoke(tx, credential.id, cause, note, cx.now()).await? == 0 {
        return Ok(());
    }
    let mut detail = json!({ "before": credential.state, "cause": cause, "account": credential.account_id });
    if let Some(note) = note {
        detail[audit::NOTE] = json!(audit::note(tx, cx.now(), credential.account_id, note).await?);
    }
    audit::record(tx, cx, "credentials.revoked", &credential.public_id, detail).await?;
    revocation::mails::revoked(tx, cx, credential, cause, note).await?;
    Ok(())
}

/// A credential by its ID for the staff, who have asked for their permission.
pub(super) async fn any(cx: &RequestContext, public_id: CredentialId) -> AppResult<Credential> {
    store::find(&cx.state.db, Some(public_id), None).await?.pop().ok_or(AppError::NotFound)
}

/// Public look-ups from one network address: an employer who checks a pile of certificates gets through.
const LOOK_UPS: Limit = Limit::new("credentials.look_up", 120, TimeDelta::seconds(1));

/// The candidate's own credentials, newest first.
pub async fn mine(cx: &RequestContext) -> AppResult<Vec<Credential>> {
    let account = cx.candidate()?.account_id;
    Ok(store::find(&cx.state.db, None, Some(account)).await?)
}

/// One of the candidate's own credentials.
///
/// # Errors
/// [`AppError::NotFound`]: no such credential, or somebody else's.
pub async fn own(cx: &RequestContext, public_id: &str) -> AppResult<Credential> {
    let account = cx.candidate()?.account_id;
    let public_id = CredentialId::parse(public_id).map_err(|_| AppError::NotFound)?;
    store::find(&cx.state.db, Some(public_id), Some(account)).await?.pop().ok_or(AppError::NotFound)
}

/// Its owner downloaded the certificate: one line in the activity log.
pub async fn note_download(cx: &RequestContext, credential: &Credential) -> AppResult<()> {
    let mut conn = cx.state.db.acquire().await?;
    let detail = json!({ "version": credential.version });
    Ok(audit::record(&mut conn, cx, "credentials.certificate_downloaded", &credential.compact_id(), detail).await?)
}

/// Looks a credential up for anybody who has its ID. The one way in for public look-ups by ID.
/// `None`: no credential has this ID.
///
/// # Errors
/// [`AppError::RateLimited`]: too many from this network address (security.md line 72).
pub async fn look_up(cx: &RequestContext, public_id: CredentialId) -> AppResult<Option<Credential>> {
    count_look_up(cx).await?;
    find(&cx.state, public_id).await
}

/// Counts a look-up by anybody: of an ID, or of a badge that is checked.
///
/// # Errors
/// [`AppError::RateLimited`]: too many from this network address (security.md line 72).
pub async fn count_look_up(cx: &RequestContext) -> AppResult<()> {
    LOOK_UPS.spend(&cx.state.db, cx.now(), &address_key(cx.address)).await
}

/// The credential with this ID, for a look-up that was counted.
pub async fn find(state: &crate::server::AppState, public_id: CredentialId) -> AppResult<Option<Credential>> {
    Ok(store::find(&state.db, Some(public_id), None).await?.pop())
}

/// All credentials of an account, for the export of a person's data.
pub async fn of_account(state: &crate::server::AppState, account_id: AccountId) -> Result<Vec<Credential>, sqlx::Error> {
    store::find(&state.db, None, Some(account_id)).await
}
