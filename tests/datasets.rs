//! Data made with random options are scikit-learn's, to the bit, and what it refuses is refused.
//! `tests/python/datasets.py` draws the options, of every signature.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result, bail, ensure};
use common::golden::parse;
use common::python::{python_with, run_script, skipped};
use serde::Deserialize;
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use tch::{Kind, Tensor};
use torch_exact::data::datasets::*;

/// So many of each.
const CASES: &str = "250";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    options: Value,
    seed: u32,
    found: Option<Vec<String>>,
    refused: Option<String>,
}

fn digest(tensor: &Tensor) -> Result<String> {
    let dtype = torch_exact::dtype::name(tensor.kind());
    let mut bytes = vec![0; tensor.numel() * tensor.kind().elt_size_in_bytes()];
    tensor.f_copy_data_u8(&mut bytes, tensor.numel())?;
    let total =
        Sha256::new().chain_update(format!("{dtype}{:?}", tensor.size())).chain_update(bytes);
    Ok(total.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}

/// One number for all, or one for each.
fn one_or_each(value: &Value) -> Result<Option<Vec<f64>>> {
    Ok(match value {
        Value::Number(_) => Some(vec![f64::deserialize(value)?]),
        _ => Option::deserialize(value)?,
    })
}

fn samples(value: &Value) -> Result<Samples> {
    Ok(match value {
        Value::Array(_) => {
            let [first, second] = <[usize; 2]>::deserialize(value)?;
            Samples::Each(first, second)
        }
        _ => Samples::All(usize::deserialize(value)?),
    })
}

impl Case {
    fn option<'a, T: Deserialize<'a>>(&'a self, name: &str) -> Result<T> {
        T::deserialize(&self.options[name]).with_context(|| name.to_owned())
    }

    fn noisy(&self) -> Result<NoisyOptions> {
        Ok(NoisyOptions { n_samples: self.option("n_samples")?, noise: self.option("noise")? })
    }

    fn classification(&self) -> Result<ClassificationOptions> {
        Ok(ClassificationOptions {
            n_samples: self.option("n_samples")?,
            n_features: self.option("n_features")?,
            n_informative: self.option("n_informative")?,
            n_redundant: self.option("n_redundant")?,
            n_repeated: self.option("n_repeated")?,
            n_classes: self.option("n_classes")?,
            n_clusters_per_class: self.option("n_clusters_per_class")?,
            weights: self.option("weights")?,
            flip_y: self.option("flip_y")?,
            class_sep: self.option("class_sep")?,
            hypercube: self.option("hypercube")?,
            shift: one_or_each(&self.options["shift"])?,
            scale: one_or_each(&self.options["scale"])?,
            shuffle: self.option("shuffle")?,
        })
    }

    fn make(&self) -> Result<Vec<Tensor>> {
        let seed = self.seed;
        let shuffle = self.option::<Option<bool>>("shuffle")?.unwrap_or_default();
        let n_samples = &self.options["n_samples"];
        let pair = |(x, y): (Tensor, Tensor)| vec![x, y];
        Ok(match self.name.as_str() {
            "moons" => {
                let (n_samples, noise) = (samples(n_samples)?, self.option("noise")?);
                pair(make_moons(MoonsOptions { n_samples, shuffle, noise }, seed)?)
            }
            "circles" => {
                let (n_samples, noise) = (samples(n_samples)?, self.option("noise")?);
                let factor = self.option("factor")?;
                pair(make_circles(CirclesOptions { n_samples, shuffle, noise, factor }, seed)?)
            }
            "blobs" => {
                let (low, high) = self.option("center_box")?;
                let cluster_std =
                    one_or_each(&self.options["cluster_std"])?.context("cluster_std")?;
                let n_features = self.option("n_features")?;
                let mut options = BlobsOptions {
                    n_features,
                    cluster_std,
                    shuffle,
                    center_box: (low, high),
                    ..Default::default()
                };
                match n_samples {
                    Value::Array(_) => options.n_samples_per_center = self.option("n_samples")?,
                    _ => options.n_samples = self.option("n_samples")?,
                }
                match &self.options["centers"] {
                    Value::Array(_) => options.centers = self.option("centers")?,
                    _ => options.n_centers = self.option("centers")?,
                }
                pair(make_blobs(options, seed)?)
            }
            "regression" => {
                let options = RegressionOptions {
                    n_samples: self.option("n_samples")?,
                    n_features: self.option("n_features")?,
                    n_informative: self.option("n_informative")?,
                    bias: self.option("bias")?,
                    noise: self.option("noise")?,
                    shuffle,
                };
                let (x, y, coefficients) = make_regression(options, seed)?;
                vec![x, y, coefficients]
            }
            "classification" => pair(make_classification(self.classification()?, seed)?),
            "friedman1" => {
                let NoisyOptions { n_samples, noise } = self.noisy()?;
                let n_features = self.option("n_features")?;
                pair(make_friedman1(Friedman1Options { n_samples, n_features, noise }, seed)?)
            }
            "friedman2" => pair(make_friedman2(self.noisy()?, seed)?),
            "friedman3" => pair(make_friedman3(self.noisy()?, seed)?),
            "s_curve" => pair(make_s_curve(self.noisy()?, seed)?),
            "swiss_roll" => {
                let NoisyOptions { n_samples, noise } = self.noisy()?;
                let hole = self.option("hole")?;
                pair(make_swiss_roll(SwissRollOptions { n_samples, noise, hole }, seed)?)
            }
            "sparse_uncorrelated" => {
                let n_samples = self.option("n_samples")?;
                pair(make_sparse_uncorrelated(n_samples, self.option("n_features")?, seed)?)
            }
            "gaussian_quantiles" => {
                let options = GaussianQuantilesOptions {
                    mean: self.option("mean")?,
                    cov: self.option("cov")?,
                    n_samples: self.option("n_samples")?,
                    n_features: self.option("n_features")?,
                    n_classes: self.option("n_classes")?,
                    shuffle,
                };
                pair(make_gaussian_quantiles(options, seed)?)
            }
            "hastie_10_2" => pair(make_hastie_10_2(self.option("n_samples")?, seed)?),
            other => bail!("{other} is unknown"),
        })
    }
}

#[test]
fn data_are_made_as_scikit_learn_makes_them() -> Result<()> {
    let Some(python) = python_with("numpy, sklearn") else {
        skipped("no Python imports sklearn, so its data were not compared");
        return Ok(());
    };
    let cases = run_script(&python, "tests/python/datasets.py", &[CASES], "")?;
    let (mut counts, mut faults) = (BTreeMap::<_, [usize; 2]>::new(), vec![]);
    for case in parse::<Case>(&cases)? {
        counts.entry(case.name.clone()).or_default()[usize::from(case.refused.is_some())] += 1;
        let fault = match (case.make(), &case.refused) {
            (Err(error), None) => format!("refused here: {error:#}"),
            (Ok(_), Some(refused)) => format!("made here, in Python {refused}"),
            (Err(_), Some(_)) => continue,
            (Ok(made), None) => {
                let found = made.iter().map(digest).collect::<Result<Vec<_>>>()?;
                if Some(&found) == case.found.as_ref() {
                    continue;
                }
                format!("other bits in {:?}", made.iter().map(Tensor::size).collect::<Vec<_>>())
            }
        };
        faults.push(format!("make_{} {}: {fault}", case.name, case.options));
    }
    for (name, [made, refused]) in &counts {
        println!("make_{name}: {made} made, {refused} refused in both");
    }
    let shown = faults.iter().take(8).cloned().collect::<Vec<_>>().join("\n");
    ensure!(faults.is_empty(), "{} cases differ:\n{shown}", faults.len());
    let features = ClassificationOptions { n_features: 300, n_informative: 257, ..1.into() };
    let error = make_classification(features, 0).map(drop).unwrap_err().to_string();
    ensure!(error.starts_with("n_informative is 257, but the order is unknown"), "{error}");
    let alone = RegressionOptions { n_features: 16, n_informative: 2, ..1.into() };
    ensure!(make_regression(alone, 0).is_err());
    ensure!(make_moons(10, -1).is_err() && Kind::Double == make_moons(10, 1)?.0.kind());
    ensure!(counts.len() == 13 && counts.values().all(|[made, _]| *made > 150));
    Ok(())
}
