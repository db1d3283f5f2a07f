//! Layers from Python's names and keyword arguments.

use anyhow::{Result, bail};
use serde_json::Value;
use tch::Kind;
use torch_exact::nn::*;
use torch_exact::random;

use super::arguments::Arguments;
use super::{attention, functions};

macro_rules! boxed {
    ($value:expr) => {
        Box::new($value) as Box<dyn Module>
    };
}

/// Layers of floats and `inplace` alone.
macro_rules! simple {
    ($name:expr, $a:expr, $($layer:ident { $($option:ident),* } $($inplace:ident)?;)+) => {
        match $name {
            $(stringify!($layer) => {
                let _made = $layer::new();
                return Ok(boxed!($layer {
                    $($option: $a.float(stringify!($option), _made.$option),)*
                    $($inplace: $a.flag("inplace", false),)?
                }));
            })+
            _ => {}
        }
    };
}

pub fn build(name: &str, a: &Arguments, dtype: Kind) -> Result<Box<dyn Module>> {
    for family in [attention::make, functions::make] {
        if let Some(made) = family(name, a, dtype)? {
            return Ok(made);
        }
    }
    simple! { name, a,
        CELU { alpha } inplace; ELU { alpha } inplace; LeakyReLU { negative_slope } inplace;
        Hardtanh { min_val, max_val } inplace; ReLU {} inplace; ReLU6 {} inplace; SELU {} inplace;
        SiLU {} inplace; Mish {} inplace; Hardsigmoid {} inplace; Hardswish {} inplace;
        Hardshrink { lambd }; Softshrink { lambd }; Softplus { beta, threshold };
        Identity {}; LogSigmoid {}; Sigmoid {}; Softsign {}; Tanh {}; Tanhshrink {}; Softmax2d {};
    }
    macro_rules! dropout {
        ($($layer:ident)+) => {
            match name {
                $(stringify!($layer) => {
                    let layer = $layer::new(a.float("p", 0.5))?;
                    return Ok(boxed!(if a.flag("inplace", false) { layer.inplace() } else { layer }));
                })+
                _ => {}
            }
        };
    }
    dropout!(AlphaDropout Dropout Dropout1d Dropout2d Dropout3d FeatureAlphaDropout);
    macro_rules! padding {
        ($($layer:ident)+; $($constant:ident)+) => {
            match name {
                $(stringify!($layer) => return Ok(boxed!($layer::new(a.size("padding", 0)))),)+
                $(stringify!($constant) => {
                    return Ok(boxed!($constant::new(a.size("padding", 0), a.float("value", 0.))));
                })+
                _ => {}
            }
        };
    }
    padding! {
        ZeroPad1d ZeroPad2d ZeroPad3d ReflectionPad1d ReflectionPad2d ReflectionPad3d
        ReplicationPad1d ReplicationPad2d ReplicationPad3d CircularPad1d CircularPad2d CircularPad3d;
        ConstantPad1d ConstantPad2d ConstantPad3d
    }
    let dimensional_name = name.ends_with('d') && !name.starts_with("Upsampling");
    match name.chars().rev().nth(1).filter(|_| dimensional_name) {
        Some('1') => dimensional::<1>(&name[..name.len() - 2], a, dtype),
        Some('2') => dimensional::<2>(&name[..name.len() - 2], a, dtype),
        Some('3') => dimensional::<3>(&name[..name.len() - 2], a, dtype),
        _ => other(name, a, dtype),
    }
}

fn dimensional<const N: usize>(name: &str, a: &Arguments, dtype: Kind) -> Result<Box<dyn Module>> {
    let (inputs, outputs) = (a.int("in_channels", 0), a.int("out_channels", 0));
    let kernel = a.size::<N>("kernel_size", 0);
    let features = a.int("num_features", 0);
    Ok(match name {
        "MaxPool" => boxed!(MaxPool::<N> {
            stride: a.maybe_size("stride"),
            padding: a.size("padding", 0),
            dilation: a.size("dilation", 1),
            ceil_mode: a.flag("ceil_mode", false),
            ..MaxPool::new(kernel)
        }),
        "AvgPool" => boxed!(AvgPool::<N> {
            stride: a.maybe_size("stride"),
            padding: a.size("padding", 0),
            ceil_mode: a.flag("ceil_mode", false),
            count_include_pad: a
                .flag("count_include_pad", AvgPool::<N>::new(kernel).count_include_pad),
            divisor_override: a.maybe_int("divisor_override"),
            ..AvgPool::new(kernel)
        }),
        "LPPool" => boxed!(LPPool::<N> {
            stride: a.maybe_size("stride"),
            ceil_mode: a.flag("ceil_mode", false),
            ..LPPool::new(a.number("norm_type"), kernel)
        }),
        "FractionalMaxPool" => {
            boxed!(match a.floats("output_ratio") {
                Some(ratio) => FractionalMaxPool::<N>::with_output_ratio(kernel, ratio)?,
                None => FractionalMaxPool::<N>::with_output_size(kernel, a.size("output_size", 0))?,
            })
        }
        "MaxUnpool" => boxed!(MaxUnpool::<N> {
            stride: a.maybe_size("stride"),
            padding: a.size("padding", 0),
            ..MaxUnpool::new(kernel)
        }),
        "AdaptiveAvgPool" => boxed!(AdaptiveAvgPool::<N>::new(a.size("output_size", 0))),
        "AdaptiveMaxPool" => boxed!(AdaptiveMaxPool::<N>::new(a.size("output_size", 0))),
        "Conv" => {
            let default = ConvOptions::<N>::default();
            let padding = match a.text("padding", "") {
                "same" => Padding::Same,
                "valid" => Padding::Valid,
                _ => a.maybe_size("padding").map_or(default.padding, Padding::Size),
            };
            let padding_mode = match a.text("padding_mode", "") {
                "" => default.padding_mode,
                "zeros" => PaddingMode::Zeros,
                "reflect" => PaddingMode::Reflect,
                "replicate" => PaddingMode::Replicate,
                _ => PaddingMode::Circular,
            };
            let (stride, dilation) =
                (a.size("stride", default.stride), a.size("dilation", default.dilation));
            let (groups, bias) = (a.int("groups", default.groups), a.flag("bias", default.bias));
            let options =
                ConvOptions { stride, padding, dilation, groups, bias, padding_mode, dtype };
            boxed!(Conv::<N>::with_options(inputs, outputs, kernel, options)?)
        }
        "ConvTranspose" => {
            let default = ConvTransposeOptions::<N>::default();
            let options = ConvTransposeOptions {
                stride: a.size("stride", default.stride),
                padding: a.size("padding", default.padding),
                output_padding: a.size("output_padding", default.output_padding),
                groups: a.int("groups", default.groups),
                bias: a.flag("bias", default.bias),
                dilation: a.size("dilation", default.dilation),
                dtype,
            };
            boxed!(ConvTranspose::<N>::with_options(inputs, outputs, kernel, options)?)
        }
        "BatchNorm" => {
            let default = BatchNormOptions::default();
            let options = BatchNormOptions {
                eps: a.float("eps", default.eps),
                momentum: a.maybe_float("momentum", default.momentum),
                affine: a.flag("affine", default.affine),
                track_running_stats: a.flag("track_running_stats", default.track_running_stats),
                dtype,
            };
            boxed!(BatchNorm::<N>::with_options(features, options)?)
        }
        "InstanceNorm" => {
            let default = InstanceNormOptions::default();
            let options = InstanceNormOptions {
                eps: a.float("eps", default.eps),
                momentum: a.maybe_float("momentum", default.momentum),
                affine: a.flag("affine", default.affine),
                track_running_stats: a.flag("track_running_stats", default.track_running_stats),
                dtype,
            };
            boxed!(InstanceNorm::<N>::with_options(features, options)?)
        }
        _ => bail!("{name}{N}d is unknown"),
    })
}

fn other(name: &str, a: &Arguments, dtype: Kind) -> Result<Box<dyn Module>> {
    Ok(match name {
        "GELU" => boxed!(GELU { tanh: a.text("approximate", "none") == "tanh" }),
        "GLU" => boxed!(GLU { dim: a.int("dim", -1) }),
        "LogSoftmax" => boxed!(LogSoftmax::new(a.int("dim", 0))),
        "Softmax" => boxed!(Softmax::new(a.int("dim", 0))),
        "Softmin" => boxed!(Softmin::new(a.int("dim", 0))),
        "Bilinear" => {
            let options = LinearOptions { bias: a.flag("bias", true), dtype };
            let (one, two) = (a.int("in1_features", 0), a.int("in2_features", 0));
            boxed!(Bilinear::with_options(one, two, a.int("out_features", 0), options)?)
        }
        "AdaptiveLogSoftmaxWithLoss" => {
            let default = AdaptiveLogSoftmaxWithLossOptions::default();
            let options = AdaptiveLogSoftmaxWithLossOptions {
                div_value: a.float("div_value", default.div_value),
                head_bias: a.flag("head_bias", default.head_bias),
                dtype,
            };
            let (features, classes) = (a.int("in_features", 0), a.int("n_classes", 0));
            let cutoffs = a.ints("cutoffs")?;
            boxed!(AdaptiveLogSoftmaxWithLoss::with_options(features, classes, &cutoffs, options)?)
        }
        "PairwiseDistance" => {
            let default = PairwiseDistance::new();
            boxed!(PairwiseDistance {
                p: a.float("p", default.p),
                eps: a.float("eps", default.eps),
                keepdim: a.flag("keepdim", default.keepdim),
            })
        }
        "CosineSimilarity" => {
            let default = CosineSimilarity::new();
            boxed!(CosineSimilarity {
                dim: a.int("dim", default.dim),
                eps: a.float("eps", default.eps)
            })
        }
        "PReLU" => boxed!(PReLU::new(a.int("num_parameters", 1), a.float("init", 0.25), dtype)?),
        "RReLU" => {
            let layer = RReLU::new(a.float("lower", 1. / 8.), a.float("upper", 1. / 3.));
            boxed!(if a.flag("inplace", false) { layer.inplace() } else { layer })
        }
        "Threshold" => boxed!(Threshold {
            inplace: a.flag("inplace", false),
            ..Threshold::new(a.float("threshold", 0.), a.float("value", 0.))
        }),
        "ChannelShuffle" => boxed!(ChannelShuffle::new(a.int("groups", 0))),
        "PixelShuffle" => boxed!(PixelShuffle::new(a.int("upscale_factor", 0))),
        "PixelUnshuffle" => boxed!(PixelUnshuffle::new(a.int("downscale_factor", 0))),
        "Flatten" => {
            boxed!(Flatten { start_dim: a.int("start_dim", 1), end_dim: a.int("end_dim", -1) })
        }
        "Unflatten" => boxed!(Unflatten::new(a.int("dim", 0), a.ints("unflattened_size")?)),
        "Unfold" => boxed!(Unfold {
            dilation: a.size("dilation", 1),
            padding: a.size("padding", 0),
            stride: a.size("stride", 1),
            ..Unfold::new(a.size("kernel_size", 0))
        }),
        "Fold" => boxed!(Fold {
            dilation: a.size("dilation", 1),
            padding: a.size("padding", 0),
            stride: a.size("stride", 1),
            ..Fold::new(a.size("output_size", 0), a.size("kernel_size", 0))
        }),
        "LayerNorm" => {
            let default = LayerNormOptions::default();
            let options = LayerNormOptions {
                eps: a.float("eps", default.eps),
                elementwise_affine: a.flag("elementwise_affine", default.elementwise_affine),
                bias: a.flag("bias", default.bias),
                dtype,
            };
            boxed!(LayerNorm::with_options(a.ints("normalized_shape")?, options)?)
        }
        "RMSNorm" => {
            let default = RMSNormOptions::default();
            let options = RMSNormOptions {
                eps: a.maybe_float("eps", default.eps),
                elementwise_affine: a.flag("elementwise_affine", default.elementwise_affine),
                dtype,
            };
            boxed!(RMSNorm::with_options(a.ints("normalized_shape")?, options)?)
        }
        "GroupNorm" => {
            let default = GroupNormOptions::default();
            let (eps, affine) = (a.float("eps", default.eps), a.flag("affine", default.affine));
            let (groups, channels) = (a.int("num_groups", 0), a.int("num_channels", 0));
            let options = GroupNormOptions { eps, affine, dtype };
            boxed!(GroupNorm::with_options(groups, channels, options)?)
        }
        "LocalResponseNorm" => {
            let default = LocalResponseNorm::new(a.int("size", 0));
            boxed!(LocalResponseNorm {
                alpha: a.float("alpha", default.alpha),
                beta: a.float("beta", default.beta),
                k: a.float("k", default.k),
                ..default
            })
        }
        _ if name.starts_with("Upsampl") => return upsampling(name, a),
        _ if name.starts_with("Embedding") => return embedding(name, a, dtype),
        _ => return recurrent(name, a, dtype),
    })
}

fn upsampling(name: &str, a: &Arguments) -> Result<Box<dyn Module>> {
    fn per_dimension<T>(
        value: Option<&Value>,
        one: fn(&Value) -> Option<T>,
    ) -> Option<PerDimension<T>> {
        let value = value?;
        match value.as_array() {
            Some(values) => values.iter().map(one).collect::<Option<Vec<_>>>().map(Into::into),
            None => one(value).map(Into::into),
        }
    }
    let size = per_dimension(a.get("size"), Value::as_i64);
    let scale_factor = per_dimension(a.get("scale_factor"), Value::as_f64);
    macro_rules! of_a_mode {
        ($layer:ident) => {
            boxed!(match (size, scale_factor) {
                (Some(size), _) => $layer::size(size),
                (None, Some(factor)) => $layer::scale_factor(factor),
                (None, None) => bail!("neither a size nor a factor"),
            })
        };
    }
    Ok(match name {
        "UpsamplingNearest2d" => of_a_mode!(UpsamplingNearest2d),
        "UpsamplingBilinear2d" => of_a_mode!(UpsamplingBilinear2d),
        _ => boxed!(Upsample {
            size,
            scale_factor,
            mode: match a.text("mode", "nearest") {
                "nearest" => UpsampleMode::Nearest,
                "nearest-exact" => UpsampleMode::NearestExact,
                "linear" => UpsampleMode::Linear,
                "bilinear" => UpsampleMode::Bilinear,
                "bicubic" => UpsampleMode::Bicubic,
                "trilinear" => UpsampleMode::Trilinear,
                _ => UpsampleMode::Area,
            },
            align_corners: a.get("align_corners").and_then(Value::as_bool),
            recompute_scale_factor: a.get("recompute_scale_factor").and_then(Value::as_bool),
        }),
    })
}

fn embedding(name: &str, a: &Arguments, dtype: Kind) -> Result<Box<dyn Module>> {
    let pretrained = a.maybe_ints("embeddings");
    let pretrained = pretrained.map(random::randn).transpose()?;
    let pretrained = pretrained.map(|values| values.to_kind(dtype));
    let (rows, columns) = (a.int("num_embeddings", 0), a.int("embedding_dim", 0));
    let freeze = a.flag("freeze", true);
    if name.starts_with("EmbeddingBag") {
        let default = EmbeddingBagOptions::default();
        let options = EmbeddingBagOptions {
            max_norm: a.maybe_float("max_norm", default.max_norm),
            norm_type: a.float("norm_type", default.norm_type),
            scale_grad_by_freq: a.flag("scale_grad_by_freq", default.scale_grad_by_freq),
            mode: match a.text("mode", "") {
                "sum" => BagMode::Sum,
                "mean" => BagMode::Mean,
                "max" => BagMode::Max,
                _ => default.mode,
            },
            sparse: a.flag("sparse", default.sparse),
            include_last_offset: a.flag("include_last_offset", default.include_last_offset),
            padding_idx: a.maybe_int("padding_idx"),
            dtype,
        };
        return Ok(boxed!(match pretrained {
            Some(values) => EmbeddingBag::from_pretrained(values, freeze, options)?,
            None => EmbeddingBag::with_options(rows, columns, options)?,
        }));
    }
    let default = EmbeddingOptions::default();
    let options = EmbeddingOptions {
        padding_idx: a.maybe_int("padding_idx"),
        max_norm: a.maybe_float("max_norm", default.max_norm),
        norm_type: a.float("norm_type", default.norm_type),
        scale_grad_by_freq: a.flag("scale_grad_by_freq", default.scale_grad_by_freq),
        sparse: a.flag("sparse", default.sparse),
        dtype,
    };
    Ok(boxed!(match pretrained {
        Some(values) => Embedding::from_pretrained(values, freeze, options)?,
        None => Embedding::with_options(rows, columns, options)?,
    }))
}

fn recurrent(name: &str, a: &Arguments, dtype: Kind) -> Result<Box<dyn Module>> {
    let default = RecurrentOptions::default();
    let (inputs, hidden) = (a.int("input_size", 0), a.int("hidden_size", 0));
    let bias = a.flag("bias", default.bias);
    let options = RecurrentOptions {
        num_layers: a.int("num_layers", default.num_layers),
        bias,
        batch_first: a.flag("batch_first", default.batch_first),
        dropout: a.float("dropout", default.dropout),
        bidirectional: a.flag("bidirectional", default.bidirectional),
        proj_size: a.int("proj_size", default.proj_size),
        dtype,
    };
    let (cell, relu) = (
        CellOptions { bias: a.flag("bias", CellOptions::default().bias), dtype },
        a.text("nonlinearity", "tanh") == "relu",
    );
    Ok(match name {
        "RNN" => {
            let layer = RNN::with_options(inputs, hidden, options)?;
            boxed!(if relu { layer.relu() } else { layer })
        }
        "GRU" => boxed!(GRU::with_options(inputs, hidden, options)?),
        "LSTM" => boxed!(LSTM::with_options(inputs, hidden, options)?),
        "RNNCell" => {
            let layer = RNNCell::with_options(inputs, hidden, cell)?;
            boxed!(if relu { layer.relu() } else { layer })
        }
        "GRUCell" => boxed!(GRUCell::with_options(inputs, hidden, cell)?),
        "LSTMCell" => boxed!(LSTMCell::with_options(inputs, hidden, cell)?),
        _ => bail!("{name} is unknown"),
    })
}
