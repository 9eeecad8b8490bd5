//! What the forms of scheduling do.

use super::model::Suggestion;
use crate::error::AppError;
use leptos::prelude::*;
use leptos::server_fn::codec::GetUrl;
use serde::{Deserialize, Serialize};

/// Language and way of delivery: the first step.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct StartForm {
    #[serde(default)]
    pub exam: String,
    #[serde(default)]
    pub language: String,
    /// `center` or `online`.
    #[serde(default)]
    pub delivery: String,
    /// The reference of the appointment to be moved.
    #[serde(default)]
    pub replaces: String,
}

/// Goes on to the centres or to the online calendar.
#[server(endpoint = "scheduling/start")]
pub async fn start(#[server(flatten)] form: StartForm) -> Result<(), AppError> {
    use super::pages::Trip;
    use super::service;
    use crate::error::{Code, FieldError};

    let cx = crate::server::request();
    cx.candidate()?;
    let replaces = Some(form.replaces.trim().to_owned()).filter(|reference| !reference.is_empty());
    let booking = service::booking(&cx, &form.exam, replaces.as_deref()).await?;
    booking.eligible()?;
    let mut errors = vec![];
    if booking.language(&form.language).is_err() {
        errors.push(FieldError::new("language", Code::NotAChoice));
    }
    if !booking.exam.delivery_modes.contains(&form.delivery) {
        let code = if form.delivery.is_empty() { Code::Required } else { Code::NotAChoice };
        errors.push(FieldError::new("delivery", code));
    }
    if !errors.is_empty() {
        return Err(AppError::Validation(errors));
    }
    let online = form.delivery == "online";
    let trip = Trip { exam: booking.exam.code.clone(), language: form.language, replaces, online, ..Trip::default() };
    crate::server::http::respond::redirect(&if online { trip.times() } else { trip.centers() });
    Ok(())
}

/// The places whose name or postal code begins with what is being typed; `country`: its ISO 3166 code, or empty for all.
#[server(endpoint = "scheduling/places", input = GetUrl)]
pub async fn places(#[server(default)] text: String, #[server(default)] country: String) -> Result<Vec<Suggestion>, AppError> {
    super::service::suggestions::suggest(&crate::server::request(), &text, &country).await
}

/// A chosen time.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct HoldForm {
    #[serde(default)]
    pub exam: String,
    #[serde(default)]
    pub language: String,
    /// A centre's code; empty: online.
    #[serde(default)]
    pub center: String,
    /// RFC 3339.
    #[serde(default)]
    pub slot: String,
    #[serde(default)]
    pub accessible: String,
    #[serde(default)]
    pub replaces: String,
}

/// Holds the seat for 15 minutes.
#[server(endpoint = "scheduling/hold")]
pub async fn hold(#[server(flatten)] form: HoldForm) -> Result<(), AppError> {
    use super::service::holds;
    use crate::error::Code;

    let cx = crate::server::request();
    cx.candidate()?;
    let given = |text: String| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
    let slot = given(form.slot).ok_or_else(|| AppError::field("slot", Code::Required))?;
    let choice = holds::Choice {
        exam_code: form.exam,
        language: form.language,
        center: given(form.center),
        starts_at: slot.parse().map_err(|_| AppError::field("slot", Code::NotAChoice))?,
        accessible: !form.accessible.is_empty(),
        replaces: given(form.replaces),
    };
    let id = holds::hold(&cx, &choice).await?;
    crate::server::http::respond::redirect(&format!("/schedule/details/{id}"));
    Ok(())
}

/// Who comes, and that the rules were read.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct DetailsForm {
    #[serde(default)]
    pub appointment: String,
    #[serde(default)]
    pub given_name: String,
    #[serde(default)]
    pub family_name: String,
    #[serde(default, rename = "dob-day")]
    pub dob_day: String,
    #[serde(default, rename = "dob-month")]
    pub dob_month: String,
    #[serde(default, rename = "dob-year")]
    pub dob_year: String,
    #[serde(default)]
    pub accessible: String,
    #[serde(default)]
    pub accept: String,
}

/// Puts the held seat into the cart.
#[server(endpoint = "scheduling/details")]
pub async fn details(#[server(flatten)] form: DetailsForm) -> Result<(), AppError> {
    use super::service::holds;

    let cx = crate::server::request();
    cx.candidate()?;
    let id = form.appointment.parse().map_err(|_| AppError::NotFound)?;
    let details = holds::Details {
        given_name: form.given_name,
        family_name: form.family_name,
        born: (form.dob_day, form.dob_month, form.dob_year),
        accessible: form.accessible == "on",
        accepted: form.accept == "on",
    };
    holds::complete(&cx, id, &details).await?;
    crate::server::http::respond::redirect("/cart");
    Ok(())
}

/// Moves an appointment to the held seat.
#[server(endpoint = "scheduling/reschedule")]
pub async fn reschedule(#[server(default)] appointment: String) -> Result<(), AppError> {
    let cx = crate::server::request();
    cx.candidate()?;
    let id = appointment.parse().map_err(|_| AppError::NotFound)?;
    let reference = super::service::changes::reschedule(&cx, id).await?;
    crate::server::http::respond::redirect(&format!("/exams/{reference}?done=moved"));
    Ok(())
}

/// Gives a held seat back.
#[server(endpoint = "scheduling/let_go")]
pub async fn let_go(#[server(default)] appointment: String) -> Result<(), AppError> {
    let cx = crate::server::request();
    cx.candidate()?;
    let id = appointment.parse().map_err(|_| AppError::NotFound)?;
    super::service::holds::let_go(&cx, id).await?;
    crate::server::http::respond::redirect("/exams?done=released");
    Ok(())
}

/// Cancels a booked appointment.
#[server(endpoint = "scheduling/cancel")]
pub async fn cancel(#[server(default)] reference: String) -> Result<(), AppError> {
    let cx = crate::server::request();
    cx.candidate()?;
    super::service::changes::cancel(&cx, &reference).await?;
    crate::server::http::respond::redirect(&format!("/exams/{reference}?done=cancelled"));
    Ok(())
}
