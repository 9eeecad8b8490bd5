//! The queue of requests, one request, and the lists of requests on other pages.

mod queue;
mod request;
pub mod words;

pub use queue::ApprovalsPage;
pub use request::ApprovalPage;

use super::model::{Request, State};
use crate::server::{Permission, RequestContext, format};
use crate::tr;
use crate::ui::{Alert, AlertKind};
use leptos::prelude::*;

/// On the page of what a request is about: that one is open, and where it is decided.
pub fn open_note(cx: &RequestContext, requests: &[Request]) -> Option<AnyView> {
    let locale = cx.locale;
    let open = requests.iter().find(|request| request.state(cx.now()) == State::Pending)?;
    let text = tr!(
        locale,
        approvals.open_note,
        name = open.requested_by_name.clone(),
        date = format::date(locale, format::day_in(open.requested_at, cx.time_zone()))
    )
    .to_string();
    let href = format!("/staff/approvals/{}", open.id);
    let title = words::kind_name(locale, open.act.kind());
    let link = cx.staff(Permission::ReadApprovals).is_ok().then(|| view! { <p><a href=href>{tr!(locale, approvals.to_request)}</a></p> });
    Some(
        view! {
            <Alert kind=AlertKind::Info title=title>
                <p>{text}</p>
                {link}
            </Alert>
        }
        .into_any(),
    )
}
