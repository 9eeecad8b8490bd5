//! The decisions about addresses, as pure functions.

use chrono::{DateTime, TimeDelta, Utc};

/// As many addresses as an account may have, those that wait for their verification included.
pub const LIMIT: usize = 5;
/// How long an address waits for its verification before it is dropped from the list.
pub const WAITS: TimeDelta = TimeDelta::days(7);

/// Whether an address that was added then and was never verified still waits for it.
pub fn waits(added_at: DateTime<Utc>, now: DateTime<Utc>) -> bool {
    now < added_at + WAITS
}

/// An address as others may read it in a mailbox that is not its own: `m•••@example.com`.
pub fn masked(address: &str) -> String {
    let (local, domain) = address.split_once('@').unwrap_or((address, ""));
    format!("{}•••@{domain}", local.chars().next().unwrap_or('•'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mask_hides_the_name_and_shows_the_provider() {
        assert_eq!(masked("maya@example.com"), "m•••@example.com");
        assert_eq!(masked("ñ@example.com"), "ñ•••@example.com");
        assert_eq!(masked("nonsense"), "n•••@");
    }

    #[test]
    fn an_address_waits_seven_days() {
        let added = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        assert!(waits(added, added + WAITS - TimeDelta::microseconds(1)));
        assert!(!waits(added, added + WAITS));
    }
}
