//! The month calendar and the times of a day.

use super::Trip;
use crate::error::AppResult;
use crate::scheduling::api::Hold;
use crate::scheduling::rules::{DayPart, Slot};
use crate::scheduling::service;
use crate::scheduling::service::availability::{self, Month, Where};
use crate::server::i18n::Locale;
use crate::server::{RequestContext, format, request};
use crate::tr;
use crate::ui::{Alert, AlertKind, BackLink, ErrorSummary, Form, HiddenField, Icon, PageHead, PageTitle, Steps, form_value, loaded, param};
use chrono::{DateTime, Datelike, Days, Months, NaiveDate, Utc};
use chrono_tz::Tz;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

/// A day with this many times or fewer is marked as nearly full.
const FEW: usize = 3;

/// `/schedule/:exam_code/times?center=CODE|online=1&language=&month=&day=`.
#[component]
pub fn TimesPage() -> impl IntoView {
    let cx = request();
    let mut trip = Trip::of(&cx, param("exam_code"));
    trip.online = trip.center.is_none();
    loaded(async move {
        let locale = cx.locale;
        let booking = service::booking(&cx, &trip.exam, trip.replaces.as_deref()).await?;
        booking.eligible()?;
        booking.language(&trip.language)?;
        let at = {
            let mut conn = cx.state.db.acquire().await?;
            Where::find(&mut conn, &booking, trip.center.as_deref()).await?
        };
        let day: Option<NaiveDate> = cx.query("day").and_then(|day| day.parse().ok());
        let month = cx.query("month").and_then(|month| format!("{month}-01").parse().ok()).or(day);
        let found = availability::month(&cx, &booking, &at, &trip.language, trip.accessible, month).await?;
        let shown = month.or(found.days.first().map(|(day, _)| *day)).unwrap_or(found.first);
        let chosen = day.filter(|day| (day.year(), day.month()) == (shown.year(), shown.month()));
        let chosen = chosen.or(found.days.first().map(|(day, _)| *day));
        let zone = found.place.zone;
        let title = tr!(locale, scheduling.times_title);
        let kicker = format!("{} · {}", booking.exam.code, booking.exam.name);
        let place = match &at {
            Where::Center(center) => format!("{}, {}", center.name, center.city),
            Where::Online => tr!(locale, scheduling.online).to_owned(),
        };
        let lead = match &at {
            Where::Center(_) => tr!(locale, scheduling.times_lead_center, place = place, zone = zone_text(zone)).to_string(),
            Where::Online => tr!(locale, scheduling.times_lead_online, zone = zone_text(zone)).to_string(),
        };
        let back = if trip.online {
            (trip.start(), tr!(locale, scheduling.back_to_start))
        } else {
            (trip.centers(), tr!(locale, scheduling.back_to_centers))
        };
        let nothing = found.days.is_empty();
        let calendar = calendar(&cx, &trip, &found, shown, chosen);
        let times = times(&cx, &trip, &found, chosen, zone)?;
        let next = nothing.then(|| nothing_free(&cx, &trip, &found));
        Ok(view! {
            <PageTitle text=format!("{title}: {}", trip.exam)/>
            <div class="wrap stack stack--l">
                <div class="stack">
                    <BackLink href=back.0 label=back.1/>
                    <Steps steps=trip.steps(&cx, 2) current=2/>
                    <ErrorSummary/>
                    <PageHead title kicker lead/>
                </div>
                {next}
                <div class="sched">
                    <div class="sched__cal">{calendar}</div>
                    <div class="sched__times">{times}</div>
                </div>
            </div>
        })
    })
}

/// The zone by its name, as long as no moment is chosen.
fn zone_text(zone: Tz) -> String {
    zone.name().replace('_', " ")
}

fn zone_words(now: DateTime<Utc>, zone: Tz) -> String {
    format!("{}, {}", zone.name().replace('_', " "), format::zone_name(now, zone))
}

fn at_day(trip: &Trip, day: NaiveDate) -> String {
    format!("{}&day={day}#times", trip.times())
}

fn at_month(trip: &Trip, month: NaiveDate) -> String {
    format!("{}&month={}", trip.times(), month.format("%Y-%m"))
}

fn nothing_free(cx: &RequestContext, trip: &Trip, found: &Month) -> impl IntoView + use<> {
    let locale = cx.locale;
    let link = match found.next_free {
        Some(day) => {
            let words = tr!(locale, scheduling.next_free, day = format::date_long(locale, day)).to_string();
            view! { <p><a href=at_day(trip, day)>{words}</a></p> }.into_any()
        }
        None => view! { <p>{tr!(locale, scheduling.nothing_free_at_all)} " " <a href=trip.start()>{tr!(locale, scheduling.choose_other_place)}</a></p> }
            .into_any(),
    };
    view! {
        <Alert kind=AlertKind::Info title=tr!(locale, scheduling.nothing_free)>{link}</Alert>
    }
}

fn weekday_names(locale: Locale) -> Vec<(String, String)> {
    // 1 January 2024 was a Monday.
    let monday = NaiveDate::from_ymd_opt(2024, 1, 1).unwrap_or_default();
    let (short, long) = ("%a", "%A");
    let names = match locale {
        Locale::en => chrono::Locale::en_GB,
        Locale::es => chrono::Locale::es_ES,
    };
    (0..7)
        .map(|offset| monday + Days::new(offset))
        .map(|day| {
            let abbreviated: String = day.format_localized(short, names).to_string().chars().take(2).collect();
            (abbreviated, day.format_localized(long, names).to_string())
        })
        .collect()
}

fn calendar(cx: &RequestContext, trip: &Trip, found: &Month, shown: NaiveDate, chosen: Option<NaiveDate>) -> impl IntoView + use<> {
    let locale = cx.locale;
    let first = shown.with_day(1).unwrap_or(shown);
    let after = first.checked_add_months(Months::new(1)).unwrap_or(first);
    let start = first - Days::new(u64::from(first.weekday().num_days_from_monday()));
    let today = format::day_in(cx.now(), found.place.zone);
    let weeks: Vec<Vec<NaiveDate>> = (0..6)
        .map(|week| (0..7).map(|day| start + Days::new(week * 7 + day)).collect::<Vec<_>>())
        .filter(|week: &Vec<NaiveDate>| week.first().is_some_and(|monday| *monday < after))
        .collect();
    let cell = |day: NaiveDate| {
        let count = found.days.iter().find(|(free, _)| *free == day).map_or(0, |(_, slots)| slots.len());
        let now = if day == today { " is-today" } else { "" };
        if day < first || day >= after || day < today {
            return view! { <td><span class=format!("cal__day cal__day--out{now}")>{day.day()}</span></td> }.into_any();
        }
        if count == 0 {
            return view! { <td><span class=format!("cal__day cal__day--none{now}")>{day.day()}</span></td> }.into_any();
        }
        let kind = if count <= FEW { "cal__day--few" } else { "cal__day--free" };
        let label = format!("{}, {}", format::date_long(locale, day), tr!(locale, scheduling.times_count, count = count));
        let current = (Some(day) == chosen).then_some("true");
        view! {
            <td>
                <a class=format!("cal__day {kind}{now}") href=at_day(trip, day) aria-current=current>
                    <span aria-hidden="true">{day.day()}</span>
                    <span class="cal__n" aria-hidden="true">{count}</span>
                    <span class="vh">{label}</span>
                </a>
            </td>
        }
        .into_any()
    };
    let rows: Vec<_> = weeks.into_iter().map(|week| view! { <tr>{week.into_iter().map(cell).collect_view()}</tr> }).collect();
    let step = |month: NaiveDate, icon: &'static str, reachable: bool| {
        reachable.then(|| {
            view! {
                <a class="btn btn--icon btn--quiet" href=at_month(trip, month)>
                    <Icon name=icon class="icon icon--flip"/>
                    <span class="vh">{format::month(locale, month)}</span>
                </a>
            }
        })
    };
    let before = first.checked_sub_months(Months::new(1)).unwrap_or(first);
    let previous = step(before, "chevron-left", first > found.first);
    let next = step(after, "chevron-right", after <= found.last);
    view! {
        <div class="cal">
            <div class="cal__head">
                {previous}
                <h2 class="cal__title" id="cal-title">{format::month(locale, first)}</h2>
                {next}
            </div>
            <table class="cal__grid" aria-labelledby="cal-title">
                <thead>
                    <tr>
                        {weekday_names(locale)
                            .into_iter()
                            .map(|(short, long)| view! { <th scope="col"><abbr title=long>{short}</abbr></th> })
                            .collect_view()}
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
            <ul class="cal__key">
                <li><span class="cal__swatch cal__swatch--free"></span>{tr!(locale, scheduling.key_free)}</li>
                <li><span class="cal__swatch cal__swatch--few"></span>{tr!(locale, scheduling.key_few)}</li>
                <li><span class="cal__swatch"></span>{tr!(locale, scheduling.key_none)}</li>
            </ul>
        </div>
    }
}

fn part_name(locale: Locale, part: DayPart) -> &'static str {
    match part {
        DayPart::Night => tr!(locale, scheduling.night),
        DayPart::Morning => tr!(locale, scheduling.morning),
        DayPart::Afternoon => tr!(locale, scheduling.afternoon),
        DayPart::Evening => tr!(locale, scheduling.evening),
    }
}

fn times(cx: &RequestContext, trip: &Trip, found: &Month, chosen: Option<NaiveDate>, zone: Tz) -> AppResult<AnyView> {
    let locale = cx.locale;
    let Some(day) = chosen else {
        return Ok(().into_any());
    };
    let slots: Vec<Slot> = found.days.iter().find(|(free, _)| *free == day).map(|(_, slots)| slots.clone()).unwrap_or_default();
    let heading = format::date_long(locale, day);
    if slots.is_empty() {
        return Ok(view! {
            <h2 class="h3" id="times">{heading}</h2>
            <p class="slots__none">{tr!(locale, scheduling.day_full)}</p>
        }
        .into_any());
    }
    // An offset that changes within the day (clocks change at night) is said at each time.
    let offset = |slot: &Slot| format::zone_name(slot.starts_at, zone);
    let changes = slots.iter().any(|slot| offset(slot) != offset(&slots[0]));
    cx.label_field("slot", tr!(locale, scheduling.em_time));
    let typed = form_value("slot", None);
    let mut first = true;
    let mut groups = vec![];
    for part in [DayPart::Night, DayPart::Morning, DayPart::Afternoon, DayPart::Evening] {
        let mine: Vec<Slot> =
            slots.iter().copied().filter(|slot| DayPart::of(slot.starts_at.with_timezone(&zone).time()) == part).collect();
        if mine.is_empty() && part == DayPart::Night {
            continue;
        }
        let count = mine.len();
        let options: Vec<_> = mine
            .into_iter()
            .map(|slot| {
                let value = slot.starts_at.to_rfc3339();
                let id = if std::mem::take(&mut first) { "slot".to_owned() } else { format!("slot-{}", slot.starts_at.timestamp()) };
                let checked = typed.as_deref() == Some(value.as_str());
                let note = match (changes, slot.seats, trip.online) {
                    (true, ..) => Some(offset(&slot)),
                    (_, 1, false) => Some(tr!(locale, scheduling.last_seat).to_owned()),
                    _ => None,
                };
                view! {
                    <label class="slot">
                        <input class="slot__input" type="radio" name="slot" id=id value=value checked=checked/>
                        <span class="slot__time">{format::time(locale, slot.starts_at.with_timezone(&zone).time())}</span>
                        {note.map(|note| view! { <span class="slot__note">{note}</span> })}
                    </label>
                }
            })
            .collect();
        groups.push(view! {
            <fieldset class="slots">
                <legend class="slots__part">
                    {part_name(locale, part)} " "
                    {(count > 0).then(|| view! { <span class="slots__count">{tr!(locale, scheduling.times_count, count = count).to_string()}</span> })}
                </legend>
                {if options.is_empty() {
                    view! { <p class="slots__none">{tr!(locale, scheduling.no_times)}</p> }.into_any()
                } else {
                    view! { <div class="slots__list">{options}</div> }.into_any()
                }}
            </fieldset>
        });
    }
    let minutes = tr!(locale, scheduling.hold_hint).to_owned();
    let zone_now = zone_words(slots[0].starts_at, zone);
    let (exam, language) = (trip.exam.clone(), trip.language.clone());
    let (center, replaces) = (trip.center.clone().unwrap_or_default(), trip.replaces.clone().unwrap_or_default());
    let accessible = if trip.accessible { "1" } else { "" };
    Ok(view! {
        <h2 class="h3" id="times"><time datetime=day.to_string()>{heading}</time></h2>
        <Form action=Hold::PATH class="stack">
            <HiddenField name="exam" value=exam/>
            <HiddenField name="language" value=language/>
            <HiddenField name="center" value=center/>
            <HiddenField name="replaces" value=replaces/>
            <HiddenField name="accessible" value=accessible/>
            <p class="small muted">{zone_now}</p>
            <div class="slotgroups">{groups}</div>
            <p class="small muted">{minutes}</p>
            <div class="actions">
                <button class="btn btn--primary">{tr!(locale, scheduling.hold_button)}</button>
            </div>
        </Form>
    }
    .into_any())
}
