//! The certificate: one landscape page, its facts set in type, its line work engraved from its own id.
//!
//! The page has an engraved field on the side where reading starts and text beside it, all on one left edge (right edge for languages that run from
//! right to left). The holder's name is the largest thing on it. Below a rule stand the facts, then the signatories and the QR code.

use chrono::{DateTime, Utc};

use super::{
    CredentialId,
    guilloche::{self, Seed},
};
use crate::server::{
    drawing::{Color, Path, Point, point},
    fonts::{self, Face},
    pdf::{self, Align, DocumentError, Info, Ink, Page, PageSize},
    qr::qr,
    svg,
    text::{Fit, Line, Style, fit, wrap},
};

const INK: Color = Color(24, 29, 39);
const MUTED: Color = Color(88, 96, 110);
const RULE: Color = Color(196, 201, 209);

/// Everything that is printed. Dates are formatted and sentences translated by the caller.
#[derive(Debug, Clone)]
pub struct CertificateFacts {
    pub paper: Paper,
    /// BCP 47.
    pub language: String,
    pub right_to_left: bool,
    pub programme: Programme,
    /// As on the identity document, in any script.
    pub holder_name: String,
    /// The same name in Latin letters where the name itself is in another script: set small below it, or in its place when this machine has no font for
    /// it.
    pub holder_name_latin: Option<String>,
    /// "AWS Certified Solutions Architect – Associate"
    pub certification: String,
    pub level: Option<String>,
    /// "SAA-C03"
    pub exam_code: String,
    pub issued: String,
    /// `None` for a certification that does not expire.
    pub expires: Option<String>,
    pub credential_id: CredentialId,
    pub verification_url: String,
    /// At most two are set.
    pub signatories: Vec<Signatory>,
    /// One line at the foot of the page, for example who signed the file digitally.
    pub signature_note: Option<String>,
    /// When this version of the certificate was made: the file's date.
    pub created: DateTime<Utc>,
    pub labels: CertificateLabels,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Paper {
    A4,
    Letter,
}

#[derive(Debug, Clone)]
pub struct Programme {
    pub name: String,
    /// The programme's colour, for line work and the certification's name (darkened where it would be hard to read).
    pub accent: Color,
    /// A flat SVG logo for the middle of the seal; without one the programme's initials are set.
    pub mark_svg: Option<String>,
}

#[derive(Debug, Clone)]
pub struct Signatory {
    pub name: String,
    pub role: String,
}

/// The translated words of the page.
#[derive(Debug, Clone)]
pub struct CertificateLabels {
    /// "Certificate"
    pub title: String,
    /// "This certifies that"
    pub certifies_that: String,
    /// "has met all requirements and is awarded"
    pub has_earned: String,
    pub exam: String,
    pub issued: String,
    pub expires: String,
    pub credential_id: String,
    /// "Verify this certificate"
    pub verify: String,
    /// "QR code that leads to the verification page of this certificate"
    pub qr_description: String,
}

/// Draws the certificate. Equal facts give equal bytes (on a machine with the same fonts).
pub fn render_certificate(facts: &CertificateFacts) -> Result<Vec<u8>, DocumentError> {
    let code = qr(&facts.verification_url).ok_or(DocumentError::QrTooLong(facts.verification_url.len()))?;
    let mark = Mark::of(&facts.programme)?;
    let (name, latin) = printable_name(facts);
    let info = Info {
        title: format!("{} – {}", facts.certification, name),
        author: facts.programme.name.clone(),
        subject: format!("{}: {}", facts.labels.credential_id, facts.credential_id),
        language: facts.language.clone(),
        right_to_left: facts.right_to_left,
        created: facts.created,
        document_id: facts.credential_id.to_string(),
    };
    pdf::document(&info, |pdf| {
        let size = match facts.paper {
            Paper::A4 => PageSize::A4.landscape(),
            Paper::Letter => PageSize::LETTER.landscape(),
        };
        let sheet = Sheet::new(facts, size);
        pdf.page(size, |page| {
            page.artifact(|page| sheet.engraving(page, &mark));
            sheet.award(page, name, latin);
            sheet.facts(page);
            sheet.verification(page, &code);
            sheet.signatories(page);
        });
    })
}

/// The name to set, and the Latin form to set below it.
fn printable_name(facts: &CertificateFacts) -> (&str, Option<&str>) {
    let latin = facts.holder_name_latin.as_deref().map(str::trim).filter(|latin| !latin.is_empty() && *latin != facts.holder_name.trim());
    match latin {
        Some(latin) if !fonts::missing_characters(&facts.holder_name, &facts.language).is_empty() => (latin, None),
        latin => (&facts.holder_name, latin),
    }
}

/// What stands in the middle of the seal.
enum Mark {
    Logo(svg::Logo),
    Initials(String),
}

impl Mark {
    fn of(programme: &Programme) -> Result<Self, DocumentError> {
        match &programme.mark_svg {
            Some(source) => Ok(Self::Logo(svg::logo(source)?)),
            None => Ok(Self::Initials(programme.name.split_whitespace().filter_map(|word| word.chars().next()).take(2).collect())),
        }
    }
}

/// The geometry of the page. Horizontal places are distances from the edge where reading starts.
struct Sheet<'a> {
    facts: &'a CertificateFacts,
    size: PageSize,
    /// Where all text starts, and where it ends.
    start: f32,
    end: f32,
    accent: Color,
}

impl<'a> Sheet<'a> {
    fn new(facts: &'a CertificateFacts, size: PageSize) -> Self {
        let start = (size.width * 0.32).round();
        Self { facts, size, start, end: size.width - 54.0, accent: facts.programme.accent.readable_on_white(5.0) }
    }

    fn x(&self, from_start: f32) -> f32 {
        if self.facts.right_to_left { self.size.width - from_start } else { from_start }
    }

    /// The left edge of an area that starts at `from_start`.
    fn area(&self, from_start: f32, y: f32, width: f32, height: f32) -> [f32; 4] {
        [if self.facts.right_to_left { self.size.width - from_start - width } else { from_start }, y, width, height]
    }

    fn align_start(&self) -> Align {
        if self.facts.right_to_left { Align::Right } else { Align::Left }
    }

    fn align_end(&self) -> Align {
        if self.facts.right_to_left { Align::Left } else { Align::Right }
    }

    fn style(&self, face: Face, size: f32, color: Color) -> Style<'a> {
        Style::new(face, size, color, &self.facts.language)
    }

    fn width(&self) -> f32 {
        self.end - self.start
    }

    /// A distance from the top, given for A4; Letter is a little higher.
    fn y(&self, on_a4: f32) -> f32 {
        on_a4 + (self.size.height - PageSize::A4.width) * (on_a4 / PageSize::A4.width)
    }

    /// A height that keeps its distance from the lower edge.
    fn above_bottom(&self, distance: f32) -> f32 {
        self.size.height - distance
    }

    fn engraving(&self, page: &mut Page<'_>, mark: &Mark) {
        let seed = Seed::new(&self.facts.credential_id.to_string());
        let raw = self.facts.programme.accent;
        let (cool, warm) = (raw, raw.rotate_hue(38.0));
        let iris = |strength: f32| Ink::Vertical { from: cool.tint(strength), to: warm.tint(strength), top: 0.0, bottom: self.size.height };
        let center = point(self.x(self.start / 2.0 - 6.0), self.y(178.0));

        let ribbon = guilloche::ribbon(seed, center.x, 84.0, -8.0, self.size.height + 8.0, 26);
        page.stroke(&ribbon, iris(0.38), 0.25);

        // The seal lies on the ribbon as on a ground of its own.
        page.fill(&Path::circle(center, 95.0), Color::WHITE);
        page.stroke(&guilloche::braid(center, 81.0, 92.0, 48, 6, 0.18), iris(0.66), 0.32);
        let (petals, turns) = guilloche::seal_numbers(seed);
        page.stroke(&guilloche::rosette(center, 45.0, 77.0, petals, turns, 0.0), iris(0.5), 0.3);
        page.stroke(&guilloche::rosette(center, 45.0, 77.0, petals, turns, 0.5 / petals as f32), iris(0.5), 0.3);
        page.fill(&Path::circle(center, 43.0), Color::WHITE);
        page.stroke(&Path::circle(center, 43.0), Ink::Solid(self.accent), 0.5);
        self.mark(page, mark, center);
    }

    fn mark(&self, page: &mut Page<'_>, mark: &Mark, center: Point) {
        match mark {
            Mark::Logo(svg::Logo { shapes, width, height }) => {
                let scale = 44.0 / width.max(*height).max(0.1);
                for (path, color) in shapes {
                    page.fill(
                        &path.scale(scale).translate(center.x - width * scale / 2.0, center.y - height * scale / 2.0),
                        Ink::Solid(*color),
                    );
                }
            }
            Mark::Initials(letters) => {
                let style = self.style(Face::Display, 33.0, self.accent);
                let line = Line::new(letters, &style);
                // As outlines: this is a picture, and copying the page's text must not bring it along.
                let path = line.outline(center.x - line.width / 2.0, center.y + style.cap_height() / 2.0);
                page.fill(&path, Ink::Solid(self.accent));
            }
        }
    }

    fn award(&self, page: &mut Page<'_>, name: &str, latin: Option<&str>) {
        let facts = self.facts;
        let start = self.x(self.start);
        let end = self.x(self.end);

        let top = self.y(64.0);
        page.paragraph(|page| {
            let block = fit(
                &facts.programme.name,
                &self.style(Face::SansSemibold, 11.5, INK),
                Fit { width: self.width() * 0.72, height: 12.0, leading: 1.2, smallest: 6.0 },
            );
            page.lines(&block.lines, start, top, block.leading, self.align_start());
        });
        if let Some(level) = &facts.level {
            page.paragraph(|page| {
                page.line(&Line::new(level, &self.style(Face::Sans, 11.5, MUTED)), end, top, self.align_end());
            });
        }

        let setting = |face: Face, size: f32, color: Color| self.style(face, size, color);
        let one_line = |text: &str, style: &Style| fit(text, style, Fit { width: self.width(), height: 0.0, leading: 1.2, smallest: 5.0 });
        let italic = setting(Face::SerifItalic, 12.5, MUTED);
        let title = one_line(&facts.labels.title, &setting(Face::Display, 21.0, self.accent));
        let certifies_that = one_line(&facts.labels.certifies_that, &italic);
        let name = fit(name, &setting(Face::Display, 42.0, INK), Fit { width: self.width(), height: 84.0, leading: 1.16, smallest: 8.0 });
        let latin = latin.map(|latin| one_line(latin, &setting(Face::Serif, 13.0, INK)));
        let has_earned = one_line(&facts.labels.has_earned, &italic);
        let limits = Fit { width: self.width(), height: 34.0, leading: 1.18, smallest: 8.0 };
        let certification = fit(&facts.certification, &setting(Face::Display, 25.0, self.accent), limits);

        // Each part with the distance of its first baseline from the last baseline above it.
        let parts = [
            (title.size, &title),
            (34.0, &certifies_that),
            (14.0 + name.size * 0.82, &name),
            (28.0, latin.as_ref().unwrap_or(&title)),
            (36.0, &has_earned),
            (12.0 + certification.size * 0.9, &certification),
        ];
        let used = |n: usize| n != 3 || latin.is_some();
        let height: f32 = parts.iter().enumerate().filter(|(n, _)| used(*n)).map(|(_, (above, block))| above + block.depth()).sum();
        // Optically centred between the header and the facts: a little above the middle.
        let room = (self.above_bottom(190.0) - top - 24.0 - height).max(0.0);
        let mut y = top + 12.0 + room * 0.46;
        for (n, (above, block)) in parts.into_iter().enumerate() {
            if !used(n) {
                continue;
            }
            y += above;
            let draw = |page: &mut Page<'_>| {
                page.lines(&block.lines, start, y, block.leading, self.align_start());
            };
            match n {
                0 => page.heading(1, &facts.labels.title, y - block.size, draw),
                5 => page.heading(2, &facts.certification, y - block.size, draw),
                _ => page.paragraph(draw),
            }
            y += block.depth();
        }
    }

    fn facts(&self, page: &mut Page<'_>) {
        let facts = self.facts;
        let rule_at = self.above_bottom(190.0);
        page.artifact(|page| {
            page.stroke(&Path::line(point(self.x(self.start), rule_at), point(self.x(self.end), rule_at)), RULE, 0.5);
        });
        let id = facts.credential_id.to_string();
        let width = self.width();
        let mut columns: Vec<(&str, &str, f32)> = vec![(&facts.labels.issued, &facts.issued, 0.205)];
        if let Some(expires) = &facts.expires {
            columns.push((&facts.labels.expires, expires, 0.205));
        }
        columns.push((&facts.labels.exam, &facts.exam_code, 0.15));
        columns.push((&facts.labels.credential_id, &id, 0.44));
        let mut from = self.start;
        page.facts(|page| {
            for (label, value, share) in columns {
                let at = self.x(from);
                let column = width * share - 10.0;
                let small = |text: &str, style: &Style| fit(text, style, Fit { width: column, height: 0.0, leading: 1.2, smallest: 3.0 });
                page.fact(
                    |page| {
                        let block = small(label, &self.style(Face::Sans, 8.5, MUTED));
                        page.lines(&block.lines, at, rule_at + 19.0, block.leading, self.align_start());
                    },
                    |page| {
                        let block = small(value, &self.style(Face::SansSemibold, 11.0, INK).tabular());
                        page.lines(&block.lines, at, rule_at + 34.0, block.leading, self.align_start());
                    },
                );
                from += width * share;
            }
        });
    }

    fn verification(&self, page: &mut Page<'_>, code: &crate::server::qr::Qr) {
        let facts = self.facts;
        let side = 88.0;
        let bottom = self.above_bottom(46.0);
        let [left, top, ..] = self.area(self.end - side, bottom - side, side, side);
        let text_end = self.x(self.end - side - 14.0);
        let column = 132.0;

        let label = wrap(&facts.labels.verify, &self.style(Face::SansSemibold, 8.5, INK), column);
        let address = wrap(&facts.verification_url, &self.style(Face::Sans, 7.5, MUTED), column);
        let leading = 10.2;
        let height = leading * (label.len() + address.len()) as f32;
        // The last line of the address stands on the lower edge of the code.
        let mut y = bottom - leading * (label.len() + address.len() - 1) as f32;
        page.paragraph(|page| {
            y = page.lines(&label, text_end, y, leading, self.align_end()) + leading;
        });
        page.paragraph(|page| {
            let area = self.area(self.end - side - 14.0 - column, bottom - height + 2.0, column, height);
            page.link(&facts.verification_url, &facts.labels.verify, area, |page| {
                page.lines(&address, text_end, y, leading, self.align_end());
            });
        });
        page.figure(&facts.labels.qr_description, [left, top, side, side], |page| {
            page.fill(&code.path.scale(side / code.modules as f32).translate(left, top), INK);
        });
    }

    fn signatories(&self, page: &mut Page<'_>) {
        let facts = self.facts;
        let (column, gap) = (124.0, 20.0);
        let line_at = self.above_bottom(72.0);
        for (n, signatory) in facts.signatories.iter().take(2).enumerate() {
            let from = self.start + (column + gap) * n as f32;
            let at = self.x(from);
            page.artifact(|page| {
                let [left, ..] = self.area(from, 0.0, column, 0.0);
                page.fill(&self.microprint(left, line_at, column), self.accent);
            });
            let small = |text: &str, style: &Style| fit(text, style, Fit { width: column, height: 0.0, leading: 1.2, smallest: 3.0 });
            page.paragraph(|page| {
                let name = small(&signatory.name, &self.style(Face::SansSemibold, 9.0, INK));
                page.lines(&name.lines, at, line_at + 14.5, name.leading, self.align_start());
            });
            page.paragraph(|page| {
                let role = small(&signatory.role, &self.style(Face::Sans, 8.0, MUTED));
                page.lines(&role.lines, at, line_at + 26.0, role.leading, self.align_start());
            });
        }
        if let Some(note) = &facts.signature_note {
            page.paragraph(|page| {
                let style = self.style(Face::Sans, 7.0, MUTED);
                let block = fit(note, &style, Fit { width: self.width(), height: 0.0, leading: 1.2, smallest: 3.0 });
                page.lines(&block.lines, self.x(self.start), self.above_bottom(26.0), block.leading, self.align_start());
            });
        }
    }

    /// The line to sign on, as on a cheque: read with a lens it is the credential ID. Outlines, so that it is no text to copy or to read aloud.
    fn microprint(&self, left: f32, baseline: f32, width: f32) -> Path {
        let style = self.style(Face::SansSemibold, 1.9, self.accent).tracked(0.08);
        let once = format!("{}·", self.facts.credential_id);
        let line = Line::new(&once, &style);
        let step = line.width + style.size * 0.08;
        // Stretched a little, so that whole copies fill the line without a gap.
        let copies = (width / step).round().max(1.0);
        let scale = width / (copies * step);
        let once = line.outline(0.0, 0.0).scale(scale);
        let mut path = Path::new();
        for n in 0..copies as usize {
            path.append(&once.translate(left + n as f32 * step * scale, baseline));
        }
        path
    }
}
