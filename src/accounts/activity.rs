//! `/account/activity`: what was done with the account, by its owner, by somebody who tried to be, and by staff
//! (product.md section 2). Read from the audit log; what only concerns the programme stays there.

use crate::error::AppResult;
use crate::ids::AccountId;
use crate::server::audit::{self, Entry, Filter};
use crate::server::i18n::Locale;
use crate::server::{RequestContext, format, request};
use crate::tr;
use crate::ui::{BackLink, Empty, PageHead, PageTitle, Tag, Tone, loaded};
use leptos::prelude::*;
use std::sync::Arc;

use super::rules::browser_name;

/// Entries on a page.
const PAGE: usize = 30;

/// The sentence for an entry; `None`: not one for its owner's eyes. `for_them`: a member of staff did it for them, and so every step
/// is told.
fn words(locale: Locale, action: &str, refused: bool, for_them: bool) -> Option<&'static str> {
    Some(match (action, refused) {
        ("account.register", _) => tr!(locale, activity.register),
        ("account.verify_email", _) => tr!(locale, activity.verify_email),
        ("account.login", false) => tr!(locale, activity.login),
        ("account.login", true) => tr!(locale, activity.login_refused),
        ("account.logout", _) => tr!(locale, activity.logout),
        ("account.confirm", true) => tr!(locale, activity.confirm_refused),
        ("account.profile_changed", _) => tr!(locale, activity.profile),
        ("account.agreement_accepted", _) => tr!(locale, activity.agreement),
        ("account.reset_requested", _) => tr!(locale, activity.reset_requested),
        ("account.password_reset", _) => tr!(locale, activity.password_reset),
        ("account.password_changed", _) => tr!(locale, activity.password_changed),
        ("account.totp_enrolled", _) => tr!(locale, activity.totp_enrolled),
        ("account.totp_removed", _) => tr!(locale, activity.totp_removed),
        ("account.passkey_added", _) => tr!(locale, activity.passkey_added),
        ("account.passkey_removed", _) => tr!(locale, activity.passkey_removed),
        ("account.email_added", false) => tr!(locale, activity.email_added),
        ("account.email_removed", false) => tr!(locale, activity.email_removed),
        ("account.primary_email_changed", false) => tr!(locale, activity.email_primary),
        ("account.contact_changed", false) => tr!(locale, activity.contact),
        ("account.notices_changed", false) => tr!(locale, activity.notices),
        ("account.phone_verified", false) => tr!(locale, activity.phone_verified),
        ("account.phone_removed", false) => tr!(locale, activity.phone_removed),
        ("account.sms_factor_on", false) => tr!(locale, activity.sms_on),
        ("account.sms_factor_off", false) => tr!(locale, activity.sms_off),
        ("account.backup_codes_made", false) => tr!(locale, activity.codes_made),
        ("account.backup_code_used", false) => tr!(locale, activity.code_used),
        ("account.browser_trusted", false) => tr!(locale, activity.trusted),
        ("account.browser_untrusted", false) => tr!(locale, activity.untrusted),
        ("account.factor_recovery_requested", false) => tr!(locale, activity.recovery_asked),
        ("account.factor_recovery_approved", false) => tr!(locale, activity.recovery_approved),
        ("account.factor_recovery_refused", false) => tr!(locale, activity.recovery_refused),
        ("account.factor_recovery_stopped", false) => tr!(locale, activity.recovery_stopped),
        ("account.factors_removed", false) => tr!(locale, activity.factors_removed),
        ("account.merged", false) => tr!(locale, activity.merged),
        ("account.merge_undone", false) => tr!(locale, activity.merge_undone),
        ("privacy.export_requested", false) => tr!(locale, activity.export),
        ("privacy.export_downloaded", false) => tr!(locale, activity.export_downloaded),
        ("privacy.erasure_requested", false) => tr!(locale, activity.erasure),
        ("privacy.erasure_stopped", false) => tr!(locale, activity.erasure_stopped),
        ("account.session_ended" | "account.other_sessions_ended", _) => tr!(locale, activity.session_ended),
        ("credentials.certificate_downloaded", _) => tr!(locale, activity.certificate),
        ("checkout.order_placed", _) => tr!(locale, activity.order),
        ("appointment.cancel", _) => tr!(locale, activity.cancel),
        ("appointment.reschedule", false) => tr!(locale, acting.act_reschedule),
        ("appointment.hold", false) if for_them => tr!(locale, acting.act_hold),
        ("appointment.details", false) if for_them => tr!(locale, acting.act_details),
        ("appointment.release", false) if for_them => tr!(locale, acting.act_release),
        ("checkout.item_removed", false) if for_them => tr!(locale, acting.act_item_removed),
        ("staff.acting_started", false) => tr!(locale, acting.act_started),
        ("staff.acting_ended", false) => tr!(locale, acting.act_ended),
        ("staff.sessions_ended", _) => tr!(locale, activity.staff_sessions),
        ("staff.reset_started", _) => tr!(locale, activity.staff_reset),
        ("staff.account_disabled", _) => tr!(locale, activity.staff_disabled),
        ("staff.account_enabled", _) => tr!(locale, activity.staff_enabled),
        ("staff.roles_changed", _) => tr!(locale, activity.staff_roles),
        _ => return None,
    })
}

/// Whether the owner of an account is told of such an event about it.
pub fn is_told(action: &str, refused: bool) -> bool {
    words(Locale::en, action, refused, false).is_some()
}

/// A page of entries that have words, newest first, and where the next page begins.
async fn page(cx: &RequestContext) -> AppResult<(Vec<Entry>, Option<i64>)> {
    let viewer = cx.viewer()?;
    let own = viewer.account_id;
    let mut before = cx.query("before").and_then(|id| id.parse().ok());
    let mut entries = vec![];
    let mut conn = cx.state.db.acquire().await?;
    loop {
        let filter = Filter { about: Some(own), before, ..Filter::default() };
        let batch = audit::find(&mut conn, &filter, 100).await?;
        let last = batch.last().map(|entry| entry.id);
        for entry in batch {
            // What a member of staff did to others, or for them, is not about their own account.
            let mine = match entry.on_behalf_of {
                Some(candidate) => candidate == own,
                None => entry.subject == own.to_string() || !entry.action.starts_with("staff."),
            };
            if mine && words(cx.locale, &entry.action, entry.outcome == "refused", entry.on_behalf_of.is_some()).is_some() {
                entries.push(entry);
            }
            if entries.len() > PAGE {
                entries.truncate(PAGE);
                let next = entries.last().map(|entry| entry.id);
                return Ok((entries, next));
            }
        }
        match last {
            Some(last) => before = Some(last),
            None => return Ok((entries, None)),
        }
    }
}

#[component]
pub fn ActivityPage() -> impl IntoView {
    let cx = request();
    loaded(async move {
        let locale = cx.locale;
        let (entries, next) = page(&cx).await?;
        let own = cx.viewer()?.account_id;
        let list = if entries.is_empty() {
            view! { <Empty icon="history" title=tr!(locale, activity.activity_none_title) text=tr!(locale, activity.activity_none_text)/> }
                .into_any()
        } else {
            view! { <ul class="rows">{entries.into_iter().map(|entry| row(&cx, own, entry)).collect_view()}</ul> }.into_any()
        };
        Ok(view! {
            <div class="wrap wrap--narrow stack">
                <BackLink href="/account/security" label=tr!(locale, accounts.security_title)/>
                <PageTitle text=tr!(locale, accounts.activity_title)/>
                <PageHead title=tr!(locale, accounts.activity_title) lead=tr!(locale, activity.activity_lead)/>
                {list}
                {next
                    .map(|next| {
                        view! {
                            <p>
                                <a class="btn" href=format!("/account/activity?before={next}") rel="next">{tr!(locale, activity.activity_older)}</a>
                            </p>
                        }
                    })}
            </div>
        })
    })
}

fn row(cx: &Arc<RequestContext>, own: AccountId, entry: Entry) -> AnyView {
    let (locale, zone) = (cx.locale, cx.time_zone());
    let refused = entry.outcome == "refused";
    let for_them = entry.on_behalf_of.is_some();
    let text = words(locale, &entry.action, refused, for_them).unwrap_or_default();
    // A member of staff's browser and address are not the candidate's business.
    let by_staff = entry.action.starts_with("staff.") && entry.actor_id != Some(own);
    let reason = entry.note.clone().filter(|_| entry.action == "staff.acting_started");
    let from: Vec<String> = if for_them && !by_staff {
        vec![tr!(locale, acting.act_for_you).to_owned()]
    } else if by_staff {
        vec![tr!(locale, activity.activity_by_staff).to_owned()]
    } else {
        let browser = entry.user_agent.as_deref().and_then(|agent| browser_name(agent, locale));
        let place = entry.address.as_deref().and_then(|address| cx.state.places.name(locale, address));
        [browser, place, entry.address.clone()].into_iter().flatten().collect()
    };
    view! {
        <li class="row">
            <div class="row__main">
                <p class="row__title">{text}</p>
                <p class="row__text">
                    <time datetime=entry.at.to_rfc3339()>{format::date_time_short(locale, entry.at, zone)}</time>
                    {from.into_iter().map(|part| format!(" · {part}")).collect::<String>()}
                </p>
                {reason.map(|reason| view! { <p class="row__text"><bdi>{tr!(locale, acting.act_reason, reason = reason).to_string()}</bdi></p> })}
            </div>
            {refused.then(|| view! { <div class="row__side"><Tag tone=Tone::Bad text=tr!(locale, activity.activity_refused)/></div> })}
        </li>
    }
    .into_any()
}
