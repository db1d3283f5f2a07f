//! Choosing the arithmetic: the bits are Python's in each, and what cannot be had is said.
//!
//! A process has one arithmetic, so each case is a process of its own: this test program, started
//! again with the case in a variable.

use std::env;
use std::process::Output;

use anyhow::{Context as _, Result, bail, ensure};
use tch::{Device, Kind, Tensor};
use test_support::environment::scrubbed;
use test_support::{PythonServer, python_with, workspace};
use torch_exact::arithmetic::{self, Arithmetic, ArithmeticError};
use torch_exact::random;

const CASE: &str = "ARITHMETIC_CASE";

/// Does a case in a process of its own and gives what it wrote to standard error.
fn case(case: &str, variables: &[(&str, &str)]) -> Result<String> {
    let mut command = scrubbed(env::current_exe()?);
    command.args(["--exact", "one_case", "--nocapture", "--test-threads", "1"]).env(CASE, case);
    let output: Output = command.envs(variables.iter().copied()).output()?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    ensure!(output.status.success(), "{case}: {said}{}", String::from_utf8_lossy(&output.stdout));
    Ok(said)
}

/// What the other tests start; nothing without a case.
#[test]
fn one_case() -> Result<()> {
    let Ok(case) = env::var(CASE) else { return Ok(()) };
    let product = || {
        Tensor::ones([3, 3], (Kind::Float, Device::Cpu))
            .f_mm(&Tensor::ones([3, 3], (Kind::Float, Device::Cpu)))
    };
    let (portable, compatible) = (Arithmetic::Portable, Arithmetic::Compatible);
    match case.as_str() {
        "after a product" => {
            let _ = product()?;
            let late = arithmetic::set(portable);
            ensure!(late == Err(ArithmeticError::TooLate(portable)), "{late:?}");
            arithmetic::set(Arithmetic::Native)?;
        }
        "after a draw" => {
            random::manual_seed(0);
            let _ = random::rand([3])?;
            arithmetic::set(portable)?;
            let said = arithmetic::describe()?;
            let strict = "MKL AVX2, STRICT, no approximate instructions; ATen AVX2; oneDNN AVX2; ";
            ensure!(said.starts_with(strict), "{said}");
        }
        "twice" => {
            arithmetic::set(portable)?;
            let _ = product()?;
            arithmetic::set(portable)?;
            let other = arithmetic::set(compatible);
            let refused = ArithmeticError::AlreadySet { asked: compatible, set: portable };
            ensure!(other == Err(refused), "{other:?}");
        }
        "overruled" => {
            let found = arithmetic::set(portable);
            let Err(ArithmeticError::Environment { variable, .. }) = found else {
                bail!("{found:?}");
            };
            eprintln!("overruled by {variable}");
            // Nothing was chosen, so the environment's stands and may be taken as it is.
            arithmetic::set(Arithmetic::Native)?;
        }
        "in agreement" => arithmetic::set(portable)?,
        bits => {
            arithmetic::set(bits.parse()?)?;
            tch::set_num_threads(1);
            random::manual_seed(5);
            for kind in [Kind::Float, Kind::Double] {
                let rand = |size: &[i64]| Tensor::f_rand(size, (kind, Device::Cpu));
                let (x, a, b) = (rand(&[300])? + 0.5, rand(&[5, 3])? + 0.5, rand(&[3, 2])? + 0.5);
                let m = rand(&[70, 70])?;
                for result in [
                    x.sqrt(),
                    x.exp(),
                    x.tan(),
                    x.log(),
                    x.tanh(),
                    a.matmul(&b),
                    m.matmul(&m),
                    m.inverse(),
                ] {
                    let mut bytes = vec![0; result.numel() * kind.elt_size_in_bytes()];
                    result.contiguous().f_copy_data_u8(&mut bytes, result.numel())?;
                    let text: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
                    eprintln!("{text}");
                }
            }
        }
    }
    Ok(())
}

#[test]
fn an_arithmetic_is_set_once_and_before_the_first_operation() -> Result<()> {
    if arithmetic::missing_instructions(Arithmetic::Portable).is_some() {
        return Ok(());
    }
    for name in ["after a product", "after a draw", "twice"] {
        case(name, &[])?;
    }
    Ok(())
}

#[test]
fn the_environment_stands() -> Result<()> {
    if arithmetic::missing_instructions(Arithmetic::Portable).is_some() {
        return Ok(());
    }
    for variable in [
        ("MKL_CBWR", "COMPATIBLE"),
        ("ATEN_CPU_CAPABILITY", "default"),
        ("ONEDNN_MAX_CPU_ISA", "SSE41"),
    ] {
        let said = case("overruled", &[variable])?;
        ensure!(said.contains(&format!("overruled by {}", variable.0)), "{said}");
    }
    let same = [("MKL_CBWR", "avx2,strict"), ("ATEN_CPU_CAPABILITY", "AVX2")];
    case("in agreement", &same)?;
    Ok(())
}

#[test]
fn each_has_the_bits_of_python() -> Result<()> {
    let Some(python) = python_with("torch, numpy") else { return Ok(()) };
    let server = PythonServer::start(scrubbed(&python))?;
    let mut all = vec![];
    for asked in Arithmetic::ALL {
        if let Some(instructions) = arithmetic::missing_instructions(asked) {
            let refused = case(asked.name(), &[]).err().context("it cannot be had")?;
            ensure!(format!("{refused:#}").contains(instructions), "{refused:#}");
            continue;
        }
        let output = server.run(&[], asked.name(), "tests/python/arithmetic.py", &[], "")?;
        let theirs = String::from_utf8(output.stdout)?;
        ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let ours = case(asked.name(), &[])?;
        let results = theirs.lines().count();
        let same = theirs.lines().zip(ours.lines()).filter(|(a, b)| a == b).count();
        ensure!(results == 16 && same == results, "{asked}: {same} of {results}");
        println!("results with Python's bits: {same} of {results} ({asked})");
        all.push(theirs);
    }
    // One that was not chosen would go unnoticed otherwise.
    ensure!(all.len() < 3 || (all[1] != all[2] && all[1] != all[0]), "they do not differ");
    Ok(())
}

/// The mirror in Python refuses what the crate refuses.
#[test]
fn python_refuses_alike() -> Result<()> {
    let Some(python) = python_with("torch") else { return Ok(()) };
    let late = "import torch; torch.ones(3, 3) @ torch.ones(3, 3); arithmetic.set('portable')";
    let twice = "arithmetic.set('portable'); arithmetic.set('portable'); arithmetic.set('avx2')";
    // The processor is asked first in both: what it lacks, no environment gives.
    let (avx2, lacking) = (("ATEN_CPU_CAPABILITY", "avx2"), Arithmetic::Avx512);
    let beside_avx2 = match arithmetic::missing_instructions(lacking) {
        Some(instructions) => {
            let refused = case(lacking.name(), &[avx2]).err().context("it cannot be had")?;
            ensure!(format!("{refused:#}").contains(instructions), "{refused:#}");
            "Unavailable: this processor does not have AVX-512"
        }
        None => "Overruled: the environment has ATEN_CPU_CAPABILITY=avx2",
    };
    for (code, variable, sentence) in [
        ("arithmetic.set('avx512')", avx2, beside_avx2),
        (late, ("", ""), "Unavailable: libtorch has computed already"),
        (twice, ("", ""), "Unavailable: the arithmetic is portable already"),
        ("arithmetic.set('x')", ("", ""), "Unavailable: `x` is not an arithmetic"),
        (
            "arithmetic.set('portable')",
            ("MKL_CBWR", "SSE2"),
            "Overruled: the environment has MKL_CBWR=SSE2",
        ),
    ] {
        let mut command = scrubbed(&python);
        if !variable.0.is_empty() {
            command.env(variable.0, variable.1);
        }
        let path = workspace().join("scripts/reference/tutorial");
        let code = format!("import sys; sys.path[0] = {path:?}; import arithmetic; {code}");
        let output = command.args(["-c", &code]).output()?;
        let said = String::from_utf8_lossy(&output.stderr);
        let last = said.lines().next_back().unwrap_or_default();
        ensure!(!output.status.success() && last.contains(sentence), "{code}: {said}");
    }
    Ok(())
}
