//! QR codes as vector art: one path for PDFs, one small SVG for pages.

use qrcode::{Color as Module, EcLevel, QrCode};

use super::drawing::{Path, point};

/// Light border that scanners need, in modules.
pub const QUIET_ZONE: usize = 4;

/// A QR code as one path whose modules are unit squares, without its quiet zone.
pub struct Qr {
    pub path: Path,
    /// Modules on a side.
    pub modules: usize,
}

/// Level M (15 % may be damaged). `None` if the text is too long for any QR code (about 2,300 bytes).
pub fn qr(text: &str) -> Option<Qr> {
    let code = QrCode::with_error_correction_level(text, EcLevel::M).ok()?;
    let modules = code.width();
    let dark: Vec<bool> = code.to_colors().into_iter().map(|module| module == Module::Dark).collect();
    Some(Qr { path: trace(&dark, modules), modules })
}

/// A complete SVG document, black on white with its quiet zone, `currentColor` nowhere: a code must stay dark on light in every theme.
pub fn qr_svg(text: &str) -> Option<String> {
    let Qr { path, modules } = qr(text)?;
    let side = modules + 2 * QUIET_ZONE;
    Some(format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {side} {side}\" shape-rendering=\"crispEdges\"><path fill=\"#fff\" d=\"M0 0h{side}v{side}H0z\"/><path fill=\"#000\" d=\"{}\"/></svg>",
        path.translate(QUIET_ZONE as f32, QUIET_ZONE as f32).svg_data(0)
    ))
}

/// The outlines of the dark areas, holes running the other way: no seams between modules however it is scaled, and far shorter than squares.
fn trace(dark: &[bool], side: usize) -> Path {
    let is_dark = |x: isize, y: isize| {
        let inside = |v: isize| usize::try_from(v).ok().filter(|&v| v < side);
        inside(x).zip(inside(y)).is_some_and(|(x, y)| dark[y * side + x])
    };
    // An edge leaves each grid point to the right, down, left or up, with the dark module on its right hand.
    let width = side + 1;
    let mut edges = vec![[false; 4]; width * width];
    for y in 0..=side as isize {
        for x in 0..=side as isize {
            let at = y as usize * width + x as usize;
            edges[at] = [
                is_dark(x, y) && !is_dark(x, y - 1),
                is_dark(x - 1, y) && !is_dark(x, y),
                is_dark(x - 1, y - 1) && !is_dark(x - 1, y),
                is_dark(x, y - 1) && !is_dark(x - 1, y - 1),
            ];
        }
    }
    const STEP: [(isize, isize); 4] = [(1, 0), (0, 1), (-1, 0), (0, -1)];
    let mut path = Path::new();
    for start in 0..edges.len() {
        while let Some(first) = edges[start].iter().position(|&edge| edge) {
            let (mut at, mut direction) = (start, first);
            path.move_to(point((at % width) as f32, (at / width) as f32));
            loop {
                edges[at][direction] = false;
                let (dx, dy) = STEP[direction];
                at = (at as isize + dx + dy * width as isize) as usize;
                // Turn right first, so that modules touching at a corner stay separate outlines.
                let Some(next) = [1, 0, 3].iter().map(|turn| (direction + turn) % 4).find(|&next| edges[at][next]) else { break };
                if next != direction {
                    path.line_to(point((at % width) as f32, (at / width) as f32));
                }
                direction = next;
            }
            path.close();
        }
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::drawing::Segment;

    #[test]
    fn a_ring_is_two_outlines_in_opposite_directions() {
        let ring = [true, true, true, true, false, true, true, true, true];
        let path = trace(&ring, 3);
        let area: Vec<f32> = areas(&path);
        assert_eq!(area, [9.0, -1.0]);
    }

    #[test]
    fn the_outlines_enclose_exactly_the_dark_modules() {
        let text = "https://certs.example.com/v/CPC4F2K9QW7Z0123456789ABCDEFGHJ";
        let code = QrCode::with_error_correction_level(text, EcLevel::M).unwrap();
        let dark = code.to_colors().iter().filter(|&&module| module == Module::Dark).count();
        let total: f32 = areas(&qr(text).unwrap().path).iter().sum();
        assert_eq!(total, dark as f32);
    }

    #[test]
    fn too_long_a_text_is_refused() {
        assert!(qr(&"x".repeat(3_000)).is_none());
        assert!(qr_svg("https://example.com/?a=1&b=<2>").is_some());
    }

    fn areas(path: &Path) -> Vec<f32> {
        let (mut out, mut corners) = (Vec::new(), Vec::new());
        for segment in path.segments() {
            match *segment {
                Segment::Move(p) | Segment::Line(p) => corners.push(p),
                Segment::Curve(..) => unreachable!("a QR code has no curves"),
                Segment::Close => {
                    let next = |n: usize| corners[(n + 1) % corners.len()];
                    out.push(
                        corners
                            .iter()
                            .enumerate()
                            .map(|(n, p): (usize, &crate::server::drawing::Point)| p.x * next(n).y - next(n).x * p.y)
                            .sum::<f32>()
                            / 2.0,
                    );
                    corners.clear();
                }
            }
        }
        out
    }
}
