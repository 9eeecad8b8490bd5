//! The pages about a person's data.

mod data;
mod erase;

pub use data::DataPage;
pub use erase::ErasePage;

use super::api::StopErasure;
use super::erasure;
use crate::error::AppResult;
use crate::server::{RequestContext, format};
use crate::tr;
use crate::ui::{Alert, AlertKind, Form};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

/// Says that the account goes soon, and how to stop it; nothing when it does not.
pub async fn erasure_banner(cx: &RequestContext) -> AppResult<Option<AnyView>> {
    let Some(open) = erasure::open(cx).await? else { return Ok(None) };
    let locale = cx.locale;
    let when = format::date_time(locale, open.due_at, cx.time_zone());
    Ok(Some(
        view! {
            <Alert kind=AlertKind::Warning title=tr!(locale, privacy.banner_title)>
                <p>
                    <time datetime=open.due_at.to_rfc3339()>{tr!(locale, privacy.banner_text, when = when).to_string()}</time>
                </p>
                <Form action=StopErasure::PATH class="">
                    <button class="btn btn--small">{tr!(locale, privacy.stop)}</button>
                </Form>
            </Alert>
        }
        .into_any(),
    ))
}
