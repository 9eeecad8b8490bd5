//! `/account/security/totp`: the authenticator app.

use super::{VerifyFirst, next};
use crate::accounts::api::{TotpEnrol, TotpRemove};
use crate::accounts::factors::{self, authenticator};
use crate::accounts::totp;
use crate::server::http::forms::with_next;
use crate::server::request;
use crate::tr;
use crate::ui::{Alert, AlertKind, BackLink, CodeField, Details, ErrorSummary, Form, HiddenField, PageHead, PageTitle, loaded};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use qrcode::{Color, EcLevel, QrCode};

/// Enrols the app, or removes it.
#[component]
pub fn TotpPage() -> impl IntoView {
    let cx = request();
    loaded(async move {
        let locale = cx.locale;
        let viewer = cx.viewer()?.clone();
        let factors = factors::own(&cx).await?;
        if factors.authenticator {
            return Ok(view! {
                <div class="wrap wrap--narrow stack">
                    <BackLink href="/account/security" label=tr!(locale, accounts.security_title)/>
                    <PageTitle text=tr!(locale, factors.app)/>
                    <ErrorSummary/>
                    <PageHead title=tr!(locale, factors.app) lead=tr!(locale, factors.totp_is_on)/>
                    {if viewer.is_staff() && factors.count() <= 1 {
                        view! { <p>{tr!(locale, factors.staff_keep_one)}</p> }.into_any()
                    } else {
                        view! {
                            <p>{tr!(locale, factors.totp_remove_text)}</p>
                            <Form action=TotpRemove::PATH class="">
                                <button class="btn btn--danger">{tr!(locale, factors.app_remove)}</button>
                            </Form>
                        }
                            .into_any()
                    }}
                </div>
            }
            .into_any());
        }
        if !viewer.email_verified {
            return Ok(view! {
                <div class="wrap wrap--narrow stack">
                    <BackLink href="/account/security" label=tr!(locale, accounts.security_title)/>
                    <PageTitle text=tr!(locale, factors.totp_set_up)/>
                    <ErrorSummary/>
                    <PageHead title=tr!(locale, factors.totp_set_up) lead=tr!(locale, factors.totp_lead)/>
                    <VerifyFirst/>
                </div>
            }
            .into_any());
        }
        let secret = authenticator::pending(&cx).await?;
        let base32 = totp::base32(&secret);
        let url = totp::otpauth_url(&secret, &cx.programme().short_name, &viewer.email);
        let instead = with_next("/account/security/passkeys", &next(&cx));
        let staff_note = cx.owes_factor().then(|| {
            view! {
                <Alert kind=AlertKind::Info>
                    <p>{tr!(locale, factors.totp_staff_must)}</p>
                    <p><a href=instead>{tr!(locale, factors.pk_staff_instead)}</a></p>
                </Alert>
            }
        });
        Ok(view! {
            <div class="wrap wrap--narrow stack">
                <PageTitle text=tr!(locale, factors.totp_set_up)/>
                <ErrorSummary/>
                <PageHead title=tr!(locale, factors.totp_set_up) lead=tr!(locale, factors.totp_lead)/>
                {staff_note}
                <Form action=TotpEnrol::PATH>
                    <HiddenField name="next" value=next(&cx)/>
                    <h2>{tr!(locale, factors.totp_step_scan)}</h2>
                    <QrPicture text=url.clone() label=tr!(locale, factors.totp_qr_label)/>
                    <Details summary=tr!(locale, factors.totp_cannot_scan)>
                        <p>{tr!(locale, factors.totp_type_secret)}</p>
                        <p><code class="id">{totp::grouped(&base32)}</code></p>
                        <p><a href=url rel="external">{tr!(locale, factors.totp_open_app)}</a></p>
                    </Details>
                    <h2>{tr!(locale, factors.totp_step_code)}</h2>
                    <CodeField label=tr!(locale, accounts.code) hint=tr!(locale, factors.code_hint)/>
                    <div class="actions">
                        <button class="btn btn--primary">{tr!(locale, factors.totp_button)}</button>
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
