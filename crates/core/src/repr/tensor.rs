//! The text of a tensor: `_str_intern` and its helpers of `torch/_tensor_str.py`.

use tch::{Device, Kind, Tensor};

use super::formatter::{self, Cells};
use super::values::{self, Dim, Values};
use super::{PrintOptions, Repr as _, number, size};
use crate::{Error, Result, dtype};

const PREFIX: &str = "tensor(";

/// Python's `repr` (and `print`) of a tensor; [`Repr::repr`](super::Repr::repr) has PyTorch's default options.
///
/// Any shape and any dtype that tch has, on the CPU or a CUDA device; the suffixes `device`,
/// `size`, `dtype`, `requires_grad` and `grad_fn` as PyTorch adds them when the default dtype is
/// `float32` and the default device the CPU.
///
/// # Errors
/// [`Error::Unprintable`] for sparse, MKL-DNN, quantized, nested and undefined tensors and for
/// devices other than CPU and CUDA; [`Error::Torch`] where libtorch cannot read the tensor.
///
/// ```
/// use tch::Tensor;
/// use torch_exact::repr::{self, PrintOptions};
///
/// let row = Tensor::from_slice(&[1.0_f32, 2.5]).set_requires_grad(true);
/// let options = PrintOptions { precision: 2, ..Default::default() };
/// assert_eq!(repr::tensor(&row, &options)?, "tensor([1.00, 2.50], requires_grad=True)");
/// # Ok::<(), torch_exact::Error>(())
/// ```
pub fn tensor(tensor: &Tensor, options: &PrintOptions) -> Result<String> {
    let kind = supported(tensor)?;
    let shape = tensor.size();
    let mut suffixes = Vec::new();
    if let Device::Cuda(index) = tensor.device() {
        suffixes.push(format!("device='cuda:{index}'"));
    }
    let default_dtype = if tensor.numel() == 0 {
        // Nothing to infer a dtype from, so that even int64 is spelt out.
        if shape.len() != 1 {
            suffixes.push(format!("size={}", size::tuple(&shape)));
        }
        kind == Kind::Float
    } else {
        if options.edgeitems == 0 {
            suffixes.push(format!("size={}", size::tuple(&shape)));
        }
        matches!(kind, Kind::Float | Kind::ComplexFloat | Kind::Int64 | Kind::Bool)
    };
    if !default_dtype {
        suffixes.push(format!("dtype={}", dtype::repr(kind)));
    }
    if let Some(name) = grad_fn_name(tensor) {
        suffixes.push(format!("grad_fn=<{name}>"));
    } else if tensor.requires_grad() {
        suffixes.push("requires_grad=True".to_owned());
    }
    let body = body(tensor, &shape, options)?;
    Ok(add_suffixes(format!("{PREFIX}{body}"), &suffixes, options.linewidth))
}

/// Python's `f"{tensor}"`: the number itself for a tensor of no dimensions, else as [`tensor()`].
///
/// A `Parameter` of no dimensions is printed whole by Python; use [`parameter`] for it.
///
/// # Errors
/// As [`tensor()`].
///
/// ```
/// let loss = tch::Tensor::from(0.1_f32);
/// assert_eq!(torch_exact::repr::format(&loss)?, "0.10000000149011612");
/// # Ok::<(), torch_exact::Error>(())
/// ```
pub fn format(tensor: &Tensor) -> Result<String> {
    supported(tensor)?;
    if tensor.dim() != 0 {
        return tensor.repr();
    }
    let (values, _) = values::read(tensor, None)?;
    let text = match &values {
        Values::Bools(v) => v.first().map(|&b| number::boolean(b).to_owned()),
        Values::Integers(v) => v.first().map(i64::to_string),
        Values::Floats(v) => v.first().map(|&x| number::float(x)),
        Values::Complexes { real, imag } => {
            real.first().zip(imag.first()).map(|(&re, &im)| number::complex(re, im))
        }
    };
    text.map_or_else(|| tensor.repr(), Ok)
}

/// Python's `repr` of an `nn.Parameter`: the tensor under a line of its own.
///
/// # Errors
/// As [`tensor()`].
pub fn parameter(parameter: &Tensor) -> Result<String> {
    Ok(format!("Parameter containing:\n{}", parameter.repr()?))
}

/// Refuses what this module cannot print, before any call of tch that would panic on it.
fn supported(tensor: &Tensor) -> Result<Kind> {
    if !tensor.defined() {
        return Err(Error::Unprintable { what: "an undefined tensor", remedy: "give it a value" });
    }
    // Of a dense tensor a view in its own shape always exists, of any other never.
    if tensor.f_detach()?.f_view_as(tensor).is_err() {
        return Err(Error::Unprintable {
            what: "a sparse, nested or MKL-DNN tensor",
            remedy: "call to_dense, or take the components of a nested one,",
        });
    }
    if !matches!(tensor.device(), Device::Cpu | Device::Cuda(_)) {
        return Err(Error::Unprintable {
            what: "a tensor that is neither on the CPU nor on a CUDA device",
            remedy: "move it to the CPU",
        });
    }
    match tensor.f_kind()? {
        Kind::QInt8 | Kind::QUInt8 | Kind::QInt32 => {
            Err(Error::Unprintable { what: "a quantized tensor", remedy: "call dequantize" })
        }
        kind => Ok(kind),
    }
}

/// The class name of the node that made the tensor; none for a leaf.
///
/// The question itself fails for one thing, a view made and changed without gradients; PyTorch
/// catches that and prints `<Invalid>`.
fn grad_fn_name(tensor: &Tensor) -> Option<String> {
    shim::grad_fn_name(tensor).unwrap_or_else(|_| Some("Invalid".to_owned()))
}

/// `_tensor_str`: the bracketed numbers.
fn body(tensor: &Tensor, shape: &[i64], options: &PrintOptions) -> Result<String> {
    if tensor.numel() == 0 {
        return Ok("[]".to_owned());
    }
    let summarize = tensor.numel() > options.threshold;
    if summarize && options.edgeitems == 0 && !shape.is_empty() {
        return Ok("[...]".to_owned());
    }
    let (values, dims) = values::read(tensor, summarize.then_some(options.edgeitems))?;
    let cells = formatter::cells(&values, options);
    let mut layout =
        Layout { cells: &cells, next: 0, linewidth: options.linewidth, out: String::new() };
    layout.write(&dims, PREFIX.len());
    Ok(layout.out)
}

/// Sets formatted elements into nested brackets.
struct Layout<'a> {
    cells: &'a Cells,
    /// The first element not yet written; elements are consumed row by row.
    next: usize,
    linewidth: usize,
    out: String,
}

impl Layout<'_> {
    /// `_tensor_str_with_formatter`.
    fn write(&mut self, dims: &[Dim], indent: usize) {
        match dims {
            [] => self.take(),
            [row] => self.vector(*row, indent),
            [outer, inner @ ..] => {
                let separator = format!(",{}{}", "\n".repeat(inner.len()), " ".repeat(indent + 1));
                self.out.push('[');
                for i in 0..outer.len {
                    if i > 0 {
                        self.out.push_str(&separator);
                    }
                    if outer.cut == Some(i) {
                        self.out.push_str("...");
                        self.out.push_str(&separator);
                    }
                    self.write(inner, indent + 1);
                }
                self.out.push(']');
            }
        }
    }

    /// `_vector_str`: as many elements on a line as fit, counting the `...` as one.
    fn vector(&mut self, row: Dim, indent: usize) {
        let per_line = (self.linewidth.saturating_sub(indent) / (self.cells.width + 2)).max(1);
        let line_break = format!(",\n{}", " ".repeat(indent + 1));
        let mut position = 0;
        self.out.push('[');
        for i in 0..row.len {
            if row.cut == Some(i) {
                self.separate(position, per_line, &line_break);
                self.out.push_str(" ...");
                position += 1;
            }
            self.separate(position, per_line, &line_break);
            self.take();
            position += 1;
        }
        self.out.push(']');
    }

    fn separate(&mut self, position: usize, per_line: usize, line_break: &str) {
        if position > 0 {
            let at_line_end = position.is_multiple_of(per_line);
            self.out.push_str(if at_line_end { line_break } else { ", " });
        }
    }

    fn take(&mut self) {
        if let Some(cell) = self.cells.text.get(self.next) {
            self.out.push_str(cell);
        }
        self.next += 1;
    }
}

/// `_add_suffixes`: on the last line while there is room, else on a line of their own.
fn add_suffixes(mut text: String, suffixes: &[String], linewidth: usize) -> String {
    let last_line = text.rfind('\n').map_or(text.len() + 1, |newline| text.len() - newline);
    let mut last_line_len = last_line + 1;
    for suffix in suffixes {
        if last_line_len + suffix.len() + 2 > linewidth {
            text.push_str(",\n");
            text.push_str(&" ".repeat(PREFIX.len()));
            last_line_len = PREFIX.len() + suffix.len();
        } else {
            text.push_str(", ");
            last_line_len += suffix.len() + 2;
        }
        text.push_str(suffix);
    }
    text.push(')');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn suffixed(text: &str, suffixes: &[&str]) -> String {
        let suffixes: Vec<String> = suffixes.iter().map(ToString::to_string).collect();
        add_suffixes(text.to_owned(), &suffixes, 80)
    }

    #[test]
    fn suffixes_stay_on_the_line_while_they_fit() {
        assert_eq!(
            suffixed("tensor([1.]", &["device='cuda:0'", "grad_fn=<AddBackward0>"]),
            "tensor([1.], device='cuda:0', grad_fn=<AddBackward0>)"
        );
        assert_eq!(suffixed("tensor(1.", &[]), "tensor(1.)");
    }

    #[test]
    fn a_suffix_that_does_not_fit_starts_a_line() {
        let line = format!("tensor([{}]", "1, ".repeat(18));
        assert_eq!(
            suffixed(&line, &["dtype=torch.int8", "requires_grad=True"]),
            format!("{line},\n       dtype=torch.int8, requires_grad=True)")
        );
        // Only the last line counts.
        let two = format!("{line}\n        1]");
        assert_eq!(suffixed(&two, &["dtype=torch.int8"]), format!("{two}, dtype=torch.int8)"));
    }
}
