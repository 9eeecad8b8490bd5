//! The programme as whoever runs the portal gives it: a directory of files with its name, senders, colours, agreement and policies, its
//! catalogue and its test centres. Checked as a whole, every problem told by file and field, and written in one transaction; loading again
//! changes what differs. The demo is the same with the files of `seed/demo/`.

pub mod file;
mod store;

use crate::catalog;
use crate::catalog::file::Catalog;
use crate::scheduling::centers_file::{self, Places};
use crate::server::AppState;
use crate::server::data_file::{Problem, Problems};
use crate::server::programme::Programme;
use chrono::Datelike;
use file::PolicyVersion;
use sha2::{Digest, Sha256};
use sqlx::PgConnection;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::Path;

/// What the directory holds.
#[derive(Debug, Clone)]
pub struct Files {
    pub programme: String,
    /// The candidate agreement by language.
    pub agreement: BTreeMap<&'static str, String>,
    pub catalog: String,
    /// `None`: there are no centres, or they stay as they are; so the lanes.
    pub centers: Option<String>,
    pub delivery: Option<String>,
    pub logo: Option<String>,
}

/// The file of the agreement in a language.
pub fn agreement_file(language: &str) -> String {
    format!("agreement.{language}.txt")
}

impl Files {
    /// The demo programme.
    pub fn demo() -> Self {
        Self {
            programme: include_str!("../../seed/demo/programme.toml").to_owned(),
            agreement: BTreeMap::from([
                ("en", include_str!("../../seed/demo/agreement.en.txt").to_owned()),
                ("es", include_str!("../../seed/demo/agreement.es.txt").to_owned()),
            ]),
            catalog: include_str!("../../seed/demo/catalog.toml").to_owned(),
            centers: Some(include_str!("../../seed/demo/test_centers.csv").to_owned()),
            delivery: Some(include_str!("../../seed/demo/delivery.toml").to_owned()),
            logo: None,
        }
    }

    /// # Errors
    /// Every file that is needed and cannot be read.
    pub fn read(directory: &Path) -> Result<Self, LoadError> {
        let problems = Problems::default();
        let optional = |name: &str| match std::fs::read_to_string(directory.join(name)) {
            Ok(text) => Some(text),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
            Err(error) => {
                problems.add(name, "", format!("cannot be read: {error}"));
                None
            }
        };
        let needed = |name: &str| {
            if !directory.join(name).exists() {
                problems.add(name, "", format!("is missing in {}", directory.display()));
            }
            optional(name).unwrap_or_default()
        };
        let files = Self {
            programme: needed(file::NAME),
            agreement: file::LANGUAGES.into_iter().map(|language| (language, needed(&agreement_file(language)))).collect(),
            catalog: needed(catalog::file::NAME),
            centers: optional(centers_file::CENTERS),
            delivery: optional(centers_file::DELIVERY),
            logo: optional(file::LOGO),
        };
        let problems = problems.into_vec();
        if problems.is_empty() { Ok(files) } else { Err(LoadError::Problems(problems)) }
    }

    /// What tells one content from another. Closed days are written for two years, so the year counts. Covers the loader too: raise
    /// `LOADER` when rows are made in another way.
    fn version(&self, year: i32) -> String {
        const LOADER: &str = "1";
        let mut digest = Sha256::new().chain_update(LOADER).chain_update(year.to_be_bytes());
        let optional = [&self.centers, &self.delivery, &self.logo].map(|file| file.as_deref().unwrap_or_default());
        let texts = [self.programme.as_str(), &self.catalog].into_iter().chain(self.agreement.values().map(String::as_str)).chain(optional);
        for text in texts {
            digest.update(text.len().to_be_bytes());
            digest.update(text);
        }
        digest.finalize().iter().take(12).map(|byte| format!("{byte:02x}")).collect()
    }
}

#[derive(Debug)]
pub enum LoadError {
    /// Nothing was written.
    Problems(Vec<Problem>),
    Database(sqlx::Error),
}

impl From<sqlx::Error> for LoadError {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error)
    }
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Database(error) => write!(f, "the database cannot be used: {error}"),
            Self::Problems(problems) => {
                for problem in problems {
                    writeln!(f, "{problem}")?;
                }
                write!(f, "{} to mend; nothing was changed", problems.len())
            }
        }
    }
}

impl std::error::Error for LoadError {}

/// Everything the files say, checked.
struct Plan {
    programme: Programme,
    policies: PolicyVersion,
    catalog: Catalog,
    places: Places,
}

fn plan(files: &Files, countries: &BTreeSet<String>) -> Result<Plan, Vec<Problem>> {
    let problems = Problems::default();
    let read = file::read(files, &problems);
    let currency = read.as_ref().map(|(programme, _)| programme.currency.clone()).unwrap_or_default();
    let catalog = catalog::file::read(&files.catalog, &currency, &problems);
    let places = centers_file::read(files.centers.as_deref(), files.delivery.as_deref(), countries, &problems);
    let problems = problems.into_vec();
    match (read, catalog) {
        (Some((programme, policies)), Some(catalog)) if problems.is_empty() => Ok(Plan { programme, policies, catalog, places }),
        _ => Err(problems),
    }
}

/// Brings the database to what the files say, whole or not at all. The reference data must be there.
///
/// # Errors
/// [`LoadError::Problems`]: everything that is wrong with the files, and with what they would change of what people rely on.
pub async fn load(state: &AppState, files: &Files) -> Result<(), LoadError> {
    write(state, files, false).await
}

/// Loads the demo programme; one that was loaded already is left alone, and with it what was changed since.
pub async fn load_demo(state: &AppState) -> Result<(), LoadError> {
    write(state, &Files::demo(), true).await
}

/// The row of `reference_data` that says what was loaded.
const LOADED: &str = "programme";

async fn write(state: &AppState, files: &Files, is_demo: bool) -> Result<(), LoadError> {
    let now = state.clock.now();
    let today = now.date_naive();
    let version = files.version(today.year());
    let is_loaded = async |conn: &mut PgConnection| -> Result<bool, sqlx::Error> {
        Ok(is_demo && store::loaded_version(conn, LOADED).await?.as_ref() == Some(&version))
    };
    // A start with nothing new costs one query.
    let mut conn = state.db.acquire().await?;
    if is_loaded(&mut conn).await? {
        return Ok(());
    }
    let countries = catalog::country_codes(&mut conn).await?.into_iter().collect();
    drop(conn);
    let Plan { programme, policies, catalog, places } = plan(files, &countries).map_err(LoadError::Problems)?;

    let mut tx = state.db.begin().await?;
    catalog::lock_loading(&mut tx).await?;
    if is_loaded(&mut tx).await? {
        return Ok(());
    }
    let problems = Problems::default();
    let known = store::policy_version(&mut tx, policies.version).await?;
    match known {
        None => store::put_policies(&mut tx, &policies, now).await?,
        Some((_, rules)) if rules == policies.rules => {}
        // Nobody has bought anything under a version that has not started.
        Some((starts_at, _)) if starts_at > now => store::put_policies(&mut tx, &policies, now).await?,
        // The demo's numbers may change with the program: what is in force goes on.
        Some(_) if is_demo => {}
        Some(_) => problems.add(
            file::NAME,
            "policies.version",
            format!("{} is in force with other numbers: give these a version and a valid_from of their own", policies.version),
        ),
    }
    if let Some(text) = store::accepted_agreement(&mut tx, &programme.agreement_version).await?
        && text != programme.agreement_text
        && !is_demo
    {
        let problem = format!("{} was accepted with other words: give these a version of their own", programme.agreement_version);
        problems.add(file::NAME, "agreement.version", problem);
    }
    let problems = problems.into_vec();
    if !problems.is_empty() {
        return Err(LoadError::Problems(problems));
    }
    store::put_programme(&mut tx, &programme).await?;
    catalog::file::put(&mut tx, &catalog).await?;
    centers_file::put(&mut tx, &places, today).await?;
    store::put_loaded_version(&mut tx, LOADED, &version).await?;
    tx.commit().await?;
    tracing::info!("the programme was loaded: its catalogue, centres and policies");
    Ok(())
}
