//! The tensors of a training under names, in order, and those of both sides compared.

use anyhow::{Context as _, bail, ensure};
use parity::{Elements, OutputDifference, Verdict};
use safetensors::{Dtype, SafeTensors};
use tch::{Kind, Tensor};
use torch_exact::dtype;

use crate::outcome::Outcome;

/// Differing tensors that a report lists.
const LISTED: usize = 20;

/// What one side has recorded.
#[derive(Debug, Default)]
pub struct Trace {
    prefix: String,
    tensors: Vec<Recorded>,
}

#[derive(Debug)]
struct Recorded {
    name: String,
    /// PyTorch's name of it.
    dtype: &'static str,
    shape: Vec<usize>,
    bytes: Vec<u8>,
}

impl Trace {
    /// Puts what is recorded from here on under this batch, or under none.
    pub fn step(&mut self, batch: Option<(u32, usize)>) {
        self.prefix =
            batch.map(|(epoch, batch)| format!("{epoch:05}/{batch:05}/")).unwrap_or_default();
    }

    /// Records a copy of a tensor as it is now.
    pub fn record(&mut self, name: &str, tensor: &Tensor) -> anyhow::Result<()> {
        let name = format!("{}{name}", self.prefix);
        ensure!(tensor.defined(), "{name} has no value to record");
        let dtype = dtype::name(tensor.kind());
        let is_known = matches!(dtype, "float32" | "float64" | "int64" | "uint8");
        ensure!(is_known, "{name} has dtype {dtype}, which no training records");
        let mut bytes = vec![0; tensor.numel() * tensor.kind().elt_size_in_bytes()];
        if !bytes.is_empty() {
            let tensor = tensor.f_contiguous()?;
            tensor.f_copy_data_u8(&mut bytes, tensor.numel())?;
        }
        let shape = tensor.size().into_iter().map(|size| size.unsigned_abs() as usize).collect();
        self.tensors.push(Recorded { name, dtype, shape, bytes });
        Ok(())
    }

    /// What Python recorded: a safetensors file with the names in order of recording.
    pub fn from_python(bytes: &[u8]) -> anyhow::Result<Self> {
        let file = SafeTensors::deserialize(bytes)?;
        let (_, header) = SafeTensors::read_metadata(bytes)?;
        let order = header.metadata().as_ref().and_then(|metadata| metadata.get("order"));
        let order: Vec<String> = serde_json::from_str(order.context("it names no order")?)?;
        ensure!(order.len() == file.len(), "it names {} of {} tensors", order.len(), file.len());
        let recorded = |name: String| {
            let tensor = file.tensor(&name)?;
            let dtype = match tensor.dtype() {
                Dtype::F32 => Kind::Float,
                Dtype::F64 => Kind::Double,
                Dtype::I64 => Kind::Int64,
                Dtype::U8 => Kind::Uint8,
                other => bail!("{name} has dtype {other:?}, which no training records"),
            };
            let dtype = dtype::name(dtype);
            let (shape, bytes) = (tensor.shape().to_vec(), tensor.data().to_vec());
            Ok(Recorded { name, dtype, shape, bytes })
        };
        let tensors = order.into_iter().map(recorded).collect::<anyhow::Result<_>>()?;
        Ok(Self { prefix: String::new(), tensors })
    }
}

/// Compares what Rust and Python recorded, bit for bit.
pub fn compare(rust: &Trace, python: &Trace) -> Outcome {
    let mut outcome = Outcome {
        verdict: Verdict::Identical,
        compared: 0,
        identical: 0,
        largest_ulp: 0,
        report: String::new(),
        replayed: None,
    };
    let mut lines = Vec::new();
    for (a, b) in rust.tensors.iter().zip(&python.tensors) {
        let what =
            |tensor: &Recorded| format!("{} {} {:?}", tensor.name, tensor.dtype, tensor.shape);
        if what(a) != what(b) {
            outcome.verdict = Verdict::NotComparable;
            lines.push(format!("Rust records {} where Python records {}", what(a), what(b)));
            break;
        }
        outcome.compared += 1;
        let Some(elements) = Elements::compare(a.dtype, &a.shape, &a.bytes, &b.bytes) else {
            outcome.identical += 1;
            continue;
        };
        outcome.verdict = Verdict::Different;
        outcome.largest_ulp = outcome.largest_ulp.max(elements.largest_ulp);
        let (dtype, shape) = (a.dtype.into(), a.shape.clone());
        let difference = OutputDifference::Elements { dtype, shape, elements };
        lines.push(format!("{}: {difference}", a.name));
    }
    let lengths = [rust, python].map(|side| side.tensors.len());
    if lines.is_empty() && lengths[0] != lengths[1] {
        outcome.verdict = Verdict::NotComparable;
        lines.push(format!("Rust records {} tensors and Python {}", lengths[0], lengths[1]));
    }
    if lines.len() > LISTED {
        let more = lines.len() - LISTED;
        lines.truncate(LISTED);
        lines.push(format!("and {more} more"));
    }
    outcome.report = lines.join("\n");
    outcome
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Three tensors, one of them as `change` leaves it.
    fn recorded(change: impl Fn(&mut Trace)) -> Trace {
        let mut trace = Trace::default();
        trace.record("x", &Tensor::from_slice(&[1_f32, 2.]).view([2, 1])).unwrap();
        trace.step(Some((0, 3)));
        trace.record("loss", &Tensor::from(0.5)).unwrap();
        trace.record("indices", &Tensor::from_slice(&[2_i64, 0])).unwrap();
        change(&mut trace);
        trace
    }

    #[test]
    fn a_bit_is_a_difference_and_a_name_dtype_shape_or_count_not_comparable() {
        let sound = recorded(|_| {});
        let same = compare(&sound, &recorded(|_| {}));
        assert_eq!((same.verdict, same.compared, same.identical), (Verdict::Identical, 3, 3));
        let bit = compare(&sound, &recorded(|trace| trace.tensors[1].bytes[0] ^= 1));
        assert_eq!((bit.verdict, bit.identical, bit.largest_ulp), (Verdict::Different, 2, 1));
        assert!(bit.report.starts_with("00000/00003/loss: float64 []: 1 of 1 "), "{}", bit.report);
        let changes: [fn(&mut Trace); 4] = [
            |trace| trace.tensors[2].name.push('s'),
            |trace| trace.tensors[2].dtype = "float64",
            |trace| trace.tensors[0].shape = vec![2],
            |trace| drop(trace.tensors.pop()),
        ];
        for change in changes {
            for (a, b) in [(&sound, &recorded(change)), (&recorded(change), &sound)] {
                assert_eq!(compare(a, b).verdict, Verdict::NotComparable);
            }
        }
    }

    #[test]
    fn what_has_no_value_or_another_dtype_is_refused() {
        let mut trace = Trace::default();
        assert!(trace.record("grad", &Tensor::new()).is_err());
        assert!(trace.record("mask", &Tensor::from(true)).is_err());
    }
}
