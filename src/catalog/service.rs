//! The catalogue as its readers see it. It changes a few times a month and is read on every public page, so it is
//! kept in memory, a few seconds old at most.

use super::model::{Certification, Exam};
use super::rules::{self, Search};
use super::store;
use crate::error::{AppError, AppResult};
use crate::ids::{CertificationId, ExamId};
use crate::server::fold::fold;
use crate::server::i18n::{self, LANGUAGES, Locale};
use crate::server::programme::{self, Policies};
use crate::server::{AppState, RequestContext, format};
use chrono::NaiveDate;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};
use tokio::sync::Mutex;

/// How old the copy in memory may be: a change by staff is seen everywhere this soon.
const FRESH: Duration = Duration::from_secs(10);

/// All certifications in the programme's order, with what is searched in each.
#[derive(Debug, Default)]
pub struct Catalogue {
    pub certifications: Vec<Certification>,
    /// By certification, then by language: folded titles and texts.
    searched: Vec<Vec<Searched>>,
}

#[derive(Debug)]
struct Searched {
    locale: Locale,
    title: String,
    body: String,
}

impl Catalogue {
    fn new(certifications: Vec<Certification>) -> Self {
        let searched = certifications
            .iter()
            .map(|certification| {
                let mut title = format!("{} {}", certification.name, certification.code);
                let announced = certification.announcements.iter().map(|announcement| &announcement.code);
                for code in certification.exams.iter().map(|exam| &exam.code).chain(announced) {
                    title.push(' ');
                    title.push_str(code);
                }
                let in_language = |(locale, ..): &(Locale, &str, &str)| Searched {
                    locale: *locale,
                    title: fold(&title),
                    body: fold(&format!(
                        "{} {}",
                        i18n::pick(&certification.summary, *locale),
                        i18n::pick(&certification.description, *locale)
                    )),
                };
                LANGUAGES.iter().map(in_language).collect()
            })
            .collect();
        Self { certifications, searched }
    }

    pub fn by_slug(&self, slug: &str) -> Option<&Certification> {
        self.certifications.iter().find(|certification| certification.slug == slug)
    }

    pub fn by_id(&self, id: CertificationId) -> Option<&Certification> {
        self.certifications.iter().find(|certification| certification.id == id)
    }

    /// An exam version by its code, with its certification.
    pub fn exam(&self, code: &str) -> Option<(&Certification, &Exam)> {
        self.certifications.iter().find_map(|certification| {
            let exam = certification.exams.iter().find(|exam| exam.code == code)?;
            Some((certification, exam))
        })
    }

    /// What the search finds, in the programme's order, those found by their name first.
    pub fn find(&self, search: &Search, locale: Locale) -> Vec<&Certification> {
        let mut found: Vec<(u8, &Certification)> = self
            .certifications
            .iter()
            .zip(&self.searched)
            .filter_map(|(certification, searched)| {
                let searched = searched.iter().find(|searched| searched.locale == locale)?;
                Some((search.rank(certification, &searched.title, &searched.body)?, certification))
            })
            .collect();
        found.sort_by_key(|(rank, _)| *rank);
        found.into_iter().map(|(_, certification)| certification).collect()
    }

    /// Keys of the job roles of what is offered on a day.
    pub fn roles(&self, today: NaiveDate) -> Vec<&str> {
        let offered = self.certifications.iter().filter(|certification| !rules::is_retired(certification, today));
        let mut roles: Vec<&str> = offered.flat_map(|certification| &certification.job_roles).map(String::as_str).collect();
        roles.sort_unstable();
        roles.dedup();
        roles
    }
}

/// The copy in memory. Survives an outage of the database: an old catalogue is better than none.
#[derive(Default)]
struct Kept {
    catalogue: RwLock<Option<(Instant, Arc<Catalogue>)>>,
    /// One request reads it anew at a time.
    reading: Mutex<()>,
}

impl Kept {
    fn get(&self) -> Option<(Instant, Arc<Catalogue>)> {
        self.catalogue.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set(&self, value: Option<Arc<Catalogue>>) {
        let value = value.map(|catalogue| (Instant::now(), catalogue));
        *self.catalogue.write().unwrap_or_else(PoisonError::into_inner) = value;
    }
}

/// The catalogue, at most [`FRESH`] old while the database answers.
///
/// # Errors
/// [`AppError::Unavailable`] when the database does not answer and nothing is in memory yet.
pub async fn catalogue(state: &AppState) -> AppResult<Arc<Catalogue>> {
    let kept = state.shared.get::<Kept>();
    let copy = kept.get();
    if let Some((read_at, catalogue)) = &copy {
        if read_at.elapsed() < FRESH {
            return Ok(catalogue.clone());
        }
        // Whoever comes first reads it anew; the others need not wait.
        let Ok(_reading) = kept.reading.try_lock() else { return Ok(catalogue.clone()) };
        match read(state).await {
            Ok(fresh) => kept.set(Some(Arc::new(fresh))),
            Err(error) => {
                tracing::warn!(error.cause = %error, "the catalogue could not be read again; the copy in memory is served");
                kept.set(Some(catalogue.clone()));
            }
        }
    } else {
        let _reading = kept.reading.lock().await;
        if kept.get().is_none() {
            kept.set(Some(Arc::new(read(state).await?)));
        }
    }
    kept.get().map(|(_, catalogue)| catalogue).ok_or(AppError::Unavailable)
}

/// The next reader reads it anew: call it after a change.
pub fn forget(state: &AppState) {
    state.shared.get::<Kept>().set(None);
}

async fn read(state: &AppState) -> Result<Catalogue, sqlx::Error> {
    let mut conn = state.db.acquire().await?;
    let mut certifications = store::certifications(&mut conn).await?;
    let mut exams = store::exams(&mut conn).await?;
    for (id, price) in store::prices(&mut conn).await? {
        of(&mut exams, id, |exam| exam.prices.push(price));
    }
    for (id, language) in store::languages(&mut conn).await? {
        of(&mut exams, id, |exam| exam.languages.push(language));
    }
    for (id, domain) in store::domains(&mut conn).await? {
        of(&mut exams, id, |exam| exam.domains.push(domain));
    }
    for (id, announcement) in store::announcements(&mut conn).await? {
        if let Some(certification) = certifications.iter_mut().find(|certification| certification.id == id) {
            certification.announcements.push(announcement);
        }
    }
    for (id, exam) in exams {
        if let Some(certification) = certifications.iter_mut().find(|certification| certification.id == id) {
            certification.exams.push(exam);
        }
    }
    Ok(Catalogue::new(certifications))
}

fn of(exams: &mut [(CertificationId, Exam)], id: ExamId, change: impl FnOnce(&mut Exam)) {
    if let Some((_, exam)) = exams.iter_mut().find(|(_, exam)| exam.id == id) {
        change(exam);
    }
}

/// The reader's day.
pub fn today(cx: &RequestContext) -> NaiveDate {
    format::day_in(cx.now(), cx.time_zone())
}

/// The numbers that a public page promises.
pub async fn policies(cx: &RequestContext) -> AppResult<Policies> {
    let mut conn = cx.state.db.acquire().await?;
    Ok(programme::policies(&mut conn, cx.now()).await?)
}
