//! Layers as Python makes them: `Linear(3, 2)`, `Conv2d(3, 8, 3)`, `LSTM(3, 4)`.

use super::arguments::{Arguments, Read, check_values};
use crate::draw::{Draw, Kind, Layer};

/// Reads the arguments of `torch.nn.Linear`.
pub(super) fn linear(arguments: &mut Arguments) -> Read<Kind> {
    let (dtype, bias) = (arguments.dtype()?, arguments.flag("bias", true)?);
    arguments.bind(&["in_features", "out_features"])?;
    let [inputs, outputs] = arguments.shape()?.unwrap_or_default()[..] else {
        return Err("a linear layer takes two numbers, in_features and out_features".into());
    };
    if inputs == 0 {
        return Err("a linear layer without inputs draws nothing".into());
    }
    let kind = Kind::Linear { inputs, outputs, bias, dtype };
    checked(kind)
}

/// Reads the arguments of a convolution or a recurrent layer; `None` for other names.
pub(super) fn other(name: &str, arguments: &mut Arguments) -> Option<Read<Kind>> {
    let dimensions = match name.strip_suffix('d')?.chars().last() {
        Some(digit @ '1'..='3') => digit as usize - '0' as usize,
        _ => return None,
    };
    match &name[..name.len() - 2] {
        "conv" => Some(convolution(dimensions, false, arguments)),
        "convtranspose" => Some(convolution(dimensions, true, arguments)),
        _ => None,
    }
}

fn convolution(dimensions: usize, transposed: bool, arguments: &mut Arguments) -> Read<Kind> {
    let dtype = arguments.dtype()?;
    let (bias, groups) = (arguments.flag("bias", true)?, arguments.number("groups", 1_usize)?);
    arguments.ignore(&["stride", "padding", "output_padding", "dilation", "padding_mode"]);
    arguments.bind(&["in_channels", "out_channels", "kernel_size"])?;
    let inputs: usize = arguments.first("in_channels")?;
    let outputs: usize = arguments.first("out_channels")?;
    let sizes = arguments.sizes("kernel_size")?;
    // Stride and padding may follow by place; they draw nothing.
    arguments.positional.truncate(arguments.positional.len().saturating_sub(2));
    arguments.end()?;
    let kernel = match sizes[..] {
        [one] => [one; 3],
        _ if sizes.len() == dimensions => {
            let mut kernel = [1; 3];
            kernel[..dimensions].copy_from_slice(&sizes);
            kernel
        }
        _ => return Err(format!("its kernel_size has {} sizes, not {dimensions}", sizes.len())),
    };
    if groups == 0 || !inputs.is_multiple_of(groups) || !outputs.is_multiple_of(groups) {
        return Err("its groups must divide both numbers of channels".into());
    }
    let sizes = [&[inputs, outputs], &kernel[..dimensions]].concat();
    if sizes.contains(&0) {
        return Err("a convolution without channels or kernel draws nothing".into());
    }
    check_values(sizes.iter().try_fold(1_usize, |n, &d| n.checked_mul(d)))?;
    let layer = Layer::Conv { dimensions, inputs, outputs, kernel, groups, bias, transposed };
    Ok(Kind::Layer { layer, dtype })
}

/// Reads the arguments of `torch.nn.RNN`, `GRU` or `LSTM`.
pub(super) fn recurrent(gates: usize, arguments: &mut Arguments) -> Read<Kind> {
    let dtype = arguments.dtype()?;
    let bias = arguments.flag("bias", true)?;
    let bidirectional = arguments.flag("bidirectional", false)?;
    arguments.ignore(&["batch_first", "dropout", "nonlinearity"]);
    arguments.bind(&["input_size", "hidden_size", "num_layers"])?;
    let [inputs, hidden, ref rest @ ..] = arguments.shape()?.unwrap_or_default()[..] else {
        return Err("a recurrent layer takes input_size and hidden_size".into());
    };
    let layers = match rest {
        [] => 1,
        [layers] => *layers,
        _ => return Err("a recurrent layer takes input_size, hidden_size and num_layers".into()),
    };
    if hidden == 0 || layers == 0 || layers > 1 << 16 {
        return Err("a recurrent layer has at least one unit and one layer".into());
    }
    let most = [gates, hidden, inputs.saturating_add(2 * hidden.min(1 << 30) + 2), layers, 2];
    check_values(most.iter().try_fold(1_usize, |n, &d| n.checked_mul(d)))?;
    let layer = Layer::Recurrent { gates, inputs, hidden, layers, bias, bidirectional };
    Ok(Kind::Layer { layer, dtype })
}

fn checked(kind: Kind) -> Read<Kind> {
    if let Kind::Linear { inputs, outputs, .. } = kind {
        check_values(inputs.checked_add(1).and_then(|n| n.checked_mul(outputs)))?;
    }
    check_values(Some(Draw { kind, shape: Vec::new() }.len()))?;
    Ok(kind)
}
