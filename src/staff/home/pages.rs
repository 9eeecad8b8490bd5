use super::service;
use crate::server::{format, request};
use crate::tr;
use crate::ui::{Empty, PageTitle, Table, loaded};
use leptos::prelude::*;

/// `/staff`: what waits for the viewer.
#[component]
pub fn StaffHomePage() -> impl IntoView {
    let cx = request();
    loaded(async move {
        let overview = service::overview(&cx).await?;
        let locale = cx.locale;
        let day = format::day_in(cx.now(), cx.time_zone());
        let nothing =
            overview.results.is_none() && overview.recoveries.is_none() && overview.approvals.is_none() && overview.today.is_none();
        let total: Option<i64> = overview.today.as_ref().map(|places| places.iter().map(|place| place.appointments).sum());
        let stat = |label: &'static str, value: i64, href: Option<&'static str>| {
            view! {
                <div class="stat">
                    <dt class="stat__label">{label}</dt>
                    <dd class="stat__value num">{value}</dd>
                    {href.map(|href| view! { <dd class="stat__note"><a href=href>{tr!(locale, staff.look)}</a></dd> })}
                </div>
            }
        };
        let name = cx.viewer()?.given_name.clone();
        Ok(view! {
            <PageTitle text=tr!(locale, staff.title)/>
            <h1>{tr!(locale, staff.hello, name = name).to_string()}</h1>
            <p class="muted"><time datetime=day.to_string()>{format::date_long(locale, day)}</time></p>
            {nothing
                .then(|| {
                    view! { <Empty icon="inbox" title=tr!(locale, staff.nothing_title) text=tr!(locale, staff.nothing_text)/> }
                })}
            <dl class="stats">
                {overview.results.map(|counts| stat(tr!(locale, staff.waiting_results), counts.waiting, Some("/staff/results")))}
                {overview.results.map(|counts| stat(tr!(locale, staff.open_imports), counts.open_imports, Some("/staff/results")))}
                {overview.recoveries.map(|count| stat(tr!(locale, staff.fa_waiting), count, Some("/staff/recoveries")))}
                {overview.approvals.map(|count| stat(tr!(locale, approvals.waiting), count, Some("/staff/approvals")))}
                {total.map(|total| stat(tr!(locale, staff.appointments_today), total, None))}
            </dl>
            {overview
                .today
                .filter(|places| !places.is_empty())
                .map(|places| {
                    let rows = places
                        .into_iter()
                        .map(|place| {
                            let name = place.place.unwrap_or_else(|| tr!(locale, staff.online).to_owned());
                            view! {
                                <tr role="row">
                                    <th scope="row" role="rowheader">{name}</th>
                                    <td role="cell" data-label=tr!(locale, staff.city)>{place.city.unwrap_or_else(|| "–".into())}</td>
                                    <td role="cell" class="num" data-label=tr!(locale, staff.appointments)>{place.appointments}</td>
                                </tr>
                            }
                        })
                        .collect_view();
                    view! {
                        <Table
                            caption=tr!(locale, staff.today_caption)
                            dense=true
                            columns=vec![
                                (tr!(locale, staff.place).to_owned(), false),
                                (tr!(locale, staff.city).to_owned(), false),
                                (tr!(locale, staff.appointments).to_owned(), true),
                            ]
                        >
                            {rows}
                        </Table>
                    }
                })}
        })
    })
}
