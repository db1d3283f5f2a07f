//! Choosing the arithmetic: which code of MKL, ATen and oneDNN this process computes with.
//!
//! The last bits of many results depend on the processor. MKL, inside libtorch, chooses its code by
//! vendor and instructions; ATen and oneDNN choose theirs by instructions. So the same program prints
//! other last digits on another machine, in Python just as here. An arithmetic is chosen like a seed,
//! before the first operation:
//!
//! ```
//! use torch_exact::arithmetic::{self, Arithmetic};
//! use torch_exact::prelude::*;
//!
//! # fn main() -> std::result::Result<(), Box<dyn std::error::Error>> {
//! # if arithmetic::set(Arithmetic::Portable).is_err() { return Ok(()); }
//! arithmetic::set(Arithmetic::Portable)?;
//! random::manual_seed(0);
//! let x = random::rand([3])?.f_exp()?; // the same bits on every x86-64 processor with AVX2
//! # let _ = x;
//! # Ok(())
//! # }
//! ```
//!
//! | | MKL | ATen | oneDNN | |
//! | --- | --- | --- | --- | --- |
//! | [`Native`](Arithmetic::Native) | its choice | its choice | its choice | as Python's PyTorch computes |
//! | [`Portable`](Arithmetic::Portable) | AVX2, strict, as on Intel's processors, without approximate instructions | AVX2 | AVX2 | the same bits on every x86-64 processor with AVX2 |
//! | [`Compatible`](Arithmetic::Compatible) | COMPATIBLE | AVX2 | AVX2 | what MKL has for processors it does not know; slow where work is large |
//! | [`Avx2`](Arithmetic::Avx2) | AVX2, as on Intel's processors | AVX2 | AVX2 | |
//! | [`Avx512`](Arithmetic::Avx512) | its choice, as on Intel's processors | its choice | its choice | as PyTorch computes on an Intel processor with AVX-512 |
//!
//! `crates/core/arithmetic.md` has what differs from processor to processor, by how much, and what an
//! arithmetic costs. In Python, `scripts/reference/tutorial/arithmetic.py` does the same; `parity run
//! --arithmetic` does it to any program.
//!
//! MKL's branches are its *conditional numerical reproducibility*. `Portable` goes beyond it: on an AMD
//! processor MKL takes no branch but COMPATIBLE, since it asks for the vendor, and that question is
//! answered here; and the code of its AVX2 branch begins some functions with RCPPS or RSQRTPS, whose
//! last bits are each vendor's own, and for these its code for SSE4.2, which has none, is taken, and
//! for square roots the processor's instruction, which IEEE 754 defines.
//! The bits also depend on the number of threads, which is the program's to set, and a GPU has others.

use std::sync::{Mutex, PoisonError};

use arithmetic::MKL_VARIABLE;
pub use arithmetic::{Arithmetic, Unknown};
use shim::arithmetic::Refusal;

/// Why an arithmetic cannot be had.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ArithmeticError {
    /// Not an arithmetic's name.
    #[error(transparent)]
    Unknown(#[from] Unknown),
    /// A processor without the instructions.
    #[error("{asked}: this processor does not have {instructions}")]
    Processor {
        /// What was asked for.
        asked: Arithmetic,
        /// What it takes.
        instructions: &'static str,
    },
    /// A variable of the environment asks for something else, which stands.
    #[error("{asked}: the environment has {variable}={found}, and that stands")]
    Environment {
        /// What was asked for.
        asked: Arithmetic,
        /// The variable.
        variable: &'static str,
        /// Its value.
        found: String,
    },
    /// Another was set before.
    #[error("{asked}: the arithmetic is {set} already, and a process has one")]
    AlreadySet {
        /// What was asked for.
        asked: Arithmetic,
        /// What was set.
        set: Arithmetic,
    },
    /// libtorch has begun to compute.
    #[error("{0}: libtorch has computed already, and the arithmetic is chosen before")]
    TooLate(Arithmetic),
    /// A libtorch without MKL, as on other architectures.
    #[error("{0}: this libtorch computes without MKL, and native is all it has")]
    NoMkl(Arithmetic),
    /// An MKL that this crate does not know.
    #[error("{0}: this libtorch's MKL is not one whose insides are known")]
    UnknownMkl(Arithmetic),
}

impl ArithmeticError {
    /// What to do about it.
    #[must_use]
    pub fn remedy(&self) -> &'static str {
        match self {
            Self::Unknown(_) => "name one of these",
            Self::Processor { .. } | Self::NoMkl(_) => "ask for native",
            Self::Environment { .. } => "unset it",
            Self::AlreadySet { .. } => "set it once",
            Self::TooLate(_) => "set it at the start of the program",
            Self::UnknownMkl(_) => {
                "ask for native, or use the PyTorch that this crate is pinned to"
            }
        }
    }
}

/// Computes with this arithmetic from now on. Call it at the start of a program, before any operation
/// and before a thread is started: variables of the environment are set, for what libtorch reads there.
///
/// Setting again what is set does nothing. Draws, sums and whatever MKL has no part in may have been
/// computed before; where that was done with other code, it is too late.
///
/// # Errors
/// [`ArithmeticError`]; then MKL computes as before.
pub fn set(asked: Arithmetic) -> Result<(), ArithmeticError> {
    static SET: Mutex<Option<Arithmetic>> = Mutex::new(None);
    let mut set = SET.lock().unwrap_or_else(PoisonError::into_inner);
    match *set {
        Some(set) if set == asked => return Ok(()),
        Some(set) => return Err(ArithmeticError::AlreadySet { asked, set }),
        None => {}
    }
    choose(asked)?;
    *set = Some(asked);
    Ok(())
}

/// The instructions that an arithmetic takes and this processor lacks.
#[must_use]
pub fn missing_instructions(arithmetic: Arithmetic) -> Option<&'static str> {
    arithmetic.missing(shim::arithmetic::instructions())
}

/// What this process computes with, in words; asking settles it, as computing does.
///
/// # Errors
/// Whatever libtorch throws.
pub fn describe() -> crate::Result<String> {
    let mkl = match shim::arithmetic::mkl()? {
        none if none.is_empty() => "no MKL".to_owned(),
        mkl => format!("MKL {mkl}"),
    };
    let onednn = std::env::var("ONEDNN_MAX_CPU_ISA").unwrap_or_else(|_| "native".to_owned());
    let aten = shim::cpu_capability()?;
    let threads = tch::get_num_threads();
    Ok(format!("{mkl}; ATen {aten}; oneDNN {onednn}; threads {threads}"))
}

fn choose(asked: Arithmetic) -> Result<(), ArithmeticError> {
    let Some(mkl) = asked.mkl() else { return Ok(()) };
    if let Some(instructions) = missing_instructions(asked) {
        return Err(ArithmeticError::Processor { asked, instructions });
    }
    // A user's own choice stands.
    for (variable, value) in asked.variables() {
        let found = std::env::var(variable).unwrap_or_default();
        if !found.is_empty() && !value.is_some_and(|value| value.eq_ignore_ascii_case(&found)) {
            return Err(ArithmeticError::Environment { asked, variable, found });
        }
    }
    let kernels = asked.variables().into_iter().filter(|(name, _)| *name != MKL_VARIABLE);
    for (name, value) in kernels.filter_map(|(name, value)| Some((name, value?))) {
        shim::arithmetic::set_variable(name, value);
        if shim::cpu_capability().is_ok_and(|found| found != "AVX2") {
            return Err(ArithmeticError::TooLate(asked));
        }
    }
    shim::arithmetic::set_mkl(mkl).map_err(|refusal| match refusal {
        Refusal::NoMkl => ArithmeticError::NoMkl(asked),
        Refusal::UnknownMkl => ArithmeticError::UnknownMkl(asked),
        Refusal::TooLate | Refusal::Refused => ArithmeticError::TooLate(asked),
    })
}
