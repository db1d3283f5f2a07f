//! Attention, transformers and containers: how they are made and called.

use anyhow::{Context as _, Result};
use serde_json::Value;
use tch::{Kind, Tensor};
use torch_exact::nn::utils::parametrizations::{SpectralNormOptions, spectral_norm, weight_norm};
use torch_exact::nn::*;
use torch_exact::random;

use super::arguments::Arguments;
use super::several::Named;

fn options(a: &Arguments, dtype: Kind) -> TransformerOptions {
    let default = TransformerOptions::default();
    TransformerOptions {
        dim_feedforward: a.int("dim_feedforward", default.dim_feedforward),
        dropout: a.float("dropout", default.dropout),
        activation: match a.text("activation", "") {
            "gelu" => TransformerActivation::GELU,
            "relu" => TransformerActivation::ReLU,
            _ => default.activation,
        },
        layer_norm_eps: a.float("layer_norm_eps", default.layer_norm_eps),
        batch_first: a.flag("batch_first", default.batch_first),
        norm_first: a.flag("norm_first", default.norm_first),
        bias: a.flag("bias", default.bias),
        dtype,
    }
}

/// A layer of an encoder's or a decoder's arguments, and a normalization where one is asked for.
fn inside<T>(
    a: &Arguments,
    name: &str,
    dtype: Kind,
    make: impl FnOnce(i64, i64, TransformerOptions) -> torch_exact::Result<T>,
) -> Result<(T, Option<LayerNorm>)> {
    let given = Arguments::new(a.get(name).and_then(Value::as_object).context("a layer")?);
    let size = given.int("d_model", 0);
    let layer = make(size, given.int("nhead", 0), options(&given, dtype))?;
    given.all_read()?;
    let norm = a
        .flag("norm", false)
        .then(|| LayerNorm::with_options([size], LayerNormOptions { dtype, ..Default::default() }));
    Ok((layer, norm.transpose()?))
}

/// One of them by its name; none for another layer.
pub fn make(name: &str, a: &Arguments, dtype: Kind) -> Result<Option<Box<dyn Module>>> {
    let (size, heads) = (a.int("d_model", 0), a.int("nhead", 0));
    Ok(Some(match name {
        "MultiheadAttention" => {
            let default = MultiheadAttentionOptions::default();
            let options = MultiheadAttentionOptions {
                dropout: a.float("dropout", default.dropout),
                bias: a.flag("bias", default.bias),
                add_bias_kv: a.flag("add_bias_kv", default.add_bias_kv),
                add_zero_attn: a.flag("add_zero_attn", default.add_zero_attn),
                kdim: a.maybe_int("kdim"),
                vdim: a.maybe_int("vdim"),
                batch_first: a.flag("batch_first", default.batch_first),
                dtype,
            };
            let (size, heads) = (a.int("embed_dim", 0), a.int("num_heads", 0));
            Box::new(MultiheadAttention::with_options(size, heads, options)?)
        }
        "TransformerEncoderLayer" => {
            Box::new(TransformerEncoderLayer::with_options(size, heads, options(a, dtype))?)
        }
        "TransformerDecoderLayer" => {
            Box::new(TransformerDecoderLayer::with_options(size, heads, options(a, dtype))?)
        }
        "TransformerEncoder" => {
            let default = TransformerEncoderOptions::default();
            let options = TransformerEncoderOptions {
                enable_nested_tensor: a.flag("enable_nested_tensor", default.enable_nested_tensor),
                mask_check: a.flag("mask_check", default.mask_check),
            };
            let (layer, norm) =
                inside(a, "encoder_layer", dtype, TransformerEncoderLayer::with_options)?;
            let layers = a.int("num_layers", 0) as usize;
            Box::new(TransformerEncoder::with_options(&layer, layers, norm, options)?)
        }
        "TransformerDecoder" => {
            let (layer, norm) =
                inside(a, "decoder_layer", dtype, TransformerDecoderLayer::with_options)?;
            Box::new(TransformerDecoder::new(&layer, a.int("num_layers", 0) as usize, norm)?)
        }
        "Transformer" => {
            let layers = ["num_encoder_layers", "num_decoder_layers"].map(|n| a.int(n, 6) as usize);
            Box::new(Transformer::new(size, heads, layers[0], layers[1], options(a, dtype))?)
        }
        _ if name.starts_with("utils.parametrizations") => parametrized(name, a, dtype)?,
        _ => return container(name, a, dtype),
    }))
}

/// Does something with a module that a list of its name and arguments describes.
macro_rules! with_module {
    ($of:expr, $dtype:expr, |$module:ident| $body:expr) => {{
        let of = $of.as_array().context("a module")?;
        let size = |n: usize| of.get(n).and_then(Value::as_i64).unwrap_or_default();
        match of.first().and_then(Value::as_str) {
            Some("Linear") => {
                let options = LinearOptions { dtype: $dtype, ..Default::default() };
                let $module = Linear::with_options(size(1), size(2), options)?;
                $body
            }
            Some("Conv1d") => {
                let options = ConvOptions { dtype: $dtype, ..Default::default() };
                let $module = Conv1d::with_options(size(1), size(2), size(3), options)?;
                $body
            }
            Some("BatchNorm1d") => {
                let options = BatchNormOptions { dtype: $dtype, ..Default::default() };
                let $module = BatchNorm1d::with_options(size(1), options)?;
                $body
            }
            _ => {
                let $module = ReLU::new();
                $body
            }
        }
    }};
}

fn parametrized(name: &str, a: &Arguments, dtype: Kind) -> Result<Box<dyn Module>> {
    let of = a.get("module").context("a module")?;
    let default = SpectralNormOptions::default();
    let options = SpectralNormOptions {
        n_power_iterations: a.int("n_power_iterations", default.n_power_iterations),
        eps: a.float("eps", default.eps),
        dim: a.maybe_int("dim"),
    };
    let of_lengths = name.ends_with("weight_norm");
    let dim = a.get("dim").map_or(Some(0), Value::as_i64);
    let of = of.as_array().context("a module")?;
    let size = |n: usize| of.get(n).and_then(Value::as_i64).unwrap_or_default();
    macro_rules! normed {
        ($module:expr) => {{
            let module = $module;
            match of_lengths {
                true => Box::new(weight_norm(module, dim)?) as Box<dyn Module>,
                false => Box::new(spectral_norm(module, options)?),
            }
        }};
    }
    Ok(match of.first().and_then(Value::as_str) {
        Some("Linear") => {
            let options = LinearOptions { dtype, ..Default::default() };
            normed!(Linear::with_options(size(1), size(2), options)?)
        }
        Some("Conv2d") => {
            let options = ConvOptions { dtype, ..Default::default() };
            normed!(Conv2d::with_options(size(1), size(2), size(3), options)?)
        }
        _ => {
            let options = ConvTransposeOptions { dtype, ..Default::default() };
            normed!(ConvTranspose1d::with_options(size(1), size(2), size(3), options)?)
        }
    })
}

fn container(name: &str, a: &Arguments, dtype: Kind) -> Result<Option<Box<dyn Module>>> {
    let array = |name: &str| a.get(name).and_then(Value::as_array).context("a list");
    let drawn = |shape: &Value| -> Result<Parameter> {
        let shape: Vec<i64> = serde_json::from_value(shape.clone())?;
        Ok(Parameter::new(random::randn(shape)?.to_kind(dtype))?)
    };
    let named =
        |pair: &Value| -> Result<(String, Value)> { Ok(serde_json::from_value(pair.clone())?) };
    Ok(Some(match name {
        "ModuleList" => {
            let mut list = ModuleList::new();
            for of in array("modules")? {
                list = with_module!(of, dtype, |module| list.add(module));
            }
            Box::new(list)
        }
        "ModuleDict" => {
            let mut dict = ModuleDict::new();
            for pair in array("modules")? {
                let (name, of) = named(pair)?;
                dict = with_module!(of, dtype, |module| dict.add(&name, module)?);
            }
            Box::new(dict)
        }
        "ParameterList" => {
            let mut list = ParameterList::new();
            for shape in array("values")? {
                list = list.add(drawn(shape)?);
            }
            Box::new(list)
        }
        "ParameterDict" => {
            let mut dict = ParameterDict::new();
            for pair in array("parameters")? {
                let (name, shape) = named(pair)?;
                dict = dict.add(&name, drawn(&shape)?)?;
            }
            Box::new(dict)
        }
        _ => return Ok(None),
    }))
}

/// Calls one of them; none for another layer.
pub fn call(model: &dyn Module, tensors: &[Tensor], given: &Named) -> Result<Option<Vec<Tensor>>> {
    let tensor = |n: usize| tensors.get(n).context("a tensor");
    let encode = |mask: &str| Encode {
        mask: given.tensor(mask),
        src_key_padding_mask: given.tensor("src_key_padding_mask"),
        is_causal: given.maybe_flag("is_causal").or_else(|| given.maybe_flag("src_is_causal")),
    };
    let decode = || Decode {
        tgt_mask: given.tensor("tgt_mask"),
        memory_mask: given.tensor("memory_mask"),
        tgt_key_padding_mask: given.tensor("tgt_key_padding_mask"),
        memory_key_padding_mask: given.tensor("memory_key_padding_mask"),
        tgt_is_causal: given.maybe_flag("tgt_is_causal"),
        memory_is_causal: given.maybe_flag("memory_is_causal").unwrap_or(false),
    };
    let made = if let Some(layer) = model.downcast_ref::<MultiheadAttention>() {
        let default = Attend::default();
        let attend = Attend {
            key_padding_mask: given.tensor("key_padding_mask"),
            need_weights: given.maybe_flag("need_weights").unwrap_or(default.need_weights),
            attn_mask: given.tensor("attn_mask"),
            average_attn_weights: given
                .maybe_flag("average_attn_weights")
                .unwrap_or(default.average_attn_weights),
            is_causal: given.maybe_flag("is_causal").unwrap_or(default.is_causal),
        };
        let (output, weights) = layer.forward(tensor(0)?, tensor(1)?, tensor(2)?, attend)?;
        return Ok(Some([output].into_iter().chain(weights).collect()));
    } else if let Some(layer) = model.downcast_ref::<TransformerEncoderLayer>() {
        layer.forward(tensor(0)?, encode("src_mask"))?
    } else if let Some(layer) = model.downcast_ref::<TransformerEncoder>() {
        layer.forward(tensor(0)?, encode("mask"))?
    } else if let Some(layer) = model.downcast_ref::<TransformerDecoderLayer>() {
        layer.forward(tensor(0)?, tensor(1)?, decode())?
    } else if let Some(layer) = model.downcast_ref::<TransformerDecoder>() {
        layer.forward(tensor(0)?, tensor(1)?, decode())?
    } else if let Some(layer) = model.downcast_ref::<Transformer>() {
        let arguments = TransformerArguments { src: encode("src_mask"), tgt: decode() };
        layer.forward(tensor(0)?, tensor(1)?, arguments)?
    } else {
        return Ok(None);
    };
    Ok(Some(vec![made]))
}
