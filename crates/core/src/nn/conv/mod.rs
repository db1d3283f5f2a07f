//! `torch/nn/modules/conv.py`.

mod transpose;

use shim::Argument;
use tch::{Device, Kind, Tensor};

use super::aten::aten;
use super::pooling::named;
use super::size::tuple;
use super::{Module, Parameter, Size, init};
use crate::{Error, Result, parts};

pub use transpose::{ConvTranspose, ConvTransposeOptions};

named! {
    [Conv1d Conv2d Conv3d] Conv;
    [ConvTranspose1d ConvTranspose2d ConvTranspose3d] ConvTranspose;
}

/// What is added on both sides of the input: `padding` of [`ConvOptions`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Padding<const N: usize> {
    /// So many places.
    Size(Size<N>),
    /// None: `padding='valid'`.
    Valid,
    /// What makes the result as large as the input: `padding='same'`, with a stride of 1.
    Same,
}

impl<const N: usize, S: Into<Size<N>>> From<S> for Padding<N> {
    fn from(size: S) -> Self {
        Self::Size(size.into())
    }
}

/// What is put into the places that are added: `padding_mode`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum PaddingMode {
    /// Zeros: `'zeros'`.
    #[default]
    Zeros,
    /// The input mirrored at its edge: `'reflect'`.
    Reflect,
    /// The edge over and over: `'replicate'`.
    Replicate,
    /// The other side of the input: `'circular'`.
    Circular,
}

impl PaddingMode {
    fn name(self) -> &'static str {
        match self {
            Self::Zeros => "zeros",
            Self::Reflect => "reflect",
            Self::Replicate => "replicate",
            Self::Circular => "circular",
        }
    }
}

/// What [`Conv::with_options`] takes beyond channels and kernel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConvOptions<const N: usize> {
    /// The distance of one place to the next; 1 by default.
    pub stride: Size<N>,
    /// What is added on both sides; 0 by default.
    pub padding: Padding<N>,
    /// The distance of a kernel's elements; 1 by default.
    pub dilation: Size<N>,
    /// Into how many groups the channels are divided; 1 by default.
    pub groups: i64,
    /// Whether there is a bias; it is drawn only then.
    pub bias: bool,
    /// What is put into the places that are added.
    pub padding_mode: PaddingMode,
    /// The parameters' dtype, in which they are drawn.
    pub dtype: Kind,
}

impl<const N: usize> Default for ConvOptions<N> {
    fn default() -> Self {
        Self {
            stride: 1.into(),
            padding: 0.into(),
            dilation: 1.into(),
            groups: 1,
            bias: true,
            padding_mode: PaddingMode::Zeros,
            dtype: Kind::Float,
        }
    }
}

/// A convolution: [`Conv1d`], [`Conv2d`], [`Conv3d`].
///
/// Parameters are drawn as Python draws them: the weight by `kaiming_uniform_(a=√5)`, then the bias
/// uniform in ±1 / √fan_in; tch draws the bias first and from other bounds.
///
/// # Shapes
/// `[n, in_channels, *] -> [n, out_channels, *]` or the same without `n`, with `N` dimensions behind
/// the channels; weight `[out_channels, in_channels / groups, *kernel_size]`, bias `[out_channels]`.
///
/// ```
/// use torch_exact::nn::{Conv2d, ConvOptions, Module};
/// use torch_exact::random;
///
/// # fn main() -> torch_exact::Result<()> {
/// let options = ConvOptions { padding: 1.into(), ..Default::default() };
/// let conv = Conv2d::with_options(1, 8, 3, options)?;
/// assert_eq!(conv.repr()?, "Conv2d(1, 8, kernel_size=(3, 3), stride=(1, 1), padding=(1, 1))");
/// assert_eq!(conv.forward(&random::rand([5, 1, 28, 28])?)?.size(), [5, 8, 28, 28]);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Conv<const N: usize> {
    /// The weight.
    pub weight: Parameter,
    /// The bias, if there is one.
    pub bias: Option<Parameter>,
    in_channels: i64,
    options: ConvOptions<N>,
}

impl<const N: usize> Conv<N> {
    /// `nn.Conv2d(in_channels, out_channels, kernel_size)`.
    ///
    /// # Errors
    /// As [`with_options`](Self::with_options).
    pub fn new(
        in_channels: i64,
        out_channels: i64,
        kernel_size: impl Into<Size<N>>,
    ) -> Result<Self> {
        Self::with_options(in_channels, out_channels, kernel_size, ConvOptions::default())
    }

    /// `nn.Conv2d(in_channels, out_channels, kernel_size, stride=…, …)`.
    ///
    /// # Errors
    /// [`Error::Argument`] for groups that do not divide the channels and for a stride with
    /// [`Padding::Same`]; negative sizes, and a dtype that is not floating point.
    pub fn with_options(
        in_channels: i64,
        out_channels: i64,
        kernel_size: impl Into<Size<N>>,
        options: ConvOptions<N>,
    ) -> Result<Self> {
        check_groups(in_channels, out_channels, options.groups)?;
        if options.padding == Padding::Same && options.stride.values() != [1; N] {
            let accepted = "padding='same' takes a stride of 1";
            return Err(Error::argument("stride", options.stride, accepted));
        }
        let size = [out_channels, in_channels / options.groups];
        let (weight, bias) = draw(
            size,
            &kernel_size.into().values(),
            options.bias.then_some(out_channels),
            options.dtype,
        )?;
        Ok(Self { weight, bias, in_channels, options })
    }

    /// What `F.pad` takes for a mode other than zeros: both sides of each dimension, the last first.
    fn both_sides(&self) -> Vec<i64> {
        let kernel = self.weight.size();
        let dilation = self.options.dilation.values();
        let sides = (0..N).rev().map(|i| match self.options.padding {
            Padding::Size(size) => [size.values()[i]; 2],
            Padding::Valid => [0; 2],
            Padding::Same => {
                let total = dilation[i] * (kernel[i + 2] - 1);
                [total / 2, total - total / 2]
            }
        });
        sides.flatten().collect()
    }
}

impl<const N: usize> Module for Conv<N> {
    fn forward(&self, input: &Tensor) -> Result<Tensor> {
        let ConvOptions { stride, padding, dilation, groups, padding_mode, .. } = self.options;
        let (stride, dilation, none) = (stride.values(), dilation.values(), [0; N]);
        let bias: Argument = self.bias.as_deref().into();
        let convolve = |name, input: &Tensor, padding: Argument| {
            let (stride, dilation) = ((&stride).into(), (&dilation).into());
            let arguments = [
                input.into(),
                (&*self.weight).into(),
                bias,
                stride,
                padding,
                dilation,
                groups.into(),
            ];
            aten(name, &arguments)
        };
        let name = ["aten::conv1d", "aten::conv2d", "aten::conv3d"][N - 1];
        if padding_mode != PaddingMode::Zeros {
            let padded = input.f_pad(self.both_sides(), padding_mode.name(), None)?;
            return convolve(name, &padded, (&none).into());
        }
        let with_text =
            ["aten::conv1d.padding", "aten::conv2d.padding", "aten::conv3d.padding"][N - 1];
        match padding {
            Padding::Size(size) => convolve(name, input, (&size.values()).into()),
            Padding::Valid => convolve(with_text, input, "valid".into()),
            Padding::Same => convolve(with_text, input, "same".into()),
        }
    }

    fn extra_repr(&self) -> String {
        let ConvOptions { stride, padding, dilation, groups, padding_mode, .. } = self.options;
        let padding = match padding {
            Padding::Size(size) if size.values() == [0; N] => None,
            Padding::Size(size) => Some(size.tuple().to_string()),
            Padding::Valid => Some("valid".to_owned()),
            Padding::Same => Some("same".to_owned()),
        };
        let size = self.weight.size();
        let mut text = described(self.in_channels, size[0], &size[2..], stride, padding, dilation);
        finish(&mut text, None::<Size<N>>, groups, self.bias.is_some());
        if padding_mode != PaddingMode::Zeros {
            text.push_str(&format!(", padding_mode={}", padding_mode.name()));
        }
        text
    }

    fn class_name(&self) -> &str {
        ["Conv1d", "Conv2d", "Conv3d"][N - 1]
    }

    parts!(weight, bias);
}

fn check_groups(in_channels: i64, out_channels: i64, groups: i64) -> Result<()> {
    if groups <= 0 || in_channels % groups != 0 || out_channels % groups != 0 {
        let accepted = "groups is positive and divides in_channels and out_channels";
        return Err(Error::argument("groups", groups, accepted));
    }
    Ok(())
}

/// `_ConvNd.reset_parameters`.
fn draw(
    channels: [i64; 2],
    kernel: &[i64],
    bias: Option<i64>,
    dtype: Kind,
) -> Result<(Parameter, Option<Parameter>)> {
    let size = [&channels, kernel].concat();
    let weight = Tensor::f_empty(size, (dtype, Device::Cpu))?;
    init::kaiming_uniform_(
        &weight,
        init::FanMode::FanIn,
        init::Nonlinearity::LeakyReLU(5f64.sqrt()),
    )?;
    let fan_in = channels[1] * kernel.iter().product::<i64>();
    let bias = bias.map(|out_channels| {
        let bias = Tensor::f_empty([out_channels], (dtype, Device::Cpu))?;
        if fan_in != 0 {
            let bound = 1. / (fan_in as f64).sqrt();
            init::uniform_(&bias, -bound, bound)?;
        }
        Parameter::new(bias)
    });
    Ok((Parameter::new(weight)?, bias.transpose()?))
}

fn described<const N: usize>(
    inputs: i64,
    outputs: i64,
    kernel: &[i64],
    stride: Size<N>,
    padding: Option<String>,
    dilation: Size<N>,
) -> String {
    let kernel = tuple(kernel);
    let mut text = format!("{inputs}, {outputs}, kernel_size={kernel}, stride={}", stride.tuple());
    if let Some(padding) = padding {
        text.push_str(&format!(", padding={padding}"));
    }
    if dilation.values() != [1; N] {
        text.push_str(&format!(", dilation={}", dilation.tuple()));
    }
    text
}

fn finish<const N: usize>(
    text: &mut String,
    output_padding: Option<Size<N>>,
    groups: i64,
    bias: bool,
) {
    if let Some(added) = output_padding.filter(|added| added.values() != [0; N]) {
        text.push_str(&format!(", output_padding={}", added.tuple()));
    }
    if groups != 1 {
        text.push_str(&format!(", groups={groups}"));
    }
    if !bias {
        text.push_str(", bias=False");
    }
}
