//! The header of every page, and the bar that tells of the demo's clock.

use super::navigation::current;
use super::same_page_with;
use crate::demo::AdvanceClock;
use crate::server::i18n::LANGUAGES;
use crate::server::{format, request};
use crate::tr;
use crate::ui::{Form, Icon};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

#[component]
pub fn Header() -> impl IntoView {
    let cx = request();
    let locale = cx.locale;
    let programme = cx.programme();
    let signed_in = cx.viewer().ok().cloned();
    let acting = cx.acting.clone();
    let is_staff = signed_in.as_ref().is_some_and(|viewer| viewer.is_staff());
    let is_candidate = signed_in.as_ref().is_some_and(|viewer| viewer.candidate_id.is_some());
    let mut links = vec![("/certifications", tr!(locale, common.nav_certifications)), ("/verify", tr!(locale, common.nav_verify))];
    if is_candidate {
        links.push(("/dashboard", tr!(locale, common.nav_account)));
    }
    if is_staff {
        links.push(("/staff", tr!(locale, common.nav_staff)));
    }
    let path = cx.path.clone();
    let list = move || {
        links
            .iter()
            .map(|(href, label)| {
                view! { <li><a class="head__link" href=*href aria-current=current(&path, href)>{*label}</a></li> }
            })
            .collect_view()
    };
    let language = LANGUAGES.iter().find(|(known, ..)| *known == locale).map_or("English", |(.., name)| name);
    view! {
        <header class="head">
            <div class="head__in wrap">
                <a class="head__brand" href="/">
                    <img class="head__logo" src="/logo.svg" alt="" width="32" height="32"/>
                    <span class="head__name">{programme.short_name.clone()}</span>
                </a>
                <nav class="head__nav" aria-label=tr!(locale, common.nav_main)>
                    <ul class="head__list">{list()}</ul>
                </nav>
                <div class="head__tools">
                    <details class="menu">
                        <summary class="menu__button">
                            <Icon name="globe"/>
                            <span class="vh">{tr!(locale, common.nav_language)} ": "</span>
                            <span class="menu__text">{language}</span>
                        </summary>
                        <ul class="menu__list">
                            {LANGUAGES
                                .iter()
                                .map(|(known, tag, name)| {
                                    view! {
                                        <li>
                                            <a
                                                class="menu__item"
                                                href=same_page_with(&cx, "lang", tag)
                                                lang=*tag
                                                hreflang=*tag
                                                rel="nofollow"
                                                aria-current=(*known == locale).then_some("true")
                                            >
                                                {*name}
                                            </a>
                                        </li>
                                    }
                                })
                                .collect_view()}
                        </ul>
                    </details>
                    {is_candidate
                        .then(|| {
                            view! {
                                <a class="head__icon" href="/cart">
                                    <Icon name="shopping-cart"/>
                                    <span class="vh">{tr!(locale, common.nav_cart)}</span>
                                </a>
                            }
                        })}
                    {match signed_in {
                        None => view! { <a class="head__link head__signin" href="/login">{tr!(locale, common.nav_sign_in)}</a> }.into_any(),
                        Some(viewer) => {
                            view! {
                                <details class="menu menu--end">
                                    <summary class="menu__button">
                                        <Icon name="user"/>
                                        <span class="menu__text">
                                            {match &acting {
                                                Some(_) => tr!(locale, acting.header, name = viewer.full_name()).to_string(),
                                                None => viewer.full_name(),
                                            }}
                                        </span>
                                    </summary>
                                    <ul class="menu__list">
                                        {acting
                                            .map(|acting| {
                                                let name = acting.actor.full_name();
                                                view! { <li class="menu__note">{tr!(locale, acting.signed_in, name = name).to_string()}</li> }
                                            })}
                                        {viewer
                                            .candidate_id
                                            .map(|id| {
                                                view! {
                                                    <li class="menu__note">
                                                        {tr!(locale, common.candidate_id)} " " <code class="id">{id}</code>
                                                    </li>
                                                }
                                            })}
                                        <li><a class="menu__item" href="/account">{tr!(locale, common.nav_profile)}</a></li>
                                        <li class="menu__rule">
                                            <Form action="/api/accounts/logout" class="">
                                                <button class="menu__item">{tr!(locale, common.nav_sign_out)}</button>
                                            </Form>
                                        </li>
                                    </ul>
                                </details>
                            }
                                .into_any()
                        }
                    }}
                </div>
                <details class="head__menu">
                    <summary class="head__burger">
                        <Icon name="menu"/>
                        {tr!(locale, common.nav_menu)}
                    </summary>
                    <nav class="head__panel" aria-label=tr!(locale, common.nav_main)>
                        <ul class="head__list">{list()}</ul>
                    </nav>
                </details>
            </div>
        </header>
    }
}

/// Demo mode says so on every page; staff can move its clock forward.
#[component]
pub fn ClockBar() -> impl IntoView {
    let cx = request();
    if !cx.state.config.demo {
        return None;
    }
    let locale = cx.locale;
    let now = format::date_time_short(locale, cx.now(), cx.time_zone());
    let is_staff = cx.viewer().is_ok_and(|viewer| viewer.is_staff());
    Some(view! {
        <div class="clockbar" role="region" aria-label=tr!(locale, common.demo_clock)>
            <div class="clockbar__in wrap">
                <p class="clockbar__text">
                    <strong class="clockbar__tag">{tr!(locale, common.demo)}</strong>
                    " "
                    {tr!(locale, common.demo_now, time = now).to_string()}
                </p>
                {is_staff
                    .then(|| {
                        view! {
                            <Form action=AdvanceClock::PATH class="clockbar__form">
                                <button class="clockbar__btn" name="by" value="hour">{tr!(locale, common.demo_hour)}</button>
                                <button class="clockbar__btn" name="by" value="day">{tr!(locale, common.demo_day)}</button>
                                <button class="clockbar__btn" name="by" value="week">{tr!(locale, common.demo_week)}</button>
                            </Form>
                        }
                    })}
                <a class="clockbar__link" href="/mailbox">{tr!(locale, common.demo_mailbox)}</a>
            </div>
        </div>
    })
}
