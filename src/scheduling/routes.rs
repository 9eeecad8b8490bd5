//! The calendar file of an appointment.

use super::{calendar, service};
use crate::server::RequestContext;
use crate::server::http::router::{Site, error_response};
use axum::extract::{Extension, Path};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use std::sync::Arc;

pub fn routes() -> axum::Router<Site> {
    axum::Router::new().route("/exams/{reference}/calendar.ics", axum::routing::get(calendar_file))
}

/// The candidate's own appointment for their calendar; anybody else's does not exist.
async fn calendar_file(Extension(cx): Extension<Arc<RequestContext>>, Path(reference): Path<String>) -> Response {
    match service::own_by_reference(&cx, &reference).await {
        Err(error) => error_response(&error),
        Ok(appointment) => {
            let file = calendar::file(&cx.state, cx.locale, cx.now(), &appointment);
            let name = format!("attachment; filename=\"exam-{}.ics\"", appointment.reference);
            let headers = [
                (header::CONTENT_TYPE, "text/calendar; charset=utf-8".to_owned()),
                (header::CONTENT_DISPOSITION, name),
                (header::CACHE_CONTROL, "private, no-store".to_owned()),
            ];
            (headers, file).into_response()
        }
    }
}
