//! Tables that become cards on a phone, and pages of a long list.

use super::feedback::Icon;
use crate::server::request;
use crate::tr;
use leptos::prelude::*;

/// A table: the caption, `(label, is a number)` of each column, and the rows as `<tr>`s of the caller's making, whose
/// cells carry `role` and `data-label` (`style/README.md`, "Table").
#[component]
pub fn Table(
    #[prop(into)] caption: String,
    columns: Vec<(String, bool)>,
    #[prop(optional)] dense: bool,
    children: Children,
) -> impl IntoView {
    view! {
        <div class="tablewrap">
            <table class=if dense { "table table--dense" } else { "table" } role="table">
                <caption class="table__caption">{caption}</caption>
                <thead role="rowgroup">
                    <tr role="row">
                        {columns
                            .into_iter()
                            .map(|(label, number)| {
                                view! { <th scope="col" role="columnheader" class=number.then_some("num")>{label}</th> }
                            })
                            .collect_view()}
                    </tr>
                </thead>
                <tbody role="rowgroup">{children()}</tbody>
            </table>
        </div>
    }
}

/// Links to the pages of a list. `href` makes the address of a page, counted from 1.
#[component]
pub fn Pages<F>(current: i64, total: i64, href: F) -> impl IntoView
where
    F: Fn(i64) -> String + 'static,
{
    let locale = request().locale;
    (total > 1).then(|| {
        view! {
            <nav class="pages" aria-label=tr!(locale, common.pages)>
                {(current > 1)
                    .then(|| {
                        view! {
                            <a class="pages__step" href=href(current - 1) rel="prev">
                                <Icon name="chevron-left" class="icon icon--s icon--flip"/>
                                {tr!(locale, common.previous)}
                            </a>
                        }
                    })}
                <p>{tr!(locale, common.page_of, page = current, total = total).to_string()}</p>
                {(current < total)
                    .then(|| {
                        view! {
                            <a class="pages__step" href=href(current + 1) rel="next">
                                {tr!(locale, common.next)}
                                <Icon name="chevron-right" class="icon icon--s icon--flip"/>
                            </a>
                        }
                    })}
            </nav>
        }
    })
}
