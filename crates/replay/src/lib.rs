//! A training step recorded once and then replayed at its kernels' own speed, with the same bits.
//!
//! In a small step most of the time goes to autograd and to finding the kernel of each operator. A
//! [`Step`] takes the first steps as they stand, writes down which operators two of them call on what
//! memory, and from then on calls the kernels alone, on memory that stands ready:
//!
//! ```
//! use replay::Step;
//! use torch_exact::nn::{Linear, Module, functional as F};
//! use torch_exact::optim::{self, Optimizer, SGD};
//! use torch_exact::{Error, random};
//!
//! # fn main() -> torch_exact::Result<()> {
//! let (x, y) = (random::rand([40, 1])?, random::rand([40, 1])?);
//! let model = Linear::new(1, 1)?;
//! let mut optimizer = SGD::new(model.parameters(), optim::lr(0.1))?;
//! let mut step = Step::new();
//! for _ in 0..10 {
//!     let [loss] = step.take(|| {
//!         let loss = F::mse_loss(&model.forward(&x)?, &y)?;
//!         optimizer.zero_grad()?;
//!         loss.backward();
//!         optimizer.step()?;
//!         Ok::<_, Error>([loss])
//!     })?;
//!     assert!(loss.double_value(&[]).is_finite());
//! }
//! assert_eq!(step.refusal(), None);
//! assert!(step.replays() > 0);
//! # Ok(())
//! # }
//! ```
//!
//! # What is the same, and what is not
//! Parameters, optimizer states, gradients and results have the bits of the steps as they stand.
//! Before a recording is trusted, the step that it was made of is taken once more from what was
//! there before, and every bit of what it leaves is compared. A step that differs, reads a value
//! back, depends on the program in a way that is not seen or calls what has no safe replay is
//! refused: it goes on as it stands, and [`Step::refusal`] says why.
//!
//! - The closure is not called for a replay. What it does besides tensor operations, such as
//!   counting or changing a learning rate, belongs outside of it, and so do numbers that change.
//! - Tensors from outside are read where they lie: copy new data into them, or give the step its
//!   batch with [`Step::take_with`]. Each shape of a batch is recorded for itself.
//! - `ASGD`, `Adafactor`, `LBFGS`, `Muon`, `NAdam`, `RAdam` and `SparseAdam` are refused by name: their
//!   numbers follow from what they keep. So are steps that are `fused`,
//!   and a learning rate that is a tensor.
//! - A learning rate that was set, by a scheduler for example, and the corrections of `Adam` are those
//!   of the step that is taken. Another option, a group that was added or a state that was loaded
//!   has the step recorded anew, and so does a layer that [reads](torch_exact::nn::Training::get) another
//!   mode.
//! - Results are cut off from autograd. They and the gradients belong to the caller: one that is kept
//!   keeps its values.
//! - Random numbers are drawn as the step draws them.
//! - While somebody records the calls, as `parity` does, steps are taken as they stand.
//!
//! # On a GPU
//! A step whose tensors are on a GPU is recorded and checked in the same way, and what is replayed is
//! a [CUDA graph](cuda) of it. Before it is captured, [`WARM_UP_STEPS`](cuda::WARM_UP_STEPS) are taken on the stream
//! that it is captured on, as PyTorch asks, and for the capture the closure is called once more. This
//! is different from the CPU:
//!
//! - Arguments are copied to where the graph reads them, and results are copies; gradients are those of
//!   the last step also where they are kept.
//! - The graph keeps the learning rate: after [`set_lr`](torch_exact::optim::Optimizer::set_lr) the step is
//!   captured anew, in two steps that are taken as they stand. One that changes in every step has it
//!   refused.
//! - `Adam`, `AdamW` and `RMSprop` are refused, as Python's are without `capturable`, and so is whatever
//!   the CPU has a part in.

#![deny(unsafe_code)]

mod bindings;
pub mod cuda;
mod dependencies;
mod source_line;
mod step;

#[doc(hidden)]
pub use bindings::CudaGraph;
pub use step::{Step, refuse};
