//! The secrets of authenticator apps are sealed, and stay readable when the server key is replaced.

use super::second_factor::{code, enrolled};
use super::{PASSWORD, log_in, portal};
use crate::support::portal::{Portal, STAFF_SECRET};
use axum::http::StatusCode;
use certportal::accounts::{factors, totp};
use certportal::app;
use certportal::ids::AccountId;
use certportal::server::audit;
use certportal::server::server_key::ServerKey;
use chrono::TimeDelta;
use std::os::unix::fs::PermissionsExt;

/// What the database keeps of all secrets.
async fn kept(portal: &Portal) -> Vec<(AccountId, Vec<u8>)> {
    sqlx::query_as("SELECT id, totp_secret FROM account WHERE totp_secret IS NOT NULL ORDER BY id").fetch_all(portal.db()).await.unwrap()
}

/// The account table as a dump would have it.
async fn dump(portal: &Portal) -> String {
    sqlx::query_scalar("SELECT string_agg(a::text, '\n') FROM account a").fetch_one(portal.db()).await.unwrap()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[tokio::test]
async fn the_secret_of_an_app_stands_nowhere_in_the_database() {
    let portal = portal().await;
    let (_, secret) = enrolled(&portal).await;
    portal.account("sam@example.org", "Sam", "Staff", &["auditor"]).await;
    let rows = kept(&portal).await;
    assert_eq!(rows.len(), 2);
    let dump = dump(&portal).await;
    for secret in [&secret[..], &STAFF_SECRET[..]] {
        assert!(!dump.contains(&hex(secret)));
        assert!(rows.iter().all(|(_, kept)| !kept.windows(secret.len()).any(|window| window == secret)));
    }
    // Copied to another account it opens nothing.
    sqlx::query("UPDATE account SET totp_secret = $2 WHERE id = $1").bind(rows[0].0).bind(&rows[1].1).execute(portal.db()).await.unwrap();
    assert!(factors::open_totp(&portal.state.key, rows[0].0, &rows[1].1).is_err());
}

#[tokio::test]
async fn rotating_the_key_seals_everything_anew_and_codes_go_on_working() {
    let mut portal = portal().await;
    let (mut signed_in, secret) = enrolled(&portal).await;
    let codes = super::backup_codes::make(&mut signed_in).await;
    let staff = portal.account("sam@example.org", "Sam", "Staff", &["auditor"]).await;
    let before = kept(&portal).await;
    let directory = portal.state.config.data_dir.clone();
    std::fs::write(directory.join("server.key"), [7; 32]).unwrap();
    std::fs::set_permissions(directory.join("server.key"), std::fs::Permissions::from_mode(0o600)).unwrap();

    assert_eq!(app::rotate_key(&portal.state).await.unwrap(), 2);
    let key = ServerKey::load_or_create(&directory).unwrap();
    let after = kept(&portal).await;
    for ((id, old), (_, new)) in before.iter().zip(&after) {
        assert!(!key.is_current(old) && key.is_current(new));
        // What a backup of the database still has opens through the previous key.
        assert_eq!(factors::open_totp(&key, *id, old).unwrap(), factors::open_totp(&key, *id, new).unwrap());
        assert!(factors::open_totp(&portal.state.key, *id, new).is_err(), "a server that was not restarted cannot read it");
    }
    assert_eq!(factors::open_totp(&key, staff, &after.iter().find(|(id, _)| *id == staff).unwrap().1).unwrap(), STAFF_SECRET);
    assert!(!dump(&portal).await.contains(&hex(&secret)));
    assert_eq!(factors::reseal(portal.db(), &key).await.unwrap(), 0, "nothing is left to do");

    portal.restarted_with(key).await;
    portal.later(TimeDelta::minutes(1));
    let mut browser = portal.browser();
    log_in(&mut browser, "ana@example.com", PASSWORD).await;
    let right = code(&portal, &secret);
    assert_eq!(browser.post_form("/login/code", "/api/accounts/login_code", &[("code", &right)]).await.location(), "/dashboard");
    let mut browser = portal.browser();
    log_in(&mut browser, "ana@example.com", PASSWORD).await;
    let fields = [("method", "backup"), ("code", codes[0].as_str())];
    assert_eq!(browser.post_form("/login/code", "/api/accounts/login_code", &fields).await.location(), "/dashboard", "backup codes too");
}

#[tokio::test]
async fn security_77_old_keys_are_forgotten_once_nothing_needs_them_and_the_chain_holds_without_them() {
    let mut portal = portal().await;
    let (mut browser, secret) = enrolled(&portal).await;
    portal.run_jobs().await;
    let directory = portal.state.config.data_dir.clone();
    std::fs::write(directory.join("server.key"), [7; 32]).unwrap();
    std::fs::set_permissions(directory.join("server.key"), std::fs::Permissions::from_mode(0o600)).unwrap();
    let refused = app::forget_old_keys(&portal.state).await.unwrap_err().to_string();
    assert!(refused.contains("there are no old keys"), "{refused}");
    app::rotate_key(&portal.state).await.unwrap();
    portal.restarted_with(ServerKey::load_or_create(&directory).unwrap()).await;
    let cookie = browser.cookie("__Host-device").unwrap().to_owned();
    assert_eq!(audit::verify(&portal.state).await.unwrap().broken, None);

    app::forget_old_keys(&portal.state).await.unwrap();
    assert!(!directory.join("server.key.previous").exists());
    let key = ServerKey::load_or_create(&directory).unwrap();
    assert!(!key.has_previous());
    portal.restarted_with(key).await;
    let chain = audit::verify(&portal.state).await.unwrap();
    assert!(chain.links > 1 && chain.broken.is_none(), "{chain:?}");
    // What the old key sealed was sealed anew; what it signed is worthless.
    portal.later(TimeDelta::minutes(1));
    let mut stranger = portal.browser();
    stranger.set_cookie("__Host-device", &cookie);
    log_in(&mut stranger, "ana@example.com", PASSWORD).await;
    let right = code(&portal, &secret);
    assert_eq!(stranger.post_form("/login/code", "/api/accounts/login_code", &[("code", &right)]).await.location(), "/dashboard");
    assert!(super::mail(&portal, "ana@example.com", "accounts.new_sign_in").await.is_some(), "its cookie is no cookie any more");
    browser.get("/dashboard").await;
    // An old event that is changed is found out all the same, by the hashes that the new key has sealed; and so is a mac of after.
    let owner = portal.owner().await;
    for (tamper, expected) in [
        ("UPDATE audit_event SET subject = 'x' WHERE id = 1", "link 1 (event 1): the event is not what was sealed"),
        ("UPDATE audit_event SET subject = $1 WHERE id = 1", ""),
        (
            "UPDATE audit_seal SET mac = hash WHERE event_id = (SELECT id FROM audit_event WHERE action = 'server.old_keys_forgotten')",
            "it was not sealed with this portal's key",
        ),
    ] {
        sqlx::raw_sql("ALTER TABLE audit_event DISABLE TRIGGER USER; ALTER TABLE audit_seal DISABLE TRIGGER USER")
            .execute(&owner)
            .await
            .unwrap();
        let first: String = sqlx::query_scalar("SELECT id::text FROM account").fetch_one(portal.db()).await.unwrap();
        let query = sqlx::query(tamper);
        if tamper.contains("$1") { query.bind(first) } else { query }.execute(&owner).await.unwrap();
        let broken = audit::verify(&portal.state).await.unwrap().broken.unwrap_or_default();
        assert!(broken.contains(expected) && broken.is_empty() == expected.is_empty(), "{tamper}: {broken}");
    }
}

#[tokio::test]
async fn a_secret_that_opens_with_no_key_stops_the_sealing_whole() {
    let portal = portal().await;
    portal.account("sam@example.org", "Sam", "Staff", &["auditor"]).await;
    let stranger = portal.account("rita@example.org", "Rita", "Staff", &["auditor"]).await;
    let foreign = factors::seal_totp(&ServerKey::from_bytes([9; 32]), stranger, &STAFF_SECRET);
    sqlx::query("UPDATE account SET totp_secret = $2 WHERE id = $1").bind(stranger).bind(foreign).execute(portal.db()).await.unwrap();
    let before = kept(&portal).await;
    let next = ServerKey::with_previous([8; 32], [7; 32]);
    assert!(factors::reseal(portal.db(), &next).await.unwrap_err().to_string().contains(&stranger.to_string()));
    assert_eq!(kept(&portal).await, before);
}

#[tokio::test]
async fn secrets_that_the_first_versions_wrote_are_sealed_at_the_start() {
    let portal = portal().await;
    let id = portal.account("sam@example.org", "Sam", "Staff", &["auditor"]).await;
    sqlx::query("UPDATE account SET totp_secret = $1").bind(&STAFF_SECRET[..]).execute(portal.db()).await.unwrap();
    assert_eq!(factors::seal_plain(portal.db(), &portal.state.key).await.unwrap(), 1);
    assert_eq!(factors::seal_plain(portal.db(), &portal.state.key).await.unwrap(), 0);
    assert_eq!(factors::open_totp(&portal.state.key, id, &kept(&portal).await[0].1).unwrap(), STAFF_SECRET);
    let hash = certportal::accounts::password::hash_now(PASSWORD);
    sqlx::query("UPDATE account SET password_hash = $2 WHERE id = $1").bind(id).bind(hash).execute(portal.db()).await.unwrap();
    let mut browser = portal.browser();
    log_in(&mut browser, "sam@example.org", PASSWORD).await;
    let right = totp::code_at(&STAFF_SECRET, portal.clock.now());
    let answer = browser.post_form("/login/code", "/api/accounts/login_code", &[("code", &right)]).await;
    assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, "/staff"));
}
