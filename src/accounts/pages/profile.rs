//! `/account` and `/account/edit`.

use super::flash;
use super::register::{
    CountryAndRegion, DefaultButton, LanguageAndZone, LocalityChoices, LocalityIslands, Names, Organisation, asked_for_regions,
};
use crate::accounts::api::ChangeProfile;
use crate::accounts::contact::pages::lines_of;
use crate::accounts::{contact, service};
use crate::server::i18n::{LANGUAGES, Locale};
use crate::server::{format, request};
use crate::tr;
use crate::ui::{Alert, AlertKind, BackLink, ErrorSummary, Form, PageHead, PageTitle, Summary, SummaryRow, Tag, Tone, loaded};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

#[component]
pub fn ProfilePage() -> impl IntoView {
    let cx = request();
    loaded(async move {
        let locale = cx.locale;
        let viewer = cx.viewer()?.clone();
        let profile = service::profile(&cx).await?;
        let contact = contact::service::contact(&cx).await?;
        let banner = crate::privacy::pages::erasure_banner(&cx).await?;
        let country = match locale {
            Locale::en => profile.country_name_en.clone(),
            Locale::es => profile.country_name_es.clone(),
        };
        let place = match profile.subdivision_name {
            Some(region) => format!("{region}, {country}"),
            None => country,
        };
        let language = LANGUAGES.iter().find(|(_, tag, _)| *tag == profile.language).map_or("English", |(.., name)| name);
        let zone = format!("{}, {}", profile.time_zone.replace('_', " "), format::zone_name(cx.now(), format::zone(&profile.time_zone)));
        let or_dash = |text: Option<String>| text.unwrap_or_else(|| "–".to_owned());
        let since = format::date(locale, format::day_in(profile.created_at, cx.time_zone()));
        let (full_name, verified) = (viewer.full_name(), viewer.email_verified);
        Ok(view! {
            <div class="wrap wrap--narrow stack stack--l">
                <PageTitle text=tr!(locale, accounts.profile_title)/>
                {flash(&cx, &[("saved", tr!(locale, accounts.done_saved))])}
                {banner}
                <PageHead title=tr!(locale, accounts.profile_title)>
                    <a class="btn" href="/account/edit">{tr!(locale, accounts.edit)}</a>
                    <a class="btn" href="/account/security">{tr!(locale, accounts.security_title)}</a>
                </PageHead>
                <section>
                    <h2>{tr!(locale, accounts.section_you)}</h2>
                    <Summary>
                        {profile
                            .candidate_id
                            .map(|id| {
                                view! {
                                    <SummaryRow key=tr!(locale, common.candidate_id)>
                                        <code class="id">{id}</code>
                                    </SummaryRow>
                                }
                            })}
                        <SummaryRow key=tr!(locale, accounts.legal_name)>
                            <span>{full_name}</span>
                            {profile.name_locked.then(|| view! { <p class="small muted">{tr!(locale, accounts.name_locked)}</p> })}
                        </SummaryRow>
                        <SummaryRow
                            key=tr!(locale, accounts.email)
                            change=("/account/emails".to_owned(), tr!(locale, common.change).to_owned())
                        >
                            <bdi>{viewer.email}</bdi>
                            " "
                            {if verified {
                                view! { <Tag tone=Tone::Ok text=tr!(locale, accounts.verified)/> }.into_any()
                            } else {
                                view! {
                                    <Tag tone=Tone::Warn text=tr!(locale, accounts.not_verified)/>
                                    " "
                                    <a href="/verify-email">{tr!(locale, accounts.resend)}</a>
                                }
                                    .into_any()
                            }}
                        </SummaryRow>
                        <SummaryRow key=tr!(locale, accounts.member_since)>
                            <time datetime=profile.created_at.to_rfc3339()>{since}</time>
                        </SummaryRow>
                    </Summary>
                </section>
                <section>
                    <h2>{tr!(locale, accounts.section_where)}</h2>
                    <Summary>
                        <SummaryRow key=tr!(locale, accounts.country_and_region)>{place}</SummaryRow>
                        <SummaryRow key=tr!(locale, accounts.language)>{language}</SummaryRow>
                        <SummaryRow key=tr!(locale, accounts.time_zone)>{zone}</SummaryRow>
                    </Summary>
                </section>
                <section>
                    <h2>{tr!(locale, contact.contact_title)}</h2>
                    <Summary>
                        <SummaryRow
                            key=tr!(locale, contact.address)
                            change=("/account/contact".to_owned(), tr!(locale, common.change).to_owned())
                        >
                            {lines_of(contact.address)}
                        </SummaryRow>
                        <SummaryRow
                            key=tr!(locale, contact.notices_title)
                            change=("/account/notifications".to_owned(), tr!(locale, common.change).to_owned())
                        >
                            {tr!(locale, contact.notices_short)}
                        </SummaryRow>
                    </Summary>
                </section>
                <section>
                    <h2>{tr!(locale, accounts.section_work)}</h2>
                    <Summary>
                        <SummaryRow key=tr!(locale, accounts.company)>{or_dash(profile.company)}</SummaryRow>
                        <SummaryRow key=tr!(locale, accounts.job_role)>{or_dash(profile.job_role)}</SummaryRow>
                        <SummaryRow key=tr!(locale, accounts.industry)>{or_dash(profile.industry)}</SummaryRow>
                        <SummaryRow
                            key=tr!(locale, contact.organisation_address)
                            change=("/account/contact".to_owned(), tr!(locale, common.change).to_owned())
                        >
                            {lines_of(contact.organisation)}
                        </SummaryRow>
                    </Summary>
                </section>
                <ul>
                    <li><a href="/agreement">{tr!(locale, accounts.agreement_title)}</a></li>
                    {viewer
                        .candidate_id
                        .is_some()
                        .then(|| view! { <li><a href="/account/guardian">{tr!(locale, contact.guardian_link)}</a></li> })}
                    <li><a href="/account/data">{tr!(locale, privacy.account_link)}</a></li>
                </ul>
            </div>
        })
    })
}

#[component]
pub fn ProfileEditPage() -> impl IntoView {
    let cx = request();
    loaded(async move {
        let locale = cx.locale;
        let profile = service::profile(&cx).await?;
        let choices = LocalityChoices::load(&cx, Some(profile.country.clone())).await?;
        let support = cx.programme().support_email.clone();
        let name = format!("{} {}", profile.given_name, profile.family_name);
        Ok(view! {
                    <div class="wrap wrap--narrow stack">
                        <BackLink href="/account" label=tr!(locale, accounts.profile_title)/>
                        {if asked_for_regions(&cx) {
                            view! { <leptos_meta::Title text=tr!(locale, accounts.edit_title)/> }.into_any()
                        } else {
                            view! { <PageTitle text=tr!(locale, accounts.edit_title)/> <ErrorSummary/> }.into_any()
                        }}
                        <PageHead title=tr!(locale, accounts.edit_title)/>
                        <Form action=ChangeProfile::PATH class="stack stack--l">
                            <DefaultButton label=tr!(locale, common.save)/>
        <div class="form">
                            <h2>{tr!(locale, accounts.legal_name)}</h2>
                            {if profile.name_locked {
                                view! {
                                    <Alert kind=AlertKind::Info title=name>
                                        <p>{tr!(locale, accounts.name_locked_text, support = support).to_string()}</p>
                                    </Alert>
                                }
                                    .into_any()
                            } else {
                                view! { <Names given_name=profile.given_name family_name=profile.family_name/> }.into_any()
                            }}
        </div>
        <div class="form">
                            <h2>{tr!(locale, accounts.section_where)}</h2>
                            <CountryAndRegion choices region=profile.subdivision.unwrap_or_default()/>
                            <LanguageAndZone language=profile.language time_zone=profile.time_zone/>
        </div>
        <div class="form">
                            <h2>{tr!(locale, accounts.section_work)}</h2>
                            <Organisation
                                company=profile.company.unwrap_or_default()
                                job_role=profile.job_role.unwrap_or_default()
                                industry=profile.industry.unwrap_or_default()
                            />
        </div>
        <div class="actions">
                                <button class="btn btn--primary">{tr!(locale, common.save)}</button>
                                <a class="btn btn--quiet" href="/account">{tr!(locale, common.cancel)}</a>
                            </div>
                        </Form>
                        <LocalityIslands/>
                    </div>
                })
    })
}
