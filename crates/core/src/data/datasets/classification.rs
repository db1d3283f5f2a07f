//! Classes made of clusters at the corners of a hypercube, of
//! [`make_classification`](https://scikit-learn.org/stable/modules/generated/sklearn.datasets.make_classification.html).

use tch::Tensor;

use super::super::split::{SplitSeed, with_state};
use super::hypercube::hypercube;
use super::product::dot;
use super::{at_least_one, shuffled, tensors};
use crate::{Error, Result};

/// What [`make_classification`] takes, with scikit-learn's names and defaults.
#[derive(Debug, Clone, PartialEq)]
pub struct ClassificationOptions {
    /// How many samples; 100 by default.
    pub n_samples: usize,
    /// How many features in all; 20 by default.
    pub n_features: usize,
    /// How many of them the classes differ in; 2 by default.
    pub n_informative: usize,
    /// How many are linear combinations of those; 2 by default.
    pub n_redundant: usize,
    /// How many repeat others, drawn at random; 0 by default.
    pub n_repeated: usize,
    /// How many classes; 2 by default.
    pub n_classes: usize,
    /// How many clusters each class has; 2 by default.
    pub n_clusters_per_class: usize,
    /// The classes' shares, of all or of all but the last; equal ones by default.
    pub weights: Option<Vec<f64>>,
    /// The share of samples whose label is drawn anew; 0.01 by default.
    pub flip_y: f64,
    /// Half the length of the hypercube's sides; 1 by default.
    pub class_sep: f64,
    /// Whether the clusters lie at its corners, or somewhere on the way there; true by default.
    pub hypercube: bool,
    /// What is added to all features, or to each; 0 by default, and drawn where it is `None`.
    pub shift: Option<Vec<f64>>,
    /// What all features, or each, are multiplied by then; 1 by default, and drawn where it is `None`.
    pub scale: Option<Vec<f64>>,
    /// Whether samples and features are put in random order; true by default.
    pub shuffle: bool,
}

impl From<usize> for ClassificationOptions {
    fn from(n_samples: usize) -> Self {
        Self {
            n_samples,
            n_features: 20,
            n_informative: 2,
            n_redundant: 2,
            n_repeated: 0,
            n_classes: 2,
            n_clusters_per_class: 2,
            weights: None,
            flip_y: 0.01,
            class_sep: 1.,
            hypercube: true,
            shift: Some(vec![0.]),
            scale: Some(vec![1.]),
            shuffle: true,
        }
    }
}

impl Default for ClassificationOptions {
    fn default() -> Self {
        100.into()
    }
}

/// Clusters of several classes: `make_classification(…, random_state=random_state)`.
///
/// Their features are products of matrices, in the order of sums of NumPy's BLAS on a processor with AVX2
/// ([which](super)).
///
/// # Shapes
/// `([n, features], [n])`, float64 and int64.
///
/// # Errors
/// [`Error::Argument`] for no samples, features, classes or clusters, for numbers that do not go together and for
/// values outside their ranges; for more than 256 informative features, too, and for one sample with one redundant
/// feature of more than 15. [`Error::Split`] for a seed beyond 32 bits.
pub fn make_classification<'a>(
    options: impl Into<ClassificationOptions>,
    random_state: impl Into<SplitSeed<'a>>,
) -> Result<(Tensor, Tensor)> {
    let options = options.into();
    check(&options)?;
    let counts = counts(&options)?;
    let ClassificationOptions { n_samples, n_features, n_informative, n_redundant, .. } = options;
    let ClassificationOptions { n_repeated, n_classes, class_sep, .. } = options;
    let useful = n_informative + n_redundant;
    with_state(random_state.into(), |generator| {
        let mut centroids = hypercube(counts.len(), n_informative, generator)?;
        let corners = centroids.iter_mut().flatten();
        corners.for_each(|corner| *corner = *corner * (2. * class_sep) - class_sep);
        if !options.hypercube {
            let rows = generator.random_sample(counts.len());
            let columns = generator.random_sample(n_informative);
            for (centroid, row) in centroids.iter_mut().zip(rows) {
                let corners = centroid.iter_mut().zip(&columns);
                corners.for_each(|(corner, column)| *corner = *corner * row * column);
            }
        }
        let informative = generator.standard_normal(n_samples * n_informative);
        let mut x: Vec<Vec<f64>> = informative.chunks(n_informative).map(Vec::from).collect();
        let mut y = vec![0; n_samples];
        let mut stop = 0_i64;
        for (k, (centroid, count)) in centroids.iter().zip(counts).enumerate() {
            let start = stop;
            stop = stop.saturating_add(count);
            let cluster = slice(start, stop, n_samples);
            y[cluster.clone()].fill((k % n_classes) as i64);
            let by = signed(generator.random_sample(n_informative * n_informative));
            let rows: Vec<_> = x[cluster.clone()].iter().map(Vec::as_slice).collect();
            let moved = dot(&rows, &by, n_informative, "n_informative")?;
            for (row, moved) in x[cluster].iter_mut().zip(moved) {
                *row = moved.iter().zip(centroid).map(|(value, corner)| value + corner).collect();
            }
        }
        if n_redundant > 0 {
            let by = signed(generator.random_sample(n_informative * n_redundant));
            let rows: Vec<_> = x.iter().map(Vec::as_slice).collect();
            let made = dot(&rows, &by, n_redundant, "n_informative")?;
            x.iter_mut().zip(made).for_each(|(row, made)| row.extend(made));
        }
        let drawn = generator.random_sample(n_repeated);
        let which = drawn.iter().map(|drawn| ((useful - 1) as f64 * drawn + 0.5) as usize);
        let which: Vec<_> = which.collect();
        x.iter_mut().for_each(|row| row.extend(which.iter().map(|&i| row[i]).collect::<Vec<_>>()));
        let n_random = n_features - useful - n_repeated;
        if n_random > 0 {
            let drawn = generator.standard_normal(n_samples * n_random);
            x.iter_mut().zip(drawn.chunks(n_random)).for_each(|(row, drawn)| row.extend(drawn));
        }
        let flipped: Vec<_> = generator.random_sample(n_samples);
        let flipped: Vec<_> = (0..n_samples).filter(|&i| flipped[i] < options.flip_y).collect();
        let labels = generator.randint(0, n_classes as i64, flipped.len())?;
        flipped.into_iter().zip(labels).for_each(|(i, label)| y[i] = label);
        let shift = options.shift.unwrap_or_else(|| {
            let drawn = signed(generator.random_sample(n_features));
            drawn.iter().map(|drawn| drawn * class_sep).collect()
        });
        let scale = options.scale.unwrap_or_else(|| {
            let drawn = generator.random_sample(n_features);
            drawn.iter().map(|drawn| 1. + 100. * drawn).collect()
        });
        for row in &mut x {
            let by = shift.iter().cycle().zip(scale.iter().cycle());
            row.iter_mut().zip(by).for_each(|(x, (shift, scale))| *x = (*x + shift) * scale);
        }
        let mut rows: Vec<_> = x.into_iter().zip(y).collect();
        shuffled(&mut rows, options.shuffle, generator);
        let mut order: Vec<usize> = (0..n_features).collect();
        shuffled(&mut order, options.shuffle, generator);
        let (x, y): (Vec<_>, Vec<i64>) = rows.into_iter().unzip();
        let ordered = |row: Vec<f64>| order.iter().map(|&feature| row[feature]).collect();
        tensors(x.into_iter().map(ordered).collect(), n_features, &y)
    })
}

fn signed(drawn: Vec<f64>) -> Vec<f64> {
    drawn.into_iter().map(|drawn| 2. * drawn - 1.).collect()
}

/// `start:stop` of so many as Python counts, from the end where negative.
fn slice(start: i64, stop: i64, length: usize) -> std::ops::Range<usize> {
    let length = length as i64;
    let [start, stop] = [start, stop].map(|at| {
        let at = if at < 0 { at.saturating_add(length) } else { at };
        at.clamp(0, length) as usize
    });
    start..stop.max(start)
}

fn check(options: &ClassificationOptions) -> Result<()> {
    let ClassificationOptions { n_samples, n_features, n_informative, .. } = *options;
    let ClassificationOptions { n_classes, n_clusters_per_class, class_sep, flip_y, .. } = *options;
    at_least_one([
        ("n_samples", n_samples),
        ("n_features", n_features),
        ("n_informative", n_informative),
        ("n_classes", n_classes),
        ("n_clusters_per_class", n_clusters_per_class),
    ])?;
    let useful = n_informative.saturating_add(options.n_redundant);
    if useful.saturating_add(options.n_repeated) > n_features {
        let accepted = "informative, redundant and repeated features must be no more than all";
        return Err(Error::argument("n_features", n_features, accepted));
    }
    let clusters = n_classes.checked_mul(n_clusters_per_class);
    let corners = 1_usize.checked_shl(n_informative.try_into().unwrap_or(u32::MAX));
    if clusters.is_none_or(|clusters| corners.is_some_and(|corners| corners < clusters)) {
        let accepted = "n_classes * n_clusters_per_class must be at most 2**n_informative";
        return Err(Error::argument("n_informative", n_informative, accepted));
    }
    if !(0.0..=1.0).contains(&flip_y) {
        return Err(Error::argument("flip_y", flip_y, "it must be from 0 to 1"));
    }
    if !(class_sep > 0. && class_sep.is_finite()) {
        return Err(Error::argument("class_sep", class_sep, "it must be above 0"));
    }
    let fits = |len: usize| len == 1 || len == n_features;
    for (name, values) in [("shift", &options.shift), ("scale", &options.scale)] {
        match values.as_deref() {
            Some(&[all]) if !all.is_finite() || (name == "scale" && all <= 0.) => {
                return Err(Error::argument(name, all, "it must be finite, and a scale above 0"));
            }
            Some(each) if !fits(each.len()) => {
                let accepted = "it must have one number, or one for each feature";
                return Err(Error::argument(name, format!("{each:?}"), accepted));
            }
            _ => {}
        }
    }
    Ok(())
}

/// How many samples each cluster has.
fn counts(options: &ClassificationOptions) -> Result<Vec<i64>> {
    let ClassificationOptions { n_samples, n_classes, n_clusters_per_class, .. } = *options;
    let weights = match &options.weights {
        None => vec![1. / n_classes as f64; n_classes],
        Some(all) if all.len() == n_classes => all.clone(),
        Some(all_but_one) if all_but_one.len() + 1 == n_classes => {
            let rest = 1. - all_but_one.iter().fold(0., |sum, weight| sum + weight);
            [all_but_one.as_slice(), &[rest]].concat()
        }
        Some(other) => {
            let accepted = "it must have a weight for each class, or for all but the last";
            return Err(Error::argument("weights", format!("{other:?}"), accepted));
        }
    };
    if let Some(weight) = weights.iter().find(|weight| !weight.is_finite()) {
        return Err(Error::argument("weights", weight, "each must be finite"));
    }
    let of = |k: usize| n_samples as f64 * weights[k % n_classes] / n_clusters_per_class as f64;
    let mut counts: Vec<_> =
        (0..n_classes * n_clusters_per_class).map(|k| of(k).trunc() as i64).collect();
    let given = counts.iter().fold(0_i64, |sum, count| sum.saturating_add(*count));
    let clusters = counts.len();
    (0..(n_samples as i64).saturating_sub(given)).for_each(|i| counts[i as usize % clusters] += 1);
    Ok(counts)
}
