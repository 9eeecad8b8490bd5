//! What an archive holds, and the ZIP it is packed in.

use super::store;
use crate::credentials::{documents, open_badge, service as credentials};
use crate::ids::AccountId;
use crate::privacy::store as people;
use crate::scheduling::service::calendar_of;
use crate::server::i18n::{self, Locale};
use crate::server::jobs::JobError;
use crate::server::{AppState, format};
use crate::tr;
use std::io::{Cursor, Write};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// Name and content.
type File = (String, Vec<u8>);

/// Pixels of the badge's picture.
const BADGE_SIZE: u32 = 600;

/// Every file of a person's archive. Read in one snapshot of the database.
pub async fn files(state: &AppState, account_id: AccountId) -> Result<Vec<File>, JobError> {
    let now = state.clock.now();
    let mut tx = state.db.begin().await?;
    let Some(person) = people::lock_person(&mut tx, account_id).await? else { return Ok(vec![]) };
    let locale = i18n::from_tag(&person.language).unwrap_or(Locale::en);
    let accounts = store::accounts_of(&mut tx, account_id).await?;
    let hidden = store::hidden_columns(&mut tx).await?;
    let mut json = store::described(&mut tx, &accounts, &hidden).await?;
    json.extend(store::as_stored(&mut tx, &accounts, &hidden).await?);
    let mut files: Vec<File> = vec![];
    for (name, rows) in &json {
        files.push(((*name).to_owned(), serde_json::to_vec_pretty(rows)?));
    }
    for (id, reference) in store::booked(&mut tx, account_id).await? {
        if let Some(calendar) = calendar_of(&mut tx, state, locale, now, id).await? {
            files.push((format!("documents/exam-{reference}.ics"), calendar.into_bytes()));
        }
    }
    tx.commit().await?;
    for credential in credentials::of_account(state, account_id).await? {
        let stem = format!("{}-{}", credential.exam_code, credential.compact_id());
        let pdf = documents::certificate(state, &credential).await.map_err(|error| JobError(error.to_string()))?;
        files.push((format!("documents/certificate-{stem}.pdf"), pdf));
        let png = open_badge::baked_png(state, &credential, BADGE_SIZE).await.map_err(|error| JobError(error.to_string()))?;
        files.push((format!("documents/badge-{stem}.png"), png));
        let svg = open_badge::baked_svg(state, &credential).await.map_err(|error| JobError(error.to_string()))?;
        files.push((format!("documents/badge-{stem}.svg"), svg.into_bytes()));
    }
    let made = format::date_time(locale, now, format::zone(&person.time_zone));
    files.insert(0, ("README.txt".to_owned(), readme(locale, &made, &state.programme.get().name, &files).into_bytes()));
    Ok(files)
}

/// What each file is, in the person's language.
fn readme(locale: Locale, made: &str, programme: &str, files: &[File]) -> String {
    let mut text = format!(
        "{}\n\n{}\n\n",
        tr!(locale, privacy.readme_title, programme = programme.to_owned(), when = made.to_owned()),
        tr!(locale, privacy.readme_intro)
    );
    for (name, _) in files.iter().filter(|(name, _)| !name.starts_with("documents/")) {
        text.push_str(&format!("{name}\n    {}\n\n", meaning(locale, name)));
    }
    text.push_str(&format!("documents/\n    {}\n", tr!(locale, privacy.file_documents)));
    text
}

fn meaning(locale: Locale, file: &str) -> &'static str {
    match file {
        "profile.json" => tr!(locale, privacy.file_profile),
        "mails.json" => tr!(locale, privacy.file_mails),
        "appointments.json" => tr!(locale, privacy.file_appointments),
        "orders.json" => tr!(locale, privacy.file_orders),
        "results.json" => tr!(locale, privacy.file_results),
        "credentials.json" => tr!(locale, privacy.file_credentials),
        "activity.json" => tr!(locale, privacy.file_activity),
        "email_addresses.json" => tr!(locale, privacy.file_addresses),
        "agreements.json" => tr!(locale, privacy.file_agreements),
        "mailed_links.json" => tr!(locale, privacy.file_links),
        "staff_roles.json" => tr!(locale, privacy.file_roles),
        "sign_ins.json" => tr!(locale, privacy.file_sign_ins),
        "passkeys.json" => tr!(locale, privacy.file_passkeys),
        "backup_codes.json" => tr!(locale, privacy.file_backup_codes),
        "trusted_browsers.json" => tr!(locale, privacy.file_browsers),
        "sms.json" => tr!(locale, privacy.file_sms),
        "lost_factors.json" => tr!(locale, privacy.file_lost_factors),
        "acted_for.json" => tr!(locale, acting.data_file),
        "notifications.json" => tr!(locale, privacy.file_notifications),
        "advice_put_away.json" => tr!(locale, privacy.file_nudges),
        "guardians.json" => tr!(locale, privacy.file_guardians),
        "data_requests.json" => tr!(locale, privacy.file_requests),
        "erasure_requests.json" => tr!(locale, privacy.file_erasures),
        "merges.json" => tr!(locale, privacy.file_merges),
        _ => tr!(locale, privacy.file_other),
    }
}

pub fn zip(files: Vec<File>) -> Result<Vec<u8>, JobError> {
    let mut zip = ZipWriter::new(Cursor::new(vec![]));
    for (name, content) in files {
        zip.start_file(name, SimpleFileOptions::default())?;
        zip.write_all(&content)?;
    }
    Ok(zip.finish()?.into_inner())
}
