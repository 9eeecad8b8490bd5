//! `/account/merge`: sign in to the other account, see what moves, merge; and undo.

use super::api::{MergeAgain, MergeCode, MergeConfirm, MergeSignIn, MergeSms, MergeUndo};
use super::service::{self, Blocker, CodeStep, Past, Preview, Step};
use crate::accounts::factors::FactorMethod;
use crate::accounts::pages::flash;
use crate::accounts::passkeys::pages::PasskeyInstead;
use crate::server::{Locale, RequestContext, format, request};
use crate::tr;
use crate::ui::{
    Alert, AlertKind, BackLink, CheckboxField, CodeField, ErrorSummary, Form, HiddenField, PageHead, PageTitle, PasswordField, Summary,
    SummaryRow, TextField, loaded,
};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use std::sync::Arc;

#[component]
pub fn MergePage() -> impl IntoView {
    let cx = request();
    loaded(async move {
        let locale = cx.locale;
        let typed = cx.form.as_ref().and_then(|form| form.submitted.get("method"));
        let wanted = typed.or_else(|| cx.query("method")).and_then(FactorMethod::parse);
        let (step, past) = service::overview(&cx, wanted).await?;
        let step = match step {
            Step::SignIn => sign_in(locale),
            Step::Code(step) => code(locale, step),
            Step::Preview(preview) => view_of(&cx, *preview),
        };
        Ok(view! {
            <div class="wrap wrap--narrow stack stack--l">
                <BackLink href="/account/data" label=tr!(locale, privacy.title)/>
                <PageTitle text=tr!(locale, merge.title)/>
                <ErrorSummary/>
                {flash(&cx, &[
                    ("merged", tr!(locale, merge.done)),
                    ("undone", tr!(locale, merge.undone)),
                ])}
                <PageHead title=tr!(locale, merge.title) lead=tr!(locale, merge.lead)/>
                {step}
                {(!past.is_empty()).then(|| history(&cx, past))}
            </div>
        })
    })
}

fn sign_in(locale: Locale) -> AnyView {
    view! {
        <section class="stack">
            <h2>{tr!(locale, merge.sign_in)}</h2>
            <p>{tr!(locale, merge.sign_in_text)}</p>
            <Form action=MergeSignIn::PATH>
                <TextField name="email" label=tr!(locale, merge.email) kind="email" autocomplete="off" maxlength=254/>
                <PasswordField name="password" label=tr!(locale, merge.password)/>
                <div class="actions">
                    <button class="btn btn--primary">{tr!(locale, common.go_on)}</button>
                </div>
            </Form>
        </section>
    }
    .into_any()
}

fn again(locale: Locale) -> AnyView {
    view! {
        <Form action=MergeAgain::PATH class="">
            <button class="btn btn--quiet">{tr!(locale, merge.again)}</button>
        </Form>
    }
    .into_any()
}

fn code(locale: Locale, step: CodeStep) -> AnyView {
    let CodeStep { methods, method, phone, sent } = step;
    let form = move |field: AnyView| {
        view! {
            <Form action=MergeCode::PATH>
                <HiddenField name="method" value=method.map_or("", FactorMethod::as_str)/>
                {field}
                <div class="actions">
                    <button class="btn btn--primary">{tr!(locale, common.go_on)}</button>
                </div>
            </Form>
        }
        .into_any()
    };
    let send = move || {
        view! {
            <Form action=MergeSms::PATH class="">
                <HiddenField name="method" value=FactorMethod::Sms.as_str()/>
                <button class=if sent { "btn" } else { "btn btn--primary" }>
                    {if sent { tr!(locale, factors.sms_again) } else { tr!(locale, factors.sms_send) }}
                </button>
            </Form>
        }
    };
    let shown = match method {
        Some(FactorMethod::Authenticator) => {
            form(view! { <CodeField label=tr!(locale, merge.code) hint=tr!(locale, factors.code_hint)/> }.into_any())
        }
        Some(FactorMethod::Passkey) => view! { <PasskeyInstead purpose="merge"/> }.into_any(),
        Some(FactorMethod::Sms) if sent => {
            let field = view! { <CodeField label=tr!(locale, accounts.code) hint=tr!(locale, factors.sms_hint)/> }.into_any();
            view! {
                <p>{tr!(locale, factors.sms_sent, number = phone).to_string()}</p>
                {form(field)}
                {send()}
            }
            .into_any()
        }
        Some(FactorMethod::Sms) => view! {
            <p>{tr!(locale, factors.sms_offer, number = phone).to_string()}</p>
            {send()}
        }
        .into_any(),
        Some(FactorMethod::BackupCode) => {
            let (label, hint) = (tr!(locale, factors.backup_code), tr!(locale, factors.backup_hint));
            form(view! { <TextField name="code" label hint autocomplete="off" maxlength=20 width=20/> }.into_any())
        }
        None => view! { <p>{tr!(locale, factors.code_none)}</p> }.into_any(),
    };
    let others = methods.into_iter().filter(|other| Some(*other) != method).map(|other| {
        let text = match other {
            FactorMethod::Authenticator => tr!(locale, factors.use_app),
            FactorMethod::Passkey => tr!(locale, factors.pk_use),
            FactorMethod::Sms => tr!(locale, factors.use_sms),
            FactorMethod::BackupCode => tr!(locale, factors.use_backup),
        };
        view! { <li><a href=format!("/account/merge?method={}", other.as_str())>{text}</a></li> }
    });
    let others = others.collect_view();
    view! {
        <section class="stack">
            <h2>{tr!(locale, merge.sign_in)}</h2>
            <p>{tr!(locale, merge.code_text)}</p>
            {shown}
            {(!others.is_empty()).then(|| view! { <ul class="plainlist stack stack--s">{others}</ul> })}
            {again(locale)}
        </section>
    }
    .into_any()
}

fn view_of(cx: &RequestContext, preview: Preview) -> AnyView {
    let locale = cx.locale;
    let count = |table: &str| preview.counts.counts.iter().find(|(known, _)| *known == table).map_or(0, |(_, count)| *count);
    let facts = [
        (tr!(locale, merge.appointments), count("appointment"), preview.counts.appointments.clone()),
        (tr!(locale, merge.results), count("exam_result"), preview.counts.results.clone()),
        (tr!(locale, merge.credentials), count("credential"), preview.counts.credentials.clone()),
        (tr!(locale, merge.orders), count("purchase"), preview.counts.orders.clone()),
        (tr!(locale, merge.addresses), count("account_email"), preview.counts.addresses.clone()),
        (tr!(locale, merge.agreements), count("agreement_acceptance"), vec![]),
        (tr!(locale, merge.mails), count("mail_message"), vec![]),
    ];
    let rows = facts.into_iter().map(|(label, count, examples)| {
        let shown = examples.len();
        let more = if i64::try_from(shown).is_ok_and(|shown| count > shown) && shown > 0 { " …" } else { "" };
        let text = if shown == 0 { count.to_string() } else { format!("{count} ({}{more})", examples.join(", ")) };
        view! { <SummaryRow key=label>{text}</SummaryRow> }
    });
    let rows = rows.collect_view();
    let from = tr!(locale, merge.from, address = preview.other.address.clone().unwrap_or_default()).to_string();
    let twice = (!preview.held_twice.is_empty()).then(|| tr!(locale, merge.superseded, names = preview.held_twice.join(", ")).to_string());
    let foot = if preview.blockers.is_empty() { confirm(locale, &preview) } else { blocked(cx, &preview.blockers) };
    view! {
        <section class="stack">
            <h2>{tr!(locale, merge.preview)}</h2>
            <p>{from}</p>
            <Summary>{rows}</Summary>
            {twice.map(|text| view! { <Alert kind=AlertKind::Info><p>{text}</p></Alert> })}
            <p>{tr!(locale, merge.after)}</p>
            {foot}
            {again(locale)}
        </section>
    }
    .into_any()
}

fn confirm(locale: Locale, preview: &Preview) -> AnyView {
    let full = |given: &str, family: &str| format!("{given} {family}");
    let warning = preview.names_differ.then(|| {
        let text = tr!(
            locale,
            merge.names_text,
            mine = full(&preview.mine.given_name, &preview.mine.family_name),
            other = full(&preview.other.given_name, &preview.other.family_name)
        )
        .to_string();
        view! {
            <Alert kind=AlertKind::Warning title=tr!(locale, merge.names_title)><p>{text}</p></Alert>
            <CheckboxField name="same_person" label=move || tr!(locale, merge.same_person)/>
        }
    });
    let merge = preview.merge.to_string();
    view! {
        <Form action=MergeConfirm::PATH>
            <HiddenField name="merge" value=merge/>
            {warning}
            <div class="actions">
                <button class="btn btn--primary">{tr!(locale, merge.button)}</button>
            </div>
        </Form>
    }
    .into_any()
}

fn blocked(cx: &RequestContext, blockers: &[Blocker]) -> AnyView {
    let locale = cx.locale;
    let items = blockers.iter().map(|blocker| {
        let text = match blocker {
            Blocker::Overlap(mine, other) => tr!(locale, merge.overlap, mine = mine.clone(), other = other.clone()).to_string(),
            Blocker::BirthDates => tr!(locale, merge.births).to_owned(),
            Blocker::Names => tr!(locale, merge.names_blocked, support = cx.programme().support_email.clone()).to_string(),
            Blocker::Payment(number) => tr!(locale, merge.payment, number = number.clone()).to_string(),
        };
        view! { <li>{text}</li> }
    });
    let items = items.collect_view();
    view! { <Alert kind=AlertKind::Warning title=tr!(locale, merge.blocked)><ul>{items}</ul></Alert> }.into_any()
}

fn history(cx: &Arc<RequestContext>, past: Vec<Past>) -> AnyView {
    let (locale, zone) = (cx.locale, cx.time_zone());
    let when = move |at| format::date_time(locale, at, zone);
    let rows = past.into_iter().map(move |merge| {
        let title = tr!(locale, merge.row, candidate_id = merge.candidate_id.clone(), when = when(merge.merged_at)).to_string();
        let text = match (merge.undone_at, merge.can_be_undone) {
            (Some(at), _) => tr!(locale, merge.row_undone, when = when(at)).to_string(),
            (None, true) => tr!(locale, merge.undo_until, until = when(merge.until)).to_string(),
            (None, false) => tr!(locale, merge.data_merge_final, until = when(merge.until)).to_string(),
        };
        let undo = merge.can_be_undone.then(|| {
            view! {
                <Form action=MergeUndo::PATH class="">
                    <HiddenField name="merge" value=merge.id.to_string()/>
                    <button class="btn btn--small">
                        {tr!(locale, merge.undo)}<span class="vh">" " {merge.candidate_id.clone()}</span>
                    </button>
                </Form>
            }
        });
        view! {
            <li class="row">
                <div class="row__main">
                    <p class="row__title">{title}</p>
                    <p class="row__text">{text}</p>
                </div>
                <div class="row__side">{undo}</div>
            </li>
        }
    });
    let rows = rows.collect_view();
    view! {
        <section class="stack">
            <h2>{tr!(locale, merge.history)}</h2>
            <ul class="rows">{rows}</ul>
        </section>
    }
    .into_any()
}
