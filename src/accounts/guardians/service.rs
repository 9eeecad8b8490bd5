//! Asking a guardian, and their answer. The guardian has no account: what they are allowed comes with the mailed link.

use super::mails;
use super::rules::{ANSWER, Standing, standing};
use super::store::{self, Consent, Link};
use crate::accounts::addresses::service as addresses;
use crate::accounts::identity::{self, EmailAddress, NAME_LIMIT};
use crate::accounts::service::enqueue;
use crate::accounts::store::{self as accounts, Account};
use crate::error::{AppError, AppResult, Code, Conflict, FieldError};
use crate::ids::AccountId;
use crate::scheduling::rules as scheduling;
use crate::server::database::expect_one;
use crate::server::limits::Limit;
use crate::server::programme::policies;
use crate::server::{RequestContext, audit, format, random};
use chrono::TimeDelta;
use serde_json::json;
use sqlx::PgConnection;

/// Requests of one candidate, sent again or to another guardian: a minute apart, and five an hour (security.md line 60).
const APART: Limit = Limit::new("guardian.apart", 1, TimeDelta::seconds(60));
const HOURLY: Limit = Limit::new("guardian.hourly", 5, TimeDelta::minutes(12));

/// Whether a guardian's consent holds for an account.
pub async fn consented(conn: &mut PgConnection, account_id: AccountId) -> Result<bool, sqlx::Error> {
    store::holds(conn, account_id).await
}

/// What the candidate's page shows.
#[derive(Debug, Clone)]
pub struct Overview {
    /// Whether a consent is needed at the candidate's age; `None`: the date of birth is not known yet.
    pub needed: Option<bool>,
    /// The newest request and how it stands.
    pub consent: Option<(Consent, Standing)>,
}

impl Overview {
    /// Whether a guardian can be named now.
    pub fn may_ask(&self) -> bool {
        self.needed != Some(false) && self.consent.as_ref().is_none_or(|(_, standing)| *standing != Standing::Given)
    }
}

pub async fn overview(cx: &RequestContext) -> AppResult<Overview> {
    let mut conn = cx.state.db.acquire().await?;
    overview_in(&mut conn, cx).await
}

async fn overview_in(conn: &mut PgConnection, cx: &RequestContext) -> AppResult<Overview> {
    let viewer = cx.candidate()?;
    let today = format::day_in(cx.now(), cx.time_zone());
    let policies = policies(conn, cx.now()).await?;
    let born = store::born(conn, viewer.account_id).await?;
    let consent = store::newest(conn, viewer.account_id).await?;
    Ok(Overview {
        needed: born.map(|born| scheduling::needs_guardian(born, today, &policies)),
        consent: consent.map(|consent| {
            let standing = standing(&consent, cx.now());
            (consent, standing)
        }),
    })
}

/// Names the guardian and mails the request. A guardian who was named before and has not answered is asked no more.
///
/// # Errors
/// [`AppError::Validation`] at `guardian_name` or `guardian_email`; [`Conflict::GuardianNotNeeded`]; [`AppError::RateLimited`].
pub async fn ask(cx: &RequestContext, name: &str, email: &str) -> AppResult<()> {
    let viewer = cx.candidate()?;
    let now = cx.now();
    let mut errors = vec![];
    let name = identity::parse_name(name).map_err(|code| errors.push(name_error("guardian_name", code))).ok();
    let email = EmailAddress::parse(email).map_err(|code| errors.push(FieldError::new("guardian_email", code))).ok();
    let mut tx = cx.state.db.begin().await?;
    accounts::lock_account(&mut tx, viewer.account_id).await?;
    if let Some(email) = &email {
        let own = crate::accounts::addresses::store::of_account(&mut tx, viewer.account_id, now).await?;
        if own.iter().any(|own| own.address.to_lowercase() == email.as_str().to_lowercase()) {
            errors.push(FieldError::new("guardian_email", Code::GuardianIsYou));
        }
    }
    let (Some(name), Some(email), true) = (name, email, errors.is_empty()) else { return Err(AppError::Validation(errors)) };
    if !overview_in(&mut tx, cx).await?.may_ask() {
        return Err(Conflict::GuardianNotNeeded.into());
    }
    let consent = Consent {
        id: random::id(),
        account_id: viewer.account_id,
        guardian_name: name,
        guardian_email: email.to_string(),
        requested_at: now,
        expires_at: now + ANSWER,
        replaced_at: None,
        decision: None,
        decided_at: None,
        withdrawn_at: None,
    };
    let token = random::token();
    store::insert(&mut tx, &consent, &random::token_hash(&token)).await?;
    send(&mut tx, cx, &consent, &token).await?;
    audit::record(&mut tx, cx, "guardian.asked", &viewer.account_id.to_string(), json!({"consent": consent.id})).await?;
    tx.commit().await?;
    Ok(())
}

fn name_error(field: &str, code: Code) -> FieldError {
    match code {
        Code::TooLong => FieldError::with(field, code, NAME_LIMIT),
        _ => FieldError::new(field, code),
    }
}

async fn send(tx: &mut PgConnection, cx: &RequestContext, consent: &Consent, token: &str) -> AppResult<()> {
    let key = consent.account_id.to_string();
    APART.spend(&mut *tx, cx.now(), &key).await?;
    HOURLY.spend(&mut *tx, cx.now(), &key).await?;
    let account = account(tx, consent.account_id).await?;
    // Several candidates may name one address; nobody's mailbox is filled for it.
    if addresses::may_mail(tx, cx, &consent.guardian_email).await? {
        enqueue(tx, cx, mails::request(&cx.state, &account, consent, token)).await?;
    }
    Ok(())
}

async fn account(conn: &mut PgConnection, id: AccountId) -> AppResult<Account> {
    accounts::by_id(conn, id).await?.ok_or(AppError::NotFound)
}

/// Sends the request again, with a new link: the one before it is dead.
///
/// # Errors
/// [`AppError::NotFound`]: nobody is asked; [`AppError::RateLimited`].
pub async fn resend(cx: &RequestContext) -> AppResult<()> {
    let viewer = cx.candidate()?;
    let now = cx.now();
    let mut tx = cx.state.db.begin().await?;
    accounts::lock_account(&mut tx, viewer.account_id).await?;
    let open = store::newest(&mut tx, viewer.account_id).await?.filter(|consent| consent.decision.is_none());
    let consent = Consent { expires_at: now + ANSWER, ..open.ok_or(AppError::NotFound)? };
    let token = random::token();
    expect_one(store::renew(&mut tx, consent.id, &random::token_hash(&token), consent.expires_at).await?)?;
    send(&mut tx, cx, &consent, &token).await?;
    audit::record(&mut tx, cx, "guardian.asked", &viewer.account_id.to_string(), json!({"consent": consent.id, "again": true})).await?;
    tx.commit().await?;
    Ok(())
}

/// What the guardian's page shows.
#[derive(Debug, Clone)]
pub struct Asked {
    pub consent: Consent,
    pub standing: Standing,
    /// Given name of the candidate.
    pub candidate: String,
}

/// The request behind a mailed link; looking does not answer it. `None`: no such link, or a newer one was mailed.
pub async fn look(cx: &RequestContext, token: &str) -> AppResult<Option<Asked>> {
    let mut tx = cx.state.db.begin().await?;
    let found = store::by_link(&mut tx, Link::Answer, &random::token_hash(token)).await?;
    shown(&mut tx, cx, found).await
}

/// The consent behind a confirmation mail's link.
pub async fn look_at_consent(cx: &RequestContext, token: &str) -> AppResult<Option<Asked>> {
    let mut tx = cx.state.db.begin().await?;
    let found = store::by_link(&mut tx, Link::Withdrawal, &random::token_hash(token)).await?;
    shown(&mut tx, cx, found).await
}

async fn shown(conn: &mut PgConnection, cx: &RequestContext, found: Option<Consent>) -> AppResult<Option<Asked>> {
    let Some(consent) = found else { return Ok(None) };
    let Some(account) = accounts::by_id(conn, consent.account_id).await? else { return Ok(None) };
    let standing = standing(&consent, cx.now());
    Ok(Some(Asked { consent, standing, candidate: account.given_name }))
}

/// The open request of a link.
///
/// # Errors
/// [`Conflict::LinkUnknown`], [`Conflict::LinkExpired`], [`Conflict::GuardianAnswered`].
async fn open(conn: &mut PgConnection, cx: &RequestContext, token: &str) -> AppResult<Consent> {
    let consent = store::by_link(conn, Link::Answer, &random::token_hash(token)).await?.ok_or(Conflict::LinkUnknown)?;
    match standing(&consent, cx.now()) {
        Standing::Waiting => Ok(consent),
        Standing::Expired => Err(Conflict::LinkExpired.into()),
        Standing::Given | Standing::Declined | Standing::Withdrawn => Err(Conflict::GuardianAnswered.into()),
    }
}

/// The guardian consents: name typed in place of a signature, box ticked, for the version of the agreement they were shown.
/// Candidate and guardian are told.
///
/// # Errors
/// [`AppError::Validation`] at `signed_name` or `consent` (the link stays good); a [`Conflict`] of links.
pub async fn give(cx: &RequestContext, token: &str, signed_name: &str, ticked: bool, version: &str) -> AppResult<()> {
    let now = cx.now();
    let mut tx = cx.state.db.begin().await?;
    let consent = open(&mut tx, cx, token).await?;
    let mut errors = vec![];
    let signed_name = identity::parse_name(signed_name).map_err(|code| errors.push(name_error("signed_name", code))).ok();
    if !ticked || version != cx.programme().agreement_version {
        errors.push(FieldError::new("consent", Code::AgreementRequired));
    }
    let (Some(signed_name), true) = (signed_name, errors.is_empty()) else { return Err(AppError::Validation(errors)) };
    let account = account(&mut tx, consent.account_id).await?;
    let withdrawal = random::token();
    let from = cx.address.to_string();
    let hash = random::token_hash(&withdrawal);
    expect_one(store::give(&mut tx, consent.id, &signed_name, version, &hash, &from, now).await?)?;
    enqueue(&mut tx, cx, mails::confirmation(&cx.state, &account, &consent, &withdrawal)).await?;
    enqueue(&mut tx, cx, mails::answered(&cx.state, &account, &consent, mails::Answer::Given)).await?;
    let detail = json!({"consent": consent.id, "version": version});
    audit::record(&mut tx, cx, "guardian.consented", &account.id.to_string(), detail).await?;
    tx.commit().await?;
    Ok(())
}

/// The guardian declines. The candidate is told.
///
/// # Errors
/// A [`Conflict`] of links.
pub async fn decline(cx: &RequestContext, token: &str) -> AppResult<()> {
    let mut tx = cx.state.db.begin().await?;
    let consent = open(&mut tx, cx, token).await?;
    let account = account(&mut tx, consent.account_id).await?;
    expect_one(store::decline(&mut tx, consent.id, &cx.address.to_string(), cx.now()).await?)?;
    enqueue(&mut tx, cx, mails::answered(&cx.state, &account, &consent, mails::Answer::Declined)).await?;
    audit::record(&mut tx, cx, "guardian.declined", &account.id.to_string(), json!({"consent": consent.id})).await?;
    tx.commit().await?;
    Ok(())
}

/// The guardian takes the consent back: nothing more is booked without another one. What is booked stays. Doing it twice
/// changes nothing.
///
/// # Errors
/// [`Conflict::LinkUnknown`].
pub async fn withdraw(cx: &RequestContext, token: &str) -> AppResult<()> {
    let mut tx = cx.state.db.begin().await?;
    let consent = store::by_link(&mut tx, Link::Withdrawal, &random::token_hash(token)).await?.ok_or(Conflict::LinkUnknown)?;
    if consent.withdrawn_at.is_some() {
        return Ok(());
    }
    let account = account(&mut tx, consent.account_id).await?;
    store::withdraw(&mut tx, consent.id, cx.now()).await?;
    enqueue(&mut tx, cx, mails::answered(&cx.state, &account, &consent, mails::Answer::Withdrawn)).await?;
    audit::record(&mut tx, cx, "guardian.withdrawn", &account.id.to_string(), json!({"consent": consent.id})).await?;
    tx.commit().await?;
    Ok(())
}
