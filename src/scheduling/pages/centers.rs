//! Finding a test centre.

use super::Trip;
use crate::scheduling::islands::PlaceField;
use crate::scheduling::model::{PLACE_LONGEST, SUGGESTIONS};
use crate::scheduling::rules;
use crate::scheduling::service;
use crate::scheduling::service::search::{self, Answer, Found, Question, Search, Unit};
use crate::scheduling::store::places::{City, Country};
use crate::server::i18n::Locale;
use crate::server::{RequestContext, format, request};
use crate::tr;
use crate::ui::{BackLink, Empty, Icon, PageHead, PageTitle, Steps, loaded, param};
use leptos::prelude::*;

/// `/schedule/:exam_code/centers?language=&place=&country=&radius=&unit=&accessible=`.
#[component]
pub fn CentersPage() -> impl IntoView {
    let cx = request();
    let trip = Trip::of(&cx, param("exam_code"));
    loaded(async move {
        let booking = service::booking(&cx, &trip.exam, trip.replaces.as_deref()).await?;
        booking.eligible()?;
        booking.language(&trip.language)?;
        let locale = cx.locale;
        let viewer = cx.candidate()?;
        let country = match cx.query.get("country") {
            Some(country) => rules::country_code(country).unwrap_or_default(),
            None => viewer.country.clone(),
        };
        let radii = search::radii(&booking.policies);
        let question = Question {
            place: cx.query("place").unwrap_or_default().chars().take(PLACE_LONGEST).collect(),
            city: cx.query("city").and_then(|id| id.parse().ok()),
            country,
            radius: search::chosen_radius(&radii, cx.query("radius").and_then(|radius| radius.parse().ok())),
            unit: cx.query("unit").and_then(Unit::parse),
            accessible: trip.accessible,
        };
        let found = search::centers(&cx, &booking, &trip.language, &question).await?;
        let title = tr!(locale, scheduling.centers_title);
        let kicker = format!("{} · {}", booking.exam.code, booking.exam.name);
        let online = booking.exam.delivery_modes.iter().any(|mode| mode == "online");
        let widest = radii.last().copied().unwrap_or_default();
        let form = form(&cx, &trip, &question, radii, &found);
        let results = results(&cx, &trip, &question, widest, found, online);
        Ok(view! {
            <PageTitle text=format!("{title}: {}", trip.exam)/>
            <div class="wrap stack stack--l">
                <div class="stack">
                    <BackLink href=trip.start() label=tr!(locale, scheduling.back_to_start)/>
                    <Steps steps=trip.steps(&cx, 1) current=1/>
                    <PageHead title kicker/>
                </div>
                {form}
                {results}
            </div>
        })
    })
}

fn country_name(country: &Country, locale: Locale) -> String {
    match locale {
        Locale::en => country.name_en.clone(),
        Locale::es => country.name_es.clone(),
    }
}

fn form(cx: &RequestContext, trip: &Trip, question: &Question, radii: Vec<u32>, found: &Search) -> impl IntoView + use<> {
    let locale = cx.locale;
    let mut countries: Vec<(String, String)> =
        found.countries.iter().map(|country| (country.code.clone(), country_name(country, locale))).collect();
    countries.sort_by_key(|country| rules::searchable(&country.1));
    let chosen = question.country.clone();
    let unit = found.unit;
    let radius = question.radius;
    let action = format!("/schedule/{}/centers", super::encoded(&trip.exam));
    let accessible = question.accessible;
    // Where the search has led by a choice, the field says so: it can be searched again with another radius.
    let city = match &found.answer {
        Answer::Around { city, .. } | Answer::TooFar { city, .. } if question.city == Some(city.id) => Some(city),
        _ => None,
    };
    let told = |count| match count {
        0 => tr!(locale, scheduling.place_suggested_none).to_owned(),
        _ => tr!(locale, scheduling.place_suggested, count = count).to_string(),
    };
    let told: Vec<String> = (0..=SUGGESTIONS).map(told).collect();
    let place = city.map_or_else(|| question.place.clone(), City::label);
    let city = city.map(|city| city.id);
    view! {
        <form class="filters" method="get" action=action role="search">
            <input type="hidden" name="language" value=trip.language.clone()/>
            {trip.replaces.clone().map(|reference| view! { <input type="hidden" name="replaces" value=reference/> })}
            <div class="field filters__grow">
                <label class="field__label" for="place">{tr!(locale, scheduling.place_question)}</label>
                <PlaceField
                    value=place
                    city=city
                    label=tr!(locale, scheduling.place_suggestions).to_owned()
                    told=told
                />
            </div>
            <div class="field">
                <label class="field__label" for="country">{tr!(locale, scheduling.country)}</label>
                <select class="select" id="country" name="country">
                    <option value="" selected=chosen.is_empty()>{tr!(locale, scheduling.any_country)}</option>
                    {countries
                        .into_iter()
                        .map(|(code, name)| {
                            let selected = code == chosen;
                            view! { <option value=code selected=selected>{name}</option> }
                        })
                        .collect_view()}
                </select>
            </div>
            <div class="field">
                <label class="field__label" for="radius">{tr!(locale, scheduling.radius)}</label>
                <select class="select" id="radius" name="radius">
                    {radii
                        .into_iter()
                        .map(|choice| {
                            view! {
                                <option value=choice selected=choice == radius>{distance_words(locale, f64::from(choice) * unit.meters(), unit)}</option>
                            }
                        })
                        .collect_view()}
                </select>
            </div>
            <div class="choice">
                <input class="choice__input" type="checkbox" id="accessible" name="accessible" value="1" checked=accessible/>
                <label class="choice__label" for="accessible">{tr!(locale, scheduling.accessible_only)}</label>
            </div>
            <button class="btn btn--primary">
                <Icon name="search"/>
                {tr!(locale, scheduling.search)}
            </button>
        </form>
    }
}

fn distance_words(locale: Locale, meters: f64, unit: Unit) -> String {
    let value = meters / unit.meters();
    // Below ten, a decimal; the comma where the reader expects one.
    let number = if value < 9.95 && (value - value.round()).abs() > 0.05 { format!("{value:.1}") } else { format!("{value:.0}") };
    let number = if locale == Locale::es { number.replace('.', ",") } else { number };
    match unit {
        Unit::Km => tr!(locale, scheduling.km, number = number).to_string(),
        Unit::Mi => tr!(locale, scheduling.mi, number = number).to_string(),
    }
}

/// The same search with another part of it changed. A city brings its country along.
fn again(trip: &Trip, question: &Question, city: Option<&City>, radius: u32) -> String {
    let country = match city {
        Some(city) if !question.country.is_empty() => &city.country,
        _ => &question.country,
    };
    let mut address = format!("{}&country={}&radius={radius}", trip.centers(), super::encoded(country));
    match city {
        Some(city) => address.push_str(&format!("&city={}", city.id)),
        None => address.push_str(&format!("&place={}", super::encoded(&question.place))),
    }
    if let Some(unit) = question.unit {
        address.push_str(&format!("&unit={}", unit.as_str()));
    }
    address
}

fn results(cx: &RequestContext, trip: &Trip, question: &Question, widest: u32, found: Search, online: bool) -> AnyView {
    let locale = cx.locale;
    let Search { countries, unit, answer } = found;
    let online = online.then(|| {
        let href = trip.times_online();
        view! { <a class="btn" href=href>{tr!(locale, scheduling.take_online)}</a> }
    });
    match answer {
        Answer::Country { centers, .. } if centers.is_empty() => view! {
            <Empty icon="map-pin" title=tr!(locale, scheduling.no_center_country) text=tr!(locale, scheduling.no_center_country_text)>
                {online}
            </Empty>
        }
        .into_any(),
        Answer::Country { centers, more } => {
            let name = countries.iter().find(|country| country.code == question.country).map(|country| country_name(country, locale));
            let heading = match name {
                Some(name) => tr!(locale, scheduling.centers_in, place = name).to_string(),
                None => tr!(locale, scheduling.centers_all).to_owned(),
            };
            let more = more.then(|| tr!(locale, scheduling.centers_more, count = centers.len()).to_string());
            list(cx, trip, unit, (heading, more), centers, view! { <div class="actions">{online}</div> }.into_any())
        }
        Answer::Around { city, centers, more, others } => {
            let (count, place) = (centers.len(), city.label());
            let heading = if more {
                let words = tr!(locale, scheduling.centers_nearest, count = count, place = place).to_string();
                (words, Some(tr!(locale, scheduling.centers_nearest_more).to_owned()))
            } else {
                (tr!(locale, scheduling.centers_around, count = count, place = place).to_string(), None)
            };
            let more = view! {
                <div class="actions">{online}</div>
                {others_view(cx, trip, question, others)}
            };
            list(cx, trip, unit, heading, centers, more.into_any())
        }
        Answer::TooFar { city, nearest, others } => {
            let title = tr!(
                locale,
                scheduling.too_far_title,
                distance = distance_words(locale, f64::from(question.radius) * unit.meters(), unit),
                place = city.label()
            )
            .to_string();
            let text = match &nearest {
                Some(_) => tr!(locale, scheduling.too_far_text),
                None => tr!(locale, scheduling.too_far_none),
            };
            let nearest = nearest.map(|nearest| {
                let heading = tr!(locale, scheduling.nearest).to_owned();
                list(cx, trip, unit, (heading, None), vec![*nearest], ().into_any())
            });
            let others = others_view(cx, trip, question, others);
            let wider = (question.radius < widest).then(|| {
                let href = again(trip, question, (city.id != 0).then_some(&city), widest);
                let words = distance_words(locale, f64::from(widest) * unit.meters(), unit);
                view! { <a class="btn" href=href>{tr!(locale, scheduling.widen, distance = words).to_string()}</a> }
            });
            view! {
                <div class="stack stack--l">
                    <Empty icon="map-pin" title text>
                        {wider}
                        {online}
                    </Empty>
                    {nearest}
                    {others}
                </div>
            }
            .into_any()
        }
        Answer::Which(cities) => view! {
            <section class="stack" aria-labelledby="which">
                <h2 class="h3" id="which">{tr!(locale, scheduling.which_title, place = question.place.clone()).to_string()}</h2>
                {city_list(trip, question, cities, &countries, locale)}
            </section>
        }
        .into_any(),
        Answer::UnknownPlace => view! {
            <Empty
                icon="search"
                title=tr!(locale, scheduling.unknown_title, place = question.place.clone()).to_string()
                text=tr!(locale, scheduling.unknown_text)
            >
                {online}
            </Empty>
        }
        .into_any(),
    }
}

fn city_list(trip: &Trip, question: &Question, cities: Vec<City>, countries: &[Country], locale: Locale) -> impl IntoView + use<> {
    let rows: Vec<_> = cities
        .into_iter()
        .map(|city| {
            let country = countries.iter().find(|country| country.code == city.country).map(|country| country_name(country, locale));
            let href = again(trip, question, Some(&city), question.radius);
            let place = city.label();
            view! {
                <li class="row">
                    <div class="row__main">
                        <a class="row__title" href=href>{place}</a>
                        <p class="row__text">{country.unwrap_or(city.country)}</p>
                    </div>
                </li>
            }
        })
        .collect();
    view! { <ul class="rows">{rows}</ul> }
}

fn others_view(cx: &RequestContext, trip: &Trip, question: &Question, others: Vec<City>) -> impl IntoView + use<> {
    let locale = cx.locale;
    let list = (!others.is_empty()).then(|| city_list(trip, question, others, &[], locale));
    list.map(|list| {
        view! {
            <details class="details">
                <summary class="details__summary">{tr!(locale, scheduling.other_places)}</summary>
                <div class="details__body">{list}</div>
            </details>
        }
    })
}

/// `heading`: with a sentence where the list is not the whole.
fn list(
    cx: &RequestContext,
    trip: &Trip,
    unit: Unit,
    (heading, cut): (String, Option<String>),
    centers: Vec<Found>,
    more: AnyView,
) -> AnyView {
    let locale = cx.locale;
    let rows: Vec<_> = centers
        .into_iter()
        .map(|found| {
            let center = found.center;
            let distance =
                center.meters.map(|meters| tr!(locale, scheduling.away, distance = distance_words(locale, meters, unit)).to_string());
            let address = center.address_lines.join(", ");
            let accessible = center.has_accessible.then(|| tr!(locale, scheduling.accessible_here).to_owned());
            let href = trip.times_at(&center.code);
            let side = match found.first_free {
                Some(day) => view! {
                    <p class="small">
                        <span class="muted">{tr!(locale, scheduling.first_free)}</span>
                        <br/>
                        <time class="nowrap" datetime=day.to_string()>
                            {format::date_short(locale, day)}
                        </time>
                    </p>
                }
                .into_any(),
                None => view! { <p class="small muted">{tr!(locale, scheduling.no_free)}</p> }.into_any(),
            };
            view! {
                <li class="row">
                    <div class="row__main">
                        <a class="row__title" href=href>{center.name}</a>
                        <p class="row__text">{address}</p>
                        <p class="row__text">{[distance, accessible].into_iter().flatten().collect::<Vec<_>>().join(" · ")}</p>
                    </div>
                    <div class="row__side">{side}</div>
                </li>
            }
        })
        .collect();
    view! {
        <section class="stack" aria-labelledby="centers">
            <h2 class="h3" id="centers">{heading}</h2>
            {cut.map(|text| view! { <p class="muted">{text}</p> })}
            <ul class="rows">{rows}</ul>
            {more}
        </section>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_are_said_in_the_unit_with_a_decimal_where_it_says_something() {
        let en = |meters, unit| distance_words(Locale::en, meters, unit);
        assert_eq!((en(686.4, Unit::Km), en(686.4, Unit::Mi)), ("0.7 km".into(), "0.4 mi".into()));
        assert_eq!((en(40.0, Unit::Km), en(1000.0, Unit::Km), en(1040.0, Unit::Km)), ("0 km".into(), "1 km".into(), "1 km".into()));
        assert_eq!(
            (en(9_940.0, Unit::Km), en(9_960.0, Unit::Km), en(27_421.9, Unit::Km)),
            ("9.9 km".into(), "10 km".into(), "27 km".into())
        );
        assert_eq!(
            (en(1609.344, Unit::Mi), en(16_396.4, Unit::Mi), en(149_671.5, Unit::Mi)),
            ("1 mi".into(), "10 mi".into(), "93 mi".into())
        );
        assert_eq!(distance_words(Locale::es, 686.4, Unit::Km), "0,7 km");
        // The choices of the form stay whole in either unit.
        for unit in [Unit::Km, Unit::Mi] {
            let choices = [25, 50, 100].map(|radius| en(f64::from(radius) * unit.meters(), unit));
            assert_eq!(choices, [25, 50, 100].map(|number| format!("{number} {}", unit.as_str())));
        }
    }
}
