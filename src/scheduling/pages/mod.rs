//! The screens of scheduling.

mod cancel;
mod centers;
mod details;
mod exam;
mod exams;
mod start;
mod times;
mod words;

pub use cancel::CancelPage;
pub use centers::CentersPage;
pub use details::DetailsPage;
pub use exam::ExamPage;
pub use exams::ExamsPage;
pub use start::{ReschedulePage, StartPage};
pub use times::TimesPage;

use crate::server::RequestContext;
use crate::tr;

/// What the pages of one booking carry from one to the next, in their addresses.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Trip {
    pub exam: String,
    pub language: String,
    pub online: bool,
    pub center: Option<String>,
    pub accessible: bool,
    /// The reference of the appointment to be moved.
    pub replaces: Option<String>,
}

impl Trip {
    /// From a page's address.
    pub fn of(cx: &RequestContext, exam: String) -> Self {
        let text = |name: &str| cx.query(name).map(str::to_owned);
        Self {
            exam,
            language: text("language").unwrap_or_default(),
            online: cx.query("online").is_some(),
            center: text("center"),
            accessible: cx.query("accessible").is_some(),
            replaces: text("replaces"),
        }
    }

    pub fn start(&self) -> String {
        match &self.replaces {
            Some(reference) => format!("/exams/{}/reschedule", encoded(reference)),
            None => format!("/schedule/{}?language={}", encoded(&self.exam), encoded(&self.language)),
        }
    }

    pub fn centers(&self) -> String {
        format!("/schedule/{}/centers?{}", encoded(&self.exam), self.common())
    }

    /// The calendar of the centre, or of the online lanes.
    pub fn times(&self) -> String {
        let place = match &self.center {
            Some(center) if !self.online => format!("center={}", encoded(center)),
            _ => "online=1".to_owned(),
        };
        format!("/schedule/{}/times?{place}&{}", encoded(&self.exam), self.common())
    }

    pub fn times_at(&self, center: &str) -> String {
        Trip { center: Some(center.to_owned()), online: false, ..self.clone() }.times()
    }

    pub fn times_online(&self) -> String {
        Trip { center: None, online: true, ..self.clone() }.times()
    }

    fn common(&self) -> String {
        let mut query = format!("language={}", encoded(&self.language));
        if self.accessible {
            query.push_str("&accessible=1");
        }
        if let Some(reference) = &self.replaces {
            query.push_str(&format!("&replaces={}", encoded(reference)));
        }
        query
    }

    /// The steps of the task, with links back, for the component.
    pub fn steps(&self, cx: &RequestContext, step: usize) -> Vec<(String, Option<String>)> {
        let locale = cx.locale;
        let mut steps = vec![(tr!(locale, scheduling.step_exam).to_owned(), Some(self.start()))];
        let place = if self.online { self.start() } else { self.centers() };
        steps.push((tr!(locale, scheduling.step_place).to_owned(), Some(place)));
        steps.push((tr!(locale, scheduling.step_time).to_owned(), (step > 2).then(|| self.times())));
        steps.push((tr!(locale, scheduling.step_details).to_owned(), None));
        if self.replaces.is_none() {
            steps.push((tr!(locale, scheduling.step_pay).to_owned(), None));
        }
        steps
    }
}

/// A value in an address.
pub fn encoded(text: &str) -> String {
    const KEPT: &percent_encoding::AsciiSet = &percent_encoding::NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.');
    percent_encoding::utf8_percent_encode(text, KEPT).to_string()
}
