//! Python's printing, character for character.
//!
//! | Python | here |
//! | --- | --- |
//! | `print(tensor)`, `repr(tensor)` | [`Repr::repr`]; [`tensor()`] with [`PrintOptions`] |
//! | `print(parameter)` | [`parameter`] |
//! | `f"{tensor}"` | [`format()`] |
//! | `print(tensor.shape)` | [`Size`], which [`shape`](crate::ops::TensorExt::shape) gives |
//! | `print([a, b])`, `print((a, b))` | [`Repr::repr`] of a slice, `Vec`, array or tuple; [`tuple()`] |
//! | the last line of a notebook cell | [`pretty()`] |
//! | `print(model.state_dict())` | [`ordered_dict`] |
//! | `print(loss.item())`, `f"{x:.2f}"`, `f"{x:.4e}"` | [`Number`](crate::ops::Number) |
//! | `print(np.float32(x))` | [`Float32`](crate::numpy::Float32) |
//! | `f"{x:,.1f}"`, `f"{x:g}"` | [`formatted`] |
//! | `repr("text")` | [`string`] |
//!
//! Tensors follow `torch/_tensor_str.py` of PyTorch 2.11, the notebook form
//! `IPython/lib/pretty.py`. Sparse, quantized and nested tensors are refused with
//! [`Error::Unprintable`](crate::Error::Unprintable).
//!
//! ```
//! use tch::Tensor;
//! use torch_exact::repr::{Repr, pretty};
//!
//! let x = Tensor::from_slice(&[0.0_f32, 0.02]).view([2, 1]);
//! let both = (x.get(0), x);
//! assert_eq!(both.repr()?, "(tensor([0.]), tensor([[0.0000],\n        [0.0200]]))");
//! assert_eq!(pretty(&both)?, "(tensor([0.]),\n tensor([[0.0000],\n         [0.0200]]))");
//! # Ok::<(), torch_exact::Error>(())
//! ```

mod container;
mod format_spec;
mod formatter;
mod number;
mod options;
mod pretty;
mod size;
mod tensor;
mod values;

pub use crate::dtype::repr as dtype;
pub use container::{ordered_dict, tuple};
pub use format_spec::formatted;
pub(crate) use number::{boolean, fixed, float, float32, scientific};
pub use number::{complex, string};
pub use options::PrintOptions;
pub use pretty::{Printer, pretty};
pub use size::Size;
pub use tensor::{format, parameter, tensor};

use crate::Result;

/// A value that prints itself as Python does.
///
/// Implement [`repr`](Self::repr) alone for what is one piece of text; a container also says
/// where a notebook may break it.
pub trait Repr {
    /// Python's `repr`: what `print` shows of anything but a string.
    ///
    /// # Errors
    /// As [`tensor()`], for the tensors in it.
    fn repr(&self) -> Result<String>;

    /// Writes the notebook form; [`pretty()`] is the way to call it.
    ///
    /// # Errors
    /// As [`repr`](Self::repr).
    fn repr_pretty(&self, printer: &mut Printer) -> Result<()> {
        printer.lines(&self.repr()?);
        Ok(())
    }
}
