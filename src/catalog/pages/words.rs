//! Words for the catalogue's keys, and the tags of an exam.

use crate::catalog::model::{Certification, Exam, Level};
use crate::catalog::rules::{self, Phase};
use crate::money::Money;
use crate::server::format;
use crate::server::i18n::Locale;
use crate::tr;
use crate::ui::{Tag, Tone};
use chrono::NaiveDate;
use leptos::prelude::*;

pub fn level_name(locale: Locale, level: Level) -> &'static str {
    match level {
        Level::Foundational => tr!(locale, catalog.level_foundational),
        Level::Business => tr!(locale, catalog.level_business),
        Level::Associate => tr!(locale, catalog.level_associate),
        Level::Professional => tr!(locale, catalog.level_professional),
        Level::Specialty => tr!(locale, catalog.level_specialty),
    }
}

pub fn level_text(locale: Locale, level: Level) -> &'static str {
    match level {
        Level::Foundational => tr!(locale, catalog.level_foundational_text),
        Level::Business => tr!(locale, catalog.level_business_text),
        Level::Associate => tr!(locale, catalog.level_associate_text),
        Level::Professional => tr!(locale, catalog.level_professional_text),
        Level::Specialty => tr!(locale, catalog.level_specialty_text),
    }
}

/// A role's name; a role that this program has no word for is shown as it is written.
pub fn role_name(locale: Locale, role: &str) -> String {
    let name = match role {
        "business-analyst" => tr!(locale, catalog.role_business_analyst),
        "cloud-beginner" => tr!(locale, catalog.role_cloud_beginner),
        "cloud-engineer" => tr!(locale, catalog.role_cloud_engineer),
        "data-analyst" => tr!(locale, catalog.role_data_analyst),
        "data-engineer" => tr!(locale, catalog.role_data_engineer),
        "database-engineer" => tr!(locale, catalog.role_database_engineer),
        "developer" => tr!(locale, catalog.role_developer),
        "devops-engineer" => tr!(locale, catalog.role_devops_engineer),
        "executive" => tr!(locale, catalog.role_executive),
        "machine-learning-engineer" => tr!(locale, catalog.role_machine_learning_engineer),
        "network-engineer" => tr!(locale, catalog.role_network_engineer),
        "product-manager" => tr!(locale, catalog.role_product_manager),
        "project-manager" => tr!(locale, catalog.role_project_manager),
        "sales" => tr!(locale, catalog.role_sales),
        "security-engineer" => tr!(locale, catalog.role_security_engineer),
        "solutions-architect" => tr!(locale, catalog.role_solutions_architect),
        "system-administrator" => tr!(locale, catalog.role_system_administrator),
        other => return other.replace('-', " "),
    };
    name.to_owned()
}

/// A name that never breaks before its dash (`style/README.md`, "Rules").
pub fn unbroken(name: &str) -> String {
    name.replace(" –", "\u{a0}–")
}

/// Without decimals where there are none: for cards.
pub fn price_short(locale: Locale, price: &Money) -> String {
    let text = format::money(locale, price);
    match Money::exponent(&price.currency) {
        0 => text,
        exponent => {
            let zeros = "0".repeat(exponent as usize);
            let decimals = match locale {
                Locale::en => format!(".{zeros}"),
                Locale::es => format!(",{zeros}"),
            };
            text.replacen(&decimals, "", 1)
        }
    }
}

/// What is special about a certification on a day: beta, new, ending, followed by a newer version.
pub fn tags(locale: Locale, certification: &Certification, exam: Option<&Exam>, today: NaiveDate) -> Vec<AnyView> {
    let mut tags = vec![];
    if let Some(exam) = exam {
        if rules::phase(exam, today) == Phase::Beta {
            tags.push(view! { <Tag tone=Tone::Info text=tr!(locale, catalog.tag_beta)/> }.into_any());
        } else if rules::is_new(exam, today) {
            tags.push(view! { <Tag tone=Tone::Accent text=tr!(locale, catalog.tag_new)/> }.into_any());
        }
        if let Some(day) = rules::ends_soon(exam, today) {
            let date = format::date(locale, day);
            tags.push(view! { <Tag tone=Tone::Warn text=tr!(locale, catalog.tag_last_day, date = date).to_string()/> }.into_any());
        }
    }
    for announcement in &certification.announcements {
        let code = announcement.code.clone();
        tags.push(view! { <Tag tone=Tone::Off text=tr!(locale, catalog.tag_announced, code = code).to_string()/> }.into_any());
    }
    tags
}
