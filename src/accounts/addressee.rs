//! The person a mail goes to: named, addressed and written to in their language and zone. Every mail of the portal is made
//! through one, so that all begin alike.

use super::store::{self, Account};
use crate::ids::AccountId;
use crate::server::format;
use crate::server::i18n::{self, Locale};
use crate::server::mail::{Block, Mail, Recipient};
use crate::tr;
use chrono::{DateTime, Utc};
use sqlx::PgConnection;

pub struct Addressee {
    pub account_id: AccountId,
    pub address: String,
    pub locale: Locale,
    pub zone: chrono_tz::Tz,
    /// The account is switched off. Its owner is still told what happens to their data, orders and credentials.
    pub disabled: bool,
    /// What the greeting says.
    called: String,
    name: String,
}

impl Addressee {
    pub fn new(account_id: AccountId, given_name: &str, family_name: &str, address: &str, language: &str, time_zone: &str) -> Self {
        Self {
            account_id,
            called: given_name.to_owned(),
            name: format!("{given_name} {family_name}"),
            address: address.to_owned(),
            locale: i18n::from_tag(language).unwrap_or(Locale::en),
            zone: format::zone(time_zone),
            disabled: false,
        }
    }

    /// The owner of an account at their main address. `None`: they have had the account erased.
    pub async fn of(conn: &mut PgConnection, account_id: AccountId) -> Result<Option<Self>, sqlx::Error> {
        let row = store::addressee(conn, account_id).await?;
        Ok(row.map(|row| Self {
            disabled: row.disabled,
            ..Self::new(account_id, &row.given_name, &row.family_name, &row.address, &row.language, &row.time_zone)
        }))
    }

    /// The person of an account, at one of their addresses.
    pub fn at(account: &Account, address: &str) -> Self {
        Self { address: address.to_owned(), ..account.into() }
    }

    /// Somebody who has no account, in the language and zone of somebody who has. Take the account from the mail.
    pub fn instead(self, name: &str, address: &str) -> Self {
        Self { called: name.to_owned(), name: name.to_owned(), address: address.to_owned(), ..self }
    }

    /// The mail, with its greeting before the blocks.
    pub fn mail(self, template: &'static str, subject: String, preheader: String, blocks: Vec<Block>, dedup_key: String) -> Mail {
        let greeting = Block::Paragraph(tr!(self.locale, common.em_mail_greeting, name = self.called).to_string());
        Mail {
            template,
            to: Recipient {
                account_id: Some(self.account_id),
                name: self.name,
                address: self.address,
                language: i18n::tag(self.locale).to_owned(),
            },
            subject,
            preheader,
            blocks: [greeting].into_iter().chain(blocks).collect(),
            attachments: vec![],
            dedup_key: Some(dedup_key),
        }
    }

    pub fn when(&self, at: DateTime<Utc>) -> String {
        format::date_time(self.locale, at, self.zone)
    }

    /// The day of a moment where they live.
    pub fn date(&self, at: DateTime<Utc>) -> String {
        format::date(self.locale, format::day_in(at, self.zone))
    }
}

impl From<&Account> for Addressee {
    fn from(account: &Account) -> Self {
        Self::new(account.id, &account.given_name, &account.family_name, &account.address, &account.language, &account.time_zone)
    }
}
