//! Calls of which only the words are known, or that draw several things in a row: for `skip` alone.

use super::Item;
use super::arguments::{Arguments, Read, check_values};
use super::call;
use crate::draw::{Draw, Kind};
use crate::error::{Error, Result};

/// The steps that a call after `skip` stands for; `None` where it is one draw.
pub(super) fn parse(text: &str) -> Option<Result<Vec<Item>>> {
    let text = text.trim();
    let steps = call::parts(text)
        .and_then(|(name, rest)| {
            Arguments::new(rest).map(|mut arguments| of(&name, &mut arguments))
        })
        .unwrap_or_else(|reason| Some(Err(reason)))?;
    Some(steps.map_err(|reason| Error::Call { text: text.to_owned(), reason }))
}

fn of(name: &str, arguments: &mut Arguments) -> Option<Read<Vec<Item>>> {
    match name {
        "multinomial" => Some(multinomial(arguments)),
        "bernoulli" => Some(words(1, arguments)),
        "poisson" => Some(Err("the words it takes depend on what it draws".into())),
        "cauchy" | "geometric" => Some(words(2, arguments)),
        "make_regression" => Some(make_regression(arguments)),
        "make_blobs" => Some(make_blobs(arguments)),
        "make_moons" => Some(make_moons(arguments)),
        "make_classification" => {
            Some(Err("what it draws depends on too much to be counted; give its words".into()))
        }
        _ => None,
    }
}

/// Calls that take as many words for each value, whatever they draw.
fn words(each: u64, arguments: &mut Arguments) -> Read<Vec<Item>> {
    let wide = arguments.dtype()? == crate::Dtype::Float64;
    let shape = arguments.shape()?.ok_or("its shape is missing")?;
    let values = shape.iter().product::<usize>() as u64;
    Ok(vec![Item::SkippedWords(values * if wide { 2 } else { each })])
}

/// `torch.multinomial` of weights of a shape: the exponential trick draws two words a category,
/// and several draws with replacement two words each.
fn multinomial(arguments: &mut Arguments) -> Read<Vec<Item>> {
    arguments.bind(&["input", "num_samples"])?;
    let replacement = arguments.flag("replacement", false)?;
    let shape = arguments.sizes("shape of the weights")?;
    let samples: usize = arguments.first("number of samples")?;
    arguments.end()?;
    let (&categories, rows) = shape.split_last().ok_or("its weights have no categories")?;
    let each = if replacement && samples > 1 { samples } else { categories };
    let values = rows.iter().try_fold(each, |n, &d| n.checked_mul(d));
    Ok(vec![Item::SkippedWords(2 * check_values(values)? as u64)])
}

fn skip(kind: Kind, shape: &[usize]) -> Read<Item> {
    check_values(shape.iter().try_fold(1_usize, |n, &d| n.checked_mul(d)))?;
    Ok(Item::Skipped(Draw { kind, shape: shape.to_vec() }))
}

/// `sklearn.datasets.make_regression` of full rank.
fn make_regression(arguments: &mut Arguments) -> Read<Vec<Item>> {
    let n = leading(arguments, "n_samples", 100)?;
    let features = leading(arguments, "n_features", 100)?;
    let informative = arguments.number("n_informative", 10_usize)?.min(features);
    let targets = arguments.number("n_targets", 1_usize)?;
    let noise = arguments.number("noise", 0.0_f64)?;
    let shuffle = arguments.flag("shuffle", true)?;
    arguments.ignore(&["bias", "coef"]);
    arguments.end()?;
    let mut steps =
        vec![skip(Kind::NpRandn, &[n, features])?, skip(Kind::NpRand, &[informative, targets])?];
    if noise > 0.0 {
        steps.push(skip(Kind::NpRandn, &[n, targets])?);
    }
    if shuffle {
        steps.push(skip(Kind::NpPermutation, &[n])?);
        steps.push(skip(Kind::NpPermutation, &[features])?);
    }
    Ok(steps)
}

/// `sklearn.datasets.make_blobs` with a number of samples and of centres.
fn make_blobs(arguments: &mut Arguments) -> Read<Vec<Item>> {
    let n = leading(arguments, "n_samples", 100)?;
    let features = leading(arguments, "n_features", 2)?;
    let centers = arguments.number("centers", 3_usize)?;
    let shuffle = arguments.flag("shuffle", true)?;
    arguments.ignore(&["cluster_std", "return_centers", "center_box"]);
    arguments.end()?;
    if centers == 0 {
        return Err("it has no centers".into());
    }
    let mut steps = vec![skip(Kind::NpRand, &[centers, features])?];
    steps.push(skip(Kind::NpRandn, &[n, features])?);
    if shuffle {
        steps.push(skip(Kind::NpPermutation, &[n])?);
    }
    Ok(steps)
}

/// `sklearn.datasets.make_moons`.
fn make_moons(arguments: &mut Arguments) -> Read<Vec<Item>> {
    let n = leading(arguments, "n_samples", 100)?;
    let shuffle = arguments.flag("shuffle", true)?;
    let noise = arguments.take("noise").is_some_and(|noise| noise != "None");
    arguments.end()?;
    let mut steps = Vec::new();
    if shuffle {
        steps.push(skip(Kind::NpPermutation, &[n])?);
    }
    if noise {
        steps.push(skip(Kind::NpRandn, &[n, 2])?);
    }
    Ok(steps)
}

/// An argument by name or by place, with its default.
fn leading(arguments: &mut Arguments, name: &str, default: usize) -> Read<usize> {
    match arguments.take(name) {
        Some(text) => text.parse().map_err(|_| format!("it does not take {name}={text}")),
        None if arguments.positional.is_empty() => Ok(default),
        None => arguments.first(name),
    }
}
