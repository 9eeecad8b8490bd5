//! Codes to sentences.

use crate::error::{Code, Conflict, FieldError};
use crate::server::i18n::Locale;
use crate::tr;

/// What is wrong with a field, as a sentence that says what to do.
pub fn error_text(locale: Locale, error: &FieldError) -> String {
    let parameter = error.parameter.clone().unwrap_or_default();
    match error.code {
        Code::Required => tr!(locale, errors.required).to_string(),
        Code::TooLong => tr!(locale, errors.too_long, limit = parameter).to_string(),
        Code::Invalid => tr!(locale, errors.invalid).to_string(),
        Code::NotAChoice => tr!(locale, errors.not_a_choice).to_string(),
        Code::EmailInvalid => tr!(locale, errors.email_invalid).to_string(),
        Code::PasswordTooShort => tr!(locale, errors.password_too_short, limit = parameter).to_string(),
        Code::PasswordTooLong => tr!(locale, errors.password_too_long, limit = parameter).to_string(),
        Code::PasswordNeedsLower => tr!(locale, errors.password_needs_lower).to_string(),
        Code::PasswordNeedsUpper => tr!(locale, errors.password_needs_upper).to_string(),
        Code::PasswordNeedsDigit => tr!(locale, errors.password_needs_digit).to_string(),
        Code::PasswordCommon => tr!(locale, errors.password_common).to_string(),
        Code::PasswordPersonal => tr!(locale, errors.password_personal).to_string(),
        Code::PasswordMismatch => tr!(locale, errors.password_mismatch).to_string(),
        Code::PasswordWrong => tr!(locale, errors.password_wrong).to_string(),
        Code::AgreementRequired => tr!(locale, errors.agreement_required).to_string(),
        Code::DateInvalid => tr!(locale, errors.date_invalid).to_string(),
        Code::DateInFuture => tr!(locale, errors.date_in_future).to_string(),
        Code::TooYoung => tr!(locale, errors.too_young, age = parameter).to_string(),
        Code::GuardianNeeded => tr!(locale, errors.guardian_needed, age = parameter).to_string(),
        Code::RulesUnread => tr!(locale, errors.rules_unread).to_string(),
        Code::NoAccessibleSeat => tr!(locale, errors.no_accessible_seat).to_string(),
        Code::NameMismatch => tr!(locale, errors.name_mismatch, name = parameter).to_string(),
        Code::CodeWrong => tr!(locale, errors.code_wrong).to_string(),
        Code::FileMissing => tr!(locale, errors.file_missing).to_string(),
        Code::FileTooLarge => tr!(locale, errors.file_too_large, limit = parameter).to_string(),
        Code::FileWrongType => tr!(locale, errors.file_wrong_type).to_string(),
        Code::CardNumber => tr!(locale, errors.card_number).to_string(),
        Code::CardNumberWrong => tr!(locale, errors.card_number_wrong).to_string(),
        Code::NotATestCard => tr!(locale, errors.not_a_test_card).to_string(),
        Code::CardExpired => tr!(locale, errors.card_expired).to_string(),
        Code::NothingChosen => tr!(locale, errors.nothing_chosen).to_string(),
        Code::FileNotText => tr!(locale, errors.file_not_text).to_string(),
        Code::FileEmpty => tr!(locale, errors.file_empty).to_string(),
        Code::FileTooManyRows => tr!(locale, errors.file_too_many_rows, limit = parameter).to_string(),
        Code::ColumnsMissing => tr!(locale, errors.columns_missing, names = parameter).to_string(),
        Code::ColumnsUnknown => tr!(locale, errors.columns_unknown, names = parameter).to_string(),
        Code::ColumnsRepeated => tr!(locale, errors.columns_repeated, names = parameter).to_string(),
        Code::CredentialIdMalformed => tr!(locale, errors.credential_id_malformed).to_string(),
        Code::ConfirmationMismatch => tr!(locale, errors.data_confirmation_mismatch, address = parameter).to_string(),
    }
}

/// Why a request that was well formed is refused now.
pub fn conflict_text(locale: Locale, conflict: Conflict) -> &'static str {
    match conflict {
        Conflict::LoginRefused => tr!(locale, errors.login_refused),
        Conflict::LoginLocked => tr!(locale, errors.login_locked),
        Conflict::LinkExpired => tr!(locale, errors.link_expired),
        Conflict::LinkUsed => tr!(locale, errors.link_used),
        Conflict::LinkUnknown => tr!(locale, errors.link_unknown),
        Conflict::EmailNotVerified => tr!(locale, errors.email_not_verified),
        Conflict::AgreementOutdated => tr!(locale, errors.agreement_outdated),
        Conflict::SlotTaken => tr!(locale, errors.slot_taken),
        Conflict::TimeNotOffered => tr!(locale, errors.time_not_offered),
        Conflict::TooManyHolds => tr!(locale, errors.too_many_holds),
        Conflict::HoldExpired => tr!(locale, errors.hold_expired),
        Conflict::OwnOverlap => tr!(locale, errors.own_overlap),
        Conflict::TooLate => tr!(locale, errors.too_late),
        Conflict::RescheduleLimit => tr!(locale, errors.reschedule_limit),
        Conflict::AppointmentEnded => tr!(locale, errors.appointment_ended),
        Conflict::ExamClosed => tr!(locale, errors.exam_closed),
        Conflict::NotEligible => tr!(locale, errors.not_eligible),
        Conflict::CartEmpty => tr!(locale, errors.cart_empty),
        Conflict::AlreadyPaid => tr!(locale, errors.already_paid),
        Conflict::PaymentFailed => tr!(locale, errors.payment_failed),
        Conflict::ImportHasErrors => tr!(locale, errors.import_has_errors),
        Conflict::ImportApplied => tr!(locale, errors.import_applied),
        Conflict::AlreadyReleased => tr!(locale, errors.already_released),
        Conflict::Stale => tr!(locale, errors.stale),
        Conflict::ErasureBlocked => tr!(locale, errors.data_erasure_blocked),
        Conflict::MergeOwn => tr!(locale, errors.data_merge_own),
        Conflict::MergeStaff => tr!(locale, errors.data_merge_staff),
        Conflict::MergeErasing => tr!(locale, errors.data_merge_erasing),
        Conflict::MergeFactor => tr!(locale, errors.data_merge_factor),
        Conflict::MergeBlocked => tr!(locale, errors.data_merge_blocked),
        Conflict::MergeFinal => tr!(locale, errors.data_merge_final),
        Conflict::MergeAddressGone => tr!(locale, errors.data_merge_address_gone),
    }
}
