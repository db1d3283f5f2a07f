//! `torch/nn/modules/rnn.py`: [`RNN`], [`LSTM`] and [`GRU`].

mod base;

use tch::{Kind, Tensor};

use super::utils::rnn::PackedSequence;
use super::{Module, Parts};
use crate::{Error, Result};
use base::{Base, Input};

/// What a recurrent layer takes beyond its sizes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RecurrentOptions {
    /// How many layers, each reading the one before; 1 by default.
    pub num_layers: i64,
    /// Whether there are biases; true by default.
    pub bias: bool,
    /// Whether the batch is the first dimension of input and output, before the time.
    pub batch_first: bool,
    /// The probability of an output of every layer but the last to be zeroed in training.
    pub dropout: f64,
    /// Whether each layer reads backwards too.
    pub bidirectional: bool,
    /// For an [`LSTM`], the size that the hidden state is projected to; 0 for none.
    pub proj_size: i64,
    /// The parameters' dtype, in which they are drawn.
    pub dtype: Kind,
}

impl Default for RecurrentOptions {
    fn default() -> Self {
        Self {
            num_layers: 1,
            bias: true,
            batch_first: false,
            dropout: 0.,
            bidirectional: false,
            proj_size: 0,
            dtype: Kind::Float,
        }
    }
}

fn one(mut states: Vec<Tensor>) -> Tensor {
    states.pop().unwrap_or_default()
}

fn two(mut states: Vec<Tensor>) -> (Tensor, Tensor) {
    let cell = states.pop().unwrap_or_default();
    (states.pop().unwrap_or_default(), cell)
}

/// A layer of one state or two.
macro_rules! recurrent {
    (
        $(#[$doc:meta])*
        $name:ident, $gates:literal, $operators:expr, $given:ty, $states:expr, $made:ty, $unpack:ident,
        [$($extra:ident: $type:ty = $default:expr)?]
    ) => {
        $(#[$doc])*
        ///
        /// # Shapes
        /// `[time, n, input_size] -> [time, n, directions · hidden]`, with `batch_first`
        /// `[n, time, …]`, without a batch `[time, …]`; a state
        /// `[num_layers · directions, n, hidden]`, zeros where none is given.
        ///
        /// It takes and gives states, so that it stands in no [`Sequential`](super::Sequential): its
        /// `forward` as a [`Module`] is refused, as such a sequence fails in Python.
        #[derive(Debug, Clone)]
        pub struct $name {
            base: Base,
            $($extra: $type,)?
        }

        impl $name {
            #[doc = concat!("`nn.", stringify!($name), "(input_size, hidden_size)`.")]
            ///
            /// # Errors
            /// As [`with_options`](Self::with_options).
            pub fn new(input_size: i64, hidden_size: i64) -> Result<Self> {
                Self::with_options(input_size, hidden_size, RecurrentOptions::default())
            }

            #[doc = concat!("`nn.", stringify!($name), "(input_size, hidden_size, num_layers=…, …)`.")]
            ///
            /// # Errors
            /// [`Error::Argument`] for sizes that are not positive, a dropout outside 0 to 1, and a
            /// `proj_size` that is too large or that the layer does not have.
            pub fn with_options(input_size: i64, hidden_size: i64, options: RecurrentOptions) -> Result<Self> {
                if stringify!($name) != "LSTM" && options.proj_size != 0 {
                    let accepted = "it is only supported for LSTM";
                    return Err(Error::argument("proj_size", options.proj_size, accepted));
                }
                let base = Base::new($gates, input_size, hidden_size, options)?;
                Ok(Self { base, $($extra: $default)? })
            }

            /// The output of each step and the state at the end: `output, state = layer(input, state)`.
            ///
            /// # Errors
            /// [`Error::Shape`] and [`Error::Argument`] for an input or a state of another shape or
            /// dtype.
            pub fn forward(&self, input: &Tensor, state: Option<$given>) -> Result<(Tensor, $made)> {
                let states = state.as_ref().map($states);
                let states = states.as_ref().map(|states| states.as_slice());
                let (output, last) =
                    self.base.run($operators(self), Input::Padded(input), states, &self.sizes())?;
                Ok((output, $unpack(last)))
            }

            /// [`forward`](Self::forward) of a batch of sequences of several lengths.
            ///
            /// # Errors
            /// As [`forward`](Self::forward).
            pub fn forward_packed(
                &self,
                input: &PackedSequence,
                state: Option<$given>,
            ) -> Result<(PackedSequence, $made)> {
                let states = state.as_ref().map($states);
                let states = states.as_ref().map(|states| states.as_slice());
                let made = self.base.run($operators(self), Input::Packed(input), states, &self.sizes())?;
                let (output, last) = self.base.packed(made, input);
                Ok((output, $unpack(last)))
            }
        }

        impl Module for $name {
            fn forward(&self, _: &Tensor) -> Result<Tensor> {
                let accepted = "a recurrent layer gives a state too: call its own forward, with or \
                                without one";
                Err(Error::argument("input", "one tensor", accepted))
            }

            fn extra_repr(&self) -> String {
                self.base.extra_repr()
            }

            fn parts(&self) -> Parts<'_> {
                self.base.parts()
            }
        }
    };
}

recurrent! {
    /// `torch.nn.RNN`: `h' = tanh(W x + b + V h + c)` at each step.
    RNN, 1,
    |it: &Self| match it.relu {
        false => ["aten::rnn_tanh.input", "aten::rnn_tanh.data"],
        true => ["aten::rnn_relu.input", "aten::rnn_relu.data"],
    },
    &Tensor, |state| [*state], Tensor, one,
    [relu: bool = false]
}
recurrent! {
    /// `torch.nn.GRU`: gated recurrent units.
    GRU, 3, |_: &Self| ["aten::gru.input", "aten::gru.data"],
    &Tensor, |state| [*state], Tensor, one, []
}
recurrent! {
    /// `torch.nn.LSTM`: long short-term memory; its state is the hidden one and the cell's.
    ///
    /// ```
    /// use torch_exact::nn::LSTM;
    /// use torch_exact::random;
    ///
    /// # fn main() -> torch_exact::Result<()> {
    /// let lstm = LSTM::new(4, 8)?;
    /// let (output, (hidden, cell)) = lstm.forward(&random::rand([5, 2, 4])?, None)?;
    /// assert_eq!(output.size(), [5, 2, 8]);
    /// let (next, _) = lstm.forward(&random::rand([1, 2, 4])?, Some((&hidden, &cell)))?;
    /// assert_eq!(next.size(), [1, 2, 8]);
    /// # Ok(())
    /// # }
    /// ```
    LSTM, 4, |_: &Self| ["aten::lstm.input", "aten::lstm.data"],
    (&Tensor, &Tensor), |state| [state.0, state.1], (Tensor, Tensor), two, []
}

impl RNN {
    /// The same with `relu` for `tanh`: `nonlinearity='relu'`.
    pub fn relu(self) -> Self {
        Self { relu: true, ..self }
    }

    fn sizes(&self) -> [i64; 1] {
        [self.base.hidden_size]
    }
}

impl GRU {
    fn sizes(&self) -> [i64; 1] {
        [self.base.hidden_size]
    }
}

impl LSTM {
    fn sizes(&self) -> [i64; 2] {
        let hidden = match self.base.options.proj_size {
            0 => self.base.hidden_size,
            size => size,
        };
        [hidden, self.base.hidden_size]
    }
}
