//! A linear regression's training, computed as another processor computes it.
//!
//! At these sizes the arithmetic of libtorch is a handful of forms: in which order a product's terms
//! are added, and whether a multiplication and an addition are fused. They are written out here in
//! Rust, so that a run can be replayed without libtorch and on any processor, to the last bit.
//!
//! Known are layers of up to 8 inputs and 4 outputs, of float32, computed by one thread as PyTorch 2.11
//! computes and as 1.6 does: on AMD's processors, in MKL's `COMPATIBLE` branch, on Intel's with AVX2, and,
//! 2.11 alone, on Intel's with AVX-512 for three inputs and two outputs. What is not known, for some
//! sizes on each, is [`Error::Unknown`], never a guess.

mod explain;
mod form;
mod sum;

pub use explain::{Difference, Explanation, Recording, Verdict, explain};
pub use form::{Mkl, Processor};
pub use sum::Sums;

use crate::error::{Error, Result};

/// What computes: the processor, and whether ATen's own kernels fuse, as those for AVX2 do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Machine {
    /// Whose code MKL takes for products.
    pub processor: Processor,
    /// Which MKL's.
    pub mkl: Mkl,
    /// Whether draws and optimizers' steps fuse a multiplication and an addition: ATen's kernels for
    /// AVX2 and AVX-512 do, those for older processors (`ATEN_CPU_CAPABILITY=default`) do not.
    pub fused: bool,
    /// How sums are computed.
    pub sums: Sums,
}

impl Machine {
    /// Every combination.
    #[must_use]
    pub fn all() -> Vec<Self> {
        let mut all = Vec::new();
        for processor in Processor::ALL {
            for (mkl, sums) in [
                (Mkl::V2021, Sums::Cascaded),
                (Mkl::V2019, Sums::Cascaded),
                (Mkl::V2021, Sums::Sequential),
                (Mkl::V2019, Sums::Sequential),
            ] {
                all.extend([true, false].map(|fused| Self { processor, mkl, fused, sums }));
            }
        }
        all
    }
}

impl std::fmt::Display for Machine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let processor = match self.processor {
            Processor::Amd => "AMD",
            Processor::Compatible => "COMPATIBLE",
            Processor::Avx2 => "Intel AVX2",
            Processor::Avx512 => "Intel AVX-512",
        };
        let mkl = if self.mkl == Mkl::V2019 { ", MKL 2019.0" } else { "" };
        let kernels = if self.fused { "" } else { ", ATen without AVX2" };
        let sums = if self.sums == Sums::Sequential { ", sequential sums" } else { "" };
        f.pad(&format!("{processor}{mkl}{sums}{kernels}"))
    }
}

/// Rows of float32 values.
#[derive(Clone, Debug, PartialEq)]
pub struct Matrix {
    columns: usize,
    values: Vec<f32>,
}

impl Matrix {
    /// A matrix of rows of `columns` values each.
    ///
    /// # Errors
    /// [`Error::Shape`] if the values are no whole number of rows.
    pub fn new(columns: usize, values: Vec<f32>) -> Result<Self> {
        if columns == 0 || !values.len().is_multiple_of(columns) {
            return Err(Error::Shape {
                reason: format!("{} values are no rows of {columns}", values.len()),
            });
        }
        Ok(Self { columns, values })
    }

    /// How many rows there are.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.values.len() / self.columns
    }

    /// How many values a row has.
    #[must_use]
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// All values, row by row.
    #[must_use]
    pub fn values(&self) -> &[f32] {
        &self.values
    }

    /// These rows, in this order, as a loader stacks them; `None` if one of them is not there.
    #[must_use]
    pub fn select(&self, rows: &[usize]) -> Option<Self> {
        let mut values = Vec::with_capacity(rows.len() * self.columns);
        for row in rows {
            let start = row.checked_mul(self.columns)?;
            values.extend(self.values.get(start..start.checked_add(self.columns)?)?);
        }
        Some(Self { columns: self.columns, values })
    }
}

/// How a layer is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layer {
    /// `nn.Linear`.
    Linear,
    /// `x @ w.t() + b`.
    ByHand,
}

/// What is minimised, all averaged over the elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loss {
    /// `F.mse_loss`.
    Mse,
    /// `torch.sum(diff * diff) / diff.numel()`.
    SquaresByHand,
    /// `F.l1_loss`.
    L1,
    /// `F.smooth_l1_loss` with its `beta` of 1.
    SmoothL1,
}

/// How parameters are changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Update {
    /// `optim.SGD`.
    Sgd,
    /// `w -= w.grad * lr`.
    ByHand,
}

/// A layer's gradients.
#[derive(Clone, Debug, PartialEq)]
pub struct Gradients {
    /// Of the weight, `[outputs, inputs]`.
    pub weight: Matrix,
    /// Of the bias, `[outputs]`.
    pub bias: Vec<f32>,
}

/// A linear layer of float32 and what computes it.
#[derive(Clone, Debug, PartialEq)]
pub struct Regression {
    machine: Machine,
    layer: Layer,
    /// The weight, `[outputs, inputs]`.
    pub weight: Matrix,
    /// The bias, `[outputs]`.
    pub bias: Vec<f32>,
}

impl Regression {
    /// A layer of these parameters.
    ///
    /// # Errors
    /// [`Error::Shape`] if there is not one bias for each output.
    pub fn new(machine: Machine, layer: Layer, weight: Matrix, bias: Vec<f32>) -> Result<Self> {
        if weight.rows() != bias.len() {
            return Err(Error::Shape {
                reason: format!("{} biases for {} outputs", bias.len(), weight.rows()),
            });
        }
        Ok(Self { machine, layer, weight, bias })
    }

    fn shape(&self, inputs: &Matrix) -> Result<[usize; 3]> {
        if inputs.columns() != self.weight.columns() {
            let reason = format!(
                "inputs of {} values for a layer of {}",
                inputs.columns(),
                self.weight.columns()
            );
            return Err(Error::Shape { reason });
        }
        Ok([inputs.rows(), inputs.columns(), self.bias.len()])
    }

    fn unknown(&self, what: &str, [n, k, m]: [usize; 3]) -> Error {
        Error::Unknown {
            reason: format!("{what} of {n} rows, {k} inputs and {m} outputs on {}", self.machine),
        }
    }

    /// The predictions, `[n, inputs] -> [n, outputs]`.
    ///
    /// # Errors
    /// [`Error::Shape`] for inputs of another width, [`Error::Unknown`] for a size whose arithmetic is not known.
    pub fn predict(&self, inputs: &Matrix) -> Result<Matrix> {
        let shape @ [n, k, m] = self.shape(inputs)?;
        // With one input the product is one step, into which the bias goes.
        let fused_bias = self.layer == Layer::Linear
            && matches!(self.machine.processor, Processor::Avx2)
            && k == 1
            && n > 1
            && m > 1;
        let mut values = Vec::with_capacity(n * m);
        for row in 0..n {
            for column in 0..m {
                let form =
                    form::forward((self.machine.processor, self.machine.mkl), shape, row, column)
                        .ok_or_else(|| self.unknown("predictions", shape))?;
                let (x, w) = (&inputs.values[row * k..], &self.weight.values[column * k..]);
                let bias = self.bias[column];
                values.push(if fused_bias {
                    x[0].mul_add(w[0], bias)
                } else {
                    form.add_up(k, |i| (x[i], w[i])) + bias
                });
            }
        }
        Ok(Matrix { columns: m, values })
    }

    /// The gradients, given that of the predictions for `inputs`.
    ///
    /// # Errors
    /// As [`predict`](Self::predict).
    pub fn backward(&self, inputs: &Matrix, gradient: &Matrix) -> Result<Gradients> {
        let shape @ [n, k, m] = self.shape(inputs)?;
        if [gradient.rows(), gradient.columns()] != [n, m] {
            return Err(Error::Shape { reason: "the gradient is not one of predictions".into() });
        }
        let form = form::backward(self.machine.processor, shape)
            .ok_or_else(|| self.unknown("gradients", shape))?;
        let (g, x) = (&gradient.values, &inputs.values);
        let at = |i: usize| {
            let (output, input) = (i / k, i % k);
            form.add_up(n, |row| (g[row * m + output], x[row * k + input]))
        };
        let weight = Matrix { columns: k, values: (0..m * k).map(at).collect() };
        Ok(Gradients { weight, bias: sum::columns(self.machine.sums, g, m) })
    }

    /// Changes the parameters against their gradients, `lr` a step.
    pub fn step(&mut self, update: Update, gradients: &Gradients, lr: f64) {
        let fused = self.machine.fused;
        let change = |parameter: &mut f32, gradient: &f32| {
            *parameter = match update {
                Update::Sgd if fused => gradient.mul_add(-lr as f32, *parameter),
                Update::Sgd => *parameter + gradient * (-lr as f32),
                Update::ByHand => *parameter - gradient * lr as f32,
            };
        };
        let Gradients { weight, bias } = gradients;
        self.weight.values.iter_mut().zip(&weight.values).for_each(|(p, g)| change(p, g));
        self.bias.iter_mut().zip(bias).for_each(|(p, g)| change(p, g));
    }
}

impl Loss {
    /// The loss and its gradient with respect to the predictions.
    ///
    /// # Errors
    /// [`Error::Shape`] if there is not one target for each prediction, [`Error::Unknown`] for more values
    /// than one thread sums.
    pub fn of(self, sums: Sums, predictions: &Matrix, targets: &Matrix) -> Result<(f32, Matrix)> {
        /// ATen splits longer sums among threads.
        const MOST: usize = 32_768;
        if predictions.columns != targets.columns
            || predictions.values.len() != targets.values.len()
        {
            return Err(Error::Shape { reason: "predictions and targets differ in shape".into() });
        }
        if predictions.values.len() >= MOST {
            return Err(Error::Unknown { reason: format!("a loss of {MOST} values or more") });
        }
        let count = predictions.values.len() as f32;
        let each = 1.0 / count;
        let differences: Vec<f32> =
            predictions.values.iter().zip(&targets.values).map(|(p, t)| p - t).collect();
        let (losses, gradients): (Vec<f32>, Vec<f32>) = differences
            .into_iter()
            .map(|d| match self {
                Self::Mse => (d * d, (2.0 / f64::from(count)) as f32 * d),
                Self::SquaresByHand => (d * d, 2.0 * (each * d)),
                Self::L1 => (d.abs(), if d == 0.0 { 0.0 } else { each.copysign(d) }),
                Self::SmoothL1 if d.abs() < 1.0 => (0.5 * d * d, each * d),
                Self::SmoothL1 => (d.abs() - 0.5, each.copysign(d)),
            })
            .unzip();
        let gradient = Matrix { columns: predictions.columns, values: gradients };
        Ok((sum::total(sums, &losses) / count, gradient))
    }
}
