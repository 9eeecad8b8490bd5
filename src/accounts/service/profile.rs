//! The viewer's profile and the candidate agreement.

use super::super::identity::{self, NAME_LIMIT};
use super::super::model::ProfileForm;
use super::super::store::{self, Profile, ProfileChange};
use super::registration::{LINE_LIMIT, kept, parse_locality};
use crate::error::{AppError, AppResult, Code};
use crate::ids::AccountId;
use crate::scheduling::service::changes as scheduling;
use crate::server::database::{self, DbError};
use crate::server::{RequestContext, audit};
use serde_json::json;
use sqlx::PgConnection;

/// The viewer's profile.
pub async fn profile(cx: &RequestContext) -> AppResult<Profile> {
    let viewer = cx.viewer()?;
    let mut conn = cx.state.db.acquire().await?;
    store::profile(&mut conn, viewer.account_id).await?.ok_or(AppError::NotFound)
}

/// Changes the viewer's profile. The name only until the first exam is taken (product.md section 1); after that what comes
/// for it is not looked at. A corrected name reaches what is booked.
///
/// # Errors
/// [`AppError::Validation`]; an empty list when the regions of another country were asked for.
pub async fn change_profile(cx: &RequestContext, form: ProfileForm) -> AppResult<()> {
    let viewer = cx.viewer()?;
    if !form.show_regions.is_empty() {
        return Err(AppError::Validation(vec![]));
    }
    // A payment that books something at the same moment may wait for this account, and this for what is booked.
    database::retrying(|| async {
        let mut tx = cx.state.db.begin().await?;
        change_profile_in(&mut tx, cx, viewer.account_id, &form).await?;
        tx.commit().await?;
        Ok(())
    })
    .await
}

async fn change_profile_in(tx: &mut PgConnection, cx: &RequestContext, account_id: AccountId, form: &ProfileForm) -> Result<(), DbError> {
    store::lock_account(tx, account_id).await?;
    let before = store::profile(tx, account_id).await?.ok_or(AppError::NotFound)?;
    let mut errors = vec![];
    let (given_name, family_name) = if before.name_locked {
        (before.given_name.clone(), before.family_name.clone())
    } else {
        (
            kept("given_name", NAME_LIMIT, identity::parse_name(&form.given_name), &mut errors),
            kept("family_name", NAME_LIMIT, identity::parse_name(&form.family_name), &mut errors),
        )
    };
    if form.time_zone.is_empty() {
        errors.push(crate::error::FieldError::new("time_zone", Code::Required));
    }
    let locality = parse_locality(tx, (&form.country, &form.region, &form.language, &form.time_zone), &mut errors).await?;
    let company = kept("company", LINE_LIMIT, identity::parse_line(&form.company, LINE_LIMIT), &mut errors);
    let job_role = kept("job_role", LINE_LIMIT, identity::parse_line(&form.job_role, LINE_LIMIT), &mut errors);
    let industry = kept("industry", LINE_LIMIT, identity::parse_line(&form.industry, LINE_LIMIT), &mut errors);
    if !errors.is_empty() {
        return Err(AppError::Validation(errors).into());
    }
    let change = ProfileChange {
        given_name: &given_name,
        family_name: &family_name,
        country: &locality.country,
        subdivision: locality.region.as_deref(),
        language: &locality.language,
        time_zone: &locality.time_zone,
        company: company.as_deref(),
        job_role: job_role.as_deref(),
        industry: industry.as_deref(),
    };
    database::expect_one(store::update_profile(tx, account_id, &change).await?)?;
    let renamed = before.given_name != given_name || before.family_name != family_name;
    if renamed {
        scheduling::rename(tx, cx, account_id, &format!("{given_name} {family_name}")).await?;
    }
    let mut changed = vec![];
    for (field, differs) in [
        ("name", renamed),
        ("country", before.country != locality.country || before.subdivision != locality.region),
        ("language", before.language != locality.language),
        ("time_zone", before.time_zone != locality.time_zone),
        ("organisation", before.company != company || before.job_role != job_role || before.industry != industry),
    ] {
        if differs {
            changed.push(field);
        }
    }
    if !changed.is_empty() {
        audit::record(tx, cx, "account.profile_changed", &account_id.to_string(), json!({"fields": changed})).await?;
    }
    Ok(())
}

/// When the viewer accepted the agreement in force; `None`: not yet.
pub async fn agreement_accepted(cx: &RequestContext) -> AppResult<Option<chrono::DateTime<chrono::Utc>>> {
    let viewer = cx.viewer()?;
    let mut conn = cx.state.db.acquire().await?;
    Ok(store::agreement_accepted_at(&mut conn, viewer.account_id, &cx.programme().agreement_version).await?)
}

/// Accepts the agreement in force: the version that the page showed.
///
/// # Errors
/// [`Code::AgreementRequired`] at `agreement` without the tick, or when a newer version came in between.
pub async fn accept_agreement(cx: &RequestContext, ticked: bool, version: &str) -> AppResult<()> {
    let viewer = cx.viewer()?;
    let programme = cx.programme();
    if !ticked || version != programme.agreement_version {
        return Err(AppError::field("agreement", Code::AgreementRequired));
    }
    let mut tx = cx.state.db.begin().await?;
    store::accept_agreement(&mut tx, viewer.account_id, version, cx.now()).await?;
    audit::record(&mut tx, cx, "account.agreement_accepted", &viewer.account_id.to_string(), json!({"version": version})).await?;
    tx.commit().await?;
    Ok(())
}
