//! Merging two accounts of one person, and undoing it.

use super::{PASSWORD, log_in, passkeys, registered};
use crate::support::Portal;
use crate::support::fixtures_results::World;
use crate::support::portal::{Answer, Browser};
use axum::http::StatusCode;
use certportal::accounts::totp;
use certportal::ids::AccountId;
use chrono::TimeDelta;
use std::time::{Duration, Instant};

const PAGE: &str = "/account/merge";
const SIGN_IN: &str = "/api/accounts/merge_sign_in";
const CODE: &str = "/api/accounts/merge_code";
const MERGE: &str = "/api/accounts/merge";
const UNDO: &str = "/api/accounts/merge_undo";
const ANA: &str = "ana@example.com";
const WORK: &str = "ana@work.example";

/// A portal with two accounts that have the same password: Ana's own, and the one from work.
struct Two {
    world: World,
    mine: AccountId,
    other: AccountId,
}

impl Two {
    async fn new() -> Self {
        let world = World::new().await;
        let mine = world.portal.account(ANA, "Ana", "Prueba", &[]).await;
        let other = world.portal.account(WORK, "Ana", "Prueba", &[]).await;
        let two = Self { world, mine, other };
        two.set_password(mine).await;
        two.set_password(other).await;
        two
    }

    fn portal(&self) -> &Portal {
        &self.world.portal
    }

    /// The password of the tests, hashed as cheaply as it is allowed to be.
    async fn set_password(&self, account: AccountId) {
        use std::sync::OnceLock;
        static HASH: OnceLock<String> = OnceLock::new();
        if HASH.get().is_none() {
            let portal = super::portal().await;
            registered(&portal, "hash@example.com").await;
            let hash: String = sqlx::query_scalar("SELECT password_hash FROM account").fetch_one(portal.db()).await.unwrap();
            let _ = HASH.set(hash);
        }
        sqlx::query("UPDATE account SET password_hash = $2 WHERE id = $1")
            .bind(account)
            .bind(HASH.get().unwrap())
            .execute(self.portal().db())
            .await
            .unwrap();
    }

    async fn browser(&self) -> Browser {
        self.portal().signed_in(self.mine).await
    }

    async fn owner(&self, what: &'static str, key: &str) -> AccountId {
        sqlx::query_scalar(what).bind(key).fetch_one(self.portal().db()).await.unwrap()
    }

    async fn appointment_owner(&self, reference: &str) -> AccountId {
        self.owner("SELECT account_id FROM appointment WHERE reference = $1", reference).await
    }

    async fn address_owner(&self, address: &str) -> AccountId {
        self.owner("SELECT account_id FROM account_email WHERE address = $1", address).await
    }

    async fn count(&self, what: &'static str, account: AccountId) -> i64 {
        sqlx::query_scalar(what).bind(account).fetch_one(self.portal().db()).await.unwrap()
    }
}

async fn sign_in(browser: &mut Browser, email: &str, password: &str) -> Answer {
    browser.post_form(PAGE, SIGN_IN, &[("email", email), ("password", password)]).await
}

async fn confirm(browser: &mut Browser, same_person: bool) -> Answer {
    let merge = browser.get(PAGE).await.hidden("merge");
    let mut fields = vec![("merge", merge.as_str())];
    if same_person {
        fields.push(("same_person", "on"));
    }
    browser.post_form(PAGE, MERGE, &fields).await
}

/// Signs in to the other account and merges.
async fn merge(browser: &mut Browser, email: &str) {
    assert_eq!(sign_in(browser, email, PASSWORD).await.location(), PAGE);
    let answer = confirm(browser, true).await;
    assert_eq!(answer.location(), "/account/merge?done=merged", "{}", answer.words());
}

async fn undo(browser: &mut Browser) -> Answer {
    let merge = browser.get(PAGE).await.hidden("merge");
    browser.post_form(PAGE, UNDO, &[("merge", &merge)]).await
}

#[tokio::test]
async fn everything_moves_at_once_and_the_other_account_is_closed() {
    let two = Two::new().await;
    let portal = two.portal();
    let now = portal.clock.now();
    let taken = two.world.sitting_of(two.other, now - TimeDelta::days(3)).await;
    let coming = two.world.sitting_of(two.other, now + TimeDelta::days(30)).await;
    two.world.score(&taken, 800).await.expect("a credential");
    let mut at_work = portal.signed_in(two.other).await;
    assert_eq!(at_work.get("/dashboard").await.status, StatusCode::OK);

    let mut browser = two.browser().await;
    assert_eq!(sign_in(&mut browser, WORK, PASSWORD).await.location(), PAGE);
    let page = browser.get(PAGE).await.words();
    for words in ["What moves to this account", "From ana@work.example", &coming.reference, "Certified Solutions Architect", "SAA-C03"] {
        assert!(page.contains(words), "{words}: {page}");
    }
    let merge = browser.get(PAGE).await.hidden("merge");
    // Twice at once, and once more: it merges once.
    let mut second = two.browser().await;
    let fields = [("merge", merge.as_str())];
    let (one, two_) = tokio::join!(browser.post_form(PAGE, MERGE, &fields), second.post_form(PAGE, MERGE, &fields));
    assert_eq!((one.location(), two_.location()), ("/account/merge?done=merged", "/account/merge?done=merged"));
    assert_eq!(browser.post_form(PAGE, MERGE, &fields).await.location(), "/account/merge?done=merged");

    assert_eq!(two.appointment_owner(&coming.reference).await, two.mine);
    for what in [
        "SELECT count(*) FROM appointment WHERE account_id = $1",
        "SELECT count(*) FROM exam_result WHERE account_id = $1",
        "SELECT count(*) FROM credential WHERE account_id = $1",
        "SELECT count(*) FROM account_email WHERE account_id = $1",
        "SELECT count(*) FROM session WHERE account_id = $1 AND ended_at IS NULL",
    ] {
        assert_eq!(two.count(what, two.other).await, 0, "{what}");
    }
    assert_eq!(two.count("SELECT count(*) FROM account_email WHERE account_id = $1 AND is_primary", two.mine).await, 1);
    // Its sessions end at once, and its address leads here now.
    assert_eq!(at_work.get("/dashboard").await.status, StatusCode::SEE_OTHER);
    assert_eq!(log_in(&mut portal.browser(), WORK, PASSWORD).await.location(), "/dashboard");
    assert!(browser.get("/results").await.words().contains("SAA-C03"));
    for address in [ANA, WORK] {
        assert_eq!(portal.mails(address).await.iter().filter(|mail| mail.template == "accounts.merged").count(), 1, "{address}");
    }
    // A partner that knows the old candidate ID means the person of today.
    portal.later(TimeDelta::days(33));
    let page = two.world.import(&crate::support::fixtures_results::file(&[coming.row(500)])).await;
    assert_eq!(two.world.release(&page).await.status, StatusCode::SEE_OTHER);
    assert_eq!(two.count("SELECT count(*) FROM exam_result WHERE account_id = $1", two.mine).await, 2);
    let meant: AccountId = two.owner("SELECT account_of_candidate_id($1)", &coming.candidate_id).await;
    assert_eq!(meant, two.mine);
}

#[tokio::test]
async fn undoing_gives_back_what_moved_and_nothing_else() {
    let two = Two::new().await;
    let portal = two.portal();
    let now = portal.clock.now();
    let own = two.world.sitting_of(two.mine, now + TimeDelta::days(20)).await;
    let moved = two.world.sitting_of(two.other, now + TimeDelta::days(30)).await;
    let mut browser = two.browser().await;
    merge(&mut browser, WORK).await;
    let later = two.world.sitting_of(two.mine, now + TimeDelta::days(40)).await;
    // On the fourteenth day it is still possible; others do not even learn that there is something.
    portal.later(TimeDelta::days(14));
    let mut browser = two.browser().await;
    let id = browser.get(PAGE).await.hidden("merge");
    let stranger = portal.account("stranger@example.com", "Some", "Body", &[]).await;
    let mut theirs = portal.signed_in(stranger).await;
    assert_eq!(theirs.post_form(PAGE, UNDO, &[("merge", &id)]).await.status, StatusCode::NOT_FOUND);
    for _ in 0..2 {
        let answer = browser.post_form(PAGE, UNDO, &[("merge", &id)]).await;
        assert_eq!(answer.location(), "/account/merge?done=undone", "{}", answer.words());
    }
    assert_eq!(two.appointment_owner(&moved.reference).await, two.other);
    assert_eq!(two.appointment_owner(&own.reference).await, two.mine);
    assert_eq!(two.appointment_owner(&later.reference).await, two.mine);
    assert_eq!(two.address_owner(WORK).await, two.other);
    assert_eq!(two.count("SELECT count(*) FROM account_email WHERE account_id = $1 AND is_primary", two.other).await, 1);
    assert_eq!(log_in(&mut portal.browser(), WORK, PASSWORD).await.location(), "/dashboard");
    assert!(browser.get(PAGE).await.words().contains("Undone on"));
    assert_eq!(portal.mails(WORK).await.iter().filter(|mail| mail.template == "accounts.merge_undone").count(), 1);
}

#[tokio::test]
async fn on_the_fifteenth_day_a_merge_is_final() {
    let two = Two::new().await;
    let mut browser = two.browser().await;
    merge(&mut browser, WORK).await;
    let id = browser.get(PAGE).await.hidden("merge");
    two.portal().later(TimeDelta::days(14) + TimeDelta::minutes(1));
    let mut browser = two.browser().await;
    assert!(browser.get(PAGE).await.words().contains("Final since"));
    let answer = browser.post_form(PAGE, UNDO, &[("merge", &id)]).await;
    assert_eq!(answer.status, StatusCode::CONFLICT);
    assert!(answer.words().contains("this merge is final"));
}

#[tokio::test]
async fn merges_chain_and_are_undone_in_turn() {
    let two = Two::new().await;
    let portal = two.portal();
    let now = portal.clock.now();
    let from_work = two.world.sitting_of(two.other, now + TimeDelta::days(30)).await;
    let mut browser = two.browser().await;
    merge(&mut browser, WORK).await;
    let third = portal.account("ana@third.example", "Ana", "Prueba", &[]).await;
    two.set_password(third).await;
    let mut from_third = portal.signed_in(third).await;
    merge(&mut from_third, ANA).await;
    assert_eq!(two.appointment_owner(&from_work.reference).await, third);
    assert_eq!(two.owner("SELECT account_of_candidate_id($1)", &from_work.candidate_id).await, third);
    assert_eq!(two.count("SELECT count(*) FROM account_email WHERE account_id = $1", third).await, 3);
    // The account in the middle is closed: it undoes nothing.
    assert_eq!(browser.get(PAGE).await.status, StatusCode::SEE_OTHER);
    assert_eq!(undo(&mut from_third).await.location(), "/account/merge?done=undone");
    assert_eq!(two.appointment_owner(&from_work.reference).await, two.mine);
    assert_eq!(two.owner("SELECT account_of_candidate_id($1)", &from_work.candidate_id).await, two.mine);
    let mut browser = two.browser().await;
    assert_eq!(undo(&mut browser).await.location(), "/account/merge?done=undone");
    assert_eq!(two.appointment_owner(&from_work.reference).await, two.other);
}

#[tokio::test]
async fn security_12_the_other_sign_in_answers_and_counts_like_a_login() {
    let two = Two::new().await;
    let mut browser = two.browser().await;
    let wrong = sign_in(&mut browser, WORK, "Wrong-Password-1").await;
    let unknown = sign_in(&mut browser, "nobody@example.com", "Wrong-Password-1").await;
    assert_eq!((wrong.status, unknown.status), (StatusCode::CONFLICT, StatusCode::CONFLICT));
    assert_eq!(wrong.words().replace(WORK, ""), unknown.words().replace("nobody@example.com", ""));
    // The same work, and no answer sooner than a login's.
    for address in [WORK, "nobody@example.com"] {
        let (begin, hashed) = (Instant::now(), two.portal().state.hashing.begun());
        sign_in(&mut browser, address, "Wrong-Password-1").await;
        assert_eq!(two.portal().state.hashing.begun() - hashed, 1, "{address}");
        assert!(begin.elapsed() >= Duration::from_millis(250), "{address}: {:?}", begin.elapsed());
    }
    for _ in 0..3 {
        sign_in(&mut browser, WORK, "Wrong-Password-1").await;
    }
    assert_eq!(sign_in(&mut browser, WORK, PASSWORD).await.status, StatusCode::TOO_MANY_REQUESTS, "security.md line 9");
    assert!(sign_in(&mut browser, ANA, PASSWORD).await.words().contains("That is this account"));
    // security.md line 35
    two.portal().later(TimeDelta::minutes(11));
    assert!(browser.get(PAGE).await.location().starts_with("/account/confirm?next="));
    assert!(sign_in(&mut browser, WORK, PASSWORD).await.location().starts_with("/account/confirm?next="));
}

#[tokio::test]
async fn security_18_the_other_accounts_second_factor_is_asked_for() {
    let two = Two::new().await;
    let portal = two.portal();
    let secret = vec![7u8; 20];
    let sealed = certportal::accounts::factors::seal_totp(&portal.state.key, two.other, &secret);
    sqlx::query("UPDATE account SET totp_secret = $2 WHERE id = $1").bind(two.other).bind(&sealed).execute(portal.db()).await.unwrap();
    let right = totp::code_at(&secret, portal.clock.now());
    let wrong = if right == "000000" { "111111" } else { "000000" };
    let mut browser = two.browser().await;
    assert_eq!(sign_in(&mut browser, WORK, PASSWORD).await.location(), PAGE);
    let page = browser.get(PAGE).await;
    assert!(page.text().contains("name=\"code\"") && !page.words().contains("What moves"), "nothing is told before the code");
    for _ in 0..5 {
        assert_eq!(browser.post_form(PAGE, CODE, &[("code", wrong)]).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    }
    assert!(browser.get(PAGE).await.text().contains("name=\"password\""), "the password step is taken back");
    assert_eq!(browser.post_form(PAGE, CODE, &[("code", &right)]).await.status, StatusCode::CONFLICT);
    portal.later(TimeDelta::minutes(6));
    sign_in(&mut browser, WORK, PASSWORD).await;
    let right = totp::code_at(&secret, portal.clock.now());
    assert_eq!(browser.post_form(PAGE, CODE, &[("code", &right)]).await.location(), PAGE);
    assert_eq!(confirm(&mut browser, false).await.location(), "/account/merge?done=merged");
}

#[tokio::test]
async fn every_second_factor_of_a_login_proves_the_other_account() {
    let two = Two::new().await;
    let portal = two.portal();
    let mut at_work = passkeys::named(portal.signed_in(two.other).await);
    let mut device = passkeys::device();
    passkeys::enrol(&mut at_work, &mut device, "Phone").await;
    let codes = super::backup_codes::make(&mut at_work).await;
    sqlx::query("UPDATE account SET phone = '+34600123442', phone_verified_at = created_at, sms_factor_since = created_at WHERE id = $1")
        .bind(two.other)
        .execute(portal.db())
        .await
        .unwrap();
    let mut browser = passkeys::named(two.browser().await);
    let begin = async |browser: &mut Browser| {
        assert_eq!(sign_in(browser, WORK, PASSWORD).await.location(), PAGE);
        let page = browser.get(PAGE).await;
        assert!(page.words().contains("The other account has a second factor") && !page.words().contains("What moves"));
    };
    let proved = async |browser: &mut Browser| browser.get(PAGE).await.words().contains("What moves to this account");

    // The passkey, in the session of who merges; nobody's else is taken, and the other account is not signed in by it.
    begin(&mut browser).await;
    let mine = passkeys::refusal(&passkeys::prove(&mut browser, &mut passkeys::device(), "merge").await);
    assert_eq!(mine, "passkey_refused");
    assert!(!proved(&mut browser).await);
    let answer = passkeys::prove(&mut browser, &mut device, "merge").await;
    assert_eq!(passkeys::text(&answer), PAGE);
    assert!(proved(&mut browser).await);
    assert_eq!(passkeys::refusal(&passkeys::start(&mut browser, "merge").await), "stale", "none is owed any more");

    // A code by SMS.
    browser.post_form(PAGE, "/api/accounts/merge_again", &[]).await;
    begin(&mut browser).await;
    assert_eq!(browser.post_form(PAGE, "/api/accounts/merge_sms", &[]).await.location(), "/account/merge?method=sms");
    let page = browser.get("/account/merge?method=sms").await;
    assert!(page.text().contains("name=\"code\"") && page.words().contains("42"), "{}", page.words());
    let code = super::phone::newest_code(portal, "+34600123442").await;
    let fields = [("method", "sms"), ("code", code.as_str())];
    assert_eq!(browser.post_form(PAGE, CODE, &fields).await.location(), PAGE);
    assert!(proved(&mut browser).await);

    // A backup code, once.
    for expected in [StatusCode::SEE_OTHER, StatusCode::UNPROCESSABLE_ENTITY] {
        browser.post_form(PAGE, "/api/accounts/merge_again", &[]).await;
        begin(&mut browser).await;
        let fields = [("method", "backup"), ("code", codes[0].as_str())];
        assert_eq!(browser.post_form(PAGE, CODE, &fields).await.status, expected);
    }
    assert_eq!(two.count("SELECT count(*) FROM session WHERE account_id = $1", two.other).await, 1, "its owner's alone");
    let by: Vec<String> = sqlx::query_scalar(
        "SELECT detail->>'by' FROM audit_event WHERE action = 'account.merge_factor_given' AND subject = $1 ORDER BY id",
    )
    .bind(two.other.to_string())
    .fetch_all(portal.db())
    .await
    .unwrap();
    assert_eq!(by, ["passkey", "sms", "backup_code"]);

    // Its owner is told that somebody knows the password; once, however often they try within the hour.
    let told: Vec<_> = portal.mails(WORK).await.into_iter().filter(|mail| mail.template == "accounts.merge_sign_in").collect();
    assert_eq!(told.len(), 1);
    assert!(told[0].body_text.contains("127.0.0.1") && told[0].body_text.contains("/forgot"), "{}", told[0].body_text);
    assert!(portal.mails(ANA).await.is_empty(), "who merges knows it");
}

#[tokio::test]
async fn two_people_and_two_places_at_once_are_refused() {
    let two = Two::new().await;
    let portal = two.portal();
    let at = portal.clock.now() + TimeDelta::days(30);
    let (own, theirs) = (two.world.sitting_of(two.mine, at).await, two.world.sitting_of(two.other, at).await);
    let mut browser = two.browser().await;
    sign_in(&mut browser, WORK, PASSWORD).await;
    let id: String = sqlx::query_scalar("SELECT id::text FROM account_merge").fetch_one(portal.db()).await.unwrap();
    let page = browser.get(PAGE).await.words();
    assert!(page.contains(&format!("At the same time: {} and {}", own.reference, theirs.reference)), "{page}");
    assert_eq!(browser.post_form(PAGE, MERGE, &[("merge", &id)]).await.status, StatusCode::CONFLICT);
    sqlx::query("UPDATE appointment SET state = 'cancelled' WHERE reference = $1")
        .bind(&theirs.reference)
        .execute(portal.db())
        .await
        .unwrap();
    // Different births are two people, whatever is ticked.
    for (account, born) in [(two.mine, "1990-01-02"), (two.other, "1991-01-02")] {
        sqlx::query("UPDATE account SET date_of_birth = $2::date WHERE id = $1")
            .bind(account)
            .bind(born)
            .execute(portal.db())
            .await
            .unwrap();
    }
    assert!(browser.get(PAGE).await.words().contains("The dates of birth differ"));
    assert_eq!(browser.post_form(PAGE, MERGE, &[("merge", &id), ("same_person", "on")]).await.status, StatusCode::CONFLICT);
    // Different names are two people's, whatever is ticked, where a birth is unknown.
    for born in ["UPDATE account SET date_of_birth = NULL WHERE id = $1", "UPDATE account SET given_name = 'Anna' WHERE id = $1"] {
        sqlx::query(born).bind(two.other).execute(portal.db()).await.unwrap();
    }
    let page = browser.get(PAGE).await.words();
    assert!(page.contains("The names of the two accounts differ") && page.contains("support@northlight.example"), "{page}");
    assert_eq!(browser.post_form(PAGE, MERGE, &[("merge", &id), ("same_person", "on")]).await.status, StatusCode::CONFLICT);
    // With the same birth they need a tick.
    sqlx::query("UPDATE account SET date_of_birth = '1990-01-02' WHERE id = $1").bind(two.other).execute(portal.db()).await.unwrap();
    assert!(browser.get(PAGE).await.words().contains("The names differ"));
    assert_eq!(confirm(&mut browser, false).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    // Somebody else's merge does not exist (security.md line 37), and the proof does not last.
    let stranger = portal.account("stranger@example.com", "Some", "Body", &[]).await;
    let mut theirs = portal.signed_in(stranger).await;
    assert_eq!(theirs.post_form(PAGE, MERGE, &[("merge", &id), ("same_person", "on")]).await.status, StatusCode::NOT_FOUND);
    portal.later(TimeDelta::minutes(16));
    let mut browser = two.browser().await;
    assert_eq!(browser.post_form(PAGE, MERGE, &[("merge", &id), ("same_person", "on")]).await.status, StatusCode::CONFLICT);
}

#[tokio::test]
async fn of_two_active_credentials_the_newest_stays_active() {
    let two = Two::new().await;
    let portal = two.portal();
    let first = two.world.sitting_of(two.mine, portal.clock.now() - TimeDelta::days(3)).await;
    let older = two.world.score(&first, 800).await.unwrap();
    portal.later(TimeDelta::days(1));
    let second = two.world.sitting_of(two.other, portal.clock.now() - TimeDelta::days(1)).await;
    let newer = two.world.score(&second, 810).await.unwrap();
    let mut browser = two.browser().await;
    sign_in(&mut browser, WORK, PASSWORD).await;
    assert!(browser.get(PAGE).await.words().contains("The newer one stays active"));
    confirm(&mut browser, false).await;
    let state = async |id: &str| -> String {
        sqlx::query_scalar("SELECT state FROM credential WHERE public_id = $1").bind(id).fetch_one(portal.db()).await.unwrap()
    };
    assert_eq!((state(&older).await, state(&newer).await), ("superseded".to_owned(), "active".to_owned()));
    undo(&mut browser).await;
    assert_eq!((state(&older).await, state(&newer).await), ("active".to_owned(), "active".to_owned()));
}

#[tokio::test]
async fn staff_and_accounts_on_their_way_out_are_not_merged() {
    let two = Two::new().await;
    let portal = two.portal();
    sqlx::query("INSERT INTO account_role (account_id, role, granted_at) VALUES ($1, 'proctor', now())")
        .bind(two.other)
        .execute(portal.db())
        .await
        .unwrap();
    let mut browser = two.browser().await;
    let answer = sign_in(&mut browser, WORK, PASSWORD).await;
    assert!(answer.words().contains("Staff accounts cannot be merged"), "{}", answer.words());
    sqlx::query("DELETE FROM account_role WHERE account_id = $1").bind(two.other).execute(portal.db()).await.unwrap();
    let fields = [("confirmation", WORK), ("credentials", "keep_name")];
    portal.signed_in(two.other).await.post_form("/account/data/erase", "/api/privacy/erase", &fields).await;
    let answer = sign_in(&mut browser, WORK, PASSWORD).await;
    assert!(answer.words().contains("is going to be erased"), "{}", answer.words());
}

#[tokio::test]
async fn an_erasure_takes_the_merged_account_with_it() {
    let two = Two::new().await;
    let portal = two.portal();
    let mut browser = two.browser().await;
    merge(&mut browser, WORK).await;
    let fields = [("confirmation", ANA), ("credentials", "keep_name")];
    browser.post_form("/account/data/erase", "/api/privacy/erase", &fields).await;
    portal.later(TimeDelta::days(31));
    portal.run_jobs().await;
    let left: i64 = sqlx::query_scalar("SELECT count(*) FROM account WHERE id = ANY($1)")
        .bind([two.mine, two.other])
        .fetch_one(portal.db())
        .await
        .unwrap();
    assert_eq!(left, 0);
}

#[tokio::test]
async fn undoing_leaves_nobody_without_an_address() {
    let two = Two::new().await;
    let portal = two.portal();
    let mut browser = two.browser().await;
    merge(&mut browser, WORK).await;
    for (address, is_primary) in [(ANA, false), (WORK, true)] {
        sqlx::query("UPDATE account_email SET is_primary = $2 WHERE address = $1")
            .bind(address)
            .bind(is_primary)
            .execute(portal.db())
            .await
            .unwrap();
    }
    let answer = undo(&mut browser).await;
    assert_eq!(answer.status, StatusCode::CONFLICT);
    assert!(answer.words().contains("Choose another main address first"), "{}", answer.words());
    for (address, is_primary) in [(WORK, false), (ANA, true)] {
        sqlx::query("UPDATE account_email SET is_primary = $2 WHERE address = $1")
            .bind(address)
            .bind(is_primary)
            .execute(portal.db())
            .await
            .unwrap();
    }
    assert_eq!(undo(&mut browser).await.location(), "/account/merge?done=undone");
}
