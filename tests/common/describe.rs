//! What a checkpoint holds, in the words of `tests/python/checkpoints.py`.

use std::collections::HashMap;

use anyhow::Result;
use shim::Storage;
use tch::Tensor;
use torch_exact::checkpoint::Value;

/// One line a value: its type and content; tensors by bits, objects and storages by number.
pub fn describe(value: &Value) -> Result<String> {
    let mut describer = Describer::default();
    describer.value("", value)?;
    Ok(describer.lines.join("\n"))
}

#[derive(Default)]
struct Describer {
    lines: Vec<String>,
    tensors: HashMap<usize, usize>,
    storages: HashMap<usize, usize>,
}

fn number(known: &mut HashMap<usize, usize>, key: usize) -> usize {
    let next = known.len();
    *known.entry(key).or_insert(next)
}

/// Bytes as hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The elements' bits in the order of the indices.
pub fn bits(tensor: &Tensor) -> Result<Vec<u8>> {
    let plain = tensor.f_detach()?.f_resolve_conj()?.f_resolve_neg()?.f_contiguous()?;
    let mut bytes = vec![0; plain.numel() * plain.f_kind()?.elt_size_in_bytes()];
    plain.f_copy_data_u8(&mut bytes, plain.numel())?;
    Ok(bytes)
}

impl Describer {
    fn tensor(&mut self, name: &str, t: &Tensor) -> Result<String> {
        let storage = Storage::from_tensor(t)?;
        let marks = [(t.f_is_conj()?, " conj"), (t.f_is_neg()?, " neg")];
        let marks: String = marks.iter().filter(|(set, _)| *set).map(|(_, mark)| *mark).collect();
        Ok(format!(
            "{name} {} {:?} object {} storage {} of {} offset {} stride {:?}{marks} {} {}",
            match Value::from(t.f_kind()?) {
                Value::Dtype(name) => name,
                _ => String::new(),
            },
            t.size(),
            number(&mut self.tensors, shim::identity(t)),
            number(&mut self.storages, storage.identity),
            storage.bytes,
            storage.offset,
            t.stride(),
            if t.requires_grad() { "grad" } else { "no grad" },
            hex(&bits(t)?),
        ))
    }

    fn value(&mut self, place: &str, value: &Value) -> Result<()> {
        let text = match value {
            Value::None => "NoneType None".to_owned(),
            Value::Bool(v) => format!("bool {}", if *v { "True" } else { "False" }),
            Value::Int(v) => format!("int {v}"),
            Value::Float(v) => format!("float {}", hex(&v.to_be_bytes())),
            Value::Complex(re, im) => {
                format!("complex {}{}", hex(&re.to_be_bytes()), hex(&im.to_be_bytes()))
            }
            Value::Str(v) => format!("str {}", hex(v.as_bytes())),
            Value::Bytes(v) => format!("bytes {}", hex(v)),
            Value::ByteArray(v) => format!("bytearray {}", hex(v)),
            Value::Tensor(t) => self.tensor("Tensor", t)?,
            Value::Parameter(t) => self.tensor("Parameter", t)?,
            Value::List(v) => format!("list {}", v.len()),
            Value::Tuple(v) => format!("tuple {}", v.len()),
            Value::Set(v) => format!("set {}", v.len()),
            Value::Dict(v) => format!("dict {}", v.len()),
            Value::Counter(v) => format!("Counter {}", v.len()),
            Value::OrderedDict { items, .. } => format!("OrderedDict {}", items.len()),
            Value::Size(v) => format!("Size {v:?}"),
            Value::Dtype(v) => format!("dtype torch.{v}"),
            Value::Device(v) => format!("device {v}"),
            other => format!("{other:?}"),
        };
        self.lines.push(format!("{place}: {text}"));
        for (index, item) in value.as_slice().unwrap_or_default().iter().enumerate() {
            self.value(&format!("{place}.{index}"), item)?;
        }
        for (index, (key, item)) in value.items().unwrap_or_default().iter().enumerate() {
            self.value(&format!("{place}.key{index}"), key)?;
            self.value(&format!("{place}.{index}"), item)?;
        }
        if let Value::OrderedDict { attributes, .. } = value {
            for (key, item) in attributes {
                let Value::Str(key) = key else { anyhow::bail!("an attribute without a name") };
                self.value(&format!("{place}.{key}"), item)?;
            }
        }
        Ok(())
    }
}
