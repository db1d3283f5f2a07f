//! Text in the embedded DejaVu Sans: shaped as HarfBuzz shapes it, hinted as FreeType hints it.
//!
//! plotters can draw text through `ab_glyph`, but unhinted and from whole pixels; matplotlib's glyphs
//! are grid-fitted by the font's own TrueType program, kerned and ligated, which at 10 points is plain
//! to the eye. HarfRust and Skrifa are ports of HarfBuzz and of FreeType's interpreter, and the font is
//! part of the library, so the same text has the same pixels on every machine.

use harfrust::{Buffer, ShapeOptions, ShaperFont};
use skrifa::instance::{LocationRef, Size};
use skrifa::outline::{DrawSettings, Engine, HintingInstance, HintingOptions, OutlinePen, Target};
use skrifa::raw::tables::glyf;
use skrifa::raw::{ReadError, TableProvider};
use skrifa::{FontRef, GlyphId, MetadataProvider};
use unicode_script::{Script, UnicodeScript};

use crate::error::{PlotError, check_size};
use crate::geometry::{Point, Segment};

/// DejaVu Sans as matplotlib ships it; its licence is `assets/LICENSE_DEJAVU`.
pub(crate) const DEJAVU_SANS: &[u8] = include_bytes!("../assets/DejaVuSans.ttf");

/// Font units in FreeType's fixed-point pixel.
const F26DOT6: f64 = 64.0;

/// Points: what FreeType can count in 1/64 point, and letters the size of a large figure.
const SMALLEST: f64 = 1.0 / 64.0;
const LARGEST: f64 = 1000.0;

/// The height of a line of text whatever its letters, from the font's own table.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct LineHeight {
    pub(crate) ascent: f64,
    pub(crate) descent: f64,
}

/// A glyph placed in its line.
#[derive(Clone, Debug)]
pub(crate) struct Glyph {
    /// Pixels right of the line's start.
    pub(crate) x: f64,
    /// Pixels above the baseline.
    pub(crate) y: f64,
    /// Pixels, y upwards, from the glyph's own origin.
    pub(crate) outline: Vec<Segment>,
}

/// A line of text, shaped; lengths in pixels, y upwards from the baseline.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    pub(crate) glyphs: Vec<Glyph>,
    /// How far the pen moves from first to last.
    pub(crate) width: f64,
    /// From the lowest to the highest outline point; control points count, as in FreeType's box.
    pub(crate) height: f64,
    /// From the lowest outline point to the baseline, positive below it.
    pub(crate) descent: f64,
}

/// The font at one size.
pub(crate) struct SizedFont {
    shaping: harfrust::Font,
    outlines: FontRef<'static>,
    hinting: HintingInstance,
    /// Pixels of the em square in 1/64.
    em: i32,
    line_height: LineHeight,
}

impl SizedFont {
    /// The font at `points` for a figure of `dpi`.
    ///
    /// # Errors
    /// [`PlotError::Size`] for a size that cannot be hinted or drawn, [`PlotError::Font`] if the font does not load.
    pub(crate) fn new(points: f64, dpi: f64) -> Result<Self, PlotError> {
        check_size("font size in points", points, SMALLEST, LARGEST)?;
        let fail = |e: String| PlotError::Font(e);
        // FT_Set_Char_Size: the size in 1/64 point, cut, times the resolution, rounded.
        let em = ((points * F26DOT6) as i64 * dpi as i64 + 36) / 72;
        let outlines = FontRef::new(DEJAVU_SANS).map_err(|e| fail(e.to_string()))?;
        let shaping =
            harfrust::Font::new(DEJAVU_SANS, 0).ok_or_else(|| fail("no such face".into()))?;
        let hinting = HintingInstance::new(
            &outlines.outline_glyphs(),
            Size::new((em as f64 / F26DOT6) as f32),
            LocationRef::default(),
            HintingOptions { engine: Engine::Interpreter, target: Target::default() },
        )
        .map_err(|e| fail(e.to_string()))?;
        let os2 = outlines.os2().map_err(|e| fail(e.to_string()))?;
        let units = outlines.head().map_err(|e| fail(e.to_string()))?.units_per_em();
        let scale = 1.0 / f64::from(units) * points * dpi / 72.0;
        let line_height = LineHeight {
            ascent: f64::from(os2.s_typo_ascender()) * scale,
            descent: -f64::from(os2.s_typo_descender()) * scale,
        };
        Ok(Self { shaping, outlines, hinting, em: em as i32, line_height })
    }

    /// Room that a line takes at least.
    pub(crate) fn line_height(&self) -> LineHeight {
        self.line_height
    }

    /// Shapes one line of text.
    ///
    /// # Errors
    /// [`PlotError::Text`] for several lines or mathematics, [`PlotError::Font`] if shaping fails.
    pub(crate) fn line(&self, text: &str) -> Result<Line, PlotError> {
        check(text)?;
        let font = ShaperFont::new(&self.shaping).with_scale(self.em);
        let mut line = Line { glyphs: Vec::new(), width: 0.0, height: 0.0, descent: 0.0 };
        let mut pen = (0i64, 0i64);
        let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
        for run in runs(text) {
            let mut buffer = Buffer::new();
            buffer.push_str(run);
            buffer.guess_segment_properties();
            harfrust::shape(&font, &mut buffer, ShapeOptions::new())
                .map_err(|e| PlotError::Font(format!("{e:?}")))?;
            if let Some(lacking) = buffer.glyph_infos().iter().find(|info| info.glyph_id == 0) {
                let character = run[lacking.cluster as usize..].chars().next().unwrap_or_default();
                return Err(PlotError::Character { text: text.to_owned(), character });
            }
            for (info, position) in buffer.glyph_infos().iter().zip(buffer.glyph_positions()) {
                let (outline, advance) = self.glyph(info.glyph_id)?;
                let x = (pen.0 + i64::from(position.x_offset)) as f64 / F26DOT6;
                let y = (pen.1 + i64::from(position.y_offset)) as f64 / F26DOT6;
                for point in outline.iter().flat_map(points) {
                    low = low.min(y + point.1);
                    high = high.max(y + point.1);
                }
                if outline.is_empty() {
                    // A glyph without outline, a space, has its box at the pen.
                    low = low.min(y);
                    high = high.max(y);
                }
                // The shaper knows unhinted widths; what it added to them is kerning.
                let natural = font.glyph_h_advance(GlyphId::new(info.glyph_id));
                pen.0 += advance + i64::from(position.x_advance - natural);
                pen.1 += i64::from(position.y_advance);
                line.glyphs.push(Glyph { x, y, outline });
            }
        }
        if low <= high {
            line.height = high - low;
            line.descent = -low;
        }
        line.width = pen.0 as f64 / F26DOT6;
        Ok(line)
    }

    /// A hinted outline and its hinted advance in 1/64 pixel.
    fn glyph(&self, id: u32) -> Result<(Vec<Segment>, i64), PlotError> {
        let fail = |e: String| PlotError::Font(e);
        let glyph = self
            .outlines
            .outline_glyphs()
            .get(GlyphId::new(id))
            .ok_or_else(|| fail(format!("no glyph {id}")))?;
        let mut halved = Vec::new();
        self.halved(GlyphId::new(id), &mut halved).map_err(|e| fail(e.to_string()))?;
        let mut pen = Outline { halved: halved.into_iter(), ..Outline::default() };
        let metrics = glyph
            .draw(DrawSettings::hinted(&self.hinting, false), &mut pen)
            .map_err(|e| fail(e.to_string()))?;
        let advance = f64::from(metrics.advance_width.unwrap_or_default()) * F26DOT6;
        Ok((pen.segments, advance.round() as i64))
    }

    /// For each control point of a glyph, as they are drawn, whether the curve's end is left to be halved: the
    /// next point is a control point too.
    fn halved(&self, id: GlyphId, out: &mut Vec<bool>) -> Result<(), ReadError> {
        let table = self.outlines.glyf()?;
        match self.outlines.loca(None)?.get_glyf(id, &table)? {
            None => {}
            Some(glyf::Glyph::Simple(glyph)) => {
                let on_curve: Vec<bool> = glyph.points().map(|p| p.on_curve).collect();
                let mut start = 0;
                for end in glyph.end_pts_of_contours() {
                    let end = usize::from(end.get()) + 1;
                    let contour = on_curve.get(start..end).unwrap_or_default();
                    let next = contour.iter().cycle().skip(1);
                    let controls = contour.iter().zip(next).filter(|(on, _)| !**on);
                    out.extend(controls.map(|(_, next)| !next));
                    start = end;
                }
            }
            Some(glyf::Glyph::Composite(glyph)) => {
                for part in glyph.components() {
                    self.halved(part.glyph, out)?;
                }
            }
        }
        Ok(())
    }
}

/// The text cut where its script changes, as libraqm cuts it: kerning and ligatures are a script's own.
///
/// Characters of no script go with those before them, a closing bracket with its opening one, and leading ones
/// with the first that has a script.
fn runs(text: &str) -> Vec<&str> {
    const BRACKETS: [(char, char); 5] =
        [('(', ')'), ('<', '>'), ('[', ']'), ('{', '}'), ('\u{ab}', '\u{bb}')];
    let mut runs = Vec::new();
    let mut start = 0;
    let mut current = None;
    let mut open: Vec<(char, Script)> = Vec::new();
    for (at, c) in text.char_indices() {
        let script = match (c.script(), current) {
            (Script::Common, Some(script)) => {
                if let Some((_, close)) = BRACKETS.iter().find(|pair| pair.0 == c) {
                    open.push((*close, script));
                    script
                } else if BRACKETS.iter().any(|pair| pair.1 == c) {
                    while open.last().is_some_and(|(close, _)| *close != c) {
                        open.pop();
                    }
                    open.last().map_or(script, |(_, script)| *script)
                } else {
                    script
                }
            }
            (Script::Inherited, Some(script)) => script,
            (Script::Common | Script::Inherited, None) => continue,
            (script, _) => script,
        };
        if current.is_some_and(|current| current != script) {
            runs.push(&text[start..at]);
            start = at;
        }
        current = Some(script);
    }
    runs.push(&text[start..]);
    runs
}

fn check(text: &str) -> Result<(), PlotError> {
    if text.contains('\n') {
        return Err(PlotError::Text(text.to_owned(), "several lines"));
    }
    let dollars = text.matches('$').count() - text.matches("\\$").count();
    if dollars > 0 && dollars.is_multiple_of(2) {
        return Err(PlotError::Text(text.to_owned(), "mathematics between dollar signs"));
    }
    Ok(())
}

fn points(segment: &Segment) -> impl Iterator<Item = Point> + use<> {
    let points = match *segment {
        Segment::Move(p) | Segment::Line(p) => [Some(p), None, None],
        Segment::Quad(a, p) => [Some(a), Some(p), None],
        Segment::Cubic(a, b, p) => [Some(a), Some(b), Some(p)],
        Segment::Close => [None; 3],
    };
    points.into_iter().flatten()
}

/// Takes an outline as Skrifa draws it.
///
/// Points that the font leaves to be halved are halved exactly. Skrifa halves about the baseline and cuts towards
/// it; FreeType halves where the glyph is drawn, turned if it is. The half 1/64 pixel between them shows.
#[derive(Default)]
struct Outline {
    segments: Vec<Segment>,
    /// For each curve to come, whether its end is such a point.
    halved: std::vec::IntoIter<bool>,
    /// Whether the last curve's end is.
    halve: bool,
}

fn at(x: f32, y: f32) -> Point {
    (f64::from(x), f64::from(y))
}

impl OutlinePen for Outline {
    fn move_to(&mut self, x: f32, y: f32) {
        self.segments.push(Segment::Move(at(x, y)));
    }

    fn line_to(&mut self, x: f32, y: f32) {
        self.segments.push(Segment::Line(at(x, y)));
    }

    fn quad_to(&mut self, cx: f32, cy: f32, x: f32, y: f32) {
        let control = at(cx, cy);
        if let (true, Some(Segment::Quad(before, end))) = (self.halve, self.segments.last_mut()) {
            *end = ((before.0 + control.0) / 2.0, (before.1 + control.1) / 2.0);
        }
        self.halve = self.halved.next().unwrap_or(false);
        self.segments.push(Segment::Quad(at(cx, cy), at(x, y)));
    }

    fn curve_to(&mut self, ax: f32, ay: f32, bx: f32, by: f32, x: f32, y: f32) {
        self.segments.push(Segment::Cubic(at(ax, ay), at(bx, by), at(x, y)));
    }

    fn close(&mut self) {
        self.segments.push(Segment::Close);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn widths_are_those_of_freetype_and_harfbuzz() {
        // matplotlib 3.11.2: font.set_size(10, 100); font.set_text(s); get_width_height(), get_descent().
        let font = SizedFont::new(10.0, 100.0).unwrap();
        for (text, width, height, descent) in [
            ("Training data", 5949, 896, 192),
            ("0.2", 1408, 640, 0),
            ("first fit \u{2212}1e5", 5632, 704, 0),
            ("AVAT", 2313, 640, 0),
        ] {
            let line = font.line(text).unwrap();
            let found = [line.width, line.height, line.descent].map(|v| (v * 64.0) as i64);
            assert_eq!(found, [width, height, descent], "{text}");
        }
    }

    #[test]
    fn what_is_not_drawn_is_said() {
        let font = SizedFont::new(10.0, 100.0).unwrap();
        assert!(matches!(font.line("a\nb"), Err(PlotError::Text(..))));
        assert!(matches!(font.line("$x^2$"), Err(PlotError::Text(..))));
        assert!(font.line("costs $5").is_ok());
        for (text, lacking) in [("loss \u{4e2d}", '\u{4e2d}'), ("a\u{1f680}b", '\u{1f680}')] {
            match font.line(text) {
                Err(PlotError::Character { character, .. }) => assert_eq!(character, lacking),
                other => panic!("{other:?}"),
            }
        }
        assert!(matches!(SizedFont::new(f64::NAN, 100.0), Err(PlotError::Size { .. })));
    }
}
