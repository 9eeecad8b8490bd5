//! One function a use case.

mod invitations;
pub(super) mod links;
mod login;
mod notices;
mod profile;
mod recovery;
mod registration;
mod security;
pub(super) mod throttle;
pub(super) mod unproved;

pub use invitations::{Invitation, accept_invitation, invite, sign_in_anew};
pub use links::{LinkInfo, look_at};
pub(in crate::accounts) use login::complete;
pub use login::{Next, Proof, SignedIn, confirm_identity, enter_code, log_in, log_out};
pub use notices::{announce, announce_acting, announce_staff_act};
pub use profile::{accept_agreement, agreement_accepted, change_profile, profile};
pub use recovery::{request_reset, reset_password, send_reset};
pub use registration::{load, register, resend_verification};
pub use security::{SessionView, change_password, end_other_sessions, end_session, sessions};

pub use super::mails::SecurityChange;
pub use super::store::Purpose;

use super::model::Region;
use super::password::Rules;
use super::store;
use crate::error::AppResult;
use crate::ids::AccountId;
use crate::server::i18n::Locale;
use crate::server::mail::Mail;
use crate::server::{AppState, RequestContext, mail};
use chrono::{DateTime, Utc};
use sqlx::{PgConnection, PgPool};
use std::time::Duration;
use unicode_normalization::UnicodeNormalization;

/// Answers that must not tell whether an address has an account take at least this long, whatever there was to do
/// (security.md lines 12 and 13).
const LEVEL: Duration = Duration::from_millis(250);

/// Runs `work` and answers no sooner than [`LEVEL`] after its start.
pub(super) async fn levelled<T>(work: impl Future<Output = T>) -> T {
    let (result, ()) = tokio::join!(work, tokio::time::sleep(LEVEL));
    result
}

/// The rules for the password of somebody who has a second factor, or has none.
pub fn password_rules(cx: &RequestContext, has_factor: bool) -> Rules {
    Rules { policy: cx.state.config.password_policy, has_factor }
}

pub(super) async fn enqueue(conn: &mut PgConnection, cx: &RequestContext, mail: Mail) -> Result<(), sqlx::Error> {
    mail::enqueue(conn, &cx.state, cx.now(), mail).await
}

/// Countries by their name in the reader's language: `(code, name)`.
pub async fn countries(state: &AppState, locale: Locale) -> AppResult<Vec<(String, String)>> {
    let mut countries: Vec<(String, String)> = store::countries(&state.db)
        .await?
        .into_iter()
        .map(|country| match locale {
            Locale::en => (country.code, country.name_en),
            Locale::es => (country.code, country.name_es),
        })
        .collect();
    countries.sort_by_cached_key(|(_, name)| sort_key(name));
    Ok(countries)
}

/// The regions of a country; none for a country that is unknown or has none.
pub async fn regions(state: &AppState, country: &str) -> AppResult<Vec<Region>> {
    if country.len() != 2 {
        return Ok(vec![]);
    }
    let mut regions = store::regions(&state.db, country).await?;
    regions.sort_by_cached_key(|region| sort_key(&region.name));
    Ok(regions)
}

/// Accents and case do not order names: Åland stands with the A.
fn sort_key(name: &str) -> String {
    name.nfd().filter(|c| !unicode_normalization::char::is_combining_mark(*c)).collect::<String>().to_lowercase()
}

/// Primary address and candidate ID of a demo account.
pub async fn demo_account(pool: &PgPool, address: &str) -> Result<Option<(String, Option<String>)>, sqlx::Error> {
    let mut conn = pool.acquire().await?;
    Ok(store::by_address(&mut conn, address).await?.map(|account| (account.address, account.candidate_id)))
}

/// Every credential as `(id, holder, state)`: for `demo.json`.
pub async fn demo_credentials(pool: &PgPool, now: DateTime<Utc>) -> Result<Vec<(String, String, String)>, sqlx::Error> {
    store::credentials(pool, now).await
}

/// The account of an address: for the loaders of demo data.
pub async fn account_by_email(pool: &PgPool, address: &str) -> Result<Option<AccountId>, sqlx::Error> {
    let mut conn = pool.acquire().await?;
    Ok(store::by_address(&mut conn, address).await?.map(|account| account.id))
}
