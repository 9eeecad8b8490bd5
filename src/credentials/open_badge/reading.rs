//! Getting the signed credential out of a file that a stranger brings. What the file is, its content says, not its name.
//! Nothing is inflated, no entity is expanded, nothing is fetched.

use super::baking::{PNG_KEYWORD, PNG_SIGNATURE, SVG_NAMESPACE, checksum};
use super::jwt::{TOKEN_LIMIT, looks_like_token};
use resvg::usvg::roxmltree::{Document, Error as XmlError, ParsingOptions};
use serde_json::Value;

/// Bytes of the largest file taken: a badge of 1200 pixels has a fifth of it.
pub const FILE_LIMIT: usize = 2 * 1024 * 1024;
/// Elements and texts of the largest drawing read.
const NODE_LIMIT: u32 = 50_000;

/// What a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Png,
    Svg,
    Token,
    /// A credential as JSON with the token inside (VC 2.0, EnvelopedVerifiableCredential).
    Json,
}

/// Why no credential could be got out of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unreadable {
    /// Not whole, or not as the format wants it.
    Damaged,
    /// A picture without a credential: a screenshot, or saved again by a program that dropped it.
    Empty,
    /// More than one credential.
    Several,
    /// Compressed, which baking forbids: it could unfold to anything.
    Compressed,
    TooLong,
    /// A drawing with declarations of its own (DTD, entities).
    Declarations,
    /// A credential with a proof inside, of Open Badges 2 or of a kind that is not read here.
    OtherProof,
}

/// What the content is; `None`: nothing that could be a badge.
pub fn sniff(bytes: &[u8]) -> Option<Kind> {
    if bytes.starts_with(PNG_SIGNATURE) {
        return Some(Kind::Png);
    }
    let text = text(bytes)?;
    match text.bytes().next()? {
        b'<' => Some(Kind::Svg),
        b'{' => Some(Kind::Json),
        _ => looks_like_token(text).then_some(Kind::Token),
    }
}

fn text(bytes: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(bytes).ok()?;
    Some(text.strip_prefix('\u{feff}').unwrap_or(text).trim())
}

/// The token in a file of this kind.
pub fn token(kind: Kind, bytes: &[u8]) -> Result<String, Unreadable> {
    let text = || text(bytes).ok_or(Unreadable::Damaged);
    let token = match kind {
        Kind::Png => in_png(bytes)?,
        Kind::Svg => in_svg(text()?)?,
        Kind::Json => in_json(text()?)?,
        Kind::Token => text()?.to_owned(),
    };
    if token.len() > TOKEN_LIMIT {
        return Err(Unreadable::TooLong);
    }
    if token.starts_with('{') { Err(Unreadable::OtherProof) } else { Ok(token) }
}

fn in_png(png: &[u8]) -> Result<String, Unreadable> {
    let mut rest = png.strip_prefix(PNG_SIGNATURE).ok_or(Unreadable::Damaged)?;
    let (mut found, mut ended) = (None, false);
    while let Some((length, after)) = rest.split_first_chunk::<4>() {
        // Pictures behind the picture's end: which of them is the badge?
        if ended {
            return Err(Unreadable::Damaged);
        }
        let length = usize::try_from(u32::from_be_bytes(*length)).map_err(|_| Unreadable::Damaged)?;
        let (kind, after) = after.split_first_chunk::<4>().ok_or(Unreadable::Damaged)?;
        let (content, after) = after.split_at_checked(length).ok_or(Unreadable::Damaged)?;
        let (sum, after) = after.split_first_chunk::<4>().ok_or(Unreadable::Damaged)?;
        if checksum(kind, content) != u32::from_be_bytes(*sum) {
            return Err(Unreadable::Damaged);
        }
        rest = after;
        ended = kind == b"IEND";
        // The same keyword in the other chunks for text would be another program's second credential.
        let text_chunk = matches!(kind, b"iTXt" | b"tEXt" | b"zTXt");
        let Some(value) = content.strip_prefix(PNG_KEYWORD).and_then(|value| value.strip_prefix(&[0])).filter(|_| text_chunk) else {
            continue;
        };
        if found.is_some() {
            return Err(Unreadable::Several);
        }
        found = Some(international_text(kind, value)?);
    }
    if !ended || !rest.is_empty() {
        return Err(Unreadable::Damaged);
    }
    found.ok_or(Unreadable::Empty)
}

/// The text of an iTXt chunk, behind its keyword: two bytes of compression, language, translated keyword, text.
fn international_text(kind: &[u8; 4], value: &[u8]) -> Result<String, Unreadable> {
    let [compressed, _, rest @ ..] = value else { return Err(Unreadable::Damaged) };
    if kind == b"zTXt" || kind == b"iTXt" && *compressed != 0 {
        return Err(Unreadable::Compressed);
    }
    if kind != b"iTXt" {
        return Err(Unreadable::Damaged);
    }
    let mut parts = rest.splitn(3, |byte| *byte == 0);
    let (_language, _translated) = (parts.next(), parts.next());
    let text = parts.next().ok_or(Unreadable::Damaged)?;
    if text.len() > TOKEN_LIMIT {
        return Err(Unreadable::TooLong);
    }
    String::from_utf8(text.to_vec()).map_err(|_| Unreadable::Damaged)
}

fn in_svg(svg: &str) -> Result<String, Unreadable> {
    let options = ParsingOptions { allow_dtd: false, nodes_limit: NODE_LIMIT, ..ParsingOptions::default() };
    let document = Document::parse_with_options(svg, options).map_err(|error| match error {
        XmlError::DtdDetected => Unreadable::Declarations,
        XmlError::NodesLimitReached => Unreadable::TooLong,
        _ => Unreadable::Damaged,
    })?;
    if document.root_element().tag_name().name() != "svg" {
        return Err(Unreadable::Damaged);
    }
    let mut credentials = document.descendants().filter(|node| node.has_tag_name((SVG_NAMESPACE, "credential")));
    let credential = credentials.next().ok_or(Unreadable::Empty)?;
    if credentials.next().is_some() {
        return Err(Unreadable::Several);
    }
    credential.attribute("verify").map(str::to_owned).ok_or(Unreadable::OtherProof)
}

fn in_json(json: &str) -> Result<String, Unreadable> {
    let value: Value = serde_json::from_str(json).map_err(|_| Unreadable::Damaged)?;
    let enveloped = value["id"].as_str().and_then(|id| id.strip_prefix(super::ENVELOPE));
    enveloped.map(str::to_owned).ok_or(Unreadable::OtherProof)
}

#[cfg(test)]
mod tests {
    use super::super::baking::{bake_png, bake_svg, chunk};
    use super::*;

    const TOKEN: &str = "aGVhZGVy.cGF5bG9hZA.c2lnbmF0dXJl";

    /// The smallest picture: one grey pixel.
    fn png(between: &[Vec<u8>]) -> Vec<u8> {
        let head = chunk(b"IHDR", &[0, 0, 0, 1, 0, 0, 0, 1, 8, 0, 0, 0, 0]);
        let pixels = chunk(b"IDAT", &[0x78, 0x9c, 0x63, 0x60, 0, 0, 0, 2, 0, 1]);
        [&PNG_SIGNATURE[..], &head, &between.concat(), &pixels, &chunk(b"IEND", &[])].concat()
    }

    fn text_chunk(kind: &[u8; 4], flags: &[u8], text: &[u8]) -> Vec<u8> {
        chunk(kind, &[PNG_KEYWORD, &[0], flags, text].concat())
    }

    fn read(bytes: &[u8]) -> Result<String, Unreadable> {
        token(sniff(bytes).expect("a kind"), bytes)
    }

    #[test]
    fn what_was_baked_is_read() {
        assert_eq!(read(&bake_png(&png(&[]), TOKEN)).unwrap(), TOKEN);
        let svg = bake_svg("<svg xmlns=\"http://www.w3.org/2000/svg\" lang=\"a&gt;b\"><title>x</title></svg>", TOKEN);
        assert_eq!(read(svg.as_bytes()).unwrap(), TOKEN);
        assert_eq!(read(format!("\u{feff}<?xml version=\"1.0\"?>\n{svg}").as_bytes()).unwrap(), TOKEN);
        assert_eq!(read(format!(" {TOKEN}\r\n").as_bytes()).unwrap(), TOKEN);
        assert_eq!(read(format!(r#"{{"id":"data:application/vc+jwt,{TOKEN}"}}"#).as_bytes()).unwrap(), TOKEN);
        let with_language = text_chunk(b"iTXt", &[0, 0, b'e', b's', 0, b'x', 0], TOKEN.as_bytes());
        assert_eq!(read(&png(&[with_language])).unwrap(), TOKEN);
    }

    #[test]
    fn pictures_that_are_not_what_baking_makes_are_refused() {
        let good = text_chunk(b"iTXt", &[0; 4], TOKEN.as_bytes());
        // Two megabytes of zeros, well packed.
        let bomb = text_chunk(b"iTXt", &[1, 0, 0, 0], &[0x78, 0xda, 0xed, 0xc1, 1, 1, 0, 0, 0, 0x80, 0x90, 0xfe]);
        let mut wrong_sum = bake_png(&png(&[]), TOKEN);
        wrong_sum[60] ^= 1;
        let mut too_short = png(&[]);
        too_short.truncate(40);
        let mut endless = png(&[]);
        endless[33..37].copy_from_slice(&u32::MAX.to_be_bytes());
        let without_end = png(std::slice::from_ref(&good));
        for (name, bytes, expected) in [
            ("no credential", png(&[]), Unreadable::Empty),
            ("two credentials", png(&[good.clone(), good.clone()]), Unreadable::Several),
            ("compressed", png(&[bomb]), Unreadable::Compressed),
            ("zTXt", png(&[text_chunk(b"zTXt", &[0, 0], b"x")]), Unreadable::Compressed),
            ("tEXt", png(&[text_chunk(b"tEXt", &[], TOKEN.as_bytes())]), Unreadable::Damaged),
            ("a huge chunk", png(&[text_chunk(b"iTXt", &[0; 4], &[b'a'; TOKEN_LIMIT + 1])]), Unreadable::TooLong),
            ("no text", png(&[text_chunk(b"iTXt", &[0, 0], b"")]), Unreadable::Damaged),
            ("not UTF-8", png(&[text_chunk(b"iTXt", &[0; 4], &[0xff, 0xfe])]), Unreadable::Damaged),
            ("a wrong checksum", wrong_sum, Unreadable::Damaged),
            ("cut off", too_short, Unreadable::Damaged),
            ("a length beyond the file", endless, Unreadable::Damaged),
            ("no end", without_end[..without_end.len() - 12].to_vec(), Unreadable::Damaged),
            ("a picture behind the picture", [png(std::slice::from_ref(&good)), png(&[good])].concat(), Unreadable::Damaged),
            ("bytes behind the picture", [bake_png(&png(&[]), TOKEN), vec![0]].concat(), Unreadable::Damaged),
            ("data integrity", png(&[text_chunk(b"iTXt", &[0; 4], b"{\"proof\":{}}")]), Unreadable::OtherProof),
        ] {
            assert_eq!(read(&bytes), Err(expected), "{name}");
        }
        let whole = bake_png(&png(&[]), TOKEN);
        for length in 8..whole.len() {
            assert_eq!(read(&whole[..length]), Err(Unreadable::Damaged), "{length}");
        }
    }

    #[test]
    fn drawings_that_are_not_what_baking_makes_are_refused() {
        let svg = |inside: &str| format!("<svg xmlns=\"http://www.w3.org/2000/svg\" xmlns:ob=\"{SVG_NAMESPACE}\">{inside}</svg>");
        let one = format!("<ob:credential verify=\"{TOKEN}\"/>");
        let entities = "<!DOCTYPE svg [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;\">]>";
        for (name, text, expected) in [
            ("no credential", svg("<path/>"), Unreadable::Empty),
            ("another namespace", svg("<credential verify=\"a.b.c\"/>"), Unreadable::Empty),
            ("two credentials", svg(&format!("{one}<g>{one}</g>")), Unreadable::Several),
            ("entities", format!("{entities}{}", svg("<ob:credential verify=\"&b;\"/>")), Unreadable::Declarations),
            ("an external entity", format!("<!DOCTYPE svg SYSTEM \"http://evil.example/x.dtd\">{}", svg(&one)), Unreadable::Declarations),
            ("not closed", svg(&one).replace("</svg>", ""), Unreadable::Damaged),
            ("no drawing", format!("<html xmlns:ob=\"{SVG_NAMESPACE}\">{one}</html>"), Unreadable::Damaged),
            ("data integrity", svg("<ob:credential><![CDATA[{\"proof\":{}}]]></ob:credential>"), Unreadable::OtherProof),
            ("a huge token", svg(&format!("<ob:credential verify=\"{}\"/>", "a".repeat(TOKEN_LIMIT + 1))), Unreadable::TooLong),
            ("a crowd of elements", svg(&"<g/>".repeat(60_000)), Unreadable::TooLong),
        ] {
            assert_eq!(read(text.as_bytes()), Err(expected), "{name}");
        }
        // Deep nesting must cost neither the stack nor the server.
        let deep = format!("{}{}", "<g>".repeat(400_000), "</g>");
        assert!(read(svg(&deep).as_bytes()).is_err());
    }

    #[test]
    fn other_files_are_told_by_their_content() {
        for bytes in
            [&b""[..], b"%PDF-1.7", b"\xff\xd8\xff\xe0JFIF", b"GIF89a", b"PK\x03\x04", b"hello", b"a.b", b"\x00\x01", b"id,name\n1,2"]
        {
            assert_eq!(sniff(bytes), None, "{bytes:?}");
        }
        assert_eq!(read(b"{\"@context\":\"https://w3id.org/openbadges/v2\"}"), Err(Unreadable::OtherProof));
        assert_eq!(read(b"{"), Err(Unreadable::Damaged));
    }
}
