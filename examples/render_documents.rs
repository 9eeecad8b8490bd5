//! Writes sample certificates and badges, to look at them and to measure:
//! `cargo run --release --features ssr --example render_documents -- target/samples`

use std::{fs, path::PathBuf, time::Instant};

use certportal::{
    credentials::{
        CredentialId,
        badge::{BadgeFacts, BadgeLevel, PNG_SIZES, badge_png, badge_svg},
        certificate_pdf::{CertificateFacts, CertificateLabels, Paper, Programme, Signatory, render_certificate},
    },
    server::drawing::Color,
};
use chrono::{TimeZone as _, Utc};

fn main() {
    let directory = PathBuf::from(std::env::args().nth(1).expect("the directory to write to"));
    fs::create_dir_all(&directory).expect("the directory can be made");
    for (name, facts) in certificates() {
        let start = Instant::now();
        let pdf = render_certificate(&facts).unwrap_or_else(|error| panic!("{name}: {error}"));
        println!("certificate-{name}: {} kB, {:.1} ms", pdf.len() / 1024, start.elapsed().as_secs_f64() * 1e3);
        fs::write(directory.join(format!("certificate-{name}.pdf")), pdf).expect("the file can be written");
    }
    let (_, facts) = certificates().remove(0);
    let start = Instant::now();
    for _ in 0..20 {
        render_certificate(&facts).expect("a certificate");
    }
    println!("certificate, warm: {:.1} ms each", start.elapsed().as_secs_f64() * 1e3 / 20.0);

    for (name, facts) in badges() {
        let start = Instant::now();
        let svg = badge_svg(&facts);
        println!("badge-{name}: {} kB, {:.1} ms", svg.len() / 1024, start.elapsed().as_secs_f64() * 1e3);
        for size in PNG_SIZES {
            let start = Instant::now();
            let png = badge_png(&svg, size).expect("a picture");
            println!("  {size} px: {} kB, {:.1} ms", png.len() / 1024, start.elapsed().as_secs_f64() * 1e3);
            fs::write(directory.join(format!("badge-{name}-{size}.png")), png).expect("the file can be written");
        }
        fs::write(directory.join(format!("badge-{name}.svg")), svg).expect("the file can be written");
    }
}

fn badges() -> Vec<(&'static str, BadgeFacts)> {
    let badge = |level, label: &str, name: &str, accent: &str| BadgeFacts {
        language: "en".into(),
        programme: "Example Cloud".into(),
        short_name: name.into(),
        level,
        level_label: label.into(),
        accent: Color::parse(accent).expect("a colour"),
        title: format!("Example Cloud Certified {name} – {label}"),
        description: "Earned by passing the examination.".into(),
    };
    vec![
        ("foundational", badge(BadgeLevel::Foundational, "Foundational", "Cloud Practitioner", "#0f766e")),
        ("business", badge(BadgeLevel::Business, "Business", "AI Business Strategist", "#b45309")),
        ("associate", badge(BadgeLevel::Associate, "Associate", "Solutions Architect", "#1d4ed8")),
        ("professional", badge(BadgeLevel::Professional, "Professional", "Generative AI Developer", "#6d28d9")),
        ("specialty", badge(BadgeLevel::Specialty, "Specialty", "Security", "#9f1239")),
        ("long", badge(BadgeLevel::Associate, "Associate", "Machine Learning Engineer for Distributed Systems & <Networks>", "#1d4ed8")),
    ]
}

fn certificates() -> Vec<(&'static str, CertificateFacts)> {
    let base = sample();
    let named = |name: &str| CertificateFacts { holder_name: name.to_owned(), ..base.clone() };
    let with_latin = |name: &str, latin: &str, language: &str| CertificateFacts {
        holder_name_latin: Some(latin.to_owned()),
        language: language.to_owned(),
        ..named(name)
    };
    vec![
        ("plain", base.clone()),
        (
            "short",
            CertificateFacts {
                certification: "Cloud Practitioner".into(),
                level: Some("Foundational".into()),
                credential_id: CredentialId::from_random([9; 16]),
                ..named("Bo Li")
            },
        ),
        (
            "long",
            CertificateFacts {
                certification: "AWS Certified Advanced Networking and Distributed Systems Reliability Engineering Practice – Specialty"
                    .into(),
                credential_id: CredentialId::from_random([33; 16]),
                signature_note: Some(
                    "Digitally signed by Example Cloud Certification, 23 November 2026, 14:05 UTC. The signature covers this whole file."
                        .into(),
                ),
                ..named(
                    "Maximiliana-Theodora Alexandrowna von Wolfeschlegelsteinhausenbergerdorff-Featherstonehaugh y Fernández de la Concepción Montgomery-Whittington de Oliveira e Silva Papadopoulou-Konstantinopolskaya Sr.",
                )
            },
        ),
        ("unbroken", named(&"Wolfeschlegelsteinhausen".repeat(8))),
        ("two-lines", named("Anne-Sophie Marguerite de la Rochefoucauld-Montbel")),
        ("greek", named("Ελένη Παπαδοπούλου")),
        ("cyrillic", with_latin("Ёлкина Щербакова Анна", "Anna Yolkina Shcherbakova", "ru")),
        ("vietnamese", named("Nguyễn Thị Ngọc Ánh")),
        ("hebrew", with_latin("נועה בן־דוד", "Noa Ben-David", "he")),
        ("hindi", with_latin("प्रिया श्रीवास्तव", "Priya Srivastava", "hi")),
        ("chinese", with_latin("欧阳小明", "Ouyang Xiaoming", "zh")),
        ("chinese-only", named("欧阳小明")),
        ("emoji", named("Ada 🦀 Lovelace")),
        ("letter", CertificateFacts { paper: Paper::Letter, ..base.clone() }),
        (
            "orange",
            CertificateFacts { programme: Programme { accent: Color(232, 119, 34), ..base.programme.clone() }, ..named("Óscar Núñez") },
        ),
        (
            "logo",
            CertificateFacts {
                programme: Programme { accent: Color(0, 122, 94), mark_svg: Some(LOGO.into()), ..base.programme.clone() },
                expires: None,
                credential_id: CredentialId::from_random([201; 16]),
                ..named("Giulia D’Angelo")
            },
        ),
        (
            "arabic",
            CertificateFacts {
                language: "ar".into(),
                right_to_left: true,
                certification: "مهندس حلول معتمد – Associate".into(),
                level: Some("مشارك".into()),
                holder_name_latin: Some("Fatima al-Zahra Abdulrahman".into()),
                issued: "23 نوفمبر 2026".into(),
                expires: Some("23 نوفمبر 2029".into()),
                labels: CertificateLabels {
                    title: "شهادة".into(),
                    certifies_that: "تشهد هذه الوثيقة بأن".into(),
                    has_earned: "استوفت جميع المتطلبات وحصلت على".into(),
                    exam: "الاختبار".into(),
                    issued: "تاريخ الإصدار".into(),
                    expires: "صالحة حتى".into(),
                    credential_id: "رقم الشهادة".into(),
                    verify: "تحقق من هذه الشهادة".into(),
                    qr_description: "رمز QR يؤدي إلى صفحة التحقق".into(),
                },
                ..named("فاطمة الزهراء عبد الرحمن")
            },
        ),
    ]
}

const LOGO: &str = r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24"><path fill="#007a5e" d="M12 1 22 6.500V17.500L12 23 2 17.500V6.500z"/><path fill="#fff" d="M12 6a6 6 0 1 0 5.200 9h-2.600a4 4 0 1 1 0-6h2.600A6 6 0 0 0 12 6z"/></svg>"##;

fn sample() -> CertificateFacts {
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
        verification_url: format!("https://certs.example.com/verify/{}", credential_id.compact()),
        signatories: vec![
            Signatory { name: "Dr. Imani Sample".into(), role: "Director of Certification".into() },
            Signatory { name: "Jonas Beispiel".into(), role: "Chair, Examination Board".into() },
        ],
        signature_note: None,
        created: Utc.with_ymd_and_hms(2026, 11, 23, 14, 5, 0).unwrap(),
        labels: CertificateLabels {
            title: "Certificate".into(),
            certifies_that: "This certifies that".into(),
            has_earned: "has met all requirements and is awarded the title".into(),
            exam: "Exam".into(),
            issued: "Issued".into(),
            expires: "Valid until".into(),
            credential_id: "Credential ID".into(),
            verify: "Verify this certificate".into(),
            qr_description: "QR code that leads to the verification page of this certificate".into(),
        },
    }
}
