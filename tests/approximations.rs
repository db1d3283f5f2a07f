//! Which of libtorch's functions have instructions whose last bits are each vendor's own, RCPPS and RSQRTPS and the
//! like: portable arithmetic leaves these functions out, so its list of them has to be whole.

use std::collections::BTreeSet;
use std::fs;

use anyhow::{Context as _, Result, ensure};
use common::disassembly::{Kind, search};
use common::python::{repo_root, skipped};
use object::{Object as _, ObjectSymbol as _};

/// What else approximates and is not of MKL's branches for other processors, and why no list names it.
const ELSEWHERE: [(&str, &str); 12] = [
    (
        "mkl_lapack_ps_avx2_spotrf_small",
        "a Cholesky decomposition that is never called in portable arithmetic",
    ),
    ("mkl_spblas_lp64_avx2_sbsc_cspblas_gauss", SPARSE),
    ("mkl_spblas_lp64_avx2_sbsr_cspblas_gauss", SPARSE),
    ("mkl_spblas_lp64_avx2_sbsr_cspblas_invdiag", SPARSE),
    ("mkl_spblas_lp64_avx2_sbsr_invdiag", SPARSE),
    ("mkl_spblas_lp64_avx2_scoo0nd_nc__smout_par", SPARSE),
    ("mkl_spblas_lp64_avx2_scoo1nd_nf__smout_par", SPARSE),
    ("mkl_spblas_lp64_avx2_scsr0ttlnc__smout_par", SPARSE),
    ("mkl_spblas_lp64_avx2_scsr0ttunc__smout_par", SPARSE),
    ("mkl_spblas_lp64_avx2_scsr1ttlnf__smout_par", SPARSE),
    ("mkl_spblas_lp64_avx2_scsr1ttunf__smout_par", SPARSE),
    ("xnn_", "XNNPACK's kernels, which only models prepared for mobile devices call"),
];
const SPARSE: &str = "float32's solving of sparse triangular systems";

/// MKL's branches that AVX2's does not call, as its functions' names have them.
const OTHER_BRANCHES: [&str; 3] = ["_def_", "_mc3_", "_avx512_"];

const VML: &str = "mkl_vml_kernel_";

fn named<'a>(text: &'a str, before: &str, after: &str) -> Result<BTreeSet<&'a str>> {
    let start = text.find(before).with_context(|| before.to_owned())? + before.len();
    let words = text[start..].split_once(after).with_context(|| before.to_owned())?.0;
    Ok(words.split([' ', ',', '\n', '"']).filter(|word| !word.is_empty()).collect())
}

#[test]
fn approximating_functions_are_those_listed() -> Result<()> {
    let libtorch = shim::library_path()?;
    let Some(searched) = search(&libtorch)? else {
        skipped("this libtorch is for other processors than x86-64");
        return Ok(());
    };
    if searched.stripped {
        skipped("this libtorch does not name its functions");
        return Ok(());
    }
    let file = object::ReadCache::new(fs::File::open(&libtorch)?);
    let file = object::File::parse(&file)?;
    let exported = file.dynamic_symbols().map(|symbol| symbol.name());
    let exported = exported.collect::<std::result::Result<BTreeSet<_>, _>>()?;
    if !exported.contains("mkl_serv_cbwr_set") {
        skipped("this libtorch was built without MKL");
        return Ok(());
    }

    let approximate: BTreeSet<&str> = searched
        .found
        .iter()
        .filter(|found| found.kind == Kind::Approximate)
        .flat_map(|found| &found.functions)
        .map(String::as_str)
        .collect();
    let (functions, reached) = (searched.functions, searched.searched);
    println!("functions searched: {reached} of {functions}, {} approximate", approximate.len());
    ensure!(reached == functions, "{} functions lie outside of the code", functions - reached);

    // L9 is AVX2 and E2 is SSE4.2; HA is high accuracy, which ATen asks for.
    let kernels = |version: &str| -> BTreeSet<&str> {
        let names =
            approximate.iter().filter_map(|name| name.strip_prefix(VML)?.split_once(version));
        names.map(|(function, _)| function).collect()
    };
    ensure!(kernels("_E2").is_empty(), "versions for SSE4.2 approximate: {:?}", kernels("_E2"));
    let mut found = kernels("_L9HA");
    // Others are strided, which nothing exported leads to.
    found.retain(|function| exported.contains(format!("{VML}{function}_ttab").as_str()));
    let python = fs::read_to_string(repo_root().join("scripts/reference/tutorial/arithmetic.py"))?;
    let rust = fs::read_to_string(repo_root().join("crates/arithmetic/src/arithmetic.h"))?;
    assert_eq!(found, named(&python, "\nAPPROXIMATE = \"", "\".split()")?);
    assert_eq!(found, named(&rust, "kApproximate[] = {", "};")?);

    let others: BTreeSet<&str> = approximate
        .iter()
        .filter(|name| !name.starts_with(VML))
        .filter(|name| !OTHER_BRANCHES.iter().any(|branch| name.contains(branch)))
        .map(|name| if name.starts_with("xnn_") { "xnn_" } else { name })
        .collect();
    assert_eq!(others, ELSEWHERE.map(|(name, _)| name).into());
    for (name, what) in ELSEWHERE {
        println!("approximates too: {name}, {what}");
    }
    Ok(())
}
