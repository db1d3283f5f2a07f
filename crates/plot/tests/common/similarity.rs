//! How alike two pictures of figures are, judged where there is ink.
//!
//! A figure is mostly paper: over a whole picture two different plots already score 0.97. Here the
//! structural similarity index (Wang, Bovik, Sheikh and Simoncelli, 2004; Gaussian window of 11 pixels
//! with standard deviation 1.5, K1 = 0.01, K2 = 0.03, channel by channel, as scikit-image's
//! `structural_similarity` with `gaussian_weights`) is averaged only over inked places: pixels within
//! [`REACH`] of ink in either picture.
//!
//! Even so a wrong word is a small part of all ink. The worst place says what the average hides.

#![allow(dead_code, reason = "each test file uses its own part")]

use std::fmt::Display;
use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use plot::Picture;

/// How far from ink, in pixels along either axis, a pixel still counts.
pub const REACH: usize = 3;

/// The side of a tile, in pixels: about a word of text.
pub const TILE: usize = 32;
/// Tiles with fewer pixels near ink are not judged by themselves.
const FEWEST: usize = 32;

/// Half the side of the Gaussian window: 11 pixels across.
const RADIUS: usize = 5;
const SIGMA: f64 = 1.5;
/// A channel this much below white is ink.
const INK: u8 = 8;

/// Reads a PNG of eight bits a channel, with or without alpha; alpha is laid over white.
pub fn read_png(path: impl AsRef<Path>) -> Result<Picture, String> {
    let path = path.as_ref();
    let fail = |e: &dyn Display| format!("{}: {e}", path.display());
    let file = File::open(path).map_err(|e| fail(&e))?;
    let mut reader = png::Decoder::new(BufReader::new(file)).read_info().map_err(|e| fail(&e))?;
    let mut bytes = vec![0; reader.output_buffer_size()];
    let info = reader.next_frame(&mut bytes).map_err(|e| fail(&e))?;
    let rgb = match (info.color_type, info.bit_depth) {
        (png::ColorType::Rgb, png::BitDepth::Eight) => bytes,
        (png::ColorType::Rgba, png::BitDepth::Eight) => {
            bytes.chunks_exact(4).flat_map(|p| [0, 1, 2].map(|i| over_white(p[i], p[3]))).collect()
        }
        (kind, depth) => return Err(fail(&format!("neither RGB nor RGBA: {kind:?} {depth:?}"))),
    };
    Ok(Picture { width: info.width as usize, height: info.height as usize, rgb })
}

/// How many pixels differ.
pub fn differing(left: &Picture, right: &Picture) -> usize {
    assert_eq!((left.width, left.height), (right.width, right.height), "sizes of the pictures");
    let pixels = left.rgb.chunks_exact(3).zip(right.rgb.chunks_exact(3));
    pixels.filter(|(a, b)| a != b).count()
}

fn has_ink(picture: &Picture, pixel: usize) -> bool {
    picture.rgb[3 * pixel..3 * pixel + 3].iter().any(|c| *c < 255 - INK)
}

fn over_white(channel: u8, alpha: u8) -> u8 {
    let (c, a) = (u32::from(channel), u32::from(alpha));
    ((c * a + 255 * (255 - a) + 127) / 255) as u8
}

/// How alike two pictures are; 1 is equal.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Similarity {
    /// The structural similarity averaged over all inked places.
    pub mean: f64,
    /// The average over the inked places of the worst tile of [`TILE`] by [`TILE`] pixels.
    pub worst: f64,
}

/// Compares two pictures of one size where either has ink; two pictures without ink are equal.
pub fn compare(left: &Picture, right: &Picture) -> Similarity {
    assert_eq!((left.width, left.height), (right.width, right.height), "sizes of the pictures");
    let weights = weights();
    let columns = left.width.div_ceil(TILE);
    let mut tiles = vec![(0usize, 0.0); columns * left.height.div_ceil(TILE)];
    for (pixel, _) in near_ink(left, right).iter().enumerate().filter(|(_, near)| **near) {
        let tile = &mut tiles[pixel / left.width / TILE * columns + pixel % left.width / TILE];
        *tile = (tile.0 + 1, tile.1 + similarity_at(left, right, pixel, &weights));
    }
    let (count, sum) = tiles.iter().fold((0, 0.0), |all, tile| (all.0 + tile.0, all.1 + tile.1));
    let average = |count: usize, sum: f64| if count == 0 { 1.0 } else { sum / count as f64 };
    let worst = tiles.iter().filter(|tile| tile.0 >= FEWEST).map(|tile| average(tile.0, tile.1));
    Similarity { mean: average(count, sum), worst: worst.fold(1.0, f64::min) }
}

/// Which pixels lie within [`REACH`] of ink in either picture.
fn near_ink(left: &Picture, right: &Picture) -> Vec<bool> {
    let (width, height) = (left.width, left.height);
    let mut near = vec![false; width * height];
    for pixel in (0..width * height).filter(|p| has_ink(left, *p) || has_ink(right, *p)) {
        let (x, y) = (pixel % width, pixel / width);
        for row in y.saturating_sub(REACH)..(y + REACH + 1).min(height) {
            let from = row * width + x.saturating_sub(REACH);
            let to = row * width + (x + REACH + 1).min(width);
            near[from..to].fill(true);
        }
    }
    near
}

/// The window's weights along one side; their sum is 1.
fn weights() -> [f64; 2 * RADIUS + 1] {
    let raw: [f64; 2 * RADIUS + 1] = std::array::from_fn(|i| {
        (-(i as f64 - RADIUS as f64).powi(2) / (2.0 * SIGMA * SIGMA)).exp()
    });
    let total: f64 = raw.iter().sum();
    raw.map(|w| w / total)
}

/// The structural similarity about one pixel, averaged over red, green and blue.
fn similarity_at(
    left: &Picture,
    right: &Picture,
    pixel: usize,
    weights: &[f64; 2 * RADIUS + 1],
) -> f64 {
    let (x, y) = (pixel % left.width, pixel / left.width);
    // Weighted sums of a, b, a a, b b and a b for each channel.
    let mut sums = [[0.0; 5]; 3];
    for (row, weight_y) in weights.iter().enumerate() {
        let start = mirrored(y, row, left.height) * left.width;
        for (column, weight_x) in weights.iter().enumerate() {
            let weight = weight_x * weight_y;
            let at = 3 * (start + mirrored(x, column, left.width));
            for (channel, sums) in sums.iter_mut().enumerate() {
                let (a, b) =
                    (f64::from(left.rgb[at + channel]), f64::from(right.rgb[at + channel]));
                for (sum, value) in sums.iter_mut().zip([a, b, a * a, b * b, a * b]) {
                    *sum += weight * value;
                }
            }
        }
    }
    let (c1, c2) = ((0.01f64 * 255.0).powi(2), (0.03f64 * 255.0).powi(2));
    let of_channel = |[ma, mb, aa, bb, ab]: [f64; 5]| {
        let (va, vb, cov) = (aa - ma * ma, bb - mb * mb, ab - ma * mb);
        ((2.0 * ma * mb + c1) * (2.0 * cov + c2)) / ((ma * ma + mb * mb + c1) * (va + vb + c2))
    };
    sums.into_iter().map(of_channel).sum::<f64>() / 3.0
}

/// Where tap `tap` of a window about `at` falls; beyond the border the picture is mirrored.
fn mirrored(at: usize, tap: usize, length: usize) -> usize {
    let at = (at + tap) as isize - RADIUS as isize;
    let last = length as isize - 1;
    let at = if at < 0 { -at - 1 } else { at };
    (if at > last { 2 * last + 1 - at } else { at }).clamp(0, last) as usize
}

fn paper(width: usize, height: usize) -> Picture {
    Picture { width, height, rgb: vec![255; 3 * width * height] }
}

#[test]
fn equal_pictures_score_one_and_a_missing_mark_is_seen() {
    let mut marked = paper(100, 80);
    for x in 20..40 {
        marked.rgb[3 * (40 * 100 + x)..][..3].fill(0);
    }
    let equal = Similarity { mean: 1.0, worst: 1.0 };
    assert_eq!(compare(&marked, &marked), equal);
    let missing = compare(&marked, &paper(100, 80));
    assert!(missing.mean < 0.5 && missing.worst < 0.5, "{missing:?}");
    assert_eq!(compare(&paper(10, 10), &paper(10, 10)), equal);
}

#[test]
fn another_colour_of_the_same_brightness_is_seen() {
    let mut red = paper(100, 80);
    let mut blue = paper(100, 80);
    for x in 20..40 {
        red.rgb[3 * (40 * 100 + x)..][..3].copy_from_slice(&[255, 0, 0]);
        blue.rgb[3 * (40 * 100 + x)..][..3].copy_from_slice(&[0, 0, 255]);
    }
    assert!(compare(&red, &blue).mean < 0.7);
}
