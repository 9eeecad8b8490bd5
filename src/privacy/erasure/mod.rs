//! The end of an account: asked for, 30 days in which it can be stopped, then everything goes but what the law or another
//! person's right keeps, and that without a name (product.md section 1; security.md, "Personal data").

mod store;

pub use store::{Blocker, Erasure, KeptRecords};

use super::rules::{GRACE, LAST_MAIL, REMINDER, Records};
use super::{mails, store as people};
use crate::accounts::CandidateId;
use crate::error::{AppError, AppResult, Code, Conflict, FieldError};
use crate::ids::AccountId;
use crate::server::database::{DbError, OnConstraint};
use crate::server::http::acting;
use crate::server::jobs::JobError;
use crate::server::{AppState, RequestContext, audit, mail, random};
use chrono::{DateTime, Utc};
use serde_json::json;

/// What becomes of the holder's name on credentials.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CredentialChoice {
    /// Taken off at once: "Name withheld".
    WithholdName,
    /// Stays on the certificate's public page until the credential expires.
    KeepName,
}

impl CredentialChoice {
    pub fn as_str(self) -> &'static str {
        match self {
            CredentialChoice::WithholdName => "withhold_name",
            CredentialChoice::KeepName => "keep_name",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        [CredentialChoice::WithholdName, CredentialChoice::KeepName].into_iter().find(|choice| choice.as_str() == text)
    }
}

/// Everything the page of erasure says.
#[derive(Debug, Clone)]
pub struct Overview {
    pub open: Option<Erasure>,
    /// What has to be settled before.
    pub blockers: Vec<Blocker>,
    /// Which records would be kept, and until when.
    pub kept: Vec<(Records, DateTime<Utc>)>,
    pub is_staff: bool,
    pub address: String,
}

/// The state of the viewer's account in this respect.
pub async fn overview(cx: &RequestContext) -> AppResult<Overview> {
    let viewer = cx.viewer()?;
    let mut conn = cx.state.db.acquire().await?;
    let accounts = store::accounts_of(&mut conn, viewer.account_id).await?;
    let open = store::open(&mut conn, viewer.account_id).await?;
    let blockers = store::blockers(&mut conn, &accounts, cx.now()).await?;
    let kept = kept(&store::kept_records(&mut conn, &accounts).await?);
    Ok(Overview { open, blockers, kept, is_staff: viewer.is_staff(), address: viewer.email.clone() })
}

/// The viewer's open erasure, for the banner.
pub async fn open(cx: &RequestContext) -> AppResult<Option<Erasure>> {
    let Ok(viewer) = cx.viewer() else { return Ok(None) };
    let mut conn = cx.state.db.acquire().await?;
    Ok(store::open(&mut conn, viewer.account_id).await?)
}

/// Whether an account is on its way out: such accounts are not merged.
pub async fn is_open(conn: &mut sqlx::PgConnection, account_id: AccountId) -> Result<bool, sqlx::Error> {
    Ok(store::open(conn, account_id).await?.is_some())
}

fn kept(records: &KeptRecords) -> Vec<(Records, DateTime<Utc>)> {
    let newest = |records_of: Records| match records_of {
        Records::Orders => records.newest_order,
        Records::Exams => records.newest_exam,
        Records::Credentials => records.last_expiry,
    };
    Records::ALL.iter().filter_map(|records| Some((*records, records.keep_until(newest(*records)?)))).collect()
}

/// Begins the 30 days. Asking twice begins them once.
///
/// # Errors
/// [`AppError::StepUpRequired`]; [`AppError::Forbidden`] for staff; [`AppError::Validation`] at `confirmation` and
/// `credentials`; [`Conflict::ErasureBlocked`].
pub async fn ask(cx: &RequestContext, confirmation: &str, choice: &str) -> AppResult<()> {
    let viewer = cx.fresh_proof()?;
    let now = cx.now();
    let mut tx = cx.state.db.begin().await?;
    let person = people::lock_person(&mut tx, viewer.account_id).await?.ok_or(AppError::Unauthenticated)?;
    if person.is_staff {
        return Err(AppError::Forbidden);
    }
    let mut errors = vec![];
    let choice = CredentialChoice::parse(choice);
    if choice.is_none() {
        errors.push(FieldError::new("credentials", Code::Required));
    }
    match confirmation.trim() {
        "" => errors.push(FieldError::new("confirmation", Code::Required)),
        typed if typed.to_lowercase() != person.address.to_lowercase() => {
            errors.push(FieldError::with("confirmation", Code::ConfirmationMismatch, &person.address));
        }
        _ => {}
    }
    let Some(choice) = choice.filter(|_| errors.is_empty()) else { return Err(AppError::Validation(errors)) };
    if store::open(&mut tx, person.account_id).await?.is_some() {
        return Ok(());
    }
    let accounts = store::accounts_of(&mut tx, person.account_id).await?;
    if !store::blockers(&mut tx, &accounts, now).await?.is_empty() {
        audit::refused(cx, "privacy.erasure_requested", &person.account_id.to_string(), json!({"reason": "blocked"})).await;
        return Err(Conflict::ErasureBlocked.into());
    }
    let id = random::id();
    let written: Result<(), DbError> = store::insert(&mut tx, id, person.account_id, choice.as_str(), now, now + GRACE)
        .await
        .on_constraint("account_erasure_open_key", || Conflict::Stale.into());
    written?;
    mail::enqueue(&mut tx, &cx.state, now, mails::erasure_requested(&cx.state, &person, id, now + GRACE)).await?;
    let detail = json!({"erasure": id, "credentials": choice.as_str()});
    audit::record(&mut tx, cx, "privacy.erasure_requested", &person.account_id.to_string(), detail).await?;
    tx.commit().await?;
    Ok(())
}

/// Stops the viewer's erasure. Needs no fresh proof: whoever may sign in may keep the account. None is open: nothing to do.
pub async fn stop(cx: &RequestContext) -> AppResult<()> {
    let viewer = cx.viewer()?;
    let mut tx = cx.state.db.begin().await?;
    let person = people::lock_person(&mut tx, viewer.account_id).await?.ok_or(AppError::Unauthenticated)?;
    if let Some(id) = store::stop(&mut tx, person.account_id, cx.now()).await? {
        mail::enqueue(&mut tx, &cx.state, cx.now(), mails::erasure_stopped(&person, id)).await?;
        audit::record(&mut tx, cx, "privacy.erasure_stopped", &person.account_id.to_string(), json!({"erasure": id})).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// Reminds those whose account goes soon, erases those whose time is over. One transaction each.
pub async fn carry_out(state: &AppState) -> Result<(), JobError> {
    let now = state.clock.now();
    let (remind, due) = {
        let mut conn = state.db.acquire().await?;
        (store::to_remind(&mut conn, now + REMINDER, now).await?, store::due(&mut conn, now).await?)
    };
    for erasure in remind {
        let mut tx = state.db.begin().await?;
        if let Some(person) = people::lock_person(&mut tx, erasure.account_id).await?
            && store::set_reminded(&mut tx, erasure.id, now).await?
        {
            mail::enqueue(&mut tx, state, now, mails::erasure_reminder(state, &person, erasure.id, erasure.due_at)).await?;
        }
        tx.commit().await?;
    }
    let mut failed = None;
    for account_id in due {
        // One that fails does not hold up the others.
        if let Err(error) = erase(state, account_id).await {
            failed = Some(JobError(format!("the account {account_id} is not erased yet: {error:?}")));
        }
    }
    failed.map_or(Ok(()), Err)
}

/// Erases one account whose time is over. What came up meanwhile (a booking, a refund) is waited for.
async fn erase(state: &AppState, account_id: AccountId) -> Result<(), DbError> {
    let now = state.clock.now();
    let mut tx = state.db.begin().await?;
    let Some(person) = people::lock_person(&mut tx, account_id).await? else { return Ok(()) };
    let Some(erasure) = store::open(&mut tx, account_id).await?.filter(|erasure| erasure.due_at <= now) else { return Ok(()) };
    let accounts = store::accounts_of(&mut tx, account_id).await?;
    if person.is_staff || !store::blockers(&mut tx, &accounts, now).await?.is_empty() {
        return Ok(());
    }
    acting::end_for(&mut tx, now, &accounts).await?;
    let traces = store::traces(&mut tx, &accounts).await?;
    store::drop_unfinished(&mut tx, &accounts, now).await?;
    let kept = kept(&store::kept_records(&mut tx, &accounts).await?);
    // Kept records hang on a new account that stands for nobody: nothing leads from it to the old one.
    let nobody = random::id();
    let candidate_id = CandidateId::from_random(random::bytes()).to_string();
    store::insert_nobody(&mut tx, nobody, account_id, &candidate_id, now).await?;
    store::forget_names(&mut tx, &accounts, erasure.credentials == CredentialChoice::WithholdName.as_str()).await?;
    store::forget_reasons(&mut tx, &accounts).await?;
    store::replace_in_imports(&mut tx, &traces, &candidate_id).await?;
    store::forget_traces(&mut tx, &accounts, &traces).await?;
    store::by_inventory(&mut tx, &accounts, nobody).await?;
    store::delete_accounts(&mut tx, &accounts).await?;
    for (records, until) in &kept {
        store::insert_retention(&mut tx, nobody, records.as_str(), records.legal_basis(), *until, now).await?;
    }
    if kept.is_empty() {
        store::delete_nobody(&mut tx, nobody).await?;
    }
    mail::enqueue(&mut tx, state, now, mails::erased(&person, erasure.id)).await?;
    let cx = RequestContext::new(state.clone(), [127, 0, 0, 1].into());
    let records: Vec<_> = kept.iter().map(|(records, _)| records.as_str()).collect();
    let detail = json!({"erasure": erasure.id, "credentials": erasure.credentials, "kept": records});
    audit::record(&mut tx, &cx, "privacy.erased", &account_id.to_string(), detail).await?;
    tx.commit().await?;
    Ok(())
}

/// Deletes kept records whose time is over, names of credentials that have expired, and last mails that were sent.
pub async fn forget_kept(state: &AppState) -> Result<(), JobError> {
    let now = state.clock.now();
    let mut tx = state.db.begin().await?;
    store::forget_expired_names(&mut tx, now).await?;
    for (account_id, records) in store::over(&mut tx, now).await? {
        store::delete_kept(&mut tx, account_id, &records).await?;
    }
    store::forget_last_mails(&mut tx, mails::ERASED, now, now - LAST_MAIL).await?;
    tx.commit().await?;
    Ok(())
}
