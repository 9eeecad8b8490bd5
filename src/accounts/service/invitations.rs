//! Staff come by invitation: `certportal staff invite` makes the account and the link; the invited person chooses a
//! password and enrols a second factor. There are no default accounts (security.md line 11).

use super::super::factors;
use super::super::identity::{self, EmailAddress};
use super::super::model::Secret;
use super::super::password::{self, NewPassword};
use super::super::rules::INVITATION_LINK;
use super::super::store::{self, NewAccount, Purpose};
use super::super::{mails, zones};
use super::recovery::personal;
use super::{links, password_rules, unproved};
use crate::error::{AppError, AppResult};
use crate::ids::AccountId;
use crate::server::http::request::Role;
use crate::server::http::respond::Cookie;
use crate::server::http::sessions;
use crate::server::{AppState, RequestContext, audit, mail, random};
use chrono::{DateTime, Utc};
use serde_json::json;
use sqlx::PgConnection;

/// Whom to invite as what.
#[derive(Debug, Clone)]
pub struct Invitation {
    pub email: String,
    pub given_name: String,
    pub family_name: String,
    pub roles: Vec<Role>,
    /// ISO 3166-1 code.
    pub country: String,
    /// BCP 47.
    pub language: String,
}

/// Makes the account and mails the link. `Some`: the link, to be handed over otherwise too. `None`: the account can sign in
/// already; it got the roles, and its sessions have ended.
///
/// # Errors
/// A sentence that says which of the answers cannot be used.
pub async fn invite(state: &AppState, invitation: &Invitation) -> Result<Option<String>, Box<dyn std::error::Error>> {
    let email = EmailAddress::parse(&invitation.email).map_err(|_| format!("`{}` is not an e-mail address", invitation.email))?;
    let given_name = identity::parse_name(&invitation.given_name).map_err(|_| "the given name cannot be used")?;
    let family_name = identity::parse_name(&invitation.family_name).map_err(|_| "the family name cannot be used")?;
    if invitation.roles.is_empty() {
        return Err("at least one role is needed".into());
    }
    let now = state.clock.now();
    let mut tx = state.db.begin().await?;
    if store::by_address(&mut tx, email.as_str()).await?.is_none() {
        let place = store::place(&mut tx, &invitation.country, "").await?;
        if !place.country {
            return Err(format!("`{}` is not the ISO code of a country", invitation.country).into());
        }
        let zone = place.main_zone.as_deref().and_then(zones::parse).unwrap_or(chrono_tz::Tz::UTC);
        let new = NewAccount {
            id: random::id(),
            candidate_id: None,
            given_name: &given_name,
            family_name: &family_name,
            password_hash: None,
            password_stands_alone: false,
            country: &invitation.country,
            subdivision: None,
            language: &invitation.language,
            time_zone: zone.name(),
            company: None,
            job_role: None,
            industry: None,
            date_of_birth: None,
            totp_secret: None,
            created_at: now,
        };
        store::insert_account(&mut tx, &new).await?;
        store::insert_email(&mut tx, random::id(), new.id, email.as_str(), true, None, now).await?;
    }
    let found = store::by_address(&mut tx, email.as_str()).await?.ok_or("this account is disabled")?;
    store::lock_account(&mut tx, found.id).await?;
    if store::is_unproved(&mut tx, found.id).await? {
        // Whoever registered may be a stranger: they get no role with a password of theirs. Who accepts the invitation has read the mail.
        unproved::take_back(&mut tx, found.id, now).await?;
        store::invite_anew(&mut tx, found.id, &given_name, &family_name).await?;
    }
    let account = store::by_id(&mut tx, found.id).await?.ok_or("this account is disabled")?;
    let mut more = false;
    for role in &invitation.roles {
        more |= store::grant_role(&mut tx, account.id, role.as_str(), now).await?;
    }
    if more {
        sign_in_anew(&mut tx, account.id, now).await?;
    }
    let by_command = RequestContext::new(state.clone(), [127, 0, 0, 1].into());
    let roles: Vec<_> = invitation.roles.iter().map(|role| role.as_str()).collect();
    audit::record(&mut tx, &by_command, "staff.invited", &account.id.to_string(), json!({"roles": roles})).await?;
    let link = if account.password_hash.is_some() {
        None
    } else {
        // The last link counts.
        store::void_links(&mut tx, account.id, Purpose::StaffInvitation, now).await?;
        let (token, hash, expires_at) =
            links::make(&mut tx, Purpose::StaffInvitation, account.id, account.email_id, now, INVITATION_LINK).await?;
        mail::enqueue(&mut tx, state, now, mails::staff_invitation(state, (&account).into(), &token, &hash, expires_at)).await?;
        Some(state.config.url(&format!("/invitation?token={token}")))
    };
    tx.commit().await?;
    Ok(link)
}

/// With more roles an account signs in anew, and with its factor: a session or a trusted browser from before may have none
/// (security.md lines 16 and 28).
pub async fn sign_in_anew(conn: &mut PgConnection, account_id: AccountId, now: DateTime<Utc>) -> Result<(), sqlx::Error> {
    sessions::end_others(conn, now, account_id, None).await?;
    factors::forget_trusted(conn, account_id).await
}

/// The invited person's password. Signs in; what follows is the enrolment of the second factor.
///
/// # Errors
/// A [`crate::error::Conflict`] of links; [`AppError::Validation`] for a password that breaks the rules (the link stays good).
pub async fn accept_invitation(cx: &RequestContext, token: &str, typed: &Secret) -> AppResult<Cookie> {
    let (now, hash) = (cx.now(), random::token_hash(token));
    let (account, personal) = {
        let link = links::brought(cx, Purpose::StaffInvitation, &hash).await?;
        let mut conn = cx.state.db.acquire().await?;
        let account = store::by_id(&mut conn, link.account_id).await?.ok_or(AppError::NotFound)?;
        let personal = personal(&mut conn, cx, &account).await?;
        (account, personal)
    };
    // Staff enrol a second factor before they see anything.
    let rules = password_rules(cx, true);
    let new = NewPassword::parse("password", typed, &personal, rules).map_err(AppError::Validation)?;
    let stands_alone = new.stands_alone();
    let new_hash = password::hash(&cx.state, new).await?;
    let mut tx = cx.state.db.begin().await?;
    let link = links::take(&mut tx, Purpose::StaffInvitation, &hash, now).await?;
    store::set_password(&mut tx, account.id, &new_hash, stands_alone, now).await?;
    if let Some(email_id) = link.email_id {
        store::verify_address(&mut tx, email_id, now).await?;
    }
    if let Some(old) = &cx.viewer {
        sessions::end(&mut tx, now, old.session_id).await?;
    }
    let cookie = sessions::start(&mut tx, now, account.id, false, cx.address, &cx.user_agent).await?;
    // Whoever was signed in here before, or nobody, has not accepted it.
    audit::record_as(&mut tx, cx, account.id, "staff.invitation_accepted", &account.id.to_string(), json!({})).await?;
    tx.commit().await?;
    Ok(cookie)
}
