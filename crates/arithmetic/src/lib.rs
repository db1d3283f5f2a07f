//! The arithmetics that libtorch can compute with: their names and what each takes.
//!
//! Plain values: `torch_exact::arithmetic` sets one in its own process, `parity` in the programs that
//! it starts, and `scripts/reference/tutorial/arithmetic.py` mirrors both in Python.

#![forbid(unsafe_code)]

use std::fmt;
use std::str::FromStr;

/// Which code of MKL, ATen and oneDNN computes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Arithmetic {
    /// The machine's own, as the environment has it: PyTorch's default.
    #[default]
    Native,
    /// The same bits on every x86-64 processor with AVX2.
    Portable,
    /// MKL's branch COMPATIBLE.
    Compatible,
    /// MKL's AVX2 branch, as on Intel's processors.
    Avx2,
    /// That of an Intel processor with AVX-512.
    Avx512,
}

/// What MKL is to compute with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mkl {
    /// Answer that the processor is Intel's.
    pub as_intel: bool,
    /// A branch, as `mkl_cbwr_set` takes it, strict or not; 0 leaves the choice to MKL.
    pub branch: i32,
    /// Take other code for what begins with RCPPS or RSQRTPS, whose last bits are each vendor's own.
    pub no_approximate: bool,
}

/// The C++ by which a process has MKL compute so; it needs no headers of libtorch's.
pub const HEADER: &str = include_str!("arithmetic.h");

/// The variable by which a user chooses MKL's branch.
pub const MKL_VARIABLE: &str = "MKL_CBWR";
/// Those by which ATen's and oneDNN's code is restricted.
pub const KERNEL_VARIABLES: [&str; 2] = ["ATEN_CPU_CAPABILITY", "ONEDNN_MAX_CPU_ISA"];

impl Arithmetic {
    /// Every arithmetic.
    pub const ALL: [Self; 5] =
        [Self::Native, Self::Portable, Self::Compatible, Self::Avx2, Self::Avx512];

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Native => "native",
            Self::Portable => "portable",
            Self::Compatible => "compatible",
            Self::Avx2 => "avx2",
            Self::Avx512 => "avx512",
        }
    }

    /// What MKL is to compute with; `None` leaves it as it is.
    #[must_use]
    pub fn mkl(self) -> Option<Mkl> {
        const STRICT: i32 = 0x10000;
        let (as_intel, branch, no_approximate) = match self {
            Self::Native => return None,
            Self::Portable => (true, 10 | STRICT, true),
            Self::Compatible => (false, 3, false),
            Self::Avx2 => (true, 10, false),
            Self::Avx512 => (true, 0, false),
        };
        Some(Mkl { as_intel, branch, no_approximate })
    }

    /// The values of [`MKL_VARIABLE`] and [`KERNEL_VARIABLES`] that go with it: any other asks for
    /// another arithmetic, and `None` goes with no value.
    #[must_use]
    pub fn variables(self) -> [(&'static str, Option<&'static str>); 3] {
        let mkl = match self {
            Self::Native | Self::Avx512 => None,
            Self::Portable => Some("AVX2,STRICT"),
            Self::Compatible => Some("COMPATIBLE"),
            Self::Avx2 => Some("AVX2"),
        };
        let [aten, onednn] = KERNEL_VARIABLES;
        [(MKL_VARIABLE, mkl), (aten, mkl.and(Some("avx2"))), (onednn, mkl.and(Some("AVX2")))]
    }

    /// The instructions it takes and this processor lacks.
    #[must_use]
    pub fn missing_instructions(self) -> Option<&'static str> {
        self.missing(instructions())
    }

    /// The instructions it takes and a processor with or without AVX2 and AVX-512 lacks.
    #[must_use]
    pub fn missing(self, [avx2, avx512]: [bool; 2]) -> Option<&'static str> {
        match self {
            Self::Native => None,
            Self::Avx512 if !avx512 => Some("AVX-512"),
            _ if !avx2 => Some("AVX2"),
            _ => None,
        }
    }
}

/// Whether the processor has AVX2 and AVX-512, in the parts that ATen asks for.
#[cfg(target_arch = "x86_64")]
fn instructions() -> [bool; 2] {
    let avx2 = is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma");
    let avx512 = is_x86_feature_detected!("avx512f")
        && is_x86_feature_detected!("avx512vl")
        && is_x86_feature_detected!("avx512bw")
        && is_x86_feature_detected!("avx512dq");
    [avx2, avx2 && avx512]
}

/// On another architecture libtorch has no MKL, which is what is said there.
#[cfg(not(target_arch = "x86_64"))]
fn instructions() -> [bool; 2] {
    [true; 2]
}

/// Not an arithmetic's name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unknown(pub String);

impl fmt::Display for Unknown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = Arithmetic::ALL.map(Arithmetic::name).join(", ");
        write!(f, "`{}` is not an arithmetic; the arithmetics are {names}", self.0)
    }
}

impl std::error::Error for Unknown {}

impl FromStr for Arithmetic {
    type Err = Unknown;

    fn from_str(text: &str) -> Result<Self, Unknown> {
        let found = Self::ALL.into_iter().find(|arithmetic| arithmetic.name() == text);
        found.ok_or_else(|| Unknown(text.to_owned()))
    }
}

impl fmt::Display for Arithmetic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
