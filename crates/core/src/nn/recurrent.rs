//! `torch/nn/modules/rnn.py`: [`RNN`], [`LSTM`] and [`GRU`].

use shim::Argument;
use tch::{Device, Kind, Tensor};

use super::aten::dimensions;
use super::utils::rnn::PackedSequence;
use super::{Module, Parameter, Parts, Training, init};
use crate::{Error, Result, repr};

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

/// `RNNBase`: the weights of all layers and directions.
#[derive(Debug, Clone)]
struct Base {
    weights: Vec<(String, Parameter)>,
    training: Training,
    input_size: i64,
    hidden_size: i64,
    options: RecurrentOptions,
}

/// What a layer reads.
#[derive(Clone, Copy)]
enum Input<'a> {
    Padded(&'a Tensor),
    Packed(&'a PackedSequence),
}

impl Base {
    fn new(
        gates: i64,
        input_size: i64,
        hidden_size: i64,
        options: RecurrentOptions,
    ) -> Result<Self> {
        let RecurrentOptions { num_layers, bias, dropout, bidirectional, proj_size, dtype, .. } =
            options;
        let sizes =
            [("input_size", input_size), ("hidden_size", hidden_size), ("num_layers", num_layers)];
        if let Some((name, size)) = sizes.into_iter().find(|(_, size)| *size <= 0) {
            return Err(Error::argument(name, size, "it must be greater than zero"));
        }
        if !(0. ..=1.).contains(&dropout) {
            let accepted = "a dropout probability has to be between 0 and 1";
            return Err(Error::argument("dropout", dropout, accepted));
        }
        if proj_size < 0 || proj_size >= hidden_size {
            let accepted = "it is zero or more and smaller than hidden_size";
            return Err(Error::argument("proj_size", proj_size, accepted));
        }
        let rows = gates * hidden_size;
        let hidden = if proj_size > 0 { proj_size } else { hidden_size };
        let (directions, stdv) = (1 + i64::from(bidirectional), 1. / (hidden_size as f64).sqrt());
        let mut weights = vec![];
        for layer in 0..num_layers {
            for suffix in ["", "_reverse"].into_iter().take(directions as usize) {
                let inputs = if layer == 0 { input_size } else { hidden * directions };
                let mut add = |name: &str, size: &[i64]| -> Result<()> {
                    let weight = Tensor::f_empty(size, (dtype, Device::Cpu))?;
                    init::uniform_(&weight, -stdv, stdv)?;
                    weights.push((format!("{name}_l{layer}{suffix}"), Parameter::new(weight)?));
                    Ok(())
                };
                add("weight_ih", &[rows, inputs])?;
                add("weight_hh", &[rows, hidden])?;
                if bias {
                    add("bias_ih", &[rows])?;
                    add("bias_hh", &[rows])?;
                }
                if proj_size > 0 {
                    add("weight_hr", &[proj_size, hidden_size])?;
                }
            }
        }
        Ok(Self { weights, training: Training::default(), input_size, hidden_size, options })
    }

    /// Runs an operator: `operators` for a padded and for a packed input. `states` are the hidden state
    /// and, for an LSTM, the cell's; none is zeros. Returns the output and the states at the end.
    fn run(
        &self,
        operators: [&'static str; 2],
        input: Input,
        states: Option<&[&Tensor]>,
        sizes: &[i64],
    ) -> Result<(Tensor, Vec<Tensor>)> {
        let options = self.options;
        let batch_dim = if options.batch_first { 0 } else { 1 };
        let (data, batch, batched) = match input {
            Input::Packed(packed) => {
                (packed.data.shallow_clone(), packed.batch_sizes.f_int64_value(&[0])?, true)
            }
            Input::Padded(input) => {
                dimensions("a recurrent layer", &[2, 3], input)?;
                let batched = input.dim() == 3;
                let data =
                    if batched { input.shallow_clone() } else { input.f_unsqueeze(batch_dim)? };
                let batch = data.size()[batch_dim as usize];
                (data, batch, batched)
            }
        };
        self.check(&data)?;
        let layers = options.num_layers * (1 + i64::from(options.bidirectional));
        let mut hx = vec![];
        for (i, &size) in sizes.iter().enumerate() {
            let expected = [layers, batch, size];
            hx.push(match states {
                None => Tensor::f_zeros(expected, (data.kind(), data.device()))?,
                Some(states) => state(states[i], batched, &expected, input)?,
            });
        }
        let made = self.call(operators, &data, input, &hx)?;
        let mut made = made.into_iter();
        let output = made.next().ok_or_else(|| Error::Torch("no output".to_owned()))?;
        let last = made.map(|state| match input {
            Input::Packed(packed) => packed.unsorted(&state, 1),
            Input::Padded(_) if batched => Ok(state),
            Input::Padded(_) => Ok(state.f_squeeze_dim(1)?),
        });
        let last = last.collect::<Result<_>>()?;
        Ok((if batched { output } else { output.f_squeeze_dim(batch_dim)? }, last))
    }

    fn call(
        &self,
        operators: [&'static str; 2],
        data: &Tensor,
        input: Input,
        hx: &[Tensor],
    ) -> Result<Vec<Tensor>> {
        let RecurrentOptions { num_layers, bias, batch_first, dropout, bidirectional, .. } =
            self.options;
        let weights: Vec<_> =
            self.weights.iter().map(|(_, weight)| weight.shallow_clone()).collect();
        let mut arguments: Vec<Argument> = vec![data.into()];
        if let Input::Packed(packed) = input {
            arguments.push((&packed.batch_sizes).into());
        }
        arguments.push(if hx.len() == 1 { (&hx[0]).into() } else { hx.into() });
        let training = self.training.get();
        let options = [weights.as_slice().into(), bias.into(), num_layers.into(), dropout.into()];
        arguments.extend::<[Argument; 4]>(options);
        arguments.extend::<[Argument; 2]>([training.into(), bidirectional.into()]);
        Ok(match input {
            Input::Packed(_) => shim::operator(operators[1], &arguments)?,
            Input::Padded(_) => {
                arguments.push(batch_first.into());
                shim::operator(operators[0], &arguments)?
            }
        })
    }

    /// `check_input`.
    fn check(&self, data: &Tensor) -> Result<()> {
        let expected = self.weights.first().map_or(Kind::Float, |(_, weight)| weight.kind());
        if data.kind() != expected {
            let accepted = "a recurrent layer takes an input of its weights' dtype";
            return Err(Error::argument("input.dtype", format!("{:?}", data.kind()), accepted));
        }
        let size = data.size();
        if size.last() == Some(&self.input_size) {
            return Ok(());
        }
        Err(Error::Shape {
            operation: "a recurrent layer",
            expected: format!("an input of shape [*, {}]", self.input_size),
            found: format!("{size:?}"),
        })
    }

    fn extra_repr(&self) -> String {
        let RecurrentOptions {
            num_layers,
            bias,
            batch_first,
            dropout,
            bidirectional,
            proj_size,
            ..
        } = self.options;
        let mut text = format!("{}, {}", self.input_size, self.hidden_size);
        let said = [
            (proj_size != 0).then(|| format!("proj_size={proj_size}")),
            (num_layers != 1).then(|| format!("num_layers={num_layers}")),
            (!bias).then(|| "bias=False".to_owned()),
            batch_first.then(|| "batch_first=True".to_owned()),
            (dropout != 0.).then(|| format!("dropout={}", repr::float(dropout))),
            bidirectional.then(|| "bidirectional=True".to_owned()),
        ];
        said.into_iter().flatten().for_each(|part| text.push_str(&format!(", {part}")));
        text
    }

    fn parts(&self) -> Parts<'_> {
        let parts = self.weights.iter().fold(Parts::new(), |parts, (name, w)| parts.with(name, w));
        parts.with("training", &self.training)
    }

    /// A packed output of the same lengths.
    fn packed(
        &self,
        (output, states): (Tensor, Vec<Tensor>),
        like: &PackedSequence,
    ) -> (PackedSequence, Vec<Tensor>) {
        (like.with_data(output), states)
    }
}

/// A state as the operator takes it: with a batch, in the order of the lengths.
fn state(given: &Tensor, batched: bool, expected: &[i64], input: Input) -> Result<Tensor> {
    let state = match input {
        Input::Packed(packed) => packed.sorted(given, 1)?,
        Input::Padded(_) if !batched && given.dim() == 2 => given.f_unsqueeze(1)?,
        Input::Padded(_) => given.shallow_clone(),
    };
    let fits = state.size() == expected && (batched || given.dim() == 2);
    if fits {
        return Ok(state);
    }
    Err(Error::Shape {
        operation: "a recurrent layer",
        expected: format!("a state of shape {expected:?}"),
        found: format!("{:?}", given.size()),
    })
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
