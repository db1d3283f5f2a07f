//! Clusters around centers.

use tch::Tensor;

use super::super::split::{SplitSeed, with_state};
use super::{below_zero, shuffled, tensors};
use crate::{Error, Result};

/// What [`make_blobs`] takes, with scikit-learn's names and defaults.
#[derive(Debug, Clone, PartialEq)]
pub struct BlobsOptions {
    /// How many samples in all, shared out evenly; 100 by default.
    pub n_samples: usize,
    /// How many of each center, in place of `n_samples`.
    pub n_samples_per_center: Option<Vec<usize>>,
    /// How many features, where centers are drawn; 2 by default.
    pub n_features: usize,
    /// How many centers are drawn; 3 by default, or as many as `n_samples_per_center` has.
    pub n_centers: Option<usize>,
    /// The centers, in place of drawn ones.
    pub centers: Option<Vec<Vec<f64>>>,
    /// The standard deviation of all, or of each center; 1 by default.
    pub cluster_std: Vec<f64>,
    /// What the drawn centers' coordinates are between; -10 and 10 by default.
    pub center_box: (f64, f64),
    /// Whether the samples are put in random order; true by default.
    pub shuffle: bool,
}

impl From<usize> for BlobsOptions {
    fn from(n_samples: usize) -> Self {
        Self {
            n_samples,
            n_samples_per_center: None,
            n_features: 2,
            n_centers: None,
            centers: None,
            cluster_std: vec![1.],
            center_box: (-10., 10.),
            shuffle: true,
        }
    }
}

impl Default for BlobsOptions {
    fn default() -> Self {
        100.into()
    }
}

/// Normally distributed clusters: `make_blobs(…, random_state=random_state)`.
///
/// # Shapes
/// `([n, features], [n])`, float64 and int64, the labels being the centers' numbers.
///
/// # Errors
/// [`Error::Argument`] for no samples, features or centers, for a negative deviation, and for numbers of centers,
/// deviations and samples that do not go together; [`Error::Split`] for a seed beyond 32 bits.
pub fn make_blobs<'a>(
    options: impl Into<BlobsOptions>,
    random_state: impl Into<SplitSeed<'a>>,
) -> Result<(Tensor, Tensor)> {
    let options = options.into();
    let given = options.n_samples_per_center.as_ref().map(Vec::len);
    let n_centers = match &options.centers {
        Some(centers) => centers.len(),
        None => given.or(options.n_centers).unwrap_or(3),
    };
    let n_features = match &options.centers {
        Some(centers) => centers.first().map_or(0, Vec::len),
        None => options.n_features,
    };
    let positive =
        [("n_samples", options.n_samples), ("n_features", n_features), ("centers", n_centers)];
    if let Some((name, value)) = positive.into_iter().find(|(_, value)| *value == 0) {
        return Err(Error::argument(name, value, "it must be 1 or above"));
    }
    if options.centers.iter().flatten().any(|center| center.len() != n_features) {
        return Err(Error::argument("centers", "uneven", "each must have as many coordinates"));
    }
    if given.is_some_and(|given| given != n_centers) {
        let accepted = "it must have one number for each center";
        return Err(Error::argument("n_samples_per_center", format!("{given:?}"), accepted));
    }
    let deviations = match options.cluster_std.as_slice() {
        &[all] => vec![all; n_centers],
        each if each.len() == n_centers => each.to_vec(),
        other => {
            let accepted = "it must have one number, or one for each center";
            return Err(Error::argument("cluster_std", format!("{other:?}"), accepted));
        }
    };
    if let Some(negative) = deviations.iter().find(|&&deviation| below_zero(deviation)) {
        return Err(Error::argument("cluster_std", negative, "it must be 0 or above"));
    }
    let even = |center| {
        options.n_samples / n_centers + usize::from(center < options.n_samples % n_centers)
    };
    let counts = options.n_samples_per_center.unwrap_or_else(|| (0..n_centers).map(even).collect());
    with_state(random_state.into(), |generator| {
        let centers = match options.centers {
            Some(centers) => centers,
            None => {
                let (low, high) = options.center_box;
                let drawn = generator.uniform(low, high, n_centers * n_features)?;
                drawn.chunks(n_features).map(<[f64]>::to_vec).collect()
            }
        };
        let mut rows = vec![];
        for (label, (center, count)) in (0..).zip(centers.iter().zip(counts)) {
            let drawn = generator.standard_normal(count * n_features);
            rows.extend(drawn.chunks(n_features).map(|drawn| {
                let std = deviations[label as usize];
                let row = center.iter().zip(drawn).map(|(center, drawn)| center + std * drawn);
                (row.collect::<Vec<_>>(), label)
            }));
        }
        shuffled(&mut rows, options.shuffle, generator);
        let (rows, labels): (Vec<_>, Vec<i64>) = rows.into_iter().unzip();
        tensors(rows, n_features, &labels)
    })
}
