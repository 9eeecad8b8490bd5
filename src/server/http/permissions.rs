//! Who of the staff may do what: one table, asked in one place ([`super::request::RequestContext::staff`]).

/// What a member of staff works as (product.md, "People").
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    SupportAgent,
    CeReviewer,
    ExamManager,
    SiteManager,
    Proctor,
    Finance,
    Auditor,
    Administrator,
}

impl Role {
    pub const ALL: &[Role] = &[
        Role::SupportAgent,
        Role::CeReviewer,
        Role::ExamManager,
        Role::SiteManager,
        Role::Proctor,
        Role::Finance,
        Role::Auditor,
        Role::Administrator,
    ];

    /// As the database and the command line write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Role::SupportAgent => "support_agent",
            Role::CeReviewer => "ce_reviewer",
            Role::ExamManager => "exam_manager",
            Role::SiteManager => "site_manager",
            Role::Proctor => "proctor",
            Role::Finance => "finance",
            Role::Auditor => "auditor",
            Role::Administrator => "administrator",
        }
    }

    pub fn parse(text: &str) -> Option<Role> {
        Self::ALL.iter().copied().find(|role| role.as_str() == text)
    }
}

/// Something that only staff may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Permission {
    /// The staff area's start page; moving the demo's clock.
    EnterStaffArea,
    /// How many appointments there are where.
    SeeSchedule,
    ReadResults,
    /// Import and release results.
    ManageResults,
    /// Find a credential and read what is behind it.
    ReadCredentials,
    /// Ask for the revocation of a credential, or approve it.
    RevokeCredentials,
    /// Find an order and read who bought and paid what.
    ReadOrders,
    /// Give money back; above the limit ask for it, or approve it.
    RefundOrders,
    /// See which acts wait for a second person, as far as one may read of what they are about.
    ReadApprovals,
    /// Ask for acts that take two people and decide on them; each needs its own permission besides (security.md line 41).
    DecideApprovals,
    /// Find an account and read what support needs to know of it.
    ReadAccounts,
    /// End an account's sessions, start a password reset.
    HelpAccounts,
    /// Decide on a request to remove a lost second factor (security.md line 23).
    CheckIdentity,
    /// Act as a candidate, within the limits of [`super::acting`] (security.md line 42).
    ActForCandidates,
    /// Disable an account, and enable it again.
    DisableAccounts,
    /// Give and take roles.
    GrantRoles,
    ReadAuditLog,
}

impl Permission {
    pub const ALL: &[Permission] = &[
        Permission::EnterStaffArea,
        Permission::SeeSchedule,
        Permission::ReadResults,
        Permission::ManageResults,
        Permission::ReadCredentials,
        Permission::RevokeCredentials,
        Permission::ReadOrders,
        Permission::RefundOrders,
        Permission::ReadApprovals,
        Permission::DecideApprovals,
        Permission::ReadAccounts,
        Permission::HelpAccounts,
        Permission::CheckIdentity,
        Permission::ActForCandidates,
        Permission::DisableAccounts,
        Permission::GrantRoles,
        Permission::ReadAuditLog,
    ];
}

/// What each role may do. The auditor reads and changes nothing; the administrator may do everything.
pub const GRANTS: &[(Role, &[Permission])] = {
    use Permission::*;
    &[
        (Role::SupportAgent, &[EnterStaffArea, SeeSchedule, ReadOrders, ReadAccounts, HelpAccounts, CheckIdentity, ActForCandidates]),
        (Role::CeReviewer, &[EnterStaffArea]),
        (
            Role::ExamManager,
            &[EnterStaffArea, SeeSchedule, ReadResults, ManageResults, ReadCredentials, RevokeCredentials, ReadApprovals, DecideApprovals],
        ),
        (Role::SiteManager, &[EnterStaffArea, SeeSchedule]),
        (Role::Proctor, &[EnterStaffArea, SeeSchedule]),
        (Role::Finance, &[EnterStaffArea, ReadOrders, RefundOrders, ReadApprovals, DecideApprovals]),
        (
            Role::Auditor,
            &[EnterStaffArea, SeeSchedule, ReadResults, ReadCredentials, ReadOrders, ReadApprovals, ReadAccounts, ReadAuditLog],
        ),
        (Role::Administrator, Permission::ALL),
    ]
};

/// Whether one of `roles` may do it.
pub fn allows(roles: &[Role], permission: Permission) -> bool {
    GRANTS.iter().any(|(role, granted)| roles.contains(role) && granted.contains(&permission))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_role_has_its_line_and_the_auditor_changes_nothing() {
        for role in Role::ALL {
            assert_eq!(GRANTS.iter().filter(|(granted, _)| granted == role).count(), 1, "{role:?}");
            assert!(allows(&[*role], Permission::EnterStaffArea), "{role:?}");
        }
        use Permission::*;
        let changes = [
            ManageResults,
            RevokeCredentials,
            RefundOrders,
            DecideApprovals,
            HelpAccounts,
            CheckIdentity,
            ActForCandidates,
            DisableAccounts,
            GrantRoles,
        ];
        for change in changes {
            assert!(!allows(&[Role::Auditor], change), "{change:?}");
        }
        assert!(!allows(&[], EnterStaffArea));
    }
}
