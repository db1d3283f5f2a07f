//! The initial parameters of layers other than `Linear`: uniforms within one or two bounds.
//!
//! Mirrors `reset_parameters` of `torch.nn.modules.conv._ConvNd` and `torch.nn.modules.rnn.RNNBase`.

/// A layer whose parameters are uniforms, in the order of `parameters()`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layer {
    /// `torch.nn.Conv1d` to `Conv3d` and `ConvTranspose1d` to `ConvTranspose3d`.
    Conv {
        /// How many of `kernel`'s sizes count: 1 to 3.
        dimensions: usize,
        /// `in_channels`.
        inputs: usize,
        /// `out_channels`.
        outputs: usize,
        /// `kernel_size`.
        kernel: [usize; 3],
        /// `groups`, which divides both channels.
        groups: usize,
        /// Whether there is a bias.
        bias: bool,
        /// Whether it is a `ConvTranspose`.
        transposed: bool,
    },
    /// `torch.nn.RNN`, `GRU` or `LSTM`.
    Recurrent {
        /// 1 for an RNN, 3 for a GRU, 4 for an LSTM.
        gates: usize,
        /// `input_size`.
        inputs: usize,
        /// `hidden_size`.
        hidden: usize,
        /// `num_layers`.
        layers: usize,
        /// Whether there are biases.
        bias: bool,
        /// Whether it reads both ways.
        bidirectional: bool,
    },
}

impl Layer {
    /// How many parameters it draws.
    pub(super) fn len(&self) -> usize {
        match *self {
            Self::Conv { outputs, bias, .. } => {
                self.weights().saturating_add(if bias { outputs } else { 0 })
            }
            Self::Recurrent { gates, inputs, hidden, layers, bias, bidirectional } => {
                let ways = if bidirectional { 2 } else { 1 };
                let biases = if bias { 2 } else { 0 };
                let cell = |width: usize| gates * hidden * (width + hidden + biases);
                ways * (cell(inputs) + (layers - 1) * cell(ways * hidden))
            }
        }
    }

    /// The values of a convolution's weight; all of a recurrent layer.
    fn weights(&self) -> usize {
        match *self {
            Self::Conv { inputs, outputs, groups, .. } => {
                self.area().saturating_mul(inputs).saturating_mul(outputs) / groups
            }
            Self::Recurrent { .. } => self.len(),
        }
    }

    fn area(&self) -> usize {
        match *self {
            Self::Conv { dimensions, kernel, .. } => kernel[..dimensions].iter().product(),
            Self::Recurrent { .. } => 1,
        }
    }

    /// The bounds of value `index`.
    pub(super) fn bounds(&self, index: usize) -> (f64, f64) {
        let bound = match *self {
            Self::Conv { inputs, outputs, groups, transposed, .. } => {
                // The fan-in is read from the weight's second size, which a transposed one swaps.
                let side = if transposed { outputs } else { inputs };
                let (weight, bias) = draws::linear_bounds(side / groups * self.area());
                if index < self.weights() { weight } else { bias }
            }
            Self::Recurrent { hidden, .. } => 1.0 / (hidden as f64).sqrt(),
        };
        (-bound, bound)
    }

    /// The shapes that its parameters have, in order.
    pub(crate) fn shapes(&self) -> Vec<Vec<usize>> {
        match *self {
            Self::Conv { dimensions, inputs, outputs, kernel, groups, bias, transposed } => {
                let (first, second) = if transposed {
                    (inputs, outputs / groups)
                } else {
                    (outputs, inputs / groups)
                };
                let weight = [&[first, second], &kernel[..dimensions]].concat();
                if bias { vec![weight, vec![outputs]] } else { vec![weight] }
            }
            Self::Recurrent { gates, inputs, hidden, layers, bias, bidirectional } => {
                let ways = if bidirectional { 2 } else { 1 };
                let rows = gates * hidden;
                let cell = |layer: usize| {
                    let width = if layer == 0 { inputs } else { ways * hidden };
                    let mut shapes = vec![vec![rows, width], vec![rows, hidden]];
                    if bias {
                        shapes.extend([vec![rows], vec![rows]]);
                    }
                    shapes
                };
                (0..layers * ways).flat_map(|i| cell(i / ways)).collect()
            }
        }
    }

    /// The class of `torch.nn`.
    pub(crate) fn class(&self) -> String {
        match *self {
            Self::Conv { dimensions, transposed, .. } => {
                format!("Conv{}{dimensions}d", if transposed { "Transpose" } else { "" })
            }
            Self::Recurrent { gates, .. } => match gates {
                1 => "RNN",
                3 => "GRU",
                _ => "LSTM",
            }
            .into(),
        }
    }

    /// The arguments, as Python takes them.
    pub(crate) fn arguments(&self) -> Vec<String> {
        let flag = |name: &str, on: bool| format!("{name}={}", if on { "True" } else { "False" });
        match *self {
            Self::Conv { dimensions, inputs, outputs, kernel, groups, bias, .. } => {
                let sizes: Vec<String> =
                    kernel[..dimensions].iter().map(ToString::to_string).collect();
                let kernel = if dimensions == 1 {
                    sizes[0].clone()
                } else {
                    format!("({})", sizes.join(","))
                };
                let mut all = vec![inputs.to_string(), outputs.to_string(), kernel];
                if groups > 1 {
                    all.push(format!("groups={groups}"));
                }
                if !bias {
                    all.push(flag("bias", false));
                }
                all
            }
            Self::Recurrent { inputs, hidden, layers, bias, bidirectional, .. } => {
                let mut all = vec![inputs.to_string(), hidden.to_string()];
                if layers > 1 {
                    all.push(format!("num_layers={layers}"));
                }
                if !bias {
                    all.push(flag("bias", false));
                }
                if bidirectional {
                    all.push(flag("bidirectional", true));
                }
                all
            }
        }
    }
}
