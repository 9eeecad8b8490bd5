//! Text for documents: shaping with fallback fonts, right-to-left and mixed lines, wrapping and fitting into a box.

use krilla::text::{GlyphId, KrillaGlyph};
use rustybuzz::{Direction, UnicodeBuffer, ttf_parser};
use unicode_bidi::{BidiInfo, Level};
use unicode_normalization::UnicodeNormalization as _;
use unicode_script::{Script, UnicodeScript};
use unicode_segmentation::UnicodeSegmentation;

use super::{
    drawing::{Color, Path, Point, point},
    fonts::{self, Face, Font},
};

/// How a text looks. Lengths in points.
#[derive(Debug, Clone, Copy)]
pub struct Style<'a> {
    pub face: Face,
    pub size: f32,
    pub color: Color,
    /// Extra space after each letter, in ems.
    pub tracking: f32,
    /// Figures of one width, for columns of numbers.
    pub tabular: bool,
    /// BCP 47; decides between regional letter forms.
    pub language: &'a str,
}

impl<'a> Style<'a> {
    pub fn new(face: Face, size: f32, color: Color, language: &'a str) -> Self {
        Self { face, size, color, tracking: 0.0, tabular: false, language }
    }

    pub fn tracked(self, tracking: f32) -> Self {
        Self { tracking, ..self }
    }

    pub fn tabular(self) -> Self {
        Self { tabular: true, ..self }
    }

    pub fn sized(self, size: f32) -> Self {
        Self { size, ..self }
    }

    /// Height of a capital letter.
    pub fn cap_height(self) -> f32 {
        let font = fonts::font(self.face);
        f32::from(font.face().capital_height().unwrap_or(660)) / font.units() * self.size
    }
}

/// A stretch of one line that is set in one font and one direction, or the box in place of what no font has.
/// `x` is where it begins on the left, `start` where its text begins in the line.
pub enum Piece {
    Glyphs { font: &'static Font, start: usize, x: f32, glyphs: Vec<KrillaGlyph> },
    Missing { start: usize, x: f32, width: f32 },
}

impl Piece {
    fn start(&self) -> usize {
        match self {
            Self::Glyphs { start, .. } | Self::Missing { start, .. } => *start,
        }
    }
}

/// One line of shaped text, ready to be drawn.
pub struct Line {
    pub text: String,
    /// In the order of reading, not from left to right.
    pub pieces: Vec<Piece>,
    /// Advance width in points, without the tracking after the last letter.
    pub width: f32,
    pub size: f32,
    pub color: Color,
    /// The drawn glyphs do not read as the text: a box stands for a letter.
    pub needs_actual_text: bool,
    /// Some of it runs from right to left.
    pub right_to_left: bool,
}

/// What may be set at all: composed, one line, without control characters, direction overrides (a name must not reorder the words around it),
/// private-use characters and noncharacters.
pub fn clean(text: &str) -> String {
    let composed: String = text
        .nfc()
        .filter_map(|c| match c {
            c if c.is_whitespace() => Some(' '),
            c if c.is_control() => None,
            '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}' | '\u{200b}' | '\u{ad}' => None,
            '\u{e000}'..='\u{f8ff}' | '\u{f0000}'..='\u{10ffff}' => Some('\u{fffd}'),
            c if (c as u32) & 0xfffe == 0xfffe => None,
            c => Some(c),
        })
        .collect();
    let mut words = composed.split(' ').filter(|word| !word.is_empty());
    let mut out = words.next().unwrap_or_default().to_owned();
    for word in words {
        out.push(' ');
        out.push_str(word);
    }
    out
}

impl Line {
    pub fn new(text: &str, style: &Style) -> Self {
        let space_after = text.ends_with(' ');
        let text = clean(text);
        let mut line = Self {
            pieces: Vec::new(),
            width: 0.0,
            size: style.size,
            color: style.color,
            needs_actual_text: false,
            right_to_left: false,
            text,
        };
        let bidi = BidiInfo::new(&line.text, None);
        let mut pieces = Vec::new();
        let mut x = 0.0;
        for paragraph in &bidi.paragraphs {
            let (levels, runs) = bidi.visual_runs(paragraph, paragraph.range.clone());
            for run in runs {
                let level = levels.get(run.start).copied().unwrap_or_else(Level::ltr);
                let mut stretches = stretches(&line.text, run, style);
                if level.is_rtl() {
                    stretches.reverse();
                    line.right_to_left = true;
                }
                for stretch in stretches {
                    let (piece, advance) = shape(&line.text, &stretch, style, x, level.is_rtl());
                    line.needs_actual_text |= matches!(piece, Piece::Missing { .. });
                    pieces.push(piece);
                    x += advance;
                }
            }
        }
        pieces.sort_by_key(Piece::start);
        line.pieces = pieces;
        line.width = (x - style.tracking * style.size).max(0.0);
        if space_after {
            line.push_space();
        }
        line
    }

    /// A line broken at a space ends in one, beyond its width, or its last word and the next would be one word to a reader.
    fn push_space(&mut self) {
        let range = self.text.len()..self.text.len() + 1;
        self.text.push(' ');
        if self.right_to_left {
            return;
        }
        if let Some(Piece::Glyphs { font, glyphs, .. }) = self.pieces.last_mut()
            && let Some(id) = font.face().glyph_index(' ')
        {
            let advance = f32::from(font.face().glyph_hor_advance(id).unwrap_or(0)) / font.units();
            glyphs.push(KrillaGlyph::new(GlyphId::new(u32::from(id.0)), advance, 0.0, 0.0, 0.0, range, None));
        }
    }

    /// The letters as outlines, the line starting at `x` on the baseline `y`. For pictures that must not depend on fonts.
    pub fn outline(&self, x: f32, y: f32) -> Path {
        let mut path = Path::new();
        for piece in &self.pieces {
            match piece {
                Piece::Missing { x: at, width, .. } => {
                    path.append(&missing_box(x + at, y, *width, self.size));
                }
                Piece::Glyphs { font, x: at, glyphs, .. } => {
                    let mut pen = x + at;
                    for glyph in glyphs {
                        let origin = point(pen + glyph.x_offset * self.size, y - glyph.y_offset * self.size);
                        let mut outliner = Outliner { path: &mut path, origin, scale: self.size / font.units(), last: origin };
                        let id = u16::try_from(glyph.glyph_id.to_u32()).unwrap_or_default();
                        font.face().outline_glyph(ttf_parser::GlyphId(id), &mut outliner);
                        pen += glyph.x_advance * self.size;
                    }
                }
            }
        }
        path
    }
}

/// The frame drawn where no font has the letter: two rectangles, filled by the even-odd rule or by their opposite directions.
pub fn missing_box(x: f32, baseline: f32, width: f32, size: f32) -> Path {
    let (height, pad, stroke) = (size * 0.66, size * 0.06, size * 0.03);
    let (left, top, right, bottom) = (x + pad, baseline - height, x + width - pad, baseline);
    let mut path = Path::rect(left, top, right - left, bottom - top);
    let (l, t, r, b) = (left + stroke, top + stroke, right - stroke, bottom - stroke);
    path.append(&Path::polygon(&[point(l, t), point(l, b), point(r, b), point(r, t)]));
    path
}

struct Stretch {
    range: std::ops::Range<usize>,
    font: Option<&'static Font>,
    script: Script,
}

/// Cuts a run into stretches of one font and one script. What belongs to no script (spaces, points, figures) stays with what stands before it.
fn stretches(text: &str, run: std::ops::Range<usize>, style: &Style) -> Vec<Stretch> {
    let mut out: Vec<Stretch> = Vec::new();
    for (offset, cluster) in text[run.clone()].grapheme_indices(true) {
        let range = run.start + offset..run.start + offset + cluster.len();
        let script = cluster.chars().map(|c| c.script()).find(|s| !matches!(s, Script::Common | Script::Inherited));
        if let Some(last) = out.last_mut() {
            let stays = match (script, last.font) {
                (None, Some(font)) => font.covers(cluster),
                (Some(script), Some(font)) => {
                    let same_font = fonts::font_for(style.face, cluster, style.language).is_some_and(|own| std::ptr::eq(own, font));
                    same_font && (script == last.script || last.script == Script::Common)
                }
                (_, None) => false,
            };
            if stays {
                last.range.end = range.end;
                if let Some(script) = script {
                    last.script = script;
                }
                continue;
            }
        }
        let font = fonts::font_for(style.face, cluster, style.language);
        out.push(Stretch { range, font, script: script.unwrap_or(Script::Common) });
    }
    out
}

fn shape(text: &str, stretch: &Stretch, style: &Style, x: f32, rtl: bool) -> (Piece, f32) {
    let Some(font) = stretch.font else {
        let width = style.size * 0.62;
        return (Piece::Missing { start: stretch.range.start, x, width }, width + style.tracking * style.size);
    };
    let mut buffer = UnicodeBuffer::new();
    buffer.push_str(&text[stretch.range.clone()]);
    buffer.guess_segment_properties();
    buffer.set_direction(if rtl { Direction::RightToLeft } else { Direction::LeftToRight });
    let features: &[rustybuzz::Feature] = if style.tabular {
        &[rustybuzz::Feature { tag: ttf_parser::Tag(u32::from_be_bytes(*b"tnum")), value: 1, start: 0, end: u32::MAX }]
    } else {
        &[]
    };
    let shaped = rustybuzz::shape(font.face(), features, buffer);
    let units = font.units();
    // Letters that join must not be pulled apart.
    let joined = matches!(
        stretch.script,
        Script::Arabic | Script::Syriac | Script::Mongolian | Script::Devanagari | Script::Bengali | Script::Gurmukhi
    );
    let tracking = if joined { 0.0 } else { style.tracking };

    let mut starts: Vec<usize> = shaped.glyph_infos().iter().map(|info| info.cluster as usize).collect();
    starts.sort_unstable();
    starts.dedup();
    let end_of = |start: usize| {
        let next = starts.partition_point(|&s| s <= start);
        starts.get(next).copied().unwrap_or(stretch.range.len())
    };
    let mut advance = 0.0;
    let infos = shaped.glyph_infos();
    let glyphs = infos
        .iter()
        .zip(shaped.glyph_positions())
        .enumerate()
        .map(|(n, (info, position))| {
            let start = info.cluster as usize;
            let last_of_cluster = infos.get(n + 1).is_none_or(|next| next.cluster != info.cluster);
            let x_advance = position.x_advance as f32 / units + if last_of_cluster { tracking } else { 0.0 };
            advance += x_advance * style.size;
            KrillaGlyph::new(
                GlyphId::new(info.glyph_id),
                x_advance,
                position.x_offset as f32 / units,
                position.y_offset as f32 / units,
                position.y_advance as f32 / units,
                stretch.range.start + start..stretch.range.start + end_of(start),
                None,
            )
        })
        .collect();
    (Piece::Glyphs { font, start: stretch.range.start, x, glyphs }, advance)
}

/// Breaks `text` into lines no wider than `width`: at spaces, after hyphens, between Han characters and syllables, and inside a word only if the
/// word alone is too wide.
pub fn wrap(text: &str, style: &Style, width: f32) -> Vec<Line> {
    let lines = break_lines(&measure(text, style), width / style.size);
    lines.iter().map(|line| Line::new(line, style)).collect()
}

/// A piece of text that is not broken unless it must, with its widths in ems: measured once, used for every size and width tried.
struct Token {
    text: String,
    width: f32,
    /// Without the space at its end.
    visible: f32,
    letters: Vec<(usize, f32)>,
}

fn measure(text: &str, style: &Style) -> Vec<Token> {
    let style = style.sized(1.0);
    let width = |text: &str| if text.is_empty() { 0.0 } else { Line::new(text, &style).width + style.tracking };
    // A space is not measured by shaping, which would trim it.
    let font = fonts::font(style.face);
    let space = font
        .face()
        .glyph_index(' ')
        .and_then(|id| font.face().glyph_hor_advance(id))
        .map_or(0.25, |advance| f32::from(advance) / font.units());
    tokens(&clean(text))
        .into_iter()
        .map(|text| {
            let visible = width(text.trim_end());
            let trailing = text.len() - text.trim_end().len();
            let letters = text.grapheme_indices(true).map(|(at, cluster)| (at, width(cluster))).collect();
            Token { width: visible + trailing as f32 * (space + style.tracking), visible, letters, text }
        })
        .collect()
}

fn break_lines(tokens: &[Token], width: f32) -> Vec<String> {
    let mut lines = Vec::new();
    let (mut current, mut used) = (String::new(), 0.0);
    for token in tokens {
        if used + token.visible > width && !current.is_empty() {
            lines.push(std::mem::take(&mut current));
            used = 0.0;
        }
        if token.visible <= width {
            current.push_str(&token.text);
            used += token.width;
            continue;
        }
        for (n, (at, letter)) in token.letters.iter().enumerate() {
            if used + letter > width && !current.is_empty() {
                lines.push(std::mem::take(&mut current));
                used = 0.0;
            }
            let end = token.letters.get(n + 1).map_or(token.text.len(), |next| next.0);
            current.push_str(&token.text[*at..end]);
            used += letter;
        }
    }
    if !current.trim().is_empty() {
        lines.push(current);
    }
    lines
}

fn break_balanced(tokens: &[Token], width: f32) -> Vec<String> {
    let mut best = break_lines(tokens, width);
    let (mut narrow, mut wide) = (0.0, width);
    for _ in 0..if best.len() < 2 { 0 } else { 8 } {
        let middle = (narrow + wide) / 2.0;
        let attempt = break_lines(tokens, middle);
        let broken_word = tokens.iter().any(|token| token.visible > middle && token.visible <= width);
        if attempt.len() <= best.len() && !broken_word {
            wide = middle;
            best = attempt;
        } else {
            narrow = middle;
        }
    }
    best
}

fn tokens(text: &str) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    let mut open = false;
    for cluster in text.graphemes(true) {
        let first = cluster.chars().next().unwrap_or(' ');
        let ideograph = matches!(first.script(), Script::Han | Script::Hiragana | Script::Katakana | Script::Hangul | Script::Thai);
        // Closing marks never begin a line.
        let closing = matches!(first, '。' | '、' | '，' | '）' | '」' | ')' | '.' | ',' | '・' | 'ー');
        match out.last_mut() {
            Some(last) if (open && !ideograph) || cluster == " " || closing => last.push_str(cluster),
            _ => out.push(cluster.to_owned()),
        }
        open = !(cluster == " " || matches!(first, '-' | '\u{2010}' | '/' | '–' | '—') || ideograph);
    }
    out
}

/// How a text may be made to fit.
#[derive(Debug, Clone, Copy)]
pub struct Fit {
    pub width: f32,
    pub height: f32,
    /// Distance of baselines, in ems.
    pub leading: f32,
    /// Never smaller than this, whatever the text is.
    pub smallest: f32,
}

/// A text that has found its size.
pub struct Block {
    pub lines: Vec<Line>,
    pub size: f32,
    /// Distance of baselines in points.
    pub leading: f32,
}

impl Block {
    /// From the first baseline to the last.
    pub fn depth(&self) -> f32 {
        self.leading * self.lines.len().saturating_sub(1) as f32
    }
}

/// The largest setting of `text` that fits. A line more is accepted when it saves the text from shrinking by more than a quarter, so that a long
/// name stays large on two lines rather than small on one.
pub fn fit(text: &str, style: &Style, limits: Fit) -> Block {
    let tokens = measure(text, style);
    let mut best: Option<Block> = None;
    for count in 1..=8 {
        let mut size = style.size;
        while size >= limits.smallest {
            let deep_enough = size * limits.leading * (count - 1) as f32 <= limits.height;
            if deep_enough
                && best.as_ref().is_none_or(|best| best.size < size * 0.75)
                && break_lines(&tokens, limits.width / size).len() <= count
            {
                let styled = style.sized(size);
                let lines: Vec<Line> = break_balanced(&tokens, limits.width / size).iter().map(|line| Line::new(line, &styled)).collect();
                // Kerning across tokens was not measured; what is drawn decides.
                if lines.iter().all(|line| line.width <= limits.width) {
                    best = Some(Block { lines, size, leading: size * limits.leading });
                    break;
                }
            }
            size -= (style.size / 48.0).max(0.25);
        }
        if best.as_ref().is_some_and(|best| best.size >= style.size * 0.75) {
            break;
        }
    }
    best.unwrap_or_else(|| {
        // Nothing fits at the smallest size: better too tall than cut, a name is never shortened.
        let size = limits.smallest;
        Block { lines: wrap(text, &style.sized(size), limits.width), size, leading: size * limits.leading }
    })
}

struct Outliner<'a> {
    path: &'a mut Path,
    origin: Point,
    scale: f32,
    last: Point,
}

impl Outliner<'_> {
    fn at(&self, x: f32, y: f32) -> Point {
        point(self.origin.x + x * self.scale, self.origin.y - y * self.scale)
    }
}

impl ttf_parser::OutlineBuilder for Outliner<'_> {
    fn move_to(&mut self, x: f32, y: f32) {
        self.last = self.at(x, y);
        self.path.move_to(self.last);
    }

    fn line_to(&mut self, x: f32, y: f32) {
        self.last = self.at(x, y);
        self.path.line_to(self.last);
    }

    fn quad_to(&mut self, x1: f32, y1: f32, x: f32, y: f32) {
        let (from, control, to) = (self.last, self.at(x1, y1), self.at(x, y));
        let third = |end: Point| point(end.x + (control.x - end.x) * 2.0 / 3.0, end.y + (control.y - end.y) * 2.0 / 3.0);
        self.path.curve_to(third(from), third(to), to);
        self.last = to;
    }

    fn curve_to(&mut self, x1: f32, y1: f32, x2: f32, y2: f32, x: f32, y: f32) {
        self.last = self.at(x, y);
        let (a, b) = (self.at(x1, y1), self.at(x2, y2));
        self.path.curve_to(a, b, self.last);
    }

    fn close(&mut self) {
        self.path.close();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn style() -> Style<'static> {
        Style::new(Face::Display, 40.0, Color(0, 0, 0), "en")
    }

    #[test]
    fn direction_overrides_and_controls_are_dropped() {
        assert_eq!(clean("A\u{202e}B\u{0} \n C\u{feff}"), "AB C");
        assert_eq!(clean("e\u{301}"), "é");
        assert_eq!(clean("x\u{e001}"), "x\u{fffd}");
    }

    #[test]
    fn wrapped_lines_keep_every_letter_and_fit() {
        let long = "Maria del Carmen-Fernández ".repeat(8);
        for width in [60.0, 200.0, 500.0] {
            let lines = wrap(&long, &style(), width);
            assert!(lines.iter().all(|line| line.width <= width));
            let joined: String = lines.iter().map(|line| line.text.clone()).collect();
            assert_eq!(joined.replace(' ', ""), clean(&long).replace(' ', ""));
        }
    }

    #[test]
    fn any_name_fits_its_box() {
        let limits = Fit { width: 500.0, height: 62.0, leading: 1.12, smallest: 9.0 };
        for name in ["Li", &"x".repeat(200), &"Wolfeschlegelsteinhausen ".repeat(8), &"王".repeat(200), &"محمد ".repeat(40)] {
            let block = fit(name, &style(), limits);
            assert!(block.lines.iter().all(|line| line.width <= limits.width), "{name}");
            assert!(block.depth() <= limits.height, "{name}: {}", block.depth());
        }
    }

    #[test]
    fn mixed_lines_are_set_right_to_left_where_they_should() {
        let line = Line::new("שלום world", &style());
        let places: Vec<f32> = line
            .pieces
            .iter()
            .map(|piece| match piece {
                Piece::Glyphs { x, .. } | Piece::Missing { x, .. } => *x,
            })
            .collect();
        // Read first, the Hebrew word stands right of the Latin one.
        assert!(line.right_to_left && places.len() == 2 && places[0] > places[1], "{places:?}");
        assert!(!Line::new("Ελένη Ёлкина", &style()).right_to_left);
        assert!(!Line::new("Ελένη Ёлкина", &style()).needs_actual_text);
        assert!(Line::new("A 🦀", &style()).needs_actual_text);
    }
}
