//! The areas of the portal and the links inside them.

use crate::server::{Permission, request};
use crate::tr;
use crate::ui::Icon;
use leptos::prelude::*;

/// Which frame a page gets.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Area {
    /// Anybody's pages.
    Public,
    /// The signed-in candidate's: a second bar of links.
    Candidate,
    /// A side navigation.
    Staff,
    /// Another brand's page: none of ours around it.
    Bare,
}

/// First path segments of the candidate's area.
const CANDIDATE: &[&str] = &["dashboard", "schedule", "cart", "checkout", "exams", "results", "credentials", "orders", "account"];

pub fn area_of(path: &str) -> Area {
    match path.split('/').nth(1).unwrap_or_default() {
        "staff" => Area::Staff,
        "sandbox-pay" => Area::Bare,
        segment if CANDIDATE.contains(&segment) => Area::Candidate,
        _ => Area::Public,
    }
}

/// `aria-current` of a link: its page or a page below it.
pub fn current(path: &str, href: &str) -> Option<&'static str> {
    let here = path == href || path.strip_prefix(href).is_some_and(|rest| rest.starts_with('/'));
    here.then_some("page")
}

/// The candidate's second bar.
#[component]
pub fn SubNavigation() -> impl IntoView {
    let cx = request();
    let locale = cx.locale;
    let links = [
        ("/dashboard", tr!(locale, common.nav_overview)),
        ("/exams", tr!(locale, common.nav_exams)),
        ("/results", tr!(locale, common.nav_results)),
        ("/credentials", tr!(locale, common.nav_credentials)),
        ("/orders", tr!(locale, common.nav_orders)),
        ("/account", tr!(locale, common.nav_profile)),
    ];
    view! {
        <nav class="subnav" aria-label=tr!(locale, common.nav_account)>
            <div class="wrap">
                <ul class="subnav__list">
                    {links
                        .into_iter()
                        .map(|(href, label)| {
                            view! {
                                <li>
                                    <a class="subnav__link" href=href aria-current=current(&cx.path, href)>{label}</a>
                                </li>
                            }
                        })
                        .collect_view()}
                </ul>
            </div>
        </nav>
    }
}

/// Address, label, icon, and who sees the link.
type StaffLink = (&'static str, &'static str, &'static str, Permission);

/// The side navigation of staff: only what the viewer's roles open.
#[component]
pub fn StaffNavigation() -> impl IntoView {
    let cx = request();
    let locale = cx.locale;
    let links: &[StaffLink] = &[
        ("/staff", tr!(locale, staff.nav_home), "home", Permission::EnterStaffArea),
        ("/staff/results", tr!(locale, staff.nav_results), "list", Permission::ReadResults),
        ("/staff/credentials", tr!(locale, approvals.nav_credentials), "award", Permission::ReadCredentials),
        ("/staff/orders", tr!(locale, approvals.nav_orders), "receipt", Permission::ReadOrders),
        ("/staff/approvals", tr!(locale, approvals.title), "check-circle", Permission::ReadApprovals),
        ("/staff/accounts", tr!(locale, staff.nav_accounts), "users", Permission::ReadAccounts),
        ("/staff/recoveries", tr!(locale, staff.fa_title), "key", Permission::CheckIdentity),
        ("/staff/audit", tr!(locale, staff.nav_audit), "shield-check", Permission::ReadAuditLog),
    ];
    let mine: Vec<StaffLink> = links.iter().copied().filter(|(.., permission)| cx.staff(*permission).is_ok()).collect();
    view! {
        <nav class="side" aria-label=tr!(locale, common.nav_staff)>
            <details class="side__fold">
                <summary class="side__toggle">{tr!(locale, common.nav_menu)}</summary>
            </details>
            <div class="side__in">
                <p class="side__title">{tr!(locale, common.nav_staff)}</p>
                <ul class="side__list">
                    {mine
                        .into_iter()
                        .map(|(href, label, icon, _)| {
                            let here = if href == "/staff" { (cx.path == href).then_some("page") } else { current(&cx.path, href) };
                            view! {
                                <li>
                                    <a class="side__link" href=href aria-current=here>
                                        <Icon name=icon class="icon icon--s"/>
                                        {label}
                                    </a>
                                </li>
                            }
                        })
                        .collect_view()}
                </ul>
            </div>
        </nav>
    }
}
