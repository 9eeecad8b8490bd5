//! `/register`: everything a candidate is asked for, and `/register/sent`, which says the same to everybody.

use crate::accounts::api::{Register, ResendVerification};
use crate::accounts::islands::{GuessTimeZone, RegionsFollowCountry};
use crate::accounts::{service, zones};
use crate::server::i18n::{self, LANGUAGES};
use crate::server::{RequestContext, request};
use crate::tr;
use crate::ui::{
    CheckboxField, Choice, Details, ErrorSummary, Form, HiddenField, PageHead, PageTitle, PasswordField, SelectField, TextField,
    form_value, loaded,
};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use std::sync::Arc;

/// The regions of another country were asked for: the page comes again and nothing is wrong.
pub fn asked_for_regions(cx: &RequestContext) -> bool {
    cx.form.as_ref().is_some_and(|form| form.submitted.get("show_regions").is_some())
}

/// Country, region, language and time zone: the same on registration and profile. Loaded before the form is built.
pub struct LocalityChoices {
    countries: Vec<Choice>,
    regions: Vec<Choice>,
    country: String,
}

impl LocalityChoices {
    /// For the country that was typed, else `country`.
    pub async fn load(cx: &Arc<RequestContext>, country: Option<String>) -> Result<Self, crate::error::AppError> {
        let typed = cx.form.as_ref().and_then(|form| form.submitted.get("country").map(str::to_owned));
        let country = typed.or(country).unwrap_or_default();
        let countries = service::countries(&cx.state, cx.locale).await?;
        let regions = service::regions(&cx.state, &country).await?;
        Ok(Self {
            countries: countries.into_iter().map(|(code, name)| Choice::new(code, name)).collect(),
            regions: regions.into_iter().map(|region| Choice::new(region.code, region.name)).collect(),
            country,
        })
    }
}

#[component]
pub fn CountryAndRegion(choices: LocalityChoices, #[prop(optional, into)] region: Option<String>) -> impl IntoView {
    let locale = request().locale;
    let LocalityChoices { countries, regions, country } = choices;
    let prompt = match (country.is_empty(), regions.is_empty()) {
        (true, _) => tr!(locale, accounts.region_after_country),
        (false, true) => tr!(locale, accounts.region_none),
        (false, false) => tr!(locale, accounts.choose),
    };
    view! {
        <SelectField
            name="country"
            label=tr!(locale, accounts.country)
            choices=countries
            value=country
            prompt=tr!(locale, accounts.choose)
            autocomplete="country"
        />
        // Without scripts the regions come with the page: this asks for it again with the chosen country's.
        <noscript>
            <p>
                <button class="btn btn--small" name="show_regions" value="1">
                    {tr!(locale, accounts.show_regions)}
                </button>
            </p>
        </noscript>
        <SelectField name="region" label=tr!(locale, accounts.region) choices=regions value=region.unwrap_or_default() prompt=prompt/>
    }
}

#[component]
pub fn LanguageAndZone(#[prop(into)] language: String, #[prop(optional, into)] time_zone: Option<String>) -> impl IntoView {
    let locale = request().locale;
    let languages = LANGUAGES.iter().map(|(_, tag, name)| Choice::new(*tag, *name)).collect();
    // Nobody has a zone yet: the browser's is guessed where scripts run, the country's main one is taken where they do not.
    let guess = time_zone.is_none();
    let prompt = guess.then(|| tr!(locale, accounts.zone_by_country).to_owned());
    let zone_field = match prompt {
        Some(prompt) => view! {
            <SelectField
                name="time_zone"
                label=tr!(locale, accounts.time_zone)
                hint=tr!(locale, accounts.time_zone_hint)
                choices=zones::choices()
                prompt=prompt
            />
        }
        .into_any(),
        None => view! {
            <SelectField
                name="time_zone"
                label=tr!(locale, accounts.time_zone)
                hint=tr!(locale, accounts.time_zone_hint)
                choices=zones::choices()
                value=time_zone.unwrap_or_default()
            />
        }
        .into_any(),
    };
    view! {
        <SelectField name="language" label=tr!(locale, accounts.language) hint=tr!(locale, accounts.language_hint) choices=languages value=language/>
        {zone_field}
    }
}

#[component]
pub fn Organisation(
    #[prop(optional, into)] company: Option<String>,
    #[prop(optional, into)] job_role: Option<String>,
    #[prop(optional, into)] industry: Option<String>,
) -> impl IntoView {
    let locale = request().locale;
    view! {
        <TextField
            name="company"
            label=tr!(locale, accounts.company)
            value=company.unwrap_or_default()
            autocomplete="organization"
            optional=true
        />
        <TextField
            name="job_role"
            label=tr!(locale, accounts.job_role)
            value=job_role.unwrap_or_default()
            autocomplete="organization-title"
            optional=true
        />
        <TextField name="industry" label=tr!(locale, accounts.industry) value=industry.unwrap_or_default() optional=true/>
    }
}

/// Given and family name, and how they must match the ID.
#[component]
pub fn Names(#[prop(optional, into)] given_name: Option<String>, #[prop(optional, into)] family_name: Option<String>) -> impl IntoView {
    let locale = request().locale;
    view! {
        <div class="inset"><p>{tr!(locale, accounts.name_rule)}</p></div>
        <TextField
            name="given_name"
            label=tr!(locale, accounts.given_name)
            hint=tr!(locale, accounts.given_name_hint)
            value=given_name.unwrap_or_default()
            autocomplete="given-name"
        />
        <TextField
            name="family_name"
            label=tr!(locale, accounts.family_name)
            hint=tr!(locale, accounts.family_name_hint)
            value=family_name.unwrap_or_default()
            autocomplete="family-name"
        />
        <Details summary=tr!(locale, accounts.name_help_title)>
            <ul>
                <li>{tr!(locale, accounts.name_help_same)}</li>
                <li>{tr!(locale, accounts.name_help_two)}</li>
                <li>{tr!(locale, accounts.name_help_nicknames)}</li>
                <li>{tr!(locale, accounts.name_help_locked)}</li>
            </ul>
        </Details>
    }
}

/// Enter in a field presses the first button of a form: this one, not the one that asks for regions.
#[component]
pub fn DefaultButton(label: &'static str) -> impl IntoView {
    view! { <button class="vh" tabindex="-1" aria-hidden="true">{label}</button> }
}

/// What the fields above do beyond that where scripts run. Stands after the form: an island is an element, and would take its
/// place among the fields.
#[component]
pub fn LocalityIslands() -> impl IntoView {
    let locale = request().locale;
    view! {
        <RegionsFollowCountry
            country="country".to_owned()
            region="region".to_owned()
            prompt=tr!(locale, accounts.choose).to_owned()
            none=tr!(locale, accounts.region_none).to_owned()
        />
        <GuessTimeZone input="time_zone".to_owned()/>
    }
}

#[component]
pub fn RegisterPage() -> impl IntoView {
    let cx = request();
    let locale = cx.locale;
    if cx.viewer().is_ok() {
        return super::go("/dashboard");
    }
    loaded(async move {
        let choices = LocalityChoices::load(&cx, None).await?;
        let programme = cx.programme();
        let only_regions = asked_for_regions(&cx);
        let language = i18n::tag(locale);
        Ok(view! {
            <div class="wrap wrap--narrow stack stack--l">
                {if only_regions {
                    view! { <leptos_meta::Title text=tr!(locale, accounts.register_title)/> }.into_any()
                } else {
                    view! { <PageTitle text=tr!(locale, accounts.register_title)/> <ErrorSummary/> }.into_any()
                }}
                <PageHead title=tr!(locale, accounts.register_title) lead=tr!(locale, accounts.register_lead)/>
                <p>{tr!(locale, accounts.have_account)} " " <a href="/login">{tr!(locale, accounts.sign_in)}</a></p>
                <Form action=Register::PATH class="stack stack--l">
                    <DefaultButton label=tr!(locale, accounts.register_button)/>
                    <div class="form">
                        <h2>{tr!(locale, accounts.section_you)}</h2>
                        <TextField
                            name="email"
                            kind="email"
                            label=tr!(locale, accounts.email)
                            hint=tr!(locale, accounts.email_hint)
                            autocomplete="email"
                        />
                        <Names/>
                    </div>
                    <div class="form">
                        <h2>{tr!(locale, accounts.section_where)}</h2>
                        <CountryAndRegion choices region=form_value("region", None).unwrap_or_default()/>
                        <LanguageAndZone language/>
                    </div>
                    <div class="form">
                        <h2>{tr!(locale, accounts.section_work)}</h2>
                        <Organisation/>
                    </div>
                    <div class="form">
                        <h2>{tr!(locale, accounts.section_password)}</h2>
                        <PasswordField name="password" label=tr!(locale, accounts.password) rules=super::password_rules(&cx, false)/>
                    </div>
                    <div class="form">
                        <h2>{tr!(locale, accounts.agreement_title)}</h2>
                        <HiddenField name="agreement_version" value=programme.agreement_version.clone()/>
                        <CheckboxField
                            name="agreement"
                            label=move || {
                                view! {
                                    {tr!(locale, accounts.agree_before)} " "
                                    <a href="/agreement" target="_blank">{tr!(locale, accounts.agree_link)}</a>
                                }
                            }
                        />
                    </div>
                    <div class="actions">
                        <button class="btn btn--primary">{tr!(locale, accounts.register_button)}</button>
                    </div>
                </Form>
                <LocalityIslands/>
            </div>
        })
    })
}

/// `/register/sent`: the same whether the address was new or had an account.
#[component]
pub fn RegisterSentPage() -> impl IntoView {
    let locale = request().locale;
    view! {
        <div class="wrap wrap--narrow stack">
            <PageTitle text=tr!(locale, accounts.sent_title)/>
            <PageHead title=tr!(locale, accounts.sent_title) lead=tr!(locale, accounts.sent_lead)/>
            <ol class="next">
                <li>{tr!(locale, accounts.sent_step_open)}</li>
                <li>{tr!(locale, accounts.sent_step_sign_in)}</li>
                <li>{tr!(locale, accounts.sent_step_book)}</li>
            </ol>
            <Details summary=tr!(locale, accounts.sent_nothing_title)>
                <p>{tr!(locale, accounts.sent_nothing_text)}</p>
                <p><a href="/verify-email">{tr!(locale, accounts.sent_nothing_link)}</a></p>
            </Details>
        </div>
    }
}

/// The form that sends the link again: for somebody signed in a button, else with the address.
#[component]
pub fn ResendForm() -> impl IntoView {
    let cx = request();
    let locale = cx.locale;
    let signed_in = cx.viewer().is_ok();
    view! {
        <Form action=ResendVerification::PATH>
            {(!signed_in)
                .then(|| {
                    view! { <TextField name="email" kind="email" label=tr!(locale, accounts.email) autocomplete="email"/> }
                })}
            <div class="actions">
                <button class="btn btn--primary">{tr!(locale, accounts.resend)}</button>
            </div>
        </Form>
    }
}
