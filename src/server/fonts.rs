//! The fonts of documents and badges: those compiled in, and for scripts they lack those of the machine.
//!
//! `assets/fonts/README.md` says which file is for what and what happens to a character that no font has.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    sync::{LazyLock, Mutex},
};

use unicode_script::{Script, UnicodeScript};
use unicode_segmentation::UnicodeSegmentation;

/// Where a Linux system keeps its fonts. Read when a text needs a script that the compiled-in fonts lack, never before.
const SYSTEM_DIRECTORIES: [&str; 3] = ["/usr/share/fonts", "/usr/local/share/fonts", "/run/current-system/sw/share/X11/fonts"];

/// A typeface of the house.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Face {
    /// Serif for 18 points and larger.
    Display,
    Serif,
    SerifItalic,
    Sans,
    SansSemibold,
}

/// One parsed font file.
pub struct Font {
    face: rustybuzz::Face<'static>,
    pdf: krilla::text::Font,
}

impl Font {
    /// `None` if the data is no font, or one with bitmaps or colour layers only.
    fn parse(data: &'static [u8], index: u32) -> Option<Self> {
        let face = rustybuzz::Face::from_slice(data, index)?;
        let tables = face.tables();
        (tables.glyf.is_some() || tables.cff.is_some()).then_some(())?;
        let pdf = krilla::text::Font::new(data.into(), index)?;
        Some(Self { face, pdf })
    }

    pub fn face(&self) -> &rustybuzz::Face<'static> {
        &self.face
    }

    pub fn pdf(&self) -> &krilla::text::Font {
        &self.pdf
    }

    /// Units of the font's coordinates per em.
    pub fn units(&self) -> f32 {
        f32::from(u16::try_from(self.face.units_per_em()).unwrap_or(1000))
    }

    pub fn covers(&self, cluster: &str) -> bool {
        cluster.chars().filter(|c| !is_ignorable(*c)).all(|c| self.face.glyph_index(c).is_some_and(|id| id.0 != 0))
    }
}

macro_rules! bundled {
    ($file:literal) => {
        Font::parse(include_bytes!(concat!("../../assets/fonts/", $file)), 0).expect(concat!($file, " is a font"))
    };
}

struct Bundled {
    display: Font,
    serif: Font,
    italic: Font,
    sans: Font,
    semibold: Font,
    fallbacks: [Font; 3],
}

static BUNDLED: LazyLock<Bundled> = LazyLock::new(|| Bundled {
    display: bundled!("SourceSerif4Display-Regular.otf"),
    serif: bundled!("SourceSerif4-Regular.otf"),
    italic: bundled!("SourceSerif4-It.otf"),
    sans: bundled!("SourceSans3-Regular.otf"),
    semibold: bundled!("SourceSans3-Semibold.otf"),
    fallbacks: [
        bundled!("NotoNaskhArabic-Regular.ttf"),
        bundled!("NotoSerifHebrew-Regular.ttf"),
        bundled!("NotoSerifDevanagari-Regular.ttf"),
    ],
});

/// The house font itself, for its metrics.
pub fn font(face: Face) -> &'static Font {
    match face {
        Face::Display => &BUNDLED.display,
        Face::Serif => &BUNDLED.serif,
        Face::SerifItalic => &BUNDLED.italic,
        Face::Sans => &BUNDLED.sans,
        Face::SansSemibold => &BUNDLED.semibold,
    }
}

/// The first font that has every character of `cluster` (what a reader calls one letter). `language` decides between the regional forms of Han
/// characters (`ja`, `ko`, `zh`, `zh-TW` …).
pub fn font_for(face: Face, cluster: &str, language: &str) -> Option<&'static Font> {
    let own = font(face);
    if own.covers(cluster) {
        return Some(own);
    }
    if let Some(other) = BUNDLED.fallbacks.iter().find(|font| font.covers(cluster)) {
        return Some(other);
    }
    // A letter of the text face may be missing in the display face or the italic only.
    if BUNDLED.serif.covers(cluster) {
        return Some(&BUNDLED.serif);
    }
    system_fonts(cluster.chars().next()?.script(), language).into_iter().find(|font| font.covers(cluster))
}

/// The letters of `text` that would be drawn as an empty box on this machine; empty means that it can be set.
pub fn missing_characters(text: &str, language: &str) -> Vec<String> {
    let text = super::text::clean(text);
    let missing: BTreeSet<&str> =
        text.graphemes(true).filter(|cluster| !cluster.trim().is_empty() && font_for(Face::Serif, cluster, language).is_none()).collect();
    missing.into_iter().map(str::to_owned).collect()
}

/// Characters that steer their neighbours and have no picture of their own.
fn is_ignorable(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{34f}' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}')
}

/// Fonts of the machine by script and, for Han, region. Each file is read once and kept: at most a handful of scripts ever occur.
static SYSTEM: LazyLock<Mutex<SystemFonts>> = LazyLock::new(Mutex::default);

/// By name of the script and Han region.
type SystemFonts = BTreeMap<(String, &'static str), Vec<&'static Font>>;

fn system_fonts(script: Script, language: &str) -> Vec<&'static Font> {
    let region = region(script, language);
    let mut cache = SYSTEM.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    cache.entry((script.full_name().to_owned(), region)).or_insert_with(|| find_system_fonts(script, region)).clone()
}

/// Which of the five regional fonts in a CJK collection to take.
fn region(script: Script, language: &str) -> &'static str {
    let language = language.to_ascii_lowercase();
    match script {
        Script::Hiragana | Script::Katakana => "JP",
        Script::Hangul => "KR",
        Script::Han if language.starts_with("ja") => "JP",
        Script::Han if language.starts_with("ko") => "KR",
        Script::Han if language.contains("hk") => "HK",
        Script::Han if language.contains("tw") || language.contains("hant") => "TC",
        Script::Han | Script::Bopomofo => "SC",
        _ => "",
    }
}

fn find_system_fonts(script: Script, region: &'static str) -> Vec<&'static Font> {
    let name = script.full_name().replace('_', "");
    // Best first: the serif of the script's own Noto family, its sans, then families that cover many scripts.
    let own: Vec<String> = match region {
        "" => vec![format!("NotoSerif{name}-"), format!("NotoSans{name}-"), format!("Noto{name}-")],
        _ => ["NotoSerifCJK-", "NotoSansCJK-", "SourceHanSerif", "SourceHanSans", "DroidSansFallback", "wqy-"].map(str::to_owned).to_vec(),
    };
    let wide = ["NotoSansSymbols2-", "NotoSansSymbols-", "NotoSansMath-", "FreeSerif.", "DejaVuSerif.", "DejaVuSans."].map(str::to_owned);
    let files = font_files();
    let mut found = Vec::new();
    for prefix in own.iter().chain(&wide) {
        for file in files.iter().filter(|file| is_regular(file, prefix)) {
            // Leaked on purpose: fonts live as long as the program, and a file is read once per script.
            if let Some(font) = std::fs::read(file).ok().and_then(|data| parse_region(Box::leak(data.into_boxed_slice()), region)) {
                found.push(&*Box::leak(Box::new(font)));
                break;
            }
        }
        if !region.is_empty() && !found.is_empty() {
            break;
        }
    }
    found
}

fn is_regular(file: &Path, prefix: &str) -> bool {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    name.starts_with(prefix) && (name.contains("Regular") || !name.contains('-') || prefix.ends_with('.') || prefix == "wqy-")
}

fn parse_region(data: &'static [u8], region: &str) -> Option<Font> {
    let count = rustybuzz::ttf_parser::fonts_in_collection(data).unwrap_or(1);
    let wanted = format!("CJK {region}");
    let index = (0..count).find(|&index| {
        let Ok(face) = rustybuzz::ttf_parser::Face::parse(data, index) else { return false };
        face.names().into_iter().any(|name| name.name_id == 1 && name.to_string().is_some_and(|family| family.ends_with(&wanted)))
    });
    Font::parse(data, index.unwrap_or(0))
}

fn font_files() -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut directories: Vec<PathBuf> = SYSTEM_DIRECTORIES.iter().map(PathBuf::from).collect();
    while let Some(directory) = directories.pop() {
        let Ok(entries) = std::fs::read_dir(&directory) else { continue };
        for entry in entries.flatten() {
            let path = entry.path();
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => directories.push(path),
                _ if path.extension().is_some_and(|e| ["ttf", "otf", "ttc", "otc"].iter().any(|known| e.eq_ignore_ascii_case(known))) => {
                    files.push(path)
                }
                _ => {}
            }
        }
    }
    // The order of a directory is up to the file system; documents must not depend on it.
    files.sort();
    files
}
