//! The one error that crosses the wire. Codes, not sentences: the page translates them.

use leptos::server_fn::codec::JsonEncoding;
use leptos::server_fn::error::{FromServerFnError, ServerFnErrorErr};
use serde::{Deserialize, Serialize};

/// What a field is refused for. Each has one sentence in `locales/*/errors.json` (see `ui::error_text`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Code {
    /// Nothing was given where something is needed.
    Required,
    /// More characters than the field takes; the parameter is the limit.
    TooLong,
    /// Not of the form the field asks for.
    Invalid,
    /// Not one of the choices offered.
    NotAChoice,
    EmailInvalid,
    PasswordTooShort,
    PasswordTooLong,
    PasswordNeedsLower,
    PasswordNeedsUpper,
    PasswordNeedsDigit,
    PasswordCommon,
    PasswordPersonal,
    /// Not the password of this account (asked for again by somebody signed in).
    PasswordWrong,
    AgreementRequired,
    DateInvalid,
    DateInFuture,
    TooYoung,
    GuardianNeeded,
    /// The guardian's address is one of the candidate's own.
    GuardianIsYou,
    /// An address that is on the account's list already.
    AddressYours,
    /// More lines than the field takes; the parameter is the limit.
    TooManyLines,
    /// The rules of an appointment were not ticked as read.
    RulesUnread,
    /// No accessible workstation is free at that centre and time.
    NoAccessibleSeat,
    /// The name typed is not the one on the account; the parameter is the one on the account.
    NameMismatch,
    CodeWrong,
    FileMissing,
    FileTooLarge,
    /// A card number where none belongs (PCI SAQ A: none is ever taken here).
    CardNumber,
    /// On the sandbox's payment page: the number's check digit is wrong.
    CardNumberWrong,
    /// The sandbox takes its test cards only.
    NotATestCard,
    CardExpired,
    /// Boxes to tick, and none was ticked.
    NothingChosen,
    /// Not a table of text in UTF-8.
    FileNotText,
    FileEmpty,
    /// The parameter is the limit.
    FileTooManyRows,
    /// The parameter names the columns; as with the next two.
    ColumnsMissing,
    ColumnsUnknown,
    ColumnsRepeated,
    /// Too short, too long, or its check character is wrong.
    CredentialIdMalformed,
    /// Neither a picture that can carry a signed credential, nor the text of one.
    NotABadge,
    /// Not a phone number in E.164, nor one of the account's country.
    PhoneInvalid,
    /// What was typed to confirm is not what was asked for; the parameter is what was.
    ConfirmationMismatch,
    /// Not a whole number of a range; the parameter is the range.
    WholeNumber,
    /// Everything is as it was.
    NothingChanged,
    /// Not an amount of money; the parameter is an example.
    AmountInvalid,
    /// More than there is; the parameter is what there is.
    AmountTooLarge,
}

/// One refusal at one field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldError {
    /// The `name` of the input.
    pub field: String,
    pub code: Code,
    /// A number or word that the sentence needs (a limit, a name).
    pub parameter: Option<String>,
}

impl FieldError {
    pub fn new(field: impl Into<String>, code: Code) -> Self {
        Self { field: field.into(), code, parameter: None }
    }

    pub fn with(field: impl Into<String>, code: Code, parameter: impl ToString) -> Self {
        Self { field: field.into(), code, parameter: Some(parameter.to_string()) }
    }
}

/// A request that is well formed but meets a state that forbids it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Conflict {
    /// Wrong address or password: one answer for both.
    LoginRefused,
    /// Too many wrong passwords from this class of device.
    LoginLocked,
    LinkExpired,
    LinkUsed,
    LinkUnknown,
    /// The link is another account's than the viewer's.
    LinkOfAnother,
    EmailNotVerified,
    /// What staff want to do needs an account whose address is verified.
    AccountUnverified,
    AgreementOutdated,
    /// Under 18, and no guardian has consented.
    GuardianNeeded,
    /// Of age, or a consent is there already.
    GuardianNotNeeded,
    /// A guardian has answered this request already.
    GuardianAnswered,
    /// As many addresses as an account may have.
    TooManyAddresses,
    /// The address belongs to another account. Only said to who has opened the link that was mailed to it.
    AddressTaken,
    /// The main address cannot be removed.
    PrimaryAddress,
    /// Somebody else was quicker.
    SlotTaken,
    /// The place does not offer this time (any more): lead time, horizon, opening hours.
    TimeNotOffered,
    /// The candidate holds as many seats as one may at once.
    TooManyHolds,
    /// The 15 minutes are over.
    HoldExpired,
    /// The candidate has another appointment at that time.
    OwnOverlap,
    TooLate,
    RescheduleLimit,
    AppointmentEnded,
    ExamClosed,
    /// The retake wait is not over, or the exam was passed less than two years ago.
    NotEligible,
    CartEmpty,
    /// An order with this seat waits for its payment.
    BeingPaid,
    AlreadyPaid,
    ImportHasErrors,
    Stale,
    /// Staff do not do this to their own account.
    OwnAccount,
    /// Only candidates can be acted for, never staff.
    NotACandidate,
    /// A page from before the start of an acting, or from after its end.
    ActingChanged,
    /// Somebody must be left who can give roles.
    LastAdministrator,
    /// A passkey's answer is wrong, unknown, or of an account that is disabled: one sentence for all.
    PasskeyRefused,
    /// The challenge was used, is older than five minutes, or is another browser's.
    CeremonyOver,
    /// The account has as many passkeys as one may have.
    PasskeyLimit,
    /// Staff keep one second factor at least.
    LastFactor,
    /// Without a factor the password would be shorter than the policy asks for.
    PasswordNeedsFactor,
    /// No SMS provider is set up.
    SmsUnavailable,
    /// The account has a request to remove its factors already.
    RecoveryOpen,
    /// Somebody has decided on the request, or its time is over.
    RecoveryDecided,
    /// A booking, a result, a payment or a refund has to be settled before the account can be erased.
    ErasureBlocked,
    /// The other account is this one.
    MergeOwn,
    MergeStaff,
    /// One of the accounts is on its way out.
    MergeErasing,
    /// The other account has a second factor, but no authenticator app to prove it with.
    MergeFactor,
    /// Overlapping appointments, different dates of birth, or a payment on its way: the page says which.
    MergeBlocked,
    /// The days for undoing it are over.
    MergeFinal,
    /// The other account would come back without an address to sign in with, or this one would be left without.
    MergeAddressGone,
    /// Somebody has asked for the same already, and it waits for a decision.
    ApprovalPending,
    /// It was decided, taken back, or has lapsed.
    ApprovalDecided,
    /// What the request is about is not as it was when it was asked for.
    ApprovalStale,
    /// Who asks does not approve.
    ApprovalOwn,
}

/// Why a call was refused. Maps one to one to an HTTP status ([`AppError::status`]).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "error", content = "detail", rename_all = "snake_case")]
pub enum AppError {
    #[error("some answers were refused")]
    Validation(Vec<FieldError>),
    #[error("not signed in")]
    Unauthenticated,
    #[error("a fresh proof of identity is needed")]
    StepUpRequired,
    #[error("not allowed")]
    Forbidden,
    #[error("not found")]
    NotFound,
    #[error("conflict: {0:?}")]
    Conflict(Conflict),
    /// Seconds to wait.
    #[error("too many requests, retry in {0} s")]
    RateLimited(u32),
    #[error("temporarily unavailable")]
    Unavailable,
    /// The reference is in the log, with the cause.
    #[error("internal error, reference {0}")]
    Internal(String),
}

impl AppError {
    /// The status of a response that carries this error.
    pub fn status(&self) -> u16 {
        match self {
            AppError::Validation(_) => 422,
            AppError::Unauthenticated => 401,
            AppError::StepUpRequired | AppError::Forbidden => 403,
            AppError::NotFound => 404,
            AppError::Conflict(_) => 409,
            AppError::RateLimited(_) => 429,
            AppError::Unavailable => 503,
            AppError::Internal(_) => 500,
        }
    }

    /// One field refused.
    pub fn field(field: &str, code: Code) -> Self {
        AppError::Validation(vec![FieldError::new(field, code)])
    }
}

impl From<Conflict> for AppError {
    fn from(conflict: Conflict) -> Self {
        AppError::Conflict(conflict)
    }
}

impl FromServerFnError for AppError {
    type Encoder = JsonEncoding;

    fn from_server_fn_error(error: ServerFnErrorErr) -> Self {
        match error {
            ServerFnErrorErr::Args(_) | ServerFnErrorErr::MissingArg(_) | ServerFnErrorErr::Deserialization(_) => {
                AppError::Validation(vec![])
            }
            ServerFnErrorErr::Request(_) => AppError::Unavailable,
            _ => AppError::Internal("transport".into()),
        }
    }
}

pub type AppResult<T> = Result<T, AppError>;
