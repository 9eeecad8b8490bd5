use super::{StateTag, utc_day};
use crate::credentials::model::Credential;
use crate::credentials::rules::State;
use crate::credentials::{routes, service};
use crate::server::{RequestContext, request};
use crate::tr;
use crate::ui::{Empty, Icon, PageHead, PageTitle, loaded};
use leptos::prelude::*;

/// `/credentials`: what the candidate holds.
#[component]
pub fn CredentialsPage() -> impl IntoView {
    let cx = request();
    loaded(async move {
        let credentials = service::mine(&cx).await?;
        let locale = cx.locale;
        let none = credentials.is_empty();
        let (active, others): (Vec<_>, Vec<_>) =
            credentials.into_iter().partition(|credential| credential.state(cx.now()) == State::Active);
        let cards = |credentials: Vec<Credential>| credentials.iter().map(|credential| card(&cx, credential)).collect_view();
        Ok(view! {
            <PageTitle text=tr!(locale, credentials.title)/>
            <div class="wrap">
                <PageHead title=tr!(locale, credentials.title) lead=tr!(locale, credentials.lead)/>
                {none
                    .then(|| {
                        view! {
                            <Empty icon="award" title=tr!(locale, credentials.empty_title) text=tr!(locale, credentials.empty_text)>
                                <a class="btn btn--primary" href="/certifications">{tr!(locale, credentials.browse)}</a>
                            </Empty>
                        }
                    })}
                <div class="stack stack--xl">
                    {(!active.is_empty())
                        .then(|| {
                            view! {
                                <section class="stack">
                                    <h2>{tr!(locale, credentials.active_ones)}</h2>
                                    {cards(active)}
                                </section>
                            }
                        })}
                    {(!others.is_empty())
                        .then(|| {
                            view! {
                                <section class="stack">
                                    <h2>{tr!(locale, credentials.other_ones)}</h2>
                                    {cards(others)}
                                </section>
                            }
                        })}
                </div>
            </div>
        })
    })
}

fn card(cx: &RequestContext, credential: &Credential) -> impl IntoView + use<> {
    let locale = cx.locale;
    let state = credential.state(cx.now());
    let page = format!("/credentials/{}", credential.compact_id());
    let name = credential.certification.clone();
    view! {
        <article class=if state == State::Active { "cred" } else { "cred cred--off" }>
            <img class="cred__art" src=routes::badge_svg_path(credential) alt="" width="120" height="120"/>
            <div class="cred__body">
                <p class="cred__state"><StateTag state/></p>
                <h3 class="cred__title"><a href=page.clone()>{name.clone()}</a></h3>
                <dl class="cred__facts">
                    <div><dt>{tr!(locale, credentials.exam)}</dt><dd>{credential.exam_code.clone()}</dd></div>
                    <div><dt>{tr!(locale, credentials.issued)}</dt><dd>{utc_day(locale, credential.issued_at)}</dd></div>
                    <div><dt>{tr!(locale, credentials.valid_until)}</dt><dd>{utc_day(locale, credential.expires_at)}</dd></div>
                    <div>
                        <dt>{tr!(locale, credentials.credential_id)}</dt>
                        <dd><code class="id">{credential.public_id.to_string()}</code></dd>
                    </div>
                </dl>
                <div class="cred__actions">
                    <a class="btn btn--small" href=routes::certificate_path(credential) rel="external" download>
                        <Icon name="download" class="icon icon--s"/>
                        {tr!(locale, credentials.certificate)}
                        <span class="vh">" " {name.clone()}</span>
                    </a>
                    <a class="btn btn--small" href=page>
                        <Icon name="share" class="icon icon--s"/>
                        {tr!(locale, credentials.open)}
                        <span class="vh">" " {name}</span>
                    </a>
                </div>
            </div>
        </article>
    }
}
