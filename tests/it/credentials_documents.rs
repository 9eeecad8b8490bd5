//! Certificates and badges, judged by programs that are not ours: qpdf, poppler and zbar.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use certportal::{
    credentials::{
        CredentialId,
        badge::{BadgeFacts, BadgeLevel, PNG_SIZES, badge_png, badge_svg},
        certificate_pdf::{CertificateFacts, CertificateLabels, Paper, Programme, Signatory, render_certificate},
    },
    server::{drawing::Color, fonts, qr::qr_svg},
};
use chrono::{TimeZone as _, Utc};

fn facts() -> CertificateFacts {
    let credential_id =
        CredentialId::from_random([0x3a, 0x91, 0x5c, 0xe0, 0x77, 0x12, 0xfe, 0x08, 0x6d, 0xb3, 0x44, 0x29, 0xc1, 0x5f, 0x90, 0x03]);
    CertificateFacts {
        paper: Paper::A4,
        language: "en".into(),
        right_to_left: false,
        programme: Programme { name: "Example Cloud Certification".into(), accent: Color(29, 78, 216), mark_svg: None },
        holder_name: "Alexandra Testperson".into(),
        holder_name_latin: None,
        certification: "AWS Certified Solutions Architect – Associate".into(),
        level: Some("Associate".into()),
        exam_code: "SAA-C03".into(),
        issued: "23 November 2026".into(),
        expires: Some("23 November 2029".into()),
        credential_id,
        verification_url: format!("https://certs.example.com/verify/{}?via=pdf&lang=en", credential_id.compact()),
        signatories: vec![Signatory { name: "Dr. Imani Sample".into(), role: "Director of Certification".into() }],
        signature_note: Some("Digitally signed by Example Cloud Certification".into()),
        created: Utc.with_ymd_and_hms(2026, 11, 23, 14, 5, 0).unwrap(),
        labels: CertificateLabels {
            title: "Certificate".into(),
            certifies_that: "This certifies that".into(),
            has_earned: "has met all requirements and is awarded".into(),
            exam: "Exam".into(),
            issued: "Issued".into(),
            expires: "Valid until".into(),
            credential_id: "Credential ID".into(),
            verify: "Verify this certificate".into(),
            qr_description: "QR code that leads to the verification page".into(),
        },
    }
}

fn named(name: &str) -> CertificateFacts {
    CertificateFacts { holder_name: name.into(), ..facts() }
}

fn badge(level: BadgeLevel) -> BadgeFacts {
    BadgeFacts {
        language: "en".into(),
        programme: "Example Cloud".into(),
        short_name: "Solutions Architect".into(),
        level,
        level_label: format!("{level:?}"),
        accent: Color(29, 78, 216),
        title: "Example Cloud Certified Solutions Architect".into(),
        description: "Earned by passing the examination.".into(),
    }
}

/// A directory that goes away with the test.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("certportal-documents-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.join(name);
        std::fs::write(&path, content).unwrap();
        path
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Runs a program of the machine; a missing one fails the test with the Debian package that has it.
fn run(program: &str, package: &str, arguments: &[&str]) -> (bool, String) {
    let output = Command::new(program)
        .args(arguments)
        .output()
        .unwrap_or_else(|error| panic!("`{program}` could not be started ({error}); install the package `{package}`"));
    let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    (output.status.success(), text)
}

/// What zbar reads in a picture. Its complaints about a missing message bus are not about the picture.
fn scan(picture: &Path) -> String {
    let output = Command::new("zbarimg")
        .args(["--quiet", "--raw", utf8(picture)])
        .output()
        .unwrap_or_else(|error| panic!("`zbarimg` could not be started ({error}); install the package `zbar-tools`"));
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

fn utf8(path: &Path) -> &str {
    path.to_str().unwrap()
}

fn text_of(pdf: &Path) -> String {
    let (ok, text) = run("pdftotext", "poppler-utils", &["-enc", "UTF-8", utf8(pdf), "-"]);
    assert!(ok, "{text}");
    text
}

/// The text without spaces and without the marks that poppler puts around right-to-left text.
fn letters(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace() && !matches!(c, '\u{202a}'..='\u{202e}' | '\u{200e}' | '\u{200f}')).collect()
}

/// Every page lies within the paper: nothing but the engraving comes closer than 36 points to the edge, so text boxes are checked by poppler's own
/// layout analysis.
fn assert_text_inside(pdf: &Path, width: f32, height: f32) {
    let (ok, text) = run("pdftotext", "poppler-utils", &["-bbox", utf8(pdf), "-"]);
    assert!(ok, "{text}");
    let mut words = 0;
    for line in text.lines().filter(|line| line.contains("<word")) {
        let value = |name: &str| -> f32 {
            let (_, rest) = line.split_once(&format!("{name}=\"")).unwrap();
            rest.split('"').next().unwrap().parse().unwrap()
        };
        assert!(
            value("xMin") >= 36.0 && value("xMax") <= width - 36.0 && value("yMin") >= 18.0 && value("yMax") <= height - 12.0,
            "{line}"
        );
        words += 1;
    }
    assert!(words > 20, "{text}");
}

#[test]
fn certificate_is_a_sound_archival_and_tagged_pdf() {
    let scratch = Scratch::new("sound");
    let pdf = render_certificate(&facts()).unwrap();
    let path = scratch.write("certificate.pdf", &pdf);

    let (ok, text) = run("qpdf", "qpdf", &["--check", utf8(&path)]);
    assert!(ok && text.contains("No syntax or stream encoding errors"), "{text}");

    let (_, info) = run("pdfinfo", "poppler-utils", &[utf8(&path)]);
    for expected in [
        "Tagged:          yes",
        "Pages:           1",
        "(A4)",
        "Author:          Example Cloud Certification",
        "Nov 23 14:05:00 2026",
        "Alexandra Testperson",
    ] {
        assert!(info.contains(expected), "{expected} in {info}");
    }
    let (_, xmp) = run("pdfinfo", "poppler-utils", &["-meta", utf8(&path)]);
    for expected in ["<pdfaid:part>2", "<pdfaid:conformance>A", "<pdfuaid:part>1", "<rdf:li>en</rdf:li>", "2026-11-23T14:05:00"] {
        assert!(xmp.contains(expected), "{expected} in {xmp}");
    }

    let (_, fonts) = run("pdffonts", "poppler-utils", &[utf8(&path)]);
    let rows: Vec<&str> = fonts.lines().skip(2).collect();
    assert!(rows.len() >= 3, "{fonts}");
    for row in rows {
        assert!(row.contains("yes yes yes"), "embedded, subset and with Unicode: {row}");
    }

    let (_, structure) = run("pdfinfo", "poppler-utils", &["-struct-text", utf8(&path)]);
    let order = [
        "Example Cloud Certification",
        "H1",
        "This certifies that",
        "Alexandra Testperson",
        "H2",
        "Lbl",
        "SAA-C03",
        "Link",
        "Figure",
        "Dr. Imani Sample",
    ];
    let mut from = 0;
    for expected in order {
        let at = structure[from..].find(expected).unwrap_or_else(|| panic!("{expected} after byte {from} in {structure}"));
        from += at;
    }
    assert!(pdf.len() < 200_000, "{} bytes", pdf.len());
}

#[test]
fn certificate_says_everything_and_its_code_leads_to_the_exact_address() {
    for (name, paper, resolution) in [("a4", Paper::A4, "150"), ("letter", Paper::Letter, "100")] {
        let scratch = Scratch::new(name);
        let facts = CertificateFacts { paper, ..facts() };
        let path = scratch.write("certificate.pdf", render_certificate(&facts).unwrap());
        let text = text_of(&path);
        for expected in [
            "Alexandra Testperson",
            "AWS Certified Solutions Architect – Associate",
            "SAA-C03",
            "23 November 2026",
            "23 November 2029",
            "Dr. Imani Sample",
            "Digitally signed by",
            &facts.credential_id.to_string(),
        ] {
            assert!(text.contains(expected), "{expected} in {text}");
        }
        assert!(letters(&text).contains(&letters(&facts.verification_url)), "{text}");

        let picture = scratch.0.join("page");
        let (ok, text) = run("pdftoppm", "poppler-utils", &["-r", resolution, "-png", "-singlefile", utf8(&path), utf8(&picture)]);
        assert!(ok, "{text}");
        assert_eq!(scan(&picture.with_extension("png")), facts.verification_url);
    }
}

#[test]
fn equal_facts_give_equal_bytes_and_another_credential_other_line_work() {
    let first = render_certificate(&facts()).unwrap();
    assert_eq!(first, render_certificate(&facts()).unwrap());
    let other = CertificateFacts { credential_id: CredentialId::from_random([1; 16]), ..facts() };
    assert_ne!(first.len(), render_certificate(&other).unwrap().len());
}

#[test]
fn any_name_is_set_in_full_and_inside_the_page() {
    let scratch = Scratch::new("names");
    let long_words = "Wolfeschlegelsteinhausenbergerdorff ".repeat(6);
    let long_word = "Wolfeschlegelsteinhausen".repeat(9)[..200].to_owned();
    let cyrillic = "Константинопольская-Преображенская ".repeat(6);
    let arabic = "عبد الرحمن ".repeat(18);
    let names = [
        "Li",
        "O’Connor-Núñez, Jr.",
        "Nguyễn Thị Ngọc Ánh",
        "Ελένη Παπαδοπούλου",
        "Анна Ёлкина",
        "נועה בן־דוד",
        "فاطمة الزهراء",
        "Jean\u{301}ne",
        long_words.trim(),
        &long_word,
        cyrillic.trim(),
        arabic.trim(),
    ];
    for (n, name) in names.into_iter().enumerate() {
        let path = scratch.write(&format!("{n}.pdf"), render_certificate(&named(name)).unwrap_or_else(|error| panic!("{name}: {error}")));
        let (ok, text) = run("qpdf", "qpdf", &["--check", utf8(&path)]);
        assert!(ok, "{name}: {text}");
        assert_text_inside(&path, 841.89, 595.28);
        let text = letters(&text_of(&path));
        assert!(text.contains(&letters(name).replace("n\u{301}", "ń")), "{name} in {text}");
    }
}

#[test]
fn a_letter_without_a_font_is_a_box_and_stays_in_the_text() {
    let scratch = Scratch::new("missing");
    let name = "Ada 🦀 Lovelace";
    assert_eq!(fonts::missing_characters(name, "en"), ["🦀"]);
    let path = scratch.write("emoji.pdf", render_certificate(&named(name)).unwrap());
    let text = text_of(&path);
    assert!(text.contains(name), "{text}");

    // With a Latin spelling at hand that is printed instead of boxes.
    let with_latin = CertificateFacts { holder_name_latin: Some("Ada Krebs".into()), ..named("🦀🦀") };
    let text = text_of(&scratch.write("latin.pdf", render_certificate(&with_latin).unwrap()));
    assert!(text.contains("Ada Krebs") && !text.contains('🦀'), "{text}");
}

#[test]
fn chinese_names_are_set_where_the_machine_can_and_never_fail() {
    let scratch = Scratch::new("han");
    let facts = CertificateFacts { language: "zh".into(), holder_name_latin: Some("Ouyang Xiaoming".into()), ..named("欧阳小明") };
    let path = scratch.write("han.pdf", render_certificate(&facts).unwrap());
    let text = text_of(&path);
    assert!(text.contains("Ouyang Xiaoming"), "{text}");
    assert_eq!(text.contains("欧阳小明"), fonts::missing_characters("欧阳小明", "zh").is_empty(), "{text}");
    let (_, fonts) = run("pdffonts", "poppler-utils", &[utf8(&path)]);
    assert!(fonts.lines().skip(2).all(|row| row.contains("yes yes yes")), "{fonts}");
}

#[test]
fn right_to_left_certificates_are_mirrored_and_readable() {
    let scratch = Scratch::new("rtl");
    let base = facts();
    let facts = CertificateFacts {
        language: "ar".into(),
        right_to_left: true,
        labels: CertificateLabels { title: "شهادة".into(), issued: "تاريخ الإصدار".into(), ..base.labels.clone() },
        ..named("فاطمة الزهراء عبد الرحمن")
    };
    let path = scratch.write("rtl.pdf", render_certificate(&facts).unwrap());
    assert_text_inside(&path, 841.89, 595.28);
    let text = letters(&text_of(&path));
    for expected in ["فاطمة الزهراء عبد الرحمن", "شهادة"] {
        assert!(text.contains(&letters(expected)), "{expected} in {text}");
    }
    let picture = scratch.0.join("page");
    run("pdftoppm", "poppler-utils", &["-r", "150", "-png", "-singlefile", utf8(&path), utf8(&picture)]);
    assert_eq!(scan(&picture.with_extension("png")), facts.verification_url);
}

#[test]
fn hostile_text_cannot_leave_its_place() {
    let scratch = Scratch::new("hostile");
    // A direction override must not turn the sentence around it; control and private characters have no business in a name.
    let path = scratch.write("pdf.pdf", render_certificate(&named("Eve\u{202e}\u{0}\u{7}\u{feff} \r\n\u{e001}Mallory")).unwrap());
    let (ok, text) = run("qpdf", "qpdf", &["--check", utf8(&path)]);
    assert!(ok, "{text}");
    assert!(letters(&text_of(&path)).contains("Mallory"));
    assert!(render_certificate(&named("")).is_ok());
    let endless = CertificateFacts { verification_url: format!("https://example.com/{}", "x".repeat(4_000)), ..facts() };
    assert!(render_certificate(&endless).is_err());
}

#[test]
fn a_logo_takes_the_middle_of_the_seal_and_reads_no_file() {
    let logo = |body: &str| {
        let programme = Programme {
            mark_svg: Some(format!("<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 10 10'>{body}</svg>")),
            ..facts().programme
        };
        render_certificate(&CertificateFacts { programme, ..facts() })
    };
    assert!(logo("<path d='M0 0h10v10z' fill='#123456'/><image href='/etc/hostname' width='5' height='5'/>").is_ok());
    assert!(logo("<path d='M0 0h10").is_err());
}

#[test]
fn badge_is_text_free_well_formed_and_described() {
    let hostile = BadgeFacts {
        short_name: "R&D <script>\"Ops\" 'n' ]]>".into(),
        programme: "A & B".into(),
        title: "A & B <Certified> \"R&D\" \u{8}".into(),
        description: "Passed > 720 & more".into(),
        language: "en\"><script>".into(),
        ..badge(BadgeLevel::Associate)
    };
    let svg = badge_svg(&hostile);
    let document = resvg::usvg::roxmltree::Document::parse(&svg).unwrap_or_else(|error| panic!("{error}: {svg}"));
    let text = |name: &str| document.descendants().find(|node| node.has_tag_name(name)).and_then(|node| node.text()).unwrap().to_owned();
    assert_eq!(text("title"), "A & B <Certified> \"R&D\"");
    assert_eq!(text("desc"), "Passed > 720 & more");
    for unwanted in ["text", "script", "image", "style", "font"] {
        assert!(!document.descendants().any(|node| node.has_tag_name(unwanted)), "{unwanted}");
    }
    assert_eq!(document.root_element().attribute("role"), Some("img"));
    assert_eq!(svg, badge_svg(&hostile));
    assert!(svg.len() < 60_000, "{}", svg.len());
}

#[test]
fn badge_pictures_have_their_sizes_and_levels_their_shapes() {
    let levels = [BadgeLevel::Foundational, BadgeLevel::Associate, BadgeLevel::Professional, BadgeLevel::Specialty, BadgeLevel::Business];
    let mut outlines = Vec::new();
    for level in levels {
        let svg = badge_svg(&badge(level));
        let small = badge_png(&svg, 64).unwrap();
        let pixels = resvg::tiny_skia::Pixmap::decode_png(&small).unwrap();
        // What is left of the badge without any colour: its silhouette.
        let silhouette: Vec<bool> = pixels.pixels().iter().map(|pixel| pixel.alpha() > 127).collect();
        assert!(!silhouette[0], "the corner is transparent");
        outlines.push(silhouette);
    }
    for (n, one) in outlines.iter().enumerate() {
        for other in &outlines[n + 1..] {
            let different = one.iter().zip(other).filter(|(a, b)| a != b).count();
            assert!(different > 60, "{different} of 4096 pixels differ");
        }
    }
    let svg = badge_svg(&badge(BadgeLevel::Associate));
    for size in PNG_SIZES {
        let png = badge_png(&svg, size).unwrap();
        let pixels = resvg::tiny_skia::Pixmap::decode_png(&png).unwrap();
        assert_eq!((pixels.width(), pixels.height()), (size, size));
        let middle = pixels.pixel(size / 2, size / 2).unwrap();
        assert_eq!(middle.alpha(), 255);
    }
    assert!(badge_png(&svg, 0).is_err());
    assert!(badge_png("<svg", 240).is_err());
}

#[test]
fn qr_pictures_can_be_scanned() {
    let scratch = Scratch::new("qr");
    let secret = "otpauth://totp/Example%20Cloud:anna@example.com?secret=JBSWY3DPEHPK3PXP&issuer=Example%20Cloud";
    for (n, text) in ["https://a.example/v/CPC", secret, &"0123456789".repeat(40)].into_iter().enumerate() {
        let png = badge_png(&qr_svg(text).unwrap(), 480).unwrap();
        let path = scratch.write(&format!("{n}.png"), png);
        assert_eq!(scan(&path), text);
    }
}
