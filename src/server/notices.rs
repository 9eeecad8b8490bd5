//! Which notices somebody gets, by kind and channel (product.md section 1, "Preferences"). What secures an account, and what
//! confirms something bought or moved, always goes out; the rest can be switched off.

use crate::ids::AccountId;
use chrono::{DateTime, Utc};
use sqlx::PgConnection;

/// What a notice is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// The account itself: links, sign-ins, changes.
    Security,
    /// Confirmations, changes, receipts, refunds.
    Bookings,
    /// An appointment or a date comes near.
    Reminders,
    /// A result or a credential is there.
    Results,
    /// What the programme would like to tell.
    News,
}

/// How a notice comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Channel {
    Mail,
    /// Needs a verified phone.
    Sms,
}

/// What the names of templates begin with, and their kind: the longest beginning that fits counts. A template that none
/// fits always goes out.
const TEMPLATES: &[(&str, Kind)] = &[
    ("accounts.", Kind::Security),
    ("checkout.", Kind::Bookings),
    ("scheduling.", Kind::Bookings),
    ("scheduling.reminder", Kind::Reminders),
    ("results.", Kind::Results),
    ("credentials.", Kind::Results),
    // What changes or takes away what somebody has always goes out.
    ("results.corrected", Kind::Security),
    ("credentials.revoked", Kind::Security),
    ("credentials.reminder", Kind::Reminders),
    ("education.reminder", Kind::Reminders),
    ("news.", Kind::News),
];

impl Kind {
    /// Of a mail's template, e.g. `scheduling.reminder`.
    pub fn of(template: &str) -> Self {
        let fitting = TEMPLATES.iter().filter(|(beginning, _)| template.starts_with(beginning));
        fitting.max_by_key(|(beginning, _)| beginning.len()).map_or(Kind::Security, |(_, kind)| *kind)
    }

    /// As the database writes it; `None`: always sent, nobody can choose.
    pub fn choice(self) -> Option<&'static str> {
        match self {
            Kind::Security | Kind::Bookings => None,
            Kind::Reminders => Some("reminders"),
            Kind::Results => Some("results"),
            Kind::News => Some("news"),
        }
    }
}

impl Channel {
    fn as_str(self) -> &'static str {
        match self {
            Channel::Mail => "mail",
            Channel::Sms => "sms",
        }
    }
}

/// Whether a notice of a kind comes by a channel as long as nobody has chosen otherwise.
pub fn by_default(kind: Kind, channel: Channel) -> bool {
    channel == Channel::Mail && kind != Kind::News
}

/// Whether somebody wants notices of a kind by a channel.
pub async fn wanted(conn: &mut PgConnection, account_id: AccountId, kind: Kind, channel: Channel) -> Result<bool, sqlx::Error> {
    let Some(choice) = kind.choice() else { return Ok(channel == Channel::Mail) };
    let chosen = sqlx::query_scalar!(
        "SELECT wanted FROM notice_choice WHERE account_id = $1 AND kind = $2 AND channel = $3",
        account_id as _,
        choice,
        channel.as_str()
    );
    Ok(chosen.fetch_optional(conn).await?.unwrap_or_else(|| by_default(kind, channel)))
}

/// Keeps a choice; one that is the default leaves no row. Says whether it is another than before. Kinds that are always sent
/// are left alone.
pub async fn choose(
    conn: &mut PgConnection,
    account_id: AccountId,
    kind: Kind,
    channel: Channel,
    wants: bool,
    now: DateTime<Utc>,
) -> Result<bool, sqlx::Error> {
    let Some(choice) = kind.choice() else { return Ok(false) };
    let done = if wants == by_default(kind, channel) {
        sqlx::query!(
            "DELETE FROM notice_choice WHERE account_id = $1 AND kind = $2 AND channel = $3",
            account_id as _,
            choice,
            channel.as_str()
        )
        .execute(conn)
        .await?
    } else {
        sqlx::query!(
            "INSERT INTO notice_choice AS c (account_id, kind, channel, wanted, changed_at) VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (account_id, kind, channel) DO UPDATE SET wanted = $4, changed_at = $5 WHERE c.wanted <> $4",
            account_id as _,
            choice,
            channel.as_str(),
            wants,
            now
        )
        .execute(conn)
        .await?
    };
    Ok(done.rows_affected() > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_template_has_its_kind() {
        for (template, kind) in [
            ("accounts.new_sign_in", Kind::Security),
            ("accounts.email_removed", Kind::Security),
            ("checkout.receipt", Kind::Bookings),
            ("checkout.refund", Kind::Bookings),
            ("scheduling.booked", Kind::Bookings),
            ("scheduling.cancelled", Kind::Bookings),
            ("scheduling.rescheduled", Kind::Bookings),
            ("scheduling.reminder", Kind::Reminders),
            ("results.released", Kind::Results),
            ("credentials.awarded", Kind::Results),
            ("results.corrected", Kind::Security),
            ("credentials.revoked", Kind::Security),
            ("news.autumn", Kind::News),
            ("something.else", Kind::Security),
        ] {
            assert_eq!(Kind::of(template), kind, "{template}");
        }
    }

    #[test]
    fn news_and_text_messages_are_asked_for_and_the_rest_comes() {
        assert!(by_default(Kind::Reminders, Channel::Mail) && by_default(Kind::Results, Channel::Mail));
        assert!(!by_default(Kind::News, Channel::Mail) && !by_default(Kind::Reminders, Channel::Sms));
    }
}
