//! One certification: everything a reader wants to know before paying (product.md section 3).

use super::words::{level_name, price_short, unbroken};
use crate::catalog::model::{Certification, Exam, ExamLanguage};
use crate::catalog::rules::{self, Phase};
use crate::catalog::service::{self, Catalogue};
use crate::error::AppError;
use crate::scheduling;
use crate::server::i18n::Locale;
use crate::server::programme::Policies;
use crate::server::{RequestContext, format, i18n, request};
use crate::tr;
use crate::ui::{
    Alert, AlertKind, Crumbs, Details, Icon, PageHead, PageMeta, PageTitle, Row, Summary, SummaryRow, Table, Tag, Time, Tone, Weights,
    loaded, param,
};
use chrono::NaiveDate;
use leptos::prelude::*;

/// How many free dates the page names.
const FREE_DATES: usize = 3;

#[component]
pub fn CertificationPage() -> impl IntoView {
    let cx = request();
    let slug = param("slug");
    loaded(async move {
        let locale = cx.locale;
        let catalogue = service::catalogue(&cx.state).await?;
        let certification = catalogue.by_slug(&slug).ok_or(AppError::NotFound)?;
        let policies = service::policies(&cx).await?;
        let today = service::today(&cx);
        let exam = rules::current_exam(certification, today);
        let described = exam.or_else(|| certification.exams.first());
        let free = match exam {
            Some(exam) => scheduling::service::next_free_days(&cx, exam.id, FREE_DATES).await?,
            None => vec![],
        };
        let title = unbroken(&certification.name);
        let summary = i18n::pick(&certification.summary, locale);
        let code = exam.map_or_else(|| certification.code.clone(), |exam| exam.code.clone());
        let mut kicker = vec![code, level_name(locale, certification.level).to_owned()];
        if let Some(exam) = exam {
            kicker.push(tr!(locale, catalog.minutes, minutes = exam.minutes).to_string());
            kicker.extend(exam.price_in(&cx.programme().currency).map(|price| price_short(locale, price)));
        }
        let kicker = kicker.join(" · ");
        let trail = vec![
            ("/".to_owned(), tr!(locale, catalog.home).to_owned()),
            ("/certifications".to_owned(), tr!(locale, catalog.list_title).to_owned()),
        ];
        let actions = (exam.map(|exam| book(locale, exam, "btn btn--primary")), described.and_then(|exam| guide(locale, exam)));
        Ok(view! {
            <PageTitle text=title.clone()/>
            <PageMeta title=title.clone() text=summary.clone() path=format!("/certifications/{}", certification.slug)/>
            <div class="wrap stack stack--l">
                <Crumbs trail here=unbroken(&certification.short_name)/>
                <PageHead title kicker lead=summary>{actions}</PageHead>
                {alerts(&cx, certification, exam, today)}
                <div class="split">
                    <div class="stack stack--xl">
                        <section class="stack">
                            <h2>{tr!(locale, catalog.proves_title)}</h2>
                            <div class="prose"><p>{i18n::pick(&certification.description, locale)}</p></div>
                        </section>
                        {described.map(|exam| domains(locale, exam))}
                        {exam.map(|exam| free_dates(&cx, exam, free))}
                        {exam.is_some().then(|| gives(locale, &catalogue, certification))}
                        {exam.map(|exam| rules_in_words(locale, exam, &policies, today))}
                        {versions(locale, certification, today)}
                    </div>
                    {described.map(|exam| facts(&cx, certification, exam, &policies, today))}
                </div>
            </div>
        })
    })
}

fn book(locale: Locale, exam: &Exam, class: &'static str) -> impl IntoView + use<> {
    let href = format!("/schedule/{}", exam.code);
    view! { <a class=class href=href>{tr!(locale, catalog.book)}</a> }
}

fn guide(locale: Locale, exam: &Exam) -> Option<impl IntoView + use<>> {
    let href = exam.guide_url.clone()?;
    Some(view! {
        <a class="btn" href=href rel="external noopener">
            {tr!(locale, catalog.guide)}
            <Icon name="external-link" class="icon icon--s"/>
        </a>
    })
}

/// What somebody must know first: retired, ending, beta, a newer version on its way.
fn alerts(cx: &RequestContext, certification: &Certification, exam: Option<&Exam>, today: NaiveDate) -> impl IntoView + use<> {
    let locale = cx.locale;
    let mut alerts: Vec<AnyView> = vec![];
    let coming: Vec<String> = certification
        .announcements
        .iter()
        .map(|announcement| {
            let code = announcement.code.clone();
            match announcement.registration_from.filter(|day| *day > today) {
                Some(day) => tr!(locale, catalog.alert_next_from, code = code, date = format::date(locale, day)).to_string(),
                None => tr!(locale, catalog.alert_next, code = code).to_string(),
            }
        })
        .collect();
    let coming = || -> Vec<_> { coming.iter().map(|text| view! { <p>{text.clone()}</p> }).collect() };
    if let Some(day) = certification.retired_on.filter(|day| *day < today) {
        let text = tr!(locale, catalog.alert_retired_text, date = format::date(locale, day)).to_string();
        alerts.push(view! { <Alert kind=AlertKind::Info title=tr!(locale, catalog.alert_retired_title)><p>{text}</p></Alert> }.into_any());
    } else {
        match exam {
            None => {
                let coming = coming();
                alerts.push(
                    view! {
                        <Alert kind=AlertKind::Warning title=tr!(locale, catalog.alert_closed_title)>
                            <p>{tr!(locale, catalog.alert_closed_text)}</p>
                            {coming}
                        </Alert>
                    }
                    .into_any(),
                );
            }

            Some(exam) => {
                if let Some(day) = rules::ends_soon(exam, today) {
                    let title = tr!(locale, catalog.alert_ending_title, code = exam.code.clone()).to_string();
                    let text = tr!(locale, catalog.alert_ending_text, date = format::date(locale, day)).to_string();
                    let coming = coming();
                    alerts.push(view! { <Alert kind=AlertKind::Warning title=title><p>{text}</p>{coming}</Alert> }.into_any());
                } else if !certification.announcements.is_empty() {
                    let coming = coming();
                    alerts.push(view! { <Alert kind=AlertKind::Info>{coming}</Alert> }.into_any());
                }
                if rules::phase(exam, today) == Phase::Beta {
                    alerts.push(
                        view! {
                            <Alert kind=AlertKind::Info title=tr!(locale, catalog.alert_beta_title)>
                                <p>{tr!(locale, catalog.alert_beta_text)}</p>
                            </Alert>
                        }
                        .into_any(),
                    );
                }
                for beta in certification.exams.iter().filter(|other| other.id != exam.id && rules::phase(other, today) == Phase::Beta) {
                    let text = tr!(locale, catalog.alert_beta_beside, code = beta.code.clone()).to_string();
                    let label = tr!(locale, catalog.book_beta, code = beta.code.clone()).to_string();
                    let href = format!("/schedule/{}", beta.code);
                    alerts.push(view! { <Alert kind=AlertKind::Info><p>{text} " " <a href=href>{label}</a></p></Alert> }.into_any());
                }
            }
        }
    }
    alerts
}

fn domains(locale: Locale, exam: &Exam) -> impl IntoView + use<> {
    let items = exam
        .domains
        .iter()
        .map(|domain| (i18n::pick(&domain.name, locale), domain.weight, tr!(locale, catalog.percent, value = domain.weight).to_string()))
        .collect();
    view! {
        <section class="stack">
            <h2>{tr!(locale, catalog.covers_title)}</h2>
            <p class="muted">{tr!(locale, catalog.covers_text, code = exam.code.clone()).to_string()}</p>
            <Weights items/>
        </section>
    }
}

fn free_dates(cx: &RequestContext, exam: &Exam, free: Vec<scheduling::service::FreeDay>) -> impl IntoView + use<> {
    let locale = cx.locale;
    let book_path = format!("/schedule/{}", exam.code);
    let signed_in = cx.viewer().is_ok();
    let body = if !free.is_empty() {
        let rows = free.into_iter().map(|free| view! { <Row title=free.day text=free.place href=book_path.clone()/> }).collect_view();
        view! { <ul class="rows">{rows}</ul> }.into_any()
    } else if signed_in {
        view! { <p>{tr!(locale, catalog.dates_none)}</p> }.into_any()
    } else {
        let next = crate::server::http::forms::with_next("/login", &book_path);
        view! {
            <p>
                {tr!(locale, catalog.dates_sign_in)}
                " "
                <a href=next rel="nofollow">{tr!(locale, catalog.dates_sign_in_action)}</a>
            </p>
        }
        .into_any()
    };
    view! {
        <section class="stack">
            <h2>{tr!(locale, catalog.dates_title)}</h2>
            {body}
        </section>
    }
}

fn gives(locale: Locale, catalogue: &Catalogue, certification: &Certification) -> impl IntoView + use<> {
    let renews: Vec<_> = certification
        .renews
        .iter()
        .filter_map(|id| catalogue.by_id(*id))
        .map(|other| view! { <li><a href=format!("/certifications/{}", other.slug)>{unbroken(&other.short_name)}</a></li> })
        .collect();
    view! {
        <section class="stack">
            <h2>{tr!(locale, catalog.gives_title)}</h2>
            <div class="prose">
                <ul>
                    <li>{tr!(locale, catalog.gives_validity, count = certification.validity_years as u64).to_string()}</li>
                    <li>{tr!(locale, catalog.gives_proof)}</li>
                </ul>
                {(!renews.is_empty()).then(|| view! { <p>{tr!(locale, catalog.gives_renews)}</p> <ul>{renews}</ul> })}
            </div>
        </section>
    }
}

/// Every rule of the booking, in words, with the programme's numbers.
fn rules_in_words(locale: Locale, exam: &Exam, policies: &Policies, today: NaiveDate) -> impl IntoView + use<> {
    let beta = rules::phase(exam, today) == Phase::Beta;
    let retake = exam.retake_wait_days.unwrap_or(policies.retake_wait_days);
    let retake = match policies.attempts(exam.max_attempts, beta) {
        Some(1) if beta => tr!(locale, catalog.rules_retake_beta).to_owned(),
        Some(limit) => tr!(locale, catalog.rules_retake_limit, count = limit as u64).to_string(),
        None => tr!(locale, catalog.rules_retake_text, count = retake as u64).to_string(),
    };
    let result = if beta {
        tr!(locale, catalog.rules_result_beta).to_owned()
    } else {
        tr!(locale, catalog.rules_result_text, count = policies.result_business_days as u64).to_string()
    };
    let reschedule =
        tr!(locale, catalog.rules_reschedule_text, hours = policies.reschedule_cutoff_hours, count = policies.reschedule_limit as u64)
            .to_string();
    let lead = tr!(
        locale,
        catalog.rules_lead_text,
        center = policies.lead_time_hours_center,
        online = policies.lead_time_hours_online,
        days = policies.horizon_days
    )
    .to_string();
    let cancel = tr!(locale, catalog.rules_cancel_text, hours = policies.cancel_cutoff_hours).to_string();
    let pass = tr!(locale, catalog.rules_pass_text, count = policies.pass_block_years as u64).to_string();
    view! {
        <section class="stack">
            <h2>{tr!(locale, catalog.rules_title)}</h2>
            <Summary>
                <SummaryRow key=tr!(locale, catalog.rules_lead)>{lead}</SummaryRow>
                <SummaryRow key=tr!(locale, catalog.rules_reschedule)>{reschedule}</SummaryRow>
                <SummaryRow key=tr!(locale, catalog.rules_cancel)>{cancel}</SummaryRow>
                <SummaryRow key=tr!(locale, catalog.rules_no_show)>{tr!(locale, catalog.rules_no_show_text)}</SummaryRow>
                <SummaryRow key=tr!(locale, catalog.rules_result)>{result}</SummaryRow>
                <SummaryRow key=tr!(locale, catalog.rules_retake)>{retake}</SummaryRow>
                <SummaryRow key=tr!(locale, catalog.rules_pass)>{pass}</SummaryRow>
            </Summary>
        </section>
    }
}

fn versions(locale: Locale, certification: &Certification, today: NaiveDate) -> impl IntoView + use<> {
    let columns = [tr!(locale, catalog.version), tr!(locale, catalog.state), tr!(locale, catalog.first_day), tr!(locale, catalog.last_day)]
        .map(|label| (label.to_owned(), false))
        .to_vec();
    let day = move |day: Option<NaiveDate>, otherwise: &'static str| match day {
        Some(day) => view! { <Time datetime=day.to_string() text=format::date(locale, day)/> }.into_any(),
        None => view! { <span class="muted">{otherwise}</span> }.into_any(),
    };
    let announced = certification.announcements.iter().map(|announcement| {
        let note = announcement.replaces_code.clone().map(|code| tr!(locale, catalog.replaces, code = code).to_string());
        view! {
            <tr role="row">
                <th scope="row" role="rowheader">
                    {announcement.code.clone()}
                    {note.map(|note| view! { " " <span class="muted small">{note}</span> })}
                </th>
                <td role="cell" data-label=tr!(locale, catalog.state)><Tag tone=Tone::Off text=tr!(locale, catalog.tag_coming)/></td>
                <td role="cell" data-label=tr!(locale, catalog.first_day)>{day(None, tr!(locale, catalog.not_known))}</td>
                <td role="cell" data-label=tr!(locale, catalog.last_day)>{day(None, tr!(locale, catalog.not_known))}</td>
            </tr>
        }
        .into_any()
    });
    let described = certification.exams.iter().map(|exam| {
        let (tone, word) = match rules::phase(exam, today) {
            Phase::Active => (Tone::Ok, tr!(locale, catalog.tag_active)),
            Phase::Beta => (Tone::Info, tr!(locale, catalog.tag_beta)),
            Phase::Announced(_) => (Tone::Off, tr!(locale, catalog.tag_coming)),
            Phase::Retired => (Tone::Off, tr!(locale, catalog.tag_retired)),
        };
        view! {
            <tr role="row">
                <th scope="row" role="rowheader">{exam.code.clone()}</th>
                <td role="cell" data-label=tr!(locale, catalog.state)><Tag tone text=word/></td>
                <td role="cell" data-label=tr!(locale, catalog.first_day)>{day(exam.first_day, tr!(locale, catalog.not_known))}</td>
                <td role="cell" data-label=tr!(locale, catalog.last_day)>{day(exam.last_day, tr!(locale, catalog.open_end))}</td>
            </tr>
        }
        .into_any()
    });
    let rows: Vec<AnyView> = announced.chain(described).collect();
    view! { <section><Table caption=tr!(locale, catalog.versions_title) columns>{rows}</Table></section> }
}

fn facts(cx: &RequestContext, certification: &Certification, exam: &Exam, policies: &Policies, today: NaiveDate) -> impl IntoView + use<> {
    let locale = cx.locale;
    let currency = cx.programme().currency.clone();
    let phase = rules::phase(exam, today);
    let price = exam.price_in(&currency).map_or_else(|| tr!(locale, catalog.no_price).to_owned(), |price| format::money(locale, price));
    let questions = match exam.scored_questions {
        Some(scored) => tr!(locale, catalog.fact_questions_scored, all = exam.questions, scored = scored).to_string(),
        None => tr!(locale, catalog.fact_questions_all, all = exam.questions).to_string(),
    };
    let mark = tr!(locale, catalog.fact_mark_value, mark = exam.pass_mark, min = exam.scale_min, max = exam.scale_max).to_string();
    let languages = exam
        .languages
        .iter()
        .filter(|language| rules::is_spoken(language, today))
        .map(|language| view! { <li>{language_text(locale, language, today)}</li> })
        .collect_view();
    let mut places = vec![];
    if exam.at_centers {
        places.push(tr!(locale, catalog.where_center));
    }
    if exam.online {
        places.push(tr!(locale, catalog.where_online));
    }
    let others: Vec<_> = exam.prices.iter().filter(|price| price.currency != currency).cloned().collect();
    let others = (!others.is_empty() && phase.is_open()).then(|| {
        let rows = others
            .into_iter()
            .map(|price| view! { <SummaryRow key=price.currency.clone()>{format::money(locale, &price)}</SummaryRow> })
            .collect_view();
        view! {
            <Details summary=tr!(locale, catalog.prices_title)>
                <p class="small">{tr!(locale, catalog.prices_text, currency = currency).to_string()}</p>
                <Summary class="summary summary--plain">{rows}</Summary>
            </Details>
        }
    });
    let open = phase.is_open();
    let code = exam.code.clone();
    let minutes = tr!(locale, catalog.fact_minutes, minutes = exam.minutes).to_string();
    let validity = tr!(locale, catalog.years, count = certification.validity_years as u64).to_string();
    view! {
        <aside class="split__aside">
            <div class="factbox">
                {open
                    .then(|| {
                        view! {
                            <div>
                                <p class="factbox__price num">{price} " " <span class="muted">{tr!(locale, catalog.plus_tax)}</span></p>
                                {(phase == Phase::Beta)
                                    .then(|| {
                                        let text = tr!(locale, catalog.beta_price, percent = policies.beta_price_percent).to_string();
                                        view! { <p class="small">{text}</p> }
                                    })}
                            </div>
                        }
                    })}
                <Summary class="summary summary--narrow">
                    <SummaryRow key=tr!(locale, catalog.version)>{code}</SummaryRow>
                    <SummaryRow key=tr!(locale, catalog.fact_length)>
                        {minutes}
                    </SummaryRow>
                    <SummaryRow key=tr!(locale, catalog.fact_questions)>{questions}</SummaryRow>
                    <SummaryRow key=tr!(locale, catalog.fact_mark)>{mark}</SummaryRow>
                    <SummaryRow key=tr!(locale, catalog.fact_where)><ul class="plainlist">{places.into_iter().map(|place| view! { <li>{place}</li> }).collect_view()}</ul></SummaryRow>
                    <SummaryRow key=tr!(locale, catalog.fact_languages)><ul class="plainlist">{languages}</ul></SummaryRow>
                    <SummaryRow key=tr!(locale, catalog.fact_validity)>
                        {validity}
                    </SummaryRow>
                </Summary>
                {open.then(|| book(locale, exam, "btn btn--primary btn--block"))}
                {others}
            </div>
        </aside>
    }
}

/// `German (until 31 December 2026)`.
fn language_text(locale: Locale, language: &ExamLanguage, today: NaiveDate) -> impl IntoView + use<> {
    let name = i18n::language_name(&language.language, locale);
    let from =
        language.first_day.filter(|day| *day > today).map(|day| tr!(locale, catalog.from, date = format::date(locale, day)).to_string());
    let until = language.last_day.map(|day| tr!(locale, catalog.until, date = format::date(locale, day)).to_string());
    let notes: Vec<String> = from.into_iter().chain(until).collect();
    let note = (!notes.is_empty()).then(|| notes.join(", "));
    let mut name: String = name;
    if locale == Locale::es
        && let Some(first) = name.get(..1).map(str::to_uppercase)
    {
        name.replace_range(..1, &first);
    }
    view! { {name} {note.map(|note| view! { " " <span class="muted small nowrap">{note}</span> })} }
}
