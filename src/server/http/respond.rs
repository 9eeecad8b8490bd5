//! What a page or a server function says beside its answer: redirects, cookies, status.

use axum::http::header::SET_COOKIE;
use axum::http::{HeaderName, HeaderValue, StatusCode};
use leptos::prelude::{AnyView, IntoAny, use_context};
use leptos_axum::ResponseOptions;
use std::fmt;

/// A path of this portal to send somebody to. Whatever comes from outside (`?next=`) goes through [`LocalPath::parse`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LocalPath(String);

impl LocalPath {
    /// `None` unless it is a path on this host: `//evil`, `/\evil`, schemes and control characters are refused.
    pub fn parse(text: &str) -> Option<Self> {
        let mut characters = text.chars();
        let first_two = (characters.next(), characters.next());
        let fine = first_two.0 == Some('/')
            && !matches!(first_two.1, Some('/' | '\\'))
            && text.len() <= 2000
            && text.chars().all(|c| c.is_ascii_graphic() && c != '\\');
        fine.then(|| Self(text.to_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for LocalPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Sends the browser on after a form. `to` is a path of ours, or a payment page's address from our own gateway.
pub fn redirect(to: &str) {
    header("location", to);
    // What leptos's own client looks for when an island called the function.
    header("serverfnredirect", "");
}

pub fn header(name: &'static str, value: &str) {
    if let (Some(options), Ok(value)) = (use_context::<ResponseOptions>(), HeaderValue::from_str(value)) {
        options.insert_header(HeaderName::from_static(name), value);
    }
}

/// Sends the reader to another page instead of the one being rendered.
pub fn go(to: &str) -> AnyView {
    status(303);
    header("location", to);
    ().into_any()
}

/// Sets the status of the page being rendered.
pub fn status(code: u16) {
    if let (Some(options), Ok(code)) = (use_context::<ResponseOptions>(), StatusCode::from_u16(code)) {
        options.set_status(code);
    }
}

pub fn set_cookie(cookie: &Cookie) {
    if let (Some(options), Ok(value)) = (use_context::<ResponseOptions>(), HeaderValue::from_str(&cookie.to_string())) {
        options.append_header(SET_COOKIE, value);
    }
}

/// A cookie as this portal sets them: this host, secure, not readable by scripts, lax.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cookie {
    name: &'static str,
    value: String,
    /// Seconds; `None`: until the browser is closed.
    max_age: Option<i64>,
}

impl Cookie {
    pub fn new(name: &'static str, value: impl Into<String>) -> Self {
        Self { name, value: value.into(), max_age: None }
    }

    pub fn lasting(mut self, seconds: i64) -> Self {
        self.max_age = Some(seconds);
        self
    }

    /// Tells the browser to forget the cookie.
    pub fn gone(name: &'static str) -> Self {
        Self { name, value: String::new(), max_age: Some(0) }
    }
}

impl fmt::Display for Cookie {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}; Path=/; Secure; HttpOnly; SameSite=Lax", self.name, self.value)?;
        self.max_age.map_or(Ok(()), |seconds| write!(f, "; Max-Age={seconds}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn security_48_only_local_paths_are_redirected_to() {
        for good in ["/", "/dashboard", "/exams/1?x=1&y=%20#a"] {
            assert!(LocalPath::parse(good).is_some(), "{good}");
        }
        for bad in ["", "//evil.example", "/\\evil.example", "https://evil.example", "javascript:alert(1)", "/a\r\nb", "/\tb", "evil"] {
            assert!(LocalPath::parse(bad).is_none(), "{bad:?}");
        }
    }
}
