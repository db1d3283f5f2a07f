//! `torch/nn/modules/upsampling.py`.

use tch::Tensor;

use super::aten::aten;
use super::size::tuple;
use super::{AdaptiveAvgPool1d, AdaptiveAvgPool2d, AdaptiveAvgPool3d, Module, PerDimension};
use crate::{Error, Result, repr};

/// How an [`Upsample`] makes elements between those that there are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum UpsampleMode {
    /// The nearest one: `'nearest'`.
    #[default]
    Nearest,
    /// The nearest one, of places rounded as other libraries do: `'nearest-exact'`.
    NearestExact,
    /// On a line, for one dimension: `'linear'`.
    Linear,
    /// On a line, for two dimensions: `'bilinear'`.
    Bilinear,
    /// On a cubic, for two dimensions: `'bicubic'`.
    Bicubic,
    /// On a line, for three dimensions: `'trilinear'`.
    Trilinear,
    /// The mean of an area: `'area'`.
    Area,
}

impl UpsampleMode {
    /// Python's name, the operators for one, two and three dimensions, and whether they take
    /// `align_corners`.
    fn of(self) -> (&'static str, [Option<&'static str>; 3], bool) {
        match self {
            Self::Nearest => (
                "nearest",
                [
                    Some("aten::upsample_nearest1d.vec"),
                    Some("aten::upsample_nearest2d.vec"),
                    Some("aten::upsample_nearest3d.vec"),
                ],
                false,
            ),
            Self::NearestExact => (
                "nearest-exact",
                [
                    Some("aten::_upsample_nearest_exact1d.vec"),
                    Some("aten::_upsample_nearest_exact2d.vec"),
                    Some("aten::_upsample_nearest_exact3d.vec"),
                ],
                false,
            ),
            Self::Linear => ("linear", [Some("aten::upsample_linear1d.vec"), None, None], true),
            Self::Bilinear => {
                ("bilinear", [None, Some("aten::upsample_bilinear2d.vec"), None], true)
            }
            Self::Bicubic => ("bicubic", [None, Some("aten::upsample_bicubic2d.vec"), None], true),
            Self::Trilinear => {
                ("trilinear", [None, None, Some("aten::upsample_trilinear3d.vec")], true)
            }
            Self::Area => ("area", [None; 3], false),
        }
    }
}

/// What an operator takes of the two.
enum Target {
    Size(Vec<i64>),
    Factors(Vec<f64>),
}

/// `torch.nn.Upsample`: more elements, or fewer, between those that there are. One of `size` and
/// `scale_factor` is to be given.
///
/// ```
/// use torch_exact::nn::{Module, Upsample, UpsampleMode};
///
/// # fn main() -> torch_exact::Result<()> {
/// let up = Upsample { mode: UpsampleMode::Bilinear, ..Upsample::scale_factor(2.) };
/// assert_eq!(up.repr()?, "Upsample(scale_factor=2.0, mode='bilinear')");
/// # Ok(())
/// # }
/// ```
///
/// # Shapes
/// `[n, c, *] -> [n, c, *]` of one to three dimensions behind the channels.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Upsample {
    /// The result's size.
    pub size: Option<PerDimension<i64>>,
    /// What the input's size is multiplied by.
    pub scale_factor: Option<PerDimension<f64>>,
    /// How elements are made.
    pub mode: UpsampleMode,
    /// Whether the corners keep their places; of the modes that end in `linear` and of `bicubic`.
    pub align_corners: Option<bool>,
    /// Whether the factor is taken from the sizes, which are whole, instead of as it is given.
    pub recompute_scale_factor: Option<bool>,
}

impl Upsample {
    /// `nn.Upsample(size=size)`.
    pub fn size(size: impl Into<PerDimension<i64>>) -> Self {
        Self { size: Some(size.into()), ..Self::default() }
    }

    /// `nn.Upsample(scale_factor=scale_factor)`.
    pub fn scale_factor(scale_factor: impl Into<PerDimension<f64>>) -> Self {
        Self { scale_factor: Some(scale_factor.into()), ..Self::default() }
    }

    fn target(&self, input: &[i64]) -> Result<Target> {
        let recompute = self.recompute_scale_factor == Some(true);
        match (&self.size, &self.scale_factor) {
            (Some(_), None) if recompute => {
                let accepted = "it is not meaningful with an explicit size";
                Err(Error::argument("recompute_scale_factor", "True", accepted))
            }
            (Some(size), None) => Ok(Target::Size(size.values("size", input.len())?)),
            (None, Some(factors)) => {
                let factors = factors.values("scale_factor", input.len())?;
                if !recompute && self.mode != UpsampleMode::Area {
                    return Ok(Target::Factors(factors));
                }
                let sizes = input.iter().zip(&factors);
                let floor = |(&size, factor): (&i64, &f64)| (size as f64 * factor) as i64;
                Ok(Target::Size(sizes.map(floor).collect()))
            }
            (size, _) => {
                let given = if size.is_some() { "given with scale_factor" } else { "None" };
                let accepted = "either size or scale_factor is to be given";
                Err(Error::argument("size", given, accepted))
            }
        }
    }
}

impl Module for Upsample {
    fn forward(&self, input: &Tensor) -> Result<Tensor> {
        let (name, operators, takes_corners) = self.mode.of();
        if !takes_corners && self.align_corners.is_some() {
            let accepted = "it is an option of linear, bilinear, bicubic and trilinear";
            return Err(Error::argument("align_corners", "given", accepted));
        }
        let shape = input.size();
        let dims = shape.len().saturating_sub(2);
        let target = self.target(shape.get(2..).unwrap_or_default())?;
        if let (UpsampleMode::Area, Target::Size(size)) = (self.mode, &target) {
            match *size.as_slice() {
                [a] => return AdaptiveAvgPool1d::new(a).forward(input),
                [a, b] => return AdaptiveAvgPool2d::new([a, b]).forward(input),
                [a, b, c] => return AdaptiveAvgPool3d::new([a, b, c]).forward(input),
                _ => {}
            }
        }
        let (size, factors) = match &target {
            Target::Size(size) => (Some(size.as_slice()), None),
            Target::Factors(factors) => (None, Some(factors.as_slice())),
        };
        let Some(operator) = operators.get(dims.wrapping_sub(1)).copied().flatten() else {
            return Err(Error::Shape {
                operation: "interpolate",
                expected: format!("an input of the dimensions that mode '{name}' takes"),
                found: format!("{}D input", shape.len()),
            });
        };
        let mut arguments = vec![input.into(), size.into()];
        if takes_corners {
            arguments.push(self.align_corners.unwrap_or(false).into());
        }
        arguments.push(factors.into());
        aten(operator, &arguments)
    }

    fn extra_repr(&self) -> String {
        let (name, ..) = self.mode.of();
        let floats = |values: &[f64]| {
            let values: Vec<_> = values.iter().copied().map(repr::float).collect();
            match values.as_slice() {
                [one] => format!("({one},)"),
                _ => format!("({})", values.join(", ")),
            }
        };
        let size = match (&self.scale_factor, &self.size) {
            (Some(PerDimension::All(factor)), _) => {
                format!("scale_factor={}", repr::float(*factor))
            }
            (Some(PerDimension::Each(factors)), _) => format!("scale_factor={}", floats(factors)),
            (None, Some(PerDimension::All(size))) => format!("size={size}"),
            (None, Some(PerDimension::Each(sizes))) => format!("size={}", tuple(sizes)),
            (None, None) => "size=None".to_owned(),
        };
        format!("{size}, mode='{name}'")
    }
}

/// [`Upsample`] of one mode, by a name of its own.
macro_rules! upsamplings {
    ($($name:ident, $mode:expr, $corners:expr;)+) => {$(
        #[doc = concat!("`torch.nn.", stringify!($name), "`: an [`Upsample`] of two dimensions.")]
        ///
        /// # Shapes
        /// `[n, c, h, w] -> [n, c, *size]`.
        #[derive(Debug, Clone, PartialEq)]
        pub struct $name(Upsample);

        impl $name {
            const MODE: Upsample = Upsample {
                size: None,
                scale_factor: None,
                mode: $mode,
                align_corners: $corners,
                recompute_scale_factor: None,
            };

            #[doc = concat!("`nn.", stringify!($name), "(size=size)`.")]
            pub fn size(size: impl Into<PerDimension<i64>>) -> Self {
                Self(Upsample { size: Some(size.into()), ..Self::MODE })
            }

            #[doc = concat!("`nn.", stringify!($name), "(scale_factor=scale_factor)`.")]
            pub fn scale_factor(scale_factor: impl Into<PerDimension<f64>>) -> Self {
                Self(Upsample { scale_factor: Some(scale_factor.into()), ..Self::MODE })
            }
        }

        impl Module for $name {
            fn forward(&self, input: &Tensor) -> Result<Tensor> {
                self.0.forward(input)
            }

            fn extra_repr(&self) -> String {
                self.0.extra_repr()
            }
        }
    )+};
}

upsamplings! {
    UpsamplingNearest2d, UpsampleMode::Nearest, None;
    UpsamplingBilinear2d, UpsampleMode::Bilinear, Some(true);
}
