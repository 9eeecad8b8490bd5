//! `/account/security` with password, second factor and sessions; `/account/confirm`, where somebody proves again who they are.

use super::recovery::UserName;
use super::{flash, go, next};
use crate::accounts::api::{ChangePassword, ConfirmIdentity, EndOtherSessions, EndSession, TotpEnrol, TotpRemove};
use crate::accounts::passkeys::pages::{PasskeyConfirm, security_row};
use crate::accounts::service::{self, SessionView};
use crate::accounts::totp;
use crate::server::http::forms::with_next;
use crate::server::{RequestContext, format, request};
use crate::tr;
use crate::ui::{
    Alert, AlertKind, BackLink, Details, ErrorSummary, Form, HiddenField, PageHead, PageTitle, PasswordField, Summary, SummaryRow, Tag,
    TextField, Tone, loaded,
};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use qrcode::{Color, EcLevel, QrCode};
use std::sync::Arc;

#[component]
pub fn SecurityPage() -> impl IntoView {
    let cx = request();
    loaded(async move {
        let locale = cx.locale;
        let viewer = cx.viewer()?.clone();
        let profile = service::profile(&cx).await?;
        let sessions = service::sessions(&cx).await?;
        let changed = profile.password_changed_at.map(|at| (at.to_rfc3339(), format::date(locale, format::day_in(at, cx.time_zone()))));
        let others = sessions.len() > 1;
        let passkeys_row = security_row(&cx).await?;
        let factor = if viewer.has_factor {
            view! { <Tag tone=Tone::Ok text=tr!(locale, accounts.totp_on)/> }.into_any()
        } else {
            view! { <Tag tone=Tone::Warn text=tr!(locale, accounts.totp_off)/> }.into_any()
        };
        let factor_change = match (viewer.has_factor, viewer.is_staff()) {
            (false, _) => Some(("/account/security/totp".to_owned(), tr!(locale, accounts.set_up).to_owned())),
            (true, false) => Some(("/account/security/totp".to_owned(), tr!(locale, common.change).to_owned())),
            (true, true) => None,
        };
        let factor_row = match factor_change {
            Some(change) => view! { <SummaryRow key=tr!(locale, accounts.totp) change=change>{factor}</SummaryRow> }.into_any(),
            None => view! { <SummaryRow key=tr!(locale, accounts.totp)>{factor}</SummaryRow> }.into_any(),
        };
        Ok(view! {
            <div class="wrap wrap--narrow stack stack--l">
                <BackLink href="/account" label=tr!(locale, accounts.profile_title)/>
                <PageTitle text=tr!(locale, accounts.security_title)/>
                <ErrorSummary/>
                {flash(&cx, &[
                    ("password", tr!(locale, accounts.done_password)),
                    ("totp_on", tr!(locale, accounts.done_totp_on)),
                    ("totp_off", tr!(locale, accounts.done_totp_off)),
                    ("session", tr!(locale, accounts.done_session)),
                    ("sessions", tr!(locale, accounts.done_sessions)),
                ])}
                <PageHead title=tr!(locale, accounts.security_title)>
                    <a class="btn" href="/account/activity">{tr!(locale, accounts.activity_title)}</a>
                </PageHead>
                <section>
                    <h2>{tr!(locale, accounts.sign_in)}</h2>
                    <Summary>
                        <SummaryRow
                            key=tr!(locale, accounts.password)
                            change=("/account/security/password".to_owned(), tr!(locale, common.change).to_owned())
                        >
                            {changed
                                .map(|(at, day)| {
                                    view! { <time datetime=at>{tr!(locale, accounts.password_changed_on, day = day).to_string()}</time> }
                                })}
                        </SummaryRow>
                        {factor_row}
                        {passkeys_row}
                    </Summary>
                </section>
                <section class="stack">
                    <h2>{tr!(locale, accounts.sessions_title)}</h2>
                    <p class="muted">{tr!(locale, accounts.sessions_text)}</p>
                    <ul class="rows">{sessions.into_iter().map(|session| session_row(&cx, session)).collect_view()}</ul>
                    {others
                        .then(|| {
                            view! {
                                <Form action=EndOtherSessions::PATH class="">
                                    <button class="btn">{tr!(locale, accounts.end_others)}</button>
                                </Form>
                            }
                        })}
                </section>
            </div>
        })
    })
}

fn session_row(cx: &Arc<RequestContext>, session: SessionView) -> AnyView {
    let (locale, zone) = (cx.locale, cx.time_zone());
    let browser = session.browser.unwrap_or_else(|| tr!(locale, accounts.browser_unknown).to_owned());
    let used = format::date_time_short(locale, session.last_used_at, zone);
    let place = session.place.map(|place| format!("{place} · ")).unwrap_or_default();
    let end = if session.current {
        view! { <Tag tone=Tone::Accent text=tr!(locale, accounts.this_session)/> }.into_any()
    } else {
        let of = browser.clone();
        view! {
            <Form action=EndSession::PATH class="">
                <HiddenField name="session" value=session.id.to_string()/>
                <button class="btn btn--small">{tr!(locale, accounts.end)}<span class="vh">" " {of}</span></button>
            </Form>
        }
        .into_any()
    };
    view! {
        <li class="row">
            <div class="row__main">
                <p class="row__title">{browser}</p>
                <p class="row__text">
                    {tr!(locale, accounts.last_used)} " " <time datetime=session.last_used_at.to_rfc3339()>{used}</time> " · " {place} {session.address}
                </p>
            </div>
            <div class="row__side">{end}</div>
        </li>
    }
    .into_any()
}

#[component]
pub fn PasswordPage() -> impl IntoView {
    let cx = request();
    let locale = cx.locale;
    let address = cx.viewer.as_ref().map(|viewer| viewer.email.clone()).unwrap_or_default();
    let has_factor = cx.viewer.as_ref().is_some_and(|viewer| viewer.has_factor);
    view! {
        <div class="wrap wrap--narrow stack">
            <BackLink href="/account/security" label=tr!(locale, accounts.security_title)/>
            <PageTitle text=tr!(locale, accounts.password_title)/>
            <ErrorSummary/>
            <PageHead title=tr!(locale, accounts.password_title) lead=tr!(locale, accounts.password_lead)/>
            <Form action=ChangePassword::PATH>
                <UserName address/>
                <PasswordField name="current_password" label=tr!(locale, accounts.current_password)/>
                <PasswordField name="password" label=tr!(locale, accounts.new_password) rules=super::password_rules(&cx, has_factor)/>
                <div class="actions">
                    <button class="btn btn--primary">{tr!(locale, accounts.password_button)}</button>
                    <a class="btn btn--quiet" href="/account/security">{tr!(locale, common.cancel)}</a>
                </div>
            </Form>
        </div>
    }
}

#[component]
pub fn ConfirmPage() -> impl IntoView {
    let cx = request();
    let locale = cx.locale;
    let address = cx.viewer.as_ref().map(|viewer| viewer.email.clone()).unwrap_or_default();
    view! {
        <div class="wrap wrap--narrow">
            <div class="auth stack">
                <PageTitle text=tr!(locale, accounts.confirm_title)/>
                <ErrorSummary/>
                <h1>{tr!(locale, accounts.confirm_title)}</h1>
                <p>{tr!(locale, accounts.confirm_lead)}</p>
                <Form action=ConfirmIdentity::PATH>
                    <HiddenField name="next" value=next(&cx)/>
                    <UserName address/>
                    <PasswordField name="password" label=tr!(locale, accounts.password)/>
                    <div class="actions">
                        <button class="btn btn--primary btn--block">{tr!(locale, common.go_on)}</button>
                    </div>
                </Form>
                <PasskeyConfirm/>
                <p class="auth__alt"><a href="/forgot">{tr!(locale, accounts.forgot_link)}</a></p>
            </div>
        </div>
    }
}

/// Enrols the second factor, or removes it.
#[component]
pub fn TotpPage() -> impl IntoView {
    let cx = request();
    if cx.fresh_proof().is_err() {
        let here = if next(&cx).is_empty() { cx.path.clone() } else { with_next(&cx.path, &next(&cx)) };
        return go(&with_next("/account/confirm", &here));
    }
    loaded(async move {
        let locale = cx.locale;
        let viewer = cx.viewer()?.clone();
        if viewer.has_factor {
            return Ok(view! {
                <div class="wrap wrap--narrow stack">
                    <BackLink href="/account/security" label=tr!(locale, accounts.security_title)/>
                    <PageTitle text=tr!(locale, accounts.totp)/>
                    <ErrorSummary/>
                    <PageHead title=tr!(locale, accounts.totp) lead=tr!(locale, accounts.totp_is_on)/>
                    {if viewer.is_staff() {
                        view! { <p>{tr!(locale, accounts.totp_staff_keep)}</p> }.into_any()
                    } else {
                        view! {
                            <p>{tr!(locale, accounts.totp_remove_text)}</p>
                            <Form action=TotpRemove::PATH class="">
                                <button class="btn btn--danger">{tr!(locale, accounts.totp_remove)}</button>
                            </Form>
                        }
                            .into_any()
                    }}
                </div>
            }
            .into_any());
        }
        let secret = service::pending_totp(&cx).await?;
        let base32 = totp::base32(&secret);
        let url = totp::otpauth_url(&secret, &cx.programme().short_name, &viewer.email);
        let staff_note = viewer.is_staff().then(|| {
            view! { <Alert kind=AlertKind::Info><p>{tr!(locale, accounts.totp_staff_must)}</p></Alert>
            <p><a href=with_next("/account/security/passkeys", &next(&cx))>{tr!(locale, accounts.pk_staff_instead)}</a></p> }
        });
        Ok(view! {
            <div class="wrap wrap--narrow stack">
                <PageTitle text=tr!(locale, accounts.totp_set_up)/>
                <ErrorSummary/>
                <PageHead title=tr!(locale, accounts.totp_set_up) lead=tr!(locale, accounts.totp_lead)/>
                {staff_note}
                <Form action=TotpEnrol::PATH>
                    <HiddenField name="next" value=next(&cx)/>
                    <h2>{tr!(locale, accounts.totp_step_scan)}</h2>
                    <QrPicture text=url.clone() label=tr!(locale, accounts.totp_qr_label)/>
                    <Details summary=tr!(locale, accounts.totp_cannot_scan)>
                        <p>{tr!(locale, accounts.totp_type_secret)}</p>
                        <p><code class="id">{totp::grouped(&base32)}</code></p>
                        <p><a href=url rel="external">{tr!(locale, accounts.totp_open_app)}</a></p>
                    </Details>
                    <h2>{tr!(locale, accounts.totp_step_code)}</h2>
                    <TextField
                        name="code"
                        label=tr!(locale, accounts.code)
                        hint=tr!(locale, accounts.code_hint)
                        autocomplete="one-time-code"
                        inputmode="numeric"
                        maxlength=10
                        class="input--code"
                    />
                    <div class="actions">
                        <button class="btn btn--primary">{tr!(locale, accounts.totp_button)}</button>
                    </div>
                </Form>
            </div>
        }
        .into_any())
    })
}

/// Dark on light in every theme: scanners want it so.
#[component]
fn QrPicture(text: String, label: &'static str) -> impl IntoView {
    // Four modules of light border, as ISO/IEC 18004 asks for.
    const BORDER: usize = 4;
    // An otpauth address always fits: the longest e-mail address leaves room.
    let code = QrCode::with_error_correction_level(&text, EcLevel::M).ok()?;
    let width = code.width();
    let mut path = String::new();
    for (index, color) in code.to_colors().into_iter().enumerate() {
        if color == Color::Dark {
            path.push_str(&format!("M{} {}h1v1h-1z", index % width + BORDER, index / width + BORDER));
        }
    }
    let side = width + 2 * BORDER;
    Some(view! {
        <svg class="qr" role="img" aria-label=label width="208" height="208" viewBox=format!("0 0 {side} {side}") shape-rendering="crispEdges">
            <rect width="100%" height="100%" fill="#ffffff"></rect>
            <path d=path fill="#000000"></path>
        </svg>
    })
}
