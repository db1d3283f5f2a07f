//! Draws written back as this program reads them.

use std::fmt;

use crate::draw::{Draw, Dtype, Kind};

impl fmt::Display for Draw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut arguments: Vec<String> = match self.kind {
            Kind::Uniform { low, high, .. }
            | Kind::NpUniform { low, high }
            | Kind::PyUniform { low, high } => {
                vec![low.to_string(), high.to_string()]
            }
            Kind::Normal { mean, std, .. } => vec![mean.to_string(), std.to_string()],
            Kind::NpNormal { loc, scale } => vec![loc.to_string(), scale.to_string()],
            Kind::Randint { low, high }
            | Kind::NpRandint { low, high }
            | Kind::PyRandint { low, high } => {
                vec![low.to_string(), high.to_string()]
            }
            Kind::Linear { inputs, outputs, .. } => vec![inputs.to_string(), outputs.to_string()],
            Kind::Layer { layer, .. } => layer.arguments(),
            Kind::Exponential { rate, .. } => vec![rate.to_string()],
            Kind::Bernoulli { p, scale: 1.0, .. } => vec![p.to_string()],
            Kind::Bernoulli { p, .. } => vec![(1.0 - p).to_string()],
            _ => Vec::new(),
        };
        if let Kind::Linear { bias: false, .. } = self.kind {
            arguments.push("bias=False".into());
        }
        arguments.extend(self.shape.iter().map(ToString::to_string));
        if let Kind::Loader { shuffle, epoch } = self.kind {
            if shuffle {
                arguments.push("shuffle=True".into());
            }
            if let Some(epoch) = epoch {
                arguments.push(format!("version={}", epoch.newest()));
            }
        }
        if self.kind.library() == crate::Library::Torch && self.kind.dtype() == Dtype::Float64 {
            arguments.push("dtype=float64".into());
        }
        let name = match self.kind {
            Kind::Layer { layer, .. } => layer.class().to_lowercase(),
            kind => kind.name().to_owned(),
        };
        write!(f, "{name}({})", arguments.join(","))
    }
}

impl Kind {
    /// The call's name, as this program reads it.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Rand { .. } => "rand",
            Self::Uniform { .. } => "uniform",
            Self::Randn { .. } => "randn",
            Self::Normal { .. } => "normal",
            Self::Randint { .. } => "randint",
            Self::Randperm => "randperm",
            Self::Linear { .. } => "linear",
            Self::Embedding { .. } => "embedding",
            Self::Layer { .. } => "layer",
            Self::Bernoulli { scale: 1.0, .. } => "bernoulli_",
            Self::Bernoulli { .. } => "dropout",
            Self::Exponential { .. } => "exponential",
            Self::Loader { .. } => "dataloader",
            Self::NpRand => "np.rand",
            Self::NpUniform { .. } => "np.uniform",
            Self::NpRandn => "np.randn",
            Self::NpNormal { .. } => "np.normal",
            Self::NpRandint { .. } => "np.randint",
            Self::NpPermutation => "np.permutation",
            Self::PyRandom => "random.random",
            Self::PyUniform { .. } => "random.uniform",
            Self::PyRandint { .. } => "random.randint",
            Self::PyShuffle => "random.shuffle",
        }
    }
}
