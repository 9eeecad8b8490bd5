//! The mails about an account, in its language and zone.

use super::addressee::Addressee;
use super::factors::{Factor, LAST_BACKUP_CODES};
use crate::server::i18n::Locale;
use crate::server::mail::{Block, Mail};
use crate::server::{AppState, format, random};
use crate::tr;
use chrono::{DateTime, Utc};

/// Where something was done: the place, if it is known, and the network address.
fn place_and_address(state: &AppState, locale: Locale, address: &str) -> String {
    match state.places.name(locale, address) {
        Some(place) => format!("{place} ({address})"),
        None => address.to_owned(),
    }
}

/// A key that names one link without telling its token.
pub(super) fn link_key(kind: &str, token_hash: &[u8]) -> String {
    let short: String = token_hash.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    format!("{kind}:{short}")
}

pub fn verify_email(state: &AppState, to: Addressee, token: &str, token_hash: &[u8], expires_at: DateTime<Utc>) -> Mail {
    let (locale, programme) = (to.locale, state.programme.get());
    let until = to.when(expires_at);
    let blocks = vec![
        Block::Paragraph(tr!(locale, accounts.mail_verify_text, programme = programme.name.clone()).to_string()),
        Block::Button {
            label: tr!(locale, accounts.mail_verify_button).to_owned(),
            url: state.config.url(&format!("/verify-email?token={token}")),
        },
        Block::Paragraph(tr!(locale, accounts.mail_link_until, until = until).to_string()),
        Block::Paragraph(tr!(locale, accounts.mail_verify_not_you).to_owned()),
    ];
    let key = link_key("accounts.verify_email", token_hash);
    to.mail(
        "accounts.verify_email",
        tr!(locale, accounts.mail_verify_subject).to_owned(),
        tr!(locale, accounts.mail_verify_preheader).to_owned(),
        blocks,
        key,
    )
}

/// Somebody tried to register with an address that has an account. `day`: at most one such mail an hour.
pub fn already_registered(state: &AppState, to: Addressee, now: DateTime<Utc>) -> Mail {
    let locale = to.locale;
    let blocks = vec![
        Block::Paragraph(tr!(locale, accounts.mail_exists_text).to_owned()),
        Block::Button { label: tr!(locale, accounts.mail_exists_button).to_owned(), url: state.config.url("/login") },
        Block::Paragraph(tr!(locale, accounts.mail_exists_forgot, url = state.config.url("/forgot")).to_string()),
        Block::Paragraph(tr!(locale, accounts.mail_exists_not_you).to_owned()),
    ];
    let key = format!("accounts.already_registered:{}:{}", to.account_id, now.timestamp() / 3600);
    to.mail(
        "accounts.already_registered",
        tr!(locale, accounts.mail_exists_subject).to_owned(),
        tr!(locale, accounts.mail_exists_preheader).to_owned(),
        blocks,
        key,
    )
}

pub fn reset_password(state: &AppState, to: Addressee, token: &str, token_hash: &[u8], expires_at: DateTime<Utc>) -> Mail {
    let locale = to.locale;
    let until = to.when(expires_at);
    let blocks = vec![
        Block::Paragraph(tr!(locale, accounts.mail_reset_text).to_owned()),
        Block::Button {
            label: tr!(locale, accounts.mail_reset_button).to_owned(),
            url: state.config.url(&format!("/reset?token={token}")),
        },
        Block::Paragraph(tr!(locale, accounts.mail_link_until, until = until).to_string()),
        Block::Notice(tr!(locale, accounts.mail_reset_not_you).to_owned()),
    ];
    let key = link_key("accounts.reset_password", token_hash);
    to.mail(
        "accounts.reset_password",
        tr!(locale, accounts.mail_reset_subject).to_owned(),
        tr!(locale, accounts.mail_reset_preheader).to_owned(),
        blocks,
        key,
    )
}

/// What changed about the security of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SecurityChange {
    Password,
    FactorAdded(Factor),
    FactorRemoved(Factor),
    PasskeyAdded,
    PasskeyRemoved,
    /// A number was verified; perhaps in the place of another.
    PhoneChanged,
    PhoneRemoved,
    BackupCodesMade,
    BackupCodeUsed {
        left: i64,
    },
    /// Somebody with the password asks for the removal of all factors. `stop`: the address that stops it, as with the next.
    RecoveryRequested {
        stop: String,
    },
    RecoveryApproved {
        stop: String,
        due_at: DateTime<Utc>,
    },
    RecoveryRefused {
        reason: String,
    },
    RecoveryStopped,
    RecoveryExpired,
    /// All factors were removed after their loss was checked.
    FactorsLost,
    /// A further address was typed in and waits for its verification. `address`: masked.
    AddressAdded {
        address: String,
        becomes_primary: bool,
    },
    /// What staff have done to the account: all sessions ended.
    SessionsEnded,
    Disabled,
    Enabled,
    RolesChanged,
    /// A member of the staff acts as them from now on.
    ActedFor {
        reason: String,
        until: DateTime<Utc>,
    },
}

impl SecurityChange {
    /// Kind of the mail, subject, and what happened.
    fn words(&self, locale: Locale, zone: chrono_tz::Tz) -> (&'static str, String, String) {
        let factor = |factor: &Factor| match factor {
            Factor::Authenticator => tr!(locale, factors.factor_app).to_owned(),
            Factor::Sms => tr!(locale, factors.factor_sms).to_owned(),
            Factor::Passkey => tr!(locale, factors.factor_passkey).to_owned(),
        };
        let (template, subject, text) = match self {
            Self::Password => (
                "accounts.password_changed",
                tr!(locale, accounts.mail_password_subject),
                tr!(locale, accounts.mail_password_text).to_owned(),
            ),
            Self::FactorAdded(added) => (
                "accounts.factor_added",
                tr!(locale, factors.mail_added_subject),
                tr!(locale, factors.mail_added_text, factor = factor(added)).to_string(),
            ),
            Self::FactorRemoved(removed) => (
                "accounts.factor_removed",
                tr!(locale, factors.mail_removed_subject),
                tr!(locale, factors.mail_removed_text, factor = factor(removed)).to_string(),
            ),
            Self::PasskeyAdded => {
                ("accounts.passkey_added", tr!(locale, factors.pk_mail_added_subject), tr!(locale, factors.pk_mail_added_text).to_owned())
            }
            Self::PasskeyRemoved => (
                "accounts.passkey_removed",
                tr!(locale, factors.pk_mail_removed_subject),
                tr!(locale, factors.pk_mail_removed_text).to_owned(),
            ),
            Self::PhoneChanged => {
                ("accounts.phone_changed", tr!(locale, factors.mail_phone_subject), tr!(locale, factors.mail_phone_text).to_owned())
            }
            Self::PhoneRemoved => (
                "accounts.phone_removed",
                tr!(locale, factors.mail_phone_removed_subject),
                tr!(locale, factors.mail_phone_removed_text).to_owned(),
            ),
            Self::BackupCodesMade => {
                ("accounts.backup_codes_made", tr!(locale, factors.mail_codes_subject), tr!(locale, factors.mail_codes_text).to_owned())
            }
            Self::BackupCodeUsed { left } => {
                let used = tr!(locale, factors.mail_code_used_text, left = *left).to_string();
                let more = if *left <= LAST_BACKUP_CODES { tr!(locale, factors.mail_code_few) } else { "" };
                ("accounts.backup_code_used", tr!(locale, factors.mail_code_used_subject), format!("{used} {more}").trim_end().to_owned())
            }
            Self::RecoveryRequested { .. } => (
                "accounts.factor_recovery_requested",
                tr!(locale, factors.mail_asked_subject),
                tr!(locale, factors.mail_asked_text).to_owned(),
            ),
            Self::RecoveryApproved { due_at, .. } => (
                "accounts.factor_recovery_approved",
                tr!(locale, factors.mail_approved_subject),
                tr!(locale, factors.mail_approved_text, due = format::date_time(locale, *due_at, zone)).to_string(),
            ),
            Self::RecoveryRefused { reason } => (
                "accounts.factor_recovery_refused",
                tr!(locale, factors.mail_refused_subject),
                tr!(locale, factors.mail_refused_text, reason = reason.clone()).to_string(),
            ),
            Self::RecoveryStopped => (
                "accounts.factor_recovery_stopped",
                tr!(locale, factors.mail_stopped_subject),
                tr!(locale, factors.mail_stopped_text).to_owned(),
            ),
            Self::RecoveryExpired => (
                "accounts.factor_recovery_expired",
                tr!(locale, factors.mail_expired_subject),
                tr!(locale, factors.mail_expired_text).to_owned(),
            ),
            Self::FactorsLost => {
                ("accounts.factors_removed", tr!(locale, factors.mail_lost_subject), tr!(locale, factors.mail_lost_text).to_owned())
            }
            Self::AddressAdded { address, becomes_primary } => (
                "accounts.address_added",
                tr!(locale, accounts.mail_address_subject),
                if *becomes_primary {
                    tr!(locale, accounts.mail_address_main_text, address = address.clone()).to_string()
                } else {
                    tr!(locale, accounts.mail_address_text, address = address.clone()).to_string()
                },
            ),
            Self::SessionsEnded => (
                "accounts.sessions_ended",
                tr!(locale, accounts.mail_sessions_subject),
                tr!(locale, accounts.mail_sessions_text).to_owned(),
            ),
            Self::Disabled => {
                ("accounts.disabled", tr!(locale, accounts.mail_disabled_subject), tr!(locale, accounts.mail_disabled_text).to_owned())
            }
            Self::Enabled => {
                ("accounts.enabled", tr!(locale, accounts.mail_enabled_subject), tr!(locale, accounts.mail_enabled_text).to_owned())
            }
            Self::RolesChanged => {
                ("accounts.roles_changed", tr!(locale, accounts.mail_roles_subject), tr!(locale, accounts.mail_roles_text).to_owned())
            }
            Self::ActedFor { .. } => ("accounts.acted_for", tr!(locale, acting.mail_subject), tr!(locale, acting.mail_text).to_owned()),
        };
        (template, subject.to_owned(), text)
    }

    fn stop(&self) -> Option<&str> {
        match self {
            Self::RecoveryRequested { stop } | Self::RecoveryApproved { stop, .. } => Some(stop),
            _ => None,
        }
    }

    /// Whether it was done in somebody's browser just now, rather than by staff or by time.
    fn is_theirs(&self) -> bool {
        !matches!(
            self,
            Self::RecoveryApproved { .. }
                | Self::RecoveryRefused { .. }
                | Self::RecoveryExpired
                | Self::FactorsLost
                | Self::ActedFor { .. }
        ) && !self.is_by_staff()
    }

    /// Whether a member of the staff did it: a new password is no answer to that.
    fn is_by_staff(&self) -> bool {
        matches!(self, Self::SessionsEnded | Self::Disabled | Self::Enabled | Self::RolesChanged)
    }

    /// What to do about it, if it should not be.
    fn if_wrong(&self, state: &AppState, locale: Locale) -> String {
        let support = state.programme.get().support_email.clone();
        match self {
            Self::ActedFor { .. } => {
                tr!(locale, acting.mail_not_asked, url = state.config.url("/account/activity"), support = support).to_string()
            }
            _ if self.is_by_staff() => tr!(locale, accounts.mail_by_staff, support = support).to_string(),
            _ => not_you(state, locale),
        }
    }
}

/// What to do about something that was done in a browser and not by its reader.
pub(super) fn not_you(state: &AppState, locale: Locale) -> String {
    let support = state.programme.get().support_email.clone();
    tr!(locale, accounts.mail_security_not_you, url = state.config.url("/forgot"), support = support).to_string()
}

/// With which browser, when and from where somebody gave a password.
pub(super) fn sign_in_facts(state: &AppState, to: &Addressee, browser: Option<String>, now: DateTime<Utc>, from: &str) -> Block {
    let locale = to.locale;
    Block::Details(vec![
        (tr!(locale, accounts.mail_browser).to_owned(), browser.unwrap_or_else(|| tr!(locale, accounts.browser_unknown).to_owned())),
        (tr!(locale, accounts.mail_when).to_owned(), to.when(now)),
        (tr!(locale, accounts.mail_from_address).to_owned(), place_and_address(state, locale, from)),
    ])
}

pub fn security_changed(state: &AppState, to: Addressee, change: &SecurityChange, now: DateTime<Utc>, from: &str) -> Mail {
    let locale = to.locale;
    let (template, subject, text) = change.words(locale, to.zone);
    let mut details = vec![(tr!(locale, accounts.mail_when).to_owned(), to.when(now))];
    if change.is_theirs() {
        details.push((tr!(locale, accounts.mail_from_address).to_owned(), place_and_address(state, locale, from)));
    }
    if let SecurityChange::ActedFor { reason, until } = change {
        details.push((tr!(locale, acting.mail_until).to_owned(), to.when(*until)));
        details.push((tr!(locale, acting.mail_reason).to_owned(), reason.clone()));
    }
    let mut blocks = vec![Block::Paragraph(text.clone()), Block::Details(details)];
    if let Some(stop) = change.stop() {
        blocks.push(Block::Button { label: tr!(locale, factors.mail_stop_button).to_owned(), url: stop.to_owned() });
    }
    blocks.push(Block::Notice(change.if_wrong(state, locale)));
    // Several addresses get the same one, and two changes may come in one moment: no two are one.
    let key = format!("{template}:{}", random::id::<uuid::Uuid>());
    to.mail(template, subject, text, blocks, key)
}

/// The same in one SMS.
pub fn security_changed_sms(state: &AppState, to: Addressee, change: &SecurityChange) -> String {
    let (_, _, text) = change.words(to.locale, to.zone);
    let programme = state.programme.get().short_name.clone();
    // What somebody else wrote stays in the mail: it may be long.
    let text = match change {
        SecurityChange::RecoveryRefused { .. } => tr!(to.locale, factors.mail_refused_subject).to_owned(),
        SecurityChange::ActedFor { .. } => tr!(to.locale, acting.mail_subject).to_owned(),
        _ => text,
    };
    let end = match (change, change.stop()) {
        (_, Some(stop)) => tr!(to.locale, factors.sms_stop, url = stop.to_owned()).to_string(),
        (SecurityChange::ActedFor { .. }, None) => {
            tr!(to.locale, acting.sms_not_asked, url = state.config.url("/account/activity")).to_string()
        }
        (_, None) if change.is_by_staff() => {
            tr!(to.locale, accounts.mail_by_staff, support = state.programme.get().support_email.clone()).to_string()
        }
        (_, None) => tr!(to.locale, factors.sms_not_you, url = state.config.url("/forgot")).to_string(),
    };
    format!("{programme}: {text} {end}").chars().take(600).collect()
}

pub fn new_sign_in(state: &AppState, to: Addressee, browser: Option<String>, now: DateTime<Utc>, from: &str) -> Mail {
    let locale = to.locale;
    let blocks = vec![
        Block::Paragraph(tr!(locale, accounts.mail_sign_in_text).to_owned()),
        sign_in_facts(state, &to, browser, now, from),
        Block::Notice(not_you(state, locale)),
    ];
    let key = format!("accounts.new_sign_in:{}:{}", to.account_id, now.timestamp_micros());
    to.mail(
        "accounts.new_sign_in",
        tr!(locale, accounts.mail_sign_in_subject).to_owned(),
        tr!(locale, accounts.mail_sign_in_text).to_owned(),
        blocks,
        key,
    )
}

pub fn staff_invitation(state: &AppState, to: Addressee, token: &str, token_hash: &[u8], expires_at: DateTime<Utc>) -> Mail {
    let (locale, programme) = (to.locale, state.programme.get());
    let until = to.when(expires_at);
    let blocks = vec![
        Block::Paragraph(tr!(locale, accounts.mail_invitation_text, programme = programme.name.clone()).to_string()),
        Block::Button {
            label: tr!(locale, accounts.mail_invitation_button).to_owned(),
            url: state.config.url(&format!("/invitation?token={token}")),
        },
        Block::Paragraph(tr!(locale, accounts.mail_link_until, until = until).to_string()),
        Block::Paragraph(tr!(locale, accounts.mail_invitation_factor).to_owned()),
    ];
    let key = link_key("accounts.staff_invitation", token_hash);
    to.mail(
        "accounts.staff_invitation",
        tr!(locale, accounts.mail_invitation_subject, programme = programme.name.clone()).to_string(),
        tr!(locale, accounts.mail_invitation_preheader).to_owned(),
        blocks,
        key,
    )
}
