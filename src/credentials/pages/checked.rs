use super::card::CredentialCard;
use super::state_word;
use super::verify::checked_now;
use crate::credentials::model::Credential;
use crate::credentials::open_badge::Report;
use crate::credentials::open_badge::check::{Outcome, Reason, Step, Verdict as Answer};
use crate::credentials::open_badge::reading::{FILE_LIMIT, Unreadable};
use crate::credentials::open_badge::routes::{CHECK, CHECK_FORM, FILE, TEXT};
use crate::credentials::rules::State;
use crate::server::{Locale, RequestContext, format, request};
use crate::tr;
use crate::ui::{Check, CheckState, CurrentForm, FileField, Icon, PageTitle, SummaryRow, TextArea, Verdict, VerdictKind};
use leptos::prelude::*;
use std::sync::Arc;

/// A badge file comes in, or the text of a signed credential.
#[component]
pub fn CheckForm() -> impl IntoView {
    let locale = request().locale;
    provide_context(CurrentForm(CHECK_FORM.to_owned()));
    let hint = tr!(locale, credentials.check_file_hint, megabytes = FILE_LIMIT / 1024 / 1024).to_string();
    view! {
        <form class="form" method="post" action=CHECK enctype="multipart/form-data" novalidate>
            <FileField
                name=FILE
                label=tr!(locale, credentials.check_file)
                hint=hint
                accept=".png,.svg,.jwt,.json,image/png,image/svg+xml,application/json"
            />
            <TextArea name=TEXT label=tr!(locale, credentials.check_text) hint=tr!(locale, credentials.check_text_hint) rows=3 optional=true/>
            <div class="actions">
                <button class="btn btn--primary"><Icon name="upload"/>{tr!(locale, credentials.check_button)}</button>
            </div>
        </form>
    }
}

/// What the check of a file came to, in the place of the page with its form.
#[component]
pub fn CheckedPage(report: Arc<Report>) -> impl IntoView {
    let cx = request();
    let locale = cx.locale;
    let answer = report.checks.verdict();
    let (kind, title) = headline(locale, answer);
    let named = report.credential.as_ref().map(|credential| {
        view! {
            <p class="verdict__text">
                <strong><bdi>{credential.holder(locale)}</bdi></strong>
                " · "
                <strong>{credential.certification.clone()}</strong>
            </p>
        }
    });
    let text = sentence(locale, answer, report.credential.as_ref());
    let steps = report
        .checks
        .iter()
        .map(|(step, outcome)| {
            let (state, word) = match outcome {
                Outcome::Passed => (CheckState::Ok, tr!(locale, credentials.step_passed)),
                Outcome::Failed(_) => (CheckState::Fail, tr!(locale, credentials.step_failed)),
                Outcome::NotChecked(_) => (CheckState::Skip, tr!(locale, credentials.step_skipped)),
            };
            let text = outcome_text(locale, *step, outcome, report.credential.as_ref());
            view! { <Check state word title=step_title(locale, *step)><p>{text}</p></Check> }
        })
        .collect_view();
    let checked = checked_now(&cx);
    let record = report.credential.as_ref().map(|credential| record(&cx, credential));
    view! {
        <PageTitle text=title/>
        <div class="wrap wrap--narrow">
            <Verdict kind title>
                {named}
                <p>{text}</p>
                {checked}
            </Verdict>
            <div class="stack stack--l">
                <section>
                    <h2>{tr!(locale, credentials.check_steps)}</h2>
                    <ul class="checks">{steps}</ul>
                </section>
                {record}
                <p class="no-print">
                    <a href="/verify#check">{tr!(locale, credentials.check_another)}</a>
                </p>
            </div>
        </div>
    }
}

fn headline(locale: Locale, answer: Answer) -> (VerdictKind, &'static str) {
    match answer {
        Answer::Genuine(State::Active) => (VerdictKind::Active, tr!(locale, credentials.check_active)),
        Answer::Genuine(State::Expired) => (VerdictKind::Expired, tr!(locale, credentials.check_expired)),
        Answer::Genuine(State::Superseded) => (VerdictKind::Superseded, tr!(locale, credentials.check_superseded)),
        Answer::Genuine(State::Revoked) => (VerdictKind::Revoked, tr!(locale, credentials.check_revoked)),
        Answer::Outdated => (VerdictKind::Superseded, tr!(locale, credentials.check_outdated)),
        Answer::Forged => (VerdictKind::Revoked, tr!(locale, credentials.check_forged)),
        Answer::Unchecked => (VerdictKind::Unknown, tr!(locale, credentials.check_unchecked)),
    }
}

fn sentence(locale: Locale, answer: Answer, credential: Option<&Credential>) -> String {
    let until = until(locale, credential);
    match answer {
        Answer::Genuine(State::Active) => tr!(locale, credentials.verdict_active, date = until).to_string(),
        Answer::Genuine(State::Expired) => tr!(locale, credentials.verdict_expired, date = until).to_string(),
        Answer::Genuine(State::Superseded) => tr!(locale, credentials.verdict_superseded).to_string(),
        Answer::Genuine(State::Revoked) => tr!(locale, credentials.verdict_revoked).to_string(),
        Answer::Outdated => tr!(locale, credentials.check_outdated_text).to_string(),
        Answer::Forged => tr!(locale, credentials.check_forged_text).to_string(),
        Answer::Unchecked => tr!(locale, credentials.check_unchecked_text).to_string(),
    }
}

fn until(locale: Locale, credential: Option<&Credential>) -> String {
    credential.map(|credential| format::date(locale, credential.expires_at.date_naive())).unwrap_or_default()
}

fn step_title(locale: Locale, step: Step) -> &'static str {
    match step {
        Step::File => tr!(locale, credentials.step_file),
        Step::Algorithm => tr!(locale, credentials.step_algorithm),
        Step::Key => tr!(locale, credentials.step_key),
        Step::Signature => tr!(locale, credentials.step_signature),
        Step::Awarded => tr!(locale, credentials.step_awarded),
        Step::Record => tr!(locale, credentials.step_record),
        Step::Holder => tr!(locale, credentials.holder),
        Step::State => tr!(locale, credentials.step_state),
    }
}

fn outcome_text(locale: Locale, step: Step, outcome: &Outcome, credential: Option<&Credential>) -> String {
    match outcome {
        Outcome::Passed => passed_text(locale, step, credential),
        Outcome::Failed(reason) | Outcome::NotChecked(Some(reason)) => reason_text(locale, reason, credential),
        Outcome::NotChecked(None) => tr!(locale, credentials.skipped_text).to_string(),
    }
}

fn passed_text(locale: Locale, step: Step, credential: Option<&Credential>) -> String {
    match step {
        Step::File => tr!(locale, credentials.passed_file).to_string(),
        Step::Algorithm => tr!(locale, credentials.passed_algorithm).to_string(),
        Step::Key => tr!(locale, credentials.passed_key).to_string(),
        Step::Signature => tr!(locale, credentials.passed_signature).to_string(),
        Step::Awarded => tr!(locale, credentials.passed_awarded).to_string(),
        Step::Record => tr!(locale, credentials.passed_record).to_string(),
        Step::Holder => {
            let name = credential.map(|credential| credential.holder(locale)).unwrap_or_default();
            tr!(locale, credentials.passed_holder, name = name).to_string()
        }
        Step::State => tr!(locale, credentials.passed_state, date = until(locale, credential)).to_string(),
    }
}

fn reason_text(locale: Locale, reason: &Reason, credential: Option<&Credential>) -> String {
    match reason {
        Reason::Unreadable(Unreadable::Damaged) => tr!(locale, credentials.failed_damaged).to_string(),
        Reason::Unreadable(Unreadable::Empty) => tr!(locale, credentials.failed_empty).to_string(),
        Reason::Unreadable(Unreadable::Several) => tr!(locale, credentials.failed_several).to_string(),
        Reason::Unreadable(Unreadable::Compressed) => tr!(locale, credentials.failed_compressed).to_string(),
        Reason::Unreadable(Unreadable::TooLong) => tr!(locale, credentials.failed_too_long).to_string(),
        Reason::Unreadable(Unreadable::Declarations) => tr!(locale, credentials.failed_declarations).to_string(),
        Reason::Unreadable(Unreadable::OtherProof) => tr!(locale, credentials.failed_other_proof).to_string(),
        Reason::NotAToken => tr!(locale, credentials.failed_no_token).to_string(),
        Reason::Algorithm(wanted) => tr!(locale, credentials.failed_algorithm, algorithm = wanted.clone()).to_string(),
        Reason::BringsKey => tr!(locale, credentials.failed_brings_key).to_string(),
        Reason::UnknownKey => tr!(locale, credentials.failed_key).to_string(),
        Reason::WrongSignature => tr!(locale, credentials.failed_signature).to_string(),
        Reason::NotAwarded => tr!(locale, credentials.failed_awarded).to_string(),
        Reason::RecordDiffers => tr!(locale, credentials.failed_record).to_string(),
        Reason::HolderDiffers => tr!(locale, credentials.failed_holder).to_string(),
        Reason::HolderWithheld => tr!(locale, credentials.skipped_holder).to_string(),
        Reason::Ended(State::Superseded) => tr!(locale, credentials.failed_superseded).to_string(),
        Reason::Ended(State::Revoked) => tr!(locale, credentials.failed_revoked).to_string(),
        Reason::Ended(State::Expired | State::Active) => {
            tr!(locale, credentials.failed_expired, date = until(locale, credential)).to_string()
        }
    }
}

/// What the file is to be compared with.
fn record(cx: &RequestContext, credential: &Credential) -> impl IntoView + use<> {
    let locale = cx.locale;
    let state = credential.state(cx.now());
    let title = view! { <h3 class="cred__title"><a href=credential.verify_path()>{credential.certification.clone()}</a></h3> };
    view! {
        <section class="stack">
            <h2>{tr!(locale, credentials.check_record)}</h2>
            <CredentialCard credential=credential.clone() title=title.into_any()>
                <SummaryRow key=tr!(locale, credentials.state)>{state_word(locale, state)}</SummaryRow>
            </CredentialCard>
            <p class="small muted">{tr!(locale, credentials.check_picture)}</p>
        </section>
    }
}
