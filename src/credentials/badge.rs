//! The badge: drawn from the certification's level and the programme's colour, as SVG without fonts and as PNG.
//!
//! A level is told three times without colour: by the outline, by the number of lines that follow it, and by the marks at the foot.

use std::fmt::Write as _;

use super::guilloche::{self, Seed};
use crate::server::{
    drawing::{Color, Path, Point, point, polar},
    fonts::Face,
    pdf::DocumentError,
    svg,
    text::{Fit, Line, Style, clean, fit},
};

/// What the badge shows. Its certification decides the picture; nobody's name is on it.
#[derive(Debug, Clone)]
pub struct BadgeFacts {
    /// BCP 47.
    pub language: String,
    pub programme: String,
    /// "Solutions Architect": the certification without programme and level.
    pub short_name: String,
    pub level: BadgeLevel,
    /// The level's name as it is to be read: "Associate".
    pub level_label: String,
    pub accent: Color,
    /// What a screen reader says: "AWS Certified Solutions Architect – Associate".
    pub title: String,
    /// One or two sentences more.
    pub description: String,
}

/// How a badge is shaped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BadgeLevel {
    Foundational,
    Associate,
    Professional,
    Specialty,
    Business,
}

/// The sizes in which PNGs are offered, in pixels.
pub const PNG_SIZES: [u32; 3] = [240, 600, 1200];

const SIDE: f32 = 600.0;
const CENTER: Point = Point { x: SIDE / 2.0, y: SIDE / 2.0 };

/// The badge as SVG: text is outlines, so it looks the same in every `<img>`, and the white edge separates it from a dark page.
pub fn badge_svg(facts: &BadgeFacts) -> String {
    let ground = facts.accent.readable_on_white(6.5);
    let deep = ground.rotate_hue(16.0).mix(Color(0, 0, 0), 0.38);
    let line = ground.mix(Color::WHITE, 0.42);
    let shape = Shape::of(facts.level);
    // Ids of an SVG pasted into a page share one space with those of its neighbours.
    let seed = Seed::new(&format!("{} {}", facts.programme, facts.title));
    let id = seed.tag();

    let mut out = String::new();
    let _ = write!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 600 600\" width=\"600\" height=\"600\" role=\"img\" lang=\"{}\"><title>{}</title><desc>{}</desc>",
        escape(&facts.language),
        escape(&facts.title),
        escape(&facts.description)
    );
    let body = shape.outline(0.972);
    let _ = write!(
        out,
        "<defs><linearGradient id=\"{id}g\" x1=\"0\" y1=\"0\" x2=\"0.35\" y2=\"1\"><stop stop-color=\"{}\"/><stop offset=\"1\" stop-color=\"{}\"/></linearGradient>",
        ground.hex(),
        deep.hex()
    );
    let (waves, strands) = (36, 6);
    let ring = guilloche::wave_ring(CENTER, shape.web * 0.845, shape.web, waves, 0.16);
    let _ = write!(out, "<path id=\"{id}r\" d=\"{}\"/></defs>", ring.svg_data(1));
    fill(&mut out, &shape.outline(1.0), "#fff");
    fill(&mut out, &body, &format!("url(#{id}g)"));

    let _ = write!(out, "<g fill=\"none\" stroke=\"{}\">", line.hex());
    let _ = write!(out, "<g stroke-width=\"1\" stroke-opacity=\"0.72\">");
    for n in 0..strands {
        let _ = write!(out, "<use href=\"#{id}r\" transform=\"rotate({:.3} 300 300)\"/>", guilloche::braid_step(waves, strands) * n as f32);
    }
    out.push_str("</g>");
    for n in 0..shape.lines {
        let _ = write!(out, "<path stroke-width=\"2.6\" d=\"{}\"/>", shape.outline(0.93 - 0.028 * n as f32).svg_data(1));
    }
    out.push_str("</g>");

    fill(&mut out, &lettering(facts, &shape), "#fff");
    fill(&mut out, &marks(facts.level, shape.foot + 34.0), &line.mix(Color::WHITE, 0.55).hex());
    out.push_str("</svg>");
    out
}

/// The badge as a PNG of `size` by `size` pixels on a transparent ground.
pub fn badge_png(badge: &str, size: u32) -> Result<Vec<u8>, DocumentError> {
    svg::png(badge, size)
}

/// The outline of a level and where things fit into it.
struct Shape {
    level: BadgeLevel,
    /// Lines that follow the outline.
    lines: usize,
    /// Outer radius of the line work behind the text.
    web: f32,
    /// Widths of the programme's name, the certification's and the level's.
    widths: [f32; 3],
    /// Baselines of the programme's and the level's name.
    head: f32,
    foot: f32,
}

impl Shape {
    fn of(level: BadgeLevel) -> Self {
        let (lines, web, widths, head, foot) = match level {
            BadgeLevel::Foundational => (1, 254.0, [290.0, 396.0, 250.0], 174.0, 436.0),
            BadgeLevel::Associate => (2, 228.0, [250.0, 352.0, 220.0], 184.0, 424.0),
            BadgeLevel::Professional => (3, 232.0, [250.0, 358.0, 220.0], 182.0, 426.0),
            BadgeLevel::Specialty => (2, 194.0, [200.0, 298.0, 180.0], 206.0, 402.0),
            BadgeLevel::Business => (1, 248.0, [280.0, 388.0, 250.0], 176.0, 434.0),
        };
        Self { level, lines, web, widths, head, foot }
    }

    fn outline(&self, scale: f32) -> Path {
        let corners = |count: usize, radius: f32, first: f32| -> Vec<Point> {
            (0..count).map(|n| polar(CENTER, radius * scale, first + 360.0 / count as f32 * n as f32)).collect()
        };
        match self.level {
            BadgeLevel::Foundational => Path::circle(CENTER, 288.0 * scale),
            BadgeLevel::Associate => Path::rounded_polygon(&corners(6, 312.0, 0.0), 58.0 * scale),
            BadgeLevel::Specialty => Path::rounded_polygon(&corners(4, 334.0, 0.0), 92.0 * scale),
            BadgeLevel::Business => Path::rounded_polygon(&corners(4, 378.0, 45.0), 112.0 * scale),
            // A scalloped edge of sixteen bows.
            BadgeLevel::Professional => {
                let mut path = Path::parametric(0.0, std::f32::consts::TAU, 96, |t| {
                    polar(CENTER, scale * (281.0 + 7.5 * (16.0 * t).cos()), t.to_degrees())
                });
                path.close();
                path
            }
        }
    }
}

fn lettering(facts: &BadgeFacts, shape: &Shape) -> Path {
    let style = |face: Face, size: f32| Style::new(face, size, Color::WHITE, &facts.language);
    let mut path = Path::new();
    let mut centered = |line: &Line, baseline: f32| {
        path.append(&line.outline(CENTER.x - line.width / 2.0, baseline));
    };
    let single = |text: &str, style: Style, width: f32| fit(text, &style, Fit { width, height: 0.0, leading: 1.2, smallest: 4.0 });

    for line in &single(&facts.programme, style(Face::SansSemibold, 25.0), shape.widths[0]).lines {
        centered(line, shape.head);
    }
    let face = style(Face::Serif, 68.0);
    let name = fit(&facts.short_name, &face, Fit { width: shape.widths[1], height: 132.0, leading: 1.12, smallest: 12.0 });
    // Centred by the letters' own height, not by the line's.
    let mut baseline = CENTER.y + 4.0 + (face.sized(name.size).cap_height() - name.depth()) / 2.0;
    for line in &name.lines {
        centered(line, baseline);
        baseline += name.leading;
    }
    for line in &single(&facts.level_label, style(Face::SansSemibold, 27.0).tracked(0.04), shape.widths[2]).lines {
        centered(line, shape.foot);
    }
    path
}

/// One to three dots for the levels that build on each other, a diamond and a bar for those beside them.
fn marks(level: BadgeLevel, y: f32) -> Path {
    let dots = |count: usize| {
        let mut path = Path::new();
        for n in 0..count {
            path.append(&Path::circle(point(CENTER.x + (n as f32 - (count - 1) as f32 / 2.0) * 24.0, y), 6.0));
        }
        path
    };
    match level {
        BadgeLevel::Foundational => dots(1),
        BadgeLevel::Associate => dots(2),
        BadgeLevel::Professional => dots(3),
        BadgeLevel::Specialty => {
            Path::polygon(&[point(CENTER.x, y - 10.0), point(CENTER.x + 10.0, y), point(CENTER.x, y + 10.0), point(CENTER.x - 10.0, y)])
        }
        BadgeLevel::Business => Path::rect(CENTER.x - 26.0, y - 4.0, 52.0, 8.0),
    }
}

fn fill(out: &mut String, path: &Path, paint: &str) {
    let _ = write!(out, "<path fill=\"{paint}\" d=\"{}\"/>", path.svg_data(1));
}

/// Text as XML takes it; characters that XML forbids are gone already.
fn escape(text: &str) -> String {
    let mut out = String::new();
    for c in clean(text).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}
