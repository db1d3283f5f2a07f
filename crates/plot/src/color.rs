//! Colours by matplotlib's names.

use crate::error::PlotError;

/// A colour of red, green, blue and alpha, each from 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Color {
    /// Red.
    pub r: f64,
    /// Green.
    pub g: f64,
    /// Blue.
    pub b: f64,
    /// Opacity.
    pub a: f64,
}

/// The colour cycle of a figure, `axes.prop_cycle`: `C0` to `C9`.
pub const TAB10: [(&str, u32); 10] = [
    ("blue", 0x1f77b4),
    ("orange", 0xff7f0e),
    ("green", 0x2ca02c),
    ("red", 0xd62728),
    ("purple", 0x9467bd),
    ("brown", 0x8c564b),
    ("pink", 0xe377c2),
    ("gray", 0x7f7f7f),
    ("olive", 0xbcbd22),
    ("cyan", 0x17becf),
];

/// CSS colour names: the sixteen of HTML and a few in common use.
const NAMES: [(&str, u32); 26] = [
    ("aqua", 0x00ffff),
    ("black", 0x000000),
    ("blue", 0x0000ff),
    ("brown", 0xa52a2a),
    ("coral", 0xff7f50),
    ("crimson", 0xdc143c),
    ("cyan", 0x00ffff),
    ("fuchsia", 0xff00ff),
    ("gold", 0xffd700),
    ("gray", 0x808080),
    ("green", 0x008000),
    ("grey", 0x808080),
    ("lime", 0x00ff00),
    ("magenta", 0xff00ff),
    ("maroon", 0x800000),
    ("navy", 0x000080),
    ("olive", 0x808000),
    ("orange", 0xffa500),
    ("pink", 0xffc0cb),
    ("purple", 0x800080),
    ("red", 0xff0000),
    ("silver", 0xc0c0c0),
    ("teal", 0x008080),
    ("violet", 0xee82ee),
    ("white", 0xffffff),
    ("yellow", 0xffff00),
];

impl Color {
    /// Black.
    pub const BLACK: Self = Self::grey(0.0);
    /// White.
    pub const WHITE: Self = Self::grey(1.0);

    /// An opaque grey.
    pub const fn grey(level: f64) -> Self {
        Self { r: level, g: level, b: level, a: 1.0 }
    }

    /// The colour at `index` of the tab10 cycle, which begins again after ten.
    pub fn cycle(index: usize) -> Self {
        Self::from_rgb(TAB10[index % TAB10.len()].1)
    }

    /// The colour that matplotlib means by `name`: a letter of `bgrcmykw`, `C0`..., `tab:blue`..., a CSS
    /// name, `#rgb`, `#rrggbb`, `#rrggbbaa`, or a grey level such as `0.5`.
    ///
    /// Mirrors `matplotlib.colors.to_rgba`.
    ///
    /// # Errors
    /// [`PlotError::Color`] when the name is none of these.
    pub fn parse(name: &str) -> Result<Self, PlotError> {
        Self::lookup(name).ok_or_else(|| PlotError::Color(name.to_owned()))
    }

    fn lookup(name: &str) -> Option<Self> {
        let rgb = |r, g, b| Some(Self { r, g, b, a: 1.0 });
        match name {
            "b" => return rgb(0.0, 0.0, 1.0),
            "g" => return rgb(0.0, 0.5, 0.0),
            "r" => return rgb(1.0, 0.0, 0.0),
            "c" => return rgb(0.0, 0.75, 0.75),
            "m" => return rgb(0.75, 0.0, 0.75),
            "y" => return rgb(0.75, 0.75, 0.0),
            "k" => return Some(Self::BLACK),
            "w" => return Some(Self::WHITE),
            _ => {}
        }
        if let Some(digits) = name.strip_prefix('#') {
            return Self::from_hex(digits);
        }
        if let Some(index) = name.strip_prefix('C').and_then(|i| i.parse().ok()) {
            return Some(Self::cycle(index));
        }
        let table: &[(&str, u32)] = if name.starts_with("tab:") { &TAB10 } else { &NAMES };
        let plain = name.strip_prefix("tab:").unwrap_or(name).to_ascii_lowercase();
        if let Some((_, rgb)) = table.iter().find(|(known, _)| *known == plain) {
            return Some(Self::from_rgb(*rgb));
        }
        let level: f64 = name.parse().ok()?;
        (0.0..=1.0).contains(&level).then_some(Self::grey(level))
    }

    fn from_rgb(rgb: u32) -> Self {
        let part = |shift: u32| f64::from(rgb >> shift & 0xff) / 255.0;
        Self { r: part(16), g: part(8), b: part(0), a: 1.0 }
    }

    fn from_hex(digits: &str) -> Option<Self> {
        let digits: String = match digits.len() {
            3 | 4 => digits.chars().flat_map(|c| [c, c]).collect(),
            6 | 8 => digits.to_owned(),
            _ => return None,
        };
        let value = u32::from_str_radix(&digits, 16).ok()?;
        if digits.len() == 6 {
            return Some(Self::from_rgb(value));
        }
        let alpha = f64::from(value & 0xff) / 255.0;
        Some(Self { a: alpha, ..Self::from_rgb(value >> 8) })
    }

    /// The same colour with another opacity.
    pub fn with_alpha(self, a: f64) -> Self {
        Self { a, ..self }
    }

    /// Eight bits a channel, rounded as Agg rounds them.
    pub(crate) fn to_rgba8(self) -> [u8; 4] {
        [self.r, self.g, self.b, self.a].map(|v| (v * 255.0 + 0.5) as u8)
    }

    /// `#rrggbbaa`, as `matplotlib.colors.to_hex(keep_alpha=True)` writes it.
    pub fn to_hex(self) -> String {
        let [r, g, b, a] =
            [self.r, self.g, self.b, self.a].map(|v| (v * 255.0).round_ties_even() as u8);
        format!("#{r:02x}{g:02x}{b:02x}{a:02x}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_mean_what_matplotlib_means() {
        assert_eq!(Color::parse("g").unwrap().to_hex(), "#008000ff");
        assert_eq!(Color::parse("C1").unwrap().to_hex(), "#ff7f0eff");
        assert_eq!(Color::parse("C11").unwrap(), Color::parse("tab:orange").unwrap());
        assert_eq!(Color::parse("red").unwrap().to_hex(), "#ff0000ff");
        assert_eq!(Color::parse("#0f08").unwrap().to_hex(), "#00ff0088");
        assert_eq!(Color::parse("0.8").unwrap().to_rgba8(), [204, 204, 204, 255]);
        assert!(matches!(Color::parse("reddish"), Err(PlotError::Color(_))));
        assert!(matches!(Color::parse("1.5"), Err(PlotError::Color(_))));
    }
}
