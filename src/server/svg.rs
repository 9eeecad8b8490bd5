//! SVG in and out: the shapes of a logo, and pictures from SVG.

use resvg::{tiny_skia, usvg};

use super::{
    drawing::{Color, Path, point},
    pdf::DocumentError,
};

/// The filled shapes of a logo, in its own coordinates.
pub struct Logo {
    pub shapes: Vec<(Path, Color)>,
    pub width: f32,
    pub height: f32,
}

/// Reads an SVG logo. Gradients, images, text and filters are left out: a mark is
/// flat. Nothing outside the text is ever read, so it may come from staff.
pub fn logo(svg: &str) -> Result<Logo, DocumentError> {
    let tree = usvg::Tree::from_str(svg, &options()).map_err(|error| DocumentError::Picture(error.to_string()))?;
    let mut shapes = Vec::new();
    collect(tree.root(), &mut shapes);
    Ok(Logo { shapes, width: tree.size().width(), height: tree.size().height() })
}

/// The picture as a square PNG of `size` pixels with a transparent ground.
pub fn png(svg: &str, size: u32) -> Result<Vec<u8>, DocumentError> {
    let failed = |what: &str| DocumentError::Picture(what.to_owned());
    let tree = usvg::Tree::from_str(svg, &options()).map_err(|error| DocumentError::Picture(error.to_string()))?;
    let mut pixels = tiny_skia::Pixmap::new(size, size).ok_or_else(|| failed("a picture of no size"))?;
    let (width, height) = (tree.size().width(), tree.size().height());
    let scale = size as f32 / width.max(height);
    let middle = |side: f32| (size as f32 - side * scale) / 2.0;
    let transform = tiny_skia::Transform::from_row(scale, 0.0, 0.0, scale, middle(width), middle(height));
    resvg::render(&tree, transform, &mut pixels.as_mut());
    pixels.encode_png().map_err(|error| DocumentError::Picture(error.to_string()))
}

fn options() -> usvg::Options<'static> {
    usvg::Options {
        // The default would read any file an `<image>` names.
        image_href_resolver: usvg::ImageHrefResolver { resolve_data: Box::new(|_, _, _| None), resolve_string: Box::new(|_, _| None) },
        ..usvg::Options::default()
    }
}

fn collect(group: &usvg::Group, out: &mut Vec<(Path, Color)>) {
    for node in group.children() {
        match node {
            usvg::Node::Group(group) => collect(group, out),
            usvg::Node::Path(path) => {
                let Some(usvg::Paint::Color(color)) = path.fill().map(usvg::Fill::paint) else { continue };
                let Some(data) = path.data().clone().transform(path.abs_transform()) else { continue };
                out.push((from_skia(&data), Color(color.red, color.green, color.blue)));
            }
            _ => {}
        }
    }
}

fn from_skia(data: &tiny_skia::Path) -> Path {
    use tiny_skia::PathSegment as Part;
    let at = |p: tiny_skia::Point| point(p.x, p.y);
    let mut path = Path::new();
    let mut last = tiny_skia::Point::zero();
    for part in data.segments() {
        match part {
            Part::MoveTo(p) => {
                path.move_to(at(p));
                last = p;
            }
            Part::LineTo(p) => {
                path.line_to(at(p));
                last = p;
            }
            Part::QuadTo(c, p) => {
                let third = |end: tiny_skia::Point| point(end.x + (c.x - end.x) * 2.0 / 3.0, end.y + (c.y - end.y) * 2.0 / 3.0);
                path.curve_to(third(last), third(p), at(p));
                last = p;
            }
            Part::CubicTo(a, b, p) => {
                path.curve_to(at(a), at(b), at(p));
                last = p;
            }
            Part::Close => {
                path.close();
            }
        }
    }
    path
}
