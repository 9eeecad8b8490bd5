//! Putting a signed credential into the badge's picture (Open Badges 3.0, section 5.3).

use flate2::Crc;

pub const PNG_SIGNATURE: &[u8; 8] = b"\x89PNG\r\n\x1a\n";
/// Keyword of the chunk, and name of the element.
pub const PNG_KEYWORD: &[u8] = b"openbadgecredential";
pub const SVG_NAMESPACE: &str = "https://purl.imsglobal.org/ob/v3p0";
/// Signature, and the IHDR chunk that is always the first and always as long.
const PNG_HEAD: usize = 8 + 12 + 13;

/// The picture with one uncompressed iTXt chunk before its pixels. `png`: one that the portal has drawn.
pub fn bake_png(png: &[u8], token: &str) -> Vec<u8> {
    // Not compressed, and neither a language nor a translated keyword.
    let content = [PNG_KEYWORD, &[0, 0, 0, 0, 0], token.as_bytes()].concat();
    let (head, rest) = png.split_at(PNG_HEAD.min(png.len()));
    [head, &chunk(b"iTXt", &content), rest].concat()
}

/// A chunk with its length and checksum.
pub fn chunk(kind: &[u8; 4], content: &[u8]) -> Vec<u8> {
    let length = u32::try_from(content.len()).unwrap_or(u32::MAX);
    [&length.to_be_bytes()[..], kind, content, &checksum(kind, content).to_be_bytes()].concat()
}

pub fn checksum(kind: &[u8], content: &[u8]) -> u32 {
    let mut crc = Crc::new();
    crc.update(kind);
    crc.update(content);
    crc.sum()
}

/// The drawing with the credential as its first element. `svg`: one that the portal has drawn; `token`: base64url and dots.
pub fn bake_svg(svg: &str, token: &str) -> String {
    let Some((tag, rest)) = svg.split_once('>') else { return svg.to_owned() };
    format!("{tag} xmlns:openbadges=\"{SVG_NAMESPACE}\"><openbadges:credential verify=\"{token}\"></openbadges:credential>{rest}")
}
