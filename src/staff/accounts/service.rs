//! What staff may do with an account. Every look at personal data and every act is in the audit log (product.md section 12).

use super::store::{self, Account, Found};
use crate::accounts;
use crate::accounts::service::{SecurityChange, announce_staff_act, sign_in_anew};
use crate::error::{AppError, AppResult, Code, Conflict, FieldError};
use crate::ids::AccountId;
use crate::server::http::permissions::Role;
use crate::server::http::sessions;
use crate::server::{Permission, RequestContext, audit};
use serde_json::{Value, json};
use sqlx::PgConnection;

/// Lines of a search.
const SEARCH_LIMIT: i64 = 50;
/// The longest reason in characters.
pub const REASON_LIMIT: usize = 500;

/// What a search found; `more`: there are others, the words should be narrowed.
#[derive(Debug)]
pub struct Search {
    pub found: Vec<Found>,
    pub more: bool,
}

/// Looks for accounts by a part of an address or a name, or by a whole candidate ID.
///
/// # Errors
/// [`AppError::Forbidden`] without [`Permission::ReadAccounts`].
pub async fn search(cx: &RequestContext, wanted: &str) -> AppResult<Search> {
    cx.staff(Permission::ReadAccounts)?;
    let mut tx = cx.state.db.begin().await?;
    let mut found = store::search(&mut tx, wanted.trim(), SEARCH_LIMIT + 1).await?;
    let more = found.len() > SEARCH_LIMIT as usize;
    found.truncate(SEARCH_LIMIT as usize);
    // Not the words themselves: they are somebody's name or address.
    audit::record(&mut tx, cx, "staff.accounts_searched", "accounts", json!({ "found": found.len() })).await?;
    tx.commit().await?;
    Ok(Search { found, more })
}

/// One account, and how many sessions it has open.
#[derive(Debug)]
pub struct Look {
    pub account: Account,
    pub sessions: i64,
}

/// # Errors
/// [`AppError::NotFound`]; [`AppError::Forbidden`] without [`Permission::ReadAccounts`].
pub async fn look(cx: &RequestContext, id: &str) -> AppResult<Look> {
    cx.staff(Permission::ReadAccounts)?;
    let id: AccountId = id.parse().map_err(|_| AppError::NotFound)?;
    let mut tx = cx.state.db.begin().await?;
    let account = store::account(&mut tx, id).await?.ok_or(AppError::NotFound)?;
    let idle = if account.roles.is_empty() { sessions::IDLE_CANDIDATE } else { sessions::IDLE_STAFF };
    let sessions = store::open_sessions(&mut tx, id, cx.now() - idle, cx.now() - sessions::ABSOLUTE).await?;
    audit::record(&mut tx, cx, "staff.account_read", &id.to_string(), json!({})).await?;
    tx.commit().await?;
    Ok(Look { account, sessions })
}

/// Why something is done, as it was typed.
///
/// # Errors
/// [`Code::Required`], [`Code::TooLong`], or what else a line is refused for.
pub fn parse_reason(typed: &str) -> AppResult<String> {
    match accounts::identity::parse_line(typed, REASON_LIMIT) {
        Ok(Some(reason)) => Ok(reason),
        Ok(None) => Err(AppError::field("reason", Code::Required)),
        Err(Code::TooLong) => Err(AppError::Validation(vec![FieldError::with("reason", Code::TooLong, REASON_LIMIT)])),
        Err(code) => Err(AppError::field("reason", code)),
    }
}

/// The account that an act is about, for who may do it and has just proved who they are.
///
/// # Errors
/// Permission, fresh proof, unknown account.
pub async fn target(cx: &RequestContext, permission: Permission, id: &str) -> AppResult<Account> {
    cx.staff_with_fresh_proof(permission)?;
    let id: AccountId = id.parse().map_err(|_| AppError::NotFound)?;
    let mut conn = cx.state.db.acquire().await?;
    store::account(&mut conn, id).await?.ok_or(AppError::NotFound)
}

/// Writes an act on an account into the audit log, and why it was done beside it.
pub async fn record_with_reason(
    tx: &mut PgConnection,
    cx: &RequestContext,
    action: &str,
    account_id: AccountId,
    mut detail: Value,
    reason: &str,
) -> Result<(), sqlx::Error> {
    detail[audit::NOTE] = json!(audit::note(tx, cx.now(), account_id, reason).await?);
    audit::record(tx, cx, action, &account_id.to_string(), detail).await
}

/// Ends every session of an account (security.md line 33).
///
/// # Errors
/// Those of a staff act: permission, fresh proof, unknown account; [`Code::Required`] of `reason`.
pub async fn end_sessions(cx: &RequestContext, id: &str, reason: &str) -> AppResult<()> {
    let account = target(cx, Permission::HelpAccounts, id).await?;
    let reason = parse_reason(reason)?;
    let mut tx = cx.state.db.begin().await?;
    sessions::end_others(&mut tx, cx.now(), account.id, None).await?;
    announce_staff_act(&mut tx, cx, account.id, SecurityChange::SessionsEnded).await?;
    record_with_reason(&mut tx, cx, "staff.sessions_ended", account.id, json!({}), &reason).await?;
    tx.commit().await?;
    Ok(())
}

/// Mails the owner a link to choose a new password. Staff never see it (security.md line 24).
///
/// # Errors
/// As [`end_sessions`]; [`Conflict::Stale`] for an account that is disabled; [`AppError::RateLimited`]: within a minute of the last
/// link, or after five in an hour.
pub async fn start_reset(cx: &RequestContext, id: &str, reason: &str) -> AppResult<()> {
    let account = target(cx, Permission::HelpAccounts, id).await?;
    let reason = parse_reason(reason)?;
    if account.disabled_at.is_some() {
        return Err(Conflict::Stale.into());
    }
    let mut tx = cx.state.db.begin().await?;
    accounts::service::send_reset(&mut tx, cx, account.id).await?;
    record_with_reason(&mut tx, cx, "staff.reset_started", account.id, json!({}), &reason).await?;
    tx.commit().await?;
    Ok(())
}

/// The administrators, while nobody else changes who they are. The viewer must still be one of them: somebody may have
/// been quicker.
async fn administrators(conn: &mut PgConnection, cx: &RequestContext) -> AppResult<Vec<AccountId>> {
    store::lock_administration(conn).await?;
    let administrators = store::administrators(conn).await?;
    if administrators.contains(&cx.viewer()?.account_id) { Ok(administrators) } else { Err(AppError::Forbidden) }
}

/// Disables an account: all its sessions end at once (security.md line 31). Or enables it again.
///
/// # Errors
/// As [`end_sessions`]; [`Conflict::OwnAccount`]; [`Conflict::LastAdministrator`].
pub async fn set_disabled(cx: &RequestContext, id: &str, disabled: bool, reason: &str) -> AppResult<()> {
    let account = target(cx, Permission::DisableAccounts, id).await?;
    let reason = parse_reason(reason)?;
    if account.id == cx.viewer()?.account_id {
        return Err(Conflict::OwnAccount.into());
    }
    if account.merged && !disabled {
        return Err(Conflict::Stale.into());
    }
    let mut tx = cx.state.db.begin().await?;
    let administrators = administrators(&mut tx, cx).await?;
    if disabled && administrators == [account.id] {
        return Err(Conflict::LastAdministrator.into());
    }
    if disabled && account.disabled_at.is_none() {
        announce_staff_act(&mut tx, cx, account.id, SecurityChange::Disabled).await?;
    }
    if store::set_disabled(&mut tx, account.id, disabled.then(|| cx.now())).await? {
        if disabled {
            sessions::end_others(&mut tx, cx.now(), account.id, None).await?;
        } else {
            announce_staff_act(&mut tx, cx, account.id, SecurityChange::Enabled).await?;
        }
        let action = if disabled { "staff.account_disabled" } else { "staff.account_enabled" };
        record_with_reason(&mut tx, cx, action, account.id, json!({}), &reason).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// Gives an account exactly these roles. What was taken away acts on the next request (security.md line 39); with more roles than
/// before the account signs in anew.
///
/// # Errors
/// As [`end_sessions`]; [`Code::NotAChoice`] of `roles`; [`Conflict::OwnAccount`]; [`Conflict::LastAdministrator`];
/// [`Conflict::AccountUnverified`]: a stranger may have registered with that address.
pub async fn change_roles(cx: &RequestContext, id: &str, wanted: &[String], reason: &str) -> AppResult<()> {
    let account = target(cx, Permission::GrantRoles, id).await?;
    let mut roles = vec![];
    for role in wanted {
        let role = Role::parse(role).ok_or_else(|| AppError::field("roles", Code::NotAChoice))?;
        roles.push(role.as_str().to_owned());
    }
    let reason = parse_reason(reason)?;
    if account.id == cx.viewer()?.account_id {
        return Err(Conflict::OwnAccount.into());
    }
    let mut tx = cx.state.db.begin().await?;
    let administrators = administrators(&mut tx, cx).await?;
    if administrators == [account.id] && !roles.iter().any(|role| role == Role::Administrator.as_str()) {
        return Err(Conflict::LastAdministrator.into());
    }
    // As it is now that nobody else changes roles.
    let account = store::account(&mut tx, account.id).await?.ok_or(AppError::NotFound)?;
    let more = roles.iter().any(|role| !account.roles.contains(role));
    let less = account.roles.iter().any(|role| !roles.contains(role));
    if more && !account.verified {
        return Err(Conflict::AccountUnverified.into());
    }
    store::take_roles(&mut tx, account.id, &roles).await?;
    store::give_roles(&mut tx, account.id, &roles, cx.now()).await?;
    if more {
        sign_in_anew(&mut tx, account.id, cx.now()).await?;
    }
    if more || less {
        announce_staff_act(&mut tx, cx, account.id, SecurityChange::RolesChanged).await?;
    }
    record_with_reason(&mut tx, cx, "staff.roles_changed", account.id, json!({ "before": account.roles, "after": roles }), &reason).await?;
    tx.commit().await?;
    Ok(())
}
