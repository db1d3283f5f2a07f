//! `torch/nn/modules/rnn.py`: [`RNNCell`], [`LSTMCell`] and [`GRUCell`], one step of a recurrent layer.

use shim::Argument;
use tch::{Device, Kind, Tensor};

use super::aten::{aten, aten2, dimensions};
use super::{Module, Parameter, init};
use crate::{Error, Result, parts};

/// What a cell takes beyond its sizes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CellOptions {
    /// Whether there are biases; true by default.
    pub bias: bool,
    /// The parameters' dtype, in which they are drawn.
    pub dtype: Kind,
}

impl Default for CellOptions {
    fn default() -> Self {
        Self { bias: true, dtype: Kind::Float }
    }
}

/// A cell, how many times its hidden size its weights have, what it does beyond, and its states.
macro_rules! cells {
    ($(
        $(#[$doc:meta])*
        $name:ident, $gates:literal, $given:ty, $made:ty, $step:ident
        $(, $extra:ident: $type:ty = $default:expr)?;
    )+) => {$(
        $(#[$doc])*
        ///
        /// # Shapes
        /// `[n, input_size] -> [n, hidden_size]`, or the same without `n`; a state
        /// `[n, hidden_size]`, zeros where none is given.
        ///
        /// Its `forward` as a [`Module`] is that without a state.
        #[derive(Debug, Clone)]
        pub struct $name {
            /// The weight of the input.
            pub weight_ih: Parameter,
            /// The weight of the hidden state.
            pub weight_hh: Parameter,
            /// The bias of the input, if there is one.
            pub bias_ih: Option<Parameter>,
            /// The bias of the hidden state, if there is one.
            pub bias_hh: Option<Parameter>,
            $($extra: $type,)?
        }

        impl $name {
            #[doc = concat!("`nn.", stringify!($name), "(input_size, hidden_size)`.")]
            ///
            /// # Errors
            /// A negative size, or one that memory does not hold.
            pub fn new(input_size: i64, hidden_size: i64) -> Result<Self> {
                Self::with_options(input_size, hidden_size, CellOptions::default())
            }

            #[doc = concat!("`nn.", stringify!($name), "(input_size, hidden_size, bias=…)`.")]
            ///
            /// # Errors
            /// As [`new`](Self::new), and a dtype that is not floating point.
            pub fn with_options(input_size: i64, hidden_size: i64, options: CellOptions) -> Result<Self> {
                let bound = if hidden_size > 0 { 1. / (hidden_size as f64).sqrt() } else { 0. };
                let drawn = |size: &[i64]| {
                    let weight = Tensor::f_empty(size, (options.dtype, Device::Cpu))?;
                    init::uniform_(&weight, -bound, bound)?;
                    Parameter::new(weight)
                };
                let rows = $gates * hidden_size;
                Ok(Self {
                    weight_ih: drawn(&[rows, input_size])?,
                    weight_hh: drawn(&[rows, hidden_size])?,
                    bias_ih: options.bias.then(|| drawn(&[rows])).transpose()?,
                    bias_hh: options.bias.then(|| drawn(&[rows])).transpose()?,
                    $($extra: $default,)?
                })
            }

            /// The next state: `cell(input, state)`.
            ///
            /// # Errors
            /// [`Error::Shape`] for an input or a state of other dimensions, and what libtorch refuses.
            pub fn forward(&self, input: &Tensor, state: Option<$given>) -> Result<$made> {
                self.$step(input, state)
            }

            /// The four parameters as an operator takes them.
            fn weights(&self) -> [Argument<'_>; 4] {
                let (bias_ih, bias_hh) = (self.bias_ih.as_deref(), self.bias_hh.as_deref());
                [(&*self.weight_ih).into(), (&*self.weight_hh).into(), bias_ih.into(), bias_hh.into()]
            }

            /// A state, or zeros, with a batch.
            fn state(&self, input: &Tensor, state: Option<&Tensor>) -> Result<Tensor> {
                dimensions(stringify!($name), &[1, 2], input)?;
                let hidden = self.weight_hh.size()[1];
                let Some(state) = state else {
                    let n = if input.dim() == 2 { input.size()[0] } else { 1 };
                    return Ok(Tensor::f_zeros([n, hidden], (input.kind(), input.device()))?);
                };
                dimensions(stringify!($name), &[1, 2], state)?;
                if input.dim() == 2 { Ok(state.shallow_clone()) } else { Ok(state.f_unsqueeze(0)?) }
            }

            fn printed(&self) -> String {
                let (input_size, hidden_size) = (self.weight_ih.size()[1], self.weight_hh.size()[1]);
                let bias = if self.bias_ih.is_some() { "" } else { ", bias=False" };
                format!("{input_size}, {hidden_size}{bias}")
            }
        }
    )+};
}

cells! {
    /// `torch.nn.RNNCell`: `h' = tanh(W x + b + V h + c)`.
    RNNCell, 1, &Tensor, Tensor, step,
    relu: bool = false;
    /// `torch.nn.GRUCell`: a gated recurrent unit.
    GRUCell, 3, &Tensor, Tensor, step;
    /// `torch.nn.LSTMCell`: long short-term memory; its state is the hidden one and the cell's.
    LSTMCell, 4, (&Tensor, &Tensor), (Tensor, Tensor), step;
}

fn batched(input: &Tensor) -> Result<Tensor> {
    if input.dim() == 2 { Ok(input.shallow_clone()) } else { Ok(input.f_unsqueeze(0)?) }
}

fn as_given(out: Tensor, input: &Tensor) -> Result<Tensor> {
    if input.dim() == 2 { Ok(out) } else { Ok(out.f_squeeze_dim(0)?) }
}

fn with_weights<'a>(
    input: &'a Tensor,
    state: Argument<'a>,
    weights: [Argument<'a>; 4],
) -> Vec<Argument<'a>> {
    [input.into(), state].into_iter().chain(weights).collect()
}

impl RNNCell {
    /// The same with `relu` for `tanh`: `nonlinearity='relu'`.
    pub fn relu(self) -> Self {
        Self { relu: true, ..self }
    }

    fn step(&self, input: &Tensor, state: Option<&Tensor>) -> Result<Tensor> {
        let (state, x) = (self.state(input, state)?, batched(input)?);
        let operator = if self.relu { "aten::rnn_relu_cell" } else { "aten::rnn_tanh_cell" };
        as_given(aten(operator, &with_weights(&x, (&state).into(), self.weights()))?, input)
    }
}

impl GRUCell {
    fn step(&self, input: &Tensor, state: Option<&Tensor>) -> Result<Tensor> {
        let (state, x) = (self.state(input, state)?, batched(input)?);
        as_given(aten("aten::gru_cell", &with_weights(&x, (&state).into(), self.weights()))?, input)
    }
}

impl LSTMCell {
    fn step(&self, input: &Tensor, state: Option<(&Tensor, &Tensor)>) -> Result<(Tensor, Tensor)> {
        let hidden = self.state(input, state.map(|(hidden, _)| hidden))?;
        // Without a state, both are the same zeros in Python.
        let cell = match state {
            None => hidden.shallow_clone(),
            Some((_, cell)) => self.state(input, Some(cell))?,
        };
        let (states, x) = ([hidden, cell], batched(input)?);
        let (hidden, cell) =
            aten2("aten::lstm_cell", &with_weights(&x, states.as_slice().into(), self.weights()))?;
        Ok((as_given(hidden, input)?, as_given(cell, input)?))
    }
}

impl Module for RNNCell {
    fn forward(&self, input: &Tensor) -> Result<Tensor> {
        self.step(input, None)
    }

    fn extra_repr(&self) -> String {
        format!("{}{}", self.printed(), if self.relu { ", nonlinearity=relu" } else { "" })
    }

    parts!(weight_ih, weight_hh, bias_ih, bias_hh);
}

impl Module for GRUCell {
    fn forward(&self, input: &Tensor) -> Result<Tensor> {
        self.step(input, None)
    }

    fn extra_repr(&self) -> String {
        self.printed()
    }

    parts!(weight_ih, weight_hh, bias_ih, bias_hh);
}

impl Module for LSTMCell {
    fn forward(&self, _: &Tensor) -> Result<Tensor> {
        let accepted = "an LSTMCell gives two states: call its own forward, with or without them";
        Err(Error::argument("input", "one tensor", accepted))
    }

    fn extra_repr(&self) -> String {
        self.printed()
    }

    parts!(weight_ih, weight_hh, bias_ih, bias_hh);
}
