use super::{StateTag, utc_day};
use crate::credentials::badge::PNG_SIZES;
use crate::credentials::model::{Credential, Revoked};
use crate::credentials::open_badge::document_path;
use crate::credentials::revocation::pages::cause_text;
use crate::credentials::revocation::service::appeal_until;
use crate::credentials::rules::State;
use crate::credentials::{routes, service};
use crate::error::AppResult;
use crate::server::http::forms::encoded;
use crate::server::{RequestContext, format, request};
use crate::tr;
use crate::ui::{Alert, AlertKind, BackLink, Icon, PageHead, PageTitle, Summary, SummaryRow, loaded, param};
use chrono::Datelike;
use leptos::prelude::*;

/// `/credentials/:public_id`: one of the candidate's own credentials, to download and to show.
#[component]
pub fn CredentialPage() -> impl IntoView {
    let cx = request();
    let public_id = param("public_id");
    loaded(async move {
        let credential = service::own(&cx, &public_id).await?;
        let locale = cx.locale;
        let state = credential.state(cx.now());
        let (holder, shown_id) = (credential.holder(locale), credential.public_id.to_string());
        let (issued_at, expires_at) = (credential.issued_at, credential.expires_at);
        let off = match state {
            State::Active => None,
            State::Expired => Some(tr!(locale, credentials.own_expired)),
            State::Superseded => Some(tr!(locale, credentials.own_superseded)),
            State::Revoked => None,
        };
        let revoked = match credential.revoked.clone() {
            Some(revoked) => Some(why_revoked(&cx, revoked).await?),
            None => None,
        };
        Ok(view! {
            <PageTitle text=credential.certification.clone()/>
            <div class="wrap">
                <BackLink href="/credentials" label=tr!(locale, credentials.back)/>
                <PageHead kicker=credential.exam_code.clone() title=credential.certification.clone()/>
                <div class="split">
                    <div class="stack stack--l">
                        {off.map(|text| view! { <Alert kind=AlertKind::Warning><p>{text}</p></Alert> })}
                        {revoked}
                        <Summary>
                            <SummaryRow key=tr!(locale, credentials.state)><StateTag state/></SummaryRow>
                            <SummaryRow key=tr!(locale, credentials.holder)><bdi>{holder}</bdi></SummaryRow>
                            <SummaryRow key=tr!(locale, credentials.issued)>{utc_day(locale, issued_at)}</SummaryRow>
                            <SummaryRow key=tr!(locale, credentials.valid_until)>{utc_day(locale, expires_at)}</SummaryRow>
                            <SummaryRow key=tr!(locale, credentials.credential_id)>
                                <code class="id">{shown_id}</code>
                            </SummaryRow>
                        </Summary>
                        {downloads(&cx, &credential)}
                        {sharing(&cx, &credential, state)}
                    </div>
                    <aside class="split__aside">
                        <div class="card">
                            <img
                                src=routes::badge_svg_path(&credential)
                                alt=tr!(locale, credentials.badge_alt, name = credential.certification.clone()).to_string()
                                width="240"
                                height="240"
                            />
                            <h2 class="card__title">{tr!(locale, credentials.qr_title)}</h2>
                            <img
                                src=format!("/credentials/{}/qr.svg", credential.compact_id())
                                alt=tr!(locale, credentials.qr_alt)
                                width="160"
                                height="160"
                            />
                            <p class="card__text">{tr!(locale, credentials.qr_text)}</p>
                        </div>
                    </aside>
                </div>
            </div>
        })
    })
}

/// Since when and why, and what the holder can do.
async fn why_revoked(cx: &RequestContext, revoked: Revoked) -> AppResult<AnyView> {
    let locale = cx.locale;
    let day = |at| format::date(locale, format::day_in(at, cx.time_zone()));
    let support = cx.programme().support_email.clone();
    let (since, appeal) = match revoked.at {
        Some(at) => {
            let until = appeal_until(cx, at).await?;
            let appeal = match until >= cx.now() {
                true => tr!(locale, approvals.own_appeal, date = day(until), email = support).to_string(),
                false => tr!(locale, approvals.own_appeal_over, date = day(until)).to_string(),
            };
            (Some(tr!(locale, approvals.own_revoked_on, date = day(at)).to_string()), appeal)
        }
        None => (None, tr!(locale, credentials.own_revoked).to_owned()),
    };
    Ok(view! {
        <Alert kind=AlertKind::Danger title=tr!(locale, approvals.own_revoked_title)>
            {since.map(|since| view! { <p>{since}</p> })}
            <p>{cause_text(locale, revoked.cause)}</p>
            {revoked.note.map(|note| view! { <p class="said">{note}</p> })}
            <p>{appeal}</p>
        </Alert>
    }
    .into_any())
}

/// Makes the answer a file to keep rather than a picture to look at.
const AS_FILE: &str = "?download=1";

fn downloads(cx: &RequestContext, credential: &Credential) -> impl IntoView + use<> {
    let locale = cx.locale;
    let png = *PNG_SIZES.last().unwrap_or(&600);
    let button = |href: String, text: &'static str, class: &'static str| {
        view! {
            <a class=class href=href rel="external" download>
                <Icon name="download"/>
                {text}
            </a>
        }
    };
    view! {
        <section class="section">
            <h2>{tr!(locale, credentials.downloads)}</h2>
            <div class="stack">
                <div class="actions">
                    {button(routes::certificate_path(credential), tr!(locale, credentials.certificate_pdf), "btn btn--primary")}
                    {button(routes::badge_png_path(credential, png) + AS_FILE, tr!(locale, credentials.badge_png), "btn")}
                    {button(routes::badge_svg_path(credential) + AS_FILE, tr!(locale, credentials.badge_svg), "btn")}
                </div>
                <p>
                    {tr!(locale, credentials.signed_text)}
                    " "
                    <a href="/verify#check">{tr!(locale, credentials.check_title)}</a>
                </p>
                <p class="muted">{tr!(locale, credentials.signed_files)}</p>
                <div class="cluster">
                    {button(document_path(credential.public_id) + AS_FILE, tr!(locale, credentials.signed_jwt), "btn btn--small")}
                    {button(routes::badge_json_path(credential) + AS_FILE, tr!(locale, credentials.signed_json), "btn btn--small")}
                </div>
            </div>
        </section>
    }
}

fn sharing(cx: &RequestContext, credential: &Credential, state: State) -> impl IntoView + use<> {
    let locale = cx.locale;
    let url = cx.state.config.url(&credential.verify_path());
    let programme = cx.programme();
    let subject = credential.certification.clone();
    let mail = format!("mailto:?subject={}&body={}", encoded(&subject), encoded(&url));
    let link_for_linkedin = format!("https://www.linkedin.com/sharing/share-offsite/?url={}", encoded(&url));
    let add = linkedin_profile(credential, &programme.name, &url);
    view! {
        <section class="section stack">
            <h2>{tr!(locale, credentials.share_title)}</h2>
            <p>{tr!(locale, credentials.share_text)}</p>
            <div class="field">
                <label class="field__label" for="verify-link">{tr!(locale, credentials.verify_link)}</label>
                <p class="field__hint" id="verify-link-hint">{tr!(locale, credentials.verify_link_hint)}</p>
                <input class="input" id="verify-link" value=url.clone() readonly aria-describedby="verify-link-hint"/>
            </div>
            <div class="actions">
                <a class="btn" href=credential.verify_path()>
                    <Icon name="shield-check"/>
                    {tr!(locale, credentials.see_verification)}
                </a>
                {(state == State::Active)
                    .then(|| {
                        view! {
                            <a class="btn" href=add rel="external noopener" target="_blank">
                                <Icon name="external-link"/>
                                {tr!(locale, credentials.linkedin_add)}
                            </a>
                            <a class="btn" href=link_for_linkedin rel="external noopener" target="_blank">
                                <Icon name="external-link"/>
                                {tr!(locale, credentials.linkedin_share)}
                            </a>
                        }
                    })}
                <a class="btn" href=mail>
                    <Icon name="mail"/>
                    {tr!(locale, credentials.by_mail)}
                </a>
            </div>
        </section>
    }
}

/// LinkedIn's "add to profile" with everything filled in (domain.md).
fn linkedin_profile(credential: &Credential, organization: &str, url: &str) -> String {
    let (issued, expires) = (credential.issued_at.date_naive(), credential.expires_at.date_naive());
    let parameters = [
        ("name", credential.certification.clone()),
        ("organizationName", organization.to_owned()),
        ("issueYear", issued.year().to_string()),
        ("issueMonth", issued.month().to_string()),
        ("expirationYear", expires.year().to_string()),
        ("expirationMonth", expires.month().to_string()),
        ("certUrl", url.to_owned()),
        ("certId", credential.public_id.to_string()),
    ];
    let filled: String = parameters.iter().map(|(name, value)| format!("&{name}={}", encoded(value))).collect();
    format!("https://www.linkedin.com/profile/add?startTask=CERTIFICATION_NAME{filled}")
}
