//! `/account/security/backup-codes`: how many are left, new ones, and the new ones once.

use super::{flash, next};
use crate::accounts::factor_api::BackupCodesNew;
use crate::accounts::factors::{self, LAST_BACKUP_CODES, backup_codes};
use crate::server::http::respond::{Cookie, set_cookie};
use crate::server::{format, request};
use crate::tr;
use crate::ui::{Alert, AlertKind, BackLink, ErrorSummary, Form, HiddenField, PageHead, PageTitle, loaded};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

#[component]
pub fn BackupCodesPage() -> impl IntoView {
    let cx = request();
    let sealed = cx.cookies.get(backup_codes::COOKIE).cloned();
    let fresh = sealed.as_ref().and_then(|sealed| backup_codes::unsealed(&cx, cx.viewer().ok()?, sealed));
    if sealed.is_some() {
        // Shown once.
        set_cookie(&Cookie::gone(backup_codes::COOKIE));
    }
    let on = if next(&cx).is_empty() { "/account/security".to_owned() } else { next(&cx) };
    let locale = cx.locale;
    if let (Some(sealed), Some(codes)) = (sealed, fresh) {
        return view! {
            <div class="wrap wrap--narrow stack">
                <PageTitle text=tr!(locale, factors.codes_new_title)/>
                <PageHead title=tr!(locale, factors.codes_new_title) lead=tr!(locale, factors.codes_new_lead)/>
                <Alert kind=AlertKind::Warning><p>{tr!(locale, factors.codes_once)}</p></Alert>
                <ul class="plainlist grid grid--2">
                    {codes.into_iter().map(|code| view! { <li><code class="id">{code}</code></li> }).collect_view()}
                </ul>
                <form method="post" action="/account/security/backup-codes.txt">
                    <HiddenField name="codes" value=sealed/>
                    <button class="btn">{tr!(locale, factors.codes_download)}</button>
                </form>
                <div class="actions">
                    <a class="btn btn--primary" href=on>{tr!(locale, factors.codes_saved)}</a>
                </div>
            </div>
        }
        .into_any();
    }
    loaded(async move {
        let factors = factors::own(&cx).await?;
        let made = backup_codes::made_at(&cx).await?;
        if factors.count() == 0 {
            return Ok(view! {
                <div class="wrap wrap--narrow stack">
                    <BackLink href="/account/security" label=tr!(locale, accounts.security_title)/>
                    <PageTitle text=tr!(locale, factors.codes)/>
                    <PageHead title=tr!(locale, factors.codes) lead=tr!(locale, factors.codes_need_factor)/>
                </div>
            }
            .into_any());
        }
        let state = match made {
            Some(made) => {
                let day = format::date(locale, format::day_in(made, cx.time_zone()));
                let kind = if factors.backup_codes <= LAST_BACKUP_CODES { AlertKind::Warning } else { AlertKind::Info };
                let text = tr!(locale, factors.codes_left_of, left = factors.backup_codes, day = day).to_string();
                view! { <Alert kind><p>{text}</p></Alert> <p>{tr!(locale, factors.codes_replace)}</p> }.into_any()
            }
            None => ().into_any(),
        };
        Ok(view! {
            <div class="wrap wrap--narrow stack">
                <BackLink href="/account/security" label=tr!(locale, accounts.security_title)/>
                <PageTitle text=tr!(locale, factors.codes)/>
                <ErrorSummary/>
                {flash(&cx, &[("factor_on", tr!(locale, factors.done_factor_on))])}
                <PageHead title=tr!(locale, factors.codes) lead=tr!(locale, factors.codes_lead)/>
                {state}
                <Form action=BackupCodesNew::PATH class="">
                    <HiddenField name="next" value=next(&cx)/>
                    <div class="actions">
                        <button class="btn btn--primary">{tr!(locale, factors.codes_make)}</button>
                        <a class="btn btn--quiet" href=on>{tr!(locale, factors.codes_later)}</a>
                    </div>
                </Form>
            </div>
        }
        .into_any())
    })
}
