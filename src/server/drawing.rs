//! Colours and paths that do not know whether they end in a PDF or in an SVG.

use std::fmt::Write as _;

/// An sRGB colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Color(pub u8, pub u8, pub u8);

impl Color {
    pub const WHITE: Self = Self(255, 255, 255);

    /// Reads `#rrggbb` (the `#` may be missing).
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.trim().trim_start_matches('#');
        if digits.len() != 6 || !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
            return None;
        }
        let part = |n: usize| u8::from_str_radix(&digits[n..n + 2], 16).ok();
        Some(Self(part(0)?, part(2)?, part(4)?))
    }

    pub fn hex(self) -> String {
        format!("#{:02x}{:02x}{:02x}", self.0, self.1, self.2)
    }

    /// `share` of the other colour (0 to 1) in this one.
    pub fn mix(self, other: Self, share: f32) -> Self {
        let part = |a: u8, b: u8| (f32::from(a) + (f32::from(b) - f32::from(a)) * share).round() as u8;
        Self(part(self.0, other.0), part(self.1, other.1), part(self.2, other.2))
    }

    /// The colour as a tint on white paper: 1 is the full colour. Tints instead of transparency keep a document flat, which prints predictably.
    pub fn tint(self, strength: f32) -> Self {
        Self::WHITE.mix(self, strength)
    }

    /// Turned around the colour circle, lightness kept roughly.
    pub fn rotate_hue(self, degrees: f32) -> Self {
        // The hue rotation matrix of CSS filters.
        let (sin, cos) = degrees.to_radians().sin_cos();
        let (r, g, b) = (f32::from(self.0), f32::from(self.1), f32::from(self.2));
        let part = |m: [f32; 9]| {
            let row = |n: usize| m[n] + m[n + 3] * cos + m[n + 6] * sin;
            (row(0) * r + row(1) * g + row(2) * b).round().clamp(0.0, 255.0) as u8
        };
        Self(
            part([0.213, 0.715, 0.072, 0.787, -0.715, -0.072, -0.213, -0.715, 0.928]),
            part([0.213, 0.715, 0.072, -0.213, 0.285, -0.072, 0.143, 0.140, -0.283]),
            part([0.213, 0.715, 0.072, -0.213, -0.715, 0.928, -0.787, 0.715, 0.072]),
        )
    }

    /// Relative luminance as WCAG defines it, 0 to 1.
    pub fn luminance(self) -> f32 {
        let linear = |c: u8| {
            let c = f32::from(c) / 255.0;
            if c <= 0.040_45 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * linear(self.0) + 0.7152 * linear(self.1) + 0.0722 * linear(self.2)
    }

    /// The contrast ratio of WCAG, 1 to 21.
    pub fn contrast(self, other: Self) -> f32 {
        let (a, b) = (self.luminance() + 0.05, other.luminance() + 0.05);
        a.max(b) / a.min(b)
    }

    /// This colour, darkened as far as needed for the contrast ratio against white paper.
    pub fn readable_on_white(self, ratio: f32) -> Self {
        self.readable_on(Self::WHITE, ratio)
    }

    /// This colour, darkened on a light ground and lightened on a dark one as far as needed for the contrast ratio.
    pub fn readable_on(self, ground: Self, ratio: f32) -> Self {
        let black = Self(0, 0, 0);
        let away = if ground.contrast(black) > ground.contrast(Self::WHITE) { black } else { Self::WHITE };
        (0..=20).map(|n| self.mix(away, n as f32 / 20.0)).find(|c| c.contrast(ground) >= ratio).unwrap_or(away)
    }
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    pub x: f32,
    pub y: f32,
}

pub fn point(x: f32, y: f32) -> Point {
    Point { x, y }
}

/// The point at `radius` from `center`; 0 degrees is up, clockwise.
pub fn polar(center: Point, radius: f32, degrees: f32) -> Point {
    let (sin, cos) = degrees.to_radians().sin_cos();
    point(center.x + radius * sin, center.y - radius * cos)
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Segment {
    Move(Point),
    Line(Point),
    Curve(Point, Point, Point),
    Close,
}

/// Lines and cubic curves, y pointing down.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Path {
    segments: Vec<Segment>,
}

impl Path {
    pub fn new() -> Self {
        Self::default()
    }

    pub fn segments(&self) -> &[Segment] {
        &self.segments
    }

    pub fn is_empty(&self) -> bool {
        self.segments.is_empty()
    }

    pub fn move_to(&mut self, to: Point) -> &mut Self {
        self.push(Segment::Move(to))
    }

    pub fn line_to(&mut self, to: Point) -> &mut Self {
        self.push(Segment::Line(to))
    }

    pub fn curve_to(&mut self, c1: Point, c2: Point, to: Point) -> &mut Self {
        self.push(Segment::Curve(c1, c2, to))
    }

    pub fn close(&mut self) -> &mut Self {
        self.push(Segment::Close)
    }

    fn push(&mut self, segment: Segment) -> &mut Self {
        self.segments.push(segment);
        self
    }

    pub fn append(&mut self, other: &Path) -> &mut Self {
        self.segments.extend_from_slice(&other.segments);
        self
    }

    pub fn rect(x: f32, y: f32, width: f32, height: f32) -> Self {
        Self::polygon(&[point(x, y), point(x + width, y), point(x + width, y + height), point(x, y + height)])
    }

    pub fn line(from: Point, to: Point) -> Self {
        Self { segments: vec![Segment::Move(from), Segment::Line(to)] }
    }

    pub fn polygon(corners: &[Point]) -> Self {
        let mut path = Self::new();
        for (n, corner) in corners.iter().enumerate() {
            if n == 0 {
                path.move_to(*corner)
            } else {
                path.line_to(*corner)
            };
        }
        path.close();
        path
    }

    /// A polygon whose corners are rounded by curves that leave the sides `radius` before the corner.
    pub fn rounded_polygon(corners: &[Point], radius: f32) -> Self {
        let mut path = Self::new();
        let count = corners.len();
        for n in 0..count {
            let (before, corner, after) = (corners[(n + count - 1) % count], corners[n], corners[(n + 1) % count]);
            let towards = |to: Point, distance: f32| {
                let length = (to.x - corner.x).hypot(to.y - corner.y).max(f32::EPSILON);
                let share = (distance / length).min(0.5);
                point(corner.x + (to.x - corner.x) * share, corner.y + (to.y - corner.y) * share)
            };
            let start = towards(before, radius);
            if n == 0 {
                path.move_to(start)
            } else {
                path.line_to(start)
            };
            path.curve_to(towards(before, radius * 0.4), towards(after, radius * 0.4), towards(after, radius));
        }
        path.close();
        path
    }

    pub fn circle(center: Point, radius: f32) -> Self {
        // Four quarter curves, the usual constant.
        let k = radius * 0.552_284_8;
        let at = |dx: f32, dy: f32| point(center.x + dx, center.y + dy);
        let mut path = Self::new();
        path.move_to(at(radius, 0.0));
        path.curve_to(at(radius, k), at(k, radius), at(0.0, radius));
        path.curve_to(at(-k, radius), at(-radius, k), at(-radius, 0.0));
        path.curve_to(at(-radius, -k), at(-k, -radius), at(0.0, -radius));
        path.curve_to(at(k, -radius), at(radius, -k), at(radius, 0.0));
        path.close();
        path
    }

    /// The curve `f(t)` for t from `from` to `to`, as `pieces` cubic pieces that keep its direction at every joint.
    pub fn parametric(from: f32, to: f32, pieces: usize, f: impl Fn(f32) -> Point) -> Self {
        let step = (to - from) / pieces as f32;
        let slope = |t: f32| {
            let h = step * 0.01;
            let (a, b) = (f(t - h), f(t + h));
            point((b.x - a.x) / (2.0 * h), (b.y - a.y) / (2.0 * h))
        };
        let mut path = Self::new();
        path.move_to(f(from));
        for n in 0..pieces {
            let (t0, t1) = (from + step * n as f32, from + step * (n + 1) as f32);
            let (p0, p1, d0, d1) = (f(t0), f(t1), slope(t0), slope(t1));
            let third = step / 3.0;
            path.curve_to(point(p0.x + d0.x * third, p0.y + d0.y * third), point(p1.x - d1.x * third, p1.y - d1.y * third), p1);
        }
        path
    }

    fn map(&self, f: impl Fn(Point) -> Point) -> Self {
        let segments = self
            .segments
            .iter()
            .map(|segment| match *segment {
                Segment::Move(p) => Segment::Move(f(p)),
                Segment::Line(p) => Segment::Line(f(p)),
                Segment::Curve(a, b, p) => Segment::Curve(f(a), f(b), f(p)),
                Segment::Close => Segment::Close,
            })
            .collect();
        Self { segments }
    }

    pub fn translate(&self, dx: f32, dy: f32) -> Self {
        self.map(|p| point(p.x + dx, p.y + dy))
    }

    pub fn scale(&self, factor: f32) -> Self {
        self.map(|p| point(p.x * factor, p.y * factor))
    }

    pub fn rotate(&self, center: Point, degrees: f32) -> Self {
        let (sin, cos) = degrees.to_radians().sin_cos();
        self.map(|p| {
            let (x, y) = (p.x - center.x, p.y - center.y);
            point(center.x + x * cos - y * sin, center.y + x * sin + y * cos)
        })
    }

    /// Rounded to hundredths: invisible, and halves the size of the written file.
    pub fn rounded(&self) -> Self {
        let r = |v: f32| (v * 100.0).round() / 100.0;
        self.map(|p| point(r(p.x), r(p.y)))
    }

    /// The `d` attribute of an SVG path, with relative coordinates of `decimals` digits (errors do not add up).
    pub fn svg_data(&self, decimals: i32) -> String {
        let unit = 10_f32.powi(decimals);
        let grid = |p: Point| ((p.x * unit).round() as i64, (p.y * unit).round() as i64);
        let mut out = String::new();
        let (mut current, mut start) = ((0, 0), (0, 0));
        let mut last = ' ';
        let mut write = |command: char, values: &[i64]| {
            let mut text = String::new();
            for (n, value) in values.iter().enumerate() {
                let number = decimal(*value, decimals as usize);
                if n > 0 && !number.starts_with('-') {
                    text.push(' ');
                }
                text.push_str(&number);
            }
            if command == last && command != 'z' && command != 'm' {
                if !text.starts_with('-') {
                    out.push(' ');
                }
            } else {
                out.push(command);
            }
            out.push_str(&text);
            last = command;
        };
        for segment in &self.segments {
            match *segment {
                Segment::Move(p) => {
                    let to = grid(p);
                    write('m', &[to.0 - current.0, to.1 - current.1]);
                    current = to;
                    start = to;
                }
                Segment::Line(p) => {
                    let to = grid(p);
                    write('l', &[to.0 - current.0, to.1 - current.1]);
                    current = to;
                }
                Segment::Curve(a, b, p) => {
                    let (a, b, to) = (grid(a), grid(b), grid(p));
                    let rel = |v: (i64, i64)| [v.0 - current.0, v.1 - current.1];
                    let ([ax, ay], [bx, by], [x, y]) = (rel(a), rel(b), rel(to));
                    write('c', &[ax, ay, bx, by, x, y]);
                    current = to;
                }
                Segment::Close => {
                    write('z', &[]);
                    current = start;
                }
            }
        }
        out
    }
}

/// `value / 10^decimals` without trailing zeros.
fn decimal(value: i64, decimals: usize) -> String {
    let mut text = String::new();
    let scale = 10_i64.pow(decimals as u32);
    let (whole, rest) = (value.abs() / scale, value.abs() % scale);
    if value < 0 {
        text.push('-');
    }
    let _ = write!(text, "{whole}");
    if rest > 0 {
        let _ = write!(text, ".{rest:0decimals$}");
        text.truncate(text.trim_end_matches('0').len());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn svg_data_is_relative_and_short() {
        assert_eq!(Path::rect(1.0, 2.0, 10.0, 5.5).svg_data(2), "m1 2l10 0 0 5.5-10 0z");
        let mut two = Path::rect(0.0, 0.0, 1.0, 1.0);
        two.append(&Path::line(point(5.0, 5.0), point(5.125, 4.0)));
        assert_eq!(two.svg_data(1), "m0 0l1 0 0 1-1 0zm5 5l.1-1".replace("l.1", "l0.1"));
    }

    #[test]
    fn colours() {
        let blue = Color::parse("#0b5fff").unwrap();
        assert_eq!(blue.hex(), "#0b5fff");
        assert_eq!(Color::parse("0b5ff"), None);
        assert_eq!(Color::parse("#0b5fé"), None);
        assert_eq!(blue.tint(0.0), Color::WHITE);
        assert!(Color(255, 200, 0).readable_on_white(4.5).contrast(Color::WHITE) >= 4.5);
        assert_eq!(Color(10, 20, 30).rotate_hue(0.0), Color(10, 20, 30));
    }
}
