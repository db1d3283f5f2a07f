//! Corners of a hypercube, drawn: `_generate_hypercube` and
//! [`sample_without_replacement`](https://scikit-learn.org/stable/modules/generated/sklearn.utils.random.sample_without_replacement.html).

use std::collections::HashSet;

use crate::Result;
use crate::numpy::RandomState;

/// So many different corners of a cube of so many dimensions, each coordinate 0 or 1: `[samples, dimensions]`.
pub(super) fn hypercube(
    samples: usize,
    dimensions: usize,
    generator: &mut RandomState,
) -> Result<Vec<Vec<f64>>> {
    if dimensions > 30 {
        let more = dimensions - 30;
        let drawn = generator.randint(0, 2, samples * more)?;
        let corners = hypercube(samples, 30, generator)?;
        let drawn = drawn.chunks(more).map(|row| row.iter().map(|&bit| bit as f64));
        return Ok(drawn.zip(corners).map(|(row, corner)| row.chain(corner).collect()).collect());
    }
    let drawn = without_replacement(1 << dimensions, samples, generator)?;
    let bits = |corner: i64| (0..dimensions).rev().map(move |bit| (corner >> bit & 1) as f64);
    Ok(drawn.into_iter().map(|corner| bits(corner).collect()).collect())
}

/// By a permutation, unless few or nearly all of them are taken.
fn without_replacement(
    population: usize,
    samples: usize,
    generator: &mut RandomState,
) -> Result<Vec<i64>> {
    let share = samples as f64 / population as f64;
    if share > 0.01 && share < 0.99 {
        let mut order = generator.permutation(population);
        order.truncate(samples);
        return Ok(order);
    }
    if share < 0.2 {
        let (mut taken, mut drawn) = (HashSet::new(), vec![]);
        while drawn.len() < samples {
            let new = generator.randint(0, population as i64, 1)?[0];
            if taken.insert(new) {
                drawn.push(new);
            }
        }
        return Ok(drawn);
    }
    let mut reservoir: Vec<i64> = (0..samples as i64).collect();
    for i in samples..population {
        let place = generator.randint(0, i as i64 + 1, 1)?[0];
        if let Some(kept) = reservoir.get_mut(place as usize) {
            *kept = i as i64;
        }
    }
    Ok(reservoir)
}
