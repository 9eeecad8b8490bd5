//! The decisions about accounts, as pure functions.

use crate::server::i18n::Locale;
use chrono::{DateTime, TimeDelta, Utc};

/// Five wrong passwords within ten minutes lock for five minutes; the next time, for ten (product.md section 2).
const FAILURES: usize = 5;
const WINDOW: TimeDelta = TimeDelta::minutes(10);
const FIRST_LOCK: TimeDelta = TimeDelta::minutes(5);
const NEXT_LOCK: TimeDelta = TimeDelta::minutes(10);
/// How far back failures are remembered: a lock after a day without one is a first lock again.
pub const FAILURE_MEMORY: TimeDelta = TimeDelta::hours(24);
/// Wrong passwords in a row from unknown browsers before the password is off for them until a reset (product.md section 2).
pub const STREAK_LIMIT: i32 = 100;

/// Until when a key is locked, from its failures (oldest first). While it is locked no failures are counted.
pub fn locked_until(failures: &[DateTime<Utc>]) -> Option<DateTime<Utc>> {
    let mut recent: Vec<DateTime<Utc>> = vec![];
    let mut lock: Option<DateTime<Utc>> = None;
    for at in failures {
        recent.retain(|earlier| *at - *earlier < WINDOW);
        recent.push(*at);
        if recent.len() >= FAILURES {
            lock = Some(*at + if lock.is_some() { NEXT_LOCK } else { FIRST_LOCK });
            recent.clear();
        }
    }
    lock
}

/// Between two verification or reset mails, and in an hour (security.md line 60).
const RESEND_WAIT: TimeDelta = TimeDelta::seconds(60);
const RESENDS_PER_HOUR: usize = 5;

/// How long to wait before the next mailed link; `sent`: when the ones of the last hour went out, oldest first. `None`: now.
pub fn resend_wait(sent: &[DateTime<Utc>], now: DateTime<Utc>) -> Option<TimeDelta> {
    let recent: Vec<_> = sent.iter().filter(|at| now - **at < TimeDelta::hours(1)).collect();
    let by_number = recent.len().checked_sub(RESENDS_PER_HOUR).and_then(|index| recent.get(index)).map(|at| **at + TimeDelta::hours(1));
    let by_time = recent.last().map(|at| **at + RESEND_WAIT);
    by_number.into_iter().chain(by_time).max().map(|until| until - now).filter(|wait| *wait > TimeDelta::zero())
}

/// How long a reset link and an invitation work (product.md section 2).
pub const RESET_LINK: TimeDelta = TimeDelta::hours(1);
pub const INVITATION_LINK: TimeDelta = TimeDelta::days(7);

/// What a mailed link is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkState {
    Good,
    Used,
    Expired,
    /// Never given out, or cut off by the mail program.
    Unknown,
}

/// `expires_at` and `used_at` of the link found, if one was.
pub fn link_state(found: Option<(DateTime<Utc>, Option<DateTime<Utc>>)>, now: DateTime<Utc>) -> LinkState {
    match found {
        None => LinkState::Unknown,
        Some((_, Some(_))) => LinkState::Used,
        Some((expires_at, None)) if now >= expires_at => LinkState::Expired,
        Some(_) => LinkState::Good,
    }
}

/// Whole minutes to tell somebody who has to wait `seconds`: never less than the truth.
pub fn minutes_to_wait(seconds: u32) -> u32 {
    seconds.div_ceil(60).max(1)
}

/// `Firefox, Windows` from a user agent; `None` when it is none of a browser's.
pub fn browser_name(user_agent: &str, locale: Locale) -> Option<String> {
    let has = |part: &str| user_agent.contains(part);
    let browser = [
        ("Edg", "Edge"),
        ("OPR/", "Opera"),
        ("SamsungBrowser", "Samsung Internet"),
        ("Firefox/", "Firefox"),
        ("FxiOS", "Firefox"),
        ("CriOS", "Chrome"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
    ];
    let browser = browser.iter().find(|(part, _)| has(part))?.1;
    let systems = [
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Android", "Android"),
        ("Windows", "Windows"),
        ("Mac OS X", "macOS"),
        ("CrOS", "ChromeOS"),
        ("Linux", "Linux"),
    ];
    let joint = match locale {
        Locale::en => "on",
        Locale::es => "en",
    };
    Some(match systems.iter().find(|(part, _)| has(part)) {
        Some((_, system)) => format!("{browser} {joint} {system}"),
        None => browser.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000 + seconds, 0).unwrap()
    }

    #[test]
    fn security_9_five_failures_in_ten_minutes_lock_for_five_then_for_ten() {
        assert_eq!(locked_until(&[]), None);
        assert_eq!(locked_until(&[at(0), at(1), at(2), at(3)]), None);
        assert_eq!(locked_until(&[at(0), at(1), at(2), at(3), at(4)]), Some(at(304)));
        // Spread over more than ten minutes they do not.
        assert_eq!(locked_until(&[at(0), at(200), at(400), at(500), at(600)]), None);
        let again: Vec<_> = (0..5).chain(400..405).map(at).collect();
        assert_eq!(locked_until(&again), Some(at(404 + 600)));
    }

    #[test]
    fn security_60_links_are_resent_once_a_minute_and_five_times_an_hour() {
        assert_eq!(resend_wait(&[], at(0)), None);
        assert_eq!(resend_wait(&[at(0)], at(20)), Some(TimeDelta::seconds(40)));
        assert_eq!(resend_wait(&[at(0)], at(60)), None);
        let five: Vec<_> = (0..5).map(|n| at(n * 100)).collect();
        assert_eq!(resend_wait(&five, at(1000)), Some(TimeDelta::seconds(2600)));
        assert_eq!(resend_wait(&five, at(3600)), None);
    }

    #[test]
    fn a_link_ends_with_its_hour() {
        assert_eq!(link_state(None, at(0)), LinkState::Unknown);
        assert_eq!(link_state(Some((at(10), None)), at(9)), LinkState::Good);
        assert_eq!(link_state(Some((at(10), None)), at(10)), LinkState::Expired);
        assert_eq!(link_state(Some((at(10), Some(at(1)))), at(2)), LinkState::Used);
    }

    #[test]
    fn browsers_are_named_as_people_name_them() {
        let name = |agent| browser_name(agent, Locale::en);
        assert_eq!(
            name("Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:132.0) Gecko/20100101 Firefox/132.0").as_deref(),
            Some("Firefox on Windows")
        );
        assert_eq!(
            name("Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 Version/18.1 Mobile/15E148 Safari/604.1")
                .as_deref(),
            Some("Safari on iPhone")
        );
        assert_eq!(
            name("Mozilla/5.0 (X11; Linux x64) AppleWebKit/537.36 Chrome/131.0 Safari/537.36 Edg/131.0").as_deref(),
            Some("Edge on Linux")
        );
        assert_eq!(name("curl/8.0"), None);
    }
}
