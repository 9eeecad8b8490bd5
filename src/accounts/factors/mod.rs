//! Second factors (product.md section 2): the authenticator app, codes by SMS, backup codes, and the browsers that are trusted
//! instead. The passkeys have a folder of their own.
//!
//! [`FactorMethod`] is the list of what `/login/code` offers. A further method is an entry there, its arm in [`accept`], and its
//! block in `pages/login_code.rs`.

pub mod authenticator;
pub mod backup_codes;
mod changes;
pub mod phone;
pub mod rules;
mod secrets;
mod sms_codes;
mod store;
pub mod trusted;

pub use changes::{LAST_BACKUP_CODES, may_remove, password_stands_alone, settle};
pub use secrets::{open_totp, reseal, seal_plain, seal_totp};
pub use store::{Factors, factors, forget_codes, forget_trusted, remove_all, remove_phone};

use super::service::Proof;
use super::store::Account;
use crate::error::{AppError, AppResult};
use crate::ids::SessionId;
use crate::server::RequestContext;
use crate::server::sms::Gateway;
use sqlx::PgConnection;

/// What an account can have as a second factor. Backup codes are none by themselves: they stand in for one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Factor {
    Authenticator,
    Sms,
    Passkey,
}

/// A way to give the second factor at sign-in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FactorMethod {
    Authenticator,
    Passkey,
    Sms,
    BackupCode,
}

impl FactorMethod {
    /// Best first.
    pub const ALL: &[FactorMethod] = &[FactorMethod::Authenticator, FactorMethod::Passkey, FactorMethod::Sms, FactorMethod::BackupCode];

    /// As an address names it (`?method=`).
    pub fn as_str(self) -> &'static str {
        match self {
            FactorMethod::Authenticator => "app",
            FactorMethod::Passkey => "passkey",
            FactorMethod::Sms => "sms",
            FactorMethod::BackupCode => "backup",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|method| method.as_str() == text)
    }

    fn is_offered(self, factors: &Factors, gateway: &Gateway) -> bool {
        match self {
            FactorMethod::Authenticator => factors.authenticator,
            FactorMethod::Passkey => factors.passkeys > 0,
            FactorMethod::Sms => factors.sms && gateway.is_there(),
            FactorMethod::BackupCode => factors.backup_codes > 0,
        }
    }
}

impl Factors {
    /// What the account can sign in with now, best first.
    pub fn methods(&self, gateway: &Gateway) -> Vec<FactorMethod> {
        FactorMethod::ALL.iter().copied().filter(|method| method.is_offered(self, gateway)).collect()
    }

    /// The method asked for, if the account has it; else its best one.
    pub fn method(&self, wanted: Option<FactorMethod>, gateway: &Gateway) -> Option<FactorMethod> {
        let methods = self.methods(gateway);
        wanted.filter(|wanted| methods.contains(wanted)).or_else(|| methods.first().copied())
    }

    /// How many second factors there are.
    pub fn count(&self) -> i64 {
        i64::from(self.authenticator) + i64::from(self.sms) + self.passkeys
    }
}

/// The factors of whoever asks: signed in, or past the password and owing one.
pub async fn own(cx: &RequestContext) -> AppResult<Factors> {
    let viewer = cx.viewer.as_ref().ok_or(AppError::Unauthenticated)?;
    let mut conn = cx.state.db.acquire().await?;
    Ok(factors(&mut conn, viewer.account_id).await?)
}

/// Checks what was typed for a method and uses it up. `None`: it is wrong, was used, or has run out. The caller counts the try.
pub async fn accept(
    conn: &mut PgConnection,
    cx: &RequestContext,
    account: &Account,
    session_id: SessionId,
    method: FactorMethod,
    typed: &str,
) -> AppResult<Option<Proof>> {
    Ok(match method {
        FactorMethod::Authenticator => authenticator::accept(conn, cx, account, typed).await?.then_some(Proof::Totp),
        // A passkey's answer is no code: it comes by a call of its own (`passkeys::api`).
        FactorMethod::Passkey => None,
        FactorMethod::Sms => phone::accept(conn, cx, account, session_id, typed).await?.then_some(Proof::Sms),
        FactorMethod::BackupCode => backup_codes::accept(conn, cx, account, typed).await?.then_some(Proof::BackupCode),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_method_comes_first_and_one_that_is_not_there_is_not_offered() {
        let mut factors = Factors { authenticator: true, sms: true, phone: Some("+34600000042".into()), passkeys: 0, backup_codes: 3 };
        assert_eq!(factors.method(None, &Gateway::Mailbox), Some(FactorMethod::Authenticator));
        assert_eq!(factors.method(Some(FactorMethod::Sms), &Gateway::Mailbox), Some(FactorMethod::Sms));
        assert_eq!(factors.methods(&Gateway::None), [FactorMethod::Authenticator, FactorMethod::BackupCode]);
        factors.authenticator = false;
        assert_eq!(factors.method(Some(FactorMethod::Authenticator), &Gateway::Mailbox), Some(FactorMethod::Sms));
        assert_eq!(factors.count(), 1);
        factors.passkeys = 1;
        assert_eq!(factors.method(None, &Gateway::Mailbox), Some(FactorMethod::Passkey));
        factors.passkeys = 0;
        factors.sms = false;
        factors.backup_codes = 0;
        assert_eq!(factors.method(None, &Gateway::Mailbox), None);
        for method in FactorMethod::ALL {
            assert_eq!(FactorMethod::parse(method.as_str()), Some(*method));
        }
    }
}
