//! Python's printing: thousands of values printed here and by Python, compared byte for byte.
//!
//! `tests/python/repr.py` makes the values, prints them and describes them bit for bit; each is
//! made again here and printed by `torch_exact::repr`. `tests/golden/repr.jsonl` holds what it
//! once printed. The notebook form is IPython's.

#[path = "repr/case.rs"]
mod case;

use anyhow::{Context as _, Result, bail, ensure};
use case::Case;
use common::golden::{golden, live};
use tch::{Kind, Tensor};
use torch_exact::repr::{self, Repr};

/// Prints every case and compares.
fn compare(cases: &[Case]) -> Result<()> {
    let mut wrong = Vec::new();
    for case in cases {
        let printed = case.print().unwrap_or_else(|error| format!("error: {error:#}"));
        if printed != case.text {
            let (form, python) = (&case.form, &case.text);
            wrong.push(format!("{form} in Python:\n{python}\nhere:\n{printed}\n{case:?}\n"));
        }
    }
    if let Some(shortest) = wrong.iter().min_by_key(|report| report.len()) {
        bail!("{} of {} differ, the shortest:\n{shortest}", wrong.len(), cases.len());
    }
    Ok(())
}

#[test]
fn golden_texts_are_printed() -> Result<()> {
    let golden = golden("repr")?;
    ensure!(golden.len() > 700, "the golden has lost most of its cases");
    compare(&golden)
}

#[test]
fn thousands_of_values_print_as_in_python() -> Result<()> {
    let args = ["--runs", "2500", "--seed", "1"];
    let Some(live) = live::<Case>("repr", "torch, numpy, IPython", &args)? else {
        return Ok(());
    };
    compare(&live)?;
    let notebook = live.iter().filter(|case| case.form == "pretty").count();
    ensure!(live.len() > 4000 && notebook > 1000, "{} cases, {notebook} of notebooks", live.len());
    println!("values printed as in Python: {} of {}", live.len(), live.len());
    Ok(())
}

#[test]
fn what_is_not_dense_is_refused_and_does_not_panic() -> Result<()> {
    let dense = Tensor::from_slice(&[1.0_f32, 2.0]).f_view([1, 2])?;
    let components = Tensor::from_slice(&[1_i64, 2]).f_view([1, 2])?;
    let refused = [
        ("undefined", Tensor::new()),
        ("sparse", dense.f_to_sparse(None, None::<i64>, None)?),
        ("compressed", dense.f_to_sparse_csr(None)?),
        ("quantized", dense.f_quantize_per_tensor(0.1, 0, Kind::QInt8)?),
        (
            "nested",
            Tensor::f_internal_nested_from_padded(&dense.f_view([1, 1, 2])?, &components, false)?,
        ),
    ];
    for (name, tensor) in &refused {
        for outcome in [tensor.repr(), repr::format(tensor), repr::parameter(tensor)] {
            let error = outcome.err().with_context(|| format!("{name} was printed"))?;
            ensure!(matches!(error, torch_exact::Error::Unprintable { .. }), "{name}: {error}");
        }
    }
    Ok(())
}
