use super::utc_day;
use crate::credentials::model::Credential;
use crate::credentials::rules::State;
use crate::credentials::{documents, routes};
use crate::server::request;
use crate::tr;
use crate::ui::{Summary, SummaryRow};
use leptos::prelude::*;

/// A credential as its record has it, for anybody: the badge, and the rows that every page about it shows. `title` is the
/// heading, at the level its page needs; the children are further rows.
#[component]
pub(super) fn CredentialCard(credential: Credential, title: AnyView, children: Children) -> impl IntoView {
    let cx = request();
    let locale = cx.locale;
    let (art, alt) =
        (routes::badge_svg_path(&credential), tr!(locale, credentials.badge_alt, name = credential.certification.clone()).to_string());
    let (holder, level) = (credential.holder(locale), documents::level_name(locale, &credential.level));
    let (exam, shown_id) = (credential.exam_code.clone(), credential.public_id.to_string());
    let (issued, until) = (utc_day(locale, credential.issued_at), utc_day(locale, credential.expires_at));
    let class = if credential.state(cx.now()) == State::Active { "cred" } else { "cred cred--off" };
    view! {
        <article class=class>
            <img
                class="cred__art"
                src=art
                alt=alt
                width="120"
                height="120"
            />
            <div class="cred__body">
                {title}
                <Summary class="summary summary--plain">
                    <SummaryRow key=tr!(locale, credentials.holder)><bdi>{holder}</bdi></SummaryRow>
                    <SummaryRow key=tr!(locale, credentials.level)>{level}</SummaryRow>
                    <SummaryRow key=tr!(locale, credentials.exam)>{exam}</SummaryRow>
                    <SummaryRow key=tr!(locale, credentials.issued)>{issued}</SummaryRow>
                    <SummaryRow key=tr!(locale, credentials.valid_until)>{until}</SummaryRow>
                    <SummaryRow key=tr!(locale, credentials.credential_id)>
                        <code class="id">{shown_id}</code>
                    </SummaryRow>
                    {children()}
                </Summary>
            </div>
        </article>
    }
}
