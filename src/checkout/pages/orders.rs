//! Every order of the candidate.

use super::state_tag;
use crate::checkout::service;
use crate::server::{format, request};
use crate::tr;
use crate::ui::{Empty, PageHead, PageTitle, Pages, Table, Time, loaded};
use leptos::prelude::*;

#[component]
pub fn OrdersPage() -> impl IntoView {
    let cx = request();
    loaded(async move {
        let locale = cx.locale;
        let page = cx.query("page").and_then(|page| page.parse().ok()).unwrap_or(1).max(1);
        let (orders, pages) = service::orders(&cx, page).await?;
        let zone = cx.time_zone();
        let body = if orders.is_empty() {
            view! {
                <Empty icon="receipt" title=tr!(locale, checkout.orders_empty_title) text=tr!(locale, checkout.orders_empty_text)>
                    <a class="btn btn--primary" href="/certifications">{tr!(locale, checkout.browse)}</a>
                </Empty>
            }
            .into_any()
        } else {
            let columns = vec![
                (tr!(locale, checkout.order).to_owned(), false),
                (tr!(locale, checkout.date).to_owned(), false),
                (tr!(locale, checkout.items).to_owned(), false),
                (tr!(locale, checkout.state).to_owned(), false),
                (tr!(locale, checkout.total).to_owned(), true),
            ];
            let rows = orders
                .into_iter()
                .map(|order| {
                    let date = format::date_short(locale, format::day_in(order.placed_at, zone));
                    view! {
                        <tr role="row">
                            <th scope="row" role="rowheader">
                                <a class="nowrap" href=format!("/orders/{}", order.number)>{order.number.clone()}</a>
                            </th>
                            <td role="cell" data-label=tr!(locale, checkout.date)>
                                <Time datetime=order.placed_at.to_rfc3339() text=date/>
                            </td>
                            <td role="cell" data-label=tr!(locale, checkout.items)>{order.items.join(", ")}</td>
                            <td role="cell" data-label=tr!(locale, checkout.state)>{state_tag(locale, order.state)}</td>
                            <td role="cell" class="num" data-label=tr!(locale, checkout.total)>{format::money(locale, &order.total)}</td>
                        </tr>
                    }
                })
                .collect_view();
            view! {
                <Table caption=tr!(locale, checkout.orders_caption) columns>{rows}</Table>
                <Pages current=page total=pages href=|page| format!("/orders?page={page}")/>
            }
            .into_any()
        };
        Ok(view! {
            <PageTitle text=tr!(locale, checkout.orders_title)/>
            <div class="wrap">
                <PageHead title=tr!(locale, checkout.orders_title)/>
                {body}
            </div>
        })
    })
}
