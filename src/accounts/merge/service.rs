//! The use cases of merging.

use super::store::{self, Counts, Facts, MergeRow};
use super::{mails, rules};
use crate::accounts::factors::rules::masked_phone;
use crate::accounts::factors::{self, FactorMethod, phone};
use crate::accounts::identity::EmailAddress;
use crate::accounts::model::Secret;
use crate::accounts::rules::browser_name;
use crate::accounts::service::throttle::Counter;
use crate::accounts::service::{Proof, levelled};
use crate::accounts::store::Account;
use crate::accounts::{password, store as accounts};
use crate::error::{AppError, AppResult, Code, Conflict, FieldError};
use crate::ids::{AccountId, MergeId};
use crate::privacy::erasure;
use crate::server::database::{DbError, OnConstraint, retrying};
use crate::server::http::sessions;
use crate::server::{RequestContext, audit, i18n, mail, random};
use chrono::{DateTime, Utc};
use serde_json::json;
use sqlx::PgConnection;

/// What stands against a merge now.
#[derive(Debug, Clone)]
pub enum Blocker {
    /// References of appointments at the same time, mine first.
    Overlap(String, String),
    BirthDates,
    /// The names differ, and the dates of birth do not say that it is one person all the same.
    Names,
    /// The number of the other account's order that waits for its payment.
    Payment(String),
}

/// What a merge would do.
#[derive(Debug, Clone)]
pub struct Preview {
    pub merge: MergeId,
    pub mine: Facts,
    pub other: Facts,
    pub counts: Counts,
    pub held_twice: Vec<String>,
    pub blockers: Vec<Blocker>,
    pub names_differ: bool,
}

/// Where the viewer stands.
#[derive(Debug, Clone)]
pub enum Step {
    SignIn,
    Code(CodeStep),
    Preview(Box<Preview>),
}

/// How the second factor of the other account can be given.
#[derive(Debug, Clone)]
pub struct CodeStep {
    /// Best first.
    pub methods: Vec<FactorMethod>,
    /// The one that was asked for, or the best.
    pub method: Option<FactorMethod>,
    /// The end of the number that codes go to.
    pub phone: String,
    /// A code is on its way.
    pub sent: bool,
}

/// A merge of before.
#[derive(Debug, Clone)]
pub struct Past {
    pub id: MergeId,
    pub candidate_id: String,
    pub merged_at: DateTime<Utc>,
    pub undone_at: Option<DateTime<Utc>>,
    pub until: DateTime<Utc>,
    pub can_be_undone: bool,
}

/// What the page shows.
///
/// # Errors
/// [`AppError::StepUpRequired`].
pub async fn overview(cx: &RequestContext, wanted: Option<FactorMethod>) -> AppResult<(Step, Vec<Past>)> {
    let viewer = cx.fresh_proof()?;
    let now = cx.now();
    let mut conn = cx.state.db.acquire().await?;
    let merges = store::of_account(&mut conn, viewer.account_id).await?;
    let begun = merges.iter().find(|merge| is_begun(merge, now));
    let step = match begun {
        None => Step::SignIn,
        Some(merge) if merge.state == "code_owed" => {
            let factors = factors::factors(&mut conn, merge.other_id).await?;
            Step::Code(CodeStep {
                methods: factors.methods(&cx.state.sms),
                method: factors.method(wanted, &cx.state.sms),
                phone: masked_phone(factors.phone.as_deref().unwrap_or_default()),
                sent: phone::login_code_sent(cx).await?,
            })
        }
        Some(merge) => preview(&mut conn, merge, now).await?.map_or(Step::SignIn, |preview| Step::Preview(Box::new(preview))),
    };
    let past = merges.iter().filter_map(|merge| {
        let merged_at = merge.merged_at?;
        Some(Past {
            id: merge.id,
            candidate_id: merge.other_candidate_id.clone().unwrap_or_default(),
            merged_at,
            undone_at: merge.undone_at,
            until: merged_at + rules::UNDO,
            can_be_undone: merge.state == "merged" && rules::can_be_undone(merged_at, now),
        })
    });
    Ok((step, past.collect()))
}

fn is_begun(merge: &MergeRow, now: DateTime<Utc>) -> bool {
    matches!(merge.state.as_str(), "code_owed" | "proved") && now - merge.created_at < rules::PROOF
}

async fn preview(conn: &mut PgConnection, merge: &MergeRow, now: DateTime<Utc>) -> Result<Option<Preview>, sqlx::Error> {
    let Some((mine, other)) = store::facts(conn, merge.account_id, merge.other_id).await? else { return Ok(None) };
    if !other.is_open {
        return Ok(None);
    }
    Ok(Some(Preview {
        merge: merge.id,
        counts: store::counts(conn, mine.id, other.id).await?,
        held_twice: store::held_twice(conn, mine.id, other.id, now).await?,
        blockers: blockers(conn, &mine, &other).await?,
        names_differ: names_differ(&mine, &other),
        mine,
        other,
    }))
}

fn names_differ(mine: &Facts, other: &Facts) -> bool {
    !rules::same_name((&mine.given_name, &mine.family_name), (&other.given_name, &other.family_name))
}

async fn blockers(conn: &mut PgConnection, mine: &Facts, other: &Facts) -> Result<Vec<Blocker>, sqlx::Error> {
    let mut found = vec![];
    if rules::two_people(mine.date_of_birth, other.date_of_birth) {
        found.push(Blocker::BirthDates);
    } else if names_differ(mine, other) && !rules::known_to_be_one(mine.date_of_birth, other.date_of_birth) {
        found.push(Blocker::Names);
    }
    found.extend(store::overlaps(conn, mine.id, other.id).await?.into_iter().map(|(mine, other)| Blocker::Overlap(mine, other)));
    found.extend(store::awaiting_payment(conn, other.id).await?.into_iter().map(Blocker::Payment));
    Ok(found)
}

/// Whether these two may be merged at all, asked when the other account is proved and again when they are merged.
async fn mergeable(conn: &mut PgConnection, mine: AccountId, other: AccountId) -> Result<(), DbError> {
    let (mine, other) = store::facts(conn, mine, other).await?.ok_or(AppError::NotFound)?;
    if mine.is_staff || other.is_staff || mine.candidate_id.is_none() || other.candidate_id.is_none() {
        return Err(Conflict::MergeStaff.into());
    }
    if erasure::is_open(conn, mine.id).await? || erasure::is_open(conn, other.id).await? {
        return Err(Conflict::MergeErasing.into());
    }
    Ok(())
}

/// Address and password of the other account: counted, refused and answered like a login's, and no sooner. The other account's owner
/// is told of a right one.
///
/// # Errors
/// [`AppError::StepUpRequired`]; [`Conflict::EmailNotVerified`]; those of a login; [`Conflict::MergeOwn`], [`Conflict::MergeStaff`],
/// [`Conflict::MergeErasing`], [`Conflict::MergeFactor`] once the password is right.
pub async fn sign_in(cx: &RequestContext, typed: &str, password: &Secret) -> AppResult<()> {
    cx.candidate()?;
    // A merge brings further addresses along.
    cx.verified_with_fresh_proof()?;
    let mut errors = vec![];
    if typed.trim().is_empty() {
        errors.push(FieldError::new("email", Code::Required));
    }
    if password.0.is_empty() {
        errors.push(FieldError::new("password", Code::Required));
    }
    if !errors.is_empty() {
        return Err(AppError::Validation(errors));
    }
    levelled(sign_in_to(cx, typed, password)).await
}

async fn sign_in_to(cx: &RequestContext, typed: &str, password: &Secret) -> AppResult<()> {
    let viewer = cx.viewer()?;
    let email = EmailAddress::parse(typed).map(|email| email.to_string()).unwrap_or_else(|_| typed.trim().to_owned());
    let account = {
        let mut conn = cx.state.db.acquire().await?;
        accounts::by_address(&mut conn, &email).await?
    };
    let subject = account.as_ref().map_or_else(|| "unknown".to_owned(), |account| account.id.to_string());
    let place = cx.state.hashing.place()?;
    let counter = Counter::of_password(cx, account.as_ref().map(|account| account.id), &email);
    if let Err(error) = counter.count(cx).await {
        audit::refused(cx, "account.merge_sign_in", &subject, json!({"reason": "locked"})).await;
        return Err(error);
    }
    let hash = account.as_ref().and_then(|account| account.password_hash.as_deref());
    let right = password::verify(place, password, hash).await?;
    let Some(account) = account.filter(|_| right) else {
        audit::refused(cx, "account.merge_sign_in", &subject, json!({"reason": "password"})).await;
        return Err(Conflict::LoginRefused.into());
    };
    let mut tx = cx.state.db.begin().await?;
    counter.forgive(&mut tx).await?;
    if account.id != viewer.account_id {
        let browser = browser_name(&cx.user_agent, i18n::from_tag(&account.language).unwrap_or(cx.locale));
        let message = mails::signed_in(&cx.state, &account, viewer.account_id, browser, cx.now(), &cx.address.to_string());
        mail::enqueue(&mut tx, &cx.state, cx.now(), message).await?;
    }
    tx.commit().await?;
    counter.give_back(cx).await?;
    if account.id == viewer.account_id {
        return Err(Conflict::MergeOwn.into());
    }
    let mut tx = cx.state.db.begin().await?;
    if account.has_factor {
        // Of a kind that cannot be used now: codes by SMS, and no provider that sends them.
        if factors::factors(&mut tx, account.id).await?.methods(&cx.state.sms).is_empty() {
            return Err(Conflict::MergeFactor.into());
        }
    } else {
        // Behind a second factor nothing is told of the account before its code.
        mergeable(&mut tx, viewer.account_id, account.id).await?;
    }
    let state = if account.has_factor { "code_owed" } else { "proved" };
    let id = random::id();
    store::insert(&mut tx, id, viewer.account_id, account.id, state, cx.now()).await?;
    audit::record(&mut tx, cx, "account.merge_sign_in", &account.id.to_string(), json!({"merge": id})).await?;
    tx.commit().await?;
    Ok(())
}

/// The merge that the viewer has begun.
async fn begun(conn: &mut PgConnection, cx: &RequestContext, account_id: AccountId) -> AppResult<MergeRow> {
    let merges = store::of_account(conn, account_id).await?;
    merges.into_iter().find(|merge| is_begun(merge, cx.now())).ok_or(AppError::Conflict(Conflict::Stale))
}

/// The viewer's merge that waits for the other account's second factor.
///
/// # Errors
/// [`AppError::StepUpRequired`]; [`Conflict::Stale`]: none does.
pub async fn owing_factor(cx: &RequestContext) -> AppResult<MergeRow> {
    let viewer = cx.fresh_proof()?;
    let mut conn = cx.state.db.acquire().await?;
    let merge = begun(&mut conn, cx, viewer.account_id).await?;
    if merge.state == "code_owed" { Ok(merge) } else { Err(Conflict::Stale.into()) }
}

/// Sends a code to the phone that is the other account's factor.
///
/// # Errors
/// Those of [`owing_factor`]; [`AppError::NotFound`]: codes by SMS are no factor of it; those of sending a code.
pub async fn send_code(cx: &RequestContext) -> AppResult<()> {
    let merge = owing_factor(cx).await?;
    phone::send_to_factor(cx, merge.other_id, cx.viewer()?.session_id).await
}

/// The code of the other account's second factor, of whichever kind. Five wrong ones take its password step back
/// (security.md line 18).
///
/// # Errors
/// [`AppError::StepUpRequired`]; [`Code::CodeWrong`] at `code`; [`AppError::RateLimited`]; those of [`sign_in`].
pub async fn enter_code(cx: &RequestContext, method: Option<FactorMethod>, typed: &str) -> AppResult<()> {
    let viewer = cx.fresh_proof()?;
    if typed.trim().is_empty() {
        return Err(AppError::field("code", Code::Required));
    }
    let merge = {
        let mut conn = cx.state.db.acquire().await?;
        begun(&mut conn, cx, viewer.account_id).await?
    };
    if merge.state == "proved" {
        return Ok(());
    }
    let counter = Counter::of_factor(cx, merge.other_id);
    if let Err(error) = counter.count(cx).await {
        audit::refused(cx, "account.merge_sign_in", &merge.other_id.to_string(), json!({"reason": "code_locked"})).await;
        begin_again(cx).await?;
        return Err(error);
    }
    let mut tx = cx.state.db.begin().await?;
    let other = accounts::by_id(&mut tx, merge.other_id).await?.ok_or(AppError::Conflict(Conflict::Stale))?;
    let method = factors::factors(&mut tx, other.id).await?.method(method, &cx.state.sms);
    let proof = match method {
        Some(method) => factors::accept(&mut tx, cx, &other, viewer.session_id, method, typed).await?,
        None => None,
    };
    let Some(proof) = proof else {
        tx.rollback().await?;
        audit::refused(cx, "account.merge_sign_in", &merge.other_id.to_string(), json!({"reason": "code"})).await;
        let mut conn = cx.state.db.acquire().await?;
        if counter.is_locked(&mut conn, cx.now()).await? {
            store::forget_begun(&mut conn, viewer.account_id).await?;
        }
        return Err(AppError::field("code", Code::CodeWrong));
    };
    counter.forgive(&mut tx).await?;
    let allowed = factor_proved(&mut tx, cx, &other, proof).await?;
    // The code is used up either way.
    tx.commit().await?;
    counter.give_back(cx).await?;
    allowed
}

/// The other account's second factor was right: its merge goes on, or is over if the two may not be merged. The caller commits either
/// way.
pub async fn factor_proved(conn: &mut PgConnection, cx: &RequestContext, other: &Account, by: Proof) -> AppResult<Result<(), AppError>> {
    let viewer = cx.viewer()?;
    let merge = begun(conn, cx, viewer.account_id).await?;
    if merge.other_id != other.id {
        return Err(Conflict::Stale.into());
    }
    let allowed = mergeable(conn, viewer.account_id, other.id).await.map_err(AppError::from);
    match allowed {
        Ok(()) => store::set_proved(conn, merge.id).await?,
        Err(_) => store::forget_begun(conn, viewer.account_id).await?,
    }
    let detail = json!({"merge": merge.id, "by": by.as_str()});
    audit::record(conn, cx, "account.merge_factor_given", &other.id.to_string(), detail).await?;
    Ok(allowed)
}

/// Forgets the other account's sign-in.
pub async fn begin_again(cx: &RequestContext) -> AppResult<()> {
    let viewer = cx.viewer()?;
    let mut conn = cx.state.db.acquire().await?;
    store::forget_begun(&mut conn, viewer.account_id).await?;
    Ok(())
}

/// Merges: everything moves in one transaction, and the other account is closed. Sending it twice merges once.
///
/// # Errors
/// [`AppError::StepUpRequired`]; [`Conflict::EmailNotVerified`]; [`AppError::NotFound`] for somebody else's; [`Conflict::Stale`] when the proof is over;
/// [`Conflict::MergeBlocked`]; [`Code::Required`] at `same_person` when the names differ.
pub async fn merge(cx: &RequestContext, id: &str, same_person: bool) -> AppResult<()> {
    let viewer = cx.verified_with_fresh_proof()?;
    let id: MergeId = id.parse().map_err(|_| AppError::NotFound)?;
    retrying(|| async {
        let mut tx = cx.state.db.begin().await?;
        merge_in(&mut tx, cx, viewer.account_id, id, same_person).await?;
        tx.commit().await?;
        Ok(())
    })
    .await
}

async fn merge_in(
    tx: &mut PgConnection,
    cx: &RequestContext,
    account_id: AccountId,
    id: MergeId,
    same_person: bool,
) -> Result<(), DbError> {
    let now = cx.now();
    let merge = store::of_account_with_id(tx, account_id, id).await?.ok_or(AppError::NotFound)?;
    let (mine, other) = store::locked(tx, account_id, merge.other_id).await?.ok_or(AppError::NotFound)?;
    // As it is now that nobody else can change it.
    let merge = store::of_account_with_id(tx, account_id, id).await?.ok_or(AppError::NotFound)?;
    if merge.state == "merged" {
        return Ok(());
    }
    if merge.state != "proved" || !is_begun(&merge, now) || !mine.is_open || !other.is_open {
        return Err(Conflict::Stale.into());
    }
    mergeable(tx, mine.id, other.id).await?;
    if !blockers(tx, &mine, &other).await?.is_empty() {
        return Err(Conflict::MergeBlocked.into());
    }
    if names_differ(&mine, &other) && !same_person {
        return Err(AppError::field("same_person", Code::Required).into());
    }
    let addresses = store::addresses(tx, &[mine.id, other.id]).await?;
    store::move_rows(tx, merge.id, mine.id, other.id)
        .await
        .on_constraint("appointment_candidate_overlap", || Conflict::MergeBlocked.into())?;
    store::supersede_older(tx, merge.id, mine.id, now).await?;
    store::close(tx, &merge, other.primary_email_id, now).await?;
    sessions::end_others(tx, now, other.id, None).await?;
    let (mine_id, other_id) = (mine.candidate_id.unwrap_or_default(), other.candidate_id.unwrap_or_default());
    for to in &addresses {
        let message = mails::merged(&cx.state, to, mine.id, merge.id, &mine_id, &other_id, now + rules::UNDO);
        mail::enqueue(tx, &cx.state, now, message).await?;
    }
    audit::record(tx, cx, "account.merged", &mine.id.to_string(), json!({"merge": merge.id, "other": other.id})).await?;
    Ok(())
}

/// Undoes a merge: exactly what moved goes back, what came later stays. Sending it twice undoes it once.
///
/// # Errors
/// [`AppError::StepUpRequired`]; [`AppError::NotFound`] for somebody else's; [`Conflict::MergeFinal`] after 14 days;
/// [`Conflict::MergeAddressGone`].
pub async fn undo(cx: &RequestContext, id: &str) -> AppResult<()> {
    let viewer = cx.fresh_proof()?;
    let id: MergeId = id.parse().map_err(|_| AppError::NotFound)?;
    retrying(|| async {
        let mut tx = cx.state.db.begin().await?;
        undo_in(&mut tx, cx, viewer.account_id, id).await?;
        tx.commit().await?;
        Ok(())
    })
    .await
}

async fn undo_in(tx: &mut PgConnection, cx: &RequestContext, account_id: AccountId, id: MergeId) -> Result<(), DbError> {
    let now = cx.now();
    let merge = store::of_account_with_id(tx, account_id, id).await?.ok_or(AppError::NotFound)?;
    let (mine, other) = store::locked(tx, account_id, merge.other_id).await?.ok_or(AppError::NotFound)?;
    let merge = store::of_account_with_id(tx, account_id, id).await?.ok_or(AppError::NotFound)?;
    if merge.state == "undone" {
        return Ok(());
    }
    let merged_at = merge.merged_at.ok_or(AppError::NotFound)?;
    if !rules::can_be_undone(merged_at, now) {
        return Err(Conflict::MergeFinal.into());
    }
    if !mine.is_open || other.merged_into != Some(mine.id) {
        return Err(Conflict::Stale.into());
    }
    let moved = store::moved_addresses(tx, merge.id, mine.id).await?;
    if moved.iter().any(|(_, is_primary, _)| *is_primary) {
        return Err(Conflict::MergeAddressGone.into());
    }
    let former = moved.iter().find(|(id, ..)| Some(*id) == merge.primary_email_id);
    let primary = former.or_else(|| moved.iter().find(|(.., verified)| *verified)).map(|(id, ..)| *id);
    let primary = primary.ok_or(Conflict::MergeAddressGone)?;
    store::give_back(tx, &merge, primary, now).await?;
    let (mine_id, other_id) = (mine.candidate_id.unwrap_or_default(), other.candidate_id.unwrap_or_default());
    for to in store::addresses(tx, &[mine.id, other.id]).await? {
        mail::enqueue(tx, &cx.state, now, mails::undone(&cx.state, &to, to.account_id, merge.id, &mine_id, &other_id)).await?;
    }
    audit::record(tx, cx, "account.merge_undone", &mine.id.to_string(), json!({"merge": merge.id, "other": other.id})).await?;
    Ok(())
}
