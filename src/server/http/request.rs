//! What a page, a server function or a file route knows of the request it answers.

use crate::error::{AppError, AppResult, Conflict};
use crate::ids::{AccountId, ActingId, SessionId};
use crate::server::format;
use crate::server::http::FormState;
use crate::server::http::acting::Acting;
use crate::server::http::permissions;
use crate::server::i18n::Locale;
use crate::server::programme::Programme;
use crate::server::state::AppState;
use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use leptos::prelude::*;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

pub use crate::server::http::permissions::{Permission, Role};

/// Who is signed in. Read anew for every request: a role taken away acts on the next one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Viewer {
    pub session_id: SessionId,
    pub account_id: AccountId,
    pub candidate_id: Option<String>,
    pub given_name: String,
    pub family_name: String,
    pub email: String,
    pub email_verified: bool,
    pub language: String,
    pub time_zone: String,
    pub country: String,
    pub roles: Vec<Role>,
    /// A second factor is enrolled. Staff see nothing without one.
    pub has_factor: bool,
    /// The password was right, the second factor is still owed.
    pub awaiting_factor: bool,
    /// Last proof of password or factor.
    pub proved_at: DateTime<Utc>,
    /// The acting for a candidate that the session is in ([`super::acting`]).
    pub acting: Option<ActingId>,
}

impl Viewer {
    pub fn is_staff(&self) -> bool {
        !self.roles.is_empty()
    }

    pub fn full_name(&self) -> String {
        format!("{} {}", self.given_name, self.family_name)
    }
}

/// One request. Given to pages and server functions through the context, and to plain routes as an extension.
pub struct RequestContext {
    pub state: AppState,
    pub viewer: Option<Viewer>,
    /// A member of staff acts as the viewer, who is a candidate.
    pub acting: Option<Acting>,
    pub locale: Locale,
    pub path: String,
    /// Decoded query parameters; the last one of a name counts.
    pub query: HashMap<String, String>,
    /// The client's network address, behind as many proxies as are trusted.
    pub address: IpAddr,
    pub user_agent: String,
    /// The host and port that the client says it has asked for. Theirs to choose: the portal's own is `config.public_url`.
    pub host: String,
    /// The browser's cookies, without the session's.
    pub cookies: HashMap<String, String>,
    /// `light`, `dark` or `system`: the reader's choice, kept in a cookie.
    pub theme: String,
    /// The page is rendered again because its form was refused.
    pub form: Option<FormState>,
    /// Labels of the fields made so far, by their names: see [`RequestContext::label_field`].
    labels: Mutex<HashMap<String, String>>,
    /// The time of the request: one value for everything it does.
    now: DateTime<Utc>,
}

impl RequestContext {
    pub fn new(state: AppState, address: IpAddr) -> Self {
        let now = state.clock.now();
        Self {
            state,
            viewer: None,
            acting: None,
            locale: Locale::en,
            path: "/".into(),
            query: HashMap::new(),
            address,
            user_agent: String::new(),
            host: String::new(),
            cookies: HashMap::new(),
            theme: "system".into(),
            form: None,
            labels: Mutex::default(),
            now,
        }
    }

    pub fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    /// The same request, for another go at answering it.
    pub fn again(&self) -> Self {
        Self {
            state: self.state.clone(),
            viewer: self.viewer.clone(),
            acting: self.acting.clone(),
            locale: self.locale,
            path: self.path.clone(),
            query: self.query.clone(),
            address: self.address,
            user_agent: self.user_agent.clone(),
            host: self.host.clone(),
            cookies: self.cookies.clone(),
            theme: self.theme.clone(),
            form: None,
            labels: Mutex::default(),
            now: self.now,
        }
    }

    /// A field of the page tells its label. The error summary stands before the fields in the document but is written after
    /// they were made, and so can say which field each refusal means.
    pub fn label_field(&self, name: &str, label: &str) {
        if self.form.is_some() {
            self.labels.lock().unwrap_or_else(PoisonError::into_inner).insert(name.to_owned(), label.to_owned());
        }
    }

    /// The label of a field of the page that was made already.
    pub fn field_label(&self, name: &str) -> Option<String> {
        self.labels.lock().unwrap_or_else(PoisonError::into_inner).get(name).cloned()
    }

    pub fn now(&self) -> DateTime<Utc> {
        self.now
    }

    pub fn programme(&self) -> Arc<Programme> {
        self.state.programme.get()
    }

    /// The viewer's zone, UTC where nobody is signed in. While staff act for a candidate it is the candidate's, so that both see the
    /// same times; the words are in the language of who reads.
    pub fn time_zone(&self) -> Tz {
        self.viewer.as_ref().map_or(Tz::UTC, |viewer| format::zone(&viewer.time_zone))
    }

    /// The query parameter, if it is there and not blank.
    pub fn query(&self, name: &str) -> Option<&str> {
        self.query.get(name).map(|value| value.trim()).filter(|value| !value.is_empty())
    }

    /// The viewer who has given everything a login asks for.
    ///
    /// # Errors
    /// [`AppError::Unauthenticated`].
    pub fn viewer(&self) -> AppResult<&Viewer> {
        self.viewer.as_ref().filter(|viewer| !viewer.awaiting_factor).ok_or(AppError::Unauthenticated)
    }

    /// Who really sits there: the member of staff who acts as the viewer, else the viewer.
    pub fn actor(&self) -> Option<&Viewer> {
        self.acting.as_ref().map(|acting| &acting.actor).or(self.viewer.as_ref())
    }

    /// The viewer, who must be a candidate.
    ///
    /// # Errors
    /// [`AppError::Unauthenticated`]; [`AppError::Forbidden`] for staff-only accounts.
    pub fn candidate(&self) -> AppResult<&Viewer> {
        let viewer = self.viewer()?;
        if viewer.candidate_id.is_some() { Ok(viewer) } else { Err(AppError::Forbidden) }
    }

    /// The viewer, whose roles must allow this, and who must have a second factor.
    ///
    /// # Errors
    /// [`AppError::Unauthenticated`] or [`AppError::Forbidden`].
    pub fn staff(&self, permission: Permission) -> AppResult<&Viewer> {
        let viewer = self.viewer()?;
        if permissions::allows(&viewer.roles, permission) && viewer.has_factor { Ok(viewer) } else { Err(AppError::Forbidden) }
    }

    /// The same with a fresh proof of identity: for what moves money, revokes, or changes another person's account
    /// (security.md line 35).
    ///
    /// # Errors
    /// Those of [`RequestContext::staff`]; [`AppError::StepUpRequired`].
    pub fn staff_with_fresh_proof(&self, permission: Permission) -> AppResult<&Viewer> {
        self.staff(permission)?;
        self.fresh_proof()
    }

    /// The same for what makes an account harder to take back: factors, phones, further addresses. Before the main address is verified
    /// whoever registered it may be a stranger to it, and must not be able to stay when its owner comes.
    ///
    /// # Errors
    /// Those of [`RequestContext::fresh_proof`]; [`Conflict::EmailNotVerified`].
    pub fn verified_with_fresh_proof(&self) -> AppResult<&Viewer> {
        let viewer = self.fresh_proof()?;
        if viewer.email_verified { Ok(viewer) } else { Err(Conflict::EmailNotVerified.into()) }
    }

    /// Staff must enrol a second factor before they see anything else (product.md section 2, security.md line 16).
    pub fn owes_factor(&self) -> bool {
        self.viewer().is_ok_and(|viewer| viewer.is_staff() && !viewer.has_factor)
    }

    /// The viewer's last proof of password or factor must be fresh (product.md section 2: 10 minutes).
    ///
    /// # Errors
    /// [`AppError::StepUpRequired`]; [`AppError::Forbidden`] while staff act as the viewer: nobody can prove to be somebody else.
    pub fn fresh_proof(&self) -> AppResult<&Viewer> {
        let viewer = self.viewer()?;
        if self.acting.is_some() {
            return Err(AppError::Forbidden);
        }
        if self.now - viewer.proved_at <= TimeDelta::minutes(10) { Ok(viewer) } else { Err(AppError::StepUpRequired) }
    }
}

/// The request being answered. Only in the first lines of a component, page or server function.
pub fn request() -> Arc<RequestContext> {
    expect_context::<Arc<RequestContext>>()
}
