//! What a pass awards, its documents, and what anybody can verify.

use crate::support::fixtures_results::{Spoken as _, World};
use crate::support::portal::has_word;
use crate::support::temp::TempDir;
use axum::http::{StatusCode, header};
use certportal::credentials::CredentialId;
use chrono::TimeDelta;
use std::process::Command;

fn run(program: &str, arguments: &[&str]) -> (bool, String) {
    let output = Command::new(program).args(arguments).output().unwrap_or_else(|error| panic!("`{program}` could not be started: {error}"));
    (output.status.success(), String::from_utf8_lossy(&output.stdout).into_owned())
}

fn letters(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).collect()
}

#[tokio::test]
async fn a_certificate_over_http_is_sound_and_its_qr_code_leads_to_a_verification() {
    let world = World::new().await;
    let ana = world.sitting("Ana").await;
    let id = world.score(&ana, 812).await.unwrap();
    let mut browser = world.portal.signed_in(ana.account).await;
    let page = browser.get(&format!("/credentials/{id}")).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.text().contains("startTask=CERTIFICATION_NAME&amp;name=Certified%20Solutions%20Architect"), "{}", page.text());
    let path = format!("/credentials/{id}/certificate-v1.pdf");
    assert!(page.text().contains(&path));
    let answer = browser.get(&path).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.headers[header::CONTENT_TYPE], "application/pdf");
    assert_eq!(answer.headers[header::CONTENT_DISPOSITION], "attachment; filename=\"certificate-SAA-C03.pdf\"");
    assert_eq!(answer.headers["x-content-type-options"], "nosniff");
    let etag = answer.headers[header::ETAG].to_str().unwrap().to_owned();

    let scratch = TempDir::new("certificate");
    let (pdf, png) = (scratch.path().join("c.pdf"), scratch.path().join("page"));
    std::fs::write(&pdf, &answer.bytes).unwrap();
    let pdf = pdf.to_str().unwrap();
    let (sound, text) = run("qpdf", &["--check", pdf]);
    assert!(sound, "{text}");
    let (_, text) = run("pdftotext", &[pdf, "-"]);
    assert!(text.contains("Ana Prueba") && text.contains("Imani Sample"), "{text}");
    assert!(letters(&text).contains(&letters(&id)), "{text}");
    run("pdftoppm", &["-r", "150", "-png", "-singlefile", pdf, png.to_str().unwrap()]);
    let (_, url) = run("zbarimg", &["--quiet", "--raw", &format!("{}.png", png.to_str().unwrap())]);
    let verify = url.trim().strip_prefix("http://127.0.0.1:3000").unwrap_or_else(|| panic!("the QR code says {url}")).to_owned();
    let verified = world.portal.browser().get(&verify).await;
    assert_eq!(verified.status, StatusCode::OK);
    assert!(verified.spoken().contains("Ana Prueba"));

    let mut knowing = world.portal.signed_in(ana.account).await.with_header("if-none-match", &etag);
    assert_eq!(knowing.get(&path).await.status, StatusCode::NOT_MODIFIED);
    assert_eq!(browser.get(&path.replace("-v1", "-v2")).await.status, StatusCode::NOT_FOUND);
    sqlx::query("UPDATE credential SET version = 2").execute(world.portal.db()).await.unwrap();
    assert_eq!(browser.get(&path).await.location(), path.replace("-v1", "-v2"), "an old link leads to the one that counts");
}

#[tokio::test]
async fn security_37_a_certificate_is_its_owners_alone() {
    let world = World::new().await;
    let (ana, ben) = (world.sitting("Ana").await, world.sitting("Ben").await);
    let id = world.score(&ana, 812).await.unwrap();
    let mut other = world.portal.signed_in(ben.account).await;
    for path in [format!("/credentials/{id}"), format!("/credentials/{id}/certificate-v1.pdf"), format!("/credentials/{id}/qr.svg")] {
        let answer = other.get(&path).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
        assert!(!answer.text().contains("Ana"), "{path}");
        assert!(world.portal.browser().get(&path).await.location().starts_with("/login?next="), "{path}");
    }
    let mut staff = world.staff().await;
    assert_eq!(staff.get(&format!("/credentials/{id}/certificate-v1.pdf")).await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn badges_are_pictures_for_everybody_who_has_the_id() {
    let world = World::new().await;
    let ana = world.sitting("Ana").await;
    let id = world.score(&ana, 812).await.unwrap();
    let mut anybody = world.portal.browser();
    let svg = anybody.get(&format!("/badges/{id}.svg")).await;
    assert_eq!((svg.status, svg.headers[header::CONTENT_TYPE].to_str().unwrap()), (StatusCode::OK, "image/svg+xml"));
    assert!(svg.text().starts_with("<svg") && svg.headers[header::CACHE_CONTROL].to_str().unwrap().contains("public"));
    assert!(!svg.text().contains("Ana"), "a badge names nobody");
    for size in [240u32, 600, 1200] {
        let png = anybody.get(&format!("/badges/{id}-{size}.png")).await;
        assert_eq!((png.status, png.headers[header::CONTENT_TYPE].to_str().unwrap()), (StatusCode::OK, "image/png"));
        assert_eq!(&png.bytes[..8], b"\x89PNG\r\n\x1a\n");
        assert_eq!(u32::from_be_bytes(png.bytes[16..20].try_into().unwrap()), size);
        let tag = png.headers[header::ETAG].to_str().unwrap().to_owned();
        let mut knowing = world.portal.browser().with_header("if-none-match", &tag);
        assert_eq!(knowing.get(&format!("/badges/{id}-{size}.png")).await.status, StatusCode::NOT_MODIFIED);
    }
    let unknown = CredentialId::from_random([9; 16]).compact();
    for path in [
        format!("/badges/{id}-77.png"),
        format!("/badges/{id}-99999.png"),
        format!("/badges/{unknown}.svg"),
        "/badges/x.svg".into(),
        format!("/badges/{id}.gif"),
    ] {
        assert_eq!(anybody.get(&path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test]
async fn anybody_verifies_active_expired_superseded_revoked_unknown_and_malformed() {
    let world = World::new().await;
    let ana = world.sitting("Ana").await;
    let first = world.score(&ana, 812).await.unwrap();
    let verify = async |id: &str| {
        let answer = world.portal.browser().get(&format!("/verify/{id}")).await;
        (answer.status.as_u16(), answer.spoken(), answer.text())
    };
    let (status, words, html) = verify(&first).await;
    assert_eq!(status, 200);
    assert!(
        words.contains("Active Ana Prueba · Certified Solutions Architect") && words.contains("valid until 23 November 2029"),
        "{words}"
    );
    assert!(words.contains("Checked just now, Monday, 23 November 2026"), "{words}");
    assert!(html.contains("noindex") && html.contains(&format!("http://127.0.0.1:3000/badges/{first}-1200.png")));
    assert!(!has_word(&words, "812"), "nobody's score");

    // Three years to the end of the day, UTC, and not a second longer.
    let end = chrono::TimeZone::with_ymd_and_hms(&chrono::Utc, 2029, 11, 23, 23, 59, 59).unwrap();
    world.portal.later(end - world.portal.clock.now());
    assert!(verify(&first).await.1.contains("Active"));
    world.portal.later(TimeDelta::seconds(1));
    let (status, words, _) = verify(&first).await;
    assert_eq!(status, 200);
    assert!(words.contains("Expired Ana Prueba") && !words.contains("genuine and valid"), "{words}");

    // A second pass while the first one counts takes its place.
    let ben = world.sitting("Ben").await;
    let old = world.score(&ben, 812).await.unwrap();
    world.portal.later(TimeDelta::days(900));
    let again = world.sitting_of(ben.account, world.portal.clock.now() - TimeDelta::days(1)).await;
    let new = world.score(&again, 900).await.unwrap();
    assert!(verify(&old).await.1.contains("Superseded Ben Prueba"));
    assert!(verify(&new).await.1.contains("Active Ben Prueba"));
    let mine = world.portal.signed_in(ben.account).await.get("/credentials").await.spoken();
    assert!(mine.contains("No longer active") && mine.contains("Superseded"), "{mine}");

    sqlx::query("UPDATE credential SET state = 'revoked', revoked_reason = 'secret reason' WHERE public_id = $1")
        .bind(&new)
        .execute(world.portal.db())
        .await
        .unwrap();
    let (status, words, _) = verify(&new).await;
    assert_eq!(status, 200);
    assert!(words.contains("Revoked Ben Prueba") && !words.contains("secret reason"), "{words}");

    let unknown = CredentialId::from_random([3; 16]);
    let (status, words, _) = verify(&unknown.compact()).await;
    assert_eq!(status, 404);
    assert!(words.contains("Not found No credential has this ID"), "{words}");
    for malformed in ["CPC-123", "x", "%3Cscript%3Ealert(1)%3C%2Fscript%3E", &format!("{first}0")] {
        let (status, words, html) = verify(malformed).await;
        assert_eq!(status, 404, "{malformed}");
        assert!(words.contains("This is not a whole credential ID") && !html.contains("<script>alert"), "{malformed}: {words}");
    }
}

#[tokio::test]
async fn a_typed_id_is_forgiven_case_spaces_and_hyphens() {
    let world = World::new().await;
    let ana = world.sitting("Ana").await;
    let id = world.score(&ana, 812).await.unwrap();
    let shown = CredentialId::parse(&id).unwrap().to_string();
    let mut anybody = world.portal.browser();
    for typed in [shown.clone(), shown.to_lowercase().replace('-', "%20"), format!("%20{}", &id[3..])] {
        let answer = anybody.get(&format!("/verify?id={typed}")).await;
        assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, format!("/verify/{id}").as_str()), "{typed}");
    }
    assert_eq!(anybody.get(&format!("/verify/{}", shown.to_lowercase())).await.status, StatusCode::OK);
    let wrong = anybody.get("/verify?id=CPC-1234").await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(wrong.text().contains("value=\"CPC-1234\"") && wrong.spoken().contains("There is a problem"), "{}", wrong.spoken());
    assert!(anybody.get("/verify?id=").await.spoken().contains("Fill in this field"));
    let first = anybody.get("/verify").await;
    assert_eq!(first.status, StatusCode::OK);
    assert!(!first.spoken().contains("There is a problem"));
}

#[tokio::test]
async fn long_arabic_and_emoji_names_go_the_whole_way() {
    let world = World::new().await;
    for name in ["محمد عبد الرحمن", "Zoë 🎉👩‍🚀", &"Maximiliana".repeat(18)] {
        let sitting = world.sitting(name).await;
        let id = world.score(&sitting, 1000).await.unwrap();
        let mut browser = world.portal.signed_in(sitting.account).await;
        for path in [
            "/results".to_owned(),
            world.report_path(sitting.account).await,
            "/credentials".into(),
            format!("/credentials/{id}"),
            format!("/verify/{id}"),
        ] {
            let answer = browser.get(&path).await;
            assert_eq!(answer.status, StatusCode::OK, "{path}");
        }
        assert!(browser.get(&format!("/verify/{id}")).await.spoken().contains(name), "{name}");
        let pdf = browser.get(&format!("/credentials/{id}/certificate-v1.pdf")).await;
        assert!(pdf.status == StatusCode::OK && pdf.bytes.starts_with(b"%PDF"), "{name}");
        let scratch = TempDir::new("names");
        let path = scratch.path().join("c.pdf");
        std::fs::write(&path, &pdf.bytes).unwrap();
        assert!(run("qpdf", &["--check", path.to_str().unwrap()]).0, "{name}");
        assert_eq!(world.portal.mails(&world.email(sitting.account).await).await.len(), 1);
    }
}

#[tokio::test]
async fn two_passes_released_at_once_leave_one_active_credential() {
    let world = World::new().await;
    let ana = world.sitting("Ana").await;
    let again = world.sitting_of(ana.account, world.portal.clock.now() - TimeDelta::days(1)).await;
    let (first, second) = (
        world.import(&crate::support::fixtures_results::file(&[ana.row(812)])).await,
        world.import(&crate::support::fixtures_results::file(&[again.row(813)])).await,
    );
    let (a, b) = tokio::join!(world.release(&first), world.release(&second));
    assert_eq!((a.status, b.status), (StatusCode::SEE_OTHER, StatusCode::SEE_OTHER));
    let mut states: Vec<String> = sqlx::query_scalar("SELECT state FROM credential").fetch_all(world.portal.db()).await.unwrap();
    states.sort();
    assert_eq!(states, ["active", "superseded"]);
}

#[tokio::test]
async fn a_candidate_without_credentials_is_told_how_to_get_one() {
    let world = World::new().await;
    let account = world.portal.account("new@example.com", "Nilo", "Prueba", &[]).await;
    let mut browser = world.portal.signed_in(account).await;
    assert!(browser.get("/credentials").await.spoken().contains("No credentials yet"));
    assert!(browser.get("/credentials?lang=es").await.spoken().contains("Todavía no hay credenciales"));
    assert_eq!(browser.get("/credentials/nonsense").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_list_of_revocations_is_filled_to_the_half_and_then_the_next_is_begun() {
    let world = World::new().await;
    let owner = world.portal.owner().await;
    let list = async |name: &str| -> i32 {
        let id = world.score(&world.sitting(name).await, 812).await.unwrap();
        sqlx::query_scalar("SELECT status_list FROM credential WHERE public_id = $1").bind(id).fetch_one(world.portal.db()).await.unwrap()
    };
    assert_eq!(list("Ana").await, 0);
    sqlx::query("SELECT setval('credential_place_seq', 65535, false)").execute(&owner).await.unwrap();
    assert_eq!((list("Ben").await, list("Cleo").await, list("Dora").await), (0, 1, 1));
}
