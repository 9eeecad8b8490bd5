//! All certifications: search and filters as a plain form, so every result has an address.

use super::words::{level_name, price_short, role_name, tags, unbroken};
use crate::catalog::model::{Certification, Level};
use crate::catalog::rules::{self, Search};
use crate::catalog::service;
use crate::server::{RequestContext, format, i18n, request};
use crate::tr;
use crate::ui::{Details, Empty, LinkCard, PageHead, PageMeta, PageTitle, Row, Tag, Tone, loaded};
use chrono::NaiveDate;
use leptos::prelude::*;

#[component]
pub fn CertificationsPage() -> impl IntoView {
    let cx = request();
    loaded(async move {
        let locale = cx.locale;
        let catalogue = service::catalogue(&cx.state).await?;
        let today = service::today(&cx);
        let roles = catalogue.roles(today);
        let search = Search {
            text: cx.query("q").unwrap_or_default().chars().take(Search::LIMIT).collect(),
            level: cx.query("level").and_then(Level::parse),
            // A role nobody offers is no filter.
            role: cx.query("role").filter(|role| roles.contains(role)).map(str::to_owned),
        };
        let (retired, offered): (Vec<&Certification>, Vec<&Certification>) =
            catalogue.find(&search, locale).into_iter().partition(|certification| rules::is_retired(certification, today));
        let count = offered.len() as u64;
        let mut role_choices: Vec<(String, String)> = roles.iter().map(|role| (role_name(locale, role), (*role).to_owned())).collect();
        role_choices.sort();
        let role_options = role_choices
            .into_iter()
            .map(|(name, role)| {
                let selected = search.role.as_ref() == Some(&role);
                view! { <option value=role selected=selected>{name}</option> }
            })
            .collect_view();
        let level_options = Level::ALL
            .iter()
            .map(|level| {
                let selected = search.level == Some(*level);
                view! { <option value=level.as_str() selected=selected>{level_name(locale, *level)}</option> }
            })
            .collect_view();
        let results = if offered.is_empty() {
            view! {
                <Empty icon="search" title=tr!(locale, catalog.none_title) text=tr!(locale, catalog.none_text)>
                    <a class="btn btn--primary" href="/certifications">{tr!(locale, catalog.none_action)}</a>
                </Empty>
            }
            .into_any()
        } else {
            let cards = offered.iter().map(|certification| card(&cx, certification, today)).collect_view();
            view! { <ul class="cards">{cards}</ul> }.into_any()
        };
        Ok(view! {
            <PageTitle text=tr!(locale, catalog.list_title)/>
            <PageMeta
                title=tr!(locale, catalog.list_title)
                text=tr!(locale, catalog.list_description)
                path="/certifications"
            />
            <div class="wrap stack stack--l">
                <PageHead title=tr!(locale, catalog.list_title) lead=tr!(locale, catalog.list_lead)/>
                <form class="filters" method="get" action="/certifications" role="search">
                    <div class="field filters__grow">
                        <label class="field__label" for="q">{tr!(locale, catalog.search_label)}</label>
                        <input class="input" id="q" name="q" type="search" value=search.text.clone() maxlength=Search::LIMIT.to_string()/>
                    </div>
                    <div class="field">
                        <label class="field__label" for="level">{tr!(locale, catalog.level_label)}</label>
                        <select class="select" id="level" name="level">
                            <option value="">{tr!(locale, catalog.level_all)}</option>
                            {level_options}
                        </select>
                    </div>
                    <div class="field">
                        <label class="field__label" for="role">{tr!(locale, catalog.role_label)}</label>
                        <select class="select" id="role" name="role">
                            <option value="">{tr!(locale, catalog.role_all)}</option>
                            {role_options}
                        </select>
                    </div>
                    <button class="btn btn--primary">{tr!(locale, catalog.apply)}</button>
                    {(!search.is_empty())
                        .then(|| view! { <a class="btn btn--quiet" href="/certifications">{tr!(locale, catalog.clear)}</a> })}
                </form>
                <section class="stack" aria-labelledby="found">
                    <h2 class="h3" id="found">{tr!(locale, catalog.found, count = count).to_string()}</h2>
                    {results}
                </section>
                {(!retired.is_empty()).then(|| retired_list(&cx, &retired))}
            </div>
        })
    })
}

fn card(cx: &RequestContext, certification: &Certification, today: NaiveDate) -> impl IntoView + use<> {
    let locale = cx.locale;
    let exam = rules::current_exam(certification, today);
    let code = exam.map_or_else(|| certification.code.clone(), |exam| exam.code.clone());
    let mut facts = vec![];
    if let Some(exam) = exam {
        let minutes = tr!(locale, catalog.minutes, minutes = exam.minutes).to_string();
        facts.push((tr!(locale, catalog.fact_length).to_owned(), minutes));
        let price = exam.price_in(&cx.programme().currency).map(|price| price_short(locale, price));
        facts.push((tr!(locale, catalog.fact_price).to_owned(), price.unwrap_or_else(|| tr!(locale, catalog.no_price).to_owned())));
        let languages = exam.languages.iter().filter(|language| rules::is_spoken(language, today)).count();
        facts.push((tr!(locale, catalog.fact_languages).to_owned(), languages.to_string()));
    }
    let tags = tags(locale, certification, exam, today);
    let title = unbroken(&certification.short_name);
    let href = format!("/certifications/{}", certification.slug);
    let kicker = vec![code, level_name(locale, certification.level).to_owned()];
    let text = i18n::pick(&certification.summary, locale);
    if tags.is_empty() {
        view! { <LinkCard href title kicker text facts/> }.into_any()
    } else {
        view! { <LinkCard href title kicker text facts>{tags}</LinkCard> }.into_any()
    }
}

/// Collapsed: most readers look for what they can still earn.
fn retired_list(cx: &RequestContext, retired: &[&Certification]) -> impl IntoView + use<> {
    let locale = cx.locale;
    let summary = tr!(locale, catalog.retired_title, count = retired.len() as u64).to_string();
    let rows = retired
        .iter()
        .map(|certification| {
            let since =
                certification.retired_on.map(|day| tr!(locale, catalog.retired_since, date = format::date(locale, day)).to_string());
            view! {
                <Row
                    title=unbroken(&certification.short_name)
                    href=format!("/certifications/{}", certification.slug)
                    text=since.unwrap_or_default()
                >
                    <Tag tone=Tone::Off text=tr!(locale, catalog.tag_retired)/>
                </Row>
            }
        })
        .collect_view();
    view! {
        <Details summary>
            <p>{tr!(locale, catalog.retired_text)}</p>
            <ul class="rows">{rows}</ul>
        </Details>
    }
}
