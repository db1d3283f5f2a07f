//! How alike two pictures of figures are, judged where there is ink.
//!
//! A figure is mostly paper: over a whole picture two different plots already score 0.97. Here the
//! structural similarity index (Wang, Bovik, Sheikh and Simoncelli, 2004; Gaussian window of 11 pixels
//! with standard deviation 1.5, K1 = 0.01, K2 = 0.03, as in scikit-image's `structural_similarity` with
//! `gaussian_weights`) is averaged only over pixels within [`REACH`] pixels of ink in either picture.

use std::path::Path;

use crate::error::PlotError;

/// How far from ink, in pixels along either axis, a pixel still counts.
pub const REACH: usize = 3;

/// Half the side of the Gaussian window: 11 pixels across.
const RADIUS: usize = 5;
const SIGMA: f64 = 1.5;
/// A channel this much below white is ink.
const INK: u8 = 8;

/// A picture of eight bits a channel: red, green, blue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    /// Pixels across.
    pub width: usize,
    /// Pixels down.
    pub height: usize,
    /// Row after row from the top, three bytes a pixel.
    pub rgb: Vec<u8>,
}

impl Picture {
    /// Reads a PNG of eight bits a channel, with or without alpha; alpha is laid over white.
    ///
    /// # Errors
    /// [`PlotError::Io`] if the file cannot be opened, [`PlotError::Picture`] if it is no such PNG.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, PlotError> {
        let path = path.as_ref();
        let file = std::fs::File::open(path).map_err(|source| PlotError::Io {
            action: "open",
            path: path.to_owned(),
            source,
        })?;
        let fail = |message: String| PlotError::Picture { path: path.to_owned(), message };
        let decoder = ::png::Decoder::new(std::io::BufReader::new(file));
        let mut reader = decoder.read_info().map_err(|e| fail(e.to_string()))?;
        let mut bytes = vec![0; reader.output_buffer_size()];
        let info = reader.next_frame(&mut bytes).map_err(|e| fail(e.to_string()))?;
        let rgb = match (info.color_type, info.bit_depth) {
            (::png::ColorType::Rgb, ::png::BitDepth::Eight) => bytes,
            (::png::ColorType::Rgba, ::png::BitDepth::Eight) => {
                bytes.chunks_exact(4).flat_map(|p| [0, 1, 2].map(|i| over_white(p[i], p[3]))).collect()
            }
            (kind, depth) => return Err(fail(format!("expected 8-bit RGB or RGBA, found {kind:?} {depth:?}"))),
        };
        Ok(Self { width: info.width as usize, height: info.height as usize, rgb })
    }

    fn grey(&self) -> Vec<f64> {
        // Rec. 601 luma, the weights of Pillow's and MATLAB's conversion.
        self.rgb
            .chunks_exact(3)
            .map(|p| 0.299 * f64::from(p[0]) + 0.587 * f64::from(p[1]) + 0.114 * f64::from(p[2]))
            .collect()
    }

    fn has_ink(&self, pixel: usize) -> bool {
        self.rgb[3 * pixel..3 * pixel + 3].iter().any(|c| *c < 255 - INK)
    }
}

fn over_white(channel: u8, alpha: u8) -> u8 {
    let (c, a) = (u32::from(channel), u32::from(alpha));
    ((c * a + 255 * (255 - a) + 127) / 255) as u8
}

/// The structural similarity of two pictures averaged over their inked places; 1 for equal pictures,
/// and for two pictures without ink.
///
/// # Errors
/// [`PlotError::Sizes`] when the pictures differ in size.
pub fn inked_similarity(left: &Picture, right: &Picture) -> Result<f64, PlotError> {
    let size = (left.width, left.height);
    if size != (right.width, right.height) {
        return Err(PlotError::Sizes { left: size, right: (right.width, right.height) });
    }
    let near = near_ink(left, right);
    let map = similarity_map(&left.grey(), &right.grey(), left.width, left.height);
    let scores: Vec<f64> = near.iter().zip(&map).filter(|(near, _)| **near).map(|(_, s)| *s).collect();
    Ok(if scores.is_empty() { 1.0 } else { scores.iter().sum::<f64>() / scores.len() as f64 })
}

/// Which pixels lie within [`REACH`] of ink in either picture.
fn near_ink(left: &Picture, right: &Picture) -> Vec<bool> {
    let (width, height) = (left.width, left.height);
    let mut near = vec![false; width * height];
    for pixel in (0..width * height).filter(|p| left.has_ink(*p) || right.has_ink(*p)) {
        let (x, y) = (pixel % width, pixel / width);
        for row in y.saturating_sub(REACH)..(y + REACH + 1).min(height) {
            let from = row * width + x.saturating_sub(REACH);
            let to = row * width + (x + REACH + 1).min(width);
            near[from..to].fill(true);
        }
    }
    near
}

fn similarity_map(a: &[f64], b: &[f64], width: usize, height: usize) -> Vec<f64> {
    let c1 = (0.01f64 * 255.0).powi(2);
    let c2 = (0.03f64 * 255.0).powi(2);
    let blur = |v: Vec<f64>| gaussian(&v, width, height);
    let product = |x: &[f64], y: &[f64]| x.iter().zip(y).map(|(p, q)| p * q).collect::<Vec<_>>();
    let (mean_a, mean_b) = (blur(a.to_vec()), blur(b.to_vec()));
    let (aa, bb, ab) = (blur(product(a, a)), blur(product(b, b)), blur(product(a, b)));
    (0..a.len())
        .map(|i| {
            let (ma, mb) = (mean_a[i], mean_b[i]);
            let (va, vb, cov) = (aa[i] - ma * ma, bb[i] - mb * mb, ab[i] - ma * mb);
            ((2.0 * ma * mb + c1) * (2.0 * cov + c2)) / ((ma * ma + mb * mb + c1) * (va + vb + c2))
        })
        .collect()
}

/// Separable Gaussian blur; beyond the border the picture is mirrored.
fn gaussian(values: &[f64], width: usize, height: usize) -> Vec<f64> {
    let weights: Vec<f64> = (0..=2 * RADIUS)
        .map(|i| (-(i as f64 - RADIUS as f64).powi(2) / (2.0 * SIGMA * SIGMA)).exp())
        .collect();
    let total: f64 = weights.iter().sum();
    let mirror = |i: usize, offset: usize, length: usize| {
        let at = (i + offset) as isize - RADIUS as isize;
        let at = if at < 0 { -at - 1 } else { at };
        let last = length as isize - 1;
        (if at > last { 2 * last + 1 - at } else { at }).clamp(0, last) as usize
    };
    let mut rows = vec![0.0; values.len()];
    for y in 0..height {
        for x in 0..width {
            let sum: f64 =
                weights.iter().enumerate().map(|(k, w)| w * values[y * width + mirror(x, k, width)]).sum();
            rows[y * width + x] = sum / total;
        }
    }
    let mut out = vec![0.0; values.len()];
    for y in 0..height {
        for x in 0..width {
            let sum: f64 =
                weights.iter().enumerate().map(|(k, w)| w * rows[mirror(y, k, height) * width + x]).sum();
            out[y * width + x] = sum / total;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paper(width: usize, height: usize) -> Picture {
        Picture { width, height, rgb: vec![255; 3 * width * height] }
    }

    #[test]
    fn equal_pictures_score_one_and_a_missing_mark_is_seen() {
        let mut marked = paper(100, 80);
        for x in 20..40 {
            marked.rgb[3 * (40 * 100 + x)..][..3].fill(0);
        }
        assert_eq!(inked_similarity(&marked, &marked).unwrap(), 1.0);
        assert!(inked_similarity(&marked, &paper(100, 80)).unwrap() < 0.5);
        assert_eq!(inked_similarity(&paper(10, 10), &paper(10, 10)).unwrap(), 1.0);
        assert!(matches!(inked_similarity(&marked, &paper(9, 9)), Err(PlotError::Sizes { .. })));
    }
}
