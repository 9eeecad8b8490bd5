//! The front page.

use super::words::{level_name, level_text, price_short, unbroken};
use crate::catalog::model::{Certification, Level};
use crate::catalog::{rules, service};
use crate::server::{i18n, request};
use crate::tr;
use crate::ui::{PageMeta, PageTitle, Row, loaded};
use leptos::prelude::*;

#[component]
pub fn HomePage() -> impl IntoView {
    let cx = request();
    loaded(async move {
        let locale = cx.locale;
        let catalogue = service::catalogue(&cx.state).await?;
        let policies = service::policies(&cx).await?;
        let today = service::today(&cx);
        let programme = cx.programme();
        let offered: Vec<&Certification> =
            catalogue.certifications.iter().filter(|certification| !rules::is_retired(certification, today)).collect();
        let count = offered.len() as u64;
        let tagline = i18n::pick(&programme.tagline, locale);
        let note = i18n::pick(&programme.legal_note, locale);
        let first_name = cx.viewer().ok().filter(|viewer| viewer.candidate_id.is_some()).map(|viewer| viewer.given_name.clone());
        let levels = Level::ALL
            .iter()
            .filter_map(|level| {
                let of_level: Vec<&Certification> = offered.iter().copied().filter(|certification| certification.level == *level).collect();
                (!of_level.is_empty()).then_some((*level, of_level))
            })
            .map(|(level, certifications)| {
                let rows = certifications
                    .into_iter()
                    .map(|certification| {
                        let exam = rules::current_exam(certification, today);
                        let facts = exam.map(|exam| {
                            let minutes = tr!(locale, catalog.minutes, minutes = exam.minutes).to_string();
                            let price = exam.price_in(&programme.currency).map(|price| format!(" · {}", price_short(locale, price)));
                            format!("{} · {minutes}{}", exam.code, price.unwrap_or_default())
                        });
                        let announced = || {
                            let code = certification.announcements.first().map(|announcement| announcement.code.clone())?;
                            Some(tr!(locale, catalog.tag_announced, code = code).to_string())
                        };
                        let text = facts.or_else(announced).unwrap_or_else(|| certification.code.clone());
                        view! {
                            <Row title=unbroken(&certification.short_name) href=format!("/certifications/{}", certification.slug) text/>
                        }
                    })
                    .collect_view();
                view! {
                    <section class="ladder__step">
                        <div class="ladder__level">
                            <h3 class="h2">
                                <a href=format!("/certifications?level={}", level.as_str())>{level_name(locale, level)}</a>
                            </h3>
                            <p class="muted">{level_text(locale, level)}</p>
                        </div>
                        <ul class="rows">{rows}</ul>
                    </section>
                }
            })
            .collect_view();
        Ok(view! {
            <PageTitle text=""/>
            <PageMeta
                title=programme.name.clone()
                text=format!("{tagline} {}", tr!(locale, catalog.home_description)).trim().to_owned()
                path="/"
            />
            <section class="hero">
                <div class="hero__in wrap">
                    <div class="hero__body">
                        <h1 class="hero__title">{tr!(locale, catalog.home_title)}</h1>
                        <p class="hero__lead">{tr!(locale, catalog.home_lead)}</p>
                        <div class="hero__actions">
                            {match first_name {
                                Some(_) => {
                                    view! {
                                        <a class="btn btn--primary btn--large" href="/dashboard">{tr!(locale, catalog.home_dashboard)}</a>
                                        <a class="btn btn--large" href="/certifications">{tr!(locale, catalog.home_browse)}</a>
                                    }
                                        .into_any()
                                }
                                None => {
                                    view! {
                                        <a class="btn btn--primary btn--large" href="/certifications">
                                            {tr!(locale, catalog.home_browse)}
                                        </a>
                                        {cx
                                            .viewer
                                            .is_none()
                                            .then(|| {
                                                view! { <a class="btn btn--large" href="/register">{tr!(locale, catalog.home_register)}</a> }
                                            })}
                                    }
                                        .into_any()
                                }
                            }}
                        </div>
                    </div>
                    <div class="hero__art" aria-hidden="true"></div>
                </div>
            </section>
            <section class="band" aria-labelledby="check-title">
                <div class="band__in wrap">
                    <div>
                        <h2 class="band__title" id="check-title">{tr!(locale, catalog.home_verify_title)}</h2>
                        <p class="band__text">{tr!(locale, catalog.home_verify_text)}</p>
                    </div>
                    <form class="search band__form" action="/verify" method="get">
                        <label class="vh" for="credential">{tr!(locale, catalog.home_verify_label)}</label>
                        <input
                            class="input search__input"
                            id="credential"
                            name="id"
                            maxlength="64"
                            autocomplete="off"
                            spellcheck="false"
                            placeholder=tr!(locale, catalog.home_verify_label)
                        />
                        <button class="btn btn--primary search__btn">{tr!(locale, catalog.home_verify_button)}</button>
                    </form>
                </div>
            </section>
            <div class="wrap">
                <section class="intro" aria-labelledby="what-title">
                    <h2 id="what-title">{tr!(locale, catalog.home_what_title)}</h2>
                    <div class="prose">
                        {(!tagline.is_empty()).then(|| view! { <p class="lead">{tagline.clone()}</p> })}
                        <p>{tr!(locale, catalog.home_what_1, programme = programme.short_name.clone()).to_string()}</p>
                        <p>{tr!(locale, catalog.home_what_2)}</p>
                    </div>
                </section>
                <h2 class="vh">{tr!(locale, catalog.home_path_title)}</h2>
                <ol class="path">
                    <li class="path__item">
                        <h3 class="path__title">{tr!(locale, catalog.home_step_1)}</h3>
                        <p>{tr!(locale, catalog.home_step_1_text, count = count).to_string()}</p>
                    </li>
                    <li class="path__item">
                        <h3 class="path__title">{tr!(locale, catalog.home_step_2)}</h3>
                        <p>{tr!(locale, catalog.home_step_2_text, hours = policies.reschedule_cutoff_hours).to_string()}</p>
                    </li>
                    <li class="path__item">
                        <h3 class="path__title">{tr!(locale, catalog.home_step_3)}</h3>
                        <p>{tr!(locale, catalog.home_step_3_text, days = policies.result_business_days).to_string()}</p>
                    </li>
                    <li class="path__item">
                        <h3 class="path__title">{tr!(locale, catalog.home_step_4)}</h3>
                        <p>{tr!(locale, catalog.home_step_4_text)}</p>
                    </li>
                </ol>
                <hr class="engraved"/>
                <section class="ladder" aria-labelledby="levels-title">
                    <h2 id="levels-title">{tr!(locale, catalog.home_levels_title)}</h2>
                    {levels}
                    <p><a class="btn" href="/certifications">{tr!(locale, catalog.home_all)}</a></p>
                </section>
                {(!note.is_empty()).then(|| view! { <p class="small muted legal">{note}</p> })}
            </div>
        })
    })
}
