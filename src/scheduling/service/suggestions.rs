//! Places suggested while a city or postal code is being typed.

use crate::error::AppResult;
use crate::scheduling::model::{SUGGESTIONS, Suggestion};
use crate::scheduling::rules::{self, Typed};
use crate::scheduling::store::places::{self, Suggested};
use crate::server::RequestContext;
use crate::server::i18n::Locale;
use crate::server::limits::{Limit, address_key};
use chrono::TimeDelta;

/// Questions from one network address. Who types asks at most four times a second; behind an address may be an office.
const QUESTIONS: Limit = Limit::new("scheduling.places", 240, TimeDelta::milliseconds(250));
/// Whose postal codes are meant where no country is chosen.
const CODES_OF: &str = "US";

/// The places that begin with what is being typed: cities by their names in several languages, the largest first, or postal
/// codes in order. Nothing for a text that is too short.
///
/// # Errors
/// [`crate::error::AppError::RateLimited`], and whatever keeps a candidate out.
pub async fn suggest(cx: &RequestContext, typed: &str, country: &str) -> AppResult<Vec<Suggestion>> {
    cx.candidate()?;
    QUESTIONS.spend(&cx.state.db, cx.now(), &address_key(cx.address)).await?;
    let Some(typed) = rules::typed(typed) else { return Ok(vec![]) };
    let anywhere = country.trim().is_empty();
    let country = rules::country_code(country);
    if country.is_none() && !anywhere {
        return Ok(vec![]);
    }
    let country = country.as_deref();
    let limit = SUGGESTIONS as i64;
    let mut conn = cx.state.db.acquire().await?;
    let mut found = vec![];
    if let Typed::PostalCode(digits) = &typed {
        found = places::postal_codes_beginning(&mut conn, country.unwrap_or(CODES_OF), digits, limit).await?;
    }
    if found.is_empty() {
        let (Typed::Name(begun) | Typed::PostalCode(begun)) = &typed;
        found = places::cities_beginning(&mut conn, begun, country, limit).await?;
    }
    Ok(found.into_iter().map(|place| shown(place, cx.locale)).collect())
}

fn shown(place: Suggested, locale: Locale) -> Suggestion {
    let country = match locale {
        Locale::en => place.country_en,
        Locale::es => place.country_es,
    };
    let label = rules::place_label(&place.name, &place.admin1);
    match place.code {
        Some(code) => Suggestion { city: None, text: code.clone(), name: code, note: format!("{label}, {country}") },
        None => {
            let note = if label == place.name { country } else { format!("{}, {country}", place.admin1) };
            Suggestion { city: place.city, text: label, name: place.name, note }
        }
    }
}
