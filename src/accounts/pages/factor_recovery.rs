//! `/login/recovery`, where somebody says that every factor is lost, and `/login/recovery/stop`, which the messages about it link to.

use super::{flash, go, keep_address_private};
use crate::accounts::factor_api::{RecoveryRequest, RecoveryStop};
use crate::accounts::factor_recovery::{self, State};
use crate::error::{AppError, Conflict};
use crate::server::http::respond;
use crate::server::{format, request};
use crate::tr;
use crate::ui::{Alert, AlertKind, ErrorSummary, Form, HiddenField, PageTitle, TextArea, loaded};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

#[component]
pub fn FactorRecoveryPage() -> impl IntoView {
    let cx = request();
    if !cx.viewer.as_ref().is_some_and(|viewer| viewer.awaiting_factor) {
        return go("/login");
    }
    loaded(async move {
        let locale = cx.locale;
        let (open, hours) = factor_recovery::open_request(&cx).await?;
        let zone = cx.time_zone();
        let body = match open {
            Some(open) => {
                let text = match open.due_at {
                    Some(due_at) => tr!(locale, factors.lost_approved, due = format::date_time(locale, due_at, zone)).to_string(),
                    None => tr!(locale, factors.lost_waiting, day = format::date_time(locale, open.expires_at, zone)).to_string(),
                };
                view! { <Alert kind=AlertKind::Info><p>{text}</p></Alert> }.into_any()
            }
            None => view! {
                <div class="prose">
                <p>{tr!(locale, factors.lost_text)}</p>
                <ol>
                    <li>{tr!(locale, factors.lost_step_1)}</li>
                    <li>{tr!(locale, factors.lost_step_2)}</li>
                    <li>{tr!(locale, factors.lost_step_3, hours = hours).to_string()}</li>
                </ol>
                </div>
                <Form action=RecoveryRequest::PATH>
                    <TextArea name="reason" label=tr!(locale, factors.lost_reason) hint=tr!(locale, factors.lost_reason_hint)/>
                    <div class="actions">
                        <button class="btn btn--primary btn--block">{tr!(locale, factors.lost_button)}</button>
                    </div>
                </Form>
            }
            .into_any(),
        };
        Ok(view! {
            <div class="wrap wrap--narrow">
                <div class="auth stack">
                    <PageTitle text=tr!(locale, factors.lost_title)/>
                    <ErrorSummary/>
                    {flash(&cx, &[("asked", tr!(locale, factors.done_asked))])}
                    <h1>{tr!(locale, factors.lost_title)}</h1>
                    {body}
                    <p class="auth__alt"><a href="/login/code">{tr!(locale, factors.lost_back)}</a></p>
                </div>
            </div>
        })
    })
}

#[component]
pub fn StopRecoveryPage() -> impl IntoView {
    let cx = request();
    keep_address_private();
    loaded(async move {
        let locale = cx.locale;
        let (recovery, token) = (cx.query("request").unwrap_or_default().to_owned(), cx.query("token").unwrap_or_default().to_owned());
        let state = factor_recovery::link_state(&cx, &recovery, &token).await?;
        let (title, body) = match state {
            Some(state) if state.is_open() => (
                tr!(locale, factors.stop_title),
                view! {
                    <p class="lead">{tr!(locale, factors.stop_text)}</p>
                    <Form action=RecoveryStop::PATH>
                        <HiddenField name="recovery" value=recovery/>
                        <HiddenField name="token" value=token/>
                        <div class="actions">
                            <button class="btn btn--primary btn--block">{tr!(locale, factors.stop_button)}</button>
                        </div>
                    </Form>
                }
                .into_any(),
            ),
            Some(State::Stopped) => (
                tr!(locale, factors.stopped_title),
                view! {
                    <p class="lead">{tr!(locale, factors.stopped_text)}</p>
                    <p><a class="btn btn--primary" href="/forgot">{tr!(locale, accounts.forgot_title)}</a></p>
                }
                .into_any(),
            ),
            other => {
                let error = if other.is_some() { AppError::Conflict(Conflict::LinkExpired) } else { AppError::NotFound };
                respond::status(error.status());
                let support = cx.programme().support_email.clone();
                (
                    tr!(locale, factors.stop_over_title),
                    view! { <p class="lead">{tr!(locale, factors.stop_over_text, support = support).to_string()}</p> }.into_any(),
                )
            }
        };
        Ok(view! {
            <div class="wrap wrap--narrow">
                <div class="auth stack">
                    <PageTitle text=title/>
                    <ErrorSummary/>
                    <h1>{title}</h1>
                    {body}
                </div>
            </div>
        })
    })
}
