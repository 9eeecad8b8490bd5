//! A credential's certificate and badge: facts and words for the drawing programs, in the holder's language.

use super::badge::{self, BadgeFacts};
use super::certificate_pdf::{CertificateFacts, CertificateLabels, Paper, Programme as Awarder, Signatory, render_certificate};
use super::model::Credential;
use crate::error::AppResult;
use crate::server::database::internal;
use crate::server::drawing::Color;
use crate::server::{AppState, Locale, format, i18n, random};
use crate::tr;
use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex};

/// Where paper is Letter-sized (CLDR, measurementData "paperSize").
const LETTER: &[&str] = &["BZ", "CA", "CL", "CO", "CR", "GT", "MX", "NI", "PA", "PH", "PR", "SV", "US", "VE"];

const FALLBACK_ACCENT: Color = Color(13, 79, 92);

/// The language documents are made in: the holder's, so that a link shows everybody the same picture.
pub fn language(credential: &Credential) -> Locale {
    i18n::from_tag(&credential.language).unwrap_or(Locale::en)
}

pub fn level_name(locale: Locale, level: &str) -> &'static str {
    match level {
        "business" => tr!(locale, credentials.level_business),
        "associate" => tr!(locale, credentials.level_associate),
        "professional" => tr!(locale, credentials.level_professional),
        "specialty" => tr!(locale, credentials.level_specialty),
        _ => tr!(locale, credentials.level_foundational),
    }
}

fn certificate_facts(state: &AppState, credential: &Credential) -> CertificateFacts {
    let locale = language(credential);
    let programme = state.programme.get();
    let t = |text: &'static str| text.to_owned();
    CertificateFacts {
        paper: if LETTER.contains(&credential.country.as_str()) { Paper::Letter } else { Paper::A4 },
        language: i18n::tag(locale).to_owned(),
        right_to_left: false,
        programme: Awarder {
            name: programme.name.clone(),
            accent: Color::parse(&programme.accent).unwrap_or(FALLBACK_ACCENT),
            mark_svg: programme.logo_svg.clone(),
        },
        holder_name: credential.holder(locale),
        holder_name_latin: None,
        certification: credential.certification.clone(),
        level: Some(level_name(locale, &credential.level).to_owned()),
        exam_code: credential.exam_code.clone(),
        issued: format::date(locale, credential.issued_at.date_naive()),
        expires: Some(format::date(locale, credential.expires_at.date_naive())),
        credential_id: credential.public_id,
        verification_url: state.config.url(&credential.verify_path()),
        signatories: vec![Signatory { name: programme.signatory_name.clone(), role: programme.signatory_title.clone() }],
        signature_note: None,
        created: credential.issued_at,
        labels: CertificateLabels {
            title: t(tr!(locale, credentials.pdf_title)),
            certifies_that: t(tr!(locale, credentials.pdf_certifies)),
            has_earned: t(tr!(locale, credentials.pdf_earned)),
            exam: t(tr!(locale, credentials.exam)),
            issued: t(tr!(locale, credentials.issued)),
            expires: t(tr!(locale, credentials.valid_until)),
            credential_id: t(tr!(locale, credentials.credential_id)),
            verify: t(tr!(locale, credentials.pdf_verify)),
            qr_description: t(tr!(locale, credentials.pdf_qr)),
        },
    }
}

/// The certificate. Drawn anew each time: equal facts give equal bytes.
pub async fn certificate(state: &AppState, credential: &Credential) -> AppResult<Vec<u8>> {
    let facts = certificate_facts(state, credential);
    let drawn = tokio::task::spawn_blocking(move || render_certificate(&facts)).await;
    drawn.map_err(|error| internal(&error))?.map_err(|error| internal(&error))
}

/// The badge's picture. It shows the certification, nobody's name.
pub fn badge_svg(state: &AppState, credential: &Credential) -> String {
    let locale = language(credential);
    let programme = state.programme.get();
    // "Solutions Architect – Associate": the level has a line of its own.
    let short_name = credential.short_name.rsplit_once('–').map_or(credential.short_name.as_str(), |(name, _)| name).trim();
    badge::badge_svg(&BadgeFacts {
        language: i18n::tag(locale).to_owned(),
        programme: programme.short_name.clone(),
        short_name: short_name.to_owned(),
        level: credential.badge_level(),
        level_label: level_name(locale, &credential.level).to_owned(),
        accent: Color::parse(&credential.badge_color).unwrap_or(FALLBACK_ACCENT),
        title: credential.certification.clone(),
        description: tr!(locale, credentials.badge_description, programme = programme.name.clone()).to_string(),
    })
}

/// Drawn badges by picture and size. As many as there are certifications, languages and sizes; a public address that
/// draws half a megapixel for every request would be a lever for anybody.
static PNGS: LazyLock<Mutex<Drawn>> = LazyLock::new(Mutex::default);
/// By the digest of the SVG and the size in pixels.
type Drawn = HashMap<(Vec<u8>, u32), Arc<Vec<u8>>>;
const PNGS_KEPT: usize = 200;

/// The badge as a PNG of `size` pixels, one of [`badge::PNG_SIZES`].
pub async fn badge_png(svg: String, size: u32) -> AppResult<Arc<Vec<u8>>> {
    let key = (random::token_hash(&svg), size);
    let kept = || PNGS.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    if let Some(png) = kept().get(&key) {
        return Ok(png.clone());
    }
    let drawn = tokio::task::spawn_blocking(move || badge::badge_png(&svg, size)).await;
    let png = Arc::new(drawn.map_err(|error| internal(&error))?.map_err(|error| internal(&error))?);
    let mut pngs = kept();
    if pngs.len() >= PNGS_KEPT {
        pngs.clear();
    }
    pngs.insert(key, png.clone());
    Ok(png)
}
