//! One function a use case. A ceremony has two steps: `start` gives the challenge and what is asked of the device, `finish` takes
//! its answer. A challenge has 32 random bytes, counts once, for five minutes, in the browser that asked for it
//! (security.md line 26).

use super::super::factors;
use super::super::mails::SecurityChange;
use super::super::merge;
use super::super::rules::browser_name;
use super::super::service::announce;
use super::super::service::{Proof, SignedIn, complete};
use super::super::store::{self as accounts, Account};
use super::relying_party::here;
use super::store::{self, Bound, Kind, Listed};
use crate::error::{AppError, AppResult, Code, Conflict, FieldError};
use crate::ids::{AccountId, CeremonyId, PasskeyId, SessionId};
use crate::server::database::{OnConstraint, internal};
use crate::server::http::respond::Cookie;
use crate::server::http::sessions;
use crate::server::limits::{Limit, address_key};
use crate::server::{RequestContext, audit, random};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::TimeDelta;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use webauthn_rs::prelude::{
    DiscoverableAuthentication, Passkey, PasskeyRegistration, PublicKeyCredential, RegisterPublicKeyCredential, Webauthn, WebauthnError,
};

/// Binds the ceremony of somebody who is not signed in to their browser.
pub const COOKIE: &str = "__Host-ceremony";
/// How long a device may take: what browsers are told as well.
const CEREMONY: TimeDelta = TimeDelta::minutes(5);
/// Ceremonies begun from one network address: every sign-in page begins one for the autofill.
const STARTS: Limit = Limit::new("passkey.start", 60, TimeDelta::seconds(2));
/// Passkeys of one account: enough for every device of a person.
pub const MOST: usize = 20;
/// Characters of a passkey's name.
pub const LONGEST_NAME: usize = 60;
/// No answer of a device is longer.
const LONGEST_ANSWER: usize = 64 * 1024;

/// The viewer's passkeys, the oldest first.
pub async fn list(cx: &RequestContext) -> AppResult<Vec<Listed>> {
    let viewer = cx.viewer()?;
    let mut conn = cx.state.db.acquire().await?;
    Ok(store::list(&mut conn, viewer.account_id).await?)
}

/// One of the viewer's passkeys.
///
/// # Errors
/// [`AppError::NotFound`] for one that is not theirs.
pub async fn one(cx: &RequestContext, id: &str) -> AppResult<Listed> {
    list(cx).await?.into_iter().find(|passkey| passkey.id.to_string() == id).ok_or(AppError::NotFound)
}

/// What to call a new passkey: the browser that makes it.
pub fn suggested_name(cx: &RequestContext) -> String {
    browser_name(&cx.user_agent, cx.locale).unwrap_or_else(|| crate::tr!(cx.locale, factors.pk_passkey).to_owned())
}

/// A name as it was typed, on one line.
fn parse_name(typed: &str) -> Result<String, FieldError> {
    let name = typed.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
    match name.chars().count() {
        0 => Err(FieldError::new("name", Code::Required)),
        length if length > LONGEST_NAME => Err(FieldError::with("name", Code::TooLong, LONGEST_NAME)),
        _ => Ok(name),
    }
}

/// Begins to enrol a passkey: one that its device can find by itself (discoverable), that checks its owner, and that is not here
/// already. The answer is JSON for the island.
///
/// # Errors
/// [`AppError::StepUpRequired`]; [`Conflict::EmailNotVerified`]; [`Conflict::PasskeyLimit`]; [`AppError::RateLimited`].
pub async fn register_start(cx: &RequestContext) -> AppResult<String> {
    let viewer = cx.verified_with_fresh_proof()?;
    let webauthn = here(cx)?;
    STARTS.spend(&cx.state.db, cx.now(), &address_key(cx.address)).await?;
    let mut conn = cx.state.db.acquire().await?;
    let known = store::credential_ids(&mut conn, viewer.account_id).await?;
    if known.len() >= MOST {
        return Err(Conflict::PasskeyLimit.into());
    }
    let (challenge, state) = webauthn
        .start_passkey_registration(viewer.account_id.uuid(), &viewer.email, &viewer.full_name(), Some(known))
        .map_err(|error| internal(&error))?;
    let mut options = options(&challenge)?;
    // The library leaves it to the device, and then a sign-in without an address would not find the passkey.
    options["authenticatorSelection"]["residentKey"] = json!("required");
    options["authenticatorSelection"]["requireResidentKey"] = json!(true);
    begin(cx, Kind::Register, &Bound::Session(viewer.session_id), &state, options).await
}

/// Enrols the passkey that a device has made; the other sessions end and this one gets a new cookie. (That the proof was fresh is
/// known from the start: the ceremony is this session's and a few minutes old.)
///
/// # Errors
/// [`Conflict::CeremonyOver`]; [`Conflict::PasskeyRefused`].
pub async fn register_finish(cx: &RequestContext, ceremony: &str, answer: &str, name: &str) -> AppResult<Cookie> {
    let viewer = cx.viewer()?;
    let webauthn = here(cx)?;
    let (_, state) = take(cx, ceremony, true).await?;
    let state: PasskeyRegistration = restore(state)?;
    let subject = viewer.account_id.to_string();
    let passkey = match read::<RegisterPublicKeyCredential>(answer).map(|answer| webauthn.finish_passkey_registration(&answer, &state)) {
        Some(Ok(passkey)) => passkey,
        Some(Err(error)) => return Err(refused(cx, "account.passkey_added", &subject, reason(&error)).await),
        None => return Err(refused(cx, "account.passkey_added", &subject, "unreadable").await),
    };
    let name = parse_name(&name.chars().take(LONGEST_NAME).collect::<String>()).unwrap_or_else(|_| suggested_name(cx));
    let (id, now) = (random::id(), cx.now());
    let kept = serde_json::to_value(&passkey).map_err(|error| internal(&error))?;
    let mut tx = cx.state.db.begin().await?;
    accounts::lock_account(&mut tx, viewer.account_id).await?;
    let account = accounts::by_id(&mut tx, viewer.account_id).await?.ok_or(AppError::Unauthenticated)?;
    store::insert(&mut tx, id, account.id, passkey.cred_id().as_ref(), &name, &kept, now)
        .await
        .on_constraint("passkey_credential_id_key", || Conflict::PasskeyRefused.into())?;
    let cookie = factor_changed(&mut tx, cx, &account, SecurityChange::PasskeyAdded).await?;
    audit::record(&mut tx, cx, "account.passkey_added", &subject, json!({"passkey": id})).await?;
    tx.commit().await?;
    Ok(cookie)
}

/// Renames one of the viewer's passkeys.
///
/// # Errors
/// [`AppError::StepUpRequired`]; [`AppError::Validation`] of `name`; [`AppError::NotFound`] for one that is not theirs.
pub async fn rename(cx: &RequestContext, id: &str, name: &str) -> AppResult<()> {
    let viewer = cx.fresh_proof()?;
    let id: PasskeyId = id.parse().map_err(|_| AppError::NotFound)?;
    let mut tx = cx.state.db.begin().await?;
    // Whose it is comes before what is wrong with the name.
    if !store::list(&mut tx, viewer.account_id).await?.iter().any(|passkey| passkey.id == id) {
        return Err(AppError::NotFound);
    }
    let name = parse_name(name).map_err(|error| AppError::Validation(vec![error]))?;
    store::rename(&mut tx, viewer.account_id, id, &name).await?;
    audit::record(&mut tx, cx, "account.passkey_renamed", &viewer.account_id.to_string(), json!({"passkey": id})).await?;
    tx.commit().await?;
    Ok(())
}

/// Removes one of the viewer's passkeys; the other sessions end and this one gets a new cookie.
///
/// # Errors
/// [`AppError::StepUpRequired`]; [`AppError::NotFound`] for one that is not theirs; [`Conflict::LastFactor`] for the only factor
/// of somebody on the staff (product.md section 2); [`Conflict::PasswordNeedsFactor`].
pub async fn remove(cx: &RequestContext, id: &str) -> AppResult<Cookie> {
    let viewer = cx.fresh_proof()?;
    let id: PasskeyId = id.parse().map_err(|_| AppError::NotFound)?;
    let mut tx = cx.state.db.begin().await?;
    // Two removals at once must not each count the other's passkey as the one that remains.
    accounts::lock_account(&mut tx, viewer.account_id).await?;
    if !store::delete(&mut tx, viewer.account_id, id).await? {
        return Err(AppError::NotFound);
    }
    let account = accounts::by_id(&mut tx, viewer.account_id).await?.ok_or(AppError::Unauthenticated)?;
    if account.is_staff && !account.has_factor {
        tx.rollback().await?;
        audit::refused(cx, "account.passkey_removed", &account.id.to_string(), json!({"reason": "last_factor"})).await;
        return Err(Conflict::LastFactor.into());
    }
    if !account.has_factor {
        factors::password_stands_alone(&mut tx, cx, account.id).await?;
    }
    let cookie = factor_changed(&mut tx, cx, &account, SecurityChange::PasskeyRemoved).await?;
    audit::record(&mut tx, cx, "account.passkey_removed", &account.id.to_string(), json!({"passkey": id})).await?;
    tx.commit().await?;
    Ok(cookie)
}

/// What follows every change of factors: the owner is told, the other sessions end, this session gets a new cookie
/// (security.md lines 15, 28 and 32).
async fn factor_changed(
    conn: &mut sqlx::PgConnection,
    cx: &RequestContext,
    account: &Account,
    change: SecurityChange,
) -> AppResult<Cookie> {
    announce(conn, cx, account, change).await?;
    Ok(factors::settle(conn, cx, cx.viewer()?).await?)
}

/// A challenge for a passkey, as JSON for the island, and the cookie that binds it where nobody is signed in. `purpose`: `login`
/// (any account: the device knows whose), `second_factor` or `confirm` (the viewer's own passkeys), `merge` (those of the account that
/// the viewer is about to merge into theirs).
///
/// # Errors
/// [`AppError::Unauthenticated`]: nobody waits for a second factor, or is signed in; [`AppError::NotFound`]: they have no passkey;
/// [`AppError::RateLimited`].
pub async fn login_start(cx: &RequestContext, purpose: &str) -> AppResult<(String, Option<Cookie>)> {
    let kind = Kind::parse(purpose).filter(|kind| *kind != Kind::Register).ok_or(AppError::NotFound)?;
    let expected = expected(cx, kind).await?;
    let webauthn = here(cx)?;
    STARTS.spend(&cx.state.db, cx.now(), &address_key(cx.address)).await?;
    let (challenge, state) = webauthn.start_discoverable_authentication().map_err(|error| internal(&error))?;
    let mut options = options(&challenge)?;
    let Some(Expected { account_id, session_id }) = expected else {
        // Kept where there is one: the autofill's ceremony and the button's run side by side, in several tabs.
        let known = cx.cookies.get(COOKIE).filter(|token| token.len() == 43).cloned();
        let token = known.unwrap_or_else(random::token);
        let begun = begin(cx, kind, &Bound::Browser(random::token_hash(&token)), &state, options).await?;
        return Ok((begun, Some(Cookie::new(COOKIE, token))));
    };
    let mut conn = cx.state.db.acquire().await?;
    let known = store::credential_ids(&mut conn, account_id).await?;
    drop(conn);
    if known.is_empty() {
        return Err(AppError::NotFound);
    }
    options["allowCredentials"] = known.iter().map(|id| json!({"type": "public-key", "id": URL_SAFE_NO_PAD.encode(id)})).collect();
    Ok((begin(cx, kind, &Bound::Session(session_id), &state, options).await?, None))
}

/// Whose passkey is asked for, in whose session.
struct Expected {
    account_id: AccountId,
    session_id: SessionId,
}

/// `None`: whoever's the device says. What it is for must still be owed.
async fn expected(cx: &RequestContext, kind: Kind) -> AppResult<Option<Expected>> {
    let viewer = match kind {
        Kind::SecondFactor => cx.viewer.as_ref().filter(|viewer| viewer.awaiting_factor).ok_or(AppError::Unauthenticated)?,
        Kind::Confirm | Kind::Merge => cx.viewer()?,
        Kind::Login | Kind::Register => return Ok(None),
    };
    let account_id = if kind == Kind::Merge { merge::service::owing_factor(cx).await?.other_id } else { viewer.account_id };
    Ok(Some(Expected { account_id, session_id: viewer.session_id }))
}

/// What a passkey has proved.
pub enum Proved {
    /// A login is complete.
    SignedIn(SignedIn),
    /// The viewer's session has a fresh proof, and this new cookie.
    Confirmed(Cookie),
    /// The other account of a merge is the viewer's as well.
    OtherAccount,
}

/// Checks the answer of a device. The login of [`Kind::Login`] and [`Kind::SecondFactor`] is complete with it, also while the
/// password is locked (product.md section 2): a signature cannot be guessed.
///
/// # Errors
/// [`Conflict::CeremonyOver`] for a challenge that was used, is over, or is another browser's; [`Conflict::PasskeyRefused`] for an
/// answer that is wrong, of an unknown passkey, or of an account that is disabled.
pub async fn login_finish(cx: &RequestContext, ceremony: &str, answer: &str) -> AppResult<Proved> {
    let webauthn = here(cx)?;
    let (kind, state) = take(cx, ceremony, false).await?;
    match check(cx, &webauthn, kind, restore(state)?, answer).await {
        Ok(proved) => Ok(proved),
        Err(Stop::Error(error)) => Err(error),
        Err(Stop::Refused { subject, reason }) => {
            let action = match kind {
                Kind::Confirm => "account.confirm",
                Kind::Merge => "account.merge_sign_in",
                _ => "account.login",
            };
            let subject = subject.map_or_else(|| "unknown".to_owned(), |id| id.to_string());
            Err(refused(cx, action, &subject, reason).await)
        }
    }
}

/// Why an answer proves nothing.
enum Stop {
    /// Told to the person in one sentence for all, and to the log with its reason.
    Refused {
        /// The account, where one is known.
        subject: Option<AccountId>,
        reason: &'static str,
    },
    Error(AppError),
}

impl<E: Into<AppError>> From<E> for Stop {
    fn from(error: E) -> Self {
        Stop::Error(error.into())
    }
}

async fn check(
    cx: &RequestContext,
    webauthn: &Webauthn,
    kind: Kind,
    state: DiscoverableAuthentication,
    answer: &str,
) -> Result<Proved, Stop> {
    let answer: PublicKeyCredential = read(answer).ok_or(Stop::Refused { subject: None, reason: "unreadable" })?;
    let expected = expected(cx, kind).await?;
    let mut tx = cx.state.db.begin().await?;
    let account_id = store::owner(&mut tx, &answer.raw_id).await?.ok_or(Stop::Refused { subject: None, reason: "unknown_passkey" })?;
    let stop = |reason| Stop::Refused { subject: Some(account_id), reason };
    // Whom the device takes it for: always said where no account was named before.
    let named = answer.get_user_unique_id();
    let is_theirs = match expected {
        Some(Expected { account_id: owner, .. }) => owner == account_id && named.is_none_or(|id| id == account_id.as_bytes()),
        None => named == Some(account_id.as_bytes().as_slice()),
    };
    if !is_theirs {
        return Err(stop("another_account"));
    }
    // Always the account first, or a login and a removal could wait for each other.
    accounts::lock_account(&mut tx, account_id).await?;
    let account = accounts::by_id(&mut tx, account_id).await?.ok_or_else(|| stop("disabled"))?;
    let (id, kept) = store::key(&mut tx, account_id, &answer.raw_id).await?.ok_or_else(|| stop("unknown_passkey"))?;
    let mut passkey: Passkey = restore(kept)?;
    let result = webauthn.finish_discoverable_authentication_v2(&answer, state, &passkey).map_err(|error| stop(reason(&error)))?;
    passkey.update_credential(&result);
    let kept = serde_json::to_value(&passkey).map_err(|error| internal(&error))?;
    store::used(&mut tx, id, &kept, cx.now()).await?;
    let proved = match expected {
        Some(Expected { session_id, .. }) if kind == Kind::Confirm => {
            let cookie = sessions::rotate(&mut tx, cx.now(), session_id).await?.ok_or(AppError::Unauthenticated)?;
            audit::record(&mut tx, cx, "account.confirmed", &account_id.to_string(), json!({"by": "passkey"})).await?;
            Proved::Confirmed(cookie)
        }
        Some(_) if kind == Kind::Merge => {
            let allowed = merge::service::factor_proved(&mut tx, cx, &account, Proof::Passkey).await?;
            // The counter of the passkey has moved either way.
            tx.commit().await?;
            return allowed.map(|()| Proved::OtherAccount).map_err(Stop::from);
        }
        _ => Proved::SignedIn(complete(&mut tx, cx, &account, Proof::Passkey).await?),
    };
    tx.commit().await?;
    Ok(proved)
}

/// What goes to the browser's `navigator.credentials`.
fn options(challenge: &impl Serialize) -> AppResult<Value> {
    let mut challenge = serde_json::to_value(challenge).map_err(|error| internal(&error))?;
    Ok(challenge["publicKey"].take())
}

async fn begin(cx: &RequestContext, kind: Kind, bound: &Bound, state: &impl Serialize, options: Value) -> AppResult<String> {
    let (id, now) = (random::id(), cx.now());
    let state = serde_json::to_value(state).map_err(|error| internal(&error))?;
    store::insert_ceremony(&cx.state.db, id, kind, bound, &state, now, now + CEREMONY).await?;
    Ok(json!({"ceremony": id, "options": options}).to_string())
}

/// Uses a ceremony up, whatever comes of it: a challenge is answered once.
async fn take(cx: &RequestContext, ceremony: &str, register: bool) -> AppResult<(Kind, Value)> {
    let id: CeremonyId = ceremony.parse().map_err(|_| Conflict::CeremonyOver)?;
    let session = cx.viewer.as_ref().map(|viewer| viewer.session_id);
    let browser = cx.cookies.get(COOKIE).map(|token| random::token_hash(token));
    let taken = store::take_ceremony(&cx.state.db, id, session, browser.as_deref(), register, cx.now()).await?;
    Ok(taken.ok_or(Conflict::CeremonyOver)?)
}

/// What we wrote ourselves.
fn restore<T: DeserializeOwned>(kept: Value) -> AppResult<T> {
    serde_json::from_value(kept).map_err(|error| internal(&error))
}

/// What a browser sent.
fn read<T: DeserializeOwned>(answer: &str) -> Option<T> {
    (answer.len() <= LONGEST_ANSWER).then(|| serde_json::from_str(answer).ok()).flatten()
}

/// A word for the log, for what somebody may have to look into.
fn reason(error: &WebauthnError) -> &'static str {
    match error {
        WebauthnError::CredentialPossibleCompromise => "counter",
        WebauthnError::MismatchedChallenge => "challenge",
        WebauthnError::InvalidRPOrigin | WebauthnError::InvalidRPIDHash => "origin",
        WebauthnError::UserNotVerified | WebauthnError::UserNotPresent => "user_not_verified",
        WebauthnError::AuthenticationFailure => "signature",
        _ => "malformed",
    }
}

async fn refused(cx: &RequestContext, action: &str, subject: &str, reason: &str) -> AppError {
    audit::refused(cx, action, subject, json!({"by": "passkey", "reason": reason})).await;
    Conflict::PasskeyRefused.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stand_on_one_line_and_have_their_length() {
        assert_eq!(parse_name("  My\n phone\u{0} ").unwrap(), "My phone");
        assert_eq!(parse_name(" \u{7} ").unwrap_err().code, Code::Required);
        assert!(parse_name(&"ñ".repeat(60)).is_ok());
        assert_eq!(parse_name(&"ñ".repeat(61)).unwrap_err().code, Code::TooLong);
    }
}
