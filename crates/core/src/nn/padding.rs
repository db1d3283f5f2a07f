//! `torch/nn/modules/padding.py`.

use tch::Tensor;

use super::aten::dimensions;
use super::size::tuple;
use super::{Module, Size};
use crate::{Result, repr};

/// A name, how many numbers it takes, `F.pad`'s mode, whether a value, and the dimensions that the
/// input has where Python looks.
macro_rules! pads {
    ($($name:ident, $sides:literal, $mode:literal, $value:expr, $dims:expr;)+) => {$(
        #[doc = concat!("`torch.nn.", stringify!($name), "`: places put before and behind the last dimensions, the last first.")]
        ///
        /// # Shapes
        /// The input's, each of the last dimensions as much longer, dtype kept.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub struct $name {
            /// How many places before and behind each dimension, the last dimension first; negative ones
            /// are taken away.
            pub padding: Size<$sides>,
        }

        impl $name {
            #[doc = concat!("`nn.", stringify!($name), "(padding)`.")]
            pub fn new(padding: impl Into<Size<$sides>>) -> Self {
                Self { padding: padding.into() }
            }
        }

        impl Module for $name {
            fn forward(&self, input: &Tensor) -> Result<Tensor> {
                let dims: &[usize] = $dims;
                if !dims.is_empty() {
                    dimensions(stringify!($name), dims, input)?;
                }
                Ok(input.f_pad(self.padding.values(), $mode, $value)?)
            }

            fn extra_repr(&self) -> String {
                tuple(&self.padding.values())
            }
        }
    )+};
}

pads! {
    ZeroPad1d, 2, "constant", 0., &[];
    ZeroPad2d, 4, "constant", 0., &[];
    ZeroPad3d, 6, "constant", 0., &[];
    ReflectionPad1d, 2, "reflect", None, &[];
    ReflectionPad2d, 4, "reflect", None, &[];
    ReflectionPad3d, 6, "reflect", None, &[];
    ReplicationPad1d, 2, "replicate", None, &[];
    ReplicationPad2d, 4, "replicate", None, &[];
    ReplicationPad3d, 6, "replicate", None, &[];
    CircularPad1d, 2, "circular", None, &[2, 3];
    CircularPad2d, 4, "circular", None, &[3, 4];
    CircularPad3d, 6, "circular", None, &[4, 5];
}

macro_rules! constant_pads {
    ($($name:ident, $sides:literal;)+) => {$(
        #[doc = concat!("`torch.nn.", stringify!($name), "`: a value put before and behind the last dimensions.")]
        ///
        /// # Shapes
        /// The input's, each of the last dimensions as much longer, dtype kept.
        #[derive(Debug, Clone, Copy, PartialEq)]
        pub struct $name {
            /// How many places before and behind each dimension, the last dimension first.
            pub padding: Size<$sides>,
            /// What is put there.
            pub value: f64,
        }

        impl $name {
            #[doc = concat!("`nn.", stringify!($name), "(padding, value)`.")]
            pub fn new(padding: impl Into<Size<$sides>>, value: f64) -> Self {
                Self { padding: padding.into(), value }
            }
        }

        impl Module for $name {
            fn forward(&self, input: &Tensor) -> Result<Tensor> {
                Ok(input.f_pad(self.padding.values(), "constant", self.value)?)
            }

            fn extra_repr(&self) -> String {
                format!("padding={}, value={}", tuple(&self.padding.values()), repr::float(self.value))
            }
        }
    )+};
}

constant_pads! {
    ConstantPad1d, 2;
    ConstantPad2d, 4;
    ConstantPad3d, 6;
}
