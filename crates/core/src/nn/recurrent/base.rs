//! `RNNBase`: what the recurrent layers have in common.

use shim::Argument;
use tch::{Device, Kind, Tensor};

use super::RecurrentOptions;
use crate::nn::aten::dimensions;
use crate::nn::utils::rnn::PackedSequence;
use crate::nn::{Parameter, Parts, Training, init};
use crate::{Error, Result, repr};

/// `RNNBase`: the weights of all layers and directions.
#[derive(Debug, Clone)]
pub(super) struct Base {
    weights: Vec<(String, Parameter)>,
    training: Training,
    input_size: i64,
    pub(super) hidden_size: i64,
    pub(super) options: RecurrentOptions,
}

/// What a layer reads.
#[derive(Clone, Copy)]
pub(super) enum Input<'a> {
    Padded(&'a Tensor),
    Packed(&'a PackedSequence),
}

impl Base {
    pub(super) fn new(
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
    pub(super) fn run(
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

    pub(super) fn extra_repr(&self) -> String {
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

    pub(super) fn parts(&self) -> Parts<'_> {
        let parts = self.weights.iter().fold(Parts::new(), |parts, (name, w)| parts.with(name, w));
        parts.with("training", &self.training)
    }

    /// A packed output of the same lengths.
    pub(super) fn packed(
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
