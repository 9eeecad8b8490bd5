//! Registration and the verification of its address. No answer tells whether an address has an account.

use super::super::addressee::Addressee;
use super::super::identity::{self, EmailAddress, NAME_LIMIT};
use super::super::model::RegistrationForm;
use super::super::password::{self, NewPassword};
use super::super::rules::resend_wait;
use super::super::store::{self, NewAccount, Purpose};
use super::super::{CandidateId, mails, zones};
use super::throttle::{MAILED_LINKS, REGISTRATIONS};
use super::{enqueue, levelled, links, password_rules, unproved};
use crate::error::{AppError, AppResult, Code, FieldError};
use crate::server::database::{DbError, OnConstraint, expect_one};
use crate::server::limits::address_key;
use crate::server::programme::policies;
use crate::server::{AppState, RequestContext, audit, i18n, random};
use chrono::TimeDelta;
use serde_json::json;
use sqlx::PgConnection;

/// The longest company, role or industry in characters.
pub const LINE_LIMIT: usize = 120;

/// Where somebody lives and which words and times they read.
pub struct Locality {
    pub country: String,
    pub region: Option<String>,
    pub language: String,
    pub time_zone: String,
}

/// Fields that registration and profile share, parsed; refusals are added to `errors`.
pub async fn parse_locality(
    conn: &mut PgConnection,
    (country, region, language, time_zone): (&str, &str, &str, &str),
    errors: &mut Vec<FieldError>,
) -> Result<Locality, sqlx::Error> {
    let place = store::place(conn, country, region).await?;
    match (country.is_empty(), place.country) {
        (true, _) => errors.push(FieldError::new("country", Code::Required)),
        (_, false) => errors.push(FieldError::new("country", Code::NotAChoice)),
        _ => match (place.has_regions, region.is_empty()) {
            (true, true) => errors.push(FieldError::new("region", Code::Required)),
            (true, false) if !place.region => errors.push(FieldError::new("region", Code::NotAChoice)),
            _ => {}
        },
    }
    if i18n::from_tag(language).is_none() {
        errors.push(FieldError::new("language", if language.is_empty() { Code::Required } else { Code::NotAChoice }));
    }
    let zone = match time_zone {
        "" => place.main_zone.as_deref().and_then(zones::parse).or(Some(chrono_tz::Tz::UTC)),
        chosen => zones::parse(chosen),
    };
    if zone.is_none() {
        errors.push(FieldError::new("time_zone", Code::NotAChoice));
    }
    Ok(Locality {
        country: country.to_owned(),
        region: place.has_regions.then(|| region.to_owned()),
        language: language.to_owned(),
        time_zone: zone.unwrap_or(chrono_tz::Tz::UTC).name().to_owned(),
    })
}

/// A value, or a refusal in the list.
pub fn kept<T: Default>(field: &str, limit: usize, result: Result<T, Code>, errors: &mut Vec<FieldError>) -> T {
    result.unwrap_or_else(|code| {
        errors.push(match code {
            Code::TooLong => FieldError::with(field, code, limit),
            _ => FieldError::new(field, code),
        });
        T::default()
    })
}

/// Registers a candidate, or tells the owner of the address by mail that there is an account already. As long as nobody has proved
/// the address, the newest registration counts. The caller learns nothing of which.
///
/// # Errors
/// [`AppError::Validation`] with every refused field. An empty list: nothing is wrong, the regions of the chosen country were asked for.
pub async fn register(cx: &RequestContext, form: RegistrationForm) -> AppResult<()> {
    if !form.show_regions.is_empty() {
        return Err(AppError::Validation(vec![]));
    }
    let programme = cx.programme();
    let mut errors = vec![];
    let email = EmailAddress::parse(&form.email).map_err(|code| errors.push(FieldError::new("email", code))).ok();
    let given_name = kept("given_name", NAME_LIMIT, identity::parse_name(&form.given_name), &mut errors);
    let family_name = kept("family_name", NAME_LIMIT, identity::parse_name(&form.family_name), &mut errors);
    let mut conn = cx.state.db.acquire().await?;
    let locality = parse_locality(&mut conn, (&form.country, &form.region, &form.language, &form.time_zone), &mut errors).await?;
    drop(conn);
    let company = kept("company", LINE_LIMIT, identity::parse_line(&form.company, LINE_LIMIT), &mut errors);
    let job_role = kept("job_role", LINE_LIMIT, identity::parse_line(&form.job_role, LINE_LIMIT), &mut errors);
    let industry = kept("industry", LINE_LIMIT, identity::parse_line(&form.industry, LINE_LIMIT), &mut errors);
    let address = email.as_ref().map_or("", EmailAddress::as_str);
    let local = email.as_ref().map_or("", EmailAddress::local);
    let personal = [given_name.as_str(), family_name.as_str(), local, address, programme.short_name.as_str()];
    let password =
        NewPassword::parse("password", &form.password, &personal, password_rules(cx, false)).map_err(|refused| errors.extend(refused)).ok();
    // The box was ticked for the text that was shown: a newer one has to be read first.
    if form.agreement != "on" || form.agreement_version != programme.agreement_version {
        errors.push(FieldError::new("agreement", Code::AgreementRequired));
    }
    let (Some(email), Some(password), true) = (email, password, errors.is_empty()) else {
        return Err(AppError::Validation(errors));
    };
    REGISTRATIONS.spend(&cx.state.db, cx.now(), &address_key(cx.address)).await?;
    let password_stands_alone = password.stands_alone();
    // Hashed also for an address that has an account: both take as long.
    let hash = password::hash(&cx.state, password).await?;
    let new = NewAccount {
        id: random::id(),
        candidate_id: None,
        given_name: &given_name,
        family_name: &family_name,
        password_hash: Some(&hash),
        password_stands_alone,
        country: &locality.country,
        subdivision: locality.region.as_deref(),
        language: &locality.language,
        time_zone: &locality.time_zone,
        company: company.as_deref(),
        job_role: job_role.as_deref(),
        industry: industry.as_deref(),
        date_of_birth: None,
        totp_secret: None,
        created_at: cx.now(),
    };
    levelled(async {
        match create(cx, &new, &email).await {
            Err(DbError::App(AppError::Validation(_))) => register_again(cx, &new, &email).await,
            other => other.map_err(AppError::from),
        }
    })
    .await
}

/// Writes the account. `Validation`: the address is taken.
async fn create(cx: &RequestContext, new: &NewAccount<'_>, email: &EmailAddress) -> Result<(), DbError> {
    let now = cx.now();
    let mut tx = cx.state.db.begin().await?;
    let candidate_id = free_candidate_id(&mut tx).await?;
    let new = NewAccount { candidate_id: Some(candidate_id.as_str()), ..*new };
    store::insert_account(&mut tx, &new).await?;
    let email_id = random::id();
    store::insert_email(&mut tx, email_id, new.id, email.as_str(), true, None, now).await.on_unique_field(
        "account_email_address_key",
        "email",
        Code::Invalid,
    )?;
    store::accept_agreement(&mut tx, new.id, &cx.programme().agreement_version, now).await?;
    let account = store::by_id(&mut tx, new.id).await?.ok_or(sqlx::Error::RowNotFound)?;
    send_verification(&mut tx, cx, &account).await?;
    audit::record(&mut tx, cx, "account.register", &new.id.to_string(), json!({"agreement": cx.programme().agreement_version})).await?;
    tx.commit().await?;
    Ok(())
}

/// A candidate ID that nobody has. 2³⁵ of them: the second draw is rare, the tenth is a fault.
pub async fn free_candidate_id(conn: &mut PgConnection) -> Result<CandidateId, sqlx::Error> {
    for _ in 0..10 {
        let id = CandidateId::from_random(random::bytes());
        let taken = store::candidate_id_taken(conn, id.as_str()).await?;
        if !taken {
            return Ok(id);
        }
    }
    Err(sqlx::Error::Protocol("no free candidate ID was drawn".into()))
}

/// A registration with an address that has an account.
async fn register_again(cx: &RequestContext, new: &NewAccount<'_>, email: &EmailAddress) -> AppResult<()> {
    let now = cx.now();
    let mut tx = cx.state.db.begin().await?;
    if let Some(found) = store::by_address(&mut tx, email.as_str()).await? {
        store::lock_account(&mut tx, found.id).await?;
    }
    // As it is now that nobody else can change it.
    let Some(account) = store::by_address(&mut tx, email.as_str()).await? else { return Ok(()) };
    if account.verified || account.is_staff {
        let to = Addressee::at(&account, &account.reached_by);
        enqueue(&mut tx, cx, mails::already_registered(&cx.state, to, now)).await?;
    } else {
        if store::is_unproved(&mut tx, account.id).await? {
            // Whoever registered before may be a stranger: nothing of theirs is left to be verified with the address. The links that
            // were mailed stay good, because they serve only who signs in with the new password.
            unproved::take_back(&mut tx, account.id, now).await?;
            expect_one(store::register_anew(&mut tx, account.id, new, email.as_str()).await?)?;
            let version = &cx.programme().agreement_version;
            store::accept_agreement(&mut tx, account.id, version, now).await?;
            audit::record(&mut tx, cx, "account.register", &account.id.to_string(), json!({"agreement": version, "again": true})).await?;
        }
        // What they wait for is the link.
        if wait(&mut tx, cx, &account).await?.is_none() {
            let account = store::by_id(&mut tx, account.id).await?.ok_or(AppError::NotFound)?;
            send_verification(&mut tx, cx, &account).await?;
        }
    }
    tx.commit().await?;
    Ok(())
}

async fn send_verification(conn: &mut PgConnection, cx: &RequestContext, account: &store::Account) -> Result<(), sqlx::Error> {
    let hours = policies(conn, cx.now()).await?.email_verification_hours;
    let (token, hash, expires_at) =
        links::make(conn, Purpose::VerifyEmail, account.id, account.email_id, cx.now(), TimeDelta::hours(hours)).await?;
    enqueue(conn, cx, mails::verify_email(&cx.state, account.into(), &token, &hash, expires_at)).await
}

/// How long an account has to wait for its next verification mail.
async fn wait(conn: &mut PgConnection, cx: &RequestContext, account: &store::Account) -> Result<Option<TimeDelta>, sqlx::Error> {
    store::lock_account(conn, account.id).await?;
    let sent = store::links_sent(conn, account.id, Purpose::VerifyEmail, cx.now() - TimeDelta::hours(1)).await?;
    Ok(resend_wait(&sent, cx.now()))
}

/// Sends the verification link again: to the viewer, or to a typed address, without telling whether it has an account.
///
/// # Errors
/// [`AppError::RateLimited`] for a viewer who asks too often; [`AppError::Validation`] for what is no address.
pub async fn resend_verification(cx: &RequestContext, typed: &str) -> AppResult<()> {
    if let Ok(viewer) = cx.viewer() {
        let mut tx = cx.state.db.begin().await?;
        let account = store::by_id(&mut tx, viewer.account_id).await?.ok_or(AppError::NotFound)?;
        if !account.verified {
            if let Some(wait) = wait(&mut tx, cx, &account).await? {
                return Err(AppError::RateLimited(u32::try_from(wait.num_seconds()).unwrap_or(60).max(1)));
            }
            send_verification(&mut tx, cx, &account).await?;
        }
        tx.commit().await?;
        return Ok(());
    }
    let email = EmailAddress::parse(typed).map_err(|code| AppError::field("email", code))?;
    MAILED_LINKS.spend(&cx.state.db, cx.now(), &address_key(cx.address)).await?;
    levelled(async {
        let mut tx = cx.state.db.begin().await?;
        if let Some(account) = store::by_address(&mut tx, email.as_str()).await?
            && !account.verified
            && wait(&mut tx, cx, &account).await?.is_none()
        {
            send_verification(&mut tx, cx, &account).await?;
        }
        tx.commit().await?;
        Ok(())
    })
    .await
}

/// A new account of the loaders: everything given, no mail.
pub async fn load(state: &AppState, new: &NewAccount<'_>, primary: &str, others: &[String], roles: &[&str]) -> Result<bool, DbError> {
    let now = new.created_at;
    let mut tx = state.db.begin().await?;
    if store::address_taken(&mut tx, primary).await? {
        return Ok(false);
    }
    store::insert_account(&mut tx, new).await?;
    store::insert_email(&mut tx, random::id(), new.id, primary, true, Some(now), now).await?;
    for other in others {
        store::insert_email(&mut tx, random::id(), new.id, other, false, Some(now), now).await?;
    }
    for role in roles {
        store::grant_role(&mut tx, new.id, role, now).await?;
    }
    if let Some(version) = store::agreement_in_force(&mut tx).await? {
        store::accept_agreement(&mut tx, new.id, &version, now).await?;
    }
    tx.commit().await?;
    Ok(true)
}
