//! Every column that points at a person's account, and what becomes of it in an export, an erasure and a merge. The
//! database is asked (`tests/it/accounts/data.rs`) whether a table is missing here: a new one that is not listed fails.

/// One column that names an account.
#[derive(Debug, Clone, Copy)]
pub struct Holding {
    pub table: &'static str,
    pub column: &'static str,
    pub export: Export,
    pub erasure: Erasure,
    pub merge: Merge,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Export {
    /// The rows as they are stored, secrets left out, in a file of this name.
    AsStored(&'static str),
    /// Written by a query of its own into this file (`export/store.rs`).
    InFile(&'static str),
    /// Not given out: why.
    Not(&'static str),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Erasure {
    Deleted,
    /// The row stays and points at an account that stands for nobody: why.
    Pseudonymised(&'static str),
    /// Stays as it is: why.
    Kept(&'static str),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Merge {
    Moves,
    /// Stays with the closed account: why.
    Stays(&'static str),
}

const fn holding(table: &'static str, column: &'static str, export: Export, erasure: Erasure, merge: Merge) -> Holding {
    Holding { table, column, export, erasure, merge }
}

pub const INVENTORY: &[Holding] = {
    use Erasure::{Deleted, Kept, Pseudonymised};
    use Export::{AsStored, InFile, Not};
    use Merge::{Moves, Stays};
    const SIGN_IN: Merge = Stays("ways to sign in belong to the account they were made for");
    &[
        holding("account_email", "account_id", AsStored("email_addresses.json"), Deleted, Moves),
        holding("agreement_acceptance", "account_id", AsStored("agreements.json"), Deleted, Moves),
        holding("account_link", "account_id", AsStored("mailed_links.json"), Deleted, SIGN_IN),
        holding("account_role", "account_id", AsStored("staff_roles.json"), Deleted, Stays("staff accounts are not merged")),
        holding("session", "account_id", AsStored("sign_ins.json"), Deleted, SIGN_IN),
        holding("passkey", "account_id", AsStored("passkeys.json"), Deleted, SIGN_IN),
        holding("backup_code", "account_id", AsStored("backup_codes.json"), Deleted, SIGN_IN),
        holding("trusted_device", "account_id", AsStored("trusted_browsers.json"), Deleted, SIGN_IN),
        holding("sms_message", "account_id", AsStored("sms.json"), Deleted, Stays("codes and notices for the closed account")),
        holding("factor_recovery", "account_id", AsStored("lost_factors.json"), Deleted, SIGN_IN),
        holding(
            "factor_recovery",
            "decided_by",
            Not("another person's request: the act stands in activity.json"),
            Deleted,
            Stays("staff accounts are not merged"),
        ),
        holding("notice_choice", "account_id", AsStored("notifications.json"), Deleted, Stays("choices of the closed account")),
        holding("account_nudge", "account_id", AsStored("advice_put_away.json"), Deleted, Stays("choices of the closed account")),
        holding("guardian_consent", "account_id", AsStored("guardians.json"), Deleted, Stays("given for the account it was asked for")),
        holding("mail_message", "account_id", InFile("mails.json"), Deleted, Moves),
        holding("appointment", "account_id", InFile("appointments.json"), Pseudonymised("rules::Records::Exams"), Moves),
        holding(
            "appointment_event",
            "actor_id",
            InFile("appointments.json"),
            Pseudonymised("rules::Records::Exams"),
            Stays("says who acted then"),
        ),
        holding("purchase", "account_id", InFile("orders.json"), Pseudonymised("rules::Records::Orders"), Moves),
        holding("exam_result", "account_id", InFile("results.json"), Pseudonymised("rules::Records::Exams"), Moves),
        holding(
            "exam_result",
            "released_by",
            Not("another person's result: the act stands in activity.json"),
            Pseudonymised("who released a result for somebody else"),
            Stays("staff accounts are not merged"),
        ),
        holding(
            "result_import",
            "uploaded_by",
            Not("other people's results: the act stands in activity.json"),
            Pseudonymised("who brought in results for others"),
            Stays("staff accounts are not merged"),
        ),
        holding(
            "approval_request",
            "account_id",
            Not("what was decided stands in results.json, credentials.json and orders.json; what waits is not decided"),
            Pseudonymised("the record of who asked for an act and who decided"),
            Moves,
        ),
        holding(
            "approval_request",
            "requested_by",
            Not("acts on others: they stand in activity.json"),
            Pseudonymised("who asked for an act on others"),
            Stays("staff accounts are not merged"),
        ),
        holding(
            "approval_request",
            "decided_by",
            Not("acts on others: they stand in activity.json"),
            Pseudonymised("who decided on an act on others"),
            Stays("staff accounts are not merged"),
        ),
        holding(
            "refund",
            "asked_by",
            Not("another person's order: the act stands in activity.json"),
            Pseudonymised("who gave money back to others"),
            Stays("staff accounts are not merged"),
        ),
        holding("credential", "account_id", InFile("credentials.json"), Pseudonymised("rules::Records::Credentials"), Moves),
        holding(
            "audit_event",
            "actor_id",
            InFile("activity.json"),
            Kept("append-only and chained; it holds ids, no names"),
            Stays("append-only"),
        ),
        holding(
            "audit_event",
            "on_behalf_of",
            InFile("activity.json"),
            Kept("append-only and chained; it holds ids, no names"),
            Stays("append-only"),
        ),
        holding("acting", "account_id", AsStored("acted_for.json"), Deleted, Stays("tells who acted for the closed account")),
        holding(
            "acting",
            "staff_id",
            Not("somebody else was acted for: the act stands in activity.json"),
            Deleted,
            Stays("staff accounts are not merged"),
        ),
        holding(
            "staff_note",
            "account_id",
            Not("the programme's own notes: what was done stands in activity.json, and why staff acted for them in acted_for.json"),
            Deleted,
            Stays("tells why something was done with the closed account"),
        ),
        holding("data_export", "account_id", AsStored("data_requests.json"), Deleted, Stays("an archive of the closed account")),
        holding("account_erasure", "account_id", AsStored("erasure_requests.json"), Deleted, Stays("accounts being erased are not merged")),
        holding("retention", "account_id", Not("only of accounts that stand for nobody"), Kept("made by the erasure"), Stays("nobody's")),
        holding("account_merge", "account_id", AsStored("merges.json"), Deleted, Stays("tells what this account took over")),
        holding("account_merge", "other_id", Not("stands in merges.json"), Deleted, Stays("tells what this account was taken over by")),
        holding("account", "merged_into", InFile("profile.json"), Deleted, Moves),
    ]
};

/// Columns that are never given out: secrets, and hashes of secrets. Beside these every `bytea` is left out.
pub const SECRET_COLUMNS: &[&str] =
    &["password_hash", "totp_secret", "totp_last_step", "token_hash", "code_hash", "passkey", "credential_id"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_for_operators_names_every_table() {
        let page = include_str!("../../docs/privacy.md");
        let missing: Vec<_> = INVENTORY.iter().map(|holding| holding.table).filter(|table| !page.contains(&format!("`{table}`"))).collect();
        assert!(missing.is_empty(), "say in docs/privacy.md what is stored, why and how long: {missing:?}");
    }
}
