//! Colours by matplotlib's names.

use crate::error::PlotError;

/// A colour of red, green, blue and opacity, each from 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Color {
    pub(crate) r: f64,
    pub(crate) g: f64,
    pub(crate) b: f64,
    pub(crate) a: f64,
}

/// The colour cycle of a figure, `axes.prop_cycle`: `C0` to `C9`, each also `tab:` and its name.
const TAB10: [(&str, u32); 10] = [
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

impl Color {
    pub(crate) const BLACK: Self = Self::rgb(0.0, 0.0, 0.0);
    const NONE: Self = Self { r: 0.0, g: 0.0, b: 0.0, a: 0.0 };

    const fn rgb(r: f64, g: f64, b: f64) -> Self {
        Self { r, g, b, a: 1.0 }
    }

    /// The colour at `index` of the tab10 cycle, which begins again after ten.
    pub(crate) fn cycle(index: usize) -> Self {
        Self::from_hex(TAB10[index % TAB10.len()].1)
    }

    /// The colour that matplotlib means by `name`, or [`PlotError::Color`]. Mirrors
    /// `matplotlib.colors.to_rgba` for texts, but for the names of the xkcd survey.
    pub(crate) fn parse(name: &str) -> Result<Self, PlotError> {
        Self::lookup(name).ok_or_else(|| PlotError::Color(name.to_owned()))
    }

    fn lookup(name: &str) -> Option<Self> {
        if let Some(digits) = name.strip_prefix('#') {
            return Self::from_digits(digits);
        }
        if let Some(index) = name.strip_prefix('C').filter(|i| !i.is_empty()) {
            let last = index.bytes().all(|b| b.is_ascii_digit()).then(|| index.bytes().last());
            return Some(Self::cycle(usize::from(last?? - b'0')));
        }
        Some(match name {
            "b" => Self::rgb(0.0, 0.0, 1.0),
            "g" => Self::rgb(0.0, 0.5, 0.0),
            "r" => Self::rgb(1.0, 0.0, 0.0),
            "c" => Self::rgb(0.0, 0.75, 0.75),
            "m" => Self::rgb(0.75, 0.0, 0.75),
            "y" => Self::rgb(0.75, 0.75, 0.0),
            "k" => Self::BLACK,
            "w" => Self::rgb(1.0, 1.0, 1.0),
            _ => return Self::by_word(&name.to_ascii_lowercase()),
        })
    }

    /// A CSS or `tab:` name, nothing, or a grey level.
    fn by_word(word: &str) -> Option<Self> {
        if word == "none" {
            return Some(Self::NONE);
        }
        if let Some(tab) = word.strip_prefix("tab:") {
            let tab = if tab == "grey" { "gray" } else { tab };
            return TAB10.iter().find(|(known, _)| *known == tab).map(|(_, v)| Self::from_hex(*v));
        }
        if let Some([r, g, b]) = csscolorparser::NAMED_COLORS.get(word.into()) {
            return Some(Self::from_hex(u32::from_be_bytes([0, *r, *g, *b])));
        }
        let level: f64 = word.trim().parse().ok()?;
        (0.0..=1.0).contains(&level).then_some(Self::rgb(level, level, level))
    }

    fn from_hex(rgb: u32) -> Self {
        let part = |shift: u32| f64::from(rgb >> shift & 0xff) / 255.0;
        Self::rgb(part(16), part(8), part(0))
    }

    /// `rgb`, `rgba`, `rrggbb` or `rrggbbaa` in hexadecimal.
    fn from_digits(digits: &str) -> Option<Self> {
        if !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
            return None;
        }
        let long: String = match digits.len() {
            3 | 4 => digits.chars().flat_map(|c| [c, c]).collect(),
            6 | 8 => digits.to_owned(),
            _ => return None,
        };
        let value = u32::from_str_radix(&long, 16).ok()?;
        if long.len() == 6 {
            return Some(Self::from_hex(value));
        }
        Some(Self { a: f64::from(value & 0xff) / 255.0, ..Self::from_hex(value >> 8) })
    }

    /// The colour with another opacity, if one is given; no colour stays none.
    pub(crate) fn with_alpha(self, alpha: Option<f64>) -> Self {
        if self == Self::NONE { self } else { Self { a: alpha.unwrap_or(self.a), ..self } }
    }

    /// Eight bits a channel, rounded as Agg rounds them.
    pub(crate) fn to_rgba8(self) -> [u8; 4] {
        [self.r, self.g, self.b, self.a].map(|v| (v * 255.0 + 0.5) as u8)
    }

    /// `#rrggbbaa`, as `matplotlib.colors.to_hex(keep_alpha=True)` writes it.
    pub(crate) fn to_hex(self) -> String {
        let [r, g, b, a] =
            [self.r, self.g, self.b, self.a].map(|v| (v * 255.0).round_ties_even() as u8);
        format!("#{r:02x}{g:02x}{b:02x}{a:02x}")
    }
}
