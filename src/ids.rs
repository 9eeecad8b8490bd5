//! The ids of rows, a type for each table: an account's cannot be given where a seat's is wanted.
//!
//! They open nothing: whoever may see or change a row is decided by whose it is. What a person reads or types is no id of a row: the
//! candidate ID and the credential ID have types of their own in their capability. `sqlx.toml` says which column has which type.

use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};
use uuid::Uuid;

macro_rules! ids {
    ($($(#[$meaning:meta])* $name:ident)*) => {$(
        $(#[$meaning])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        #[cfg_attr(feature = "ssr", derive(sqlx::Type), sqlx(transparent))]
        pub struct $name(Uuid);

        impl $name {
            /// A fixed one: where any will do.
            pub const fn from_u128(id: u128) -> Self {
                Self(Uuid::from_u128(id))
            }

            pub const fn uuid(self) -> Uuid {
                self.0
            }

            pub const fn as_bytes(&self) -> &[u8; 16] {
                self.0.as_bytes()
            }
        }

        impl From<Uuid> for $name {
            fn from(id: Uuid) -> Self {
                Self(id)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }
    )*};
}

ids! {
    /// A candidate's or a member of staff's account.
    AccountId
    /// One of an account's e-mail addresses.
    EmailId
    SessionId
    PasskeyId
    /// A passkey being registered or used.
    CeremonyId
    TrustedDeviceId
    /// A request to lose one's second factors.
    FactorRecoveryId
    /// A guardian's consent.
    ConsentId
    /// Two accounts becoming one.
    MergeId
    /// A member of staff acting as a candidate.
    ActingId
    /// What staff typed about an act, beside the audit log.
    NoteId
    /// A candidate's copy of their data.
    ExportId
    ErasureId

    CertificationId
    /// An exam version.
    ExamId
    /// A test centre.
    CenterId
    /// A workstation of a test centre, or an online proctor's lane.
    SeatId
    /// An appointment, from its hold on.
    AppointmentId

    /// A cart, or the order it became.
    PurchaseId
    PurchaseItemId
    PaymentId
    RefundId

    /// A partner's file of results.
    ImportId
    ResultId
    CorrectionId
    /// The row of a credential. What people verify is its `CredentialId`.
    CredentialKey

    /// A request that a second member of staff decides.
    ApprovalId
    /// What such a request is about: its kind says of which table.
    SubjectId

    MailId
    SmsId
    /// A mail or an SMS in the mailbox of demo mode.
    MessageId
}

macro_rules! subjects {
    ($($name:ident)*) => {$(
        impl From<$name> for SubjectId {
            fn from(id: $name) -> Self {
                Self(id.0)
            }
        }

        impl From<SubjectId> for $name {
            fn from(id: SubjectId) -> Self {
                Self(id.0)
            }
        }
    )*};
}

subjects! { ResultId CredentialKey PurchaseItemId }

/// The id of a row that comes from a data file: always the same for the same name, so that loading it again finds it
/// (version 8: made of a hash).
#[cfg(feature = "ssr")]
pub fn named<T: From<Uuid>>(kind: &str, name: &str) -> T {
    use sha2::{Digest, Sha256};
    let digest = Sha256::digest(format!("{kind}:{name}"));
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    uuid::Builder::from_custom_bytes(bytes).into_uuid().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_travels_as_its_uuid_alone() {
        let text = "00000000-0000-0000-0000-00000000002a";
        let id: SeatId = text.parse().unwrap();
        assert_eq!(id, SeatId::from_u128(42));
        assert_eq!(id.to_string(), text);
        assert_eq!(serde_json::to_string(&id).unwrap(), format!("\"{text}\""));
        assert_eq!(serde_json::from_str::<SeatId>(&format!("\"{text}\"")).unwrap(), id);
        assert!("42".parse::<SeatId>().is_err());
    }
}
