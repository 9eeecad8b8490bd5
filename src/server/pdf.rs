//! PDF documents of the house: archival (PDF/A-2a) and accessible (PDF/UA-1), flat colours, embedded fonts, and the same bytes for the same input.
//!
//! ```text
//! document(&info, |pdf| pdf.page(PageSize::A4, |page| {
//!     page.heading(1, "Receipt", |page| { page.line(&title, 48.0, 72.0, Align::Start); });
//!     page.artifact(|page| page.stroke(&rule, Ink::Solid(grey), 0.5));
//! }))
//! ```
//! Everything drawn belongs to a tag (`heading`, `paragraph`, `list`, `table` …) or is an `artifact`; the order of the calls is the order a screen
//! reader reads. Lengths are points (1/72 inch), y points down, a text's y is its baseline. Validation happens on finishing: a document that breaks
//! one of the two standards is an error, never a file.

use std::num::NonZeroU16;

use chrono::{DateTime, Datelike as _, Timelike as _, Utc};
use krilla::{
    SerializeSettings,
    action::{Action, LinkAction},
    annotation::{Annotation, LinkAnnotation, Target},
    color::rgb,
    configure::{Accessibility, Archival, ConfigurationBuilder},
    destination::XyzDestination,
    geom,
    metadata::{self, Metadata},
    num::NormalizedF32,
    outline::{Outline, OutlineNode},
    page::PageSettings,
    paint::{Fill, FillRule, LinearGradient, Paint, SpreadMethod, Stop, Stroke},
    surface::Surface,
    tagging::{Artifact, ArtifactType, BBox, ContentTag, Identifier, ListNumbering, Node, SpanTag, Tag, TagGroup, TagKind, TagTree},
};
use thiserror::Error;

use super::{
    drawing::{Color, Path, Segment},
    text::{Line, Piece, clean, missing_box},
};

/// Why a document could not be made. Neither depends on who asks: both are faults of the program or of its data, logged and not shown.
#[derive(Debug, Error)]
pub enum DocumentError {
    #[error("the document would break its standard: {0}")]
    Standard(String),
    #[error("the text is too long for a QR code: {0} bytes")]
    QrTooLong(usize),
    #[error("the picture could not be drawn: {0}")]
    Picture(String),
}

/// What a document says about itself.
#[derive(Debug, Clone)]
pub struct Info {
    pub title: String,
    pub author: String,
    pub subject: String,
    /// BCP 47 tag of the document's main language.
    pub language: String,
    pub right_to_left: bool,
    pub created: DateTime<Utc>,
    /// The same for every version of one document.
    pub document_id: String,
}

/// Paper, upright; turn it with [`PageSize::landscape`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PageSize {
    pub width: f32,
    pub height: f32,
}

impl PageSize {
    pub const A4: Self = Self { width: 595.276, height: 841.89 };
    pub const LETTER: Self = Self { width: 612.0, height: 792.0 };

    pub fn landscape(self) -> Self {
        Self { width: self.height, height: self.width }
    }
}

/// Where `x` lies in relation to a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Align {
    Left,
    Center,
    Right,
}

/// What a shape is filled or stroked with.
#[derive(Debug, Clone, Copy)]
pub enum Ink {
    Solid(Color),
    /// Changes from the first colour at `top` to the second at `bottom`, the "iris printing" of security paper.
    Vertical {
        from: Color,
        to: Color,
        top: f32,
        bottom: f32,
    },
}

impl From<Color> for Ink {
    fn from(color: Color) -> Self {
        Self::Solid(color)
    }
}

impl Ink {
    fn paint(self) -> Paint {
        let color = |c: Color| rgb::Color::new(c.0, c.1, c.2);
        match self {
            Self::Solid(c) => color(c).into(),
            Self::Vertical { from, to, top, bottom } => {
                let stop = |offset: f32, c: Color| Stop {
                    offset: NormalizedF32::new(offset).unwrap_or(NormalizedF32::ZERO),
                    color: color(c).into(),
                    opacity: NormalizedF32::ONE,
                };
                LinearGradient {
                    x1: 0.0,
                    y1: top,
                    x2: 0.0,
                    y2: bottom,
                    transform: geom::Transform::identity(),
                    spread_method: SpreadMethod::Pad,
                    stops: vec![stop(0.0, from), stop(1.0, to)],
                    anti_alias: false,
                }
                .into()
            }
        }
    }
}

/// A document under construction.
pub struct Pdf {
    document: krilla::Document,
    tree: TagTree,
    outline: Outline,
    pages: usize,
}

/// Draws a document and writes it.
pub fn document(info: &Info, draw: impl FnOnce(&mut Pdf)) -> Result<Vec<u8>, DocumentError> {
    let configuration = ConfigurationBuilder::new()
        .with_archival_validator(Archival::A2_A)
        .with_accessibility_validator(Accessibility::UA1)
        .finish()
        .map_err(|error| DocumentError::Standard(format!("{error:?}")))?;
    let settings = SerializeSettings { configuration, enable_tagging: true, ..SerializeSettings::default() };
    let mut pdf = Pdf {
        document: krilla::Document::new_with(settings),
        tree: TagTree::new().with_lang(Some(info.language.clone())),
        outline: Outline::new(),
        pages: 0,
    };
    draw(&mut pdf);
    let Pdf { mut document, tree, outline, .. } = pdf;
    document.set_tag_tree(tree);
    document.set_outline(outline);
    document.set_metadata(metadata(info));
    document.finish().map_err(|error| match error {
        krilla::error::KrillaError::Validation(errors) => {
            DocumentError::Standard(errors.iter().map(|(error, _)| format!("{error:?}")).collect::<Vec<_>>().join("; "))
        }
        other => DocumentError::Standard(other.to_string()),
    })
}

fn metadata(info: &Info) -> Metadata {
    let at = info.created;
    let part = |value: u32| u8::try_from(value).unwrap_or_default();
    let date = metadata::DateTime::new(u16::try_from(at.year()).unwrap_or_default())
        .month(part(at.month()))
        .day(part(at.day()))
        .hour(part(at.hour()))
        .minute(part(at.minute()))
        .second(part(at.second()))
        .utc_offset_hour(0);
    Metadata::new()
        .title(clean(&info.title))
        .authors(vec![clean(&info.author)])
        .description(clean(&info.subject))
        .language(info.language.clone())
        .creator("certportal".to_owned())
        .producer("certportal (krilla)".to_owned())
        .creation_date(date)
        .document_id(info.document_id.clone())
        .text_direction(if info.right_to_left { metadata::TextDirection::RightToLeft } else { metadata::TextDirection::LeftToRight })
}

impl Pdf {
    pub fn page(&mut self, size: PageSize, draw: impl FnOnce(&mut Page<'_>)) {
        let settings = PageSettings::from_wh(size.width, size.height).unwrap_or_default();
        let mut page = self.document.start_page_with(settings);
        let mut canvas = Page {
            surface: page.surface(),
            open: vec![Vec::new()],
            artifact: false,
            links: Vec::new(),
            headings: Vec::new(),
            index: self.pages,
        };
        draw(&mut canvas);
        let Drawn { branches, links, headings } = canvas.finish();
        let annotations: Vec<Identifier> = links
            .into_iter()
            .map(|(area, url, alt)| {
                let link = LinkAnnotation::new(area, Target::Action(Action::Link(LinkAction::new(url))));
                page.add_tagged_annotation(Annotation::new_link(link, Some(alt)))
            })
            .collect();
        page.finish();
        for branch in branches {
            if let Some(node) = branch.grow(&annotations) {
                self.tree.push(node);
            }
        }
        for (title, y) in headings {
            self.outline.push_child(OutlineNode::new(title, XyzDestination::new(self.pages, geom::Point::from_xy(0.0, y))));
        }
        self.pages += 1;
    }
}

/// A piece of the tag tree while its page is still being drawn.
enum Branch {
    Group(TagKind, Vec<Branch>),
    Content(Identifier),
    Link(usize),
}

impl Branch {
    fn grow(self, annotations: &[Identifier]) -> Option<Node> {
        match self {
            Self::Group(tag, children) => {
                Some(Node::Group(TagGroup::with_children(tag, children.into_iter().filter_map(|child| child.grow(annotations)).collect())))
            }
            Self::Content(identifier) => Some(Node::Leaf(identifier)),
            Self::Link(index) => annotations.get(index).map(|identifier| Node::Leaf(*identifier)),
        }
    }
}

/// A page being drawn.
pub struct Page<'a> {
    surface: Surface<'a>,
    open: Vec<Vec<Branch>>,
    artifact: bool,
    links: Vec<(geom::Rect, String, String)>,
    headings: Vec<(String, f32)>,
    index: usize,
}

/// What is left of a page when its drawing is done.
struct Drawn {
    branches: Vec<Branch>,
    links: Vec<(geom::Rect, String, String)>,
    headings: Vec<(String, f32)>,
}

impl Page<'_> {
    fn finish(mut self) -> Drawn {
        self.surface.finish();
        Drawn { branches: self.open.pop().unwrap_or_default(), links: self.links, headings: self.headings }
    }

    // ── structure ──

    /// Decoration that no reader announces.
    pub fn artifact(&mut self, draw: impl FnOnce(&mut Self)) {
        debug_assert!(!self.artifact, "an artifact cannot hold another");
        self.surface.start_tagged(ContentTag::Artifact(Artifact::with_kind(ArtifactType::Layout)));
        self.artifact = true;
        draw(self);
        self.artifact = false;
        self.surface.end_tagged();
    }

    /// A heading of `level` 1 to 6, also listed in the document's outline at the height `y`.
    pub fn heading(&mut self, level: u16, title: &str, y: f32, draw: impl FnOnce(&mut Self)) {
        let title = clean(title);
        self.headings.push((title.clone(), y));
        self.tagged(Tag::Hn(NonZeroU16::new(level).unwrap_or(NonZeroU16::MIN), Some(title)), draw);
    }

    pub fn paragraph(&mut self, draw: impl FnOnce(&mut Self)) {
        self.tagged(Tag::P, draw);
    }

    pub fn section(&mut self, draw: impl FnOnce(&mut Self)) {
        self.tagged(Tag::Section, draw);
    }

    /// A list of labelled facts; its children are [`Page::fact`]s.
    pub fn facts(&mut self, draw: impl FnOnce(&mut Self)) {
        self.tagged(Tag::L(ListNumbering::None), draw);
    }

    pub fn fact(&mut self, label: impl FnOnce(&mut Self), value: impl FnOnce(&mut Self)) {
        self.tagged(Tag::LI, |page| {
            page.tagged(Tag::Lbl, label);
            page.tagged(Tag::LBody, value);
        });
    }

    /// A table; its children are [`Page::row`]s.
    pub fn table(&mut self, draw: impl FnOnce(&mut Self)) {
        self.tagged(Tag::Table, draw);
    }

    pub fn row(&mut self, draw: impl FnOnce(&mut Self)) {
        self.tagged(Tag::TR, draw);
    }

    pub fn cell(&mut self, draw: impl FnOnce(&mut Self)) {
        self.tagged(Tag::TD, draw);
    }

    /// A picture made of paths, with the sentence that stands for it. `area` is x, y, width, height.
    pub fn figure(&mut self, alt: &str, area: [f32; 4], draw: impl FnOnce(&mut Self)) {
        let bounds = rect(area).map(|area| BBox::new(self.index, area));
        let tag = Tag::Figure(Some(clean(alt))).with_bbox(bounds);
        let identifier = self.surface.start_tagged(ContentTag::Other);
        // Inside, nothing opens a tag of its own.
        self.artifact = true;
        draw(self);
        self.artifact = false;
        self.surface.end_tagged();
        self.push(Branch::Group(tag.into(), vec![Branch::Content(identifier)]));
    }

    /// Text that leads to an address. `area` is x, y, width, height.
    pub fn link(&mut self, url: &str, alt: &str, area: [f32; 4], draw: impl FnOnce(&mut Self)) {
        self.tagged(Tag::Link, |page| {
            draw(page);
            if let Some(area) = rect(area) {
                page.push(Branch::Link(page.links.len()));
                page.links.push((area, url.to_owned(), clean(alt)));
            }
        });
    }

    fn tagged(&mut self, tag: impl Into<TagKind>, draw: impl FnOnce(&mut Self)) {
        self.open.push(Vec::new());
        draw(self);
        let children = self.open.pop().unwrap_or_default();
        // An empty element would be a riddle for a screen reader.
        if !children.is_empty() {
            self.push(Branch::Group(tag.into(), children));
        }
    }

    fn push(&mut self, branch: Branch) {
        if let Some(siblings) = self.open.last_mut() {
            siblings.push(branch);
        }
    }

    // ── drawing ──

    /// Draws a line of text with its baseline at `y`; returns the x of its left edge.
    pub fn line(&mut self, line: &Line, x: f32, y: f32, align: Align) -> f32 {
        let x = match align {
            Align::Left => x,
            Align::Center => x - line.width / 2.0,
            Align::Right => x - line.width,
        };
        if line.text.is_empty() {
            return x;
        }
        if self.artifact {
            self.draw_line(line, x, y);
        } else {
            // Glyphs lie on the page from left to right. Programs that extract text turn lines that run from right to left around by themselves, and would
            // turn an `ActualText` of the content around as well; screen readers take the one of the structure.
            let actual = (line.needs_actual_text && !line.right_to_left).then_some(line.text.as_str());
            let identifier = self.surface.start_tagged(ContentTag::Span(SpanTag::empty().with_actual_text(actual)));
            self.draw_line(line, x, y);
            self.surface.end_tagged();
            if line.right_to_left {
                self.push(Branch::Group(Tag::Span.with_actual_text(Some(line.text.clone())).into(), vec![Branch::Content(identifier)]));
            } else {
                self.push(Branch::Content(identifier));
            }
        }
        x
    }

    /// Draws lines below each other, the first on the baseline `y`; returns the baseline of the last.
    pub fn lines(&mut self, lines: &[Line], x: f32, y: f32, leading: f32, align: Align) -> f32 {
        let mut baseline = y;
        for (n, line) in lines.iter().enumerate() {
            baseline = y + leading * n as f32;
            self.line(line, x, baseline, align);
        }
        baseline
    }

    fn draw_line(&mut self, line: &Line, x: f32, y: f32) {
        self.surface.set_stroke(None);
        self.surface.set_fill(Some(fill(line.color.into(), FillRule::NonZero)));
        for piece in &line.pieces {
            match piece {
                Piece::Glyphs { font, x: at, glyphs, .. } => {
                    self.surface.draw_glyphs(geom::Point::from_xy(x + at, y), glyphs, font.pdf().clone(), &line.text, line.size, false);
                }
                Piece::Missing { x: at, width, .. } => {
                    if let Some(path) = to_krilla(&missing_box(x + at, y, *width, line.size)) {
                        self.surface.draw_path(&path);
                    }
                }
            }
        }
    }

    pub fn stroke(&mut self, path: &Path, ink: impl Into<Ink>, width: f32) {
        let Some(path) = to_krilla(path) else { return };
        self.surface.set_fill(None);
        self.surface.set_stroke(Some(Stroke { paint: ink.into().paint(), width, ..Stroke::default() }));
        self.surface.draw_path(&path);
    }

    pub fn fill(&mut self, path: &Path, ink: impl Into<Ink>) {
        let Some(path) = to_krilla(path) else { return };
        self.surface.set_stroke(None);
        self.surface.set_fill(Some(fill(ink.into(), FillRule::NonZero)));
        self.surface.draw_path(&path);
    }
}

fn fill(ink: Ink, rule: FillRule) -> Fill {
    Fill { paint: ink.paint(), opacity: NormalizedF32::ONE, rule }
}

fn rect([x, y, width, height]: [f32; 4]) -> Option<geom::Rect> {
    geom::Rect::from_xywh(x, y, width, height)
}

fn to_krilla(path: &Path) -> Option<geom::Path> {
    let mut builder = geom::PathBuilder::new();
    for segment in path.rounded().segments() {
        match *segment {
            Segment::Move(p) => builder.move_to(p.x, p.y),
            Segment::Line(p) => builder.line_to(p.x, p.y),
            Segment::Curve(a, b, p) => builder.cubic_to(a.x, a.y, b.x, b.y, p.x, p.y),
            Segment::Close => builder.close(),
        }
    }
    builder.finish()
}
