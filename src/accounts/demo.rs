//! The demo's people from `seed/demo/people.toml`, and `demo.json`, which tells a newcomer who they are. What the people
//! have done so far is loaded by the capabilities it belongs to.

use super::contact::{self, store::Contact};
use super::store::NewAccount;
use super::{factors, password, service, totp};
use crate::ids::{self, AccountId};
use crate::server::AppState;
use crate::server::config::Config;
use chrono::{NaiveDate, TimeDelta};
use serde::{Deserialize, Serialize};
use std::error::Error;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;

const PEOPLE: &str = include_str!("../../seed/demo/people.toml");

/// The file in the data directory.
pub const FILE: &str = "demo.json";

#[derive(Debug, Deserialize)]
struct People {
    candidate: Vec<Person>,
    staff: Vec<Person>,
}

/// A person of the file. What it says of exams and bookings is read elsewhere.
#[derive(Debug, Deserialize)]
struct Person {
    key: Option<String>,
    role: Option<String>,
    email: String,
    #[serde(default)]
    other_emails: Vec<String>,
    given_name: String,
    family_name: String,
    password: String,
    date_of_birth: Option<toml::value::Datetime>,
    country: String,
    region: Option<String>,
    language: String,
    timezone: String,
    #[serde(default)]
    address_lines: Vec<String>,
    company: Option<String>,
    industry: Option<String>,
    totp_secret: Option<String>,
    /// Days relative to the day of seeding.
    #[serde(default)]
    registered_days: i64,
}

fn people() -> Result<People, Box<dyn Error>> {
    Ok(toml::from_str(PEOPLE)?)
}

/// The id of a seeded person by the file's `key`; a member of staff without one goes by the role.
pub fn seeded_account_id(key: &str) -> AccountId {
    ids::named("account", key)
}

/// # Errors
/// Outside demo mode.
pub fn only_in_demo_mode(config: &Config) -> Result<(), Box<dyn Error>> {
    if config.demo {
        return Ok(());
    }
    Err("the demo's people have public passwords: they are loaded in demo mode only (CERTPORTAL_DEMO=true)".into())
}

/// The ids of the demo's candidates.
///
/// # Errors
/// The file cannot be read.
pub fn seeded_candidates() -> Result<Vec<AccountId>, Box<dyn Error>> {
    Ok(people()?.candidate.iter().filter_map(|person| person.key.as_deref()).map(seeded_account_id).collect())
}

/// Loads the demo's candidates and staff. Changes nothing the second time.
///
/// # Errors
/// Outside demo mode: the passwords are public.
pub async fn load_people(state: &AppState) -> Result<(), Box<dyn Error>> {
    only_in_demo_mode(&state.config)?;
    let People { candidate, staff } = people()?;
    for person in &candidate {
        let key = person.key.as_deref().ok_or("a candidate of people.toml has no key")?;
        load_person(state, person, key, None).await?;
    }
    for person in &staff {
        let role = person.role.as_deref().ok_or("a member of staff of people.toml has no role")?;
        load_person(state, person, person.key.as_deref().unwrap_or(role), Some(role)).await?;
    }
    Ok(())
}

async fn load_person(state: &AppState, person: &Person, key: &str, staff_role: Option<&str>) -> Result<(), Box<dyn Error>> {
    // Hashing is what costs: not for somebody who is there.
    if service::account_by_email(&state.db, &person.email).await?.is_some() {
        return Ok(());
    }
    let secret = match &person.totp_secret {
        Some(secret) => Some(totp::from_base32(secret).ok_or_else(|| format!("the TOTP secret of {key} is not base 32"))?),
        None => None,
    };
    let id = seeded_account_id(key);
    let sealed = secret.map(|secret| factors::seal_totp(&state.key, id, &secret));
    let born = person.date_of_birth.as_ref().and_then(|date| date.date);
    let candidate_id = match staff_role {
        None => Some(super::CandidateId::from_random(first_five(key)).to_string()),
        Some(_) => None,
    };
    let hash = {
        let password = person.password.clone();
        tokio::task::spawn_blocking(move || password::hash_now(&password)).await?
    };
    let new = NewAccount {
        id,
        candidate_id: candidate_id.as_deref(),
        given_name: &person.given_name,
        family_name: &person.family_name,
        password_hash: Some(&hash),
        password_stands_alone: super::password::stands_alone(&super::model::Secret(person.password.clone())),
        country: &person.country,
        subdivision: person.region.as_deref(),
        language: &person.language,
        time_zone: &person.timezone,
        company: person.company.as_deref(),
        // In the file `role` is a candidate's job and a member of staff's permission.
        job_role: person.role.as_deref().filter(|_| staff_role.is_none()),
        industry: person.industry.as_deref(),
        date_of_birth: born.and_then(|date| NaiveDate::from_ymd_opt(date.year.into(), date.month.into(), date.day.into())),
        totp_secret: sealed.as_deref(),
        created_at: state.clock.now() + TimeDelta::days(person.registered_days),
    };
    let roles: Vec<&str> = staff_role.into_iter().collect();
    service::load(state, &new, &person.email, &person.other_emails, &roles)
        .await
        .map_err(|error| format!("{key} of people.toml cannot be loaded: {error:?}"))?;
    let contact = Contact { address: person.address_lines.clone(), ..Contact::default() };
    contact::store::set_contact(&mut *state.db.acquire().await?, id, &contact).await?;
    Ok(())
}

/// The same candidate has the same ID in every demo.
fn first_five(key: &str) -> [u8; 5] {
    let mut bytes = [0; 5];
    bytes.copy_from_slice(&ids::named::<uuid::Uuid>("candidate", key).as_bytes()[..5]);
    bytes
}

/// What `demo.json` says.
#[derive(Debug, Serialize)]
struct DemoFile {
    address: String,
    mailbox: String,
    /// Lets a program move the clock (`POST /demo/clock`).
    clock_key: String,
    accounts: Vec<DemoAccount>,
    credentials: Vec<DemoCredential>,
}

#[derive(Debug, Serialize)]
struct DemoAccount {
    /// `candidate`, or what a member of staff may do.
    role: String,
    name: String,
    email: String,
    password: String,
    totp_secret: Option<String>,
    otpauth: Option<String>,
    candidate_id: Option<String>,
}

#[derive(Debug, Serialize)]
struct DemoCredential {
    id: String,
    holder: String,
    state: String,
}

/// Writes `demo.json` into the data directory, whole or not at all. Called after all demo data is there.
pub async fn write_file(state: &AppState) -> Result<(), Box<dyn Error>> {
    let People { candidate, staff } = people()?;
    let mut accounts = vec![];
    for (person, is_staff) in candidate.iter().map(|person| (person, false)).chain(staff.iter().map(|person| (person, true))) {
        let Some((email, candidate_id)) = service::demo_account(&state.db, &person.email).await? else { continue };
        let secret = person.totp_secret.as_deref().and_then(totp::from_base32);
        accounts.push(DemoAccount {
            role: if is_staff { person.role.clone().unwrap_or_default() } else { "candidate".into() },
            name: format!("{} {}", person.given_name, person.family_name),
            otpauth: secret.map(|secret| totp::otpauth_url(&secret, &state.programme.get().short_name, &email)),
            email,
            password: person.password.clone(),
            totp_secret: person.totp_secret.clone(),
            candidate_id,
        });
    }
    let credentials = service::demo_credentials(&state.db, state.clock.now()).await?;
    let file = DemoFile {
        address: state.config.public_url.clone(),
        mailbox: state.config.url("/mailbox"),
        clock_key: crate::demo::routes::clock_key(state),
        accounts,
        credentials: credentials.into_iter().map(|(id, holder, state)| DemoCredential { id, holder, state }).collect(),
    };
    let path = state.config.data_dir.join(FILE);
    let draft = path.with_extension("json.new");
    let mut out = std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&draft)?;
    out.write_all(serde_json::to_string_pretty(&file)?.as_bytes())?;
    out.write_all(b"\n")?;
    out.sync_all()?;
    std::fs::rename(&draft, &path)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_people_of_the_file_can_be_read() {
        let people = people().unwrap();
        assert!(people.candidate.len() >= 2);
        let roles: Vec<_> = people.staff.iter().filter_map(|person| person.role.as_deref()).collect();
        for role in crate::server::http::request::Role::ALL {
            assert!(roles.contains(&role.as_str()), "{role:?}");
        }
        assert!(people.staff.iter().all(|person| person.totp_secret.is_some()));
    }
}
