//! The design system's components, on native HTML elements (markup contract: `style/README.md`). No business word in
//! here. Everything but `islands` is rendered on the server only.

pub mod islands;

#[cfg(feature = "ssr")]
mod errors;
#[cfg(feature = "ssr")]
mod feedback;
#[cfg(feature = "ssr")]
mod fields;
#[cfg(feature = "ssr")]
mod page;
#[cfg(feature = "ssr")]
mod show;
#[cfg(feature = "ssr")]
mod table;

#[cfg(feature = "ssr")]
pub use errors::{conflict_text, error_text};
#[cfg(feature = "ssr")]
pub use feedback::{
    Alert, AlertKind, BackLink, Crumbs, Empty, ErrorSummary, ErrorView, Icon, PageHead, Steps, Summary, SummaryRow, Tag, Tone,
};
#[cfg(feature = "ssr")]
pub use fields::{
    CheckboxField, Choice, CodeField, CurrentForm, DateField, FileField, Form, HiddenField, PasswordField, RadioField, SearchForm,
    SelectField, TextArea, TextField, form_value,
};
#[cfg(feature = "ssr")]
pub use page::{PageMeta, PageTitle, loaded, param};
#[cfg(feature = "ssr")]
pub use show::{
    Check, CheckState, Confirm, CredentialCard, Details, DomainBar, LinkCard, Row, ScoreScale, Stat, Ticket, Time, Totals, Verdict,
    VerdictKind, Weights, percent_between,
};
#[cfg(feature = "ssr")]
pub use table::{Pages, Table};
