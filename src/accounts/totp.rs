//! The second factor of RFC 6238: SHA-1, six digits, 30 seconds, one step of tolerance.

use chrono::{DateTime, Utc};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use totp_rs::{Builder, Secret, Totp};

/// Bytes of a new secret (RFC 4226 recommends 160 bits).
pub const SECRET_BYTES: usize = 20;

fn totp(secret: &[u8]) -> Totp {
    // One step before and after: a clock that is half a minute wrong is no reason to be locked out.
    Builder::new().with_secret(secret).with_skew(1).build_noncompliant()
}

/// The time step a code belongs to, if it is one of the three that count now. That it was not used before is the
/// database's business.
pub fn matching_step(secret: &[u8], typed: &str, device_now: DateTime<Utc>) -> Option<i64> {
    let code: String = typed.chars().filter(|c| !c.is_whitespace() && *c != '-').collect();
    if code.len() != 6 || !code.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let seconds = u64::try_from(device_now.timestamp()).ok()?;
    totp(secret).check(&code, seconds).and_then(|step| i64::try_from(step).ok())
}

/// The code of a moment: for tests and the demo's helpers.
pub fn code_at(secret: &[u8], device_now: DateTime<Utc>) -> String {
    totp(secret).generate(u64::try_from(device_now.timestamp()).unwrap_or_default()).to_string()
}

/// The secret as an app takes it when it is typed.
pub fn base32(secret: &[u8]) -> String {
    Secret::from(secret).to_base32()
}

/// Reads a base 32 secret.
pub fn from_base32(text: &str) -> Option<Vec<u8>> {
    Secret::try_from_base32(text).ok().map(|secret| secret.as_bytes().to_vec())
}

/// In groups of four, for typing.
pub fn grouped(base32: &str) -> String {
    base32.as_bytes().chunks(4).map(|group| String::from_utf8_lossy(group).into_owned()).collect::<Vec<_>>().join(" ")
}

/// The address that authenticator apps read from the QR code (Key URI Format).
pub fn otpauth_url(secret: &[u8], issuer: &str, account: &str) -> String {
    let encode = |text: &str| utf8_percent_encode(&text.replace(':', " "), NON_ALPHANUMERIC).to_string();
    format!(
        "otpauth://totp/{}:{}?secret={}&issuer={}&algorithm=SHA1&digits=6&period=30",
        encode(issuer),
        encode(account),
        base32(secret),
        encode(issuer)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeDelta;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(seconds, 0).unwrap()
    }

    #[test]
    fn rfc_6238_appendix_b() {
        // The RFC's eight digits, of which ours are the last six.
        let secret = b"12345678901234567890";
        assert_eq!(code_at(secret, at(59)), "287082");
        assert_eq!(code_at(secret, at(1_111_111_109)), "081804");
        assert_eq!(code_at(secret, at(20_000_000_000)), "353130");
    }

    #[test]
    fn security_17_one_step_of_tolerance_and_not_two() {
        let secret = b"12345678901234567890";
        let now = at(1_111_111_109);
        let step = now.timestamp() / 30;
        for (offset, expected) in [(-60, None), (-30, Some(step - 1)), (0, Some(step)), (30, Some(step + 1)), (60, None)] {
            assert_eq!(matching_step(secret, &code_at(secret, now + TimeDelta::seconds(offset)), now), expected, "{offset} s");
        }
        assert_eq!(matching_step(secret, "081 804", now), Some(step));
        assert_eq!(matching_step(secret, "", now), None);
        assert_eq!(matching_step(secret, "0818040", now), None);
    }

    #[test]
    fn secrets_read_back() {
        let secret = from_base32("UKEVQU3JKQX6IUKWGWJN54Q4VY4IH6J6").unwrap();
        assert_eq!(secret.len(), SECRET_BYTES);
        assert_eq!(base32(&secret), "UKEVQU3JKQX6IUKWGWJN54Q4VY4IH6J6");
        assert_eq!(grouped("ABCDEFGH"), "ABCD EFGH");
        assert!(otpauth_url(&secret, "North: Light", "a@b.co").starts_with("otpauth://totp/North%20%20Light:a%40b%2Eco?secret=UKEV"));
    }
}
