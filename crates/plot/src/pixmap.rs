//! Pixels, and the arithmetic by which Agg lays colours over each other.

use crate::picture::Picture;
use crate::raster::{Coverage, Window};

/// An opaque picture that begins white.
///
/// matplotlib's canvas carries alpha, but it begins opaque and stays so; what is left of its blending
/// are these sums with their roundings.
pub(crate) struct Pixmap {
    width: usize,
    height: usize,
    rgb: Vec<u8>,
}

/// `a * b / 255`, rounded as Agg's `rgba8::multiply` rounds it.
fn multiply(a: u32, b: u32) -> u32 {
    let t = a * b + 128;
    ((t >> 8) + t) >> 8
}

/// One channel of `alpha` of `color` over an opaque `under`, `fixed_blender_rgba_plain`.
fn blend(under: u8, color: u8, alpha: u32) -> u8 {
    // At most 255 * 256 * 256 from either colour: 32 bits hold it.
    let (under, color, alpha) = (i32::from(under) * 255, i32::from(color), alpha as i32);
    let opaque = ((alpha + 255) << 8) - alpha * 255;
    ((((color << 8) - under) * alpha + (under << 8)) / opaque) as u8
}

impl Pixmap {
    pub(crate) fn new(width: u32, height: u32) -> Self {
        let (width, height) = (width as usize, height as usize);
        Self { width, height, rgb: vec![255; 3 * width * height] }
    }

    pub(crate) fn window(&self) -> Window {
        Window { x0: 0, y0: 0, x1: self.width as i32, y1: self.height as i32 }
    }

    /// Lays `color` over the covered pixels, the coverage moved by `offset` and cut at `clip`.
    pub(crate) fn paint(
        &mut self,
        coverage: &Coverage,
        color: [u8; 4],
        offset: (i32, i32),
        clip: Window,
    ) {
        for (y, x0, levels) in coverage.rows() {
            self.paint_row(y + offset.1, x0 + offset.0, levels, color, clip);
        }
    }

    /// As `paint` for coverage whose y grows upwards from the picture's lower edge.
    pub(crate) fn paint_upwards(&mut self, coverage: &Coverage, color: [u8; 4]) {
        let clip = self.window();
        for (y, x0, levels) in coverage.rows() {
            self.paint_row(self.height as i32 - 1 - y, x0, levels, color, clip);
        }
    }

    fn paint_row(&mut self, y: i32, x0: i32, levels: &[u8], [r, g, b, a]: [u8; 4], clip: Window) {
        let clip = Window {
            x0: clip.x0.max(0),
            y0: clip.y0.max(0),
            x1: clip.x1.min(self.width as i32),
            y1: clip.y1.min(self.height as i32),
        };
        if y < clip.y0 || y >= clip.y1 {
            return;
        }
        let from = x0.max(clip.x0);
        let to = (x0 + levels.len() as i32).min(clip.x1);
        if from >= to {
            return;
        }
        let levels = &levels[(from - x0) as usize..(to - x0) as usize];
        let start = 3 * (y as usize * self.width + from as usize);
        let pixels = self.rgb[start..start + 3 * levels.len()].chunks_exact_mut(3);
        for (pixel, level) in pixels.zip(levels) {
            // A colour laid over itself stays what it is; where dots crowd, most pixels are done.
            if *level == 0 || *pixel == [r, g, b] {
                continue;
            }
            if *level == 255 && a == 255 {
                pixel.copy_from_slice(&[r, g, b]);
                continue;
            }
            let alpha = multiply(u32::from(a), u32::from(*level));
            for (under, color) in pixel.iter_mut().zip([r, g, b]) {
                *under = blend(*under, color, alpha);
            }
        }
    }

    pub(crate) fn into_picture(self) -> Picture {
        Picture { width: self.width, height: self.height, rgb: self.rgb }
    }
}
