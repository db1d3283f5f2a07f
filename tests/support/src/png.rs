//! Pictures, pixel by pixel.

use std::fmt::Display;
use std::fs::File;
use std::io::BufReader;
use std::path::Path;

/// A picture in memory.
#[derive(Debug, PartialEq, Eq)]
pub struct Pixels {
    /// In pixels.
    pub width: usize,
    /// In pixels.
    pub height: usize,
    /// Red, green and blue of each pixel, row after row from the top.
    pub rgb: Vec<u8>,
}

/// Reads a PNG of eight bits a channel, with or without alpha; alpha is laid over white.
pub fn read_png(path: impl AsRef<Path>) -> Result<Pixels, String> {
    let path = path.as_ref();
    let fail = |e: &dyn Display| format!("{}: {e}", path.display());
    let file = File::open(path).map_err(|e| fail(&e))?;
    let mut reader = ::png::Decoder::new(BufReader::new(file)).read_info().map_err(|e| fail(&e))?;
    let mut bytes = vec![0; reader.output_buffer_size()];
    let info = reader.next_frame(&mut bytes).map_err(|e| fail(&e))?;
    let rgb = match (info.color_type, info.bit_depth) {
        (::png::ColorType::Rgb, ::png::BitDepth::Eight) => bytes,
        (::png::ColorType::Rgba, ::png::BitDepth::Eight) => {
            bytes.chunks_exact(4).flat_map(|p| [0, 1, 2].map(|i| over_white(p[i], p[3]))).collect()
        }
        (kind, depth) => return Err(fail(&format!("neither RGB nor RGBA: {kind:?} {depth:?}"))),
    };
    Ok(Pixels { width: info.width as usize, height: info.height as usize, rgb })
}

fn over_white(channel: u8, alpha: u8) -> u8 {
    let (c, a) = (u32::from(channel), u32::from(alpha));
    ((c * a + 255 * (255 - a) + 127) / 255) as u8
}
