//! Layers and the parameters they are made of.

use std::rc::Rc;

use super::calls::Arguments;
use super::value::{Tensor, Value};
use super::{Machine, Object, What};
use crate::draw::{Draw, Dtype, Kind, Layer};

impl Machine<'_> {
    /// A layer of `torch.nn`; `None` for a class that is none.
    pub(super) fn layer(&mut self, path: &str, given: &Arguments) -> Option<Value> {
        let name = path.strip_prefix("torch.nn.")?;
        if name.contains('.') || !name.starts_with(char::is_uppercase) {
            return None;
        }
        if name == "Parameter" {
            return Some(given.positional.first().cloned().unwrap_or(Value::Unknown));
        }
        let mut attributes = Vec::new();
        let bias = !matches!(given.named("bias"), Some(Value::Bool(false)));
        let size = |place, name| given.get(place, name).and_then(Value::size);
        match name {
            "Linear" => {
                let bias = bias && !matches!(given.positional.get(2), Some(Value::Bool(false)));
                let (inputs, outputs) = (size(0, "in_features"), size(1, "out_features"));
                let what = match (inputs, outputs) {
                    (Some(inputs), Some(outputs))
                        if inputs > 0 && inputs.saturating_mul(outputs) < 1 << 27 =>
                    {
                        let kind = Kind::Linear { inputs, outputs, bias, dtype: Dtype::Float32 };
                        What::Draw(Draw { kind, shape: Vec::new() })
                    }
                    _ => What::Linear { inputs, outputs, bias },
                };
                let draw = self.event(what);
                let shapes = [
                    inputs.zip(outputs).map(|(inputs, outputs)| vec![outputs, inputs]),
                    outputs.map(|outputs| vec![outputs]),
                ];
                for (part, (name, shape)) in ["weight", "bias"].into_iter().zip(shapes).enumerate()
                {
                    if part == 0 || bias {
                        let tensor = Tensor { shape, origin: Some((draw, part)) };
                        attributes.push((name.to_owned(), Value::Tensor(tensor)));
                    }
                }
            }
            "Embedding" => match (size(0, "num_embeddings"), size(1, "embedding_dim")) {
                (Some(rows), Some(width)) => {
                    let kind = Kind::Embedding { dtype: Dtype::Float32 };
                    let mut weight = self.draw(kind, vec![rows, width]);
                    if given.named("padding_idx").is_some() {
                        weight = Value::tensor(None);
                    }
                    attributes.push(("weight".into(), weight));
                }
                _ => self.unknown_layer(name),
            },
            "RNN" | "GRU" | "LSTM" => self.recurrent(name, given, bias),
            _ if name.starts_with("Conv") => self.convolution(name, given, bias, &mut attributes),
            "Sequential" => {
                for (i, module) in given.positional.iter().enumerate() {
                    attributes.push((i.to_string(), module.clone()));
                }
            }
            "ModuleList" => {
                let modules = given.positional.first().and_then(Value::elements);
                for (i, module) in modules.unwrap_or_default().into_iter().enumerate() {
                    attributes.push((i.to_string(), module));
                }
            }
            "Dropout" => {
                let p = given.get(0, "p").cloned().unwrap_or(Value::Float(0.5));
                attributes.push(("p".into(), p));
            }
            "MultiheadAttention"
            | "Bilinear"
            | "Transformer"
            | "TransformerEncoderLayer"
            | "TransformerDecoderLayer"
            | "RNNCell"
            | "GRUCell"
            | "LSTMCell"
            | "EmbeddingBag" => {
                self.unknown_layer(name);
            }
            _ => {}
        }
        self.objects.push(Object { class: None, base: path.to_owned(), attributes });
        Some(Value::Object(self.objects.len() - 1))
    }

    fn unknown_layer(&mut self, name: &str) {
        self.unknown_draw(crate::Library::Torch, &format!("{name} of unknown sizes"));
    }

    fn recurrent(&mut self, name: &str, given: &Arguments, bias: bool) {
        let size = |place, name| given.get(place, name).and_then(Value::size);
        let gates = match name {
            "RNN" => 1,
            "GRU" => 3,
            _ => 4,
        };
        let layers = given.get(2, "num_layers").map_or(Some(1), Value::size);
        let bidirectional = matches!(given.named("bidirectional"), Some(Value::Bool(true)));
        match (size(0, "input_size"), size(1, "hidden_size"), layers) {
            (Some(inputs @ ..1_000_000), Some(hidden @ 1..10_000), Some(layers @ 1..1000)) => {
                let layer = Layer::Recurrent { gates, inputs, hidden, layers, bias, bidirectional };
                let kind = Kind::Layer { layer, dtype: Dtype::Float32 };
                self.event(What::Draw(Draw { kind, shape: Vec::new() }));
            }
            _ => self.unknown_layer(name),
        }
    }

    fn convolution(
        &mut self,
        name: &str,
        given: &Arguments,
        bias: bool,
        attributes: &mut Vec<(String, Value)>,
    ) {
        let size = |place, name| given.get(place, name).and_then(Value::size);
        let (transposed, digit) = match name.strip_prefix("ConvTranspose") {
            Some(rest) => (true, rest),
            None => (false, name.trim_start_matches("Conv")),
        };
        let dimensions = match digit {
            "1d" => 1,
            "2d" => 2,
            "3d" => 3,
            _ => return self.unknown_layer(name),
        };
        let groups = given.named("groups").map_or(Some(1), Value::size);
        let kernel = given.get(2, "kernel_size").and_then(Value::sizes).and_then(|sizes| {
            let mut kernel = [1; 3];
            match sizes[..] {
                [one] => kernel = [one; 3],
                _ if sizes.len() == dimensions => kernel[..dimensions].copy_from_slice(&sizes),
                _ => return None,
            }
            Some(kernel)
        });
        let known = (size(0, "in_channels"), size(1, "out_channels"), kernel, groups);
        let (
            Some(inputs @ 1..100_000),
            Some(outputs @ 1..100_000),
            Some(kernel),
            Some(groups @ 1..),
        ) = known
        else {
            return self.unknown_layer(name);
        };
        let whole = inputs.is_multiple_of(groups) && outputs.is_multiple_of(groups);
        if !whole || kernel.iter().any(|&k| !(1..1000).contains(&k)) || inputs * outputs > 1 << 24 {
            return self.unknown_layer(name);
        }
        let layer = Layer::Conv { dimensions, inputs, outputs, kernel, groups, bias, transposed };
        let kind = Kind::Layer { layer, dtype: Dtype::Float32 };
        let draw = self.event(What::Draw(Draw { kind, shape: Vec::new() }));
        for (part, (name, shape)) in ["weight", "bias"].into_iter().zip(layer.shapes()).enumerate()
        {
            let tensor = Tensor { shape: Some(shape), origin: Some((draw, part)) };
            attributes.push((name.into(), Value::Tensor(tensor)));
        }
    }

    /// Applies a layer: dropout draws.
    pub(super) fn call_layer(&mut self, id: usize, given: &Arguments) -> Value {
        let Some(object) = self.objects.get(id) else { return Value::Unknown };
        let modules: Vec<Value> =
            object.attributes.iter().map(|(_, value)| value.clone()).collect();
        match object.base.as_str() {
            "torch.nn.Dropout" => {
                self.dropout(given);
                given.positional.first().cloned().unwrap_or(Value::Unknown)
            }
            "torch.nn.Sequential" => {
                let mut value = given.positional.first().cloned().unwrap_or(Value::Unknown);
                for module in modules {
                    value = self.call(
                        module,
                        Arguments { positional: vec![value], ..Arguments::default() },
                    );
                }
                value
            }
            _ => Value::tensor(None),
        }
    }

    pub(super) fn dropout(&mut self, given: &Arguments) {
        let shape = match given.positional.first() {
            Some(Value::Tensor(tensor)) => tensor.shape.clone(),
            _ => None,
        };
        match shape {
            Some(shape) => {
                self.draw(Kind::Bernoulli { p: 0.5, scale: 2.0, intel: None }, shape);
            }
            None => {
                self.unknown_draw(crate::Library::Torch, "dropout of an unknown number of values");
            }
        }
    }

    /// The parameters of a value with their names: a module's own ones first, then its modules'.
    pub(super) fn parameters(
        &self,
        value: &Value,
        prefix: &str,
        depth: usize,
    ) -> Vec<(String, Value)> {
        let Value::Object(id) = value else { return Vec::new() };
        let Some(object) = self.objects.get(*id).filter(|_| depth < 50) else { return Vec::new() };
        let full = |name: &str| {
            if prefix.is_empty() { name.to_owned() } else { format!("{prefix}.{name}") }
        };
        let mut all = Vec::new();
        for (name, value) in &object.attributes {
            if let Value::Tensor(_) = value {
                all.push((full(name), value.clone()));
            }
        }
        for (name, value) in &object.attributes {
            if let Value::Object(_) = value {
                all.extend(self.parameters(value, &full(name), depth + 1));
            }
        }
        all
    }

    pub(super) fn state(&self, value: &Value) -> Value {
        Value::Map(Rc::new(self.parameters(value, "", 0)))
    }
}
